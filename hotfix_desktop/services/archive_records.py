"""Whether the records of archives say what the log's entries say of them: they are kept in a table beside the log."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from hotfix_desktop.core.archiving import records_digest
from hotfix_desktop.core.audit import AuditType, fields_of
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.store.archives import Archive
from hotfix_desktop.store.store import Store


def facts_of_record(made: Archive) -> dict[str, object]:
    """Give a record as its entry has it."""
    return {
        "first": made.first,
        "last": made.last,
        "head": made.head.hex(),
        "frontier": made.frontier.hex(),
        "signed_by": made.signed_by,
        "path": made.path,
        "sha256": made.sha256.hex(),
        "at": made.at.isoformat(),
    }


def as_entered(store: Store, records: list[Archive]) -> list[Archive]:
    """Give the records that say what the log's entries say. Raises ``StoreError``.

    The entry of the newest archive is always in the database, and seals all records before its own; in an archive
    file it may be missing, for it lies behind what was moved, and the file itself is known by its SHA-256.
    """
    entered = _entered(store)
    trusted: list[Archive] = []
    for at in reversed(range(len(records))):
        made, detail = records[at], entered.get(records[at].last)
        if detail is None:
            if store.is_archive and made not in trusted:
                trusted.append(made)
            continue
        if all(detail.get(name) == value for name, value in facts_of_record(made).items()):
            trusted.append(made)
        if detail.get("earlier") == _sealed(records[:at]):
            trusted += [each for each in records[:at] if each.last not in entered]
    return trusted


def odd_record(path: Path) -> Finding | None:
    """Give the first record of an archive that is not what an entry says, or that is gone; None for none.

    A few rows, in milliseconds; the entries themselves are taken to be whole. Raises ``StoreError``.
    """
    with closing(Store(path, read_only=True)) as store, store.reading():
        first, _ = store.archives.bounds()
        try:
            records = store.archives.all()
            facts = {made.last: facts_of_record(made) for made in records}
        except (ValueError, TypeError, OverflowError):
            return Finding(Break.COLUMN, first, first, "The records of the archives are damaged.")
        entered = _entered(store)
    newest = records[-1] if records else None
    if newest is not None and "earlier" in (said := entered.get(newest.last, {})):
        before = records[:-1]
        if said["earlier"] != _sealed(before):
            upto = before[-1].last if before else newest.first - 1
            return Finding(
                Break.COLUMN, upto, upto, "The records of the archives before the last are not what the log says."
            )
    for made in records:
        said = entered.get(made.last, {})
        if any(name in said and said[name] != value for name, value in facts[made.last].items()):
            which = f"The record of the archive of entries {made.first:,} to {made.last:,}"
            return Finding(Break.COLUMN, made.last, made.last, f"{which} is not what the log says of it.")
    return None


def _entered(store: Store) -> dict[object, dict[str, object]]:
    entered: dict[object, dict[str, object]] = {}
    for _, body in store.archives.of_type(AuditType.AUDIT_ARCHIVED, store.ledger.newest()):
        try:
            detail = json.loads(fields_of(body).detail)
            entered[detail["last"]] = detail
        except (ValueError, TypeError, LookupError):
            continue
    return entered


def _sealed(records: list[Archive]) -> str:
    return records_digest(map(facts_of_record, records))
