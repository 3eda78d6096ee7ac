"""A session: what it tells after its own changes, after those of others, and after its end."""

import threading

import pytest

from hotfix_desktop.core.errors import Denied, InvalidInput, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.roles import Role
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services import administration, catalogue, hotfixes
from tests.services.world import entries, package_id

PATIENCE = 5000


class Ears:
    """Everything that a session says."""

    def __init__(self, session: WorkspaceSession) -> None:
        self.catalogues, self.beats, self.failures, self.grown = [], [], [], []
        session.catalogue_changed.connect(self.catalogues.append)
        session.beaten.connect(self.beats.append)
        session.beat_failed.connect(self.failures.append)
        session.audit_grew.connect(lambda: self.grown.append(1))

    def word(self, name: str) -> PackageState:
        """Give the state of a package in the newest catalogue."""
        return next(p.state for p in self.catalogues[-1].packages if p.name == name)


@pytest.fixture
def open_session(qapp):
    """Makes sessions, and deletes them as a window does: later, not when the last name for one goes."""
    made: list[WorkspaceSession] = []

    def make(build) -> WorkspaceSession:
        made.append(WorkspaceSession(build))
        return made[-1]

    yield make
    for one in made:
        one.close()
        one.deleteLater()


@pytest.fixture
def session(open_session, world):
    return open_session(world.bench)


@pytest.fixture
def ears(session):
    return Ears(session)


@pytest.fixture
def case(world):
    return package_id(world.benches[0], "Case")


def answer(qtbot, job):
    with qtbot.waitSignal(job.done, timeout=PATIENCE) as waiting:
        pass
    return waiting.args[0]


def failure(qtbot, job):
    with qtbot.waitSignal(job.failed, timeout=PATIENCE) as waiting:
        pass
    return waiting.args[0]


def rest(qtbot, session) -> None:
    """Wait until nothing is at work."""
    qtbot.waitUntil(lambda: not session._lane.is_busy and not session.heartbeat._lane.is_busy, timeout=PATIENCE)


def beat(qtbot, session) -> None:
    with qtbot.waitSignal(session.beaten, timeout=PATIENCE):
        session.heartbeat.timer.timeout.emit()
    rest(qtbot, session)


def names(shown) -> list[str]:
    return sorted(p.name for p in shown.packages)


# What one looks at


def test_opening_gives_what_is_remembered_and_enters_it(qtbot, session, ears, world):
    shown = answer(qtbot, session.open())
    assert names(shown) == ["Base", "Case", "Custom", "Draft", "Twin"]
    assert ears.catalogues == [shown]
    assert ears.grown
    assert entries(world.benches[0])[-1].type == "Workspace opened"
    assert world.disk.calls["list_packages"] == 1, "that was the protecting; opening asks the database alone"


def test_refreshing_looks_at_the_workspace(qtbot, session, ears, world):
    world.disk.files.pop("Base")
    assert "Base" in names(answer(qtbot, session.load()))
    assert "Base" not in names(answer(qtbot, session.refresh()))
    assert "Base" not in names(ears.catalogues[-1])


def test_elements_reasons_settings_members_and_the_log(qtbot, session, case, world):
    assert answer(qtbot, session.elements(case))
    hotfixes.unlock(world.benches[0], case, "the reason")
    assert answer(qtbot, session.recent_reasons()) == ["the reason"]
    assert answer(qtbot, session.setting_texts())["PackageHotfixTimeout"] == "30"
    assert list(answer(qtbot, session.members())) == [("ann", Role.ADMINISTRATOR)]
    desk = answer(qtbot, session.open_audit())
    assert desk.person.user == "ann"
    assert world.benches[0].store.ledger.last().event.type == "Audit log opened"


def test_looking_alone_announces_nothing(qtbot, session, ears, case):
    answer(qtbot, session.elements(case))
    answer(qtbot, session.recent_reasons())
    rest(qtbot, session)
    assert ears.catalogues == []


# Changes of its own


def test_after_each_change_the_new_catalogue_follows(qtbot, session, ears, case):
    answer(qtbot, session.unlock(case, "because", "", 30))
    rest(qtbot, session)
    assert ears.word("Case") is PackageState.UNLOCKED
    answer(qtbot, session.extend(case, 5))
    rest(qtbot, session)
    assert next(p.hotfix.extended_minutes for p in ears.catalogues[-1].packages if p.name == "Case") == 5
    answer(qtbot, session.lock(case))
    rest(qtbot, session)
    assert ears.word("Case") is PackageState.LOCKED
    answer(qtbot, session.keep_modifiable(case))
    rest(qtbot, session)
    assert ears.word("Case") is PackageState.MODIFIABLE
    answer(qtbot, session.protect_package(case))
    rest(qtbot, session)
    assert ears.word("Case") is PackageState.LOCKED
    assert len(ears.catalogues) == 5
    assert len(ears.grown) == 5


def test_settings_and_roles_follow_too(qtbot, session, ears):
    answer(qtbot, session.change_settings({"PackageHotfixTimeout": "45"}))
    rest(qtbot, session)
    assert ears.catalogues[-1].settings.package_hotfix_timeout == 45
    answer(qtbot, session.assign_role("ann", Role.AUDITOR))
    rest(qtbot, session)
    assert ears.catalogues[-1].roles == {Role.ADMINISTRATOR, Role.AUDITOR}
    answer(qtbot, session.remove_role("ann", Role.AUDITOR))
    rest(qtbot, session)
    assert ears.catalogues[-1].roles == {Role.ADMINISTRATOR}


def test_releasing_and_protecting_follow_too(qtbot, session, ears):
    assert answer(qtbot, session.release()) > 0
    rest(qtbot, session)
    assert not ears.catalogues[-1].protected
    assert answer(qtbot, session.protect()) > 0
    rest(qtbot, session)
    assert ears.catalogues[-1].protected


def test_lock_all_tells_what_it_locked(qtbot, session, ears, case):
    answer(qtbot, session.unlock(case, "because", "", 30))
    assert answer(qtbot, session.lock_all()).locked == ("Case",)
    rest(qtbot, session)
    assert ears.word("Case") is PackageState.LOCKED


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda s, n: s.unlock(n, "  ", "", 30), InvalidInput),
        (lambda s, n: s.unlock(n, "because", "", 0), InvalidInput),
        (lambda s, n: s.lock(n), Refused),
        (lambda s, n: s.extend(n), Refused),
        (lambda s, n: s.protect(), Refused),
        (lambda s, n: s.change_settings({"PackageHotfixTimeout": "never"}), InvalidInput),
        (lambda s, n: s.unlock(999, "because", "", 30), Refused),
    ],
)
def test_after_a_change_that_failed_the_catalogue_follows_too(qtbot, session, ears, case, act, kind):
    """What made it fail may be what another window did."""
    assert isinstance(failure(qtbot, act(session, case)), kind)
    rest(qtbot, session)
    assert len(ears.catalogues) == 1


def test_somebody_without_a_role_is_denied(qtbot, open_session, world, case):
    session = open_session(lambda: world.bench("eve"))
    assert isinstance(failure(qtbot, session.unlock(case, "because", "", 30)), Denied)
    assert isinstance(failure(qtbot, session.open_audit()), Denied)
    assert [line.result for line in entries(world.benches[0])][-2:] == ["Denied", "Denied"]


# Changes of others


def test_what_another_connection_changed_is_seen_at_the_next_beat(qtbot, session, ears, world, case):
    answer(qtbot, session.open())
    beat(qtbot, session)
    before = len(ears.catalogues)
    beat(qtbot, session)
    assert len(ears.catalogues) == before, "nobody wrote"
    hotfixes.unlock(world.benches[0], case, "another window")
    beat(qtbot, session)
    assert ears.word("Case") is PackageState.UNLOCKED
    administration.change_settings(world.benches[0], {"PackageHotfixTimeout": "10"})
    beat(qtbot, session)
    assert ears.catalogues[-1].settings.package_hotfix_timeout == 10


def test_a_relock_of_its_own_beat_is_seen(qtbot, session, ears, world, case):
    answer(qtbot, session.unlock(case, "because", "", 1))
    rest(qtbot, session)
    world.clock.go(minutes=1)
    beat(qtbot, session)
    assert ears.word("Case") is PackageState.LOCKED
    assert [h.package_name for h in ears.beats[-1].relocked] == ["Case"]


def test_a_relock_that_failed_is_seen_as_overdue(qtbot, session, ears, world, case):
    answer(qtbot, session.unlock(case, "because", "", 1))
    rest(qtbot, session)
    world.disk.fail_next("close", WorkspaceError("The disk is read-only."))
    world.clock.go(minutes=1)
    beat(qtbot, session)
    assert ears.word("Case") is PackageState.OVERDUE
    world.clock.go(seconds=2)
    beat(qtbot, session)
    assert ears.word("Case") is PackageState.LOCKED


def test_a_change_during_a_reload_is_not_missed(qtbot, session, ears, world, case, monkeypatch):
    """The reload had read the database already when the change came."""
    beat(qtbot, session)
    read, go_on = threading.Event(), threading.Event()
    real = catalogue.remembered

    def slow(bench, *more):
        shown = real(bench, *more)
        if not read.is_set():
            read.set()
            assert go_on.wait(5)
        return shown

    monkeypatch.setattr("hotfix_desktop.runtime.session.catalogue.remembered", slow)
    administration.change_settings(world.benches[0], {"PackageHotfixTimeout": "10"})
    with qtbot.waitSignal(session.beaten, timeout=PATIENCE):
        session.heartbeat.timer.timeout.emit()
    assert read.wait(5)
    hotfixes.unlock(world.benches[0], case, "meanwhile")
    with qtbot.waitSignal(session.beaten, timeout=PATIENCE):
        session.heartbeat.timer.timeout.emit()
    go_on.set()
    rest(qtbot, session)
    assert ears.word("Case") is PackageState.UNLOCKED


def test_a_beat_that_fails_is_told(qtbot, session, ears, monkeypatch):
    from hotfix_desktop.services.relocking import Relocker

    def broken(self):
        raise StoreError("The database is locked.")

    monkeypatch.setattr(Relocker, "beat", broken)
    with qtbot.waitSignal(session.beat_failed, timeout=PATIENCE):
        session.heartbeat.timer.timeout.emit()
    assert [error.sentence for error in ears.failures] == ["The database is locked."]
    assert ears.beats == []


# The end


def test_closing_ends_both_threads_and_connections(qtbot, open_session, world):
    session = open_session(world.bench)
    answer(qtbot, session.load())
    with qtbot.waitSignal(session.beaten, timeout=PATIENCE):
        session.start()
    session.close()
    assert not [t for t in threading.enumerate() if t.name.startswith(("work", "heartbeat"))]
    assert len(world.benches) == 3
    assert [bench.store._database.is_closed() for bench in world.benches] == [False, True, True]
    assert not session.heartbeat.timer.isActive()


def test_nothing_is_said_after_closing(qtbot, open_session, world, case, qapp):
    session = open_session(world.bench)
    ears = Ears(session)
    job = session.unlock(case, "because", "", 30)
    session.start()
    session.close()
    with qtbot.waitSignal(job.ended, timeout=PATIENCE):
        pass
    qapp.processEvents()
    assert (ears.catalogues, ears.beats, ears.failures) == ([], [], [])


def test_closing_in_the_answer_to_a_change(qtbot, open_session, world, case):
    """Leaving the window does so, once everything is locked."""
    session = open_session(world.bench)
    job = session.unlock(case, "because", "", 30)
    job.done.connect(lambda _: session.close())
    with qtbot.waitSignal(job.ended, timeout=PATIENCE):
        pass


def test_work_that_runs_is_finished_before_the_end(qtbot, open_session, world, case):
    session = open_session(world.bench)
    session.lock_all()
    answer(qtbot, session.unlock(case, "because", "", 30))
    session.lock(case)
    session._lane.call(lambda own: None, 30)
    session.close()
    assert not hotfixes.lock_all(world.benches[0]).locked
