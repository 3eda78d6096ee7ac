"""Sets a watch on the program's window without loading anything of it before the program does."""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotfix_desktop.ui.main_window import MainWindow


class ImportWatch:
    """Lets ``hotfix_desktop.gui`` be imported when the program does it, and sets the watch on its main window."""

    def __init__(self, watch: Callable[[MainWindow], None]) -> None:
        self._watch = watch

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != "hotfix_desktop.gui":
            return None
        spec = PathFinder.find_spec(name, path, target)
        assert spec is not None
        load = spec.loader.exec_module
        spec.loader.exec_module = lambda module: self._set(load(module), module)
        return spec

    def _set(self, _loaded: None, gui: Any) -> None:
        build = gui.Program.main_window

        def watched(program: Any) -> MainWindow:
            window = build(program)
            self._watch(window)
            return window

        gui.Program.main_window = watched
