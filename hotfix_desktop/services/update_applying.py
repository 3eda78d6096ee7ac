"""Updating packages from an archive: all of them or none, whatever happens in between (``design.md`` P5, P6).

Order of steps: record the ends of hotfixes that are not recorded yet → look again under the locks → keep everything
that is there in the content store → record the update → make the new folders beside the packages → decide, in one
durable transaction → rename → record → remove the old ones.
A kill before the decision is undone, one after it is rolled forward (``update_recovery.py``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from hotfix_desktop.core.changes import changes_between
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.errors import HotfixError, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.core.progress import NOBODY, Progress, Within
from hotfix_desktop.core.update_plan import Take, Updated, UpdatePlan, undecided
from hotfix_desktop.core.writers import Writer, writers_phrase
from hotfix_desktop.services.recording import record_pending
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.update_entries import decided, facts_of, left_words, sentence_of
from hotfix_desktop.services.update_merging import Merged, merged
from hotfix_desktop.services.update_parts import Part, parts_of, reader
from hotfix_desktop.services.update_recovery import LOCK, LOCKED, finish, recover_held, tidy, undo
from hotfix_desktop.services.update_steps import Step, encode
from hotfix_desktop.services.updating import demand_update, is_as_seen, open_archive, words_of
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.updates import UpdateState
from hotfix_desktop.workspaces.port import Archive

log = logging.getLogger(__name__)

PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One package of the update as it was decided."""

    part: Part
    take: Take | None
    after: Merged


def update(
    bench: Workbench,
    plan: UpdatePlan,
    takes: Mapping[str, Take],
    *,
    older: bool = False,
    modifiable: bool = False,
    progress: Progress = NOBODY,
) -> Updated:
    """Do what a plan says: every package of the archive, or none.

    ``takes`` decides, by the packages' names, about fixes that the archive does not have; ``older`` and ``modifiable``
    confirm that older versions are taken, and that a developer's own packages are overwritten.

    Raises:
        Denied: when the person is no System administrator; that is an entry.
        Refused: something is undecided, unconfirmed, cannot be updated, or is not as it was when the plan was made.
        Busy: another program works on one of the packages.
        WorkspaceError, Cancelled: everything is as it was.
        StoreError: everything is as it was, or, where the sentence says so, is finished by the next beat.
    """
    demand_update(bench, plan.archive)
    _demand_decided(plan, takes, older=older, modifiable=modifiable)
    with bench.store.exclusive.holding(LOCK, LOCKED, PATIENCE):
        recover_held(bench)
        record_pending(bench, Within(progress))
        with open_archive(bench, plan.archive, Within(progress)) as opened, ExitStack() as held:
            for number, name in sorted((p.package_id, p.name) for p in plan.packages if p.package_id is not None):
                held.enter_context(bench.store.exclusive.holding(f"package-{number}", name, PATIENCE))
            parts = parts_of(bench, opened, Within(progress))
            _demand_as_seen(plan, opened, parts)
            updated = _update(bench, opened, parts, takes, progress)
    seal(bench)
    return updated


def _demand_decided(plan: UpdatePlan, takes: Mapping[str, Take], *, older: bool, modifiable: bool) -> None:
    _demand_possible(plan)
    if not plan.packages:
        raise Refused(f"{plan.archive.name} holds no package.")
    open_questions = undecided(plan, takes)
    if open_questions:
        first = open_questions[0]
        files = [fix.shown for fix in first.fixes if fix.fate.value != "contained"]
        named = ", ".join(files[:3]) + (" …" if len(files) > 3 else "")
        raise Refused(
            f"The update would overwrite fixes in {first.name}: {words_of(first)} ({named}).",
            "Decide whether ours stay on top or theirs are taken (--take ours, --take theirs).",
        )
    if plan.is_older and not older:
        one = next(p for p in plan.packages if p.is_older)
        raise Refused(
            f"{one.name} {one.new_version} is older than {one.old_version}, which is installed.",
            "Confirm that an older version is wanted (--older).",
        )
    if plan.is_modifiable and not modifiable:
        names = ", ".join(p.name for p in plan.packages if p.is_modifiable)
        raise Refused(
            f"The update would overwrite what is modifiable here: {names}.", "Confirm that this is wanted (--yes)."
        )


def _demand_possible(plan: UpdatePlan) -> None:
    problem = plan.problem or next((p.problem for p in plan.packages if p.problem), "")
    if problem:
        raise Refused(f"Nothing was updated. {problem}")


def _demand_as_seen(plan: UpdatePlan, opened: Archive, parts: Sequence[Part]) -> None:
    if opened.sha256 != plan.sha256:
        raise Refused(f"{plan.archive.name} is another file than before.", "Look at it again.")
    now = {part.plan.name: part.plan for part in parts}
    for seen in plan.packages:
        if seen.name not in now or not is_as_seen(now[seen.name], seen):
            why = now[seen.name].problem if seen.name in now else ""
            raise Refused(f"{seen.name} has changed meanwhile. {why}".strip(), "Look at the update again.")


def _update(
    bench: Workbench, opened: Archive, parts: Sequence[Part], takes: Mapping[str, Take], progress: Progress
) -> Updated:
    wanted = []
    for part in parts:
        take = takes[part.plan.name] if part.plan.needs_decision else None
        progress.step(0, 0, part.plan.name)
        wanted.append(_kept(bench, opened, part, take, Within(progress)))
    steps = _planned(bench, opened, wanted)
    number = bench.store.updates.begin(
        opened.path.name, opened.sha256, bench.person.user, bench.clock.now(), encode(steps)
    )
    known: dict[str, Manifest] = {}
    try:
        for at, one in enumerate(wanted):
            steps[at] = _staged(bench, one, steps[at], known, progress)
        bench.workspace.write_through()
        remarks = _decide(bench, number, wanted, steps)
    except (Exception, KeyboardInterrupt) as error:
        why = error.sentence.rstrip(".") if isinstance(error, HotfixError) else type(error).__name__
        try:
            undo(bench, number, steps, why, by_program=False)
        except HotfixError as second:
            log.warning("an update that failed could not be undone yet: %s", second)
        raise
    stored = next(one for one in bench.store.updates.pending() if one.number == number)
    try:
        replaced = finish(bench, stored, steps, known)
    except StoreError as error:
        raise type(error)(
            f"The update is decided, and is finished as soon as that can be recorded. {error.sentence}",
            error.remedy,
            error.details,
        ) from error
    try:
        late = tidy(bench, number, steps, replaced)
        if late:
            remarks.append(f"What a program wrote to {late[0]} meanwhile is kept in the content store.")
    except (WorkspaceError, StoreError) as error:
        remarks.append(f"What was there before is removed later: {error.sentence}")
    return _updated(number, wanted, steps, remarks)


def _kept(bench: Workbench, opened: Archive, part: Part, take: Take | None, progress: Progress) -> _Wanted:
    """Keep what is there and what is delivered in the content store, and what it becomes.

    What is there is pinned, and so outlives a database that is restored from a backup of before the update. What is
    delivered can be had from the archive again, and what it becomes lies in the folder then.
    """
    contents, name = bench.contents, part.plan.name
    if part.package is not None:
        read_now = partial(bench.workspace.read, part.package.found.key)
        recorded = contents.record(part.now, read_now, progress, pinned=True)
        if recorded.digest() != part.now.digest():
            raise Refused(f"{name} is being changed by another program just now.", "Close that program and try again.")
    else:
        contents.record(part.now, lambda paths: iter(()), progress)
    _demand_whole(contents.record(part.delivered, partial(reader, part, opened), progress), part.delivered, name)
    if take is not Take.OURS:
        return _Wanted(part, take, Merged(part.delivered))
    after = merged(part)

    def read(paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        return ((path, iter([after.contents[path]])) for path in paths if path in after.contents)

    _demand_whole(contents.record(after.tree, read, progress), after.tree, name)
    return _Wanted(part, take, after)


def _demand_whole(recorded: Manifest, wanted: Manifest, name: str) -> None:
    if recorded.digest() != wanted.digest():
        raise WorkspaceError(f"Nothing was updated: the contents for {name} could not be read whole.")


def _planned(bench: Workbench, opened: Archive, wanted: Sequence[_Wanted]) -> list[Step]:
    """Say what is to be done, before anything of it is made."""
    now_us = to_microseconds(bench.clock.now().utc)
    steps = []
    for at, one in enumerate(wanted):
        part, package = one.part, one.part.package
        swap, after = None, one.after.tree
        if package is not None and not changes_between(part.now, after).count:
            after = part.now
        else:
            record = bench.store.packages.record(package.package_id) if package and part.is_closed else None
            swap = bench.workspace.prepare_swap(part.plan.key, f"{now_us:x}-{at}", record, is_new=package is None)
        steps.append(
            Step(
                part.plan.name,
                part.plan.key,
                part.plan.package_id,
                part.is_closed,
                swap,
                part.now.digest(),
                part.delivered.digest(),
                after.digest(),
                one.take.value if one.take else "",
                part.fixes.home,
                part.fixes.left,
                part.fixes.inside,
                sentence_of(part, one.take, opened.path.name),
                facts_of(part, one.take, opened),
            )
        )
    return steps


def _staged(bench: Workbench, one: _Wanted, step: Step, known: dict[str, Manifest], progress: Progress) -> Step:
    """Make the new folder of a package, and read it again: it must be what was decided."""
    if step.swap is None:
        return step
    tree, package = one.after.tree, one.part.package
    record = bench.store.packages.record(package.package_id) if package and step.is_closed else None

    def read(paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        return ((path, bench.contents.chunks(tree.items[path].digest)) for path in paths)

    swap = bench.workspace.stage(step.swap, tree, read, record, progress, closed=step.is_closed)
    made = bench.workspace.survey_staged(swap, Within(progress))
    if made.digest() != step.after:
        raise WorkspaceError(f"What was written for {step.name} is not what was to be written.", "Check the disk.")
    known[step.key] = made
    return replace(step, swap=swap)


def _decide(bench: Workbench, number: int, wanted: Sequence[_Wanted], steps: list[Step]) -> list[str]:
    """Look a last time that everything is as it was, and decide durably: from here on it is finished."""
    remarks = []
    for at, one in enumerate(wanted):
        package = one.part.package
        if package is None or steps[at].swap is None:
            continue
        key = package.found.key
        if bench.workspace.survey(key, one.part.now).digest() != one.part.now.digest():
            raise Refused(f"{one.part.plan.name} was changed by another program just now.", "Look at it again.")
        writers = bench.workspace.writers(key)
        if writers:
            steps[at] = _with_writers(steps[at], writers)
            remarks.append(f"{steps[at].name} was still open for writing: {writers_phrase(writers)}.")
    with bench.store.transaction():
        if not bench.store.updates.set_state(number, UpdateState.STAGED, UpdateState.SWAPPING, encode(steps)):
            raise Refused("Another program has undone this update meanwhile.", "Try again.")
        for one, step in zip(wanted, steps, strict=True):
            if step.package_id is not None:
                bench.store.updates.keep_package(
                    number, step.package_id, step.before, step.delivered, step.after, step.decision
                )
            if one.take is not None:
                bench.enter(decided(bench, one.part, one.take))
    return remarks


def _with_writers(step: Step, writers: tuple[Writer, ...]) -> Step:
    named = [{"program": writer.program, "pid": writer.pid, "path": writer.path} for writer in writers]
    return replace(
        step,
        sentence=f"{step.sentence}. Still open for writing: {writers_phrase(writers)}",
        facts={**step.facts, "writers": named},
    )


def _updated(number: int, wanted: Sequence[_Wanted], steps: Sequence[Step], remarks: list[str]) -> Updated:
    pairs = list(zip(wanted, steps, strict=True))
    for one, step in pairs:
        if one.part.plan.drift:
            remarks.append(f"What was changed in {step.name} while it was not unlocked is kept in the content store.")
        remarks.extend(left_words(step))
    return Updated(
        number=number,
        installed=tuple(step.name for _, step in pairs if step.package_id is None),
        updated=tuple(step.name for _, step in pairs if step.package_id is not None and step.swap is not None),
        unchanged=tuple(step.name for _, step in pairs if step.swap is None),
        delivered=tuple(sorted(hotfix for _, step in pairs for hotfix in step.home)),
        kept=tuple(step.name for one, step in pairs if one.take is Take.OURS),
        overwritten=tuple(step.name for one, step in pairs if one.take is Take.THEIRS),
        remarks=tuple(remarks),
    )
