"""What every test stands on: no display, a home of its own, English, and nothing left behind.

Nothing here imports Qt before a test asks for it: the lower floors are tested without it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# Before Qt or the C library look at them, and for the programs that tests start.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)

hypothesis.settings.register_profile("ci", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--onscreen", action="store_true", help="use the real window system, and run the tests marked xvfb"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--onscreen"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        del os.environ["QT_QPA_PLATFORM"]
    blind = not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if sys.platform.startswith("linux") and blind:
        raise pytest.UsageError("--onscreen needs a display: set DISPLAY, or leave the option out.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--onscreen"):
        return
    skip = pytest.mark.skip(reason="needs a real window system: --onscreen")
    for item in items:
        if item.get_closest_marker("xvfb"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program keeps its databases, settings and logs in this test; not made yet."""
    folder = tmp_path_factory.mktemp("home") / "hotfix-desktop"
    monkeypatch.setenv("HOTFIX_DESKTOP_HOME", str(folder))
    # Where the side journal goes when the home cannot be written, and what is started at login.
    monkeypatch.setenv("XDG_STATE_HOME", str(folder.parent / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent / "config"))
    # No test asks for the keyring of whoever runs it.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return folder


@pytest.fixture(scope="session", autouse=True)
def no_guard_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """End the guards that tests left behind: one of an open package would live on for its whole lease."""
    yield
    place, until = f"{tmp_path_factory.getbasetemp()}{os.sep}", time.monotonic() + 5
    while (left := _guards_of(place)) and time.monotonic() < until:
        threading.Event().wait(0.05)  # one that has nothing to guard is just about to end
    for pid in left:
        os.kill(pid, signal.SIGTERM)
    if left:
        sys.stderr.write(f"These outlived their tests, and were ended: {'; '.join(left.values())}\n")


def _guards_of(place: str) -> dict[int, str]:
    """Give the relockers of workspaces below a folder, with their command lines; on Linux only."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir() if sys.platform == "linux" else ():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue  # it has ended meanwhile
            if " relocker " in command and place in command:
                found[int(entry.name)] = command
    return found


class LogWatch(logging.Handler):
    """Keeps the program's own warnings and errors.

    Attributes:
        records: what was logged, the oldest first.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@pytest.fixture(autouse=True)
def log_watch(request: pytest.FixtureRequest) -> Iterator[LogWatch]:
    """Fail the test on a warning of the program that it does not expect.

    A test that expects one asks for ``expected_log`` (or ``caplog``) and looks at it.
    """
    watch = LogWatch()
    logger = logging.getLogger("hotfix_desktop")
    logger.addHandler(watch)
    yield watch
    logger.removeHandler(watch)
    if watch.records and not {"expected_log", "caplog"} & set(request.fixturenames):
        pytest.fail("unexpected in the log:\n" + "\n".join(watch.messages), pytrace=False)


@pytest.fixture
def expected_log(log_watch: LogWatch) -> LogWatch:
    """The program's warnings in this test, which then do not fail it."""
    return log_watch


@pytest.fixture(scope="session")
def qapp(qapp):  # type: ignore[no-untyped-def]
    """The application, in English, and not ended by the last window that a test closes."""
    from PySide6.QtCore import QLocale

    QLocale.setDefault(QLocale("en_US"))
    qapp.setQuitOnLastWindowClosed(False)
    return qapp


@pytest.fixture(autouse=True)
def no_widget_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close and delete the windows of a test, and fail it when one of ours survives (trap T19)."""
    uses_qt = bool({"qapp", "qtbot"} & set(request.fixturenames))
    if uses_qt:
        request.getfixturevalue("qapp")  # first, so that this is torn down while the application lives
    yield
    if uses_qt:
        left = close_all_windows()
        assert not left, f"these outlived their test: {', '.join(left)}"


def close_all_windows() -> list[str]:
    """Close and delete all windows; gives the names of those that did not go, or came in their place."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    def ours() -> list[str]:
        names = (f"{type(w).__module__}.{type(w).__name__}" for w in QApplication.topLevelWidgets())
        return [name for name in names if not name.startswith("PySide6.")]

    for widget in QApplication.topLevelWidgets():
        if isValid(widget):
            widget.close()
        if isValid(widget):
            widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return ours()
