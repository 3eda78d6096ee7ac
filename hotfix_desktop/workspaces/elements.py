"""The table of elements of a package folder: what lies where, told from folders and small descriptors alone.

``metadata.json`` is never opened: it is the bulk of a package, and most of it is not even JSON
(``creatio.md`` 8.4).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from hotfix_desktop.core.packages import Element, ElementKind
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.workspaces.descriptors import (
    DESCRIPTOR,
    ElementDescriptor,
    Unsound,
    parse_element,
    read_descriptor,
)
from hotfix_desktop.workspaces.refusals import refusal, shown

FOLDERS = {
    "Schemas": ElementKind.SCHEMA,
    "Data": ElementKind.DATA,
    "Resources": ElementKind.RESOURCE,
    "SqlScripts": ElementKind.SQL_SCRIPT,
    "Assemblies": ElementKind.ASSEMBLY,
    "Files": ElementKind.FILE,
}
"""Which folder of a package holds which kind."""
_ORDER = {kind: at for at, kind in enumerate(ElementKind)}
_STEP = 200


def list_elements(root: str, prefix: str = "", progress: Progress = NOBODY) -> list[Element]:
    """List what a package holds, in the order of the kinds and then by name.

    Args:
        root: the package folder, links resolved.
        prefix: where its content lies below it, '' or ``branches/<version>/``.
        progress: hears of every 200 elements, and may cancel.

    Raises:
        WorkspaceError: a folder cannot be read.
        Cancelled: from ``progress``.
    """
    elements: list[Element] = []
    progress.step(0)
    for folder, kind in FOLDERS.items():
        found = _files(root, prefix + folder) if kind is ElementKind.FILE else _folders(root, prefix + folder, kind)
        for element in found:
            elements.append(element)
            if not len(elements) % _STEP:
                progress.step(len(elements), 0, element.path)
    return in_order(elements)


def in_order(elements: list[Element]) -> list[Element]:
    """Sort elements by the order of the kinds and then by name, whatever its case."""
    return sorted(elements, key=lambda item: (_ORDER[item.kind], item.name.casefold(), item.path))


def describe(kind: ElementKind, name: str, path: str, descriptor: bytes | None) -> Element:
    """Give the element of a folder called ``name``; a damaged or missing descriptor leaves the folder's name.

    A resource has no descriptor: its folder is ``<Schema>.<Kind>`` (``creatio.md`` 8.1).
    """
    if kind is ElementKind.RESOURCE:
        return Element(kind, name, path, manager=name.rpartition(".")[2] if "." in name else "")
    said = ElementDescriptor()
    if descriptor is not None:
        # The table says what lies there; that a descriptor is damaged shows in the file itself.
        with suppress(Unsound):
            said = parse_element(descriptor, "SqlScript" if kind is ElementKind.SQL_SCRIPT else "Descriptor")
    return Element(kind, said.name or name, path, said.manager, said.caption, said.modified)


def _entries(root: str, below: str) -> list[os.DirEntry[str]]:
    """List a folder of the package; nothing when there is none, or a link in its place."""
    path = f"{root}/{below}"
    if os.path.islink(path):
        return []
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise refusal(error, "read the folder", path) from error


def _folders(root: str, below: str, kind: ElementKind) -> Iterator[Element]:
    """Give one element for each folder; a link is named and not followed."""
    for entry in _entries(root, below):
        descriptor = None
        if entry.is_dir(follow_symlinks=False):
            if kind is not ElementKind.RESOURCE:
                descriptor = _descriptor(entry.path)
        elif not (entry.is_symlink() and entry.is_dir()):
            continue
        yield describe(kind, shown(entry.name), shown(f"{below}/{entry.name}"), descriptor)


def _descriptor(folder: str) -> bytes | None:
    """Read an element's descriptor; None when there is none to read."""
    try:
        return read_descriptor(f"{folder}/{DESCRIPTOR}")
    except (FileNotFoundError, Unsound):
        return None


def _files(root: str, top: str) -> Iterator[Element]:
    """Give each file below ``Files``, by its path there; links are listed and not followed."""
    waiting = [top]
    while waiting:
        below = waiting.pop()
        for entry in _entries(root, below):
            path = f"{below}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            else:
                name = path[len(top) + 1 :]
                yield Element(ElementKind.FILE, shown(name), shown(path), modified=_modified(entry))


def _modified(entry: os.DirEntry[str]) -> datetime | None:
    """Give the time of a file, of a link its own; None when the system has none that can be told."""
    try:
        return datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None
