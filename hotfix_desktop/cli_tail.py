"""``audit tail``: the newest entries of the audit log, and with ``--follow`` those that come.

Looking at the log of a workspace is an entry, as opening its window is; of a file nothing is entered.
"""

from __future__ import annotations

import argparse
import select
import sys
import threading
from contextlib import closing

from hotfix_desktop.app import Home
from hotfix_desktop.cli_export import desk_of
from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.texts import printable
from hotfix_desktop.services.auditing import demand_reader, open_log
from hotfix_desktop.services.exporting import entry_as_line
from hotfix_desktop.services.log_reading import AuditLine, LogDesk, LogPages
from hotfix_desktop.services.workbench import Workbench

LOOK_SECONDS = 0.25
"""How often it is asked whether the log has changed: one number of SQLite's, some microseconds."""
AT_ONCE = 1000


def run(home: Home, parsed: argparse.Namespace) -> int:
    """Show the end of one log; gives the exit code. Raises ``HotfixError``."""
    try:
        wanted = int(parsed.lines)
    except ValueError:
        wanted = -1
    if wanted < 0:
        raise InvalidInput("lines", f"“{parsed.lines}” is no number of entries.")
    with desk_of(home, parsed.log) as desk:
        if isinstance(desk, Workbench):
            open_log(desk)
        else:
            demand_reader(desk)
        with closing(LogPages(LogDesk(desk.store.path, desk.person))) as pages:
            try:
                seen = pages.bounds()
                shown = _show(pages, max(seen.first, seen.last - wanted + 1), seen.last, parsed.json)
                version = -1
                while parsed.follow and not _reader_gone(LOOK_SECONDS):
                    now = desk.store.version()
                    if now != version:
                        version = now
                        shown = _show(pages, shown + 1, pages.bounds().last, parsed.json)
            except KeyboardInterrupt:
                return 0  # it is the way to end it
    return 0


def _show(pages: LogPages, first: int, last: int, as_json: bool) -> int:
    for start in range(first, last + 1, AT_ONCE):
        for line in pages.lines(start, min(last, start + AT_ONCE - 1)):
            sys.stdout.write(_told(line, as_json) + "\n")
    sys.stdout.flush()
    return last


def _told(line: AuditLine, as_json: bool) -> str:
    if as_json:
        return printable(entry_as_line(line.seq, line.body, line.hash))
    local = line.at.astimezone()
    facts = (line.type, line.result, line.owner, line.package, line.description)
    return printable(f"{line.seq:>8}  {local:%Y-%m-%d %H:%M:%S}  " + "  ".join(" ".join(f.split()) for f in facts if f))


def _reader_gone(seconds: float) -> bool:
    """Wait so long; whether whoever reads our output has gone, which is noticed at once."""
    if not hasattr(select, "poll"):
        threading.Event().wait(seconds)
        return False
    look = select.poll()
    look.register(sys.stdout.fileno(), 0)  # only that it was closed, or is in error
    return any(what & (select.POLLERR | select.POLLHUP) for _, what in look.poll(seconds * 1000))
