"""Whether the log still is the one that its anchors saw, and what people said when it was not.

A log that was rolled back, cut off or replaced refuses new unlocks until an administrator and an auditor have
acknowledged it; locks are never refused. Whether there are two people is not left to the log in question: whoever had
a role when it was last in order counts, too. Looking is cheap: of each anchor only what is new is read and compared,
together with the newest copy that agreed before, whose chain hash stands for all entries below it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hotfix_desktop.core.anchoring import (
    OWN,
    Acknowledgement,
    Compared,
    Copy,
    Judgement,
    LogFacts,
    compare,
    contradicts,
    judge,
    unsettled,
)
from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.roles import Act, Role
from hotfix_desktop.core.texts import REASON_LIMIT, clean_line
from hotfix_desktop.core.verdict import AnchorSeen, Finding
from hotfix_desktop.sealing.anchors import JOURNAL, Anchor, AnchorTrouble
from hotfix_desktop.sealing.limited import NotAnswering
from hotfix_desktop.sealing.seals import KnownAnchor
from hotfix_desktop.services.findings import Genuine, acknowledgements, facts_of, findings, own_compared
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)

JOURNAL_EVERY_US = 15 * 60 * 1_000_000
"""How often the journal is read again, whose program takes long to answer."""
REMEDY = (
    "Look at what was found: an administrator and an auditor have to acknowledge it before anything is unlocked."
    " Restore the right database if there is one."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the log stands beside its anchors.

    Attributes:
        finding: what is wrong; None for a log in order, and for one whose finding is settled.
        places: the anchors that say so.
        acknowledged: by whom this finding was acknowledged so far.
        anchors: every anchor as it was met.
        refuses: whether nothing may be unlocked because of it.
        roles: the roles in which the person of this workbench may acknowledge it now.
        alone: whether the workspace has no other member, neither now nor when its log was last in order.
    """

    finding: Finding | None = None
    places: tuple[str, ...] = ()
    acknowledged: tuple[Acknowledgement, ...] = ()
    anchors: tuple[AnchorSeen, ...] = ()
    refuses: bool = False
    roles: frozenset[Role] = frozenset()
    alone: bool = False


def standing(bench: Workbench) -> Standing:
    """Compare the log with every anchor that can be reached, and enter what is wrong, once. Raises ``StoreError``."""
    places, anchors = _met(bench)
    with bench.store.reading():
        judged = _judged(bench, places)
        members = _members(bench)
    if judged.finding is None or judged.is_lifted:
        # With an anchor away this may be an older log, which must not make anybody forgotten.
        bench.seals.remember_members(members, all_of_them=bool(anchors) and not any(seen.problem for seen in anchors))
        return Standing(anchors=anchors)
    with bench.store.transaction():
        # Once more where nobody else can write: only what still stands is entered, or refuses anything.
        judged = _judged(bench, places)
        if judged.finding is None or judged.is_lifted:
            return Standing(anchors=anchors)
        _enter_once(bench, judged, judged.finding)
        return Standing(
            judged.finding,
            judged.places,
            judged.acknowledged,
            anchors,
            judged.refuses,
            _open_roles(bench, judged.acknowledged),
            _is_alone(bench),
        )


def look(bench: Workbench) -> tuple[tuple[AnchorSeen, ...], Finding | None]:
    """Give every anchor as it is met now, and what is wrong; enters nothing, for a log that is only read.

    Raises ``StoreError``.
    """
    places, anchors = _met(bench)
    with bench.store.reading():
        judged = _judged(bench, places)
    return anchors, None if judged.is_lifted else judged.finding


def anchors_seen(bench: Workbench) -> tuple[AnchorSeen, ...]:
    """Give every anchor as it is met now. Raises ``StoreError``."""
    return _met(bench)[1]


def demand_in_order(bench: Workbench) -> None:
    """Raise ``Refused`` when the log was rolled back, cut off or replaced, and that is not acknowledged yet."""
    now = standing(bench)
    if now.refuses and now.finding is not None:
        raise Refused(f"{now.finding.sentence} No package can be unlocked until that is acknowledged.", REMEDY)


def acknowledge(bench: Workbench, as_role: Role, remark: str = "") -> Standing:
    """Enter that the person takes note of the finding in a role; gives how the log stands then.

    Somebody who is alone in a workspace may say it once in each role, whichever they have. Raises ``Denied``,
    ``InvalidInput``, and ``Refused`` when there is nothing to acknowledge, or they have said it already.
    """
    bench.demand(Act.ACKNOWLEDGE_BREAK, AuditType.BREAK_ACKNOWLEDGED, "acknowledge a break of the audit log")
    said = clean_line(remark, "remark", "A remark", REASON_LIMIT)
    places, _ = _met(bench)
    with bench.store.transaction():
        judged = _judged(bench, places)
        if judged.finding is None or judged.is_lifted or not judged.refuses:
            raise Refused("There is nothing to acknowledge: the audit log is in order, or this was acknowledged.")
        if as_role not in _open_roles(bench, judged.acknowledged):
            raise _not_yours(bench, as_role, judged.acknowledged)
        bench.enter(
            bench.event(
                AuditType.BREAK_ACKNOWLEDGED,
                f"Acknowledged for the {as_role.value}: {judged.finding.sentence}" + (f" {said}" if said else ""),
                finding=judged.finding.kind.value,
                seq=judged.finding.seq,
                role=as_role.value,
                alone=_is_alone(bench),
                notes=sorted(judged.settles),
                remark=said,
            )
        )
    return standing(bench)


def _judged(bench: Workbench, places: Iterable[str]) -> Judgement:
    """Give what these anchors and its own checkpoints say of the log as it is in this transaction.

    Else what was found earlier and never acknowledged, though nothing shows it any more.
    """
    record = bench.store.administration.workspace()
    if record is None or not bench.seals.is_on:
        return Judgement()
    facts = facts_of(bench.store, record.log_id)
    is_genuine = Genuine(bench.store)
    found = {name: _compare(bench.seals.known[name], (), facts, is_genuine) for name in places}
    found[OWN] = _with_strangers(own_compared(bench.store, facts, is_genuine), facts, is_genuine)
    broken = findings(bench.store)
    if not broken and not any(compared.against or compared.nonsense for compared in found.values()):
        return Judgement()
    said = acknowledgements(bench.store)
    judged = judge(found, facts, said)
    if judged.finding is None or judged.is_lifted:
        earlier = (unsettled(each, said) for each in broken)
        judged = next((each for each in earlier if each.refuses), judged)
    return replace(judged, settles=judged.settles.union(*(each.settles for each in broken)))


def _met(bench: Workbench) -> tuple[tuple[str, ...], tuple[AnchorSeen, ...]]:
    """Read what is new in every anchor; gives the names of those that could be read, and all as they were met."""
    record = bench.store.administration.workspace()
    if record is None or not bench.seals.is_on:
        return (), ()
    settings = bench.store.administration.settings()
    newest = bench.store.ledger.newest()
    places: list[str] = []
    seen: list[AnchorSeen] = []
    for anchor in bench.seals.anchors(settings.anchor_folder, settings.anchor_journal, newest):
        try:
            known = _look_at(bench, anchor, record.log_id)
        except (AnchorTrouble, NotAnswering) as error:
            seen.append(AnchorSeen(anchor.name, problem=error.sentence))
        else:
            places.append(anchor.name)
            seen.append(_seen(anchor.name, known, _begin_late(bench, anchor.name, known)))
    return tuple(places), tuple(seen)


def _look_at(bench: Workbench, anchor: Anchor, log_id: bytes) -> KnownAnchor:
    """Compare what is new in an anchor, or all of it where it or the log is not the one that was known."""
    now = bench.clock.now()
    stamp = anchor.stamp()
    before = known = bench.seals.known.setdefault(anchor.name, KnownAnchor(stamp))
    with bench.store.reading():
        is_other = known.top is not None and contradicts(known.top, facts_of(bench.store, log_id))
    if anchor.name == JOURNAL:
        if not known.read_us or is_other or now.boot_us - known.read_us > JOURNAL_EVERY_US:
            known = KnownAnchor(stamp)  # it is always read as a whole
        else:
            return known
    if known.stamp != stamp or is_other:
        known = KnownAnchor(stamp)
    while True:
        reading = anchor.read(known.end)
        if reading.end < known.end:  # it was cut off, and was read from its beginning
            known = KnownAnchor(stamp)
        known.end, known.read_us = reading.end, now.boot_us
        known.damaged, known.torn = known.damaged or reading.damaged, reading.torn
        known.last = reading.copies[-1] if reading.copies else known.last
        known.first = known.first or next(iter(reading.copies), None)
        # The log after the anchor, and as it is at one moment: what is entered in between is no contradiction.
        with bench.store.reading():
            _compare(known, reading.copies, facts_of(bench.store, log_id), Genuine(bench.store))
        if not reading.more:
            break
    known.is_other = before.is_other or (before.first is not None and anchor.name != JOURNAL and before is not known)
    known.is_other = known.is_other and (before.is_other or known.first != before.first or known.end < before.end)
    bench.seals.known[anchor.name] = known
    return known


def _compare(known: KnownAnchor, new: Iterable[Copy], facts: LogFacts, is_genuine: Genuine) -> Compared:
    copies = (*known.against, *new)
    compared = compare(copies, facts, is_genuine)
    known.against = compared.against
    known.nonsense += compared.nonsense
    if compared.agreed > (known.top.size if known.top else 0):
        known.top = next(copy for copy in copies if copy.size == compared.agreed and not contradicts(copy, facts))
    made = Compared(known.against, known.top.size if known.top else 0, known.nonsense)
    return _with_strangers(made, facts, is_genuine)


def _with_strangers(compared: Compared, facts: LogFacts, is_genuine: Genuine) -> Compared:
    strangers = {c.signer for c in compared.against if c.log_id == facts.log_id and is_genuine.is_stranger(c)}
    return replace(compared, strangers=frozenset(strangers))


def _begin_late(bench: Workbench, name: str, known: KnownAnchor) -> str:
    """Say that an anchor lacks the copies with which it must have begun; empty when it has them."""
    if name == JOURNAL:
        return ""  # which forgets its oldest lines by itself
    begun = bench.store.checkpoints.covering(bench.seals.since(name) + 1)
    if begun is None:
        return ""
    if known.first is None:
        return "No copy is in it, though the log was signed: it is not the file it was, or was never reached."
    return f"It has copies only from entry {known.first.size:,} on." if known.first.size > begun.size else ""


def _seen(name: str, known: KnownAnchor, late: str) -> AnchorSeen:
    problem = late
    if known.nonsense:
        problem = "Somebody else wrote into it: some of its copies bear a wrong signature."
    elif known.is_other:
        problem = "It is not the file it was: copies that were in it are gone."
    elif known.damaged or known.torn:
        problem = "A part of it cannot be read; the copies around it can."
    signed = known.last.signed() if known.last else None
    if signed is None:
        return AnchorSeen(name, problem=problem)
    return AnchorSeen(name, signed.checkpoint.size, signed.checkpoint.at, problem)


def _enter_once(bench: Workbench, judged: Judgement, finding: Finding) -> None:
    """Enter a finding unless an entry of it is there: one that names the same last copies. Inside a transaction."""
    if any(judged.settles <= before.settles for before in findings(bench.store)):
        return
    bench.enter(
        bench.event(
            AuditType.AUDIT_BROKEN,
            finding.sentence,
            result=AuditResult.FAILURE,
            by_program=True,
            finding=finding.kind.value,
            seq=finding.seq,
            until=finding.until,
            places=list(judged.places),
            notes=sorted(judged.settles),
        )
    )
    log.warning("the audit log is broken: %s", finding.sentence)


def _is_alone(bench: Workbench) -> bool:
    return _members(bench) | bench.seals.members() <= {bench.person.user}


def _members(bench: Workbench) -> frozenset[str]:
    return frozenset(user for user, _ in bench.store.administration.members())


def _open_roles(bench: Workbench, said: Iterable[Acknowledgement]) -> frozenset[Role]:
    """Give the roles in which the person may still say it."""
    user = bench.person.user
    done = list(said)
    taken = {one.role for one in done}
    if _is_alone(bench):
        return frozenset(Role) - taken
    if any(one.user == user for one in done):
        return frozenset()
    return bench.store.administration.roles_of(user) - taken


def _not_yours(bench: Workbench, role: Role, said: Iterable[Acknowledgement]) -> Refused:
    user = bench.person.user
    for one in said:
        if one.role is role:
            return Refused(f"{one.user} has acknowledged it for the {role.value} already.")
        if one.user == user:
            return Refused(f"{user} has acknowledged it already; now somebody else of the {role.value} has to.")
    return Refused(
        f"{user} is no member of {role.value}.", f"Ask one of the {role.value}, or have somebody be given that role."
    )
