"""What programs write to a package while an update replaces it: kept for ever, before the old folder is removed.

A program that has a file open writes to the old folder, wherever that was moved. It is looked at once when the new
folder is in its place, and again right before it is removed. What a program writes after that second look goes with
the file that it holds open, as no file system can say otherwise; the entry of the update names such programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.manifest import Fact, Kind, Manifest
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.update_steps import Step
from hotfix_desktop.services.workbench import Workbench

LOOKS = 3
"""So often a folder is looked at in which something is written again and again."""
NAMED = 50
"""Paths that the entry lists."""
NOTHING = Manifest({})


def late_writes(bench: Workbench, step: Step) -> tuple[bytes, Manifest]:
    """Keep what somebody wrote to a package until it was replaced; gives the digest of it, and what lies there now."""
    if step.swap is None or not step.before:
        return step.before, NOTHING
    now = bench.workspace.survey_replaced(step.swap, NOTHING)
    if now is None:
        return step.before, NOTHING
    tree = now.digest()
    return (tree, now) if tree == step.before else (_keep(bench, step, now).digest(), now)


def keep_latest(bench: Workbench, number: int, step: Step, known: Manifest | None) -> tuple[str, ...]:
    """Keep what was written to the old folder since, and enter it; gives the paths.

    ``known`` is what lay there at the last look; without it everything is read, and compared with what was kept then.
    Of a folder that is half removed already only what is still there counts. Raises ``StoreError``,
    ``WorkspaceError``: then the folder must stay.
    """
    if step.swap is None or not step.before:
        return ()
    seen, found, kept = _kept(bench, number, step) if known is None else known, set[bytes](), b""
    earlier = NOTHING if known is None else known
    for _ in range(LOOKS):
        now = bench.workspace.survey_replaced(step.swap, earlier)
        late = [] if now is None else _written(seen.items, now)
        if now is None or not late:
            break
        kept = _keep(bench, step, now).digest()
        found.update(late)
        seen = earlier = now
    paths = tuple(path.decode("utf-8", "backslashreplace") for path in sorted(found))
    if paths:
        _enter(bench, number, step, paths, kept)
    return paths


def _kept(bench: Workbench, number: int, step: Step) -> Manifest:
    """Give what the package contained when it was replaced; nothing when the content store does not have it."""
    past = bench.store.updates.of_package(step.package_id) if step.package_id is not None else []
    tree = next((update.before for update in past if update.update == number), step.before)
    return bench.contents.tree(tree) if bench.contents.has_tree(tree) else NOTHING


def _written(seen: Mapping[bytes, Fact], now: Manifest) -> list[bytes]:
    written = []
    for path, fact in now.items.items():
        was = seen.get(path)
        if fact.kind in (Kind.FILE, Kind.LINK) and (was is None or was.digest != fact.digest):
            written.append(path)
    return written


def _keep(bench: Workbench, step: Step, now: Manifest) -> Manifest:
    assert step.swap is not None
    return bench.contents.record(now, partial(bench.workspace.read_replaced, step.swap), pinned=True)


def _enter(bench: Workbench, number: int, step: Step, paths: tuple[str, ...], kept: bytes) -> None:
    package = bench.store.packages.get(step.package_id) if step.package_id is not None else None
    named = ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")
    bench.enter_alone(
        bench.event(
            AuditType.CHANGES_RECORDED,
            f"A program wrote to {plural(len(paths), 'file')} of {step.name} when the update had replaced it; what it"
            f" wrote is kept in the content store ({named})",
            found=package.found if package else None,
            by_program=True,
            update=number,
            kept=kept.hex(),
            paths=paths[:NAMED],
        )
    )
