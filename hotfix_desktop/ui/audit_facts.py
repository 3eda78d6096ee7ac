"""Everything that an entry of the audit log says, as pairs of a name and a text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hotfix_desktop.core.audit import Entry
from hotfix_desktop.core.clock import EPOCH
from hotfix_desktop.services.auditing import AuditLine

DAMAGED = "The stored bytes of this entry are damaged, so only what the list holds can be shown"
DIFFERS = "The list does not show what was entered: somebody has changed the database. Entered is what stands here"


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


def facts_of(line: AuditLine) -> Facts:
    """Give what was entered, from the bytes that the chain vouches for."""
    try:
        entry = line.entry()
    except (ValueError, OverflowError) as error:
        return Facts((*_seen(line), _hash(line)), f"{DAMAGED} ({error}).")
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
        Fact("Detail", readable_detail(event.detail), wide=True),
        Fact("Package UId", event.package_uid, wide=True),
        Fact("System start id", moment.boot_id, wide=True),
        _hash(line),
    )
    return Facts(fields, "" if _agrees(line, entry) else f"{DIFFERS}.")


def local_time(at: datetime) -> str:
    """Give a time in the local zone, to the microsecond."""
    return at.astimezone().isoformat(" ", "microseconds")


def utc_time(at: datetime) -> str:
    """Give a time in UTC, to the microsecond."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def uptime(microseconds: int) -> str:
    """Give the boot-time clock as days, hours, minutes and seconds."""
    days, rest = divmod(microseconds, 86_400_000_000)
    clock = (EPOCH + timedelta(microseconds=rest)).time().isoformat("microseconds")
    return f"{days} d {clock}" if days else clock


def readable_detail(detail: str) -> str:
    """Give the further facts as "name: value" lines; a text that is no JSON object as it is."""
    try:
        facts = json.loads(detail)
    except ValueError:
        return detail
    if not isinstance(facts, dict):
        return detail
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in facts.items()
    )


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


def _hash(line: AuditLine) -> Fact:
    return Fact("Hash", line.hash.hex(), wide=True)


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
