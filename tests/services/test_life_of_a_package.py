"""The life of packages as a machine that does anything at any time, dies anywhere, and keeps P1, P2, P3 and P7.

A *window* is a workbench with its relocker. The files live in memory and the database on disk; both outlive
every window, as they outlive a process. At the end of each rule the windows that live beat once, then the
invariants look at the files, and at the database through a connection of their own.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hotfix_desktop.core.audit import chain_hash, leaf_hash
from hotfix_desktop.core.errors import HotfixError, Refused, WorkspaceError
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services import administration, hotfixes, protection
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.workbench import OwnHeartbeat, Workbench
from hotfix_desktop.store.store import Store
from tests.services.world import CLOSED, FILES, ORIGINAL, HandClock, memory

WRITE = 0o222
NAMES = ("Case", "Base")
names = st.sampled_from(NAMES)
windows = st.integers(0, 1)
steps = st.integers(1, 30)


class Crash(BaseException):
    """The process is killed here; no handler of the program may catch it."""


@dataclass
class Window:
    """A process with its workbench and its relocker."""

    bench: Workbench
    relocker: Relocker


class MortalStore(Store):
    """A store that counts its steps, so that the process can die before or after each of them."""

    def __init__(self, path: Path, tick: Callable[[], None]) -> None:
        super().__init__(path)
        self._tick = tick
        for owner, names_ in (
            (self.packages, ("begin_closing", "set_files", "set_kept", "set_locked")),
            (self.hotfixes, ("begin", "mark_open", "close", "extend")),
            (self.ledger, ("append",)),
        ):
            for name in names_:
                setattr(owner, name, self._mortal(getattr(owner, name)))

    def _mortal(self, query: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            self._tick()
            answer = query(*arguments)
            self._tick()
            return answer

        return run

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._tick()
        with super().transaction():
            yield
            self._tick()
        self._tick()


class Life(RuleBasedStateMachine):
    """Everything that can happen to two packages on one machine."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database = self.folder / "workspace" / "d.sqlite3"
        self.clock = HandClock()
        self.disk = memory()
        self.disk.before_step = self.before_step
        self.fuse = 0
        self.at_fuse: Callable[[], None] | None = None
        self.original = {name: dict(ORIGINAL) for name in NAMES}
        self.asked: dict[str, tuple[int, int, Any, int]] = {}
        self.crashed_keeping = False
        self.windows: list[Window] = []

    @initialize()
    def begin(self) -> None:
        self.windows = [self.start()]
        protection.protect(self.windows[0].bench)
        self.windows.append(self.start())
        self.outside = sqlite3.connect(self.database, isolation_level=None)

    def teardown(self) -> None:
        if self.windows:
            self.outside.close()
        for window in self.windows:
            window.bench.store.close()
        shutil.rmtree(self.folder)

    # Dying and interfering

    def tick(self) -> None:
        if self.fuse and self.at_fuse is None:
            self.fuse -= 1
            if not self.fuse:
                raise Crash

    def before_step(self, operation: str, key: str, path: str) -> None:
        if operation == "open" and key in NAMES:
            self.check_the_wish_is_durable(key)
        if self.at_fuse is None:
            self.tick()
            return
        if operation == "survey":
            return  # before the intent it is no hotfix yet, and after the lock none any more
        # Only here, between two files, can another process do anything; inside a transaction it would wait.
        self.fuse -= 1
        if not self.fuse:
            act, self.at_fuse = self.at_fuse, None
            act()

    def start(self) -> Window:
        """Start a process: it reconciles first, then beats."""
        bench = Workbench(
            MortalStore(self.database, self.tick), self.disk, self.clock, Person("ann", "::1"), OwnHeartbeat()
        )
        window = Window(bench, Relocker(bench))
        if bench.store.administration.workspace() is not None:
            window.relocker.reconcile()
            window.relocker.beat()
        return window

    def restart(self, at: int) -> None:
        self.windows[at].bench.store.close()
        self.windows[at] = self.start()

    def attempt(self, at: int, act: Callable[[Workbench], object]) -> None:
        """Let a window do something; the world may refuse it, and it may die of it."""
        try:
            act(self.windows[at].bench)
        except HotfixError:
            pass
        except Crash:
            self.fuse = 0
            self.restart(at)
        self.fuse, self.at_fuse = 0, None
        self.beat()

    def beat(self) -> None:
        for window in self.windows:
            window.relocker.beat()

    def package(self, name: str) -> int:
        (number,) = self.outside.execute("SELECT id FROM package WHERE key = ?", (name,)).fetchone()
        return int(number)

    def wish(self, name: str, minutes: int) -> Callable[[Workbench], object]:
        """Give the unlock of a package, and remember when it was asked for: its reason names it."""
        reason = f"wish {len(self.asked)}"
        self.asked[reason] = (self.clock.boot, self.clock.boot_us, self.clock.wall, minutes)
        return lambda bench: hotfixes.unlock(bench, self.package(name), reason, "", minutes)

    def verb(self, what: str, name: str, minutes: int) -> Callable[[Workbench], object]:
        return {
            "unlock": self.wish(name, minutes),
            "lock": lambda bench: hotfixes.lock(bench, self.package(name)),
            "extend": lambda bench: hotfixes.extend(bench, self.package(name)),
            "beat": lambda bench: Relocker(bench).beat(),
        }[what]

    # What people do

    @rule(at=windows, name=names, minutes=st.integers(1, 60))
    def unlock(self, at: int, name: str, minutes: int) -> None:
        self.attempt(at, self.wish(name, minutes))

    @rule(at=windows, name=names)
    def lock(self, at: int, name: str) -> None:
        self.attempt(at, lambda bench: hotfixes.lock(bench, self.package(name)))

    @rule(at=windows)
    def lock_all(self, at: int) -> None:
        self.attempt(at, hotfixes.lock_all)

    @rule(at=windows, name=names)
    def extend(self, at: int, name: str) -> None:
        self.attempt(at, lambda bench: hotfixes.extend(bench, self.package(name)))

    @rule(at=windows, minutes=st.integers(1, 1440))
    def change_the_setting(self, at: int, minutes: int) -> None:
        self.attempt(at, lambda bench: administration.change_settings(bench, {"PackageHotfixTimeout": str(minutes)}))

    @rule(name=names, number=st.integers(0, 2))
    def edit(self, name: str, number: int) -> None:
        path = f"Schemas/A/new {number}.js"
        try:
            self.disk.write(name, path, b"new")
        except WorkspaceError:
            return
        self.original[name].setdefault(path, 0o644)

    # What clocks and machines do

    @rule(minutes=st.integers(1, 70), seconds=st.sampled_from([0, 1, 2, 3]))
    def time_passes(self, minutes: int, seconds: int) -> None:
        self.clock.go(minutes=minutes, seconds=seconds)
        self.beat()

    @rule(seconds=st.integers(1, 59))
    def a_moment_passes(self, seconds: int) -> None:
        self.clock.go(seconds=seconds)
        self.beat()

    @rule(minutes=st.integers(-2000, 2000))
    def the_wall_clock_is_set(self, minutes: int) -> None:
        self.clock.set_wall(minutes=minutes)
        self.beat()

    @rule(minutes=st.integers(1, 600), wall_right=st.booleans())
    def the_machine_sleeps(self, minutes: int, wall_right: bool) -> None:
        self.clock.go(minutes=minutes)
        if not wall_right:
            self.clock.set_wall(minutes=-minutes)
        self.beat()

    @rule(minutes=st.integers(-100, 100))
    def the_machine_restarts(self, minutes: int) -> None:
        self.clock.reboot(minutes=minutes)
        for window in self.windows:
            window.bench.store.close()
        self.windows = [self.start() for _ in self.windows]

    @rule(at=windows)
    def a_window_is_opened_again(self, at: int) -> None:
        self.restart(at)
        self.beat()

    # What goes wrong

    @rule(
        at=windows,
        what=st.sampled_from(["unlock", "lock", "extend", "beat"]),
        name=names,
        step=steps,
        minutes=st.sampled_from([0, 1, 29, 30, 61]),
    )
    def a_window_dies_at_some_step(self, at: int, what: str, name: str, step: int, minutes: int) -> None:
        if what != "unlock" and self.open_hotfix(name) is None:
            self.attempt(at, self.wish(name, 30))
        if what == "beat":
            self.clock.go(minutes=minutes)
        self.fuse = step
        self.attempt(at, self.verb(what, name, max(1, minutes)))

    @rule(at=windows, name=names, step=steps)
    def a_window_dies_and_the_other_one_alone_repairs_it(self, at: int, name: str, step: int) -> None:
        self.fuse = step
        try:
            self.wish(name, 30)(self.windows[at].bench)
        except (HotfixError, Crash):
            self.fuse = 0
        self.fuse = 0
        self.windows[1 - at].relocker.beat()
        self.check_all()
        self.restart(at)

    @rule(
        at=windows,
        what=st.sampled_from(["unlock", "lock", "beat"]),
        name=names,
        step=st.integers(1, 14),
        minutes=st.sampled_from([0, 29, 30, 31]),
        seconds=st.sampled_from([0, 3]),
    )
    def the_other_window_beats_in_the_middle(
        self, at: int, what: str, name: str, step: int, minutes: int, seconds: int
    ) -> None:
        def meanwhile() -> None:
            self.clock.go(minutes=minutes, seconds=seconds)
            self.windows[1 - at].relocker.beat()

        if what != "unlock" and self.open_hotfix(name) is None:
            self.attempt(at, self.wish(name, 30))
        self.fuse, self.at_fuse = step, meanwhile
        self.attempt(at, self.verb(what, name, 30))

    @rule(at=windows, name=names, step=st.integers(1, 6))
    def a_window_hangs_past_the_deadline_while_it_opens(self, at: int, name: str, step: int) -> None:
        def meanwhile() -> None:
            self.clock.go(minutes=30, seconds=3)
            self.windows[1 - at].relocker.beat()

        if self.open_hotfix(name):
            self.attempt(at, lambda bench: hotfixes.lock(bench, self.package(name)))
        self.fuse, self.at_fuse = step, meanwhile
        self.attempt(at, self.wish(name, 30))

    @rule(at=windows, name=names, step=st.integers(0, 7), what=st.sampled_from(["open", "close"]))
    def the_disk_fails_once(self, at: int, name: str, step: int, what: str) -> None:
        left = step

        def failing(operation: str, key: str, path: str) -> None:
            nonlocal left
            if operation == what and left >= 0:
                left -= 1
                if left < 0:
                    raise WorkspaceError("The disk gives an error.")
            self.before_step(operation, key, path)

        self.disk.before_step = failing
        verb = self.wish(name, 30) if what == "open" else lambda b: hotfixes.lock(b, self.package(name))
        try:
            self.attempt(at, verb)
        finally:
            self.disk.before_step = self.before_step
        self.clock.go(seconds=31)  # the longest wait before it is tried again
        self.beat()

    @rule(at=windows, name=names, step=steps)
    @precondition(lambda self: self.windows)
    def a_package_is_kept_and_protected_again_with_a_death_on_the_way(self, at: int, name: str, step: int) -> None:
        self.fuse = step
        self.crashed_keeping = True
        try:
            protection.keep_modifiable(self.windows[at].bench, self.package(name))
            protection.protect_package(self.windows[at].bench, self.package(name))
        except Refused:
            pass
        except Crash:
            self.fuse = 0
            self.restart(at)
            with suppress(Refused):
                protection.protect_package(self.windows[at].bench, self.package(name))
        self.fuse = 0
        self.crashed_keeping = False
        self.beat()

    # What has to be true

    def modes(self, name: str) -> dict[str, int]:
        return {"": self.disk.roots[name], **{p: mode for p, (mode, _) in self.disk.files[name].items()}}

    def open_hotfix(self, name: str) -> tuple[int, str] | None:
        return self.outside.execute(
            "SELECT id, reason FROM hotfix WHERE package_key = ? AND state <> 'closed'", (name,)
        ).fetchone()

    def check_the_wish_is_durable(self, name: str) -> None:
        """P2, at the moment before a file opens."""
        if self.crashed_keeping:
            return
        hotfix = self.open_hotfix(name)
        # A window that hung past the deadline finds itself overridden, and closes what it opens.
        number = hotfix[0] if hotfix else self.outside.execute("SELECT max(id) FROM hotfix").fetchone()[0]
        wished = "SELECT count(*) FROM audit WHERE hotfix = ? AND type = 'Unlock requested' AND result = 'Success'"
        assert self.outside.execute(wished, (number,)).fetchone() == (1,), "P2: opened without a durable wish"

    def granted(self, number: int, reason: str) -> tuple[int, int, Any, int]:
        """What was asked for and given to a hotfix, told by the wish and the log and not by its own row."""
        boot, boot_us, wall, minutes = self.asked[reason]
        (extensions,) = self.outside.execute(
            "SELECT count(*) FROM audit WHERE hotfix = ? AND type = 'Hotfix extended'", (number,)
        ).fetchone()
        return boot, boot_us, wall, minutes + 15 * extensions

    @invariant()
    def check_all(self) -> None:
        if not self.windows:
            return
        for name in NAMES:
            self.check_files(name)
        self.check_endings()

    def check_files(self, name: str) -> None:
        modes, hotfix = self.modes(name), self.open_hotfix(name)
        if hotfix is None:
            closed = {path: mode & ~WRITE for path, mode in self.original[name].items()}
            assert modes == closed, f"P1: {name} is writable and nobody has it open"
            return
        number, reason = hotfix
        boot, boot_us, wall, minutes = self.granted(number, reason)
        now = self.clock
        assert now.boot == boot, "P7: open across a restart"
        assert now.boot_us - boot_us < minutes * 60_000_000, "P7: open longer than granted"
        assert now.wall < wall + timedelta(minutes=minutes), "P1: open past its deadline"
        assert modes == self.original[name], "an open package has the modes that it had before"
        wished = "SELECT count(*) FROM audit WHERE hotfix = ? AND type = 'Unlock requested'"
        assert self.outside.execute(wished, (number,)).fetchone() == (1,), "P2"

    def check_endings(self) -> None:
        counted = self.outside.execute(
            "SELECT h.id, h.state, (SELECT count(*) FROM audit a WHERE a.hotfix = h.id"
            " AND a.type IN ('Package locked', 'Package relocked') AND a.result = 'Success') FROM hotfix h"
        ).fetchall()
        for number, state, ended in counted:
            assert ended == (1 if state == "closed" else 0), f"P3: hotfix {number} is {state} with {ended} endings"

    @invariant()
    def check_the_log(self) -> None:
        if not self.windows:
            return
        (previous,) = self.outside.execute("SELECT log_id FROM workspace").fetchone()
        for seq, (number, body, digest) in enumerate(
            self.outside.execute("SELECT seq, body, hash FROM audit ORDER BY seq"), 1
        ):
            previous = chain_hash(previous, leaf_hash(body))
            assert (number, digest) == (seq, previous), "the chain of the log is broken"


assert set(CLOSED) == set(ORIGINAL) == {"", *FILES}

TestLifeOfAPackage = Life.TestCase
TestLifeOfAPackage.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
