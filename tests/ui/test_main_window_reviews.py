"""Reviews and the archive in the main window: its status bar, its menu, and the dialogs on a real log."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QTableView

from hotfix_desktop.core.roles import Role
from hotfix_desktop.services.reviewing import read_reviews
from hotfix_desktop.ui.status_line import StatusLine
from tests.ui.real_window import PATIENCE
from tests.ui.sample_catalogue import NOW, catalogue

REVIEWED, OBJECTED = "Hotfix reviewed", "Hotfix objected to"


@pytest.fixture
def window(desk):
    """The window of an auditor, with two hotfixes that wait."""
    desk.protect()
    desk.assign("eve", Role.AUDITOR)
    for name in ("Beta", "Zeta"):
        desk.unlock(name)
        desk.lock(name)
    return desk.opened("eve")


def waiting(window) -> str:
    label = window.findChild(QLabel, "statusReviews")
    return label.text() if label.isVisible() else ""


def test_reviewing_counts_down_in_the_status_bar(desk, window):
    assert waiting(window) == "2 to review"
    window.actions_["actionReviews"].trigger()
    dialog = desk.dialog(window, "reviewDialog")
    table = dialog.findChild(QTableView, "reviewTable")
    desk.qtbot.waitUntil(lambda: table.model().rowCount() == 2, timeout=PATIENCE)
    desk.click(dialog, "reviewReviewed")
    desk.qtbot.waitUntil(lambda: table.model().rowCount() == 1, timeout=PATIENCE)
    dialog.findChild(QLineEdit, "reviewRemark").setText("no ticket")
    desk.click(dialog, "reviewObject")
    desk.qtbot.waitUntil(lambda: table.model().rowCount() == 0, timeout=PATIENCE)
    desk.qtbot.waitUntil(lambda: waiting(window) == "", timeout=PATIENCE)
    assert desk.entries(REVIEWED, OBJECTED) == [f"{REVIEWED} Success", f"{OBJECTED} Success"]
    assert read_reviews(desk.bench("eve")).counts.objected == 1
    dialog.reject()


def test_all_that_changed_nothing_at_once(desk, window):
    window.actions_["actionReviews"].trigger()
    dialog = desk.dialog(window, "reviewDialog")
    table = dialog.findChild(QTableView, "reviewTable")
    desk.qtbot.waitUntil(lambda: table.model().rowCount() == 2, timeout=PATIENCE)
    desk.click(dialog, "reviewTogether")
    desk.qtbot.waitUntil(lambda: waiting(window) == "", timeout=PATIENCE)
    assert desk.entries(REVIEWED) == [f"{REVIEWED} Success"] * 2
    dialog.reject()


def test_who_sees_the_count(qtbot):
    from PySide6.QtWidgets import QStatusBar

    bar = QStatusBar()
    qtbot.addWidget(bar)
    bar.show()
    line = StatusLine(bar)
    label = bar.findChild(QLabel, "statusReviews")
    for roles, count, shown in (
        (frozenset({Role.AUDITOR}), 3, "3 to review"),
        (frozenset({Role.ADMINISTRATOR}), 1284, "1,284 to review"),
        (frozenset({Role.AUDITOR}), 0, ""),
        (frozenset(), 3, ""),
    ):
        line.show_catalogue(catalogue(roles=roles, to_review=count), NOW)
        assert (label.text(), label.isVisible()) == (shown, bool(shown))
    line.show_catalogue(catalogue(to_review=3), NOW)
    line.show_catalogue(None, NOW)
    assert not label.isVisible()


def test_an_administrator_archives_and_an_auditor_is_told_why_not(desk, window, tmp_path):
    assert "only members of System administrators may" in window.actions_["actionArchiveAudit"].toolTip()
    window.close()
    ann = desk.opened("ann")
    ann.actions_["actionArchiveAudit"].trigger()
    dialog = desk.dialog(ann, "archiveDialog")
    folder = tmp_path / "archives"
    folder.mkdir()
    dialog.folder.setText(str(folder))
    desk.qtbot.waitUntil(lambda: dialog.why_not.startswith("There is nothing to archive"), timeout=PATIENCE)
    assert list(Path(folder).iterdir()) == []
    dialog.reject()
