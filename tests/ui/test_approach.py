"""On the way to a workspace that another window has: that one comes up, and this one stays as it is."""

from __future__ import annotations

import os

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.runtime.instance import TOKEN_VARIABLE, AlreadyOpen, NoAnswer
from hotfix_desktop.ui.approach import Approach, bring_up
from hotfix_desktop.ui.error_dialog import ErrorDialog


class FakeLine:
    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)


class FakeWindow(QWidget):
    """A window that opens folders as the real one does, and notes which."""

    def __init__(self) -> None:
        super().__init__()
        self.line = FakeLine()
        self.opened: list[str] = []
        self.approach: Approach

    def open_location(self, location: str) -> None:
        self.approach.go(location, lambda: self.opened.append(location))


class Other:
    """What is found on the way."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[str] = []

    def look(self, location: str) -> None:
        self.asked.append(location)
        if self.error is not None:
            raise self.error


@pytest.fixture
def other():
    return Other()


@pytest.fixture
def window(qtbot, other):
    made = FakeWindow()
    qtbot.addWidget(made)
    made.approach = Approach(other.look, made)
    yield made
    made.approach.close()


def test_a_workspace_that_nobody_has_is_opened(window, other, qtbot):
    window.open_location("/srv/Pkg")
    qtbot.waitUntil(lambda: window.opened == ["/srv/Pkg"])
    assert other.asked == ["/srv/Pkg"]


def test_one_that_another_window_has_leaves_this_one_as_it_is_with_a_sentence(window, other, qtbot):
    other.error = AlreadyOpen("production is open in another window, which has come to the front.")
    window.open_location("/srv/Pkg")
    qtbot.waitUntil(lambda: window.line.told == [other.error.sentence])
    assert window.opened == []


def test_one_that_does_not_answer_is_refused_with_a_dialog(window, other, qtbot):
    other.error = NoAnswer("It does not answer.", "Wait.")
    window.open_location("/srv/Pkg")
    qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None)
    window.findChild(ErrorDialog).close()
    assert window.opened == []


def test_what_else_is_wrong_is_told_where_it_is_opened(window, other, qtbot):
    other.error = WorkspaceError("There is no folder.")
    window.open_location("/srv/Pkg")
    qtbot.waitUntil(lambda: window.opened == ["/srv/Pkg"])


def test_a_program_that_was_started_for_it_ends(window, other, qtbot, monkeypatch):
    codes: list[int] = []
    monkeypatch.setattr(QCoreApplication, "exit", staticmethod(codes.append))
    other.error = AlreadyOpen("It is open elsewhere.")
    window.approach.start("/srv/Pkg")
    qtbot.waitUntil(lambda: codes == [0])
    window.open_location("/srv/Pkg")  # from now on it stays
    qtbot.waitUntil(lambda: window.line.told != [])
    assert codes == [0]


def test_a_minimised_window_comes_up_with_the_token_of_who_asks(qtbot, monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, "old")
    window = QWidget()
    qtbot.addWidget(window)
    window.showMaximized()
    window.setWindowState(window.windowState() | window.windowState().WindowMinimized)
    bring_up(window, "new")
    assert not window.isMinimized()
    assert window.isMaximized()
    assert window.isVisible()

    assert os.environ[TOKEN_VARIABLE] == "new"
