"""``audit export``: takes entries of the audit log away as a file, for scripts and for the window, as a process.

With ``--progress`` standard output has one JSON object a line: ``{"done": 40, "total": 90, "what": …}`` while it
works, and at the end ``{"exported": …}``, or ``{"error": …, "remedy": …}`` beside the sentence on standard error.
An interrupt or a termination leaves no file behind, and an older file of that name as it was.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hotfix_desktop.app import Home, audit_database, locate, make_audit_desk, make_bench, make_seals
from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import HotfixError, InvalidInput, StoreError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.services.auditing import AuditDesk
from hotfix_desktop.services.bundle import make_bundle
from hotfix_desktop.services.export_place import refuse_inside, state_folders
from hotfix_desktop.services.exporting import Exported, ExportFormat, export
from hotfix_desktop.services.workbench import Workbench

EVERY_SECONDS = 0.1
"""Between two lines of progress: more could not be seen."""


class StepLines(Progress):
    """Writes a line for a step, ten times a second at most."""

    def __init__(self) -> None:
        """Start before the first."""
        self._next = 0.0

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        """Write how far it has come; whoever reads it may be gone, which ends this process."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY_SECONDS
            _line({"done": done, "total": total, "what": what})


def run(home: Home, parsed: argparse.Namespace) -> int:
    """Export one log; gives the exit code. Raises ``HotfixError``."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to tidy up as after Ctrl+C
    try:
        query = query_of(parsed)
        progress = StepLines() if parsed.progress else NOBODY
        kind, target = ExportFormat(parsed.format), Path(parsed.output)
        if kind is ExportFormat.PDF and not replace(query, since=None, until=None).is_all:
            raise InvalidInput(
                "format",
                "A PDF report is of a period: only --since and --until go with it. Leave the other filters out.",
            )
        with desk_of(home, parsed.log) as desk:
            anchors = make_seals(home, desk.store.path).folder
            refuse_inside(target, state_folders(anchors) if anchors is not None else ())
            made = _exported(desk, query, target, kind, progress)
    except HotfixError as error:
        if parsed.progress:
            _line({"error": error.sentence, "remedy": error.remedy, "details": error.details})
        raise
    if parsed.progress:
        _line({"exported": as_json(made)})
    elif parsed.json:
        sys.stdout.write(json.dumps(as_json(made), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(printable(_told(made)) + "\n")
    return 0


@contextmanager
def desk_of(home: Home, log: str) -> Iterator[Workbench | AuditDesk]:
    """Open the log of a workspace, or read-only that of a file, or where nothing can be written."""
    desk: Workbench | AuditDesk
    if os.path.isfile(log):
        desk = make_audit_desk(home, log)
    else:
        try:
            desk = make_bench(home, locate(home, log), must_exist=True)
        except StoreError:
            desk = make_audit_desk(home, str(audit_database(home, log)))
    with closing(desk.store):
        yield desk


def query_of(parsed: argparse.Namespace) -> LogQuery:
    """Read which entries are meant; raises ``InvalidInput``."""
    if parsed.query:
        try:
            return LogQuery.from_json(parsed.query)
        except ValueError as error:
            raise InvalidInput("query", f"The filter is no filter of Hotfix Desktop: {error}.") from None
    for kind in parsed.type:
        if kind not in [known.value for known in AuditType]:
            raise InvalidInput("type", f"There is no type “{kind}”; “{AuditType.UNLOCKED.value}” is one, for instance.")
    for result in parsed.result:
        if result not in [known.value for known in AuditResult]:
            raise InvalidInput("result", f"There is no result “{result}”; it is {', '.join(AuditResult)}.")
    only = [(LogColumn.TYPE, value) for value in parsed.type]
    only += [(LogColumn.PACKAGE, value) for value in parsed.package]
    only += [(LogColumn.OWNER, value) for value in parsed.owner]
    only += [(LogColumn.RESULT, value) for value in parsed.result]
    return LogQuery(
        text=parsed.search,
        only=tuple(only),
        since=_moment("since", parsed.since),
        until=_moment("until", parsed.until),
        descending=False,
    )


def as_json(made: Exported) -> dict[str, object]:
    """Give what was made as JSON can hold it."""
    return {
        "file": str(made.path),
        "entries": made.count,
        "sha256": made.sha256,
        "unproven": made.unproven,
        "broken": made.broken,
        "entered": made.entered,
    }


def _exported(
    desk: Workbench | AuditDesk, query: LogQuery, target: Path, kind: ExportFormat, progress: Progress
) -> Exported:
    if kind is ExportFormat.BUNDLE:
        return make_bundle(desk, query, target, progress)
    if kind is ExportFormat.PDF:
        from hotfix_desktop.pdf import write_report  # it loads Qt

        return write_report(desk, query, target, progress=progress)
    return export(desk, query, target, kind, progress)


def _told(made: Exported) -> str:
    text = f"{plural(made.count, 'entry', 'entries')} exported to {made.path}\nSHA-256 {made.sha256}"
    if made.broken:
        text += f"\nThe audit log is broken: {made.broken}"
    elif made.unproven:
        text += f"\n{plural(made.unproven, 'entry is', 'entries are')} newer than the last checkpoint: not proven."
    return text


def _moment(field: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(field, f"“{text[:40]}” is no time; write it as 2026-01-31 or 2026-01-31T14:00Z.") from None


def _line(found: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
