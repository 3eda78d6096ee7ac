"""Export: what is asked, what is started, and what is said meanwhile and afterwards."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QWidget,
)

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.services.exporting import Exported, ExportFormat
from hotfix_desktop.ui.export_dialog import ExportDialog

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FILTER = LogQuery(only=((LogColumn.OWNER, "ann"),), since=NOW)


class FakeRun(QObject):
    stepped = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.is_running = False
        self.started: list[tuple] = []
        self.cancels = self.closes = 0

    def start(self, *given) -> None:
        self.started.append(given)
        self.is_running = True

    def cancel(self) -> None:
        self.cancels += 1

    def close(self) -> None:
        self.closes += 1

    def end(self, signal, value) -> None:
        self.is_running = False
        signal.emit(value)


class Hands:
    def __init__(self, dialog: ExportDialog, run: FakeRun) -> None:
        self.dialog, self.run = dialog, run
        self.kind = dialog.findChild(QComboBox, "exportFormat")
        self.file = dialog.findChild(QLineEdit, "exportFile")
        self.digest = dialog.findChild(QLineEdit, "exportDigest")
        self.everything, self.filtered = (
            dialog.findChild(QRadioButton, name) for name in ("exportEverything", "exportFiltered")
        )
        self.bar = dialog.findChild(QProgressBar)
        names = ("exportButton", "exportOpen", "exportCopy", "exportBrowse")
        self.export, self.open, self.copy, self.browse = (dialog.findChild(QPushButton, name) for name in names)
        self.cancel = next(b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") == "Cancel")

    def words(self) -> str:
        return "\n".join(label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible())

    def choose(self, kind: ExportFormat) -> None:
        self.kind.setCurrentIndex(self.kind.findData(kind.value))


@pytest.fixture
def hands_of(qtbot, tmp_path):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def make(query: LogQuery = FILTER, kind: ExportFormat = ExportFormat.CSV) -> Hands:
        run = FakeRun()
        dialog = ExportDialog(run, kind, query, 1284, "Production / EU", tmp_path, NOW, window)  # type: ignore[arg-type]
        run.setParent(dialog)
        dialog.open()
        return Hands(dialog, run)

    return make


def test_the_filter_that_is_shown_is_exported_unless_all_is_chosen(qtbot, hands_of, tmp_path):
    hands = hands_of()
    assert hands.filtered.isChecked()
    assert "from 2026-11-23T12:00:00Z, Owner is “ann”" in hands.words()
    assert hands.everything.text().replace("&", "") == "All entries (1,284)"
    qtbot.mouseClick(hands.export, Qt.MouseButton.LeftButton)
    file = tmp_path / "audit-production-eu-2026-11-23.csv"
    assert hands.run.started == [(ExportFormat.CSV, FILTER, file)]
    hands.run.end(hands.run.failed, Cancelled())
    hands.everything.click()
    hands.export.click()
    assert hands.run.started[1:] == [(ExportFormat.CSV, LogQuery(), file)]


def test_without_a_filter_only_all_can_be_chosen_and_it_says_why(hands_of):
    hands = hands_of(LogQuery(sort=LogColumn.OWNER))
    assert hands.everything.isChecked()
    assert not hands.filtered.isEnabled()
    assert hands.filtered.accessibleDescription() == "No filter is set in the window."


def test_a_report_takes_the_period_of_the_filter(hands_of):
    hands = hands_of()
    hands.choose(ExportFormat.PDF)
    assert not hands.everything.isVisible()
    assert "The report is of a period: from 2026-11-23T12:00:00Z." in hands.words()
    hands.export.click()
    assert hands.run.started[0][:2] == (ExportFormat.PDF, LogQuery(since=NOW))


def test_the_name_of_the_file_follows_the_format(hands_of):
    hands = hands_of()
    found = []
    for kind in ExportFormat:
        hands.choose(kind)
        found.append(Path(hands.file.text()).suffix)
    assert found == [".csv", ".jsonl", ".zip", ".pdf"]
    hands.file.setText("/exports/mine.txt")
    hands.choose(ExportFormat.CSV)
    assert hands.file.text() == "/exports/mine.txt"


def test_a_file_that_is_there_is_said_to_be_replaced_and_none_says_why_not(hands_of, tmp_path):
    hands = hands_of()
    (tmp_path / "old.csv").write_bytes(b"")
    assert "will be replaced" not in hands.words()
    hands.file.setText(str(tmp_path / "old.csv"))
    assert "There is such a file; it will be replaced." in hands.words()
    hands.file.setText("a\0b" * 3)
    assert "will be replaced" not in hands.words()
    hands.file.setText(" ")
    assert (hands.export.isEnabled(), hands.dialog.why_not) == (False, "Choose a file.")


def test_browse_asks_for_a_file(qtbot, hands_of, tmp_path):
    hands = hands_of()
    hands.browse.click()
    asked = hands.dialog.findChild(QFileDialog)
    assert asked.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    assert asked.defaultSuffix() == "csv"
    asked.fileSelected.emit(str(tmp_path / "chosen.csv"))
    assert hands.file.text() == str(tmp_path / "chosen.csv")
    asked.close()


def test_progress_is_shown_and_cancel_waits_for_the_end(qtbot, hands_of):
    hands = hands_of()
    assert not hands.bar.isVisible()
    hands.export.click()
    assert hands.dialog.why_not == "Exporting…"
    assert not any(widget.isEnabled() for widget in (hands.kind, hands.file, hands.everything, hands.export))
    hands.run.stepped.emit(Step(2_500_000_000, 5_000_000_000, "Proving them"))
    assert (hands.bar.isVisible(), hands.bar.value(), hands.bar.maximum()) == (True, 500, 1000)
    assert "Proving them" in hands.words()
    qtbot.keyClick(hands.dialog, Qt.Key.Key_Escape)
    assert (hands.run.cancels, hands.cancel.text(), hands.cancel.isEnabled()) == (1, "Cancelling…", False)
    assert hands.dialog.isVisible()
    hands.run.end(hands.run.failed, Cancelled())
    assert hands.dialog.problem == ""
    assert (hands.cancel.isEnabled(), hands.export.isEnabled(), hands.file.isEnabled()) == (True, True, True)
    hands.cancel.click()
    assert (hands.dialog.isVisible(), hands.run.closes) == (False, 1)


def test_what_stood_in_the_way_is_told_and_it_can_be_tried_again(hands_of):
    hands = hands_of()
    hands.export.click()
    hands.run.end(hands.run.failed, HotfixError("The disk is full.", "Free some space."))
    assert hands.dialog.problem == "The disk is full. Free some space."
    hands.export.click()
    assert (hands.dialog.problem, len(hands.run.started)) == ("", 2)


def test_what_was_made_is_told_shown_and_copied(qtbot, hands_of, tmp_path, monkeypatch):
    hands = hands_of()
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or False)
    hands.export.click()
    made = Exported(tmp_path / "a.csv", 1284, "ab" * 32, entered=True)
    with qtbot.waitSignal(hands.dialog.exported) as caught:
        hands.run.end(hands.run.done, made)
    assert caught.args == [made]
    assert "1,284 entries exported" in hands.words()
    assert (hands.digest.text(), hands.digest.isVisible(), hands.file.isVisible()) == ("ab" * 32, True, False)
    assert (hands.export.isVisible(), hands.cancel.text()) == (False, "Close")
    hands.copy.click()
    assert QGuiApplication.clipboard().text() == "ab" * 32
    hands.open.click()
    assert [url.toLocalFile() for url in opened] == [str(tmp_path)]
    assert "no program that shows" in hands.words()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            Exported(Path("b.zip"), 1, "ab", broken="Entry 3 was changed."),
            "The log is broken, and the bundle says so: Entry 3",
        ),
        (Exported(Path("b.zip"), 9, "ab", unproven=3), "nothing vouches for them: 3."),
    ],
)
def test_what_a_bundle_does_not_prove_is_said(hands_of, made, said):
    hands = hands_of(kind=ExportFormat.BUNDLE)
    hands.export.click()
    hands.run.end(hands.run.done, made)
    assert said in hands.words()


def test_every_control_has_a_name_for_a_screen_reader(hands_of):
    hands = hands_of()
    for widget in (hands.kind, hands.file, hands.digest, hands.bar):
        assert widget.accessibleName()
