"""Notes each file that is opened for writing, made, moved or removed outside of one folder, and other programs."""

import os
import sys
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS = {
    "os.mkdir": 1, "os.remove": 1, "os.rmdir": 1, "os.truncate": 1, "os.chmod": 1, "os.chown": 1, "os.utime": 1,
    "os.rename": 2, "os.link": 2, "os.symlink": 2, "shutil.rmtree": 1, "shutil.move": 2, "shutil.copyfile": 2,
}  # fmt: skip
"""How many paths come first in the arguments of these events (*Audit events table* in Python's documentation)."""
_NEVER = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "ctypes.dlopen")


class Watch:
    """An audit hook of Python, which cannot be taken away again: for a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.outside: list[str] = []
        self.is_on = False
        self._folder = os.path.realpath(folder)
        sys.dont_write_bytecode = True
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.is_on:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING and not isinstance(path, int):
                self._check(event, path)
        elif event in _PATHS:
            for path in arguments[: _PATHS[event]]:
                self._check(event, path)
        elif event in _NEVER:
            self.outside.append(f"{event}{arguments!r}")

    def _check(self, event: str, path: object) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            place = os.path.abspath(os.fsdecode(path))  # nobody makes a link without being heard
            if place != self._folder and not place.startswith(self._folder + os.sep):
                self.outside.append(f"{event} {place}")
