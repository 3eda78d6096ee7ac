"""What an audit log window works with: entries, proofs and verifications, and nothing before it is asked for."""

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from hotfix_desktop.core.errors import Cancelled, Denied, StoreError
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.roles import Person
from hotfix_desktop.runtime.audit_runs import EnteredRun
from hotfix_desktop.runtime.audit_session import AuditSession
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.verification_run import VerificationRun
from hotfix_desktop.services.log_reading import LogDesk
from tests.ui.audit_log import StoppedClock, enter, event_of, make_log

PROGRAM = [sys.executable, "-m", "hotfix_desktop"]
PATIENCE = 20_000


@pytest.fixture
def path(tmp_path):
    return make_log(tmp_path / "log.sqlite3", 450)


def session_of(path: Path, user: str = "cleo") -> AuditSession:
    return AuditSession(LogDesk(path, Person(user, "10.0.0.7")), StoppedClock(), PROGRAM)


@pytest.fixture
def session(qapp, path):
    made = session_of(path)
    yield made
    made.close()


def answer(qtbot, job):
    with qtbot.waitSignal(job.done, timeout=PATIENCE) as waiting:
        pass
    return waiting.args[0]


def failure(qtbot, job):
    with qtbot.waitSignal(job.failed, timeout=PATIENCE) as waiting:
        pass
    return waiting.args[0]


def test_without_a_workspace_it_is_read_only(session):
    assert session.is_read_only
    assert session.work is None


def test_it_sees_what_another_program_enters(qtbot, session, path):
    assert answer(qtbot, session.log.bounds()).count == 450
    enter(path, event_of(3))
    assert answer(qtbot, session.log.bounds()).count == 451


def test_the_hotfixes_come_from_the_same_log(qtbot, session):
    assert len(answer(qtbot, session.timeline.read(LogQuery())).windows) == 150


def test_an_auditor_may_read(qtbot, session):
    assert answer(qtbot, session.check()) is None


def test_anyone_else_may_not(qtbot, path):
    session = session_of(path, "mallory")
    for ask in (session.check, lambda: session.proof(1)):
        error = failure(qtbot, ask())
        assert isinstance(error, Denied)
        assert "mallory may not read the audit log" in error.sentence
    session.close()


def test_the_proof_of_an_entry(qtbot, session):
    first, second = answer(qtbot, session.log.lines(1, 2))
    proof = answer(qtbot, session.proof(2))
    assert (proof.seq, proof.previous, proof.covering) == (2, first.hash, None)
    assert proof.previous != second.hash


def test_new_entries_and_everything_are_verified_in_a_process(qtbot, session):
    for verify in (session.verify_new, session.verify_all):
        verdict = answer(qtbot, verify())
        assert (verdict.is_whole, verdict.since, verdict.upto) == (True, 1, 450)


def test_a_database_that_is_away_is_told_and_tried_again(qtbot, session, path):
    away = path.rename(path.with_suffix(".away"))
    assert isinstance(failure(qtbot, session.proof(2)), StoreError)
    away.rename(path)
    assert answer(qtbot, session.proof(2)).seq == 2


def test_a_verification_can_be_cancelled(qtbot, session):
    run = session.verify_all()
    with qtbot.waitSignal(run.failed) as waiting:
        run.cancel()
    assert isinstance(waiting.args[0], Cancelled)
    assert answer(qtbot, session.verify_all()).is_whole


def test_closing_ends_a_verification_without_a_word(qtbot, path):
    session = session_of(path)
    run = session.verify_all()
    with qtbot.assertNotEmitted(run.failed), qtbot.assertNotEmitted(run.done):
        session.close()


def test_closing_what_was_never_asked_opens_nothing(qapp, tmp_path):
    session = session_of(tmp_path / "nowhere" / "log.sqlite3")
    session.close()
    assert not (tmp_path / "nowhere").exists()


def test_what_a_process_verified_is_entered_before_it_is_told(qtbot, path):
    owner = QObject()
    run = VerificationRun([*PROGRAM, "audit", "verify", str(path)], owner)
    entered: list[tuple[object, Job]] = []

    def enter_it(verdict: object) -> Job:
        entered.append((verdict, Job(owner)))
        return entered[-1][1]

    whole, heard = EnteredRun(run, True, enter_it), []
    whole.done.connect(heard.append)
    qtbot.waitUntil(lambda: bool(entered), timeout=PATIENCE)
    verdict, job = entered[0]
    whole.cancel()
    assert heard == []
    job.done.emit(verdict)
    assert heard == [verdict]
    run.close()
