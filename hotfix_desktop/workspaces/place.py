"""Where a package lay when it was recorded: the head of a folder's closing record, before the modes."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from hotfix_desktop.core.errors import WorkspaceError

_PLACE = struct.Struct(">QQI")
"""Device, inode and the length of the path that follows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a package lies.

    Attributes:
        path: of its folder, as bytes.
        identity: device and inode of that.
    """

    path: bytes
    identity: tuple[int, int]

    @classmethod
    def of(cls, root: str) -> Place:
        """Look where a folder lies."""
        found = os.stat(root)
        return cls(os.fsencode(root), (found.st_dev, found.st_ino))

    @classmethod
    def read(cls, record: bytes) -> Place:
        """Give that of a record. Raises ``WorkspaceError``."""
        return cls._split(record)[0]

    def before(self, modes: bytes) -> bytes:
        """Give the record of a package that lies here and has these modes."""
        return _PLACE.pack(*self.identity, len(self.path)) + self.path + modes

    @classmethod
    def modes_of(cls, record: bytes) -> bytes:
        """Give the modes of a record. Raises ``WorkspaceError``."""
        return cls._split(record)[1]

    @classmethod
    def _split(cls, record: bytes) -> tuple[Place, bytes]:
        if len(record) >= _PLACE.size:
            device, inode, size = _PLACE.unpack_from(record)
            end = _PLACE.size + size
            if end <= len(record):
                return cls(record[_PLACE.size : end], (device, inode)), record[end:]
        raise WorkspaceError("The record of the package's original rights is damaged.")
