"""The command ``audit`` and its own commands: ``verify``, and what else reads the audit log for scripts.

Each stands in ``AUDIT_COMMANDS`` with its summary, its options and the module that does it; that module is
imported only when it is wanted, because the options are read at every call of any command.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotfix_desktop.store.home import Home


@dataclass(frozen=True, slots=True)
class AuditCommand:
    """One command below ``audit``.

    Attributes:
        summary: what it does, for the help.
        fill: adds its arguments to its parser.
        place: ``module:function``, called with the home and the parsed arguments; it gives the exit code and
            raises ``HotfixError``.
    """

    summary: str
    fill: Callable[[argparse.ArgumentParser], None]
    place: str


def log_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument that says which log is meant."""
    parser.add_argument(
        "log", metavar="WORKSPACE|FILE", help="a package folder, a workspace's name, or a database file"
    )


def _verify(parser: argparse.ArgumentParser) -> None:
    log_argument(parser)
    parser.add_argument(
        "--full", action="store_true", help="every entry, not only those after the last good checkpoint"
    )
    parser.add_argument("--json", action="store_true", help="the verdict as JSON on standard output")
    parser.add_argument("--progress", action="store_true", help="tell how far it has come, as lines of JSON")


def _archive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("workspace", metavar="WORKSPACE", help="a package folder, or a workspace's name")
    parser.add_argument("--until", required=True, metavar="YYYY-MM-DD", help="entries before this day, in UTC")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where the archive file is put")
    parser.add_argument("--progress", action="store_true", help="tell how far it has come, as lines of JSON")


def _export(parser: argparse.ArgumentParser) -> None:
    log_argument(parser)
    parser.add_argument("--format", required=True, choices=("csv", "jsonl", "pdf", "bundle"), help="of the file")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="replaced if there is one")
    parser.add_argument("--since", default="", metavar="TIME", help="entries from this time on: 2026-01-31, in UTC")
    parser.add_argument("--until", default="", metavar="TIME", help="entries before this time, in UTC")
    for name in ("type", "package", "owner", "result"):
        text = f"only this {name}; several are allowed"
        parser.add_argument(f"--{name}", action="append", default=[], metavar=name.upper(), help=text)
    parser.add_argument("--search", default="", metavar="WORDS", help="entries in which all these words stand")
    parser.add_argument("--query", default="", metavar="JSON", help="a saved filter, in place of all these")
    parser.add_argument("--json", action="store_true", help="what was made as JSON on standard output")
    parser.add_argument("--progress", action="store_true", help="tell how far it has come, as lines of JSON")


def _tail(parser: argparse.ArgumentParser) -> None:
    log_argument(parser)
    parser.add_argument("-n", "--lines", default="20", metavar="N", help="how many entries (default: 20)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with entries as they come, until Ctrl+C")
    parser.add_argument("--json", action="store_true", help="as JSON Lines, for scripts")


AUDIT_COMMANDS: dict[str, AuditCommand] = {
    "verify": AuditCommand(
        "check that the audit log is whole: exit code 0, or 1 with the kind of break and its number",
        _verify,
        "hotfix_desktop.cli_verify:verify",
    ),
    "archive": AuditCommand(
        "move the entries before a day to a signed file of their own; the log goes on from there",
        _archive,
        "hotfix_desktop.cli_archive:run",
    ),
    "export": AuditCommand(
        "write entries to a file: CSV, JSON Lines, a PDF report, or a bundle of evidence that anybody can check",
        _export,
        "hotfix_desktop.cli_export:run",
    ),
    "tail": AuditCommand("show the newest entries, and those that come", _tail, "hotfix_desktop.cli_tail:run"),
}


def fill(parser: argparse.ArgumentParser, common: Callable[..., None]) -> None:
    """Add the commands to the parser of ``audit``; ``common`` adds the options of every command."""
    commands = parser.add_subparsers(dest="audit_command", required=True, metavar="COMMAND")
    for name, command in AUDIT_COMMANDS.items():
        summary = command.summary
        below = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        command.fill(below)
        common(below, suppress=True)


def run(home: Home, parsed: argparse.Namespace) -> int:
    """Run one of them; gives the exit code. Raises ``HotfixError``."""
    module, _, function = AUDIT_COMMANDS[parsed.audit_command].place.partition(":")
    command: Callable[[Home, argparse.Namespace], int] = getattr(importlib.import_module(module), function)
    return command(home, parsed)
