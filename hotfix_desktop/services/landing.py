"""A file that appears whole or not at all: written without a name, or beside its place, and put there at the end.

Where the system can (Linux) the unfinished file has no name, so that nothing is left of it even after ``kill -9``;
elsewhere it lies beside the target as ``.NAME.….part`` until it is finished.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from hotfix_desktop.core.errors import HotfixError

BLOCK = 1 << 20
STALE_SECONDS = 86_400.0
"""Age of the unfinished file of a program that was killed, from which on it is thrown away."""
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)


class ExportFailed(HotfixError):
    """A file could not be written; there is no half of it, and an older one of its name is as it was."""


@contextmanager
def together(*landings: Landing) -> Iterator[Callable[[], None]]:
    """Give how to land several finished files; when the block fails all of that is taken back.

    Older files of these names are as they were then, and new ones are gone. After a ``kill -9`` in between, an older
    file may be found as ``.NAME.….old`` beside the new one.
    """
    aside: list[tuple[Path, Path]] = []
    new: list[Path] = []

    def land() -> None:
        for landing in landings:
            target = landing.target
            if os.path.lexists(target):
                with landing.told():
                    older = landing.free_name(".old")
                    aside.append((older, target))  # first: an interrupt may come at any point
                    _second_name(target, older)
            else:
                new.append(target)
            landing.land()

    try:
        yield land
    except BaseException:
        for target in new:
            with contextlib.suppress(OSError):
                target.unlink(missing_ok=True)
        for older, target in reversed(aside):
            with contextlib.suppress(OSError):
                os.replace(older, target)
        raise
    for older, _ in aside:
        with contextlib.suppress(OSError):
            older.unlink(missing_ok=True)


def _second_name(file: Path, name: Path) -> None:
    """Let a file have another name, too, or, where files have one only, that in place of its own."""
    try:
        os.link(file, name, follow_symlinks=False)
    except (OSError, NotImplementedError):
        os.replace(file, name)


class Landing:
    """One file under way; a context, at whose end nothing is left of it unless :meth:`land` was called."""

    def __init__(self, target: Path) -> None:
        """Begin a file that is to be at ``target``; raises ``ExportFailed``."""
        self.target = Path(os.path.abspath(target))
        self._part: Path | None = None
        self._sweep()
        with self.told():
            if self.target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self.file: BinaryIO = self._opened()

    def __enter__(self) -> Landing:
        """Give itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Throw away what did not land."""
        with contextlib.suppress(OSError):  # what a full disk could not take is not wanted any more
            self.file.close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Write on; raises ``ExportFailed``."""
        with self.told():
            self.file.write(data)

    def finish(self) -> str:
        """Make all of it durable; gives its SHA-256 as hexadecimal digits. It is not at its place yet."""
        with self.told():
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.seek(0)
            digest = hashlib.sha256()
            while block := self.file.read(BLOCK):
                digest.update(block)
            return digest.hexdigest()

    def land(self) -> None:
        """Put it at its place, over an older file of that name; call :meth:`finish` before."""
        with self.told():
            if self._part is None:
                self._part = self.free_name(".part")  # first: an interrupt may come at any point
                self._name(self._part)
            self.file.close()
            os.replace(self._part, self.target)
            self._part = None
            with self._folder() as folder:
                if folder is not None:
                    os.fsync(folder)

    def _name(self, part: Path) -> None:
        with self._folder() as folder:
            # Only with a folder's descriptor does Python follow the link to the file that has no name.
            os.link(f"/proc/self/fd/{self.file.fileno()}", part.name, dst_dir_fd=folder, follow_symlinks=True)

    @contextmanager
    def _folder(self) -> Iterator[int | None]:
        if os.name != "posix":
            yield None
            return
        folder = os.open(self.target.parent, os.O_RDONLY)
        try:
            yield folder
        finally:
            os.close(folder)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise ``ExportFailed`` for what the disk says."""
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise ExportFailed(
                    f"There is not enough room on the disk for {self.target.name}, so it was not written.",
                    "Free some space, or choose another place.",
                    str(error),
                ) from error
            raise ExportFailed(
                f"{self.target} cannot be written: {error.strerror or error}.", "Choose another place.", str(error)
            ) from error

    def _opened(self) -> BinaryIO:
        flag = getattr(os, "O_TMPFILE", 0)
        if flag and os.path.isdir("/proc/self/fd"):
            try:
                return os.fdopen(os.open(self.target.parent, flag | os.O_RDWR, 0o666), "w+b", BLOCK)
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT):
                    raise
        part = self.free_name(".part")
        made = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        self._part = part
        return os.fdopen(made, "w+b", BLOCK)

    def free_name(self, ending: str) -> Path:
        """Give a hidden name beside the target that nothing has."""
        return self.target.with_name(f".{self.target.name[:100]}.{secrets.token_hex(4)}{ending}")

    def _sweep(self) -> None:
        with contextlib.suppress(OSError):
            for left in self.target.parent.iterdir():
                name = left.name
                ours = name.startswith(f".{self.target.name[:100]}.") and name.endswith(".part")
                if ours and time.time() - left.stat().st_mtime > STALE_SECONDS:
                    left.unlink()
