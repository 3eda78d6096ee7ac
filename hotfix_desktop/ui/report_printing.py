"""Printing from a window: gather the report on a lane, enter that, and ask for the printer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services.report_facts import ReportFacts
from hotfix_desktop.ui.error_dialog import ErrorDialog
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.progress_dialog import JobDialog
from hotfix_desktop.ui.report_picture import whole_report
from hotfix_desktop.ui.report_print import ReportPrinter


def print_report(gathering: Job, enter: Callable[[ReportFacts], Job] | None, window: QWidget) -> None:
    """Print a report once its facts are there; without ``enter`` nothing is entered (a log that is read-only).

    ``gathering`` gives :class:`ReportFacts`; a dialog shows how far it has come, and cancels it.
    """
    JobDialog(tr("Making the report"), gathering, window)
    gathering.failed.connect(lambda error: _told(error, window))
    gathering.done.connect(lambda facts: _gathered(facts, enter, window))


def _gathered(facts: ReportFacts, enter: Callable[[ReportFacts], Job] | None, window: QWidget) -> None:
    if enter is None:
        _ask(facts, window)
        return
    entered = enter(facts)
    entered.failed.connect(lambda error: _told(error, window))
    entered.done.connect(lambda _nothing: _ask(facts, window))


def _ask(facts: ReportFacts, window: QWidget) -> None:
    printer = ReportPrinter(whole_report(facts), window)
    for over in (printer.finished, printer.cancelled, printer.failed):
        over.connect(printer.deleteLater)
    printer.failed.connect(lambda error: _told(error, window))
    printer.ask()


def _told(error: HotfixError, window: QWidget) -> None:
    if not isinstance(error, Cancelled):
        ErrorDialog(tr("Could not print the report"), error, window).open()
