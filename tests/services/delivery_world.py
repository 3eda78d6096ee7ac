"""What the tests of deliveries stand on: real git repositories, and hotfixes with recorded trees."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hotfix_desktop.core.changes import changes_between
from hotfix_desktop.core.lifecycle import Ending, UnlockRequest
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.memory import MemoryWorkspace
from tests.services.world import World, package_id, protected

UID = "11111111-2222-3333-4444-555555555555"
DESCRIPTOR = b'\xef\xbb\xbf{\r\n  "Descriptor": {\r\n    "UId": "%s",\r\n    "Name": "Case"\r\n  }\r\n}' % UID.encode()
LINES = b"".join(b"line %d\r\n" % number for number in range(20))
BASE = {"descriptor.json": DESCRIPTOR, "Schemas/A/A.js": LINES, "Schemas/B/B.cs": b"b\n", "Files/old.txt": b"old\n" * 9}
Tree = Mapping[str, bytes | Fact | None]
"""Files by their paths; a text that begins with "->" is a link; a fact stands for itself."""


class GitRepository:
    """A real repository; whatever the machine configures is kept out by the fixture ``plain_git``."""

    def __init__(self, folder: Path, *, bare: bool = False) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *(["--bare"] if bare else []))
        if not bare:
            self.git("config", "user.name", "Dev Eloper")
            self.git("config", "user.email", "dev@example.com")

    def git(self, *arguments: str, check: bool = True, stdin: bytes = b"", **variables: str) -> str:
        """Run git there; gives what it says, without the last line end."""
        return self.bytes(*arguments, check=check, stdin=stdin, **variables).decode("utf-8", "replace").rstrip("\n")

    def bytes(self, *arguments: str, check: bool = True, stdin: bytes = b"", **variables: str) -> bytes:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, input=stdin, capture_output=True, check=False,
            env={**os.environ, **variables}, timeout=60,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr.decode()
        return done.stdout

    def write(self, files: Mapping[str, bytes | None], below: str = "") -> None:
        """Write files into the work tree; None deletes one."""
        for path, data in files.items():
            place = self.folder / below / path
            if data is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)

    def commit(self, files: Mapping[str, bytes | None], below: str = "", message: str = "work") -> str:
        """Write files and commit them; gives the commit."""
        self.write(files, below)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def show(self, branch: str, path: str) -> bytes | None:
        """Give a file of a branch as it is kept; None where there is none."""
        done = self.bytes("ls-tree", "-z", "--full-tree", branch, path)
        return self.bytes("cat-file", "blob", done.split()[2].decode()) if done else None

    def snapshot(self) -> dict[str, object]:
        """Give what a delivery may not touch: refs, the index, the work tree with its times, the configuration."""
        files = {
            str(path.relative_to(self.folder)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.folder).parts[:1]
        }
        own = self.folder / ".git"
        index = (own / "index").read_bytes() if (own / "index").exists() else b""
        return {"refs": self.git("for-each-ref"), "head": self.git("rev-parse", "HEAD"), "index": index, "files": files}

    def objects(self) -> str:
        """Give how many objects it has."""
        return self.git("count-objects", "-v")


def reader(files: Tree) -> object:
    def read(paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        for path in paths:
            data = files[os.fsdecode(path)]
            assert isinstance(data, bytes)
            yield path, iter([data.removeprefix(b"->")])

    return read


def manifest(files: Tree, modes: Mapping[str, int] | None = None) -> Manifest:
    """Give the tree of these files."""
    items: dict[bytes, Fact] = {}
    for path, data in files.items():
        if isinstance(data, Fact):
            items[os.fsencode(path)] = data
        elif data is not None:
            kind = Kind.LINK if data.startswith(b"->") else Kind.FILE
            whole = data.removeprefix(b"->")
            mode = (modes or {}).get(path, 0o444)
            size = len(whole) if kind is Kind.FILE else 0
            items[os.fsencode(path)] = Fact(kind, mode, size, (0, 0, 0), hashlib.sha256(whole).digest())
    return Manifest(items)


UNREAD = Fact(Kind.FILE, 0o444, 3, (0, 0, 0), UNREADABLE)


def delivery_bench(world: World, maintainer: str = "Customer") -> Workbench:
    """Give a bench on a protected workspace, in which *Case* has a UId that is one."""
    disk = world.disk
    assert isinstance(disk, MemoryWorkspace)
    disk.packages = [replace(p, uid=UID, maintainer=maintainer) if p.key == "Case" else p for p in disk.packages]
    return protected(world.bench())


def hotfix(
    bench: Workbench,
    before: Tree,
    after: Tree,
    *,
    name: str = "Case",
    ticket: str = "INC-1",
    reason: str = "Wrong rounding",
    modes: Mapping[str, int] | None = None,
    close: bool = True,
) -> int:
    """Keep a closed hotfix with these trees; gives its number."""
    was, now = manifest(before, modes), manifest(after, modes)
    bench.contents.record(was, reader(before))
    bench.contents.record(now, reader(after))
    identity = package_id(bench, name)
    stored = bench.store.packages.get(identity)
    assert stored is not None
    moment = bench.clock.now()
    with bench.store.transaction():
        found = bench.store.hotfixes.begin(identity, stored.found, UnlockRequest(reason, ticket, 30), "ann", moment)
        bench.store.fixes.begin(found.number, identity, was.digest())
        bench.store.hotfixes.mark_open(found.number)
        if close:
            bench.store.hotfixes.close(found.number, moment.utc, "ann", Ending.LOCKED)
            bench.store.fixes.end(found.number, now.digest(), changes_between(was, now).count)
    return found.number
