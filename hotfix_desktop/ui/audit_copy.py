"""Entries of the audit log as text for the clipboard: CSV, JSON and a Markdown table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC
from enum import Enum
from typing import Any

from hotfix_desktop.services.auditing import AuditLine
from hotfix_desktop.ui.audit_model import HEADINGS, RAW, Column
from hotfix_desktop.ui.cell_text import one_line

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), as the export has it."""


class CopyFormat(Enum):
    """How rows are copied; the values are for the sentence that says so."""

    CSV = "CSV"
    JSON = "JSON"
    MARKDOWN = "a Markdown table"


def copied(lines: Sequence[AuditLine], columns: Sequence[Column], how: CopyFormat) -> str:
    """Give the entries as text; dates in ISO 8601 and UTC. JSON has all fields, whatever the columns are."""
    makers: dict[CopyFormat, Callable[[], str]] = {
        CopyFormat.CSV: lambda: _csv(lines, columns),
        CopyFormat.JSON: lambda: _json(lines),
        CopyFormat.MARKDOWN: lambda: _markdown(lines, columns),
    }
    return makers[how]()


def _csv(lines: Sequence[AuditLine], columns: Sequence[Column]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # the one that RFC 4180 names; a lone one would not be quoted
    writer.writerow([HEADINGS[column] for column in columns])
    writer.writerows([_neutral(_text(line, column)) for column in columns] for line in lines)
    return out.getvalue()


def _json(lines: Sequence[AuditLine]) -> str:
    return json.dumps([_facts(line) for line in lines], ensure_ascii=False, indent=1) + "\n"


def _facts(line: AuditLine) -> dict[str, Any]:
    found: dict[str, Any] = {"number": line.seq, "at": _iso(line)}
    for name in ("type", "result", "owner", "ip_address", "package", "description", "hotfix"):
        found[name] = getattr(line, name)
    try:
        event = line.entry().event
    except (ValueError, OverflowError):
        found["damaged"] = True
    else:
        found |= {"reason": event.reason, "ticket": event.ticket, "detail": event.detail}
    found["hash"] = line.hash.hex()
    return found


def _markdown(lines: Sequence[AuditLine], columns: Sequence[Column]) -> str:
    rows = [[HEADINGS[column] for column in columns], ["---"] * len(columns)]
    rows += [[_escaped(_text(line, column)) for column in columns] for line in lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _text(line: AuditLine, column: Column) -> str:
    return _iso(line) if column is Column.DATE else str(RAW[column](line))


def _iso(line: AuditLine) -> str:
    return line.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _neutral(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _escaped(text: str) -> str:
    """Give a text that Markdown shows as it is, in one cell."""
    plain = one_line(text, len(text) + 1)
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|~" else letter for letter in plain)
