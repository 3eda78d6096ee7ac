"""Sets a watch on the program's window without loading anything of it before the program does."""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any


class ImportWatch:
    """Lets ``hotfix_desktop.gui`` be imported when the program does it, and watches the window that it builds.

    ``builder`` is the method of ``gui.Program`` that builds it.
    """

    def __init__(self, watch: Callable[[Any], None], builder: str = "main_window") -> None:
        self._watch = watch
        self._builder = builder

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != "hotfix_desktop.gui":
            return None
        spec = PathFinder.find_spec(name, path, target)
        assert spec is not None
        load = spec.loader.exec_module
        spec.loader.exec_module = lambda module: self._set(load(module), module)
        return spec

    def _set(self, _loaded: None, gui: Any) -> None:
        build = getattr(gui.Program, self._builder)

        def watched(program: Any, *of: Any) -> Any:
            window = build(program, *of)
            self._watch(window)
            return window

        setattr(gui.Program, self._builder, watched)
