"""Reviewing closed hotfixes: what waits, what is known of each, and the auditor's word, which is an entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import Denied, Refused
from hotfix_desktop.core.lifecycle import Hotfix, HotfixState
from hotfix_desktop.core.reviews import (
    Changed,
    Review,
    ReviewCounts,
    ReviewItem,
    ReviewState,
    ReviewVerdict,
    changed_of,
    checked_remark,
    is_own,
    sentence_of,
    why_not_review,
)
from hotfix_desktop.core.roles import Act, Role, demand, why_not
from hotfix_desktop.services.workbench import Workbench

PAGE = 200
AT_THE_LOCK = timedelta(minutes=1)
"""So soon after a lock its own baseline is taken."""
MOST_TOGETHER = 1000
"""Hotfixes that are reviewed in one transaction."""
TYPES = {ReviewVerdict.REVIEWED: AuditType.HOTFIX_REVIEWED, ReviewVerdict.OBJECTED: AuditType.HOTFIX_OBJECTED}


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One page of a list of closed hotfixes, the newest first.

    Attributes:
        more: whether there are older ones.
        unchanged: the numbers of all waiting hotfixes, not only of this page, of which it is known that they changed
            nothing, and that the person may review.
        lone: whether the person is the only auditor.
    """

    items: tuple[ReviewItem, ...]
    more: bool
    counts: ReviewCounts
    unchanged: tuple[int, ...]
    user: str
    roles: frozenset[Role]
    lone: bool


def read_reviews(
    bench: Workbench, state: ReviewState = ReviewState.TO_REVIEW, before: int | None = None, limit: int = PAGE
) -> ReviewPage:
    """Give a page of closed hotfixes, below number ``before`` if given; raises ``Denied``."""
    user = bench.person.user
    roles = bench.store.administration.roles_of(user)
    demand(Act.READ_AUDIT, user, roles)
    numbers = bench.store.reviews.numbers(state, before, limit + 1)
    lone = is_lone_auditor(bench)
    waiting = () if why_not(Act.REVIEW, user, roles) else items(bench, bench.store.reviews.perhaps_unchanged())
    return ReviewPage(
        tuple(items(bench, numbers[:limit])),
        len(numbers) > limit,
        bench.store.reviews.counts(),
        tuple(
            item.hotfix.number
            for item in waiting
            if item.changed is Changed.NOTHING
            and not why_not_review(item.hotfix, item.review, ReviewVerdict.REVIEWED, user, roles, lone)
        ),
        user,
        roles,
        lone,
    )


def review(bench: Workbench, number: int, verdict: ReviewVerdict, remark: str = "") -> Review:
    """Enter what an auditor says of a closed hotfix.

    Raises ``Denied`` for somebody without the role, and for whoever opened it while there is another auditor; both
    are entries. ``InvalidInput`` for an objection without a remark, ``Refused`` for a hotfix that is unknown, open,
    or reviewed already.
    """
    hotfix = _closed(bench, number)
    kind = TYPES[verdict]
    bench.demand(Act.REVIEW, kind, f"review hotfix {number} of {hotfix.package_name}")
    cleaned = checked_remark(remark, verdict)
    denied: Denied | None = None
    with bench.store.transaction():
        item = items(bench, [number])[0]
        sentence = _why_not(bench, item, verdict)
        if not sentence:
            return _record(bench, item, verdict, cleaned)
        if is_own(hotfix, bench.person.user) and not is_lone_auditor(bench):
            denied = Denied(sentence)
            bench.enter(
                bench.event(
                    kind,
                    f"Refused: review hotfix {number} of {hotfix.package_name}. {sentence}",
                    result=AuditResult.DENIED,
                    hotfix=hotfix,
                )
            )
    raise denied or Refused(sentence)


def review_together(bench: Workbench, numbers: Sequence[int], remark: str = "") -> int:
    """Review hotfixes that changed nothing in one step, each with its own entry; gives how many.

    Those that changed meanwhile, or were reviewed by somebody else, are left out. Raises as :func:`review` does,
    and ``Refused`` when none is left.
    """
    bench.demand(Act.REVIEW, AuditType.HOTFIX_REVIEWED, "review the hotfixes that changed nothing")
    cleaned = checked_remark(remark, ReviewVerdict.REVIEWED)
    with bench.store.transaction():
        fit = [
            item
            for item in items(bench, sorted(set(numbers))[:MOST_TOGETHER])
            if item.review is None
            and item.changed is Changed.NOTHING
            and not _why_not(bench, item, ReviewVerdict.REVIEWED)
        ]
        if not fit:
            raise Refused("None of these hotfixes waits for a review any more.")
        for item in fit:
            _record(bench, item, ReviewVerdict.REVIEWED, cleaned, together=len(fit))
    return len(fit)


def is_lone_auditor(bench: Workbench) -> bool:
    """Whether nobody but the person is an auditor."""
    auditors = {user for user, role in bench.store.administration.members() if role is Role.AUDITOR}
    return auditors == {bench.person.user}


def items(bench: Workbench, numbers: Iterable[int]) -> list[ReviewItem]:
    """Give what is known of closed hotfixes, in the order of their numbers as given; unknown ones are left out."""
    found = [hotfix for number in numbers if (hotfix := bench.store.hotfixes.get(number)) is not None]
    late = bench.store.reviews.late_writes([hotfix.number for hotfix in found])
    last = bench.store.hotfixes.last_closed({hotfix.package_id for hotfix in found})
    changes = bench.store.deliveries.changes_of([hotfix.number for hotfix in found])
    made = []
    for hotfix in found:
        writes = late.get(hotfix.number, 0)
        is_last = last.get(hotfix.package_id) == hotfix
        changed = _changed(bench, hotfix, writes, changes.get(hotfix.number), is_last=is_last)
        made.append(ReviewItem(hotfix, changed, writes, bench.store.reviews.get(hotfix.number)))
    return made


def _changed(bench: Workbench, hotfix: Hotfix, late_writes: int, changes: int | None, *, is_last: bool) -> Changed:
    """Say what the recorded trees of a hotfix say.

    Where there are none, compare what the package contained at unlock with its baseline, which is that of the last
    hotfix's lock.

    A package that is open again has none.
    """
    baseline = bench.store.baselines.get(hotfix.package_id) if is_last else None
    if baseline is None or hotfix.closed_at is None:
        return changed_of(hotfix, late_writes, "", "", after_is_its_own=False, changes=changes)
    return changed_of(
        hotfix,
        late_writes,
        bench.store.reviews.contents_before(hotfix.number),
        baseline.digest.hex(),
        after_is_its_own=baseline.taken.utc - hotfix.closed_at <= AT_THE_LOCK,
        changes=changes,
    )


def _why_not(bench: Workbench, item: ReviewItem, verdict: ReviewVerdict) -> str:
    user = bench.person.user
    roles = bench.store.administration.roles_of(user)
    return why_not_review(item.hotfix, item.review, verdict, user, roles, is_lone_auditor(bench))


def _record(bench: Workbench, item: ReviewItem, verdict: ReviewVerdict, remark: str, together: int = 0) -> Review:
    user = bench.person.user
    facts: dict[str, object] = {"changed": item.changed.value, "remark": remark}
    if item.review is not None:
        facts["objected_by"] = item.review.by
    if together:
        facts["together"] = together
    if is_own(item.hotfix, user):
        facts["own"] = True
    kept = bench.store.reviews.keep(item.hotfix.number, verdict, remark, user, bench.clock.now())
    bench.enter(bench.event(TYPES[verdict], sentence_of(item, verdict, remark, user), hotfix=item.hotfix, facts=facts))
    return kept


def _closed(bench: Workbench, number: int) -> Hotfix:
    hotfix = bench.store.hotfixes.get(number)
    if hotfix is None:
        raise Refused(f"There is no hotfix {number} in this workspace.")
    if hotfix.state is not HotfixState.CLOSED:
        raise Refused(f"{hotfix.package_name} is still open; a hotfix is reviewed when it is closed.")
    return hotfix
