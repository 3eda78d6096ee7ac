"""The desk: a real window on a real package folder, for the tests that click and type."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.real_window import Desk


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> Iterator[Desk]:
    """A machine with a package folder that nobody has protected yet."""
    made = Desk(tmp_path, qtbot, qapp)
    yield made
    made.close()
