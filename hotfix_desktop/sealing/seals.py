"""What a workbench needs to seal its log: where keys and copies go, and what it remembers of them."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from hotfix_desktop.core.anchoring import Copy
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.sealing.anchors import Anchor, FileAnchor, JournalAnchor
from hotfix_desktop.sealing.keys import KeyPlace
from hotfix_desktop.sealing.memory import KnownPlaces, Memory

SUFFIX = ".notes"


@dataclass(slots=True)
class KnownAnchor:
    """What was read of an anchor so far, so that only what is new has to be compared.

    Attributes:
        stamp: which file it was.
        end: how far it was read.
        first: the copy with which it begins.
        is_other: whether copies that were in it are gone.
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
    first: Copy | None = None
    is_other: bool = False
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
        is_behind: whether a seal is to be made up for, because another program held the database.
        retry_us: the boot-time clock before which it is not tried again, microseconds.
        seen: the number of the last checkpoint, its time, and the boot-time clock when this workbench first saw it.
        known: what was read of each anchor, by its name.
    """

    places: Callable[[], tuple[KeyPlace, ...]] | None = None
    folder: Path | None = None
    name: str = ""
    trouble: str = ""
    tree: Frontier | None = None
    is_behind: bool = False
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

    def anchors(self, folder: str, journal: bool, newest: int = 0) -> list[Anchor]:
        """Give the anchors of these settings, the one that is always there in front, and those that ever were set.

        The settings stand in the database that is judged: what vanished from there is used on, see
        :meth:`choose`. ``newest`` is the number of the newest entry, before which a new folder has no copies.
        """
        known = self._remembered(folder, journal, newest)
        wanted: dict[str, Callable[[], Anchor]] = {}
        if self.folder is not None:
            own = self.folder / f"{self.name}{SUFFIX}"
            wanted[str(own)] = lambda: FileAnchor(own, private=True)
            for each in known.folders:
                other = Path(each) / f"{self.name}{SUFFIX}"
                wanted[str(other)] = partial(FileAnchor, other, private=False)
            if known.journal:
                wanted["journal"] = lambda: JournalAnchor(self.name)
        for key, make in wanted.items():
            if key not in self._anchors:
                self._anchors[key] = make()
        return [self._anchors[key] for key in wanted]

    def choose(self, folder: str, journal: bool, newest: int) -> None:
        """Use these from now on and no others: somebody has changed the settings through the program."""
        if self.folder is not None:
            # The newest entry is that of the change itself: the next checkpoint covers it, and is in that folder.
            known = self._memory().load()
            since = known.folders.get(folder, newest - 1)
            self._memory().save(replace(known, folders={folder: since} if folder else {}, journal=journal))

    def since(self, name: str) -> int:
        """Give the entry before which an anchor need not have copies; 0 for the one that is always there."""
        if self.folder is None:
            return 0
        folders = self._memory().load().folders
        return next((at for each, at in folders.items() if str(Path(each) / f"{self.name}{SUFFIX}") == name), 0)

    def members(self) -> frozenset[str]:
        """Give the users who had a role when the log was last in order; nobody where that is not known."""
        return self._memory().load().members if self.folder is not None else frozenset()

    def remember_members(self, users: frozenset[str], *, all_of_them: bool) -> None:
        """Remember who has a role in a log that is in order; else than ``all_of_them`` beside those remembered."""
        if self.folder is None:
            return
        known = self._memory().load()
        members = users if all_of_them else users | known.members
        if members != known.members:
            self._memory().save(replace(known, members=members))

    def _remembered(self, folder: str, journal: bool, newest: int) -> KnownPlaces:
        if self.folder is None:
            return KnownPlaces()
        known = self._memory().load()
        if (folder and folder not in known.folders) or (journal and not known.journal):
            folders = {**known.folders, **({folder: newest} if folder and folder not in known.folders else {})}
            known = replace(known, folders=folders, journal=journal or known.journal)
            self._memory().save(known)
        return known

    def _memory(self) -> Memory:
        assert self.folder is not None
        return Memory(self.folder.with_name(f"{self.folder.name}-known") / f"{self.name}.json")


def anchor_name(database: Path) -> str:
    """Give the name of a workspace in anchors: for people its folder's, and a digest of where it is.

    Not of its log, so that a database that was replaced is noticed; of the computer, too, for several may share
    a folder of anchors.
    """
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", database.parent.name).strip("-")[:60] or "workspace"
    # However the home is spelled: a link to it is the same place.
    place = os.fsencode(os.path.realpath(database)) + b"\0" + socket.gethostname().encode()
    return f"{readable}-{hashlib.sha256(place).hexdigest()[:10]}"
