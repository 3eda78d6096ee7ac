"""The dialog of slow work: it waits before it appears, tells, cancels, and goes by itself."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QWidget
from shiboken6 import isValid

from hotfix_desktop.runtime.lane import Job, Step
from hotfix_desktop.ui.progress_dialog import JobDialog


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def job(window) -> Job:
    return Job(window)


def end(job: Job) -> None:
    job.is_over = True
    job.ended.emit()


def late(dialog: JobDialog, qtbot) -> JobDialog:
    """Let 400 ms pass."""
    dialog.findChild(QTimer).timeout.emit()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def test_quick_work_shows_no_dialog(qtbot, window, job):
    dialog = JobDialog("Protecting Pkg", job, window)
    timer = dialog.findChild(QTimer)
    assert (timer.interval(), timer.isActive(), timer.isSingleShot()) == (400, True, True)
    end(job)
    assert not timer.isActive()
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_work_that_is_over_already_shows_no_dialog(qtbot, window, job):
    job.is_over = True
    dialog = JobDialog("Protecting Pkg", job, window)
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_slow_work_is_told(qtbot, window, job):
    dialog = late(JobDialog("Protecting Pkg", job, window), qtbot)
    bar = dialog.findChild(QProgressBar)
    assert (bar.minimum(), bar.maximum()) == (0, 0), "busy while nobody knows the total"
    job.stepped.emit(Step(50, 200, "UsrInvoices"))
    assert bar.value() / bar.maximum() == 0.25
    assert "UsrInvoices" in [label.text() for label in dialog.findChildren(QLabel)]
    job.stepped.emit(Step(3 * 2**40, 4 * 2**40, "bytes"))
    assert bar.value() / bar.maximum() == 0.75
    job.stepped.emit(Step(9, 0, ""))
    assert bar.maximum() == 0
    end(job)
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_a_long_name_is_cut_in_the_middle(qtbot, window, job):
    dialog = late(JobDialog("Protecting Pkg", job, window), qtbot)
    width, name = dialog.width(), "UsrInvoices/" + "Schemas/" * 100 + "<b>.json"
    job.stepped.emit(Step(1, 2, name))
    label = next(label for label in dialog.findChildren(QLabel) if label.text() == name)
    assert "&lt;b&gt;.json" in label.toolTip()
    assert dialog.width() == width
    end(job)


@pytest.mark.parametrize("how", ["click", "esc", "close", "enter"])
def test_cancelling_waits_for_the_work(qtbot, window, job, how):
    dialog = late(JobDialog("Protecting Pkg", job, window), qtbot)
    button = dialog.findChild(QPushButton, "cancelButton")
    match how:
        case "click":
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        case "esc":
            qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        case "enter":
            qtbot.keyClick(dialog, Qt.Key.Key_Return)
        case _:
            dialog.close()
    assert job.progress.cancelled
    assert (button.text(), button.isEnabled()) == ("Cancelling…", False)
    assert dialog.isVisible()
    end(job)
    qtbot.waitUntil(lambda: not isValid(dialog))
