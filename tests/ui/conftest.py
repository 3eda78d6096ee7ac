"""The desk: a real window on a real package folder, for the tests that click and type."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hotfix_desktop.ui.audit_window import AuditWindow
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.theme import Scheme, Theme
from tests.ui.audit_log import make_log
from tests.ui.audit_windows import ALL, ENTRIES, AuditDesks, count
from tests.ui.real_window import Desk


@pytest.fixture(autouse=True)
def no_theme_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no theme of an earlier test hear the desktop: one that is garbage half collected cannot answer any more."""
    made: list[Theme] = []
    real = Theme.__init__

    def remembered(theme: Theme, app: QApplication, *rest: Any, **named: Any) -> None:
        real(theme, app, *rest, **named)
        made.append(theme)

    monkeypatch.setattr(Theme, "__init__", remembered)
    yield
    for theme in made:
        for sender in (QApplication.instance(), QApplication.styleHints()):
            sender.disconnect(theme)


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> Iterator[Desk]:
    """A machine with a package folder that nobody has protected yet."""
    made = Desk(tmp_path, qtbot, qapp)
    yield made
    made.close()


@pytest.fixture(scope="session")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of a thousand entries, for those who do not write."""
    return make_log(tmp_path_factory.mktemp("audit") / "log.sqlite3", ENTRIES)


@pytest.fixture
def path(thousand: Path, tmp_path: Path) -> Path:
    """A log of a thousand entries of one's own."""
    return Path(shutil.copy(thousand, tmp_path / "log.sqlite3"))


@pytest.fixture
def audit(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[AuditDesks]:
    """Opens audit log windows."""
    theme = Theme(qapp, Scheme.LIGHT)
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    desks = AuditDesks(qtbot, theme, Icons(theme), settings)
    yield desks
    desks.close()
    qapp.setPalette(QPalette())


@pytest.fixture
def window(qtbot: QtBot, audit: AuditDesks, path: Path) -> AuditWindow:
    """A window over a log of a thousand entries."""
    made = audit.show(path)
    qtbot.waitUntil(lambda: count(made) == ALL)
    return made
