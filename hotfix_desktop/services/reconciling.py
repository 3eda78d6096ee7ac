"""What a crash left half done, or somebody opened, is closed: the database and the disk are brought in line.

Each raises ``Busy`` while another program works on the package, ``WorkspaceError`` and ``StoreError``.
"""

from __future__ import annotations

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.lifecycle import Files, Kept
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services import comparing
from hotfix_desktop.services.closing import close_files, working_on
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage


def close_opened(bench: Workbench, package: StoredPackage, progress: Progress = NOBODY) -> bool:
    """Close a package that was found writable though it should be closed; False when it is open rightly by now.

    Raises ``Cancelled`` from ``progress``.
    """
    with working_on(bench, package, patience=0):
        stored = bench.store.packages.get(package.package_id)
        if stored is None or stored.files is not Files.CLOSED:
            return False  # it was opened rightly since the list was made
        try:
            before = bench.store.baselines.manifest(package.package_id)
            writable = bench.workspace.survey(stored.found.key, before, progress).writable()
        except WorkspaceError:
            writable = ()  # what cannot be read can be closed all the same
        comparing.close_opened(bench, stored, writable)
    return True


def close_left_over(bench: Workbench, package: StoredPackage) -> None:
    """Finish what a program that died has left half closed or half opened, towards closed."""
    with working_on(bench, package, patience=0):
        now_stored = bench.store.packages.get(package.package_id)
        if now_stored is None or now_stored.files in (Files.OPEN, Files.CLOSED):
            return  # whoever was at it has finished meanwhile
        close_files(bench, package.package_id)
        with bench.store.transaction():
            bench.store.packages.set_files(package.package_id, Files.CLOSED)
            if package.kept is not Kept.NO:  # else it is called modifiable, and nobody could ever open it
                bench.store.packages.set_kept(package.package_id, Kept.NO)
            bench.enter(
                bench.event(
                    AuditType.RECONCILED,
                    "A closing that was interrupted was finished",
                    found=package.found,
                    by_program=True,
                )
            )
