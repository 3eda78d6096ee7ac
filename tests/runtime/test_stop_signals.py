"""Signals of the system reach Qt's event loop at once, and go back to whoever had them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from hotfix_desktop.runtime.stop_signals import StopSignals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between processes")


@pytest.fixture
def signals(qapp):
    made = StopSignals()
    yield made
    made.close()
    made.deleteLater()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_is_told_with_its_number(signals, qtbot, name):
    number = getattr(signal, name)
    with qtbot.waitSignal(signals.asked) as asked:
        os.kill(os.getpid(), number)
    assert asked.args == [number]


def test_it_wakes_an_event_loop_that_nothing_else_wakes(signals, qtbot):
    # From another thread, so that the main one already waits in Qt, where Python runs no handler.
    killer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
    with qtbot.waitSignal(signals.asked, timeout=5000):
        killer.start()
    killer.join()


def test_a_signal_of_somebody_else_is_not_told(signals, qtbot):
    heard: list[int] = []
    signals.asked.connect(heard.append)
    earlier = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    try:
        os.kill(os.getpid(), signal.SIGUSR1)
        with qtbot.waitSignal(signals.asked):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGUSR1, earlier)
    assert heard == [signal.SIGTERM]


def test_closing_gives_the_handlers_back(qapp):
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    signals = StopSignals()
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] != before
    signals.close()
    signals.close()
    signals.deleteLater()
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before
    assert signal.set_wakeup_fd(-1) == -1


def test_what_the_caller_wants_ignored_stays_ignored(qapp):
    earlier = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals = StopSignals()
    try:
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signals.close()
        signals.deleteLater()
        signal.signal(signal.SIGHUP, earlier)


ENDS_AT_ONCE = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from hotfix_desktop.runtime.stop_signals import StopSignals
app = QCoreApplication([])
signals = StopSignals()
signals.asked.connect(lambda number: app.exit(number))
QTimer.singleShot(0, lambda: print("ready", flush=True))
sys.exit(app.exec())
"""


def test_a_program_without_any_timer_ends_at_once():
    with subprocess.Popen([sys.executable, "-c", ENDS_AT_ONCE], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline().strip() == "ready"
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=5) == signal.SIGTERM
