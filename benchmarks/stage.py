"""What the benchmarks work on: package folders made for them, in one folder that goes away with the run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import programs
from hotfix_desktop.app import make_bench
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.services import catalogue, hotfixes, protection
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.home import Home

NAMES = ("Invoice", "Sales", "Case", "Contact", "Campaign", "Portal", "Order", "Product", "Lead", "Event")
MAINTAINERS = ("Creatio", "Customer", "Usr Consulting")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much each benchmark does; the tests run all of them with very little."""

    rounds: int = 9
    small: int = 40
    big: int = 10_000
    unlocked: int = 100
    idle_unlocked: int = 10
    idle_seconds: float = 20.0
    files: int = 10_000
    recorded: int = 100_000
    recorded_bytes: int = 500_000_000
    archive_bytes: int = 30_000_000
    appends: int = 300
    windows: int = 20_000
    log_entries: int = 5_000_000
    frames: int = 250


@dataclass(frozen=True, slots=True)
class Ground:
    """A package folder under protection, and the home whose database knows it."""

    packages: Path
    home: Home

    @contextmanager
    def bench(self) -> Iterator[Workbench]:
        bench = make_bench(self.home, self.packages)
        try:
            yield bench
        finally:
            bench.close()

    @property
    def arguments(self) -> tuple[str, ...]:
        """What opens it in the program."""
        return ("--home", str(self.home.folder), str(self.packages))


@dataclass(slots=True)
class Stage:
    """One run: its sizes, and what was made for it so far."""

    folder: Path
    sizes: Sizes
    _grounds: dict[int, Ground] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        return self.folder / "bytecode"

    def ground(self, count: int) -> Ground:
        """Give a protected workspace of so many packages; made once."""
        if count not in self._grounds:
            folder = self.folder / f"{count} packages"
            write_packages(folder / "Pkg", count)
            ground = Ground(folder / "Pkg", Home(folder / "home"))
            with ground.bench() as bench:
                protection.protect(bench)
            self._grounds[count] = ground
        return self._grounds[count]

    def unlocked(self, count: int, of: int) -> Ground:
        """Give the workspace of so many packages with at least ``count`` of them unlocked."""
        ground = self.ground(of)
        with ground.bench() as bench:
            have = len(bench.store.hotfixes.not_closed())
            blocked = [p for p in catalogue.remembered(bench).packages if p.state is PackageState.BLOCKED]
            for package in blocked[: max(0, count - have)]:
                hotfixes.unlock(bench, package.package_id, "Benchmark", "INC-1", 600)
        return ground

    def run(self, module: str, scenario: tuple[object, ...], *arguments: str) -> programs.Marks:
        """Run a window in a process of its own."""
        return programs.run(module, scenario, *arguments, cache=self.cache)


@contextmanager
def stage(sizes: Sizes, below: Path | None = None) -> Iterator[Stage]:
    """Give a folder to work in; it is removed afterwards, read-only packages included."""
    folder = Path(tempfile.mkdtemp(prefix="hotfix-benchmarks-", dir=below))
    try:
        yield Stage(folder, sizes)
    finally:
        _end_guards(folder)
        for path, _, _ in os.walk(folder):
            os.chmod(path, 0o700)
        shutil.rmtree(folder)


def _end_guards(folder: Path) -> None:
    """End the guards that windows have started for packages in this folder: they outlive their windows."""
    for entry in Path("/proc").glob("[0-9]*") if sys.platform.startswith("linux") else ():
        with suppress(OSError):  # it has ended, or belongs to somebody else
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"relocker" in words and any(word.startswith(os.fsencode(folder)) for word in words):
                os.kill(int(entry.name), signal.SIGKILL)


def write_packages(folder: Path, count: int) -> None:
    """Write small packages: a descriptor and one schema file each."""
    for number in range(count):
        name = f"Usr{NAMES[number % len(NAMES)]}{number:05}"
        schema = folder / name / "Schemas" / f"{name}Page"
        schema.mkdir(parents=True)
        descriptor = {
            "Descriptor": {
                "UId": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
                "PackageVersion": f"8.{number % 3}.0",
                "Name": name,
                "ModifiedOnUtc": f"/Date({1_700_000_000_000 + number * 1000})/",
                "Maintainer": MAINTAINERS[number % len(MAINTAINERS)],
                "DependsOn": [{"UId": "", "PackageVersion": "8.0.0", "Name": "Base"}],
            }
        }
        (folder / name / "descriptor.json").write_text("\ufeff" + json.dumps(descriptor), "utf-8")
        (schema / "metadata.json").write_text("{}", "utf-8")
