"""Anchors: places outside of the database that keep a copy of every checkpoint.

A place may be on a share that hangs, so everything here is asked of it on a thread of its own with a time limit
(:class:`Limited`); a lock waits for it once for half a second at most, and then not again while it hangs.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from hotfix_desktop.core.anchoring import Copy, copies_in
from hotfix_desktop.core.errors import HotfixError, InvalidInput
from hotfix_desktop.sealing.limited import Limited

T = TypeVar("T")

WRITE_SECONDS, READ_SECONDS = 0.5, 3.0
"""How long a place is waited for."""
TAG = "hotfix-desktop"
JOURNAL = "the system journal"
DEV_LOG = Path("/dev/log")
JOURNAL_LINES = 20_000
"""How many of the newest lines of the journal are read."""
AT_ONCE = 4 * 1024 * 1024
"""How many bytes of a file are read at once, some 10,000 notes."""
BEGINNING = 256
"""How many bytes tell how a file begins; the first note is longer."""
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class AnchorTrouble(HotfixError):
    """A place cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of an anchor.

    Attributes:
        copies: the notes from where reading began, the newest last.
        end: where reading goes on the next time.
        damaged: whether nonsense stands between them, perhaps half a note of a power cut.
        torn: whether something is left after the last note: half a note.
        more: whether reading on gives more at once.
    """

    copies: tuple[Copy, ...]
    end: int = 0
    damaged: bool = False
    torn: bool = False
    more: bool = False


class Anchor(Protocol):
    """A place that keeps copies of checkpoints.

    Attributes:
        name: what people call it.
    """

    name: str

    def write(self, note: str, seconds: float | None = None) -> None:
        """Add a note durably, and wait so long for that, else the usual time. Raises ``HotfixError``.

        One that was not waited for is perhaps written all the same.
        """
        ...  # pragma: no cover

    def stamp(self) -> object:
        """Give something that stays the same as long as it is the same file; raises ``HotfixError``."""
        ...  # pragma: no cover

    def read(self, start: int = 0) -> Reading:
        """Give the next notes from ``start`` on, which is 0 or an ``end`` of before. Raises ``HotfixError``."""
        ...  # pragma: no cover


class FileAnchor:
    """A text file that only grows: one note after the other, each after an empty line."""

    def __init__(self, path: Path, private: bool) -> None:
        """Use this file; ``private`` makes it and its folder for its owner alone, else the umask decides."""
        self.name = str(path)
        self._path = path
        self._private = private
        self._limited = Limited(self.name)

    def write(self, note: str, seconds: float | None = None) -> None:
        """Append a note and flush it."""
        self._ask(lambda: self._append(note), WRITE_SECONDS if seconds is None else seconds)

    def stamp(self) -> object:
        """Give which file it is, and how it begins: a new file may have the number of one that was deleted."""

        def look() -> object:
            try:
                with open(self._path, "rb") as file:
                    found = os.fstat(file.fileno())
                    return found.st_dev, found.st_ino, file.read(BEGINNING)
            except FileNotFoundError:
                return None

        return self._ask(look, READ_SECONDS)

    def read(self, start: int = 0) -> Reading:
        """Read the file, or what was appended to it."""
        return self._ask(lambda: self._read(start), READ_SECONDS)

    def _append(self, note: str) -> None:
        if self._private:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, _APPEND, 0o600 if self._private else 0o666)
        try:
            data = f"\n{note}".encode()
            while data:
                data = data[os.write(file, data) :]
            os.fsync(file)
        finally:
            os.close(file)

    def _read(self, start: int) -> Reading:
        try:
            with open(self._path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < start:
                    start = 0  # it was cut off
                file.seek(start)
                data = file.read(AT_ONCE)
        except FileNotFoundError:
            return Reading(())
        copies, end, damaged = copies_in(data)
        more = start + len(data) < size
        if more and not copies:
            end, damaged = len(data), True  # so much nonsense
        return Reading(tuple(copies), start + end, damaged, not more and bool(data[end:].strip()), more)

    def _ask(self, work: Callable[[], T], seconds: float) -> T:
        try:
            return self._limited.run(work, seconds)
        except OSError as error:
            raise AnchorTrouble(
                f"{self._path} cannot be reached: {error.strerror or error}.",
                "Check the rights on its folder, and that its disk or network share is mounted.",
                str(error),
            ) from error


class JournalAnchor:
    """The system journal: a line for each note, which names the workspace. What it holds is read as a whole."""

    def __init__(self, workspace: str, socket: Path = DEV_LOG) -> None:
        """Use the journal of this computer for a workspace that is named so, on one word."""
        self.name = JOURNAL
        self._mark = f"checkpoint {workspace} "
        self._socket = socket
        self._limited = Limited(JOURNAL)

    def write(self, note: str, seconds: float | None = None) -> None:
        """Write a note into the journal."""
        self._demand_there()
        line = self._mark + json.dumps(note)

        def send() -> None:
            import syslog

            syslog.openlog(TAG)
            syslog.syslog(syslog.LOG_NOTICE | syslog.LOG_AUTHPRIV, line)

        self._limited.run(send, WRITE_SECONDS if seconds is None else seconds)

    def stamp(self) -> object:
        """Say only that it is there: reading tells the rest."""
        self._demand_there()
        return True

    def read(self, start: int = 0) -> Reading:
        """Read what journald has kept of this user; raises ``AnchorTrouble`` where another program keeps the journal.

        Anybody can write lines with our tag, but journald itself notes who it was.
        """
        self._demand_there()
        program = shutil.which("journalctl")
        if program is None:
            raise AnchorTrouble("The system journal cannot be read here: there is no journalctl.")
        options = ["-t", TAG, "-o", "cat", "--no-pager", "-q", "-n", str(JOURNAL_LINES)]
        command = [program, *options, f"_UID={os.getuid()}"]
        try:
            answer = subprocess.run(command, capture_output=True, timeout=READ_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AnchorTrouble("The system journal cannot be read.", "", str(error)) from error
        if answer.returncode:
            details = answer.stderr.decode("utf-8", "replace")
            raise AnchorTrouble("The system journal cannot be read.", "Check your rights on it.", details)
        return self.reading_of(answer.stdout.decode("utf-8", "replace"))

    def reading_of(self, lines: str) -> Reading:
        """Take the notes of this workspace out of lines of the journal."""
        found: list[Copy] = []
        damaged = False
        for line in lines.splitlines():
            if not line.startswith(self._mark):
                continue
            try:
                note = json.loads(line[len(self._mark) :])
            except ValueError:
                note = ""
            copies, _, nonsense = copies_in(note.encode("utf-8", "replace") if isinstance(note, str) else b"")
            damaged = damaged or nonsense or not copies
            found += copies
        return Reading(tuple(found), 0, damaged)

    def _demand_there(self) -> None:
        if sys.platform == "win32" or not self._socket.exists():
            raise AnchorTrouble("There is no system journal on this computer.")


def check_folder(path: str, field: str) -> None:
    """Raise ``InvalidInput`` unless a folder is there in which something can be made; answers within 3 seconds."""

    def try_it() -> str:
        try:
            if not stat.S_ISDIR(os.stat(path).st_mode):
                return f"{path} is no folder."
            with tempfile.TemporaryFile(dir=path):
                return ""
        except (FileNotFoundError, NotADirectoryError):
            return f"There is no folder {path}."
        except (OSError, ValueError) as error:
            return f"Nothing can be written in {path}: {getattr(error, 'strerror', None) or error}."

    try:
        sentence = Limited(path).run(try_it, READ_SECONDS)
    except HotfixError as error:
        sentence = error.sentence
    if sentence:
        raise InvalidInput(field, sentence)
