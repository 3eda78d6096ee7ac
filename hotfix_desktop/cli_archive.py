"""``audit archive``: moves the old part of the audit log to a file, for scripts and for the window, as a process.

With ``--progress`` standard output has one JSON object a line: ``{"done": 40000, "total": 90000, "what": …}`` while
it works, and at the end ``{"archived": …}``, or ``{"error": …, "remedy": …}`` beside the sentence on standard error.
An interrupt (Ctrl+C, SIGINT) before the last step leaves the log as it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hotfix_desktop.app import Home, locate, make_bench
from hotfix_desktop.core.archiving import parse_until
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.services.archiving import Archived, archive

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
    """Archive the log of one workspace; gives the exit code. Raises ``HotfixError``."""
    try:
        until = parse_until(parsed.until, datetime.now(UTC).date())
        bench = make_bench(home, locate(home, parsed.workspace), must_exist=True)
        with closing(bench.store):
            done = archive(bench, until, Path(parsed.output), StepLines() if parsed.progress else NOBODY)
    except HotfixError as error:
        if parsed.progress:
            _line({"error": error.sentence, "remedy": error.remedy, "details": error.details})
        raise
    if parsed.progress:
        _line({"archived": as_json(done)})
    else:
        sys.stdout.write(printable(_told(done)) + "\n")
    return 0


def as_json(done: Archived) -> dict[str, object]:
    """Give what was moved as JSON can hold it."""
    return {
        "path": done.archive.path,
        "first": done.archive.first,
        "last": done.archive.last,
        "sha256": done.archive.sha256.hex(),
        "entry": done.entry,
        "stays": done.stays,
        "removed": list(done.removed),
    }


def _told(done: Archived) -> str:
    made = done.archive
    text = f"{plural(done.count, 'entry', 'entries')} ({made.first:,} to {made.last:,}) moved to {made.path}."
    lines = [text, f"SHA-256 {made.sha256.hex()}", *([done.stays] if done.stays else [])]
    lines += [f"Removed {left}, left over from a try that did not come to its end." for left in done.removed]
    return "\n".join(lines)


def _line(found: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
