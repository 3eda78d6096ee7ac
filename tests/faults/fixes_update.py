"""F17: an import of three packages is killed with ``kill -9`` at each of its calls, and at random ones.

Whatever is killed: afterwards every package contains what it did, or every one what was delivered; all are closed, and
nothing lies beside them; the fix is in the content store; the log says once what happened. The package folders get
their original rights back when they are released.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.update_plan import Take
from hotfix_desktop.services import catalogue, drift, hotfixes, protection
from hotfix_desktop.services.update_applying import update
from hotfix_desktop.services.updating import plan_update
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.archives import CreatioArchives
from hotfix_desktop.workspaces.placing import PREFIX
from tests.faults.driver import bench_of, recover
from tests.faults.fault import Outcome, Scale
from tests.faults.promises import OTHER, PACKAGE
from tests.faults.shim import Act, Shim
from tests.faults.trials import Driver, spread
from tests.packages_on_disk import make_package, make_packages

NEW = "UsrNew"
SCRIPT = f"Schemas/{PACKAGE}Page/{PACKAGE}Page.js"
KINDS = ("contained", "ours", "theirs")
"""The archive has the fix; it has not, and ours stays on top; it has not, and theirs is taken."""
_ODD_RIGHTS = (0o644, 0o600, 0o755, 0o664, 0o444)
_LINES = [f"line {number};" for number in range(12)]
_MODULE = "tests.faults.fixes_update"


def run(scale: Scale) -> Outcome:
    """Kill it at 500 random calls, and at each one (each merge: at 24 random ones).

    Half of the random ones are calls in the package folder: there the update is half done, or it is not begun.
    """
    counts: dict[tuple[str, bool], int] = {}
    after: dict[str, dict[str, str]] = {}
    with Driver(scale.folder / "count") as driver:
        for kind in KINDS if scale.full else KINDS[:2]:
            for in_packages in (False, True):
                with driver.place() as place:
                    found = driver.run(f"{_MODULE}:hit_update", place, kind=kind, in_packages=in_packages).result
                if found.get("broken") or not found.get("after"):
                    raise AssertionError(f"without any fault: {found}")
                counts[kind, in_packages], after[kind] = found["count"], found["after"]
    rng = Random(f"{scale.seed} F17")
    wishes = [_random(rng, counts, number % 2 == 0) for number in range(500 if scale.full else 24)]
    if scale.full:  # theirs goes the way of contained
        every = [(kind, at) for kind in KINDS[:2] for at in range(1, counts[kind, False] + 3)]
        wishes += [_Wish(kind, Act.KILL_BEFORE, at, in_packages=False) for kind, at in every]
    answers = spread(scale.folder, wishes, lambda driver, wish: _kill(driver, wish, after))
    kinds = Counter(text for answer in answers for text in set(answer.broken))
    calls = ", ".join(f"{kind} ({count})" for (kind, in_packages), count in counts.items() if not in_packages)
    return Outcome(
        fault="F17",
        what=f"kill -9 at the calls of an update: {calls}",
        trials=len(answers),
        broken=sum(bool(answer.broken) for answer in answers),
        detail="; ".join(
            [f"{sum(answer.was_hit for answer in answers)} were killed"]
            + [f"{number} × {text}" for text, number in kinds.most_common(5)]
        ),
        control="nobody recovers",
        control_trials=len(answers),
        control_broken=sum(answer.left for answer in answers),
        control_least=0.4,
    )


@dataclass(frozen=True, slots=True)
class _Wish:
    kind: str
    how: Act
    at: int
    in_packages: bool

    def __str__(self) -> str:
        return f"{self.kind}, {self.how.name} {self.at}{' in the packages' if self.in_packages else ''}"


@dataclass(frozen=True, slots=True)
class _Answer:
    broken: list[str]
    left: bool
    was_hit: bool


def _random(rng: Random, counts: dict[tuple[str, bool], int], in_packages: bool) -> _Wish:
    kind, _ = rng.choice(sorted(counts))
    how = rng.choice((Act.KILL_BEFORE, Act.KILL_AFTER))
    return _Wish(kind, how, rng.randint(1, counts[kind, in_packages]), in_packages)


def _kill(driver: Driver, wish: _Wish, after: dict[str, dict[str, str]]) -> _Answer:
    with driver.place() as place:
        how = {"how": wish.how, "at": wish.at, "in_packages": wish.in_packages}
        hit = driver.run(f"{_MODULE}:hit_update", place, kind=wish.kind, **how)
        settled = driver.run(f"{_MODULE}:settle_update", place, kind=wish.kind, after=after[wish.kind])
    broken = [f"{text} (as in: {wish})" for text in hit.broken + settled.broken]
    return _Answer(broken, bool(settled.result.get("left")), hit.signal == 9)


# In the child


def prepare(place: Path, kind: str) -> Workbench:
    """Make two protected packages, a closed hotfix in one of them, and an archive that updates both and has a third."""
    folder = make_packages(place / "Pkg", PACKAGE, OTHER)
    (folder / PACKAGE / SCRIPT).write_bytes(_script())
    for number, path in enumerate(sorted((folder / PACKAGE).rglob("*"))):
        path.chmod(0o750 if path.is_dir() else _ODD_RIGHTS[number % len(_ODD_RIGHTS)])
    (folder / PACKAGE / SCRIPT).chmod(0o664)
    (place / "modes.json").write_text(json.dumps(_modes(folder / PACKAGE)))
    bench = bench_of(place)
    protection.protect(bench)
    number = catalogue.find(bench, PACKAGE).package_id
    hotfixes.unlock(bench, number, "VAT is wrong", "INC1", 5)
    (folder / PACKAGE / SCRIPT).write_bytes(_script(fixed=True))
    hotfixes.lock(bench, number)
    drift.look(bench, number, thorough=True)
    _write_archive(place, kind)
    (place / "before.json").write_text(json.dumps(_contents(folder)))
    return bench


def hit_update(
    place: Path, kind: str, how: int = Act.NOTHING, at: int = 0, *, in_packages: bool = False
) -> dict[str, Any]:
    """Make the update, to which something happens; gives what the packages contain then, when nothing did.

    With ``in_packages`` only the calls in the package folder count.
    """
    shim = Shim()
    shim.skip_syncs()
    bench = prepare(place, kind)
    shim.watch(place / "Pkg", *(() if in_packages else (place / "home",)))
    shim.aim(Act(how), at)
    plan = plan_update(bench, place / "update.zip")
    takes = {p.name: Take(kind) for p in plan.packages if p.needs_decision}
    shim.arm()
    update(bench, plan, takes)
    shim.disarm()
    bench.close()
    broken = _judge(place, kind, _contents(place / "Pkg"))
    return {"broken": broken, "count": shim.count, "after": _contents(place / "Pkg")}


def settle_update(place: Path, kind: str, after: dict[str, str]) -> dict[str, Any]:
    """After a kill: look at what is half done, let the next start recover, and look at every promise."""
    folder = place / "Pkg"
    before = json.loads((place / "before.json").read_text())
    left = bool(_beside(folder)) or _contents(folder) not in (before, after)
    said = recover(place)
    broken = [f"recovery said: {said}"] if said else []
    broken += _judge(place, kind, after)
    bench = bench_of(place)
    try:
        # It can be done again, or is there already; and then the rights are given back.
        plan = plan_update(bench, place / "update.zip")
        update(bench, plan, {p.name: Take(kind) for p in plan.packages if p.needs_decision})
        protection.release(bench)
    except HotfixError as error:
        broken.append(f"afterwards: {error}")
    finally:
        bench.close()
    if _contents(folder) != after:
        broken.append("done again, it is not what was delivered")
    was, now = json.loads((place / "modes.json").read_text()), _modes(folder / PACKAGE)
    broken += [f"the rights of {p} are {now.get(p):o}, and were {m:o}" for p, m in was.items() if now.get(p) != m]
    return {"broken": broken, "left": left}


def _judge(place: Path, kind: str, after: dict[str, str]) -> list[str]:
    folder = place / "Pkg"
    before, now = json.loads((place / "before.json").read_text()), _contents(folder)
    broken = []
    if now not in (before, after):
        broken.append("the packages are neither as they were nor as they were delivered")
    if beside := _beside(folder):
        broken.append(f"left beside the packages: {len(beside)}")
    for name in (PACKAGE, OTHER, NEW):
        path = folder / name
        if path.exists() and any(p.lstat().st_mode & 0o222 for p in [path, *path.rglob("*")]):
            broken.append(f"{name} is not closed")
    bench = bench_of(place)
    try:
        entries = [line.type for line in _entries(bench) if line.result == AuditResult.SUCCESS]
        done = now == after
        if entries.count(AuditType.PACKAGE_UPDATED) != (2 if done else 0):
            broken.append(f"{entries.count(AuditType.PACKAGE_UPDATED)} entries of an update, done: {done}")
        if entries.count(AuditType.PACKAGE_INSTALLED) != (1 if done else 0):
            broken.append("the entry of the installed package is missing, or there twice")
        if entries.count(AuditType.DELIVERED) != (1 if done and kind == "contained" else 0):
            broken.append("the delivery as usual is missing, or there twice")
        fixed = hashlib.sha256(_script(fixed=True)).digest()
        if bench.contents.read(fixed) != _script(fixed=True):
            broken.append("the fix is not in the content store")
        names = [package.name for package in catalogue.refresh(bench).packages if package.drift]
        if names:
            broken.append(f"shown as drift: {names}")
        if bench.store.updates.pending():
            broken.append("an update is still pending")
        broken += [f"not sound: {text}" for text in [*bench.contents.verify().damages]]
    finally:
        bench.close()
    return broken


def _entries(bench: Workbench) -> list[Any]:
    from tests.log_lines import lines_of

    return lines_of(bench.store)


def _script(*, fixed: bool = False, more: bool = False) -> bytes:
    lines = list(_LINES)
    if fixed:
        lines[2] = "fixed;"
    if more:
        lines[9] = "more;"
    return "".join(line + "\n" for line in lines).encode()


def _write_archive(place: Path, kind: str) -> None:
    source = place / "source"
    packages = {}
    for name in (PACKAGE, OTHER, NEW):
        folder = make_package(source, name, "Customer")
        (folder / "Files").mkdir()
        (folder / "Files" / "added.txt").write_text("new in this version\n")
        if name == PACKAGE:
            (folder / SCRIPT).write_bytes(_script(fixed=kind == "contained", more=True))
        packages[name] = [
            (str(path.relative_to(folder)).encode(), [path.read_bytes()])
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
    with (place / "update.zip").open("wb") as stream:
        CreatioArchives().write_bundle(stream, packages.items())


def _contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(PREFIX) for part in path.relative_to(folder).parts)
    }


def _beside(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{PREFIX}*"))


def _modes(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): stat.S_IMODE(p.lstat().st_mode) for p in [folder, *folder.rglob("*")]}
