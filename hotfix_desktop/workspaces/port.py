"""The port: what the use cases ask of the place where packages live.

It is drawn for a package folder and for a Creatio server alike (``creatio.md`` 2 and 3): every call may be
slow, may fail and, on a server, may lie, so closing and opening are repeatable, and :meth:`look` asks the
package itself instead of remembering what was asked of it. What has to be known to undo a closing (file
modes here, the maintainer before a hotfix there) is one opaque *record* that the caller stores durably
before the first change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from hotfix_desktop.core.errors import Refused, WorkspaceError
from hotfix_desktop.core.manifest import Kind, Manifest
from hotfix_desktop.core.packages import Element, FoundPackage, Listing, Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.writers import Writer

Reader = Callable[[Sequence[bytes]], Iterator[tuple[bytes, Iterator[bytes]]]]
"""Yields files by their paths, each with its contents in pieces; use up one before asking for the next."""
Packing = Iterable[tuple[bytes, Iterable[bytes]]]
"""Files by their paths, each with its contents in pieces, to be written in this order."""


@dataclass(frozen=True, slots=True)
class Swap:
    """How the folder of a package is replaced by a new one that was made beside it.

    Attributes:
        place: where the package lies, as this workspace spells it.
        label: tells the swaps of a workspace apart.
        is_new: whether there was no package at that place before.
        identity: tells the new folder from any other one; zeros until it is made.
        record: the closing record of the new folder; empty for one that stays open.
    """

    key: str
    place: str
    label: str
    is_new: bool
    identity: tuple[int, int] = (0, 0)
    record: bytes = b""


def _no_updates() -> WorkspaceError:
    return WorkspaceError("The packages of this workspace cannot be replaced.")


class PackageWorkspace(ABC):
    """The packages of one environment. Calls block and belong on a worker thread.

    Every method raises ``WorkspaceError`` when the world stands in the way, and names the file or address.
    ``key`` is ``FoundPackage.key``.
    """

    @property
    @abstractmethod
    def location(self) -> str:
        """The folder's path, or the server's address."""

    @property
    @abstractmethod
    def title(self) -> str:
        """A short name for people."""

    @abstractmethod
    def list_packages(self, progress: Progress = NOBODY) -> Listing:
        """Give all packages, sound or not; a package that cannot be read carries its problem."""

    @abstractmethod
    def elements(self, key: str, progress: Progress = NOBODY) -> list[Element]:
        """List what a package holds."""

    @abstractmethod
    def contents(self, key: str, progress: Progress = NOBODY) -> Iterator[tuple[bytes, bytes]]:
        """Yield path (relative, forward slashes, as the file system spells it) and bytes of each file."""

    @abstractmethod
    def record(self, key: str, earlier: bytes | None, progress: Progress = NOBODY, opened: bytes = b"") -> bytes:
        """Give what must be stored before the package is closed.

        ``earlier`` is the record of a closing that was begun and perhaps not finished: what it had closed
        already keeps the mode that it recorded; None when the package is fully open. ``opened`` is from :meth:`open`.
        """

    def demand_same(self, key: str, record: bytes) -> None:
        """Raise ``WorkspaceError`` when ``key`` names another thing now than what was recorded."""
        return

    @abstractmethod
    def close(self, key: str, record: bytes, progress: Progress = NOBODY) -> None:
        """Make a package read-only. Closing a closed package is no error."""

    @abstractmethod
    def open(self, key: str, record: bytes, progress: Progress = NOBODY) -> bytes:
        """Give a package, open or closed, back as ``record`` found it; :meth:`record` may want the result some time."""

    @abstractmethod
    def survey(self, key: str, earlier: Manifest | None = None, progress: Progress = NOBODY) -> Manifest:
        """Say what a package contains now: every file, folder and link, with the SHA-256 of each file's contents.

        With ``earlier``, a file whose size and stamp are as they were is not read again; without it all are. A file
        that cannot be read is ``UNREADABLE`` and no error.
        """

    def survey_closed(self, key: str, before: Manifest, progress: Progress = NOBODY) -> Manifest:
        """Do as :meth:`survey` right after closing; what is proved to be as ``before`` the opening may stay unread."""
        return self.survey(key, None, progress)

    @abstractmethod
    def read(
        self, key: str, paths: Sequence[bytes], progress: Progress = NOBODY
    ) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        """Yield these files of a package, in this order, with their bytes in chunks of at most 1 MiB.

        The chunks of one are to be asked for before the next one. Of a link they are its target. What is gone, is
        neither, or may not be read is left out; an error in the midst of a file is a ``WorkspaceError`` from its
        chunks, after which the next file may be asked for.
        """

    @abstractmethod
    def put(self, key: str, path: bytes, contents: Iterable[bytes], kind: Kind = Kind.FILE, mode: int = 0o644) -> None:
        """Write a file, or a link of which ``contents`` are the target, in place of what is there, or not at all.

        A file that is replaced keeps its mode; ``mode`` is for a new one. Missing folders are made, and no link is
        followed. ``contents`` are asked for once, and may raise.
        """

    @abstractmethod
    def remove(self, key: str, path: bytes) -> None:
        """Remove a file, a link or an empty folder; one that is gone already, or is not empty, is no error."""

    def clear_after_put(self, key: str, places: Collection[bytes], emptied: Collection[bytes]) -> None:
        """Remove what a killed :meth:`put` was making in these folders, and folders that are empty of ``emptied``."""
        return

    def writers(self, key: str) -> tuple[Writer, ...]:
        """Name the programs, this one left out, that can still write to a file of the package; none is known of."""
        return ()

    def freeze(self, key: str, progress: Progress = NOBODY) -> bool:
        """Forbid writing even through handles that are open already; False where nobody may do that.

        Call it on a closed package, after storing durably that it may be frozen; half-done is not an error.
        """
        return False

    def thaw(self, key: str, progress: Progress = NOBODY) -> None:
        """Take back what :meth:`freeze` did. Thawing what is not frozen is no error."""
        return

    @abstractmethod
    def look(self, key: str) -> Openness:
        """Say quickly what the package itself is: closed, open or missing."""

    # Updates: a new folder is made beside a package and takes its place

    def content_prefix(self, key: str) -> bytes:
        """Give where the content lies below a package: nothing, or ``branches/<version>/`` (``creatio.md`` 8.6)."""
        return b""

    def new_key(self, name: str) -> str:
        """Give the key that a new package of this name gets; raises ``WorkspaceError`` when it can get none here."""
        raise _no_updates()

    def prepare_swap(self, key: str, label: str, record: bytes | None, *, is_new: bool) -> Swap:
        """Say where the new folder of a package goes, and whether it can; nothing is made yet.

        ``label`` tells the swaps of a workspace apart; ``record`` is the package's closing record, if it has one.
        """
        raise _no_updates()

    def stage(
        self,
        swap: Swap,
        tree: Manifest,
        read: Reader,
        record: bytes | None,
        progress: Progress = NOBODY,
        *,
        closed: bool,
    ) -> Swap:
        """Make the new folder of a package as ``tree`` says, and close it if it is to be ``closed``.

        What was there before keeps the mode of ``record``, without one that which it has now; what is new gets that of
        its neighbours. The result knows what was made, and has the closing record of the new folder. Raises
        ``WorkspaceError`` and ``Cancelled``; :meth:`tidy` removes what was made until then.
        """
        raise _no_updates()

    def survey_staged(self, swap: Swap, progress: Progress = NOBODY) -> Manifest:
        """Say what the new folder contains, reading everything."""
        raise _no_updates()

    def write_through(self) -> None:
        """Have everything that was staged on the disk, so that it survives a power cut."""
        return

    def swap(self, swap: Swap) -> None:
        """Put the new folder in the place of the package. To do that again is no error, whoever died in between."""
        raise _no_updates()

    def swap_back(self, swap: Swap) -> None:
        """Put the package back in its place, however far a swap has come."""
        raise _no_updates()

    def survey_replaced(self, swap: Swap, earlier: Manifest, progress: Progress = NOBODY) -> Manifest | None:
        """Say what the package contains that was replaced; None when it is not there any more, or never was."""
        return None

    def read_replaced(self, swap: Swap, paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        """Yield files of the package that was replaced, as :meth:`read` does."""
        raise _no_updates()

    def tidy(self, swap: Swap) -> None:
        """Remove what is not in the place of the package: the new folder before a swap, the old one after it."""
        raise _no_updates()


# Archives


class BadArchive(Refused):
    """An archive that cannot be used, or a package that none can hold; nothing was changed."""


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file in an archive.

    Attributes:
        path: below the package, UTF-8 with forward slashes; safe to be written below a folder (see ``archive_names``).
        size: bytes of its contents.
        digest: their SHA-256, 32 bytes.
    """

    path: bytes
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class ArchivedPackage:
    """A package in an archive.

    Attributes:
        found: what its descriptor says; ``key`` is its name, which is also safe as the name of a folder.
        files: every file by its path, in the order of the archive.
    """

    found: FoundPackage
    files: Mapping[bytes, ArchivedFile]


class Archive(ABC):
    """An archive that was read and found sound; a context, at whose end its temporary files are gone.

    Attributes:
        path: where it was read.
        sha256: of the whole file, 32 bytes.
        packages: one, or several with different names and UIds.
    """

    path: Path
    sha256: bytes
    packages: tuple[ArchivedPackage, ...]

    @abstractmethod
    def read(self, package: ArchivedPackage, paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        """Yield each of these files with its contents in pieces; use up one before asking for the next.

        Nothing of the archive's own file is read again. Raises ``WorkspaceError``, and ``KeyError`` for other paths.
        """

    @abstractmethod
    def close(self) -> None:
        """Throw the temporary files away; closing twice is no error."""

    def __enter__(self) -> Archive:
        """Give itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()


class Archives(ABC):
    """How archives are read and written. Calls block and belong on a worker thread."""

    @abstractmethod
    def open(self, path: Path, limit_bytes: int, progress: Progress = NOBODY) -> Archive:
        """Read an archive that unpacks to no more than ``limit_bytes``.

        Raises ``BadArchive``, ``WorkspaceError`` (the file or the disk), ``Cancelled``.
        """

    @abstractmethod
    def ordered(self, paths: Iterable[bytes]) -> list[bytes]:
        """Give the paths of a package in the order in which archives mostly have them, ``descriptor.json`` first."""

    @abstractmethod
    def write_package(self, stream: BinaryIO, contents: Packing, progress: Progress = NOBODY) -> None:
        """Write one package as a ``.gz``: its files in this order, each as its path and its contents in pieces.

        The same files in the same order (see :meth:`ordered`) give the same bytes.
        Raises ``BadArchive`` for a path or a size that no archive can hold, ``OSError`` of the stream, ``Cancelled``,
        and what ``contents`` raises.
        """

    @abstractmethod
    def write_bundle(
        self, stream: BinaryIO, packages: Iterable[tuple[str, Packing]], progress: Progress = NOBODY
    ) -> None:
        """Write packages, each as its name and its files, as a ``.zip`` of ``.gz``; see :meth:`write_package`.

        ``stream`` can be sought in.
        """


class NoArchives(Archives):
    """For a program that has nothing to do with archives: every call is refused."""

    def open(self, path: Path, limit_bytes: int, progress: Progress = NOBODY) -> Archive:
        """Refuse."""
        raise _no_archives()

    def ordered(self, paths: Iterable[bytes]) -> list[bytes]:
        """Refuse."""
        raise _no_archives()

    def write_package(self, stream: BinaryIO, contents: Packing, progress: Progress = NOBODY) -> None:
        """Refuse."""
        raise _no_archives()

    def write_bundle(
        self, stream: BinaryIO, packages: Iterable[tuple[str, Packing]], progress: Progress = NOBODY
    ) -> None:
        """Refuse."""
        raise _no_archives()


def _no_archives() -> Refused:
    return Refused("This program reads and writes no archives.")
