"""A sample production workspace for ``--demo`` and for tests: real formats, invented contents.

Everything follows from the names of the packages and from ``now``: the same call writes the same bytes.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces.sample_contents import PackageContents
from hotfix_desktop.workspaces.sample_packages import SAMPLES, Layout, Sample

PACKAGES_FOLDER = Path("Terrasoft.Configuration") / "Pkg"
REPOSITORY_FOLDER = Path("repository")


def write_sample_workspace(folder: Path, now: datetime) -> list[str]:
    """Write a production workspace into a new or empty folder, and give the names of its packages.

    The packages lie in ``folder/Terrasoft.Configuration/Pkg``; their dates lie before ``now``. Raises
    ``WorkspaceError`` when the folder is in use or cannot be written; then nothing of it is left.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WorkspaceError(
                f"The sample workspace was not written: {folder} exists and is not empty.",
                "Choose a new or an empty folder.",
            )
    except OSError as error:
        raise WorkspaceError(f"The sample workspace was not written: {error}.") from error
    try:
        (folder / PACKAGES_FOLDER).mkdir(parents=True, exist_ok=True)
        for sample in SAMPLES:
            _write_package(folder, sample, now.astimezone(UTC))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise WorkspaceError(
            f"The sample workspace could not be written: {error.strerror or error}.",
            "Free some space or choose another folder.",
            repr(error),
        ) from error
    return [sample.name for sample in SAMPLES]


def _write_package(folder: Path, sample: Sample, now: datetime) -> None:
    root = folder / PACKAGES_FOLDER / sample.name
    if sample.layout is Layout.LINKED:
        root = _linked(root, folder / REPOSITORY_FOLDER / sample.name)
    elif sample.layout is Layout.BRANCHES:
        root = root / "branches" / sample.version
    contents = PackageContents(sample, now)
    made: set[Path] = set()
    seconds = contents.modified.timestamp()
    for name, data in contents.files():
        path = root / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(data)
        os.utime(path, (seconds, seconds))


def _linked(link: Path, target: Path) -> Path:
    """Make a package a link into a repository, as clio does; a plain folder where links are not allowed."""
    target.mkdir(parents=True)
    try:
        link.symlink_to(os.path.relpath(target, link.parent), target_is_directory=True)
    except (OSError, NotImplementedError):
        target.rmdir()
        return link
    return target
