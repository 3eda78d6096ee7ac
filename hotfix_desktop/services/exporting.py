"""Taking entries of the audit log away as CSV or JSON Lines, and the entry that says so.

The order is that of the log, the oldest entry first. Memory does not grow with the log. Order of steps: check the
role → write a file that has no name yet → make it durable → enter the export → give the file its name. So nothing is
taken away without an entry, and what was cancelled, killed or failed leaves neither half a file nor an entry.

CSV (RFC 4180, UTF-8 with a byte order mark so that spreadsheets know it): text cells are quoted; one that begins
with ``= + - @``, a tab, a line end or an apostrophe has an apostrophe in front, so that no spreadsheet takes it for
a formula. So has ``= + - @`` or an apostrophe, with or without quotation marks before it, that stands behind a
semicolon, a tab or a line end inside a cell: where the list separator is one of these, a cell begins there. To have
the text itself, take one apostrophe off at the beginning and behind each semicolon, tab and line end.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.roles import demand as demand_role
from hotfix_desktop.core.texts import plural
from hotfix_desktop.services.auditing import AuditDesk
from hotfix_desktop.services.entry_fields import entry_fields, iso
from hotfix_desktop.services.export_place import check_place
from hotfix_desktop.services.landing import ExportFailed, Landing
from hotfix_desktop.services.log_reading import checked_query
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.log_export import CSV_HEADINGS, LogExport, Selection

__all__ = ["ExportFailed", "ExportFormat", "Exported", "demand_export", "enter_export", "export"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LEAF = b"\x00"
"""Before the bytes of a leaf, see ``core/audit.py``."""
_quoted = json.encoder.encode_basestring


class ExportFormat(StrEnum):
    """What entries can be taken away as; the values are those of ``--format``."""

    CSV = "csv"
    JSONL = "jsonl"
    BUNDLE = "bundle"
    PDF = "pdf"


FORMAT_WORDS = {
    ExportFormat.CSV: "CSV",
    ExportFormat.JSONL: "JSON Lines",
    ExportFormat.BUNDLE: "an evidence bundle",
    ExportFormat.PDF: "a PDF report",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was taken away.

    Attributes:
        count: how many entries.
        sha256: of the file, as hexadecimal digits.
        unproven: how many of them no checkpoint covers; only a bundle says so.
        broken: how the log was found to be broken; empty for a whole one. Only a bundle says so.
        entered: whether the export is an entry.
    """

    path: Path
    count: int
    sha256: str
    unproven: int = 0
    broken: str = ""
    entered: bool = False


Writer = Callable[[Landing, LogExport, Progress], Exported]


def export(
    desk: Workbench | AuditDesk, query: LogQuery, target: Path, kind: ExportFormat, progress: Progress = NOBODY
) -> Exported:
    """Write the entries that fit to a file, which is replaced if there is one.

    Of a log that is opened read-only (an ``AuditDesk``) nothing is entered. Raises ``Denied``, ``InvalidInput``,
    ``StoreError``, ``ExportFailed``, and ``Cancelled``.
    """
    write = {ExportFormat.CSV: _csv, ExportFormat.JSONL: _jsonl}[kind]
    demand_export(desk)
    check_place(desk, target)
    query = checked_query(query)
    with Landing(target) as landing, closing(LogExport(desk.store.path)) as log:
        count = write(landing, log, log.select(query), progress)
        made = Exported(landing.target, count, landing.finish())
        return enter_export(desk, query, kind, made, landing)


def demand_export(desk: Workbench | AuditDesk) -> None:
    """Raise ``Denied`` unless the person may export; an archive file is for whoever was given it.

    Raises ``Refused`` where no log was begun.
    """
    if desk.store.administration.workspace() is None:
        raise Refused(f"There is no audit log in {desk.store.path} yet.", "Protect the folder first.")
    if isinstance(desk, Workbench):
        desk.demand(Act.EXPORT_AUDIT, AuditType.AUDIT_EXPORTED, "export the audit log")
    elif not desk.store.is_archive:
        demand_role(Act.EXPORT_AUDIT, desk.person.user, desk.store.administration.roles_of(desk.person.user))


def enter_export(
    desk: Workbench | AuditDesk, query: LogQuery, kind: ExportFormat, made: Exported, landing: Landing
) -> Exported:
    """Enter the export, where something can be entered, and give the file its name; raises ``StoreError``."""
    check_place(desk, landing.target)  # again: a link may lead elsewhere by now
    entered = isinstance(desk, Workbench)
    if isinstance(desk, Workbench):
        what = f"{plural(made.count, 'entry', 'entries')} of the audit log as {FORMAT_WORDS[kind]}"
        desk.enter_alone(
            desk.event(
                AuditType.AUDIT_EXPORTED,
                f"{desk.person.user} exported {what}: {query.sentence()}",
                format=kind.value,
                filter=query.sentence(),
                count=made.count,
                sha256=made.sha256,
                file=landing.target.name,
            )
        )
    landing.land()
    return Exported(made.path, made.count, made.sha256, made.unproven, made.broken, entered)


def _csv(landing: Landing, log: LogExport, chosen: Selection, progress: Progress) -> int:
    landing.write(BYTE_ORDER_MARK + CSV_HEADINGS.encode())
    count = 0
    for upto, lines, text in log.csv(chosen):
        landing.write(text)
        count += lines
        progress.step(upto - chosen.low + 1, chosen.high - chosen.low + 1)
    return count


def _jsonl(landing: Landing, log: LogExport, chosen: Selection, progress: Progress) -> int:
    count = 0
    for upto, rows in log.entries(chosen):
        landing.write("".join(_lines(rows)).encode("utf-8", "backslashreplace"))
        count += len(rows)
        progress.step(upto - chosen.low + 1, chosen.high - chosen.low + 1)
    return count


def _lines(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    sha256 = hashlib.sha256
    for seq, body, digest in rows:
        try:
            (
                number,
                utc_us,
                boot_us,
                boot,
                owner,
                address,
                kind,
                result,
                package,
                uid,
                said,
                reason,
                ticket,
                detail,
                hot,
            ) = entry_fields(body)
            # Put together by hand: a dictionary and its encoder take three times as long.
            yield (
                f'{{"number":{number},"time":"{iso(utc_us)}","type":{_quoted(kind)},"package":{_quoted(package)},'
                f'"owner":{_quoted(owner)},"ip_address":{_quoted(address)},"result":{_quoted(result)},'
                f'"description":{_quoted(said)},"ticket":{_quoted(ticket)},"reason":{_quoted(reason)},'
                f'"hotfix":{int(hot) if hot else "null"},"package_uid":{_quoted(uid)},"detail":{_quoted(detail)},'
                f'"boot_us":{boot_us},"boot_id":{_quoted(boot)},"leaf":"{sha256(LEAF + body).hexdigest()}",'
                f'"hash":"{digest.hex()}"}}\n'
            )
        except (ValueError, TypeError, AttributeError, OverflowError):
            damaged = {"number": seq, "damaged": True, "body": _base64(body), "hash": _base64(digest)}
            yield json.dumps(damaged) + "\n"


def entry_as_line(seq: int, body: bytes, digest: bytes) -> str:
    """Give an entry as JSON Lines has it, without the line end; a damaged one as it lies in the database."""
    return next(_lines([(seq, body, digest)]))[:-1]


def _base64(value: object) -> str:
    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "backslashreplace")
    return base64.b64encode(data).decode("ascii")
