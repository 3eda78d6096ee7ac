"""``export``: takes a package away as an archive, for scripts.

An interrupt or a termination leaves no file behind, and an older file of that name as it was.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.services import catalogue
from hotfix_desktop.services.exporting_packages import export_package
from hotfix_desktop.services.workbench import Workbench


def export(bench: Workbench, parsed: argparse.Namespace) -> int:
    """Export one package; gives the exit code. Raises ``HotfixError``."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to tidy up as after Ctrl+C
    catalogue.refresh(bench)
    package = catalogue.find(bench, parsed.package)
    made = export_package(bench, package.package_id, Path(parsed.output))
    version = f" {made.found.version}" if made.found.version else ""
    lines = [f"{made.found.name}{version} exported to {made.path}: {plural(made.files, 'file')}."]
    lines += [f"Left out: {path}" for path in made.left_out]
    lines += [f"SHA-256 {made.sha256}"]
    sys.stdout.write(printable("\n".join(lines)) + "\n")
    return 0
