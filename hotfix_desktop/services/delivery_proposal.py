"""Where a package may be developed: the git repositories that lie beside the workspace's folder and have it."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.repositories.facts import open_repository
from hotfix_desktop.repositories.git import GitFailed
from hotfix_desktop.repositories.places import find_package, list_tree
from hotfix_desktop.repositories.scratch import Scratch
from hotfix_desktop.services.workbench import Workbench, unknown_package

MOST_FOLDERS, MOST_REPOSITORIES = 500, 20
"""How many folders are looked at beside the workspace, and how many of them if they are repositories."""
_IN_CREATIO = ["terrasoft.configuration", "pkg"]
"""Where the packages lie in the folder of an installed Creatio: beside the workspace means beside that."""


def repositories_beside(bench: Workbench, package_id: int, progress: Progress = NOBODY) -> tuple[Path, ...]:
    """Give the repositories beside the workspace's folder whose current branch has the package, by its UId.

    What cannot be read, or can take no delivery, is passed over; no program of a repository is run. Raises ``Denied``,
    ``Refused`` for an unknown package, ``StoreError``, ``Cancelled``.
    """
    stored = bench.store.packages.get(package_id)
    if stored is None:
        raise unknown_package(str(package_id))
    bench.demand(Act.DELIVER, AuditType.DELIVERED, "look for a package in repositories", stored.found)
    if not stored.found.uid:
        return ()
    found = []
    for folder in _repositories(Path(bench.workspace.location)):
        progress.step(0, 0, f"Looking into {folder.name}")
        try:
            if _has(folder, stored.found.uid, stored.found.name, progress):
                found.append(folder)
        except (Refused, GitFailed):
            continue
    return tuple(found)


def _repositories(location: Path) -> list[Path]:
    """Give the folders beside this one that have a ``.git`` of their own."""
    try:
        real = Path(os.path.realpath(location))
        if not location.is_absolute() or not real.is_dir():
            return []
        if [part.lower() for part in real.parts[-2:]] == _IN_CREATIO:
            real = real.parent.parent
        with os.scandir(real.parent) as listed:
            folders = sorted(Path(entry.path) for entry in islice(listed, MOST_FOLDERS) if entry.is_dir())
        found = [folder for folder in folders if folder != real and os.path.lexists(folder / ".git")]
    except OSError:
        return []
    return found[:MOST_REPOSITORIES]


def _has(folder: Path, uid: str, name: str, progress: Progress) -> bool:
    opened = open_repository(folder, progress)
    here = opened.branch("")
    with Scratch(opened, here.commit, progress) as scratch:
        find_package(opened, list_tree(scratch.git, here.commit, progress), uid, name, opened.head, scratch.read)
    return True
