"""What the tests of the use cases stand on: packages in memory, a clock turned by hand, and benches on one database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotfix_desktop.changes.contents import FILE_NAME, Contents
from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lifecycle import Hotfix, PackageStatus
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services import catalogue, protection
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import Guard, OwnHeartbeat, Workbench
from hotfix_desktop.store.ledger import AuditLine
from hotfix_desktop.store.store import Store
from hotfix_desktop.workspaces.archives import CreatioArchives
from hotfix_desktop.workspaces.memory import MemoryWorkspace
from hotfix_desktop.workspaces.port import PackageWorkspace
from tests.log_lines import lines_of

START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
FILES = {
    "descriptor.json": (0o644, b"{}"),
    "Schemas/A/metadata.json": (0o664, b"a"),
    "Schemas/B/schema.js": (0o600, b"b"),
    "Files/run.sh": (0o755, b"c"),
    "Files/frozen.txt": (0o444, b"read-only from the start"),
}
ENDED = (AuditType.LOCKED.value, AuditType.RELOCKED.value)


class HandClock:
    """Both clocks of a machine, turned by hand."""

    def __init__(self) -> None:
        self.wall = START
        self.boot_us = 3_600_000_000
        self.boot = 1

    def now(self) -> Moment:
        return Moment(self.wall, self.boot_us, f"boot {self.boot}")

    def go(self, **step: float) -> None:
        """Let time pass, awake or asleep."""
        self.wall += timedelta(**step)
        self.boot_us += timedelta(**step) // timedelta(microseconds=1)

    def set_wall(self, **step: float) -> None:
        """Turn the wall clock alone."""
        self.wall += timedelta(**step)

    def reboot(self, **off: float) -> None:
        """Restart the machine after so long."""
        self.wall += timedelta(**off)
        self.boot_us = 1_000_000
        self.boot += 1


class World:
    """One workspace on one machine, and everybody who works there."""

    def __init__(self, folder: Path, workspace: PackageWorkspace | None = None) -> None:
        self.database = folder / "workspace" / "hotfix-desktop.sqlite3"
        self.spare = folder / "spare"
        self.clock = HandClock()
        self.disk = memory() if workspace is None else workspace
        self.benches: list[Workbench] = []

    def bench(self, user: str = "ann", guard: Guard | None = None) -> Workbench:
        """Open another window on the workspace, with a connection of its own."""
        store = Store(self.database, spare=lambda: self.spare)
        made = Workbench(
            store,
            self.disk,
            self.clock,
            Person(user, "10.0.0.1"),
            guard or OwnHeartbeat(),
            contents=Contents(self.database.with_name(FILE_NAME)),
            archives=CreatioArchives(),
        )
        self.benches.append(made)
        return made

    def close(self) -> None:
        for bench in self.benches:
            bench.close()


def memory() -> MemoryWorkspace:
    """Give two sound packages, Creatio's own, one without a descriptor and one with a problem."""
    packages = [
        FoundPackage("Case", "Case", "u-case", "8.1.0", "Customer"),
        FoundPackage("Base", "Base", "u-base"),
        FoundPackage("Custom", "Custom", "u-custom"),
        FoundPackage("Draft", "Draft", synchronised=False),
        FoundPackage("Twin", "Twin", "u-twin", problem="Another package has the same UId."),
    ]
    return MemoryWorkspace(packages, {p.key: dict(FILES) for p in packages}, "/packages", "Packages")


def protected(bench: Workbench) -> Workbench:
    """Take the workspace under protection, as the person of this bench."""
    protection.protect(bench)
    return bench


def package_id(bench: Workbench, name: str) -> int:
    return next(p.package_id for p in bench.store.packages.all() if p.found.name == name)


def status(bench: Workbench, name: str) -> PackageStatus:
    return catalogue.status_of(bench, package_id(bench, name))


def modes(bench: Workbench, name: str) -> dict[str, int]:
    """Give the mode of every file of a package, and of the package itself under ''."""
    disk = bench.workspace
    assert isinstance(disk, MemoryWorkspace)
    return {"": disk.roots[name], **{path: mode for path, (mode, _) in disk.files[name].items()}}


ORIGINAL = {"": 0o755, **{path: mode for path, (mode, _) in FILES.items()}}
CLOSED = {path: mode & ~0o222 for path, mode in ORIGINAL.items()}


def entries(bench: Workbench, **wanted: object) -> list[AuditLine]:
    """Give the entries that fit, the oldest first."""
    return lines_of(bench.store, **wanted)


def told(bench: Workbench, since: int = 0) -> list[tuple[str, str]]:
    """Give type and result of the entries after number ``since``, the oldest first."""
    return [(line.type, line.result) for line in entries(bench) if line.seq > since]


def endings(bench: Workbench, hotfix: Hotfix | int) -> list[str]:
    """Give the types of the entries that end a hotfix."""
    number = hotfix if isinstance(hotfix, int) else hotfix.number
    return [line.type for line in entries(bench, hotfix=number) if line.type in ENDED]


def beat(bench: Workbench) -> list[str]:
    """Beat once with a new relocker; gives the packages that it locked."""
    return [h.package_name for h in Relocker(bench).beat().relocked]


def at_step(disk: MemoryWorkspace, operation: str, number: int, act: Callable[[], object]) -> None:
    """Do something right before the ``number``-th file (from 0) of the next ``operation`` is worked on."""
    seen = 0

    def before_step(what: str, key: str, path: str) -> None:
        nonlocal seen
        if what != operation:
            return
        if seen == number:
            disk.before_step = None
            act()
        seen += 1

    disk.before_step = before_step


def raising(error: BaseException) -> Callable[[], object]:
    """Give something that raises."""

    def act() -> object:
        raise error

    return act
