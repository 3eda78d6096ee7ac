"""Where the private keys are kept: the keyring of this computer, or a file that only its owner may read.

A key is kept under a slot: the log's id in hexadecimal digits, a dot, and ``current`` or ``next``. What is destroyed
or replaced in a file is overwritten before; a disk that writes elsewhere each time (an SSD, a copy-on-write file
system) may keep the old bytes for a while all the same.
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
import secrets
import socket
import stat
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.sealing.limited import Limited, NotAnswering

log = logging.getLogger(__name__)

T = TypeVar("T")

SERVICE = "hotfix-desktop"
KEYRING_SECONDS = 2.0
"""How long a keyring is waited for; one that is locked asks its user, who may be away."""
FOLDER_MODE, SHARED_FOLDER_MODE = 0o700, 0o2770
FILE_MODE, SHARED_FILE_MODE = 0o600, 0o660
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_OVER = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class KeyTrouble(HotfixError):
    """A private key cannot be read, kept or destroyed."""


class KeyPlace(Protocol):
    """Somewhere to keep secrets.

    Attributes:
        name: what people call it.
        where: names it among all places of all people and computers; the log keeps it with each key.
    """

    name: str
    where: str

    def load(self, slot: str) -> bytes | None:
        """Give the secret of a slot; None for an empty one. Raises ``KeyTrouble``."""
        ...  # pragma: no cover

    def keep(self, slot: str, secret: bytes) -> None:
        """Keep a secret durably in place of the one before. Raises ``KeyTrouble``."""
        ...  # pragma: no cover

    def destroy(self, slot: str) -> None:
        """Leave nothing of the secret; an empty slot is left alone. Raises ``KeyTrouble``."""
        ...  # pragma: no cover


def slot_of(log_id: bytes, which: str) -> str:
    """Give the slot of a log's ``current`` or ``next`` key."""
    return f"{log_id.hex()}.{which}"


class FilePlace:
    """A file for each secret, which only its owner may read; in a shared home also the home's group."""

    def __init__(self, folder: Path, shared: bool = False) -> None:
        """Keep them in this folder, which is made when first needed."""
        self.name = "a file that the group of this home may read" if shared else "a file that only its owner may read"
        # A shared home is one place for everybody, on whichever computer they sit.
        self.where = "file of the home" if shared else f"file {_here()} {folder}"
        self._folder = folder
        self._shared = shared

    def load(self, slot: str) -> bytes | None:
        """Read a secret."""
        try:
            self._close_up(self._path(slot))
            return self._path(slot).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._cannot("read", error) from error

    def keep(self, slot: str, secret: bytes) -> None:
        """Put the secret into a new file, flush it, overwrite the old one, and put the new one in its place."""
        path = self._path(slot)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
        try:
            self._make_folder()
            self._sweep(path)
            try:
                _write(os.open(fresh, _CREATE, FILE_MODE), secret)
                if self._shared:
                    os.chmod(fresh, SHARED_FILE_MODE)
                _overwrite(path)
                os.replace(fresh, path)
            except BaseException:
                _overwrite(fresh)
                fresh.unlink(missing_ok=True)
                raise
            _flush_folder(self._folder)
        except OSError as error:
            raise self._cannot("kept", error) from error

    def destroy(self, slot: str) -> None:
        """Overwrite the secret and delete its file."""
        path = self._path(slot)
        try:
            self._sweep(path)
            if _overwrite(path):
                path.unlink(missing_ok=True)
                _flush_folder(self._folder)
        except OSError as error:
            raise self._cannot("destroyed", error) from error

    def _path(self, slot: str) -> Path:
        return self._folder / f"{slot}.key"

    def _sweep(self, path: Path) -> None:
        """Destroy what a program that died has left of a secret that it was about to put in place."""
        for left in path.parent.glob(f"{path.name}.*.new"):
            _overwrite(left)
            left.unlink(missing_ok=True)

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        wanted = SHARED_FOLDER_MODE if self._shared else FOLDER_MODE
        if stat.S_IMODE(self._folder.stat().st_mode) != wanted:
            os.chmod(self._folder, wanted)  # only its owner may, and in a shared home that is one of many

    def _close_up(self, path: Path) -> None:
        """Take a secret away from whom it is not for: one that was restored or copied has perhaps another mode."""
        if sys.platform == "win32":
            return
        allowed, of_folder = (SHARED_FILE_MODE, SHARED_FOLDER_MODE) if self._shared else (FILE_MODE, FOLDER_MODE)
        for place, modes in ((path, allowed), (self._folder, of_folder)):
            found = os.stat(place)
            mode = stat.S_IMODE(found.st_mode)
            if mode & ~modes and found.st_uid == os.getuid():
                try:
                    os.chmod(place, mode & modes)
                except OSError as error:
                    log.warning("others may read %s (mode %o): %s", place, mode, error)
                else:
                    log.warning("others could read %s (mode %o); that is over now", place, mode)

    def _cannot(self, verb: str, error: OSError) -> KeyTrouble:
        return KeyTrouble(
            f"The signing key of the audit log cannot be {verb}: {error.strerror or error}.",
            f"Check the rights on {self._folder}.",
            str(error),
        )


class KeyringPlace:
    """The keyring of this computer, through the library ``keyring``."""

    name = "the keyring of this computer"

    def __init__(self, backend: Any) -> None:
        """Use one of its back ends; :func:`working_keyring` finds one."""
        self.where = f"keyring {_here()}"
        self._backend = backend
        self._limited = Limited(self.name)

    def load(self, slot: str) -> bytes | None:
        """Ask for a secret."""
        text = self._ask("read", lambda: self._backend.get_password(SERVICE, slot))
        try:
            return None if text is None else base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None  # somebody else's; no key matches it

    def keep(self, slot: str, secret: bytes) -> None:
        """Hand a secret over."""
        text = base64.b64encode(secret).decode("ascii")
        self._ask("kept", lambda: self._backend.set_password(SERVICE, slot, text))

    def destroy(self, slot: str) -> None:
        """Have a secret deleted."""

        def delete() -> None:
            if self._backend.get_password(SERVICE, slot) is not None:
                self._backend.delete_password(SERVICE, slot)

        self._ask("destroyed", delete)

    def _ask(self, verb: str, work: Callable[[], T]) -> T:
        try:
            return self._limited.run(work, KEYRING_SECONDS)
        except NotAnswering as error:
            raise KeyTrouble(error.sentence, "Unlock the keyring.") from error
        except Exception as error:  # each back end has errors of its own
            raise KeyTrouble(
                f"The keyring of this computer refused: the signing key of the audit log cannot be {verb}.",
                "Unlock the keyring.",
                f"{type(error).__name__}: {error}",
            ) from error


def keyring_place(backend: Any) -> KeyringPlace | None:
    """Give the keyring of a back end when it is a real one and keeps, gives back and deletes a secret; else None."""
    if not float(getattr(backend, "priority", 0)) > 0 or type(backend).__module__ in (
        "keyring.backends.fail",
        "keyring.backends.null",
    ):
        return None
    place = KeyringPlace(backend)
    probe = secrets.token_bytes(8)
    slot = f"probe {secrets.token_hex(8)}"  # another program may be probing, too
    try:
        place.keep(slot, probe)
        answer = place.load(slot)
        place.destroy(slot)
    except KeyTrouble:
        return None
    return place if answer == probe else None


@cache
def working_keyring() -> KeyringPlace | None:
    """Look once in the life of a process for a keyring that answers."""
    try:
        import keyring

        backend = Limited("the keyring of this computer").run(keyring.get_keyring, KEYRING_SECONDS)
        return keyring_place(backend)
    except Exception:  # whatever ails a back end: then there is none
        return None


def choose_places(folder: Path, shared: bool = False, may_use_keyring: bool = True) -> tuple[KeyPlace, ...]:
    """Give the places of this person on this computer, the one for a first key in front.

    A shared home has one key for all of its people, which no keyring of one of them can hold.
    """
    file = FilePlace(folder, shared)
    keyring = working_keyring() if may_use_keyring and not shared else None
    return (file,) if keyring is None else (keyring, file)


def _here() -> str:
    user = str(os.getuid()) if sys.platform != "win32" else os.environ.get("USERNAME", "")
    return f"{user}@{socket.gethostname()}"


def _write(file: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)
    finally:
        os.close(file)


def _overwrite(path: Path) -> bool:
    """Write zeros over what stands in a file; False when it is not there."""
    try:
        size = path.stat().st_size
        file = os.open(path, _OVER)
    except FileNotFoundError:
        return False
    _write(file, bytes(size))
    return True


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # a folder cannot be opened there
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
