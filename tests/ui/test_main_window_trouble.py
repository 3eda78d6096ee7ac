"""What goes wrong in the world, two windows on one workspace, and a bug of our own."""

import sqlite3
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.runtime.heartbeat import Heartbeat
from hotfix_desktop.services import catalogue
from hotfix_desktop.ui.package_model import Column
from hotfix_desktop.ui.pulse import AGAIN_MS, LATE_MS, LOST
from tests.ui.real_window import ORDER, PATIENCE, cell, choose, dialogs, rows, writable, write_package


def refusal(desk, window) -> str:
    """Give what the error dialog says, and close it."""
    dialog = desk.dialog(window, "errorDialog")
    report = dialog.report()
    dialog.reject()
    return report


# Folders


@pytest.mark.parametrize("kind", ["empty", "not there", "a file", "a NUL", "4,000 letters"])
def test_a_folder_without_packages(desk, tmp_path, kind):
    places = {"empty": str(tmp_path / "empty"), "not there": str(tmp_path / "nowhere"), "a NUL": f"{tmp_path}/a\0b"}
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("hello")
    place = places.get(kind) or {"a file": str(tmp_path / "file.txt"), "4,000 letters": "/x" * 2000}[kind]
    window = desk.show(desk.window())
    window.open_location(place)
    report = refusal(desk, window)
    assert report.startswith("Could not open the workspace\n\n")
    assert len(report) < 1500
    assert window.welcome.isVisible()
    assert window.workspace is None
    assert window.windowTitle() == "Hotfix Desktop"
    assert window.state.recents == []
    window.close()
    assert not window.isVisible()


@pytest.mark.parametrize("name", ["with spaces", "mit Ümlaut und 日本語", "x" * 200])
def test_strange_names_of_folders_and_packages(desk, tmp_path, name):
    desk.folder = tmp_path / name
    write_package(desk.folder, "Üb ung")
    desk.protect()
    window = desk.opened()
    assert rows(window) == ["All packages (1)", "Üb ung"]
    assert writable(desk.folder / "Üb ung") == []
    desk.unlock("Üb ung")
    desk.beat(window)
    assert cell(window, "Üb ung", Column.STATE) == "Unlocked"


def test_damaged_and_doubled_packages_are_shown_with_what_is_wrong(desk):
    (desk.folder / "Beta" / "descriptor.json").write_text("{damaged")
    (desk.folder / "Zeta" / "descriptor.json").write_text((desk.folder / "Delta" / "descriptor.json").read_text())
    window = desk.opened()
    desk.click(desk.dialog(window, "protectDialog"), "agreeButton")
    desk.qtbot.waitUntil(lambda: window.here.known.protected, timeout=PATIENCE)
    desk.settle(window)
    wrong = [p for p in window.model.packages if p.found.problem and p.found.synchronised]
    assert len(wrong) == 3
    for status in wrong:
        window.tree.choose(status.package_id)
        assert window.actions_["actionUnlockForHotfix"].statusTip().startswith(f"{status.name} is not synchronised")
        assert status.found.problem in [label.text() for label in window.details.findChildren(QLabel)]
    assert window.banners.sentences[0].startswith("3 packages cannot be read: ")
    assert writable(desk.folder / "Beta"), "what is not understood is left alone"
    desk.click(window.banners, "Show")
    assert len(rows(window)) == 5, "those three, and the one without a descriptor"


def test_a_package_that_is_replaced_by_a_link_while_it_is_open(desk):
    desk.protect().unlock("Beta")
    window = desk.opened()
    choose(window, "Beta")
    desk.block("Beta")
    desk.beat(window, minutes=30)
    assert cell(window, "Beta", Column.STATE) == "Overdue"
    assert cell(window, "Beta", Column.LEFT) == "⚠ 0:00"
    banner = window.banners.sentences[0]
    assert banner.startswith("Beta could not be locked: The folder of Beta is another one")
    assert banner.endswith(f"Next try at {(desk.clock.wall + timedelta(seconds=1)).astimezone():%H:%M:%S}.")
    assert window.findChild(QLabel, "detailsState").text().startswith("Overdue · should have been locked at ")
    assert not window.actions_["actionExtendHotfix"].isEnabled()
    desk.beat(window, milliseconds=500)
    assert window.findChild(QLabel, "statusNextLock").text() == "1 unlocked, overdue by 0:01"
    assert window.windowTitle() == "Beta overdue by 0:01 — production — Hotfix Desktop"
    window.actions_["actionRefresh"].trigger()
    desk.settle(window)
    assert cell(window, "Beta", Column.STATE) == "Overdue", "it is not forgotten"
    frame = window.banners.findChildren(QPushButton)
    assert [b.text() for b in frame if b.isVisible()] == ["Show"]
    for _ in range(5):
        desk.beat(window, seconds=31)
    assert desk.entries("Relock failed") == ["Relock failed Failure"], "one entry for each kind of failure"
    desk.unblock("Beta")
    desk.edit("Beta")
    desk.beat(window, seconds=31)
    assert writable(desk.folder / "Beta") == []
    window.actions_["actionRefresh"].trigger()
    desk.settle(window)
    assert cell(window, "Beta", Column.STATE) == "Locked · undelivered"
    assert not [s for s in window.banners.sentences if "could not be locked" in s]


def test_what_was_overdue_and_is_locked_by_hand(desk):
    desk.protect().unlock("Beta")
    window = desk.opened()
    desk.block("Beta")
    desk.beat(window, minutes=30)
    desk.unblock("Beta")
    choose(window, "Beta")
    window.actions_["actionLockAfterHotfix"].trigger()
    desk.settle(window)
    assert desk.status("Beta").state is PackageState.LOCKED
    assert not [s for s in window.banners.sentences if "could not be locked" in s]


def test_the_whole_folder_goes_away_and_comes_back(desk):
    desk.protect().unlock("Beta")
    window = desk.opened()
    desk.folder.rename(desk.folder.parent / "unmounted")
    window.actions_["actionRefresh"].trigger()
    dialog = desk.dialog(window, "errorDialog")
    assert dialog.windowTitle() == "Could not look at the packages"
    assert rows(window)[1] == "Beta", "what was known is shown still"
    (desk.folder.parent / "unmounted").rename(desk.folder)
    desk.click(dialog, "retryButton")
    desk.settle(window)
    assert not dialogs(window, "errorDialog")
    assert len(rows(window)) == 1 + len(ORDER)


def test_a_workspace_whose_disk_is_away_opens_from_memory(desk):
    desk.protect().unlock("Beta")
    desk.folder.rename(desk.folder.parent / "unmounted")
    window = desk.show(desk.window())
    window.open_location("production")
    assert "Could not look at the packages" in refusal(desk, window)
    desk.settle(window)
    assert rows(window)[:2] == ["All packages (7, 1 unlocked)", "Beta"]
    window.abandon()
    (desk.folder.parent / "unmounted").rename(desk.folder)


# Databases


def test_a_damaged_database(desk):
    desk.protect()
    for bench in desk.benches:
        bench.store.close()
    path = desk.benches[0].store.path
    for tail in ("-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    path.write_bytes(b"this is no database" * 1000)
    window = desk.show(desk.window())
    window.open_location(str(desk.folder))
    report = refusal(desk, window)
    assert "The audit database is damaged." in report
    assert "Do not delete it" in report
    assert window.welcome.isVisible()
    assert path.read_bytes() == b"this is no database" * 1000, "it is evidence"


def test_a_database_that_is_newer_than_this_program(desk):
    desk.protect()
    path = desk.benches[0].store.path
    desk.benches[0].store.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE schema_step SET number = 9999 WHERE number = (SELECT max(number) FROM schema_step)")
    connection.commit()
    connection.close()
    window = desk.show(desk.window())
    window.open_location(str(desk.folder))
    assert "newer" in refusal(desk, window)
    assert window.welcome.isVisible()


def test_a_database_that_fails_while_it_beats_is_told_until_it_works(desk, monkeypatch):
    desk.protect().unlock("Beta")
    window = desk.opened()
    from hotfix_desktop.core.errors import StoreError
    from hotfix_desktop.services.relocking import Relocker

    def broken(self):
        raise StoreError("The audit database cannot be read.", "Check it.")

    monkeypatch.setattr(Relocker, "beat", broken)
    session = window.here.session
    with desk.qtbot.waitSignal(session.beat_failed, timeout=PATIENCE):
        session.heartbeat.timer.timeout.emit()
    assert window.banners.sentences[0] == "The audit database cannot be read. Check it."
    assert window.findChild(QLabel, "statusRelocker").text() == f"⚠ No beat since {local(desk)}"
    monkeypatch.undo()
    desk.beat(window)
    assert window.banners.sentences == []
    assert window.findChild(QLabel, "statusRelocker").text() == f"✓ Checked {local(desk)}"


def local(desk) -> str:
    """Give the time of day on the hand clock."""
    return f"{desk.clock.wall.astimezone():%H:%M:%S}"


def test_a_heart_that_hangs_is_seen_and_time_goes_on(desk):
    desk.protect().unlock("Beta", minutes=30)
    window = desk.opened()
    desk.beat(window, minutes=1)
    status, last = window.findChild(QLabel, "statusRelocker"), local(desk)
    passed = window.pulse.timer.timeout.emit
    desk.clock.go(seconds=2)
    passed()
    assert cell(window, "Beta", Column.LEFT) == "28:58"
    assert window.windowTitle() == "28:58 Beta — production — Hotfix Desktop"
    assert status.text() == f"✓ Checked {last}", "two seconds may be a beat that has much to do"
    desk.clock.go(seconds=1)
    passed()
    assert cell(window, "Beta", Column.LEFT) == "28:57"
    assert status.text() == f"⚠ No beat since {last}"
    desk.clock.go(minutes=25)
    passed()
    assert status.text() == f"⚠ No beat since {last}"
    assert "Beta locks in 3:57." in window.banners.sentences
    desk.beat(window, seconds=1)
    passed()
    assert status.text() == f"✓ Checked {local(desk)}", "it is counted anew"


def test_the_pulse_is_felt_only_while_a_workspace_is_open_and_after_a_beat_that_came(desk):
    window = desk.show(desk.protect().window())
    assert not window.pulse.timer.isActive()
    with desk.qtbot.waitSignal(window.loaded, timeout=PATIENCE):
        window.open_location(str(desk.folder))
    assert window.pulse.timer.isActive()
    session = window.here.session
    with desk.qtbot.waitSignal(session.beaten, timeout=PATIENCE):
        session.heartbeat.timer.timeout.emit()
    felt = []
    window.pulse.passed.connect(lambda: felt.append("passed"))
    assert (window.pulse.timer.isActive(), window.pulse.timer.interval()) == (True, LATE_MS)
    window.pulse.timer.timeout.emit()
    assert (window.pulse.timer.interval(), felt) == (AGAIN_MS, ["passed"])
    window.leave_workspace()
    assert not window.pulse.timer.isActive()
    assert window.findChild(QLabel, "statusRelocker").text() == ""


def test_the_first_beat_that_does_not_come_is_missed_since_the_opening(desk, monkeypatch):
    monkeypatch.setattr(Heartbeat, "start", lambda self: None)
    window = desk.protect().opened()
    for _ in range(LOST):
        window.pulse.timer.timeout.emit()
    assert window.findChild(QLabel, "statusRelocker").text() == f"⚠ No beat since {local(desk)}"


# Two windows


@pytest.fixture
def both(desk):
    """Two windows on one protected workspace."""
    return desk.protect().opened(), desk.opened()


def unlock_in(desk, window, name: str, reason: str = "because") -> None:
    choose(window, name)
    window.actions_["actionUnlockForHotfix"].trigger()
    dialog = desk.dialog(window, "unlockDialog")
    desk.qtbot.keyClicks(dialog.focusWidget(), reason)
    desk.click(dialog, "unlockButton")


def test_the_second_window_sees_what_the_first_did_after_a_beat(desk, both):
    first, second = both
    unlock_in(desk, first, "Zeta")
    desk.settle(first)
    assert cell(second, "Zeta", Column.STATE) == "Blocked"
    desk.beat(second, seconds=1)
    assert rows(second)[:2] == ["All packages (7, 1 unlocked)", "Zeta"]
    desk.edit("Zeta")
    choose(second, "Zeta")
    second.actions_["actionLockAfterHotfix"].trigger()
    desk.settle(second)
    desk.beat(first, seconds=1)
    assert cell(first, "Zeta", Column.STATE) == "Locked · undelivered"


def test_unlocking_in_both_is_refused_once_with_a_sentence(desk, both):
    first, second = both
    unlock_in(desk, first, "Zeta", "first")
    desk.settle(first)
    unlock_in(desk, second, "Zeta", "second")
    report = refusal(desk, second)
    assert report == "Could not unlock Zeta\n\nZeta is already unlocked for a hotfix."
    desk.settle(second)
    assert desk.status("Zeta").hotfix.reason == "first"
    assert cell(second, "Zeta", Column.STATE) == "Unlocked", "after a failure it looks again"
    assert desk.entries("Package unlocked") == ["Package unlocked Success"]


def test_locking_in_both_ends_the_hotfix_once(desk, both):
    first, second = both
    desk.unlock("Zeta")
    for window in both:
        desk.beat(window)
        choose(window, "Zeta")
    first.actions_["actionLockAfterHotfix"].trigger()
    second.actions_["actionLockAfterHotfix"].trigger()
    for window in both:
        desk.settle(window)
    (loser,) = [window for window in both if dialogs(window, "errorDialog")]
    assert "Zeta is not unlocked, so there is nothing to lock." in refusal(desk, loser)
    assert desk.entries("Package locked") == ["Package locked Success"]


def test_both_beat_at_the_deadline_and_one_locks(desk, both):
    desk.unlock("Zeta")
    desk.edit("Zeta")
    for window in both:
        desk.beat(window)
    desk.clock.go(minutes=30)
    for window in both:
        window.here.session.heartbeat.timer.timeout.emit()
    for window in both:
        desk.settle(window)
    for window in both:
        desk.beat(window, seconds=1)
        assert cell(window, "Zeta", Column.STATE) == "Locked · undelivered"
    assert desk.entries("Package relocked") == ["Package relocked Success"]


# Our own mistakes


def test_a_bug_reaches_the_excepthook_and_the_window_lives_on(desk, monkeypatch):
    window = desk.protect().opened()

    def bug(*_):
        raise ZeroDivisionError("a slip of ours")

    monkeypatch.setattr(catalogue, "refresh", bug)
    monkeypatch.setattr("hotfix_desktop.runtime.session.catalogue.refresh", bug)
    with desk.qtbot.capture_exceptions() as caught:
        window.actions_["actionRefresh"].trigger()
        desk.settle(window)
        desk.qtbot.waitUntil(lambda: bool(caught), timeout=PATIENCE)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    assert not dialogs(window, "errorDialog"), "a bug is no error of the world"
    monkeypatch.undo()
    unlock_in(desk, window, "Zeta")
    desk.settle(window)
    assert cell(window, "Zeta", Column.STATE) == "Unlocked"


def test_a_bug_in_a_beat_does_not_stop_the_heart(desk, monkeypatch):
    from hotfix_desktop.services.relocking import Relocker

    desk.protect().unlock("Beta")
    window = desk.opened()

    def bug(self):
        raise ZeroDivisionError("a slip of ours")

    monkeypatch.setattr(Relocker, "beat", bug)
    with desk.qtbot.capture_exceptions() as caught:
        window.here.session.heartbeat.timer.timeout.emit()
        desk.qtbot.waitUntil(lambda: bool(caught), timeout=PATIENCE)
    monkeypatch.undo()
    desk.beat(window, minutes=30)
    assert desk.status("Beta").state is PackageState.LOCKED
