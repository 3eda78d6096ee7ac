"""What a workbench needs to seal its log: where keys and copies go, and what it remembers of them."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hotfix_desktop.core.anchoring import Copy
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.sealing.anchors import Anchor, FileAnchor, JournalAnchor
from hotfix_desktop.sealing.keys import KeyPlace

SUFFIX = ".notes"


@dataclass(slots=True)
class KnownAnchor:
    """What was read of an anchor so far, so that only what is new has to be compared.

    Attributes:
        stamp: which file it was.
        end: how far it was read.
        against: the copies that contradicted the log.
        top: the copy that agreed with the greatest number of entries.
        last: the newest copy.
        nonsense: how many copies were passed over.
        damaged: whether something else stands there, too.
        torn: whether half a note stands at its end.
        read_us: the boot-time clock when it was read last, microseconds.
    """

    stamp: object = None
    end: int = 0
    against: tuple[Copy, ...] = ()
    top: Copy | None = None
    last: Copy | None = None
    nonsense: int = 0
    damaged: bool = False
    torn: bool = False
    read_us: int = 0


@dataclass(slots=True)
class Seals:
    """The sealing of one workbench; without ``places`` nothing is signed, and without ``folder`` nothing compared.

    Attributes:
        places: gives where private keys are, the place for a first one in front; asked once, when one is needed.
        folder: of the anchor that is always there.
        name: of this workspace's file in each anchor.
        trouble: why the log could not be signed the last time; empty when it could.
        tree: a Merkle tree that grows over many beats, where an old log has never been sealed.
        retry_us: the boot-time clock before which it is not tried again, microseconds.
        seen: the number of the last checkpoint, its time, and the boot-time clock when this workbench first saw it.
        known: what was read of each anchor, by its name.
    """

    places: Callable[[], tuple[KeyPlace, ...]] | None = None
    folder: Path | None = None
    name: str = ""
    trouble: str = ""
    tree: Frontier | None = None
    retry_us: int = 0
    seen: tuple[int, int, int] = (0, 0, 0)
    known: dict[str, KnownAnchor] = field(default_factory=dict)
    _places: tuple[KeyPlace, ...] | None = None
    _anchors: dict[str, Anchor] = field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        """Whether the log is sealed here."""
        return self.places is not None

    def key_places(self) -> tuple[KeyPlace, ...]:
        """Give where private keys are."""
        if self._places is None:
            self._places = self.places() if self.places is not None else ()
        return self._places

    def anchors(self, folder: str, journal: bool) -> list[Anchor]:
        """Give the anchors of these settings, the one that is always there in front."""
        wanted: dict[str, Callable[[], Anchor]] = {}
        if self.folder is not None:
            own = self.folder / f"{self.name}{SUFFIX}"
            wanted[str(own)] = lambda: FileAnchor(own, private=True)
            if folder:
                other = Path(folder) / f"{self.name}{SUFFIX}"
                wanted[str(other)] = lambda: FileAnchor(other, private=False)
            if journal:
                wanted["journal"] = lambda: JournalAnchor(self.name)
        return [self._anchors.setdefault(key, make()) for key, make in wanted.items()]


def anchor_name(database: Path) -> str:
    """Give the name of a workspace in anchors: for people its folder's, and a digest of where it is.

    Not of its log, so that a database that was replaced is noticed; of the computer, too, for several may share
    a folder of anchors.
    """
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", database.parent.name).strip("-")[:60] or "workspace"
    # However the home is spelled: a link to it is the same place.
    place = os.fsencode(os.path.realpath(database)) + b"\0" + socket.gethostname().encode()
    return f"{readable}-{hashlib.sha256(place).hexdigest()[:10]}"
