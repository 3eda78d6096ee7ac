"""Care of the content store: everything in it is read and compared, and what nothing refers to is dropped."""

from __future__ import annotations

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.content_care import Cleaned, ContentsReport, ContentsSize
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.workbench import Workbench

NAMED_IN_ENTRY = 50
_RECORDING = (
    AuditType.UNLOCK_REQUESTED,
    AuditType.UNLOCKED,
    AuditType.LOCKED,
    AuditType.RELOCKED,
    AuditType.CHANGES_RECORDED,
    AuditType.CHANGES_REVERTED,
    AuditType.UPDATE_DECIDED,
    AuditType.UPDATE_UNDONE,
    AuditType.PACKAGE_UPDATED,
    AuditType.PACKAGE_INSTALLED,
)
"""Entries that go with recorded trees. That a workspace was opened says nothing: a restored one was, too."""


def size_of_contents(bench: Workbench) -> ContentsSize:
    """Say how much the content store holds. Raises ``Denied`` and ``StoreError``."""
    bench.demand(Act.READ_CHANGES, AuditType.CONTENTS_VERIFIED, "look at the content store")
    return bench.contents.measure(bench.store.fixes.live_trees())


def verify_contents(bench: Workbench, progress: Progress = NOBODY) -> ContentsReport:
    """Compare everything in the content store with its digests, and enter what came of it.

    A tree that the database names and the store lacks is a damage, too. Raises ``Denied``, ``Cancelled``, and
    ``StoreError`` when the store cannot be read at all.
    """
    bench.demand(Act.READ_CHANGES, AuditType.CONTENTS_VERIFIED, "verify the content store")
    named = bench.store.fixes.live_trees()  # first: what is named from now on may not be seen any more
    found = bench.contents.verify(progress)
    missing = sorted(tree for tree in named if not bench.contents.has_tree(tree))
    if missing:
        lost = tuple(f"The recorded tree {tree.hex()[:12]} is missing." for tree in missing[:NAMED_IN_ENTRY])
        found = found.with_more(lost, len(missing))
    text = f"{plural(found.contents, 'content')} in {plural(found.trees, 'recorded tree')} compared"
    text += ", all sound" if found.is_sound else f": {found.damaged:,} damaged or missing. {found.damages[0]}"
    bench.enter_alone(
        bench.event(
            AuditType.CONTENTS_VERIFIED,
            text,
            result=AuditResult.SUCCESS if found.is_sound else AuditResult.FAILURE,
            damages=found.damages[:NAMED_IN_ENTRY],
        )
    )
    return found


def clean_contents(bench: Workbench, progress: Progress = NOBODY) -> Cleaned:
    """Drop what no hotfix and no update refers to, and enter what that was.

    Raises ``Denied``, ``Cancelled`` and ``StoreError``, also when the store is newer than what the database knows of
    hotfixes and updates: then everything is as it was.
    """
    bench.demand(Act.CLEAN_CONTENTS, AuditType.CONTENTS_CLEANED, "clean the content store")
    newest = [entry.moment.utc.timestamp() for kind in _RECORDING if (entry := bench.store.ledger.last(kind))]
    done = bench.contents.clean(bench.store.fixes.live_trees, progress, known_until=max(newest, default=0.0))
    bench.enter_alone(
        bench.event(
            AuditType.CONTENTS_CLEANED,
            f"Dropped {plural(done.trees, 'recorded tree')} and {plural(done.contents, 'content')}"
            f" that nothing refers to; {done.freed / 1e6:,.1f} MB were freed",
            trees=done.trees,
            contents=done.contents,
            freed=done.freed,
        )
    )
    return done
