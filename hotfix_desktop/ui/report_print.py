"""A report on a printer: asked for in the system's dialog, and laid out and painted between the window's events."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QMarginsF, QObject, QTimer, Signal
from PySide6.QtGui import QPageLayout, QPainter
from PySide6.QtPrintSupport import QAbstractPrintDialog, QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QWidget

from hotfix_desktop.core.errors import HotfixError, WorkspaceError
from hotfix_desktop.ui.report_pages import MARGINS, ReportPages
from hotfix_desktop.ui.report_parts import Report

SLICE_SECONDS = 0.006
"""How long the window's thread is kept at a time; a frame has 16.7 ms."""


class ReportPrinter(QObject):
    """Prints one report.

    Signals:
        progressed: how many of how many steps are done.
        finished: everything was handed to the printer.
        cancelled: the dialog was closed, or :meth:`cancel` was called; a job that had begun was taken back.
        failed: with the ``HotfixError``.
    """

    progressed = Signal(int, int)
    finished = Signal()
    cancelled = Signal()
    failed = Signal(object)

    def __init__(self, report: Report, parent: QWidget) -> None:
        """Keep what is to be printed; nothing is asked yet."""
        super().__init__(parent)
        self._window = parent
        self._report = report
        self._printer: QPrinter | None = None
        self._painter: QPainter | None = None
        self._steps: Iterator[tuple[int, int]] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    def ask(self) -> None:
        """Show the system's dialog without waiting for it."""
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(self._report.name)
        dialog = QPrintDialog(printer, self._window)
        dialog.setWindowTitle("Print report")
        dialog.setOption(QAbstractPrintDialog.PrintDialogOption.PrintPageRange)
        dialog.finished.connect(lambda result: self._answered(result, printer, dialog))
        QDialog.open(dialog)  # QPrintDialog has an open of its own that wants a slot

    def begin(self, printer: QPrinter) -> None:
        """Print on this printer, page by page."""
        printer.setFullPage(False)
        paper = _with_margins(printer.pageLayout())
        printer.setPageLayout(paper)
        self._printer = printer
        # Some drivers keep margins of their own, which are then wider than those that were wished for.
        self._steps = self._work(ReportPages(self._report, printer.pageLayout()), printer)
        self._timer.start()

    def cancel(self) -> None:
        """Stop, and take back what the printer has got so far."""
        if self._steps is None:
            return
        if self._printer is not None and self._painter is not None:
            self._printer.abort()
        self._end()
        self.cancelled.emit()

    def _answered(self, result: int, printer: QPrinter, dialog: QPrintDialog) -> None:
        dialog.deleteLater()
        if result == QDialog.DialogCode.Accepted.value:
            self.begin(printer)
        else:
            self.cancelled.emit()

    def _work(self, pages: ReportPages, printer: QPrinter) -> Iterator[tuple[int, int]]:
        yield from pages.steps()
        first = max(1, printer.fromPage())
        last = min(len(pages), printer.toPage() or len(pages))
        painter = self._painter = QPainter()
        if not painter.begin(printer):
            raise WorkspaceError("The printer did not take the report.", "Check that it is ready, or save a PDF.")
        for page in range(first, last + 1):
            if page > first and not printer.newPage():
                raise WorkspaceError(f"The printer did not take page {page} of the report.", "Check that it is ready.")
            pages.paint(painter, page - 1, printer.resolution())
            yield page - first + 1, last - first + 1

    def _go_on(self) -> None:
        assert self._steps is not None
        until = time.perf_counter() + SLICE_SECONDS
        try:
            # Whoever hears of a step may cancel.
            while self._steps is not None:
                self.progressed.emit(*next(self._steps))
                if time.perf_counter() >= until:
                    return
        except StopIteration:
            self._end()
            self.finished.emit()
        except HotfixError as error:
            self._end()
            self.failed.emit(error)

    def _end(self) -> None:
        self._timer.stop()
        self._steps = None
        if self._painter is not None and self._painter.isActive():
            self._painter.end()
        self._painter = self._printer = None


def _with_margins(paper: QPageLayout) -> QPageLayout:
    """Give the same paper with our margins, where the printer's own are not wider."""
    paper.setUnits(QPageLayout.Unit.Millimeter)
    least = paper.minimumMargins()
    paper.setMargins(
        QMarginsF(
            max(MARGINS.left(), least.left()),
            max(MARGINS.top(), least.top()),
            max(MARGINS.right(), least.right()),
            max(MARGINS.bottom(), least.bottom()),
        )
    )
    return paper
