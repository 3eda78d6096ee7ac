"""Updates of the sample workspace, as development delivers them: archives to import, for ``--demo`` and for tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces.archive_gz import record_order, write_records
from hotfix_desktop.workspaces.sample_contents import PackageContents
from hotfix_desktop.workspaces.sample_formats import creatio_date
from hotfix_desktop.workspaces.sample_packages import SAMPLES

UPDATED = "UsrInvoices"
VAT_FILE = "Schemas/UsrVatCalculator/UsrVatCalculator.cs"
VAT_LINE = b"return Math.Round(amount * ratePercent / 100);"
"""The mistake for which the sample's hotfix is open: whole euros instead of cents."""
VAT_FIXED = b"return Math.Round(amount * ratePercent / 100, 2);"
"""How development repaired it; who types the same in a hotfix has it contained in the first update."""
_DESCRIPTOR = "descriptor.json"
_DATE = re.compile(rb'("ModifiedOnUtc": )"[^"]*"')
_VERSION = re.compile(rb'("PackageVersion": )"[^"]*"')


@dataclass(frozen=True, slots=True)
class SampleUpdate:
    """A newer version of the package.

    Attributes:
        hours: so long before "now" it was made.
        changed: what is put in the place of what, by the paths of files.
        added: new files.
    """

    version: str
    hours: int
    changed: Mapping[str, tuple[bytes, bytes]]
    added: Mapping[str, bytes]


UPDATES: tuple[SampleUpdate, ...] = (
    SampleUpdate("1.4.3", 20, {VAT_FILE: (VAT_LINE, VAT_FIXED)}, {}),
    # Made without knowing of the hotfix: importing it would lose the fix.
    SampleUpdate(
        "1.5.0",
        2,
        {
            "Schemas/UsrInvoiceTotals/UsrInvoiceTotals.js": (
                b"return total + line.quantity * line.price;",
                b"return total + Math.round(line.quantity * line.price * 100) / 100;",
            ),
            "SqlScripts/UsrRecalculateInvoiceTotals/UsrRecalculateInvoiceTotals.sql": (b"0.19", b"0.20"),
        },
        {"Files/docs/reminders.md": b"# Reminders\n\nAn invoice is reminded of after 14, 28 and 42 days.\n"},
    ),
)


def update_files(update: SampleUpdate, now: datetime) -> dict[str, bytes]:
    """Give the files of the updated package; ``now`` is that of ``write_sample_workspace``."""
    sample = next(sample for sample in SAMPLES if sample.name == UPDATED)
    files = dict(PackageContents(sample, now.astimezone(UTC)).files())
    made = now.astimezone(UTC).replace(microsecond=0) - timedelta(hours=update.hours)
    date = creatio_date(made).replace("/", r"\\/").encode()
    touched = {_DESCRIPTOR}
    for path, (old, new) in update.changed.items():
        files[path] = files[path].replace(old, new)
        touched.add(f"{path.rpartition('/')[0]}/{_DESCRIPTOR}")
    for path in touched:
        files[path] = _DATE.sub(rb'\1"' + date + b'"', files[path], count=1)
    files[_DESCRIPTOR] = _VERSION.sub(rb'\1"' + update.version.encode() + b'"', files[_DESCRIPTOR], count=1)
    return {**files, **update.added}


def write_sample_updates(folder: Path, now: datetime) -> list[Path]:
    """Write an archive of each update into a folder, made if need be, and give their paths.

    Raises ``WorkspaceError`` when it cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for update in UPDATES:
            files = {path.encode(): data for path, data in update_files(update, now).items()}
            path = folder / f"{UPDATED}_{update.version}.gz"
            with path.open("wb") as stream:
                write_records(stream, ((name, (files[name],)) for name in sorted(files, key=record_order)))
            written.append(path)
    except OSError as error:
        raise WorkspaceError(
            f"The sample updates could not be written: {error.strerror or error}.",
            "Free some space or choose another folder.",
            repr(error),
        ) from error
    return written
