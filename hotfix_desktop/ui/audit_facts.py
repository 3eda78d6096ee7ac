"""Everything that an entry of the audit log says, as pairs of a name and a text."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hotfix_desktop.core.audit import Entry, chain_hash, leaf_hash
from hotfix_desktop.core.clock import EPOCH
from hotfix_desktop.services.auditing import AuditLine
from hotfix_desktop.services.entry_proof import Covering, EntryProof
from hotfix_desktop.ui.entry_detail import readable_detail

DAMAGED = "The stored bytes of this entry are damaged, so only what the list holds can be shown"
DIFFERS = "The list does not show what was entered: somebody has changed the database. Entered is what stands here"
UNCHAINED = "Its hash does not follow from the entry before it: this entry or an earlier one was changed"
UNREAD = "…"
NOT_COVERED = "No checkpoint covers this entry yet."


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of an entry; ``wide`` when its text may be long."""

    name: str
    text: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """All fields of an entry, and what is wrong with it; the trouble is empty when nothing is."""

    fields: tuple[Fact, ...]
    trouble: str = ""

    def text(self) -> str:
        """Give them as lines, for the clipboard."""
        lines = [f"{fact.name}: {fact.text}" for fact in self.fields if fact.text]
        return "\n".join([*([self.trouble] if self.trouble else []), *lines])


def facts_of(line: AuditLine, proof: EntryProof | None = None) -> Facts:
    """Give what was entered, from the bytes that the chain vouches for; ``proof`` is None until it was read."""
    chain = _chain(line, proof)
    try:
        entry = line.entry()
    except (ValueError, OverflowError) as error:
        return Facts((*_seen(line), *chain), f"{DAMAGED} ({error}).")
    event, moment = entry.event, entry.moment
    fields = (
        Fact("Description", event.description, wide=True),
        Fact("Event date", local_time(moment.utc)),
        Fact("Type", event.type.value),
        Fact("Number", str(entry.seq)),
        Fact("Event date (UTC)", utc_time(moment.utc)),
        Fact("Result", event.result.value),
        Fact("Hotfix", "" if event.hotfix is None else str(event.hotfix)),
        Fact("Since system start", uptime(moment.boot_us)),
        Fact("Owner", event.owner),
        Fact("Ticket", event.ticket),
        Fact("Package", event.package),
        Fact("IP address", event.ip_address),
        Fact("Reason", event.reason, wide=True),
        *_change(event.detail),
        Fact("Package UId", event.package_uid, wide=True),
        Fact("System start id", moment.boot_id, wide=True),
        *chain,
    )
    if not _agrees(line, entry):
        return Facts(fields, f"{DIFFERS}.")
    return Facts(fields, "" if _is_chained(line, proof) else f"{UNCHAINED}.")


def local_time(at: datetime) -> str:
    """Give a time in the local zone, to the microsecond."""
    try:
        return at.astimezone().isoformat(" ", "microseconds")
    except (OverflowError, ValueError):
        return ""  # damaged: no calendar of that zone holds it


def utc_time(at: datetime) -> str:
    """Give a time in UTC, to the microsecond."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def uptime(microseconds: int) -> str:
    """Give the boot-time clock as days, hours, minutes and seconds."""
    days, rest = divmod(microseconds, 86_400_000_000)
    clock = (EPOCH + timedelta(microseconds=rest)).time().isoformat("microseconds")
    return f"{days} d {clock}" if days else clock


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _seen(line: AuditLine) -> tuple[Fact, ...]:
    return (
        Fact("Description", line.description, wide=True),
        Fact("Event date", local_time(line.at)),
        Fact("Type", line.type),
        Fact("Number", str(line.seq)),
        Fact("Event date (UTC)", utc_time(line.at)),
        Fact("Result", line.result),
        Fact("Hotfix", "" if line.hotfix is None else str(line.hotfix)),
        Fact("Package", line.package),
        Fact("Owner", line.owner),
        Fact("IP address", line.ip_address),
    )


def _change(detail: str) -> tuple[Fact, ...]:
    """Give what a change of a setting changed, and the rest of the detail."""
    try:
        facts = json.loads(detail)
        before, after = facts.pop("old"), facts.pop("new")
    except (ValueError, KeyError, TypeError, AttributeError):
        return (Fact("Detail", readable_detail(detail), wide=True),)
    return (
        Fact("Before", _text(before) or "(empty)", wide=True),
        Fact("After", _text(after) or "(empty)", wide=True),
        Fact("Detail", readable_detail(json.dumps(facts)) if facts else "", wide=True),
    )


def _chain(line: AuditLine, proof: EntryProof | None) -> tuple[Fact, ...]:
    previous = UNREAD if proof is None else "" if proof.previous is None else proof.previous.hex()
    return (
        Fact("Previous hash", previous, wide=True),
        Fact("Hash", line.hash.hex(), wide=True),
        Fact("Leaf hash", leaf_hash(line.body).hex(), wide=True),
        *((Fact("Checkpoint", UNREAD, wide=True),) if proof is None else _covering(proof.covering)),
    )


def _covering(covering: Covering | None) -> tuple[Fact, ...]:
    if covering is None:
        return (Fact("Checkpoint", NOT_COVERED, wide=True),)
    what = f"Number {covering.number:,}, of the first {covering.size:,} entries"
    when = f", made {utc_time(covering.at)} UTC" if covering.at is not None else ""
    problem = f". ✗ {covering.problem}" if covering.problem else ""
    facts = [Fact("Checkpoint", f"{what}{when}{problem}", wide=True)]
    if covering.key:
        facts.append(Fact("Signed by key", covering.key, wide=True))
    if covering.signature:
        facts.append(Fact("Signature", base64.b64encode(covering.signature).decode(), wide=True))
    return tuple(facts)


def _is_chained(line: AuditLine, proof: EntryProof | None) -> bool:
    if proof is None or proof.previous is None:
        return True  # nobody knows
    return chain_hash(proof.previous, leaf_hash(line.body)) == line.hash


def _agrees(line: AuditLine, entry: Entry) -> bool:
    event = entry.event
    return (line.seq, line.at, line.type, line.result, line.ip_address, line.owner) == (
        entry.seq,
        entry.moment.utc,
        event.type.value,
        event.result.value,
        event.ip_address,
        event.owner,
    ) and (line.description, line.package, line.hotfix) == (event.description, event.package, event.hotfix)
