"""The changes of a hotfix as one patch in git's form."""

from __future__ import annotations

from collections.abc import Iterator

from hotfix_desktop.core.changes import Change
from hotfix_desktop.core.manifest import Fact, Kind
from hotfix_desktop.core.patches import BINARY_LIMIT, FILE, PatchFile, file_patch, git_mode, left_out
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.services.changes import HotfixChanges, contents_of
from hotfix_desktop.services.workbench import Workbench


def patch_of(
    bench: Workbench, found: HotfixChanges, prefix: bytes = b"", progress: Progress = NOBODY
) -> Iterator[bytes]:
    """Yield the patch of all changes of a hotfix, file by file.

    ``prefix`` (``packages/UsrInvoices/``) stands before the paths, which are below the package without it. A file that
    is too large, or whose contents nobody could read, is named in a line that ``git apply`` passes over.

    Raises ``Denied``, ``StoreError``, ``WorkspaceError``, ``Cancelled``.
    """
    for number, change in enumerate(found.changes.changes):
        progress.step(number, found.changes.count, change.shown)
        yield _of_change(bench, found, change, prefix, progress)


def _of_change(bench: Workbench, found: HotfixChanges, change: Change, prefix: bytes, progress: Progress) -> bytes:
    path = prefix + change.path
    if change.is_unreadable:
        return left_out(path, "it could not be read")
    if any(fact is not None and fact.size > BINARY_LIMIT for fact in (change.before, change.after)):
        return left_out(path, "it is too large")
    before, after = contents_of(bench, found.hotfix.number, change, progress)
    old_path = prefix + change.old_path if change.old_path else b""
    return file_patch(PatchFile(path, before, after, old_path, _mode(change.before), _mode(change.after)))


def _mode(fact: Fact | None) -> int:
    return FILE if fact is None else git_mode(fact.kind is Kind.LINK, fact.mode)
