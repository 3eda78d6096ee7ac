"""The badge in the audit log window, what can be taken away from there, and what only the main window can do."""

import json
import sqlite3
from contextlib import closing

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QRadioButton

from hotfix_desktop.core.roles import Role
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.store.store import Store
from hotfix_desktop.ui.audit_window import AuditWindow
from hotfix_desktop.ui.export_dialog import ExportDialog
from hotfix_desktop.ui.review_dialog import ReviewDialog
from hotfix_desktop.ui.verification_badge import VerificationBadge
from tests.ui.audit_windows import ALL, action, button, choose, count, current, details, search, select, table

PATIENCE = 20_000


def badge(window) -> VerificationBadge:
    return window.findChild(VerificationBadge)


def says(window) -> str:
    return badge(window).text


@pytest.fixture
def forged(path):
    """A log in which somebody has rewritten an entry, and the columns with it."""
    with closing(sqlite3.connect(path)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("UPDATE audit SET body = replace(body, 'ann', 'eve') WHERE seq = 300")
        raw.execute("UPDATE audit SET body = CAST(body AS BLOB) WHERE seq = 300")
        raw.commit()
    return path


# Alone, and read-only


def test_a_log_that_nobody_signed_is_verified_by_itself(qtbot, window):
    qtbot.waitUntil(lambda: says(window) == "Not signed", timeout=PATIENCE)
    assert "Every entry was read." in badge(window).toolTip()
    assert not badge(window).go_to_button.isVisible()
    assert not action(window, "GoToBreak").isEnabled()


def test_a_broken_log_leads_to_its_first_bad_entry(qtbot, audit, forged):
    window = audit.show(forged)
    qtbot.waitUntil(badge(window).go_to_button.isVisible, timeout=PATIENCE)
    assert says(window) == "Broken at 300: changed"
    search(window).setText("nothing like this")
    choose(window, "Period", "Today")
    qtbot.waitUntil(lambda: count(window) == "0 of 1,000 entries")
    qtbot.mouseClick(badge(window).go_to_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: current(window) == 300)
    assert count(window) == ALL
    qtbot.waitUntil(lambda: "somebody has changed the database" in details(window))
    assert "eve wants" in details(window) or "eve locked" in details(window)


def test_evidence_of_a_broken_log_is_everything(qtbot, audit, forged):
    window = audit.show(forged)
    choose(window, "Period", "Today")
    qtbot.waitUntil(badge(window).evidence_button.isVisible, timeout=PATIENCE)
    qtbot.mouseClick(badge(window).evidence_button, Qt.MouseButton.LeftButton)
    dialog = window.findChild(ExportDialog)
    assert dialog.isVisible()
    assert dialog.findChild(QComboBox, "exportFormat").currentText() == "Evidence bundle"
    assert dialog.findChild(QRadioButton, "exportEverything").isChecked()
    dialog.reject()


def test_everything_is_verified_again_on_demand_and_can_be_cancelled(qtbot, window):
    qtbot.waitUntil(lambda: says(window) == "Not signed", timeout=PATIENCE)
    action(window, "VerifyAll").trigger()
    assert says(window).startswith("Verifying")
    assert not action(window, "VerifyAll").isEnabled()
    qtbot.mouseClick(badge(window).cancel_button, Qt.MouseButton.LeftButton)
    assert says(window) == "Not signed"
    action(window, "VerifyAll").trigger()
    qtbot.waitUntil(lambda: says(window) == "Not signed", timeout=PATIENCE)
    assert action(window, "VerifyAll").isEnabled()


def test_what_is_shown_is_exported(qtbot, window, path, tmp_path):
    store = Store(path)  # the process that exports is of whoever runs the tests
    store.administration.assign(current_person().user, Role.AUDITOR)
    store.close()
    choose(window, "Period", "Today")
    qtbot.waitUntil(lambda: count(window) == "5 of 1,000 entries")
    action(window, "ExportJsonl").trigger()
    dialog = window.findChild(ExportDialog)
    assert dialog.findChild(QRadioButton, "exportFiltered").isChecked()
    dialog.file.setText(str(tmp_path / "today.jsonl"))
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE) as made:
        dialog.findChild(QPushButton, "exportButton").click()
    assert made.args[0].count == 5
    assert not made.args[0].entered
    lines = (tmp_path / "today.jsonl").read_text("utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == 5
    dialog.reject()


def test_read_only_means_that_nothing_is_entered(qtbot, window, path):
    qtbot.waitUntil(lambda: says(window) == "Not signed", timeout=PATIENCE)
    action(window, "VerifyAll").trigger()
    qtbot.waitUntil(lambda: says(window) == "Not signed", timeout=PATIENCE)
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT count(*), (SELECT count(*) FROM checkpoint) FROM audit").fetchone() == (1000, 0)


# From the main window


@pytest.fixture
def opened(qtbot, desk):
    """The audit log window of an opened and protected workspace."""
    desk.protect()
    main = desk.opened()
    main.actions_["actionAuditLog"].trigger()
    qtbot.waitUntil(lambda: main.audit is not None, timeout=PATIENCE)
    window = main.audit
    assert isinstance(window, AuditWindow)
    qtbot.waitUntil(lambda: not says(window).startswith(("Verifying", "Not verified")), timeout=PATIENCE)
    return window


def test_opening_and_verifying_are_entries_and_the_list_shows_them(qtbot, desk, opened):
    assert desk.entries("Audit log opened", "Audit log verified")[:2] == [
        "Audit log opened Success",
        "Audit log verified Success",
    ]
    qtbot.waitUntil(
        lambda: table(opened).model().index(0, 1).data() in ("Audit log verified", "Signing key changed"),
        timeout=PATIENCE,
    )
    select(opened, 0)
    qtbot.waitUntil(lambda: "Previous hash\n" in details(opened) and "Previous hash\n…" not in details(opened))


def test_reviews_are_there_only_with_the_workspace(qtbot, opened):
    review = button(opened, "To review")
    assert review.isVisible()
    qtbot.mouseClick(review, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.findChild(ReviewDialog) is not None)
    dialog = opened.findChild(ReviewDialog)
    assert dialog.isVisible()
    dialog.reject()
    assert QApplication.activeModalWidget() is None


def test_archiving_is_asked_for_in_the_main_window(qtbot, opened):
    with qtbot.waitSignal(opened.archive_wanted):
        action(opened, "Archive").trigger()


def test_waiting_reviews_are_counted(opened):
    opened._top._tell_waiting(3)
    assert button(opened, "To review (3)").isVisible()
