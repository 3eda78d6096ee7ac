"""Printing a report: the dialog does not hold the window up, nor does the printing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPageSize
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QApplication, QWidget

from hotfix_desktop.ui import report_print
from hotfix_desktop.ui.report_picture import whole_report
from hotfix_desktop.ui.report_print import ReportPrinter
from tests.ui.report_samples import some


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def printer(tmp_path: Path) -> QPrinter:
    """A printer that prints into a file."""
    made = QPrinter(QPrinter.PrinterMode.HighResolution)
    made.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    made.setOutputFileName(str(tmp_path / "printed.pdf"))
    made.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    return made


def pages(path: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))


def test_the_dialog_is_asked_without_waiting_for_it(qtbot, window):
    job = ReportPrinter(whole_report(some()), window)
    with qtbot.waitSignal(job.cancelled):
        job.ask()
        (dialog,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, QPrintDialog) and w.isVisible()]
        assert dialog.windowTitle() == "Print report"
        dialog.reject()


def test_it_is_printed_between_the_events_of_the_window(qtbot, window, printer, tmp_path):
    job = ReportPrinter(whole_report(some(60)), window)
    heard = []
    job.progressed.connect(lambda done, total: heard.append((done, total)))
    with qtbot.waitSignal(job.finished):
        job.begin(printer)
        assert heard == []
    assert heard[-1][0] == heard[-1][1] == pages(tmp_path / "printed.pdf") > 2


def test_the_window_has_its_turn_after_each_slice(qtbot, window, printer, monkeypatch):
    monkeypatch.setattr(report_print, "SLICE_SECONDS", 0.0)
    job = ReportPrinter(whole_report(some(60)), window)
    said = []
    turns = QTimer(window)
    turns.timeout.connect(lambda: said.append("turn"))
    job.progressed.connect(lambda done, total: said.append("step"))
    with qtbot.waitSignal(job.finished):
        job.begin(printer)
        turns.start(0)
    steps, turned = said.count("step"), said.count("turn")
    assert steps > 20
    assert turned > steps // 2


def test_only_the_wanted_pages_are_printed(qtbot, window, printer, tmp_path):
    job = ReportPrinter(whole_report(some(60)), window)
    printer.setFromTo(2, 3)
    with qtbot.waitSignal(job.finished):
        job.begin(printer)
    assert pages(tmp_path / "printed.pdf") == 2


def test_it_can_be_cancelled(qtbot, window, printer):
    job = ReportPrinter(whole_report(some(60)), window)
    job.progressed.connect(lambda done, total: job.cancel())
    with qtbot.assertNotEmitted(job.finished), qtbot.waitSignal(job.cancelled):
        job.begin(printer)
    job.cancel()  # nothing is left to be cancelled


@pytest.mark.qt_log_ignore("QPainter::begin", extend=True)
def test_a_printer_that_takes_nothing_is_told_of(qtbot, window, printer, tmp_path):
    printer.setOutputFileName(str(tmp_path / "nowhere" / "printed.pdf"))
    job = ReportPrinter(whole_report(some()), window)
    with qtbot.waitSignal(job.failed) as told:
        job.begin(printer)
    assert told.args[0].sentence == "The printer did not take the report."
