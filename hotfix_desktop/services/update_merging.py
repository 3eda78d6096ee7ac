"""Ours on top: what a package becomes when fixes stay that an archive does not have."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.manifest import Fact, Kind, Manifest
from hotfix_desktop.core.update_plan import FixFate
from hotfix_desktop.services.update_fixes import fate_in
from hotfix_desktop.services.update_parts import NO_STAMP, Part


@dataclass(frozen=True, slots=True)
class Merged:
    """What a package becomes.

    Attributes:
        contents: those of merged files, which lie nowhere else, by path.
    """

    tree: Manifest
    contents: Mapping[bytes, bytes] = field(default_factory=dict)


def merged(part: Part) -> Merged:
    """Put the fixes of a package on top of what is delivered; where both changed the same lines the file stays ours.

    Raises ``Refused`` where a fix and the delivery cannot lie in one folder, ``StoreError`` and ``WorkspaceError``.
    """
    items = dict(part.delivered.items)
    contents: dict[bytes, bytes] = {}
    for fix in part.fixes.files:
        if fix.fate is FixFate.CONTAINED:
            continue
        path, ours = fix.path, part.now.items.get(fix.path)
        fate = fate_in(part.sources, path, part.fixes.base or Manifest({}), part.now, part.delivered)
        if fate is None and part.fixes.base is not None:
            continue  # the fix is not in the package any more: there is nothing to keep
        if ours is None:
            items.pop(path, None)
        elif fate is None or fate.ours_on_top is None:
            _put(items, path, ours._replace(stamp=NO_STAMP), part.plan.name)
        else:
            data = fate.ours_on_top
            digest = hashlib.sha256(data).digest()
            if digest != ours.digest:
                contents[path] = data
            _put(items, path, Fact(Kind.FILE, ours.mode, len(data), NO_STAMP, digest), part.plan.name)
    return Merged(Manifest(items), contents)


def _put(items: dict[bytes, Fact], path: bytes, fact: Fact, name: str) -> None:
    parts = path.split(b"/")
    for depth in range(len(parts)):
        folder = b"/".join(parts[:depth])
        if items.setdefault(folder, Fact(Kind.FOLDER, 0, 0, NO_STAMP, b"")).kind is not Kind.FOLDER:
            raise _clash(folder, name)
    if path in items and items[path].kind is Kind.FOLDER:
        raise _clash(path, name)
    items[path] = fact


def _clash(path: bytes, name: str) -> Refused:
    shown = path.decode("utf-8", "backslashreplace")
    return Refused(
        f"Ours cannot stay on top in {name}: {shown} is a file on one side and a folder on the other.",
        "Take theirs; ours stay in the content store.",
    )
