"""The desk, on a real window system."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.real_window import Desk


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> Iterator[Desk]:
    """A machine with a protected package folder."""
    made = Desk(tmp_path, qtbot, qapp).protect()
    yield made
    made.close()
