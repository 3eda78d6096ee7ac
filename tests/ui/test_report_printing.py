"""Printing from a window: first the facts, then the entry, then the printer; and what stands in the way is told."""

from __future__ import annotations

import pytest
from PySide6.QtPrintSupport import QPrintDialog
from PySide6.QtWidgets import QApplication, QWidget

from hotfix_desktop.core.errors import Cancelled, Denied, StoreError
from hotfix_desktop.runtime.lane import Lane
from hotfix_desktop.ui.error_dialog import ErrorDialog
from hotfix_desktop.ui.report_printing import print_report
from tests.ui.report_samples import some


class Nothing:
    def close(self) -> None:
        pass


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def lane(qtbot):
    made = Lane(Nothing, "report")
    yield made
    made.close()


def shown(kind):
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


def raising(error):
    def work(owned, progress):
        raise error

    return work


def test_the_printer_is_asked_for_once_it_is_entered(qtbot, window, lane):
    entered = []
    facts = some()

    def enter(given):
        assert shown(QPrintDialog) == []
        entered.append(given)
        return lane.run(lambda owned, progress: None)

    print_report(lane.run(lambda owned, progress: facts), enter, window)
    qtbot.waitUntil(lambda: bool(shown(QPrintDialog)))
    assert entered == [facts]
    shown(QPrintDialog)[0].reject()


def test_a_log_that_is_read_only_is_printed_without_an_entry(qtbot, window, lane):
    print_report(lane.run(lambda owned, progress: some()), None, window)
    qtbot.waitUntil(lambda: bool(shown(QPrintDialog)))
    shown(QPrintDialog)[0].reject()


def test_what_cannot_be_entered_is_not_printed(qtbot, window, lane):
    full = raising(StoreError("The disk is full."))
    print_report(lane.run(lambda owned, progress: some()), lambda facts: lane.run(full), window)
    qtbot.waitUntil(lambda: bool(shown(ErrorDialog)))
    assert shown(ErrorDialog)[0].windowTitle() == "Could not print the report"
    assert shown(QPrintDialog) == []


def test_who_may_not_is_told(qtbot, window, lane):
    print_report(lane.run(raising(Denied("bob may not export the audit log."))), None, window)
    qtbot.waitUntil(lambda: bool(shown(ErrorDialog)))
    assert shown(QPrintDialog) == []


def test_whoever_cancels_hears_nothing_more(qtbot, window, lane):
    job = lane.run(raising(Cancelled()))
    print_report(job, None, window)
    with qtbot.waitSignal(job.ended):
        pass
    assert shown(ErrorDialog) == shown(QPrintDialog) == []
