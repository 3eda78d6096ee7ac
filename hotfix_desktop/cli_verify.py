"""``audit verify``: whether the audit log is whole, for scripts and for the window, which runs it as a process.

With ``--progress`` standard output has one JSON object a line: ``{"percent": 40}`` whenever that changes, and at
the end ``{"verdict": …}``, or ``{"error": …, "remedy": …}`` beside the sentence on standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hotfix_desktop.app import Home, audit_database, locate, make_bench, make_outside
from hotfix_desktop.core.errors import HotfixError, StoreError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import printable
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.services.archiving import archives_of
from hotfix_desktop.services.verifying import summary, verify_and_enter
from hotfix_desktop.services.verifying import verify as verify_file

DONE, BROKEN = 0, 1


class PercentLines(Progress):
    """Writes a line for each new percent."""

    def __init__(self) -> None:
        """Start before the first."""
        self._percent = -1

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        """Write how far it has come; whoever reads it may be gone, which ends this process."""
        percent = 100 * done // total if total > 0 else 0
        if percent != self._percent:
            self._percent = percent
            _line({"percent": percent})


def verify(home: Home, parsed: argparse.Namespace) -> int:
    """Verify one log; gives 0 for a whole one, and 1 for a broken one, whose kind and number it says."""
    progress = PercentLines() if parsed.progress else NOBODY
    try:
        verdict = _verdict(home, parsed.log, parsed.full, progress)
    except HotfixError as error:
        if parsed.progress:
            _line({"error": error.sentence, "remedy": error.remedy, "details": error.details})
        raise
    if parsed.progress:
        _line({"verdict": verdict.as_json()})
    elif parsed.json:
        sys.stdout.write(printable(verdict.to_text()) + "\n")
    if verdict.finding is not None:
        sentence = f"The audit log is {summary(verdict)}. {verdict.finding.sentence}"
        sys.stderr.write(f"hotfix-desktop: {printable(sentence)}\n")
        return BROKEN
    if not (parsed.json or parsed.progress):
        sys.stdout.write(f"The audit log is {summary(verdict)}{_signed(verdict)}.\n")
    return _archives(home, parsed.log, quiet=parsed.json) if parsed.full and not parsed.progress else DONE


def _archives(home: Home, log: str, *, quiet: bool) -> int:
    """Say whether the files to which older entries were moved are still what they were; 1 when one is not.

    One that is away, on a medium that is kept elsewhere for instance, is a remark on standard error.
    """
    code = DONE
    for seen in archives_of(Path(log) if os.path.isfile(log) else audit_database(home, log)):
        if seen.is_broken or not seen.is_there:
            sys.stderr.write(f"hotfix-desktop: {printable(seen.sentence())}\n")
            code = BROKEN if seen.is_broken else code
        elif not quiet:
            sys.stdout.write(printable(seen.sentence()) + "\n")
    return code


def _verdict(home: Home, log: str, everything: bool, progress: Progress) -> Verdict:
    if not os.path.isfile(log):
        # A workspace: the verification is an entry, where one can be made.
        try:
            bench = make_bench(home, locate(home, log), must_exist=True)
        except StoreError:
            return _only_read(home, audit_database(home, log), everything, progress)
        with closing(bench.store):
            return verify_and_enter(bench, everything=everything, progress=progress)
    return _only_read(home, Path(log), everything, progress)


def _only_read(home: Home, database: Path, everything: bool, progress: Progress) -> Verdict:
    outside = make_outside(home, database)
    return verify_file(database, datetime.now(UTC), everything=everything, progress=progress, outside=outside)


def _signed(verdict: Verdict) -> str:
    if not verdict.signed_upto or verdict.signed_at is None:
        return "; it is not signed"
    return f", signed up to entry {verdict.signed_upto:,} at {verdict.signed_at.astimezone():%Y-%m-%d %H:%M}"


def _line(found: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
