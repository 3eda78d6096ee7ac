"""The read-only audit session: pages and values from its own lane, and who may read."""

import threading

import pytest
from PySide6.QtCore import Qt

from hotfix_desktop.core.errors import Denied, StoreError
from hotfix_desktop.runtime.audit_session import AuditSession, AuditSource
from hotfix_desktop.services.auditing import AuditFilter
from tests.ui.audit_log import enter, event_of, make_log, open_desk


@pytest.fixture
def path(tmp_path):
    return make_log(tmp_path / "log.sqlite3", 450)


@pytest.fixture
def session(qapp, path):
    made = AuditSession(lambda: open_desk(path))
    yield made
    made.close()


def answer(qtbot, job):
    with qtbot.waitSignal(job.done, timeout=5000) as waiting:
        pass
    return waiting.args[0]


def failure(qtbot, job):
    with qtbot.waitSignal(job.failed, timeout=5000) as waiting:
        pass
    return waiting.args[0]


def test_pages_follow_each_other(qtbot, session):
    source: AuditSource = session
    first = answer(qtbot, source.audit_page(AuditFilter()))
    assert [line.seq for line in first.lines] == list(range(450, 250, -1))
    assert (first.total, first.matching, first.more) == (450, 450, True)
    second = answer(qtbot, source.audit_page(AuditFilter(), first.lines[-1].seq))
    assert (second.lines[0].seq, second.matching) == (250, None)
    third = answer(qtbot, source.audit_page(AuditFilter(), second.lines[-1].seq))
    assert (len(third.lines), third.more) == (50, False)


def test_values_of_the_filters(qtbot, session):
    values = answer(qtbot, session.audit_values())
    assert values.owners == ("ann", "bob", "i.koval")
    assert values.results == ("Denied", "Failure", "Success")


def test_it_sees_what_another_program_enters(qtbot, session, path):
    assert answer(qtbot, session.audit_page(AuditFilter())).total == 450
    enter(path, event_of(3))
    assert answer(qtbot, session.audit_page(AuditFilter())).total == 451


def test_an_auditor_may_read(qtbot, session):
    assert answer(qtbot, session.check()) is None


def test_anyone_else_may_not(qtbot, path):
    session = AuditSession(lambda: open_desk(path, "mallory"))
    error = failure(qtbot, session.check())
    session.close()
    assert isinstance(error, Denied)
    assert "mallory may not read the audit log" in error.sentence


def test_a_database_that_cannot_be_opened_is_told_and_tried_again(qtbot, path):
    attempts = []

    def build():
        attempts.append(1)
        if len(attempts) == 1:
            raise StoreError("The database is locked.")
        return open_desk(path)

    session = AuditSession(build)
    assert failure(qtbot, session.audit_values()).sentence == "The database is locked."
    assert answer(qtbot, session.audit_page(AuditFilter())).total == 450
    session.close()


def test_it_is_built_used_and_closed_on_one_other_thread(qtbot, path):
    where = []

    def build():
        desk = open_desk(path)
        where.append(threading.current_thread())
        close = desk.store.close
        desk.store.close = lambda: (where.append(threading.current_thread()), close())
        return desk

    session = AuditSession(build)
    job = session.audit_values()
    job.done.connect(lambda _: where.append(threading.current_thread()), Qt.ConnectionType.DirectConnection)
    answer(qtbot, job)
    session.close()
    assert where == [where[0], threading.main_thread(), where[0]]
    assert where[0] is not threading.main_thread()


def test_closing_what_was_never_asked_builds_nothing(qapp):
    session = AuditSession(lambda: pytest.fail("nobody asked"))
    session.close()
