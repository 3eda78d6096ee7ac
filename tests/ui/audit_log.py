"""A filled audit log for tests: made through the ledger, the same each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotfix_desktop.core.audit import AuditResult, AuditType, Entry, Event, chain_hash, encode, leaf_hash
from hotfix_desktop.core.clock import Clock, Moment
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.services.auditing import AuditDesk, AuditLine
from hotfix_desktop.store.store import Store

NOW = datetime(2026, 11, 23, 14, 2, 11, 123456, tzinfo=UTC)
"""When the newest entry was made."""
STEP = timedelta(hours=3)
PACKAGES = ("UsrInvoices", "UsrPortal", "UsrCustomerInvoices", "CrtLeadOppMgmtApp")
OWNERS = ("ann", "bob", "i.koval")
REASONS = ("INC-4821 wrong VAT rounding", "Orders cannot be saved", "INC-4907 portal users see an empty page")


class StoppedClock(Clock):
    """Says :data:`NOW`."""

    def now(self) -> Moment:
        return moment(NOW)


def moment(at: datetime) -> Moment:
    return Moment(at, 93_784_000_000 + (at - NOW) // timedelta(microseconds=1) % 10**9, "4c1d-boot")


def event_of(number: int, **other: object) -> Event:
    """What entry ``number`` says: three entries for each hotfix, and every fiftieth entry is a refusal."""
    package = PACKAGES[number // 3 % len(PACKAGES)]
    owner = OWNERS[number // 3 % len(OWNERS)]
    reason = REASONS[number // 3 % len(REASONS)]
    hotfix: int | None = number // 3 + 1
    kind, result = AuditType.UNLOCK_REQUESTED, AuditResult.SUCCESS
    text, detail = f"{owner} wants {package} unlocked for 30 minutes: {reason}", '{"minutes": 30}'
    if number % 50 == 45:
        kind, result, hotfix, reason, detail = AuditType.SETTING_CHANGED, AuditResult.DENIED, None, "", ""
        text, package = f"Refused: change settings. {owner} may not change settings.", ""
    elif number % 3 == 1:
        kind = AuditType.UNLOCKED
        text = f"{package} is unlocked for a hotfix until 14:32 UTC: {reason}"
    elif number % 3 == 2:
        kind, text = AuditType.LOCKED, f"{owner} locked {package} after its hotfix"
        if number % 40 == 2:
            kind, result = AuditType.RELOCK_FAILED, AuditResult.FAILURE
            text = f"{package} cannot be relocked: descriptor.json belongs to another user"
    fields: dict[str, object] = {
        "type": kind,
        "result": result,
        "owner": owner,
        "ip_address": f"10.0.0.{7 + number % 3}",
        "description": text,
        "package": package,
        "package_uid": "0ab1" * 8 if package else "",
        "reason": reason,
        "ticket": reason.split()[0] if reason.startswith("INC") else "",
        "detail": detail,
        "hotfix": hotfix,
    }
    return Event(**{**fields, **other})  # type: ignore[arg-type]


def line_of(seq: int, at: datetime = NOW, **other: object) -> AuditLine:
    """Give an entry as the list gets it, without any log."""
    event = event_of(seq, **other)
    body = encode(Entry(seq, moment(at), event))
    return AuditLine(
        seq,
        at,
        event.type.value,
        event.result.value,
        event.ip_address,
        event.owner,
        event.description,
        event.package,
        event.hotfix,
        body,
        chain_hash(bytes(32), leaf_hash(body)),
    )


def make_log(path: Path, entries: int) -> Path:
    """Make a database whose log has so many entries, the newest at :data:`NOW`."""
    store = Store(path)
    store.administration.create_workspace("/packages", "Production", "ann", moment(NOW))
    store.administration.assign("cleo", Role.AUDITOR)
    with store.transaction():
        for number in range(entries):
            store.ledger.append(event_of(number), moment(NOW - STEP * (entries - 1 - number)))
    store.close()
    return path


def enter(path: Path, *events: Event, at: datetime = NOW) -> None:
    """Enter more, as another window would."""
    store = Store(path)
    with store.transaction():
        for event in events:
            store.ledger.append(event, moment(at))
    store.close()


def open_desk(path: Path, user: str = "cleo") -> AuditDesk:
    return AuditDesk(Store(path, read_only=True), StoppedClock(), Person(user, "10.0.0.7"))
