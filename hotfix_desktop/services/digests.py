"""What lies at some places of a package at this moment, by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.packages import StoredPackage


def digests_of(
    bench: Workbench, package: StoredPackage, paths: Sequence[bytes], progress: Progress = NOBODY
) -> dict[bytes, bytes]:
    """Give the SHA-256 of the files, and of the targets of links, that lie at these paths; others are left out."""
    found = {}
    for path, chunks in bench.workspace.read(package.found.key, paths, progress):
        whole = hashlib.sha256()
        for chunk in chunks:
            whole.update(chunk)
        found[path] = whole.digest()
    return found
