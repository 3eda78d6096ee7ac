"""The command line. Arguments are parsed before Qt is imported, so that scripts are fast and need no display.

Exit codes (``design.md`` 8): 0 done, 1 refused or failed (one clear sentence on standard error), 2 usage,
69 no display (``EX_UNAVAILABLE`` of ``sysexits.h``).
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence

from hotfix_desktop import __version__

DONE, REFUSED, USAGE, NO_DISPLAY = 0, 1, 2, 69

NO_DISPLAY_SENTENCE = (
    "hotfix-desktop: there is no display to show a window on (neither DISPLAY nor WAYLAND_DISPLAY is set).\n"
    "Log in to a desktop or use ssh -X; for a picture of the window without one: "
    "hotfix-desktop --demo --screenshot demo.png; "
    "for scripts: hotfix-desktop status WORKSPACE."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; gives the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = _command_in(given)
    parser = command_parser() if command else window_parser()
    parsed = parser.parse_args(given)
    if command == "relocker" and (parsed.workspace is None) != parsed.all:
        parser.error("relocker needs either a WORKSPACE or --all")
    if command:
        from hotfix_desktop import cli

        return cli.run(parsed)
    return _run_window(parsed)


def window_parser() -> argparse.ArgumentParser:
    """Give the parser for the calls that open a window; its help also lists the commands."""
    parser = argparse.ArgumentParser(
        prog="hotfix-desktop",
        description="Unlock a Creatio package for a hotfix, and never forget to lock it again.",
        epilog="commands for scripts: "
        + ", ".join(COMMANDS)
        + ". See hotfix-desktop COMMAND --help. "
        + "Exit codes: 0 done, 1 refused, 2 usage, 69 no display.",
    )
    parser.add_argument("workspace", nargs="?", metavar="WORKSPACE", help="a package folder, or a workspace's name")
    parser.add_argument("--demo", action="store_true", help="open a sample production workspace, made fresh")
    parser.add_argument("--audit", action="store_true", help="open the audit log alone, read-only")
    parser.add_argument("--screenshot", metavar="FILE", help="draw the window to a PNG once it has loaded, and exit")
    _common(parser)
    parser.add_argument("--version", action="version", version=f"hotfix-desktop {__version__}")
    return parser


def command_parser() -> argparse.ArgumentParser:
    """Give the parser for the commands, which open no window."""
    parser = argparse.ArgumentParser(prog="hotfix-desktop")
    _common(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, add in COMMANDS.items():
        summary, fill = add
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        fill(command)
        _common(command, suppress=True)
    return parser


def _common(parser: argparse.ArgumentParser, *, suppress: bool = False) -> None:
    parser.add_argument(
        "--home",
        metavar="DIR",
        # A sub-command's default must not overwrite what stood before the command.
        default=argparse.SUPPRESS if suppress else None,
        help="where databases and logs live (default: HOTFIX_DESKTOP_HOME, or the user's data folder)",
    )


def _workspace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("workspace", metavar="WORKSPACE", help="a package folder, or a workspace's name")


def _package(parser: argparse.ArgumentParser) -> None:
    _workspace(parser)
    parser.add_argument("package", metavar="PACKAGE", help="the package's name or UId")


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("workspace", metavar="FOLDER", help="a package folder, or a workspace's name")


def _status(parser: argparse.ArgumentParser) -> None:
    _workspace(parser)
    parser.add_argument("--json", action="store_true", help="as JSON, for scripts")


def _unlock(parser: argparse.ArgumentParser) -> None:
    _package(parser)
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; written to the audit log")
    parser.add_argument("--ticket", default="", metavar="T", help="a ticket number")
    parser.add_argument("--minutes", metavar="N", help="for how long (default: PackageHotfixTimeout)")


def _extend(parser: argparse.ArgumentParser) -> None:
    _package(parser)
    parser.add_argument("--minutes", metavar="N", help="how much longer (default: the step of the settings)")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; needed where HotfixExtensionReason is set")


def _changes(parser: argparse.ArgumentParser) -> None:
    _package(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="as JSON, for scripts")
    how.add_argument("--patch", action="store_true", help="as a patch that git apply takes")


def _export(parser: argparse.ArgumentParser) -> None:
    _package(parser)
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the .gz to write, or a .zip with it")


def _import(parser: argparse.ArgumentParser) -> None:
    from hotfix_desktop import cli_import

    _workspace(parser)
    cli_import.fill(parser)


def _deliver(parser: argparse.ArgumentParser) -> None:
    _package(parser)
    parser.add_argument("--repository", required=True, metavar="DIR", help="a clio workspace, or any git repository")
    parser.add_argument("--branch", default="", metavar="B", help="the branch to make (default: see DeliveryBranch)")
    parser.add_argument("--onto", default="", metavar="B", help="the branch to grow from (default: the current one)")
    parser.add_argument("--message", default="", metavar="TEXT", help="the commit message (default: reason and window)")
    parser.add_argument("--take", choices=["ours", "theirs"], help="decide conflicts for the hotfix, or development")
    parser.add_argument("--push", action="store_true", help="push the branch with your git")


def _relocker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("workspace", nargs="?", metavar="WORKSPACE", help="a package folder, or a workspace's name")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="lock what is due now, and exit")
    how.add_argument("--until-closed", action="store_true", help="exit when no package is open any more")
    how.add_argument("--all", action="store_true", help="start one for every known workspace that needs it, and exit")
    parser.add_argument("--wait", action="store_true", help="wait while another guard of this workspace is at work")


def _settings(parser: argparse.ArgumentParser) -> None:
    _workspace(parser)
    parser.add_argument("name", nargs="?", metavar="NAME", help="one setting, PackageHotfixTimeout for instance")
    parser.add_argument("value", nargs="?", metavar="VALUE", help="its new value")


def _audit(parser: argparse.ArgumentParser) -> None:
    from hotfix_desktop import cli_audit

    cli_audit.fill(parser, _common)


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "protect": ("take a package folder under protection: its files become read-only", _folder),
    "release": ("give a package folder back with its original modes", _folder),
    "status": ("show the packages and their states", _status),
    "unlock": ("unlock a package for a hotfix", _unlock),
    "lock": ("lock a package after its hotfix", _package),
    "extend": ("give an unlocked package more time", _extend),
    "changes": ("show what the open or last hotfix of a package changed", _changes),
    "import": ("install and update packages from an archive", _import),
    "export": ("write a package to an archive that a Creatio accepts", _export),
    "deliver": ("commit the hotfixes of a package in a development repository", _deliver),
    "settings": ("show or change the settings", _settings),
    "relocker": ("lock packages at their deadline, without a window", _relocker),
    "audit": ("read the audit log for scripts: verify it, and more", _audit),
}


def _command_in(given: Sequence[str]) -> str:
    """Find the first word that is no option; it is a command or else a workspace."""
    skip = False
    for word in given:
        if skip:
            skip = False
        elif word in ("--home", "--screenshot"):
            skip = True
        elif not word.startswith("-"):
            return word if word in COMMANDS else ""
    return ""


def _run_window(parsed: argparse.Namespace) -> int:
    if parsed.screenshot and not _has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"  # a picture needs no display
    if not _has_display():
        sys.stderr.write(NO_DISPLAY_SENTENCE + "\n")
        return NO_DISPLAY
    # What is loaded now stays; to look for garbage in it takes a tenth of the start. gui.run goes back to normal.
    gc.disable()
    try:
        return _load_and_run(parsed)
    finally:
        gc.enable()


def _load_and_run(parsed: argparse.Namespace) -> int:
    try:
        from hotfix_desktop import gui
    except ImportError as error:
        sys.stderr.write(_missing_library(error) + "\n")
        return REFUSED
    return gui.run(parsed)


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen.split(":")[0] in ("offscreen", "minimal", "vnc", "linuxfb", "eglfs"):
        return True
    # Qt itself would abort the process with signal 6, so this is asked before Qt is loaded.
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _missing_library(error: ImportError) -> str:
    if "PySide6" in str(error) and not str(error).startswith("lib"):
        return f"hotfix-desktop: PySide6 is not installed ({error}). Run: python3 bootstrap.py"
    return (
        f"hotfix-desktop: a system library that Qt needs is missing ({error}). On Debian or Ubuntu run: "
        "apt-get install libglib2.0-0 libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1"
    )


if __name__ == "__main__":
    sys.exit(main())
