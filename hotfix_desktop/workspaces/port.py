"""The port: what the use cases ask of the place where packages live.

It is drawn for a package folder and for a Creatio server alike (``creatio.md`` 2 and 3): every call may be
slow, may fail and, on a server, may lie, so closing and opening are repeatable, and :meth:`look` asks the
package itself instead of remembering what was asked of it. What has to be known to undo a closing (file
modes here, the maintainer before a hotfix there) is one opaque *record* that the caller stores durably
before the first change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.core.packages import Element, Listing, Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.writers import Writer


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
    def record(self, key: str, earlier: bytes | None, progress: Progress = NOBODY) -> bytes:
        """Give what must be stored before the package is closed.

        ``earlier`` is the record of a closing that was begun and perhaps not finished: what it had closed
        already keeps the mode that it recorded. None when the package is fully open.
        """

    def demand_same(self, key: str, record: bytes) -> None:
        """Raise ``WorkspaceError`` when ``key`` names another thing now than what was recorded."""
        return

    @abstractmethod
    def close(self, key: str, record: bytes, progress: Progress = NOBODY) -> None:
        """Make a package read-only. Closing a closed package is no error."""

    @abstractmethod
    def open(self, key: str, record: bytes, progress: Progress = NOBODY) -> None:
        """Give a package back exactly as ``record`` found it. Opening an open package is no error."""

    @abstractmethod
    def survey(self, key: str, earlier: Manifest | None = None, progress: Progress = NOBODY) -> Manifest:
        """Say what a package contains now: every file, folder and link, with the SHA-256 of each file's contents.

        With ``earlier``, a file whose size and stamp are as they were is not read again; without it everything
        is. A file that cannot be read is ``UNREADABLE`` and no error.
        """

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
