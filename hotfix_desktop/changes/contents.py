"""The content store of a workspace: what its packages contained, each content once, by its SHA-256.

A *tree* names every file of a package with the digest of its contents; it is kept under ``Manifest.digest``.
Whatever is read is compared with its digest: the store never gives out what is not what was recorded.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from hotfix_desktop.changes import cleaning, trees, verifying
from hotfix_desktop.changes.connection import BUSY_SECONDS, NOW, identity, open_contents
from hotfix_desktop.changes.errors import as_store_error, damaged, translated
from hotfix_desktop.changes.packs import ZLIB, Packer
from hotfix_desktop.core.content_care import Cleaned, ContentsReport, ContentsSize
from hotfix_desktop.core.errors import StoreError, WorkspaceError
from hotfix_desktop.core.manifest import UNREADABLE, Kind, Manifest
from hotfix_desktop.core.progress import NOBODY, Progress

FILE_NAME = "contents.sqlite3"
"""What the store of a workspace is called, beside its database."""
Reader = Callable[[Sequence[bytes]], Iterator[tuple[bytes, Iterator[bytes]]]]
"""Reads files: gives the path and the bytes in chunks of each that can be read, in the order asked for, and leaves
out the others. The chunks of one are asked for before the next one; of a link they are its target."""
_AT_ONCE = 500
"""Digests in one question; SQLite takes a limited number of parameters."""
_STEP = 200


class Contents:
    """The content store of one workspace, which opens at its first use. One thread at a time may use it.

    Attributes:
        path: its file; None for one in memory, which is gone when it is closed.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        read_only: bool = False,
        made: Callable[[Path], object] = lambda path: None,
    ) -> None:
        """Keep where the store lies; ``made`` hears of a file that was just made."""
        self.path = path
        self._read_only = read_only
        self._made = made
        self._opened: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._patience = BUSY_SECONDS
        self._pack: tuple[int, bytes] = (0, b"")
        self._version = 0

    def has_tree(self, tree: bytes) -> bool:
        """Whether this tree is recorded; its contents then are, too. Raises ``StoreError``."""
        if self._is_absent():
            return False
        with translated(self.path):
            return self._db.execute("SELECT 1 FROM tree WHERE digest = ?", (tree,)).fetchone() is not None

    def tree(self, tree: bytes) -> Manifest:
        """Give a recorded tree, whose stamps are zeros; ``StoreError`` when it is not there or damaged."""
        self._look()
        with translated(self.path):
            row = self._db.execute("SELECT data FROM tree WHERE digest = ?", (tree,)).fetchone()
        if row is None:
            raise StoreError(
                f"The recorded tree {tree.hex()[:12]} is not in the content store.",
                f"Restore a backup of {self.path}." if self.path else "",
            )
        return trees.decode(tree, row[0])

    def record(
        self, manifest: Manifest, read: Reader, progress: Progress = NOBODY, *, pinned: bool = False
    ) -> Manifest:
        """Record what a package contains, durably and whole or not at all; gives the tree as it was recorded.

        ``read`` reads only the contents that are not kept yet. A file that changes while it is read is recorded as it
        was read; one that cannot be read is ``UNREADABLE``. A ``pinned`` tree is never cleaned. The stamps of the
        result are those of ``manifest``. A tree that is kept already counts as recorded now: no cleaning drops it
        before the caller has named it.

        Raises:
            StoreError: the store takes nothing: the disk is full, it is damaged, or another program holds it.
            WorkspaceError, Cancelled: from ``read`` and ``progress``. Nothing is recorded then.
        """
        tree = manifest.digest()
        with self._writing():
            if self._record_again(tree, pinned):
                return manifest
            packer = Packer(self._db)
            try:
                recorded = self._read_all(manifest, read, packer, progress)
                self._enter(packer)
            finally:
                packer.close()
            tree = tree if recorded is manifest else recorded.digest()
            self._db.execute(
                "INSERT INTO tree (digest, pinned, data) VALUES (?, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET pinned = max(pinned, excluded.pinned)",
                (tree, int(pinned), trees.encode(recorded)),
            )
        return recorded

    def has(self, digests: Collection[bytes]) -> set[bytes]:
        """Give those of these contents that are kept. Raises ``StoreError``."""
        if self._is_absent():
            return set()
        with translated(self.path):
            return self._known(digests)

    def size(self, digest: bytes) -> int | None:
        """Give the bytes of a content; None when it is not kept. Raises ``StoreError``."""
        if self._is_absent():
            return None
        with translated(self.path):
            row = self._db.execute("SELECT size FROM content WHERE digest = ?", (digest,)).fetchone()
        return int(row[0]) if row else None

    def read(self, digest: bytes) -> bytes:
        """Give a content; ``StoreError`` when it is not there or damaged."""
        return b"".join(self.chunks(digest))

    def chunks(self, digest: bytes) -> Iterator[bytes]:
        """Yield a content piece by piece. Raises ``StoreError`` when it is not there, or, at the end, is damaged."""
        self._look()
        with translated(self.path):
            row = self._db.execute("SELECT size, pack, start FROM content WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            raise StoreError(
                f"The contents {digest.hex()[:12]} are not in the content store: they could not be read when they"
                " were to be recorded, or the store was replaced."
            )
        if not all(isinstance(number, int) for number in row):
            raise damaged(f"The file with the contents {digest.hex()[:12]}", "nobody knows where it lies")
        left, pack, start = row
        whole = hashlib.sha256()
        while left > 0:
            data = self._unpacked(pack, digest)[start : start + left]
            if not data:
                break
            whole.update(data)
            yield data
            left, pack, start = left - len(data), pack + 1, 0
        if left or whole.digest() != digest:
            raise damaged(
                f"The file with the contents {digest.hex()[:12]}", f"{left} bytes are missing" if left else ""
            )

    def verify(self, progress: Progress = NOBODY) -> ContentsReport:
        """Read everything and compare it with its digests. Raises ``StoreError`` when it cannot be read at all."""
        if self._is_absent():
            return ContentsReport()
        with translated(self.path):
            return verifying.verify(self._db, progress)

    def measure(self, live: Collection[bytes]) -> ContentsSize:
        """Say how much is kept, and how many trees are not needed by what is ``live``. Raises ``StoreError``."""
        with translated(self.path):
            return ContentsSize() if self._is_absent() else cleaning.measure(self._db, live)

    def clean(
        self,
        live: Collection[bytes] | Callable[[], Collection[bytes]],
        progress: Progress = NOBODY,
        *,
        known_until: float | None = None,
    ) -> Cleaned:
        """Drop every tree that is neither ``live``, pinned nor of the last hour, and what only they needed.

        A callable is asked while nobody else can record: what it does not name yet was recorded within the hour.
        Raises ``StoreError``, also when a tree to be dropped was recorded after ``known_until`` (seconds since 1970),
        the last that the owner of ``live`` knows of; ``Cancelled``. They leave everything as it was.
        """
        if self._is_absent():
            return Cleaned()
        with self._writing():
            done = cleaning.clean(self._db, live() if callable(live) else live, progress, known_until)
        with translated(self.path):
            freed = cleaning.give_back(self._db)
        self._pack = (0, b"")
        return replace(done, freed=freed)

    @contextmanager
    def waiting_at_most(self, seconds: float) -> Iterator[None]:
        """Wait no longer than so many seconds for other programs inside."""
        self._wait(seconds)
        try:
            yield
        finally:
            self._wait(BUSY_SECONDS)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        self._pack = (0, b"")

    def __del__(self) -> None:
        """Close the file behind an owner who forgot to."""
        with suppress(sqlite3.Error):
            self.close()

    @property
    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            # Asked before: what takes its place while it is opened is noticed the next time.
            found = identity(self.path)
            self._opened = open_contents(self.path, read_only=self._read_only, made=self._made)
            self._identity = found or identity(self.path)
            self._wait(self._patience)
        return self._opened

    def _wait(self, seconds: float) -> None:
        self._patience = seconds
        if self._opened is not None:
            with translated(self.path):
                self._opened.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def _look(self) -> None:
        """Let go of a file that was removed or replaced since it was opened: what it takes would be lost with it."""
        if self._opened is not None and not self._opened.in_transaction and identity(self.path) != self._identity:
            self.close()

    def _is_absent(self) -> bool:
        """Whether there is no store that could be read: to ask one is no reason to make it."""
        self._look()
        return self._opened is None and self.path is not None and identity(self.path) is None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Do several things durably and together, or none of them."""
        self._look()
        with translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            with translated(self.path):
                self._db.execute("COMMIT")
        except BaseException as error:
            if self._opened is not None and self._opened.in_transaction:
                try:
                    self._opened.execute("ROLLBACK")
                except sqlite3.Error:
                    self.close()  # the next one to open it rolls back
            if isinstance(error, sqlite3.Error) and not isinstance(
                error, (sqlite3.IntegrityError, sqlite3.ProgrammingError)
            ):
                raise as_store_error(error, self.path) from error
            raise

    def _known(self, digests: Collection[bytes]) -> set[bytes]:
        if self._db.execute("SELECT 1 FROM content LIMIT 1").fetchone() is None:
            return set()
        wanted = list(digests)
        found: set[bytes] = set()
        for at in range(0, len(wanted), _AT_ONCE):
            some = wanted[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._db.execute(f"SELECT digest FROM content WHERE digest IN ({marks})", some)
            found.update(digest for (digest,) in rows)
        return found

    def _enter(self, packer: Packer) -> None:
        packer.finish()
        # In order, so that neighbours in the index are written one after another. One that changed while it was read
        # may be kept already.
        self._db.executemany(
            "INSERT OR IGNORE INTO content (digest, size, pack, start) VALUES (?, ?, ?, ?)",
            sorted(packer.places.values()),
        )

    def _read_all(self, manifest: Manifest, read: Reader, packer: Packer, progress: Progress) -> Manifest:
        """Read what is not kept yet into packs; gives the manifest with what was really read."""
        items = manifest.items
        first: dict[bytes, bytes] = {}
        others: list[tuple[bytes, bytes]] = []
        for path, fact in items.items():
            digest = fact.digest
            if fact.kind in (Kind.FILE, Kind.LINK) and digest != UNREADABLE:
                if digest in first:
                    others.append((path, digest))
                else:
                    first[digest] = path
        kept = self._known(first)
        changed: dict[bytes, bytes] = {}
        sizes: dict[bytes, int] = {}
        wanted = [path for digest, path in first.items() if digest not in kept]
        while wanted:
            unread = set(wanted)
            total = len(wanted)
            for done, (path, chunks) in enumerate(read(wanted)):
                if not done % _STEP:
                    progress.step(done, total, path.decode("utf-8", "backslashreplace"))
                unread.discard(path)
                try:
                    digest, size = packer.add(chunks)
                except WorkspaceError:
                    unread.add(path)  # the disk gave an error in the midst of it
                    continue
                if digest != items[path].digest:
                    changed[path], sizes[path] = digest, size
            changed.update(dict.fromkeys(unread, UNREADABLE))
            # Files of equal contents are read once, unless that one has changed or could not be read.
            others = [(path, digest) for path, digest in others if digest not in kept and digest not in packer.places]
            wanted = list({digest: path for path, digest in others}.values())
            taken = set(wanted)
            others = [pair for pair in others if pair[0] not in taken]
        if not changed:
            return manifest
        facts = {
            path: items[path]._replace(digest=digest, size=sizes.get(path, items[path].size))
            for path, digest in changed.items()
        }
        return Manifest({**items, **facts})

    def _record_again(self, tree: bytes, pinned: bool) -> bool:
        """Refresh the time of a tree, inside a transaction; False when it is not, or no longer, there."""
        with translated(self.path):
            done = self._db.execute(
                f"UPDATE tree SET recorded = {NOW}, pinned = max(pinned, ?) WHERE digest = ?", (int(pinned), tree)
            )
        return done.rowcount > 0

    def _unpacked(self, pack: int, digest: bytes) -> bytes:
        """Give what a pack holds; the last one is remembered, for small contents are asked for one after another."""
        with translated(self.path):
            (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if self._pack[0] == pack and self._version == version:  # a pack's number is used again after a cleaning
            return self._pack[1]
        with translated(self.path):
            row = self._db.execute("SELECT form, size, data FROM pack WHERE id = ?", (pack,)).fetchone()
        name = f"The file with the contents {digest.hex()[:12]}"
        if row is None:
            raise damaged(name, f"pack {pack} is missing")
        form, size, data = row
        if not isinstance(data, bytes) or not isinstance(size, int):
            raise damaged(name, f"pack {pack} is empty")
        try:
            if form == ZLIB:
                # No more than it should be: damaged bytes must not fill the memory.
                data = zlib.decompressobj().decompress(data, size)
        except zlib.error as error:
            raise damaged(name, f"pack {pack}: {error}") from error
        self._pack, self._version = (pack, data), version
        return data
