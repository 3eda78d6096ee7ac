"""A protected workspace whose log is sealed, with its keys and anchors in folders of the test."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.checkpoints import SignedNote, parse_note
from hotfix_desktop.core.roles import Person
from hotfix_desktop.sealing.keys import FilePlace, KeyPlace
from hotfix_desktop.sealing.seals import Seals
from hotfix_desktop.services import protection
from hotfix_desktop.services.workbench import OwnHeartbeat, Workbench
from hotfix_desktop.store.store import Store
from tests.services.world import World

NAME = "workspace-1"


class SealedWorld(World):
    """A world in which every bench has a key place and anchors of its own, as processes have."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.keys = folder / "keys"
        self.anchors = folder / "anchors"
        self.place: KeyPlace | None = None

    def seals(self) -> Seals:
        return Seals(lambda: (self.place or FilePlace(self.keys),), self.anchors, NAME)

    def sealed(self, user: str = "ann") -> Workbench:
        """Open another window, which seals."""
        store = Store(self.database, spare=lambda: self.spare)
        made = Workbench(store, self.disk, self.clock, Person(user, "10.0.0.1"), OwnHeartbeat(), self.seals())
        self.benches.append(made)
        return made

    @property
    def anchor(self) -> Path:
        return self.anchors / f"{NAME}.notes"

    def secrets(self) -> list[bytes]:
        """Give what stands in the files of the key place."""
        return [path.read_bytes() for path in sorted(self.keys.glob("*"))]

    @contextlib.contextmanager
    def raw(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that no trigger keeps from anything, as somebody has who owns the file."""
        connection = sqlite3.connect(self.database)
        try:
            rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in rows:
                connection.execute(f"DROP TRIGGER {name}")
            yield connection
            for _, sql in rows:  # whoever leaves traces is found by them
                connection.execute(sql)
            connection.commit()
        finally:
            connection.close()

    def cut_off(self, last: int, checkpoints: bool = True) -> None:
        """Delete the entries after ``last``, and the checkpoints that saw them."""
        with self.raw() as connection:
            connection.execute("DELETE FROM audit WHERE seq > ?", (last,))
            if checkpoints:
                connection.execute("DELETE FROM checkpoint WHERE size > ?", (last,))


def sealed_and_protected(world: SealedWorld, user: str = "ann") -> Workbench:
    bench = world.sealed(user)
    protection.protect(bench)
    return bench


def notes(bench: Workbench) -> list[SignedNote]:
    """Give the checkpoints of the database, the oldest first."""
    return [parse_note(stored.note) for stored in bench.store.checkpoints.after()]


def days_on(world: World, days: int = 1) -> None:
    world.clock.go(seconds=timedelta(days=days).total_seconds())


def enter(bench: Workbench, times: int = 1) -> None:
    for _ in range(times):
        bench.enter_alone(bench.event(AuditType.AUDIT_OPENED, "Somebody looked"))
