"""Writes the zip of an evidence bundle: its bytes depend on nothing but its files.

The files are stored as they are, not compressed: what a compressor writes differs from version to version, and a
changed bit in it may leave the content as it is, while here every byte is compared. The headers are those of
``bundle_verify``, which checks them.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable

from hotfix_desktop.services.bundle_verify import central_header, end_record, local_header
from hotfix_desktop.services.landing import ExportFailed, Landing

LIMIT = 0xFFFF_FFFF
"""Bytes of a zip without the extension for larger ones, which not every program reads."""


class BundleZip:
    """A zip under way.

    Attributes:
        files: size and SHA-256 of each file that is in it, as the manifest has them.
    """

    def __init__(self, landing: Landing) -> None:
        """Write into this file."""
        self._landing = landing
        self._at = 0
        self._table: list[bytes] = []
        self.files: dict[str, dict[str, object]] = {}

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        """Add a file, part by part; raises ``ExportFailed``."""
        start = self._at
        self._write(local_header(name, 0, 0))
        data = self._at
        crc, digest = 0, hashlib.sha256()
        for part in parts:
            crc = zlib.crc32(part, crc)
            digest.update(part)
            self._write(part)
        size = self._at - data
        with self._landing.told():
            self._landing.file.seek(start)
            self._landing.file.write(local_header(name, crc, size))
            self._landing.file.seek(self._at)
        self._table.append(central_header(name, crc, size, start))
        self.files[name] = {"bytes": size, "sha256": digest.hexdigest()}

    def close(self) -> None:
        """Write the table of contents."""
        start, table = self._at, b"".join(self._table)
        self._write(table)
        self._write(end_record(len(self._table), len(table), start))

    def _write(self, data: bytes) -> None:
        if self._at + len(data) > LIMIT - (1 << 20):
            raise ExportFailed(
                "The bundle would be larger than 4 GB, which is too much for a zip.", "Choose a shorter period."
            )
        self._landing.write(data)
        self._at += len(data)
