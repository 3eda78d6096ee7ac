"""F18: a delivery into a real git repository is killed with ``kill -9`` at its steps, and anywhere.

Whatever is killed, and whether git goes on without it or is killed with it: the work tree, the index and every other
branch stay as they were; there is a branch with the whole fix or none; the next attempt succeeds and makes no second
branch; the delivery is entered once.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.delivery_plan import Decision, Side
from hotfix_desktop.repositories.git import Git
from hotfix_desktop.services import delivering, hotfixes, protection
from hotfix_desktop.services.undelivered import undelivered
from hotfix_desktop.services.workbench import Workbench
from tests.faults.fault import Outcome, Scale
from tests.faults.headless import context
from tests.faults.processes import descendants, kill, pause, reap, wait_until
from tests.faults.tally import Trial, outcome, side_by_side
from tests.faults.world import Log
from tests.packages_on_disk import make_packages

PACKAGE = "UsrInvoices"
SCRIPT = f"{PACKAGE}/Schemas/{PACKAGE}Page/{PACKAGE}Page.js"
BRANCH = f"hotfix/INC-9-{PACKAGE}"
FILES = 30
LAST = 14
"""Steps at the end of a delivery, at which half of those kills come that are made at a step: there it writes."""
_IDENTITY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}


def run(scale: Scale) -> Outcome:
    """Try it: 12 kills for each merge, 500 in the whole matrix; half as many of a delivery without care."""
    count = 500 if scale.full else 12
    trials = killed_deliveries(scale, count)
    careless = killed_deliveries(scale, max(8, count // 10), careless=True)
    return outcome(
        "F18",
        "kill -9 of a delivery into a git repository",
        trials,
        control="git checkout, add and commit in the work tree",
        control_trials=len(careless),
        control_broken=sum(1 for trial in careless if trial.broken),
        control_least=0.2,
    )


def killed_deliveries(scale: Scale, count: int, *, careless: bool = False) -> list[Trial]:
    """Kill so many deliveries; ``careless`` ones are made as a script would, in the work tree."""
    name = "careless" if careless else "deliver"
    places = [DeliveryGround(scale.folder / f"{name}-{number}", careless) for number in range(2 if scale.full else 1)]
    return side_by_side(scale, f"F18 {name}", places, count, lambda ground, rng, number: ground.attempt(rng, number))


class DeliveryGround:
    """A protected folder with a closed hotfix that waits, and the repository that it goes to."""

    def __init__(self, folder: Path, careless: bool) -> None:
        """Make both, and copies to begin each trial with."""
        self.folder, self._careless = folder, careless
        self.location = make_packages(folder / "Pkg", PACKAGE)
        more = self.location / PACKAGE / "Files"
        more.mkdir()
        for number in range(FILES):
            (more / f"{number}.txt").write_text("as it was\n" * 50)
        self.home, self.repository = folder / "home", folder / "billing"
        shutil.copytree(self.location, self.repository / "packages")
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Dev")
        self.git("config", "user.email", "dev@example.com")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "as it was")
        self.main = self.git("rev-parse", "main")
        bench = self._bench()
        protection.protect(bench)
        identity = next(p.package_id for p in bench.store.packages.all() if p.found.name == PACKAGE)
        hotfixes.unlock(bench, identity, "VAT is wrong", "INC-9")
        (self.location / SCRIPT).write_text("define(fixed);\n")
        for number in range(0, FILES, 2):
            (more / f"{number}.txt").write_text("repaired\n" * 50)
        hotfixes.lock(bench, identity)
        self.database = bench.store.path
        bench.close()
        shutil.copytree(self.home, folder / "home as it was")
        shutil.copytree(self.repository, folder / "billing as it was", symlinks=True)
        self._seconds, self._steps = self._whole()

    def _whole(self) -> tuple[float, int]:
        """Deliver without a kill; gives how many seconds it takes, and how many steps."""
        process, mail = self._begin(1 << 30)
        began = time.monotonic()
        steps = mail.recv()
        process.join(60)
        return time.monotonic() - began, steps

    def _begin(self, step: int | None) -> tuple[BaseProcess, Connection]:
        """Start a delivery in a process of its own, and wait until it has planned."""
        mail, theirs = context.Pipe()
        arguments = (str(self.home), str(self.location), str(self.repository), theirs, step, self._careless)
        process = context.Process(target=_deliver_in_child, args=arguments)
        process.start()
        theirs.close()
        if not mail.poll(60) or mail.recv() != "planned":
            raise RuntimeError("the delivery never began")
        return process, mail

    def attempt(self, rng: Random, number: int) -> Trial:
        """Deliver, kill it, and look; then deliver again."""
        for place in (self.home, self.repository):
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(place.with_name(f"{place.name} as it was"), place, symlinks=True)
        before = self._untouched()
        step = None
        if number % 2 == 0:
            step = rng.randrange(max(0, self._steps - LAST) if rng.random() < 0.5 else 0, self._steps)
        trial = Trial()
        process, _ = self._begin(step)
        if step is None:
            began = time.monotonic()
            pause(rng.uniform(0.0, self._seconds * 1.1))
            if not process.is_alive():
                self._seconds = 0.9 * self._seconds + 0.1 * (time.monotonic() - began)
            kill(process.pid or 0)
        process.join(60)
        if process.exitcode not in (0, -signal.SIGKILL):
            trial.broken.append(f"trial {number}: it ended with {process.exitcode}")
        self._end_git(with_it=rng.random() < 0.5)
        where = f"trial {number} (step {step})"
        trial.broken += [f"{where}: {fault}" for fault in self._faults(before, trial)]
        if not trial.broken and not self._careless:
            trial.broken += [f"{where}, after it: {fault}" for fault in self._again(trial)]
        return trial

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run git in the repository."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.repository, capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, **_IDENTITY},
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def _bench(self) -> Workbench:
        return make_bench(home_of(str(self.home)), self.location)

    def _end_git(self, *, with_it: bool) -> None:
        """Wait for the calls of git that the killed program left behind, or kill them as well."""

        def left() -> list[int]:
            mark = str(self.repository)
            return [pid for pid, command in descendants().items() if " git " in f" {command} " and _is_in(pid, mark)]

        if with_it:
            for pid in left():
                kill(pid)
        wait_until(lambda: not [reap(pid) for pid in left()], time.time() + 20)

    def _untouched(self) -> dict[str, object]:
        """Give what no delivery may touch."""
        own = self.repository / ".git"
        files = {p: p.read_bytes() for p in sorted((self.repository / "packages").rglob("*")) if p.is_file()}
        return {"head": (own / "HEAD").read_bytes(), "index": (own / "index").read_bytes(), "files": files}

    def _faults(self, before: dict[str, object], trial: Trial) -> list[str]:
        faults = [f"{name} was touched" for name, value in self._untouched().items() if value != before[name]]
        refs = dict(
            line.split()[::-1] for line in self.git("for-each-ref", "--format=%(objectname) %(refname)").split("\n")
        )
        if refs.pop("refs/heads/main", "") != self.main:
            faults.append("main was moved")
        commit = refs.pop(f"refs/heads/{BRANCH}", "")
        faults += [f"there is {ref}" for ref in refs]
        if commit:
            faults += self._branch_faults(commit)
        if broken := self.git("fsck", "--strict", "--no-dangling", check=False):
            faults.append(f"git fsck: {broken}")
        entries = [e for e in Log(self.database).read() if e.event.type is AuditType.DELIVERED]
        bench = self._bench()
        try:
            kept = bench.store.deliveries.of(1)
        finally:
            bench.close()
        trial.entries += len(kept)
        if len(entries) != len(kept):
            faults.append(f"{len(kept)} deliveries and {len(entries)} entries")
        if any(delivery.receipt.facts["commit"] != commit for delivery in kept):
            trial.lost += 1
            faults.append("a delivery that is entered is not in the repository")
        return faults

    def _branch_faults(self, commit: str) -> list[str]:
        if self.git("rev-parse", f"{commit}~1", check=False) != self.main:
            return ["the branch does not grow from main"]
        changed = self.git("diff", "--name-only", "main", commit).split("\n")
        if len(changed) != 1 + (FILES + 1) // 2 or self.git("show", f"{commit}:packages/{SCRIPT}") != "define(fixed);":
            return [f"the branch has {len(changed)} changed files"]
        return []

    def _again(self, trial: Trial) -> list[str]:
        """Deliver once more, as somebody would who finds it undelivered."""
        before = self._untouched()
        bench = self._bench()
        try:
            waits = undelivered(bench)
            if waits:
                _deliver(bench, self.repository, lambda: None)
            if undelivered(bench):
                return ["it is still undelivered"]
        finally:
            bench.close()
        faults = self._faults(before, trial)
        number = sum(1 for e in Log(self.database).read() if e.event.type is AuditType.DELIVERED)
        return faults if number == 1 else [*faults, f"it is entered {number} times"]


def _is_in(pid: int, folder: str) -> bool:
    try:
        return folder in os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return False


def _deliver_in_child(
    home: str, location: str, repository: str, mail: Connection, step: int | None, careless: bool
) -> None:
    """Deliver, and with ``step`` die right before, or after, a call of git or the entry."""
    os.environ.update(_IDENTITY)
    bench = make_bench(home_of(home), Path(location))

    def planned() -> None:
        mail.send("planned")
        if step is not None:
            seen.append(_die_at(step))

    seen: list[Callable[[], int]] = []
    if careless:
        _deliver_carelessly(bench, Path(repository), planned)
    else:
        _deliver(bench, Path(repository), planned)
    for count in seen:
        mail.send(count())


def _die_at(step: int) -> Callable[[], int]:
    """Let the process die at a step, from 0: before and after each call of git in turn, and around the entry.

    Gives how to ask how many steps there were.
    """
    calls = iter(range(1 << 20))
    ask, enter = Git.ask, delivering.enter_delivery

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*given: object, **named: object) -> object:
            if next(calls) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = call(*given, **named)
            if next(calls) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return wrapped

    Git.ask = counted(ask)  # type: ignore[method-assign,assignment]
    delivering.enter_delivery = counted(enter)  # type: ignore[assignment]
    return lambda: next(calls)


def _deliver(bench: Workbench, repository: Path, planned: Callable[[], None]) -> None:
    plan = delivering.plan_delivery(bench, [1], repository)
    planned()
    decisions = {file.path: Decision(Side.OURS) for file in plan.conflicts}
    delivering.deliver(bench, plan, decisions, delivering.message_for(bench, [1]))


def _deliver_carelessly(bench: Workbench, repository: Path, planned: Callable[[], None]) -> None:
    """The control: as a script would do it, in the work tree."""
    plan = delivering.plan_delivery(bench, [1], repository)
    git = Git("git", repository)
    planned()
    git.run("make the branch", "checkout", "-q", "-b", plan.branch)
    for file in plan.files:
        (repository / file.place).write_bytes(delivering.versions(bench, plan, file)[1] or b"")
    git.run("add", "add", "-A")
    git.run("commit", "commit", "-q", "-m", "Fix")
    git.run("go back", "checkout", "-q", "main")
