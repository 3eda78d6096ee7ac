"""Finding the packages: which folder a person's path means, and which folders in it are packages.

The layouts are those of ``creatio.md`` 8.1, 8.6 and 8.7: a site's ``Terrasoft.Configuration/Pkg``, a clio
workspace, any folder of package folders, one package. Nothing is changed here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.workspaces.descriptors import (
    DESCRIPTOR,
    Unsound,
    mark_doubles,
    parse_package,
    read_descriptor,
)
from hotfix_desktop.workspaces.refusals import refusal, shown

CONTENT_FOLDERS = ("Files", "Schemas", "Data", "Resources", "SqlScripts", "Assemblies")
"""What a package may hold (``creatio.md`` 8.1); one of them makes a folder a package without descriptor."""
WHOLE = "."
"""The key of the package that is the workspace itself."""

_CANDIDATES = (
    (".clio", "packages"),
    ("", "Terrasoft.WebApp/Terrasoft.Configuration/Pkg"),
    ("", "Terrasoft.Configuration/Pkg"),
)
"""Where packages lie below a root, and what else must be there for it."""
_MEANINGLESS = frozenset({"pkg", "packages", "terrasoft.configuration", "terrasoft.webapp"})
_NEVER = frozenset({"lost+found"})
_STEP = 100
_CHOOSE = "Choose a folder of packages, a site of Creatio, a clio workspace, or one package."
_NO_DESCRIPTOR = "The folder holds no descriptor.json: the package is not synchronised to this folder yet."


def find_location(path: str) -> str:
    """Give the folder that holds the packages, or that is the one package, for a path that a person gave.

    The result is absolute and has no links left in it, so that one folder is one workspace.

    Raises:
        WorkspaceError: the path is not there, is a file, cannot be read, or holds no packages.
    """
    given = _existing_folder(path)
    if has_descriptor(given):
        _refuse_inside(given)
        return given
    location = given
    if os.path.basename(given) == "Terrasoft.Configuration":
        given = os.path.dirname(given)
    for sign, below in _CANDIDATES:
        if os.path.isdir(os.path.join(given, sign)) and os.path.isdir(os.path.join(given, below)):
            location = os.path.realpath(os.path.join(given, below))
            break
    _refuse_inside(location)
    if _holds_convincing(location):
        return location
    # A clio workspace whose settings were not committed: real repositories have such.
    below = os.path.realpath(os.path.join(given, "packages"))
    if os.path.isdir(below) and _holds_convincing(below):
        return below
    raise WorkspaceError(f"The folder {location} holds no packages.", _CHOOSE)


def _holds_convincing(location: str) -> bool:
    return any(_convincing(location, package) for package in _packages_in(location))


def _convincing(location: str, package: FoundPackage) -> bool:
    """Tell what makes a folder one of packages from what only may: a dangling link, a shut folder."""
    folder = os.path.join(location, package.key)
    return bool(package.uid) or not package.synchronised or os.path.lexists(os.path.join(folder, DESCRIPTOR))


def _existing_folder(path: str) -> str:
    """Check what a person typed; a leading ``~`` is the home folder."""
    if not path.strip() or "\0" in path:
        raise WorkspaceError(f"{shown(path.replace(chr(0), '?'))!r} is not the path of a folder.", _CHOOSE)
    if path.startswith("~") and not os.path.lexists(path):
        path = os.path.expanduser(path)
    try:
        os.stat(path)
        given = os.path.realpath(path, strict=True)
        if os.path.isdir(given):
            os.listdir(given)
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"The folder {shown(path)} does not exist.", "Check the spelling, and that its disk is mounted."
        ) from error
    except OSError as error:
        raise refusal(error, "read the folder", path) from error
    if not os.path.isdir(given):
        raise WorkspaceError(f"{shown(path)} is a file, not a folder.", _CHOOSE)
    if printable(given) != given:
        raise WorkspaceError(
            f"The path {shown(given)} holds characters that are not UTF-8, and cannot be stored.",
            "Rename the folder.",
        )
    return given


def _refuse_inside(path: str) -> None:
    """Refuse a folder within a package: the schemas there have descriptors too, and are no packages."""
    below, parent = path, os.path.dirname(path)
    while parent != below:
        if os.path.basename(below) in CONTENT_FOLDERS and has_descriptor(parent):
            raise WorkspaceError(
                f"The folder {path} lies inside the package {parent}.",
                "Choose the package, or the folder that holds it.",
            )
        below, parent = parent, os.path.dirname(parent)


def has_descriptor(folder: str) -> bool:
    """Tell whether a folder is a package with a descriptor, of its own or of a version in ``branches``."""
    if os.path.lexists(os.path.join(folder, DESCRIPTOR)):
        return True
    return any(os.path.lexists(os.path.join(folder, "branches", version, DESCRIPTOR)) for version in _versions(folder))


def holds_packages(location: str) -> bool:
    """Tell whether a folder is one of packages and not itself a package."""
    return not has_descriptor(location) and any(package.uid for package in _packages_in(location))


def scan_packages(location: str, progress: Progress = NOBODY) -> list[FoundPackage]:
    """List the packages of a workspace, by key; an odd one carries its problem.

    Raises:
        WorkspaceError: the folder itself cannot be read.
        Cancelled: from ``progress``.
    """
    progress.step(0)
    if has_descriptor(location) or (_holds_content(location) and not holds_packages(location)):
        package = _describe(location, WHOLE, os.path.basename(location), "")
        return [package] if package else []
    packages = []
    for package in _packages_in(location):
        packages.append(package)
        if not len(packages) % _STEP:
            progress.step(len(packages), 0, package.name)
    packages.sort(key=lambda package: package.key)
    return mark_doubles(packages)


def content_prefix(folder: str) -> str:
    """Give where the content lies below a package folder: '' or ``branches/<version>/``."""
    if not os.path.lexists(os.path.join(folder, DESCRIPTOR)):
        versions = _versions(folder)
        if len(versions) == 1 and os.path.lexists(os.path.join(folder, "branches", versions[0], DESCRIPTOR)):
            return f"branches/{versions[0]}/"
    return ""


def title_of(location: str) -> str:
    """Give a short name for people: the last part of the path that says something."""
    parts = [part for part in location.replace(os.sep, "/").split("/") if part]
    telling = [part for part in parts if part.lower() not in _MEANINGLESS]
    return shown((telling or parts or [location])[-1])


def _packages_in(location: str) -> Iterator[FoundPackage]:
    """Go through the subfolders that are packages, or ought to be."""
    try:
        with os.scandir(location) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(".") or name in _NEVER:
                    continue
                package = _look_at_entry(entry, shown(name))
                if package is not None:
                    yield package
    except OSError as error:
        raise refusal(error, "read the folder", location) from error


def _look_at_entry(entry: os.DirEntry[str], key: str) -> FoundPackage | None:
    """Give the package behind one entry of a folder of packages; None when it is none."""
    linked_to = ""
    if entry.is_symlink():
        linked_to = os.path.realpath(entry.path)
        try:
            os.stat(entry.path)
        except OSError:
            problem = f"The folder is a link to {shown(linked_to)}, which is not there or cannot be reached."
            return FoundPackage(key, key, problem=problem, linked_to=shown(linked_to))
    if not entry.is_dir():
        return None
    package = _describe(entry.path, key, key, shown(linked_to))
    if package is not None and key != entry.name:
        problem = "The name of the folder holds characters that are not UTF-8."
        return FoundPackage(key, key, problem=problem, synchronised=package.synchronised, linked_to=package.linked_to)
    return package


def _describe(folder: str, key: str, name: str, linked_to: str) -> FoundPackage | None:
    """Describe a package folder, or give None for a folder that is no package."""
    try:
        try:
            return parse_package(read_descriptor(f"{folder}/{DESCRIPTOR}"), key, linked_to)
        except FileNotFoundError:
            return _describe_branches(folder, key, name, linked_to)
    except Unsound as error:
        return FoundPackage(key, name, problem=str(error), linked_to=linked_to)


def _describe_branches(folder: str, key: str, name: str, linked_to: str) -> FoundPackage | None:
    """Describe a folder without a descriptor of its own."""
    versions = _versions(folder)
    sound = [version for version in versions if os.path.lexists(f"{folder}/branches/{version}/{DESCRIPTOR}")]
    if sound and len(versions) > 1:
        raise Unsound(f"Its branches folder holds {plural(len(versions), 'version')}, and only one is allowed.")
    if sound:
        return parse_package(read_descriptor(f"{folder}/branches/{sound[0]}/{DESCRIPTOR}"), key, linked_to)
    if _holds_content(folder):
        return FoundPackage(key, name, problem=_NO_DESCRIPTOR, synchronised=False, linked_to=linked_to)
    return None


def _versions(folder: str) -> list[str]:
    """List the folders in ``branches`` (``creatio.md`` 8.6)."""
    try:
        with os.scandir(os.path.join(folder, "branches")) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []


def _holds_content(folder: str) -> bool:
    return any(os.path.isdir(f"{folder}/{name}") for name in CONTENT_FOLDERS)
