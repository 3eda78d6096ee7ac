"""The package folder as a workspace: ``Pkg`` of a site, ``packages`` of clio, any folder of packages, or one.

It puts the parts of this floor together and adds what concerns a key: where that package really lies, and
what to say when it is gone.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import Kind, Manifest
from hotfix_desktop.core.packages import Element, Listing, Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.workspaces import immutable, modes, placing, putting, reading, survey
from hotfix_desktop.workspaces.archive_names import name_problem
from hotfix_desktop.workspaces.crossing import Crossing
from hotfix_desktop.workspaces.crossing import encode as encode_windows
from hotfix_desktop.workspaces.discovery import (
    WHOLE,
    content_prefix,
    find_location,
    has_descriptor,
    holds_packages,
    scan_packages,
    title_of,
)
from hotfix_desktop.workspaces.elements import list_elements
from hotfix_desktop.workspaces.place import Place
from hotfix_desktop.workspaces.port import PackageWorkspace, Reader, Swap
from hotfix_desktop.workspaces.records import decode
from hotfix_desktop.workspaces.refusals import shown
from hotfix_desktop.workspaces.tree import walk
from hotfix_desktop.workspaces.writers import Inode, MappedFiles, find_writers

_ESCAPED_BYTE = re.compile(r"\\udc([89a-f][0-9a-f])")
"""How ``printable`` writes a byte of a file name that is not UTF-8."""


class FolderWorkspace(PackageWorkspace):
    """The packages in a folder on disk. A key is a package's path below it, '.' for a single package."""

    def __init__(self, path: str, known: bool = False, watched: bool = True) -> None:
        """Find the packages that ``path`` means.

        With ``known``, ``path`` is the ``location`` of a workspace that was found before: it is taken as it
        is, so that a workspace on a disk that is not mounted just now can be asked all the same. One that is not
        ``watched`` looks for no writers: nobody else knows a sample while its history is being made.

        Raises:
            WorkspaceError: there are no packages at ``path``, or it cannot be read.
        """
        self._location = os.path.abspath(path) if known else find_location(path)
        self._watched = watched
        self._linked: dict[str, dict[Inode, str]] = {}
        self._mapped = MappedFiles()
        self._crossings: dict[str, Crossing] = {}

    @property
    def location(self) -> str:
        """The folder's path: absolute, without links."""
        return self._location

    @property
    def title(self) -> str:
        """The last part of the path that says something."""
        return title_of(self._location)

    def list_packages(self, progress: Progress = NOBODY) -> Listing:
        """Read the descriptors of all package folders."""
        self._require_location()
        packages = tuple(scan_packages(self._location, progress))
        remarks = []
        if not packages:
            remarks.append(f"The folder {shown(self._location)} holds no packages any more.")
        if _mounted_read_only(self._location):
            remarks.append(f"The file system of {shown(self._location)} is mounted read-only.")
        return Listing(packages, tuple(remarks))

    def elements(self, key: str, progress: Progress = NOBODY) -> list[Element]:
        """List the elements; their paths begin at the package folder, ``branches`` included."""
        root = self._root(key)
        return list_elements(root, content_prefix(root), progress)

    def contents(self, key: str, progress: Progress = NOBODY) -> Iterator[tuple[bytes, bytes]]:
        """Yield all regular files, folder by folder in the order of their names; links are not followed."""
        done = 0
        for folder, leaving in walk(self._root(key)):
            if leaving:
                continue
            folder.scan()
            folder.folders.sort(reverse=True)
            for name in sorted(folder.files):
                data = folder.read(name)
                if data is None:
                    continue
                progress.step(done, 0, shown(folder.below(name)))
                done += 1
                yield os.fsencode(folder.below(name)), data

    def record(self, key: str, earlier: bytes | None, progress: Progress = NOBODY, opened: bytes = b"") -> bytes:
        """Note the modes of all folders and files, and where the package really lies."""
        root = self._root(key)
        linked: dict[Inode, str] = {}
        crossing = Crossing(opened)
        taken = modes.record(
            root, None if earlier is None else Place.modes_of(earlier), progress, linked, crossing if opened else None
        )
        self._linked[key] = linked
        if opened:
            self._crossings[key] = crossing
        return Place.of(root).before(taken)

    def demand_same(self, key: str, record: bytes) -> None:
        """Refuse a package folder that was replaced by a link to elsewhere since it was recorded.

        Otherwise whoever may rename a folder would have foreign files opened or closed with our rights. A folder
        that was moved stays itself (device and inode), one that was replaced by an update stays at its place.
        """
        root = self._root(key)
        was, now = Place.read(record), Place.of(root)
        if was.path != now.path and was.identity != now.identity:
            raise WorkspaceError(
                f"The folder of {self.title if key == WHOLE else key} is another one than before: it now leads to"
                f" {shown(root)}, and was {shown(os.fsdecode(was.path))}.",
                "Put the package back where it was.",
            )

    def close(self, key: str, record: bytes, progress: Progress = NOBODY) -> None:
        """Take the write bits away, from everything that lets us, and look whether that worked."""
        root = self._root(key)
        crossing = self._crossings.pop(key, None)
        self.demand_same(key, record)
        windows = modes.close(root, Place.modes_of(record), progress)
        if modes.look(root) is Openness.OPEN:
            raise WorkspaceError(
                f"{shown(root)} is still writable: its file system does not keep file modes, or another"
                " program opened it again.",
                "Move the packages to a file system with permissions, such as ext4, XFS or NTFS.",
            )
        if crossing is not None and not crossing.closed:  # what was recorded before another closing is of no use
            crossing.closed = windows
            self._crossings[key] = crossing

    def open(self, key: str, record: bytes, progress: Progress = NOBODY) -> bytes:
        """Restore the recorded modes; gives the windows of that."""
        self._crossings.pop(key, None)
        self.demand_same(key, record)
        return encode_windows(modes.open(self._root(key), Place.modes_of(record), progress))

    def survey(self, key: str, earlier: Manifest | None = None, progress: Progress = NOBODY) -> Manifest:
        """Look at everything below the package folder, which is ``b""`` itself; see ``survey.take``."""
        linked: dict[Inode, str] = {}
        found = survey.take(self._root(key), earlier, progress, linked, self._mapped)
        self._linked[key] = linked
        return found

    def survey_closed(self, key: str, before: Manifest, progress: Progress = NOBODY) -> Manifest:
        """Do as ``survey`` does; what nobody touched while it was open is not read again (see ``crossing``)."""
        crossing = self._crossings.pop(key, None)
        if crossing is None:
            return self.survey(key, None, progress)
        linked: dict[Inode, str] = {}
        found = survey.take(self._root(key), before, progress, linked, self._mapped, crossing)
        self._linked[key] = linked
        return found

    def read(
        self, key: str, paths: Sequence[bytes], progress: Progress = NOBODY
    ) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        """Read files through their open folders, no link is followed; see ``reading.read``."""
        return reading.read(self._root(key), paths, progress)

    def put(self, key: str, path: bytes, contents: Iterable[bytes], kind: Kind = Kind.FILE, mode: int = 0o644) -> None:
        """Make it beside the package folder and move it to its place; see ``putting.put``."""
        root = self._root(key)
        putting.put(root, path, contents, kind, mode, _temporary(key), None if key == WHOLE else os.path.dirname(root))

    def remove(self, key: str, path: bytes) -> None:
        """Remove what lies there itself, never what a link leads to."""
        putting.remove(self._root(key), path)

    def clear_after_put(self, key: str, places: Collection[bytes], emptied: Collection[bytes]) -> None:
        """Look for it beside the package folder, too; see ``putting.clear``."""
        root = self._root(key)
        putting.clear(root, _temporary(key), None if key == WHOLE else os.path.dirname(root), places, emptied)

    def writers(self, key: str) -> tuple[Writer, ...]:
        """Ask ``/proc``; whoever holds a file by a name elsewhere is known from the last record or survey on."""
        root = self._root(key)
        return find_writers(root, self._linked.get(key)) if self._watched else ()

    def freeze(self, key: str, progress: Progress = NOBODY) -> bool:
        """Set the immutable flag on all files and folders; False, and nothing is set, where that cannot be done."""
        return immutable.freeze(self._root(key), progress)

    def thaw(self, key: str, progress: Progress = NOBODY) -> None:
        """Clear the immutable flags; a package that has none stays as it is, to the change times."""
        immutable.thaw(self._root(key), progress)

    def look(self, key: str) -> Openness:
        """Look at the package folder and what lies directly in it."""
        return modes.look(os.path.realpath(self._path(key)))

    def content_prefix(self, key: str) -> bytes:
        """Give ``branches/<version>/`` where the package has that."""
        return os.fsencode(content_prefix(self._root(key)))

    def new_key(self, name: str) -> str:
        """Give the name of the folder of a new package, which is the package's own."""
        self._require_location()
        if has_descriptor(self._location):
            raise WorkspaceError(f"This workspace is one package, and {name} cannot be put beside it.")
        if name_problem(name) or name.startswith(".") or "/" in name:
            raise WorkspaceError(f"No folder can be called {shown(name)!r}, so that package cannot be installed.")
        if os.path.lexists(os.path.join(self._location, name)):
            raise WorkspaceError(
                f"There is a folder {shown(name)} already, and it is not that package.", "Move it away first."
            )
        return name

    def prepare_swap(self, key: str, label: str, record: bytes | None, *, is_new: bool) -> Swap:
        """Look whether a new folder can be made beside the package; see ``placing``."""
        if record is not None:
            self.demand_same(key, record)
        place = os.path.join(self._location, key) if is_new else self._root(key)
        placing.demand_room_beside(place)
        return Swap(key, place, label, is_new)

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
        """Make the new folder beside the package, and close it if that is asked for."""
        where = placing.places(swap.place, swap.label, swap.is_new)
        known = b"" if swap.is_new else modes.record(swap.place, None) if record is None else Place.modes_of(record)
        made = placing.Modes(decode(known) if known else {}, placing.mode_beside(swap.place))
        placing.stage(where, tree, read, made, progress)
        taken = modes.record(where.new, None, progress)
        identity = placing.identity_of(where.new)
        if not closed:
            return replace(swap, identity=identity)
        modes.close(where.new, taken, progress)
        return replace(swap, identity=identity, record=Place(os.fsencode(swap.place), identity).before(taken))

    def survey_staged(self, swap: Swap, progress: Progress = NOBODY) -> Manifest:
        """Look at everything in the new folder."""
        return survey.take(placing.places(swap.place, swap.label, swap.is_new).new, None, progress)

    def write_through(self) -> None:
        """Have the whole system write what it holds back."""
        placing.write_through()

    def swap(self, swap: Swap) -> None:
        """Rename twice; see ``placing.swap``."""
        placing.swap(placing.places(swap.place, swap.label, swap.is_new), swap.identity)

    def swap_back(self, swap: Swap) -> None:
        """Rename back; see ``placing.swap_back``."""
        placing.swap_back(placing.places(swap.place, swap.label, swap.is_new), swap.identity)

    def survey_replaced(self, swap: Swap, earlier: Manifest, progress: Progress = NOBODY) -> Manifest | None:
        """Look at the folder that was moved away."""
        old = placing.places(swap.place, swap.label, swap.is_new).old
        return survey.take(old, earlier, progress, mapped=self._mapped) if old and os.path.isdir(old) else None

    def read_replaced(self, swap: Swap, paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        """Read files of the folder that was moved away."""
        return reading.read(placing.places(swap.place, swap.label, swap.is_new).old, paths)

    def tidy(self, swap: Swap) -> None:
        """Remove what lies beside the package because of this swap."""
        where = placing.places(swap.place, swap.label, swap.is_new)
        placing.remove(where.new)
        placing.remove(where.old)

    def _root(self, key: str) -> str:
        """Give the folder in which a package really lies."""
        path = self._path(key)
        root = os.path.realpath(path)
        if not os.path.isdir(root):
            self._require_location()
            name = self.title if key == WHOLE else key
            raise WorkspaceError(
                f"The folder of {name} is not there: {shown(path)}.",
                "Restore it, or lock the package to end its hotfix.",
            )
        return root

    def _path(self, key: str) -> str:
        """Give the path that a key names, which must not lead out of the workspace.

        A package folder may itself be a link to elsewhere; that is the owner's choice and not the key's.
        """
        if key == WHOLE:
            if os.path.isdir(self._location) and holds_packages(self._location):
                raise WorkspaceError(f"{shown(self._location)} is a folder of packages and not a package.")
            return self._location
        parts = key.replace(os.sep, "/").split("/")
        if "\0" in key or os.path.isabs(key) or os.path.splitdrive(key)[0] or {"", ".", ".."} & set(parts):
            raise WorkspaceError(f"{shown(key)!r} names no package in {shown(self._location)}.")
        path = os.path.join(self._location, *parts)
        if not os.path.lexists(path):
            raw = _ESCAPED_BYTE.sub(lambda found: chr(int(f"dc{found[1]}", 16)), path)
            return raw if os.path.lexists(raw) else path
        return path

    def _require_location(self) -> None:
        """Tell a workspace that went away as a whole from one that lost a package."""
        if not os.path.isdir(self._location):
            raise WorkspaceError(
                f"The workspace's folder is not there: {shown(self._location)}.",
                "Check that its disk or network share is mounted.",
            )


def _temporary(key: str) -> str:
    """Give what the temporary things of a package begin with, or are called."""
    return putting.TEMPORARY + hashlib.sha256(os.fsencode(key)).hexdigest()[:16]


def _mounted_read_only(path: str) -> bool:
    """Tell whether nothing can be changed at a path at all; nobody knows on Windows."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):
        return False
