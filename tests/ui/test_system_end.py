"""The end without questions: a signal, or the end of the desktop session."""

from __future__ import annotations

import logging
import os
import signal
import sys

import pytest
from PySide6.QtWidgets import QMainWindow

from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.ui import system_end
from hotfix_desktop.ui.system_end import SECURE_SECONDS, SystemEnd


class FakeSession:
    def __init__(self, calls: list[str]) -> None:
        self.calls, self.answer = calls, True
        self.trouble: StoreError | None = None

    def secure(self, seconds: float) -> bool:
        assert seconds == SECURE_SECONDS
        self.calls.append("secure")
        if self.trouble is not None:
            raise self.trouble
        return self.answer


class FakeWorkspace:
    def __init__(self, calls: list[str]) -> None:
        self.location = "/srv/Pkg"
        self.session = FakeSession(calls)


class FakeWindow(QMainWindow):
    """A main window that notes what is done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.workspace: FakeWorkspace | None = FakeWorkspace(self.calls)

    def keep_state(self) -> None:
        self.calls.append("keep")

    def abandon(self) -> None:
        self.calls.append("abandon")


@pytest.fixture
def window(qtbot, monkeypatch):
    monkeypatch.setattr(system_end, "MainWindow", FakeWindow)
    made = FakeWindow()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def codes(qapp, monkeypatch):
    made: list[int] = []
    monkeypatch.setattr(type(qapp), "exit", staticmethod(made.append))
    return made


@pytest.fixture
def end(qapp, window, codes):
    made = SystemEnd(qapp, window)
    yield made
    made.close()
    made.deleteLater()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between processes")
def test_a_signal_secures_what_is_open_and_ends(end, window, codes, qtbot):
    os.kill(os.getpid(), signal.SIGTERM)
    qtbot.waitUntil(lambda: codes == [0])
    assert window.calls == ["keep", "secure", "abandon"]


def test_a_log_out_does_the_same_and_once(end, window, codes):
    end.on_log_out(None)
    end.on_log_out(None)
    assert window.calls == ["keep", "secure", "abandon"]
    assert codes == [0]


def test_without_a_workspace_and_with_a_demo_there_is_nothing_to_secure(end, window, codes):
    window.workspace.location = ""
    end.on_log_out(None)
    assert window.calls == ["keep", "abandon"]
    assert codes == [0]


def test_what_cannot_be_secured_is_logged_and_holds_nothing_up(end, window, codes, caplog):
    window.workspace.session.answer = False
    with caplog.at_level(logging.WARNING):
        end.on_log_out(None)
    assert "packages are open, and no relocker could be reached" in caplog.text
    assert window.calls[-1] == "abandon"
    assert codes == [0]


def test_a_database_that_is_gone_holds_nothing_up_either(end, window, codes, caplog):
    window.workspace.session.trouble = StoreError("The audit database cannot be read.")
    with caplog.at_level(logging.WARNING):
        end.on_log_out(None)
    assert "The audit database cannot be read." in caplog.text
    assert window.calls[-1] == "abandon"
    assert codes == [0]


def test_the_audit_log_alone_just_ends(qapp, qtbot, codes):
    window = QMainWindow()
    qtbot.addWidget(window)
    end = SystemEnd(qapp, window)
    end.on_log_out(None)
    end.close()
    end.deleteLater()
    assert codes == [0]
