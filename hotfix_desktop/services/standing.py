"""Whether the log still is the one that its anchors saw, and what people said when it was not.

A log that was rolled back, cut off or replaced refuses new unlocks until an administrator and an auditor have
acknowledged it; locks are never refused. Looking is cheap: of each anchor only what is new is read and compared,
together with the newest copy that agreed before, whose chain hash stands for all entries below it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
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
    copies_in,
    judge,
    unsettled,
)
from hotfix_desktop.core.audit import AuditResult, AuditType, Entry
from hotfix_desktop.core.checkpoints import key_id
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.roles import Act, Role
from hotfix_desktop.core.texts import REASON_LIMIT, clean_line
from hotfix_desktop.core.verdict import AnchorSeen, Break, Finding
from hotfix_desktop.sealing.anchors import JOURNAL, Anchor, AnchorTrouble
from hotfix_desktop.sealing.limited import NotAnswering
from hotfix_desktop.sealing.seals import KnownAnchor
from hotfix_desktop.sealing.signing import is_signed
from hotfix_desktop.services.signing_keys import announced_keys
from hotfix_desktop.services.workbench import Workbench

log = logging.getLogger(__name__)

JOURNAL_EVERY_US = 15 * 60 * 1_000_000
"""How often the journal is read again, whose program takes long to answer."""
LATEST = 1000
"""How many of the newest acknowledgements and findings are looked at."""
KEYS = 100_000
"""How many of the newest keys are known when a copy contradicts: all of them."""
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
        alone: whether the workspace has no other member.
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
    log_facts, found, anchors = _looked(bench)
    judged = _judged(bench, log_facts, found)
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
    log_facts, found, anchors = _looked(bench)
    judged = _judged(bench, log_facts, found)
    return anchors, None if judged.is_lifted else judged.finding


def anchors_seen(bench: Workbench) -> tuple[AnchorSeen, ...]:
    """Give every anchor as it is met now. Raises ``StoreError``."""
    return _looked(bench)[2]


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
    log_facts, found, _ = _looked(bench)
    with bench.store.transaction():
        judged = _judged(bench, log_facts, found)
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


def _judged(bench: Workbench, facts: LogFacts | None, found: Mapping[str, Compared]) -> Judgement:
    """Give what the anchors say now; else what was found earlier and never acknowledged, though it is gone."""
    if facts is None:
        return Judgement()
    broken = [made for entry in bench.store.ledger.recent(AuditType.AUDIT_BROKEN, LATEST) if (made := _entered(entry))]
    if not broken and not any(compared.against or compared.nonsense for compared in found.values()):
        return Judgement()
    said = _acknowledgements(bench)
    judged = judge(found, facts, said)
    if judged.finding is None or judged.is_lifted:
        earlier = (unsettled(each, said) for each in broken)
        judged = next((each for each in earlier if each.refuses), Judgement())
    return replace(judged, settles=judged.settles.union(*(each.settles for each in broken)))


def _looked(bench: Workbench) -> tuple[LogFacts | None, dict[str, Compared], tuple[AnchorSeen, ...]]:
    """Compare the log with every anchor, and with its own checkpoints that are ahead of it."""
    record = bench.store.administration.workspace()
    if record is None or not bench.seals.is_on:
        return None, {}, ()
    settings = bench.store.administration.settings()
    is_genuine = _Genuine(bench)
    found: dict[str, Compared] = {}
    seen: list[AnchorSeen] = []
    for anchor in bench.seals.anchors(settings.anchor_folder, settings.anchor_journal):
        try:
            found[anchor.name] = _look_at(bench, anchor, record.log_id, is_genuine)
        except (AnchorTrouble, NotAnswering) as error:
            seen.append(AnchorSeen(anchor.name, problem=error.sentence))
        else:
            seen.append(_seen(anchor.name, bench.seals.known[anchor.name]))
    facts = _facts(bench, record.log_id)
    own = [
        copy for stored in bench.store.checkpoints.beyond(facts.newest) for copy in copies_in(stored.note.encode())[0]
    ]
    found[OWN] = compare(own, facts, is_genuine)
    return facts, found, tuple(seen)


def _facts(bench: Workbench, log_id: bytes) -> LogFacts:
    first, _ = bench.store.archives.bounds()
    newest, _ = bench.store.ledger.end()
    is_sealed = bench.store.checkpoints.last() is not None
    return LogFacts(log_id, first, newest, bench.store.ledger.hash_of, is_sealed)


def _look_at(bench: Workbench, anchor: Anchor, log_id: bytes, is_genuine: _Genuine) -> Compared:
    """Compare what is new in an anchor, or all of it where it or the log is not the one that was known."""
    now = bench.clock.now()
    stamp = anchor.stamp()
    known = bench.seals.known.setdefault(anchor.name, KnownAnchor(stamp))
    facts = _facts(bench, log_id)
    if anchor.name == JOURNAL:
        if not known.read_us or now.boot_us - known.read_us > JOURNAL_EVERY_US:
            known = KnownAnchor(stamp)  # it is always read as a whole
        elif known.top is None or not contradicts(known.top, facts):
            return _compare(known, (), facts, is_genuine)
    if known.stamp != stamp or (known.top is not None and contradicts(known.top, facts)):
        known = KnownAnchor(stamp)
    bench.seals.known[anchor.name] = known
    while True:
        reading = anchor.read(known.end)
        if reading.end < known.end:  # it was cut off, and was read from its beginning
            known = bench.seals.known[anchor.name] = KnownAnchor(stamp)
        known.end, known.read_us = reading.end, now.boot_us
        known.damaged, known.torn = known.damaged or reading.damaged, reading.torn
        known.last = reading.copies[-1] if reading.copies else known.last
        # The log after the anchor: what is entered in between is no contradiction.
        compared = _compare(known, reading.copies, _facts(bench, log_id), is_genuine)
        if not reading.more:
            return compared


def _compare(known: KnownAnchor, new: Iterable[Copy], facts: LogFacts, is_genuine: _Genuine) -> Compared:
    copies = (*known.against, *new)
    compared = compare(copies, facts, is_genuine)
    known.against = compared.against
    known.nonsense += compared.nonsense
    if compared.agreed > (known.top.size if known.top else 0):
        known.top = next(copy for copy in copies if copy.size == compared.agreed and not contradicts(copy, facts))
    return Compared(known.against, known.top.size if known.top else 0, known.nonsense)


def _seen(name: str, known: KnownAnchor) -> AnchorSeen:
    problem = ""
    if known.nonsense:
        problem = "Somebody else wrote into it: some of its copies bear a wrong signature."
    elif known.damaged or known.torn:
        problem = "A part of it cannot be read; the copies around it can."
    signed = known.last.signed() if known.last else None
    if signed is None:
        return AnchorSeen(name, problem=problem)
    return AnchorSeen(name, signed.checkpoint.size, signed.checkpoint.at, problem)


class _Genuine:
    """Whether the signature of a copy is that of the key that it names; a key that the log never knew may be right."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._keys: list[bytes] | None = None

    def __call__(self, copy: Copy) -> bool:
        note = copy.signed()
        if note is None:
            return False
        if self._keys is None:
            self._keys = [key.public for key in announced_keys(self._bench.store, KEYS)]
        named = [key for key in self._keys if key_id(note.signature.name, key) == note.signature.key_id]
        return not named or any(is_signed(note, key) for key in named)


def _acknowledgements(bench: Workbench) -> list[Acknowledgement]:
    entries = bench.store.ledger.recent(AuditType.BREAK_ACKNOWLEDGED, LATEST, AuditResult.SUCCESS)
    return [made for entry in reversed(entries) if (made := _acknowledgement(entry))]


def _acknowledgement(entry: Entry) -> Acknowledgement | None:
    try:
        facts = json.loads(entry.event.detail)
        settled = frozenset(map(str, facts["notes"]))
        role, alone, remark = Role(facts["role"]), facts["alone"] is True, str(facts["remark"])
    except (ValueError, TypeError, LookupError):
        return None
    return Acknowledgement(entry.event.owner, role, alone, settled, entry.seq, remark)


def _entered(entry: Entry) -> Judgement | None:
    """Give the finding of an entry that this module made; None for any other."""
    try:
        facts = json.loads(entry.event.detail)
        finding = Finding(Break(facts["finding"]), int(facts["seq"]), int(facts["until"]), entry.event.description)
        return Judgement(finding, tuple(map(str, facts["places"])), frozenset(map(str, facts["notes"])))
    except (ValueError, TypeError, LookupError):
        return None


def _enter_once(bench: Workbench, judged: Judgement, finding: Finding) -> None:
    """Enter a finding unless an entry of it is there: one that names the same last copies."""
    with bench.store.transaction():
        for entry in bench.store.ledger.recent(AuditType.AUDIT_BROKEN, LATEST):
            before = _entered(entry)
            if before is not None and judged.settles <= before.settles:
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
    return {user for user, _ in bench.store.administration.members()} <= {bench.person.user}


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
