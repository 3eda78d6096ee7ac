"""Where a package lies on a branch: found by the UId in its ``descriptor.json``, wherever that is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.repositories.facts import Repository
from hotfix_desktop.repositories.git import Git

DESCRIPTOR = b"descriptor.json"
SIZE_LIMIT = 4 << 20
"""Bytes of a descriptor; a larger one is none (``workspaces/descriptors.py`` has the same limit)."""
CLIO = b".clio/workspaceSettings.json"
FILE, PROGRAM, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
"""The modes of a commit's entries."""
_ELEMENTS = (b"Schemas", b"Data", b"Resources", b"SqlScripts", b"Assemblies")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a branch: its mode as git writes it ("100644"), and its object."""

    mode: str
    oid: str


Listing = Mapping[bytes, Entry]
"""All files of a commit by their paths."""


def list_tree(git: Git, commit: str, progress: Progress = NOBODY) -> dict[bytes, Entry]:
    """Give all files, links and submodules of a commit."""
    listed = git.run("list the files", "ls-tree", "-r", "-z", "--full-tree", commit, progress=progress)
    found = {}
    for line in listed.split(b"\0"):
        head, _, path = line.partition(b"\t")
        if path:
            mode, _, oid = head.split(b" ")
            found[path] = Entry(mode.decode(), oid.decode())
    return found


def find_package(
    repository: Repository, listing: Listing, uid: str, name: str, branch: str, read: Callable[[str], bytes]
) -> bytes:
    """Give the folder of the package with this UId, "" for the repository itself; it has no slash at its end.

    ``read`` gives the contents of an object. Raises ``Refused`` when it is not there or there are several.
    """
    places = sorted(_places(listing, uid, read))
    if len(places) == 1:
        return places[0]
    if places:
        shown = " and ".join(shown_path(place) or "the repository itself" for place in places[:3])
        more = f" and {len(places) - 3:,} more" if len(places) > 3 else ""
        raise Refused(
            f"{len(places)} packages of “{branch}” have the UId of {name}: {shown}{more}.",
            "Remove the copies there, or choose another branch.",
        )
    modules = [shown_path(path) for path, entry in sorted(listing.items()) if entry.mode == SUBMODULE]
    if modules:
        raise Refused(
            f"{name} is not on “{branch}” of {repository.top.name}.",
            f"It may be in a submodule ({', '.join(modules[:3])}): then choose that folder as the repository.",
        )
    raise Refused(
        f"{name} is not on “{branch}” of {repository.top.name}: no descriptor.json there has its UId.",
        "Choose another branch or repository.",
    )


def _places(listing: Listing, uid: str, read: Callable[[str], bytes]) -> list[bytes]:
    wanted = uid.lower()
    found = []
    for path, entry in listing.items():
        folder, _, name = path.rpartition(b"/")
        if name != DESCRIPTOR or entry.mode not in (FILE, PROGRAM):
            continue
        if not _is_element(folder, listing) and uid_of(read(entry.oid)) == wanted:
            found.append(folder)
    return found


def _is_element(folder: bytes, listing: Listing) -> bool:
    """Whether a descriptor in this folder describes an element of a package above."""
    parts = folder.rsplit(b"/", 2)
    if len(parts) < 2 or parts[-2] not in _ELEMENTS:
        return False
    return (parts[0] + b"/" + DESCRIPTOR if len(parts) == 3 else DESCRIPTOR) in listing


def uid_of(descriptor: bytes) -> str:
    """Give the UId of a package's descriptor, lower case; empty where it has none that could be read."""
    if len(descriptor) > SIZE_LIMIT or b"UId" not in descriptor:
        return ""
    try:
        values = json.loads(descriptor.decode("utf-8-sig"))["Descriptor"]
        return str(values["UId"]).lower()
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""


def shown_path(path: bytes) -> str:
    """Give a path for people: what is no UTF-8 is escaped."""
    return path.decode("utf-8", "backslashreplace")
