"""How the main window comes back as it was left: its geometry, panes and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from hotfix_desktop.ui.window_room import take_size

if TYPE_CHECKING:
    from hotfix_desktop.ui.main_window import MainWindow

SIZE = (1100, 700)
"""At the first start."""


def restore(window: MainWindow) -> None:
    """Give a new window what was remembered of the last one."""
    state = window.state
    take_size(window, SIZE)
    window.dock.first_width = state.width
    window.restoreGeometry(state.bytes("window/geometry"))
    window.restoreState(state.bytes("window/panes"))
    columns = state.bytes("window/columns")
    if columns != QByteArray():
        window.tree.restore_columns(columns)


def keep(window: MainWindow) -> None:
    """Remember how a window is."""
    state, dock = window.state, window.dock
    state.keep("window/geometry", window.saveGeometry())
    state.keep("window/columns", window.tree.save_columns())
    state.keep("window/details", window.actions_["actionDetails"].isChecked())
    if window.workspace is not None:  # on the welcome page the details are hidden for another reason
        state.keep("window/panes", window.saveState())
        if not dock.isFloating() and dock.is_sized:
            state.width = dock.width()
