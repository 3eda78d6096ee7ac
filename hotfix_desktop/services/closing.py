"""Closing and opening the files of one package so that a crash at any point can be repaired.

The record that undoes a closing is durable before the first file changes, and ``files`` in the database
says at every moment how far it may have come. What is half done is always finished towards closed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hotfix_desktop.core.errors import Busy, HotfixError, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Files
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services.catalogue import kept_by_name
from hotfix_desktop.services.workbench import Workbench, unknown_package
from hotfix_desktop.store.packages import StoredPackage

log = logging.getLogger(__name__)


@contextmanager
def working_on(bench: Workbench, package: StoredPackage, patience: float = 10.0) -> Iterator[None]:
    """Be the only program that changes the files of this package; raises ``Busy`` after ``patience`` seconds.

    While an update that was interrupted waits to be finished the package is nobody's.
    """
    with bench.store.exclusive.holding(f"package-{package.package_id}", package.found.name, patience):
        if bench.store.updates.is_swapping(package.found.key):
            raise Busy(
                f"An update of {package.found.name} was interrupted and is being finished.", "Try again in a moment."
            )
        yield


def close_files(bench: Workbench, package_id: int, progress: Progress = NOBODY, *, must: bool = False) -> None:
    """Record how the package's files are, then make them read-only.

    The caller says ``Files.CLOSED`` in the transaction that records why. Raises ``WorkspaceError``,
    ``StoreError`` or ``Cancelled``; the package may then be half closed, and calling again finishes it.

    With ``must``, at the end of a hotfix, a database that takes no record does not keep the files open, nor does a
    folder that cannot be read: they are closed before the error is raised. The record of the last closing still
    knows their modes, except those of files that are new since.
    """
    while True:
        package = bench.store.packages.get(package_id)
        if package is None:
            raise unknown_package(str(package_id))
        key, known = package.found.key, bench.store.packages.record(package_id)
        opened = bench.store.openings.proof(package_id)
        if known is not None:
            bench.workspace.demand_same(key, known)
        begun = package.files is not Files.OPEN or (must and bench.workspace.look(key) is Openness.CLOSED)
        try:
            record = bench.workspace.record(key, known if begun else None, progress, opened)
        except WorkspaceError:
            # Somebody shut a folder off, or owns one: what can be closed is closed with what is known of the rest.
            if must and known is not None:
                bench.workspace.close(key, known, progress)
            raise
        try:
            # Somebody else may have begun between the look and here; then what they recorded counts.
            if bench.store.packages.begin_closing(package_id, record, package.files):
                break
        except StoreError:
            if must and known is not None:
                bench.workspace.close(key, record, progress)
            raise
    bench.workspace.close(key, record, progress)
    if bench.store.administration.settings().immutable:
        _freeze(bench, package_id, key, progress)


def _freeze(bench: Workbench, package_id: int, key: str, progress: Progress) -> None:
    """Forbid writing through open handles, too, where that is possible; without it a package is closed all the same."""
    try:
        bench.store.packages.set_frozen(package_id, True)  # before the first flag: they are always taken off again
        if not bench.workspace.freeze(key, progress):
            bench.store.packages.set_frozen(package_id, False)
    except HotfixError as error:
        log.warning("%s could not get the immutable flag: %s", key, error)


def freeze_closed(bench: Workbench, package_id: int) -> None:
    """Freeze a package that is closed, where the settings ask for that; the caller holds it. Raises ``StoreError``."""
    package = bench.store.packages.get(package_id)
    if package is not None and bench.store.administration.settings().immutable:
        _freeze(bench, package_id, package.found.key, NOBODY)


def begin_opening(bench: Workbench, package_id: int) -> None:
    """Say durably that a package opens: from here on what it contained says nothing any more."""
    bench.store.packages.set_files(package_id, Files.OPENING)
    bench.store.baselines.forget(package_id)
    bench.store.openings.forget(package_id)


def is_gone(bench: Workbench, package_id: int) -> bool:
    """Whether the folder of a package is not there any more, under any name, though the workspace is.

    Raises ``WorkspaceError`` when the workspace itself is away: then nobody knows.
    """
    package = bench.store.packages.get(package_id)
    if package is None or bench.workspace.look(package.found.key) is not Openness.MISSING:
        return False
    listing = bench.workspace.list_packages()  # it may have been renamed
    if not listing.packages:
        return False  # a folder that lost everything at once is rather a disk that is away
    bench.store.packages.remember(listing.packages, kept_by_name(listing.packages))
    package = bench.store.packages.get(package_id)
    return package is not None and package.missing


def open_files(bench: Workbench, package: StoredPackage, progress: Progress = NOBODY) -> bytes:
    """Give the package's files the modes back that they had before they were closed.

    The caller called :func:`begin_opening` before. Gives what tells later which files were not touched since.
    Raises ``WorkspaceError`` or ``Cancelled``.
    """
    record = bench.store.packages.record(package.package_id)
    if record is None:
        raise WorkspaceError(
            f"{package.found.name} was never closed by this program, so it cannot be opened.",
            "Refresh the workspace and protect the package first.",
        )
    package = bench.store.packages.get(package.package_id) or package
    if package.frozen:
        bench.workspace.demand_same(package.found.key, record)
        bench.workspace.thaw(package.found.key, progress)
        bench.store.packages.set_frozen(package.package_id, False)
    opened = bench.workspace.open(package.found.key, record, progress)
    if bench.workspace.look(package.found.key) is Openness.MISSING:
        raise WorkspaceError(f"The folder of {package.found.name} is not there any more.")
    return opened
