"""When the log is verified: what is new at once, everything once a day, one at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QObject, QSettings, Signal

from hotfix_desktop.core.errors import Cancelled, StoreError
from hotfix_desktop.core.verdict import Break, Finding, Verdict
from hotfix_desktop.runtime.lane import Job, Step
from hotfix_desktop.ui.audit_verifying import AuditVerifying
from hotfix_desktop.ui.proof_reading import ProofReading

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
NEW = Verdict("ab" * 32, 1, 901, 1000, NOW)
ALL = Verdict("ab" * 32, 1, 1, 1000, NOW)
BROKEN = Verdict("ab" * 32, 1, 901, 1000, NOW, Finding(Break.CHANGED, 950, 950, "Entry 950 was changed."))


class Run(QObject):
    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, full: bool) -> None:
        super().__init__()
        self.full, self.cancelled = full, False

    def cancel(self) -> None:
        self.cancelled = True


class World:
    """A verifying whose runs end when the test says so."""

    def __init__(self, settings: QSettings) -> None:
        self.runs: list[Run] = []
        self.now = NOW
        self.verifying = AuditVerifying(
            lambda: self.run(False), lambda: self.run(True), settings, lambda: self.now, None
        )
        self.heard: list[object] = []
        for name in ("began", "stopped"):
            getattr(self.verifying, name).connect(lambda name=name: self.heard.append(name))
        for name in ("stepped", "judged", "failed"):
            getattr(self.verifying, name).connect(self.heard.append)

    def run(self, full: bool) -> Run:
        self.runs.append(Run(full))
        return self.runs[-1]

    def modes(self) -> list[bool]:
        return [run.full for run in self.runs]


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def world(qapp, settings):
    return World(settings)


def test_new_entries_first_then_everything_once_a_day(world, settings):
    world.verifying.start()
    assert world.modes() == [False]
    world.runs[0].done.emit(NEW)
    assert world.modes() == [False, True]
    assert world.verifying.is_full
    world.runs[1].done.emit(ALL)
    assert not world.verifying.is_running
    assert world.heard == ["began", NEW, "began", ALL]
    for after, expected in ((timedelta(hours=23), [False]), (timedelta(days=1), [False, True])):
        later = World(settings)
        later.now = NOW + after
        later.verifying.start()
        later.runs[0].done.emit(NEW)
        assert later.modes() == expected


def test_a_day_counts_for_one_log_only_and_not_from_the_future(world, settings):
    world.verifying.verify_all()
    world.runs[0].done.emit(ALL)
    other = World(settings)
    other.verifying.start()
    other.runs[0].done.emit(Verdict("cd" * 32, 1, 901, 1000, NOW))
    assert other.modes() == [False, True]
    back = World(settings)
    back.now = NOW - timedelta(hours=1)  # the clock was set back: nobody knows how long ago it was
    back.verifying.start()
    back.runs[0].done.emit(NEW)
    assert back.modes() == [False, True]


@pytest.mark.parametrize("kept", ["nonsense", "2026-11-23T14:00:00"])
def test_a_damaged_memory_means_never(world, settings, kept):
    settings.setValue(f"auditWindow/verified/{NEW.log_id}", kept)
    world.verifying.start()
    world.runs[0].done.emit(NEW)
    assert world.modes() == [False, True]


def test_what_a_first_verification_looked_at_wholly_is_not_looked_at_again(world, settings):
    world.verifying.start()
    world.runs[0].done.emit(ALL)
    assert world.modes() == [False]
    again = World(settings)
    again.verifying.start()
    again.runs[0].done.emit(NEW)
    assert again.modes() == [False]


def test_a_broken_log_is_told_and_counts_for_nothing(world, settings):
    world.verifying.start()
    world.runs[0].done.emit(BROKEN)
    assert world.modes() == [False]
    assert world.verifying.verdict == BROKEN
    world.verifying.verify_all()
    world.runs[1].done.emit(BROKEN)
    assert settings.value(f"auditWindow/verified/{NEW.log_id}") is None


def test_by_hand_only_what_was_asked_for(world):
    world.verifying.verify_new()
    world.verifying.verify_new()
    assert world.modes() == [False]
    world.runs[0].done.emit(NEW)
    assert world.modes() == [False]


def test_everything_supersedes_new_entries_and_not_the_other_way_round(world):
    world.verifying.verify_new()
    world.verifying.verify_all()
    assert world.runs[0].cancelled
    world.runs[0].failed.emit(Cancelled())
    world.verifying.verify_new()
    assert world.modes() == [False, True]
    world.runs[1].stepped.emit(Step(1, 2, ""))
    world.runs[1].done.emit(ALL)
    assert world.heard == ["began", "began", Step(1, 2, ""), ALL]


def test_it_is_cancelled_and_may_fail(world):
    world.verifying.verify_all()
    world.verifying.cancel()
    assert world.runs[0].cancelled
    world.runs[0].failed.emit(Cancelled())
    error = StoreError("The disk is gone.")
    world.verifying.verify_all()
    world.runs[1].failed.emit(error)
    assert world.heard == ["began", "stopped", "began", error]
    assert not world.verifying.is_running


def test_after_closing_nothing_is_heard(world):
    world.verifying.verify_all()
    world.verifying.close()
    world.runs[0].done.emit(ALL)
    assert world.heard == ["began"]


# What vouches for one entry


def test_only_the_last_of_many_entries_is_read(qapp):
    asked: list[tuple[int, Job]] = []

    def ask(seq: int) -> Job:
        asked.append((seq, Job()))
        return asked[-1][1]

    def answer() -> None:
        seq, job = asked[-1]
        job.done.emit(seq)
        job.ended.emit()

    reading, came, failed = ProofReading(ask), [], []
    reading.came.connect(came.append)
    reading.failed.connect(failed.append)
    for seq in (9, 8, 7, 6):
        reading.read(seq)
    assert [seq for seq, _ in asked] == [9]
    answer()
    assert [seq for seq, _ in asked] == [9, 6]
    answer()
    reading.read(6)
    assert [seq for seq, _ in asked] == [9, 6]
    reading.renew()
    asked[-1][1].failed.emit(StoreError("The disk is gone."))
    asked[-1][1].ended.emit()
    reading.read(5)
    asked[-1][1].failed.emit(Cancelled())
    assert [seq for seq, _ in asked] == [9, 6, 6, 5]
    assert came == [9, 6]
    assert [str(error) for error in failed] == ["The disk is gone."]
