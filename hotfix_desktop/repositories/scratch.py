"""A place beside the repository where contents become objects: nothing of it is in the repository until it lands.

It has a work tree, an index and an object folder of its own; the repository's objects are its alternates. Contents
go through ``git update-index`` in that work tree, whose index is the branch's, so that the branch's own attributes
and line-end rules hold, as ``git add`` would apply them there. Filters do not: they are programs that the repository
names, and none of them is run here. Objects are made as late as possible, and all of them at once: a thousand small
files cost more than what is in them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.repositories.attributes import filters_of, plain_places, without_filters
from hotfix_desktop.repositories.facts import Repository
from hotfix_desktop.repositories.git import GitFailed
from hotfix_desktop.repositories.reader import Reader

PREFIX = "hotfix-desktop-git-"
LINE_END_LIMIT = 64 << 20
"""Bytes of a file whose line ends are converted here, to see whether that is all that the repository does."""
Source = Callable[[], Iterator[bytes]]
STALE_SECONDS = 86_400.0
"""Age from which on the scratch folder of a program that was killed is thrown away."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file: its place in the repository, its size in bytes, and how to read its contents in chunks."""

    place: bytes
    size: int
    source: Source


class Scratch:
    """Objects in the making, on top of one commit; a context, at whose end they are gone."""

    def __init__(self, repository: Repository, commit: str, progress: Progress = NOBODY) -> None:
        """Make the folders; raises ``GitFailed`` where that cannot be done."""
        _sweep()
        self.repository = repository
        self.commit = commit
        self._progress = progress
        self._hash = partial(hashlib.sha1 if len(commit) == 40 else hashlib.sha256, usedforsecurity=False)
        self._spooled: dict[str, tuple[int, int]] = {}  # where the contents of an object are in the spool
        self._known: dict[str, Callable[[], bytes]] = {}
        self._raw: dict[bytes, str] = {}
        self._written: set[bytes] = set()
        self._folders: set[bytes] = {b""}
        self._trees = self._indexes = 0
        try:
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
            for name in ("objects", "hooks", "none"):
                (self.folder / name).mkdir()
            self._spool = open(self.folder / "new.import", "w+b")  # noqa: SIM115
        except OSError as error:
            raise GitFailed(
                f"No temporary folder can be made: {error.strerror or error}.", "Free some space.", str(error)
            ) from error
        outside = str(repository.objects)
        if os.pathsep in outside or outside.startswith('"'):
            outside = '"' + outside.replace("\\", "\\\\").replace('"', '\\"') + '"'
        self.git = repository.git.given(
            f"core.hooksPath={self.folder / 'hooks'}",  # post-index-change is none of ours
            "core.bare=false",
            GIT_WORK_TREE=str(self.folder / "none"),
            GIT_INDEX_FILE=str(self.folder / "index"),
            GIT_OBJECT_DIRECTORY=str(self.folder / "objects"),
            GIT_ALTERNATE_OBJECT_DIRECTORIES=outside,
            **without_filters(repository.git),
        )
        self._reader = Reader(self.git)

    def __enter__(self) -> Scratch:
        """Give itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Throw everything away."""
        self._reader.close()
        self._spool.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, oid: str) -> bytes:
        """Give the contents of an object, of the repository or in the making."""
        if oid in self._spooled:
            at, size = self._spooled[oid]
            with _told():
                self._spool.seek(at)
                return self._spool.read(size)
        if oid in self._known:
            return self._known[oid]()
        return self._reader.read(oid, self._progress)

    def put(self, contents: bytes) -> str:
        """Take contents in as they are; gives the object that they will be."""
        oid = self._oid_of(contents)
        if oid not in self._spooled:
            with _told():
                self._spool.seek(0, os.SEEK_END)
                self._spool.write(b"blob\ndata %d\n" % len(contents))
                self._spooled[oid] = self._spool.tell(), len(contents)
                self._spool.write(contents + b"\n")
        return oid

    def make(self, oids: Iterable[str]) -> None:
        """Make objects of what was only looked at until now; one call of git for all of them."""
        for oid in oids:
            self._progress.check()
            if oid in self._known and oid not in self._spooled:
                self.put(self._known[oid]())
        if self._spooled:
            with _told():
                self._spool.flush()
            self.git.given("fastimport.unpackLimit=0").run(
                "take the contents", "fast-import", "--quiet", stdin=self.folder / "new.import", progress=self._progress
            )

    def filters(self, places: Sequence[bytes], rules: Sequence[Given] = ()) -> dict[bytes, str]:
        """Give the name of the filter of each place that goes through one.

        By the attributes of the branch, and by those that it would have with ``rules``, files of attributes.
        """
        found = filters_of(self.git, self._branch_index(), places, self._progress)
        if rules:
            index = self.folder / "index-rules"
            git = self.git.given(GIT_INDEX_FILE=str(index))
            git.run("read the branch", "read-tree", self.commit, progress=self._progress)
            lines = []
            for given in rules:
                command = ("hash-object", "-w", "--stdin", "--no-filters")
                oid = git.run("take the contents", *command, stdin=_joined(given.source)).strip()
                lines.append(b"100644 " + oid + b"\t" + given.place + b"\0")
            named = b"".join(lines)
            git.run("put the tree together", "update-index", "--add", "--replace", "-z", "--index-info", stdin=named)
            found = {**filters_of(git, index, places, self._progress), **found}
        return found

    def filtered(self, files: Sequence[Given]) -> dict[bytes, str]:
        """Give what the repository's own rules make of files at their places: the objects that they will be.

        What comes out as it went in, or with other line ends, is remembered by where it comes from, and becomes an
        object when it is wanted; the rest, what other filters make, is one already.
        """
        plain = plain_places(self.git, self._branch_index(), [given.place for given in files], self._progress)
        found = {given.place: self._as_it_is(given) for given in files if given.place in plain}
        files = [given for given in files if given.place not in plain]
        if not files:
            return found
        tree = self._write(files)
        found.update(self._update_index(tree, [given.place for given in files], "--info-only"))
        others = []
        for given in files:
            oid, source = found[given.place], given.source
            if oid == self._raw[given.place]:
                self._known[oid] = partial(_joined, source)
            elif given.size <= LINE_END_LIMIT and oid == self._oid_of(_with_lf(source)):
                self._known[oid] = partial(_with_lf, source)
            else:
                others.append(given.place)
        if others:
            self._update_index(tree, others)
        return found

    def _as_it_is(self, given: Given) -> str:
        whole = self._hash(b"blob %d\0" % given.size)
        for chunk in given.source():
            whole.update(chunk)
        oid = str(whole.hexdigest())
        self._known[oid] = partial(_joined, given.source)
        return oid

    def _branch_index(self) -> Path:
        """Give an index of the branch, for its attributes."""
        index = self.folder / "index-0"
        if not index.exists():
            git = self.git.given(GIT_INDEX_FILE=str(index))
            git.run("read the branch", "read-tree", self.commit, progress=self._progress)
        return index

    def _write(self, files: Sequence[Given]) -> Path:
        """Write files into the scratch's work tree, over those that were there before: making files is slow."""
        if not self._fits(files):
            self._trees += 1
            self._written, self._folders = set(), {b""}
        tree = self.folder / f"tree-{self._trees}"
        self._raw.clear()
        with _told():
            tree.mkdir(exist_ok=True)
            for given in files:
                self._progress.check()
                for folder in reversed(folders_of(given.place)):
                    if folder not in self._folders:
                        os.mkdir(os.fsencode(tree) + b"/" + folder)
                        self._folders.add(folder)
                whole = self._hash(b"blob %d\0" % given.size)
                path = os.fsencode(tree) + b"/" + given.place
                # Some file systems write a file to the disk at once that was cut to nothing before.
                with open(path, "r+b" if given.place in self._written else "wb") as file:
                    for chunk in given.source():
                        whole.update(chunk)
                        file.write(chunk)
                    file.truncate()
                self._written.add(given.place)
                self._raw[given.place] = whole.hexdigest()
        return tree

    def _fits(self, files: Sequence[Given]) -> bool:
        """Whether files can be written over the earlier ones: none in the place of a folder, no rules left behind."""
        places = {given.place for given in files}
        if any(place in self._folders or not self._written.isdisjoint(folders_of(place)) for place in places):
            return False
        return all(place in places for place in self._written if place.endswith(b".gitattributes"))

    def _update_index(self, tree: Path, places: Sequence[bytes], *options: str) -> dict[bytes, str]:
        self._indexes += 1
        index = self.folder / f"index-{self._indexes}"
        git = self.git.given(GIT_WORK_TREE=str(tree), GIT_INDEX_FILE=str(index))
        git.run("read the branch", "read-tree", self.commit, progress=self._progress)
        named = b"".join(place + b"\0" for place in places)
        command = ("update-index", "--add", "--replace", *options, "-z", "--stdin")
        git.run("take the contents", *command, stdin=named, progress=self._progress)
        wanted = set(places)
        found = {}
        for line in git.run("list the files", "ls-files", "-s", "-z", progress=self._progress).split(b"\0"):
            head, _, path = line.partition(b"\t")
            if path in wanted:
                found[path] = head.split(b" ")[1].decode()
        return found

    def _oid_of(self, contents: bytes) -> str:
        return self._hash(b"blob %d\0" % len(contents) + contents).hexdigest()


def folders_of(path: bytes) -> list[bytes]:
    """Give the folders above a path, the nearest first."""
    found = []
    while b"/" in path:
        path = path.rpartition(b"/")[0]
        found.append(path)
    return found


def _joined(source: Source) -> bytes:
    return b"".join(source())


def _with_lf(source: Source) -> bytes:
    return _joined(source).replace(b"\r\n", b"\n")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Raise ``GitFailed`` for what the temporary disk says."""
    try:
        yield
    except OSError as error:
        raise GitFailed(
            f"A temporary file cannot be written: {error.strerror or error}.", "Free some space.", str(error)
        ) from error


def _sweep() -> None:
    with contextlib.suppress(OSError):
        for left in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > STALE_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
