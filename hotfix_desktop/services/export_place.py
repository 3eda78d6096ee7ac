"""Where an export must not go: over the database, what lies beside it, copies of checkpoints, keys, and packages.

Folders and files are compared by what they are, not by how they are called: a link, another spelling and a second
name of the same file lead nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.services.auditing import AuditDesk
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.presence import FILE as WATCH

NOTES = ".notes"
"""How files with copies of checkpoints end; see ``sealing/seals.py``."""
_LOG_SUFFIXES = ("", "-wal", "-shm", "-journal")
_Identity = tuple[int, int]


def check_place(desk: Workbench | AuditDesk, target: Path) -> None:
    """Raise ``InvalidInput`` where a file at ``target`` would take the place of one that the program lives on.

    With a workspace, also among its packages: who owns them, or root, could write into a closed one.
    """
    database = desk.store.path
    folders: list[Path] = []
    if isinstance(desk, Workbench):
        folders.append(_own_folder(database))
        if desk.seals.folder is not None:
            folders += state_folders(desk.seals.folder)
        folders.append(database.parent.parent.parent / "keys")  # of a shared home
        _refuse_among_packages(desk, target)
    elif (database.parent / WATCH).exists() or database.parent.parent.name == "workspaces":
        folders.append(_own_folder(database))
    chosen = desk.store.administration.settings().anchor_folder if not desk.store.is_archive else ""
    refuse_inside(target, folders)
    _refuse_files(target, [database.with_name(database.name + suffix) for suffix in _LOG_SUFFIXES])
    anchors = Path(chosen) if chosen else None
    if anchors is not None and _identity(anchors) == _identity(_real_folder(target)) and target.suffix == NOTES:
        raise _refused(target)
    _refuse_files(target, anchors.glob(f"*{NOTES}") if anchors is not None else ())


def _refuse_among_packages(bench: Workbench, target: Path) -> None:
    place = Path(os.path.realpath(target)) if os.path.islink(target) else _real_folder(target) / target.name
    if place.is_relative_to(os.path.realpath(bench.workspace.location)):
        raise InvalidInput(
            "file",
            f"{target} cannot be written: it lies among the packages of {bench.workspace.title}. Choose another place.",
        )


def state_folders(anchors: Path) -> list[Path]:
    """Give the folders that lie beside that of the copies of checkpoints, and it."""
    beside = ("keys", "journals", f"{anchors.name}-known")
    return [anchors, *(anchors.with_name(name) for name in beside)]


def refuse_inside(target: Path, folders: Iterable[Path]) -> None:
    """Raise ``InvalidInput`` for a place in one of these folders, or another name of a file in them."""
    folders = list(folders)
    own = {found for folder in folders if (found := _identity(folder)) is not None}
    real = _real_folder(target)
    reached = [real, *real.parents]
    if os.path.islink(target):
        led = Path(os.path.realpath(target))
        reached += led.parents
    if own and any(_identity(folder) in own for folder in reached):
        raise _refused(target)
    if any(folder.is_relative_to(os.path.realpath(one)) for folder in reached[:1] for one in folders):
        raise _refused(target)
    if _identity(target) is not None:
        _refuse_files(target, _files(folders))


def _refuse_files(target: Path, files: Iterable[Path]) -> None:
    there, real = _identity(target), _real_folder(target) / target.name
    for file in files:
        same = there is not None and there == _identity(file)
        if same or real == _real_folder(file) / file.name or os.path.realpath(target) == os.path.realpath(file):
            raise _refused(target)


def _refused(target: Path) -> InvalidInput:
    return InvalidInput(
        "file",
        f"{target} cannot be written: Hotfix Desktop keeps the audit database, its copies or its keys there."
        " Choose another place.",
    )


def _own_folder(database: Path) -> Path:
    """Give the folder that belongs to the program: of all workspaces of a home, else of this database."""
    folder = database.parent
    return folder.parent if folder.parent.name == "workspaces" else folder


def _real_folder(target: Path) -> Path:
    return Path(os.path.realpath(os.path.dirname(os.path.abspath(target))))


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for place, _, names in os.walk(folder):
            yield from (Path(place, name) for name in names)


def _identity(path: Path) -> _Identity | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
