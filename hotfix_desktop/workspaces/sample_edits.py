"""What people repair in the sample workspace: small, plausible edits of the files of an unlocked package.

They are made as another program makes them: straight in the files, with their byte-order mark and line ends kept.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces.sample_formats import creatio_date
from hotfix_desktop.workspaces.sample_updates import UPDATED, VAT_FILE, VAT_FIXED, VAT_LINE

_DATE = re.compile(rb'("ModifiedOnUtc":\s*")[^"]*(")')
_BODY = re.compile(rb"[^\r\n]*\{[ \t]*(\r?\n)([ \t]+)(?=\S)")
"""The end of a line that opens a block, and how the first line in it is indented."""


class SampleHands:
    """Edits files of the packages in one sample workspace."""

    def __init__(self, packages: Path) -> None:
        """Work in this folder of packages."""
        self._packages = packages

    def repair(self, package: str, note: str, now: datetime) -> None:
        """Change a source file of a package as somebody would who repairs ``note``; raises ``WorkspaceError``.

        UsrInvoices stays as the sample's updates know it.
        """
        if package == UPDATED:
            return
        try:
            sources = sorted(p for p in self._root(package).rglob("Schemas/*/*") if p.suffix in (".cs", ".js"))
            if sources:
                source = sources[sum(note.encode()) % len(sources)]
                self._rewrite(source, _with_note(source.read_bytes(), note), now)
        except OSError as error:
            raise WorkspaceError(f"The sample could not be edited: {error}.") from error

    def round_vat(self, now: datetime) -> None:
        """Repair how UsrInvoices rounds the VAT; raises ``WorkspaceError``."""
        try:
            source = self._root(UPDATED) / VAT_FILE
            self._rewrite(source, source.read_bytes().replace(VAT_LINE, VAT_FIXED), now)
        except OSError as error:
            raise WorkspaceError(f"The sample could not be edited: {error}.") from error

    def _root(self, package: str) -> Path:
        """Give the folder of a package, which may hold it in a version folder."""
        root = self._packages / package
        versions = root / "branches"
        return next(iter(sorted(versions.iterdir())), root) if versions.is_dir() else root

    def _rewrite(self, source: Path, text: bytes, now: datetime) -> None:
        source.write_bytes(text)
        descriptor = source.with_name("descriptor.json")
        if descriptor.exists():
            date = creatio_date(now).replace("/", "\\/").encode()
            descriptor.write_bytes(_DATE.sub(lambda found: found[1] + date + found[2], descriptor.read_bytes()))


def _with_note(text: bytes, note: str) -> bytes:
    """Put a line with a remark at the begin of the last block but one that opens; at the end where there is none."""
    places = list(_BODY.finditer(text))
    if not places:
        return text + b"\n// " + note.encode() + b"\n"
    place = places[-2] if len(places) > 1 else places[-1]
    line_end, indent = place[1], place[2]
    at = place.end() - len(indent)
    return text[:at] + indent + b"// Fixed: " + note.encode() + line_end + text[at:]
