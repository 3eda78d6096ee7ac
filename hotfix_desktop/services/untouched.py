"""What a package contained before it was opened is kept while it is open: its lock reads only what was touched since.

It is no promise: where nothing is kept, or a workspace cannot tell what was touched, everything is read.
"""

from __future__ import annotations

from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage


def pack_before(bench: Workbench, package_id: int, now: Manifest | None) -> bytes:
    """Give the bytes of what a closed package contains, before its baseline goes; empty when it is not as that."""
    return bench.store.baselines.packed(package_id, now.digest()) if now is not None else b""


def keep_before(bench: Workbench, hotfix: Hotfix, now: Manifest | None, packed: bytes, proof: bytes) -> None:
    """Keep that of a package that was just opened, with what the workspace gave as proof.

    What was recorded may be newer than the look ``now``: then the lock reads everything.
    """
    trees = bench.store.fixes.of(hotfix.number)
    if packed and proof and now is not None and trees is not None and trees.before == now.digest():
        bench.store.openings.keep(hotfix.package_id, packed, proof)


def survey_closed(bench: Workbench, package: StoredPackage, progress: Progress) -> Manifest:
    """Say what a package contains that was just closed."""
    before = bench.store.openings.manifest(package.package_id)
    if before is None:
        return bench.workspace.survey(package.found.key, None, progress)
    return bench.workspace.survey_closed(package.found.key, before, progress)
