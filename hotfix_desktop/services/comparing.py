"""How a closed package differs from its baseline: what is kept of that and shown, and what is entered, and how often.

Each way in which a package differs is entered once: which paths were added, changed and deleted. New contents of
the same paths are told seldom, or a program that goes on writing would fill the log. The caller of each function
holds the package; all raise ``StoreError``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.lifecycle import Files
from hotfix_desktop.core.manifest import (
    WHOLE_FOLDER,
    Counts,
    Differences,
    Drift,
    Manifest,
    differences,
    shown_paths,
)
from hotfix_desktop.services.closing import close_files
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.baselines import KnownDrift
from hotfix_desktop.store.packages import StoredPackage

CHECKS_AFTER_SECONDS = (5, 30, 120)
"""When all contents are read again after a hotfix: the grace of P1, one write-back of the system, and later."""
DONE = len(CHECKS_AFTER_SECONDS)
"""After so many looks what a program left behind in a hotfix is written."""
NOTHING = Manifest({})
"""What a package contains whose folder is gone."""
AGAIN_AFTER_SECONDS = 600
"""For so long new contents of the same paths are not entered again; then for twice as long, and so on."""
SELDOM_SECONDS = 86_400
NAMED_IN_ENTRY = 50


def compare(
    bench: Workbench, package: StoredPackage, before: Manifest, now: Manifest, *, opens: bool = False
) -> Drift | None:
    """Keep and enter how a package differs from its baseline ``before``; gives the drift that is to be shown.

    With ``opens`` the package is about to be opened, and no newer stamps are kept in a baseline that goes with that.
    """
    found = differences(before, now)
    known = bench.store.baselines.drift(package.package_id)
    if known is not None and known.drift.is_folder_gone:
        known = _folder_is_back(bench, package, known, is_same=not found.count)
    if not found.count:
        _learn(bench, package.package_id, before, now, opens=opens)
        return _as_before(bench, package, known, before.digest(), now.digest())
    if not opens:
        _distrust(bench, package.package_id, before, found.changed)
    # The baseline counts, too: after a hotfix the same paths are something new.
    shape = hashlib.sha256(before.digest() + found.shape().encode()).hexdigest()
    if known is not None and known.shape == shape:
        return _same_paths(bench, package, known, found, now.digest())
    return _new_paths(bench, package, known, found, KnownDrift(Drift(0), now.digest(), before.digest(), shape))


def note_deleted(bench: Workbench, package: StoredPackage) -> Drift | None:
    """Keep and enter that the folder of a package was deleted; None for one that has no baseline."""
    store, number = bench.store.baselines, package.package_id
    known, baseline = store.drift(number), store.get(number)
    if baseline is None or (known is not None and known.drift.is_folder_gone):
        return known.drift if known else None
    drift, against = Drift(_now_us(bench), deleted=(WHOLE_FOLDER,), count=1), baseline.digest
    if known is not None and known.against != against:
        drift, against = drift.over(known.drift), b""
    with bench.store.transaction():
        drift = store.keep_drift(number, KnownDrift(drift, NOTHING.digest(), against))
        _enter(bench, package, AuditType.DRIFT_FOUND, "Its folder was deleted while it was not unlocked", drift)
    return drift


def close_opened(bench: Workbench, package: StoredPackage, writable: Sequence[bytes]) -> None:
    """Close a package that was found writable though it is not unlocked, and enter and show that.

    ``writable`` are the files and folders with write bits, as far as they are known. Raises ``WorkspaceError``.
    """
    close_files(bench, package.package_id)
    store, number = bench.store.baselines, package.package_id
    opened = shown_paths(writable) or (WHOLE_FOLDER,)
    known = store.drift(number)
    if known is None:
        baseline = store.get(number)
        known = KnownDrift(Drift(_now_us(bench)), baseline.digest if baseline else b"", b"")
    counts = replace(known.drift.counts, opened=max(len(opened), len(writable)))
    drift = replace(known.drift, opened=opened, counts=counts)
    with bench.store.transaction():
        bench.store.packages.set_files(number, Files.CLOSED)
        # Not against anything: that its contents are as they were does not undo that it was open.
        store.keep_drift(number, replace(known, drift=drift, against=b""))
        bench.enter(
            bench.event(
                AuditType.RECONCILED,
                "Its files were found writable though it is not unlocked, and were closed",
                found=package.found,
                by_program=True,
                opened=opened[:NAMED_IN_ENTRY],
                items=len(writable),
            )
        )


def named(drift: Drift) -> dict[str, object]:
    """Give what an entry says of a drift in its detail."""
    return {
        "added": drift.added[:NAMED_IN_ENTRY],
        "changed": drift.changed[:NAMED_IN_ENTRY],
        "deleted": drift.deleted[:NAMED_IN_ENTRY],
        "opened": drift.opened[:NAMED_IN_ENTRY],
        "items": drift.count,
    }


def _learn(bench: Workbench, package_id: int, before: Manifest, now: Manifest, *, opens: bool) -> None:
    """Keep newer stamps of the same contents, and what could not be read before, in the baseline."""
    store = bench.store.baselines
    if now.digest() == before.digest():
        if not opens and any(now.items[path].stamp != fact.stamp for path, fact in before.items.items()):
            store.renew_stamps(package_id, now)
    elif baseline := store.get(package_id):
        store.keep(package_id, now, baseline.taken, baseline.checks)


def _distrust(bench: Workbench, package_id: int, before: Manifest, changed: Collection[bytes]) -> None:
    """Take the stamps of changed files out of the baseline.

    Where one did not tell the change, which a thorough look has found, the next look would believe it and say that
    the package contains again what it did.
    """
    stamped = [path for path in changed if any(before.items[path].stamp)]
    if stamped:
        blank = {path: before.items[path]._replace(stamp=(0, 0, 0)) for path in stamped}
        bench.store.baselines.renew_stamps(package_id, Manifest({**before.items, **blank}))


def _as_before(
    bench: Workbench, package: StoredPackage, known: KnownDrift | None, against: bytes, digest: bytes
) -> Drift | None:
    store, number = bench.store.baselines, package.package_id
    if known is None:
        return None
    if known.against == against:
        with bench.store.transaction():
            if store.forget_drift(number):
                _enter_gone(bench, package, "Contains again what it did when it was closed")
        return None
    if known.digest != digest or known.shape:
        return store.keep_drift(number, replace(known, digest=digest, shape=""))
    return known.drift


def _folder_is_back(bench: Workbench, package: StoredPackage, known: KnownDrift, *, is_same: bool) -> KnownDrift | None:
    """Take the deleted folder out of a drift; gives what is left of it, from before or that it was writable."""
    store, number = bench.store.baselines, package.package_id
    left = replace(known, drift=known.drift.without_folder(), against=b"")
    with bench.store.transaction():
        store.forget_drift(number)
        if left.drift.count or left.drift.opened:
            store.keep_drift(number, left)
        if is_same:
            _enter_gone(bench, package, "Its folder is there again with what it contained when it was closed")
    return store.drift(number)


def _same_paths(
    bench: Workbench, package: StoredPackage, known: KnownDrift, found: Differences, digest: bytes
) -> Drift:
    """Keep the new contents of paths that are known to differ, and enter them now and then."""
    if known.digest == digest:
        return known.drift
    store, number, now = bench.store.baselines, package.package_id, _now_us(bench)
    if now - known.entered_us < known.wait_s * 1_000_000:
        # A clock that was set back begins the wait anew: no jump of it can let entries through.
        return store.keep_drift(number, replace(known, digest=digest, entered_us=min(known.entered_us, now)))
    latest = _drift(bench, number, found)
    drift = replace(known.drift, after_relock=known.drift.after_relock and latest.after_relock)
    wait = min(2 * known.wait_s, SELDOM_SECONDS)
    with bench.store.transaction():
        _enter_drift(bench, package, latest)
        return store.keep_drift(number, replace(known, drift=drift, digest=digest, entered_us=now, wait_s=wait))


def _new_paths(
    bench: Workbench, package: StoredPackage, known: KnownDrift | None, found: Differences, new: KnownDrift
) -> Drift:
    """Keep and enter a drift in place of the one before, which stays a part of it while nobody has accepted it."""
    number = package.package_id
    latest = drift = _drift(bench, number, found)
    against = new.against
    if known is not None and known.against != against:
        drift, against = drift.over(known.drift), b""
    new = replace(new, drift=drift, against=against, entered_us=latest.found_us, wait_s=AGAIN_AFTER_SECONDS)
    with bench.store.transaction():
        _enter_drift(bench, package, latest)
        return bench.store.baselines.keep_drift(number, new)


def _drift(bench: Workbench, package_id: int, found: Differences) -> Drift:
    baseline = bench.store.baselines.get(package_id)
    added, changed, deleted = map(shown_paths, (found.added, found.changed, found.deleted))
    late = baseline is not None and baseline.checks < DONE
    if not late:  # a program that was named at the lock may write a day later
        last = bench.store.hotfixes.last_closed([package_id]).get(package_id)
        writing: Collection[str] = {w.path for w in last.writers} if last else ()
        late = bool(changed) and not added and not deleted and all(path in writing for path in changed)
    counts = Counts(len(found.added), len(found.changed), len(found.deleted))
    return Drift(_now_us(bench), late, added, changed, deleted, found.count, counts=counts)


def _enter_drift(bench: Workbench, package: StoredPackage, drift: Drift) -> None:
    paths = [*drift.changed, *drift.added, *drift.deleted]
    first = ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")
    if drift.after_relock:
        text = f"Changed by a program that still had it open: {drift.sentence()} ({first})"
        _enter(bench, package, AuditType.CHANGED_AFTER_RELOCK, text, drift)
    else:
        text = f"Changed while it was not unlocked: {drift.sentence()} ({first})"
        _enter(bench, package, AuditType.DRIFT_FOUND, text, drift)


def _enter(bench: Workbench, package: StoredPackage, kind: AuditType, text: str, drift: Drift) -> None:
    last = bench.store.hotfixes.last_closed([package.package_id]) if drift.after_relock else {}
    bench.enter(
        bench.event(
            kind,
            text,
            result=AuditResult.FAILURE,
            found=package.found,
            hotfix=last.get(package.package_id),
            by_program=True,
            facts=named(drift),
        )
    )


def _enter_gone(bench: Workbench, package: StoredPackage, text: str) -> None:
    bench.enter(bench.event(AuditType.DRIFT_GONE, text, found=package.found, by_program=True))


def _now_us(bench: Workbench) -> int:
    return to_microseconds(bench.clock.now().utc)
