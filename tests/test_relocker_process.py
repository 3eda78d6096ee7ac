"""The headless relocker as a real process: it locks at the deadline although no window lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.core.clock import Moment, SystemClock
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.progress import NOBODY
from hotfix_desktop.core.watch import GuardState, Watcher, system_user
from hotfix_desktop.processes import detached_guard
from hotfix_desktop.runtime.beating import BeatingBench
from hotfix_desktop.runtime.guard import READY, DetachedRelocker
from hotfix_desktop.services import catalogue, hotfixes, protection
from hotfix_desktop.services.aftermath import window_name
from tests.log_lines import lines_of
from tests.packages_on_disk import is_writable, make_packages


class EarlierClock:
    """The machine's clocks, some seconds ago."""

    def __init__(self, seconds: float) -> None:
        self.back = timedelta(seconds=seconds)

    def now(self) -> Moment:
        now = SystemClock().now()
        return Moment(now.utc - self.back, now.boot_us - self.back // timedelta(microseconds=1), now.boot_id)


@pytest.fixture
def folder(tmp_path):
    return make_packages(tmp_path / "Pkg", "CrtBase", "UsrInvoices")


def unlock_with(folder: Path, seconds_left: float) -> None:
    """Unlock UsrInvoices so that so many seconds are left; there is no shorter hotfix than a minute."""
    bench = make_bench(home_of(None), folder, clock=EarlierClock(60 - seconds_left))
    protection.protect(bench)
    package = catalogue.find(bench, "UsrInvoices")
    hotfixes.unlock(bench, package.package_id, "VAT", "", 1)
    bench.store.close()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hotfix_desktop", "relocker", *arguments]


def test_once_locks_what_is_due_and_says_so(folder):
    unlock_with(folder, seconds_left=-5)
    assert is_writable(folder / "UsrInvoices")
    done = subprocess.run(command(str(folder), "--once"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "UsrInvoices was locked.", "")
    assert not is_writable(folder / "UsrInvoices")


def test_once_leaves_open_what_is_not_due(folder):
    unlock_with(folder, seconds_left=50)
    done = subprocess.run(command(str(folder), "--once"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert is_writable(folder / "UsrInvoices")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes, it does not ask them")
def test_it_locks_at_the_deadline_without_a_window_and_ends_cleanly(folder, qtbot):
    unlock_with(folder, seconds_left=2)
    with subprocess.Popen(command(str(folder)), stdout=subprocess.PIPE, text=True) as relocker:
        assert relocker.stdout is not None
        assert relocker.stdout.readline().strip() == READY
        assert is_writable(folder / "UsrInvoices")
        qtbot.waitUntil(lambda: not is_writable(folder / "UsrInvoices"), timeout=10_000)
        relocker.send_signal(signal.SIGTERM)
        assert relocker.wait(timeout=10) == 0


def test_only_one_lives_for_each_workspace(folder):
    unlock_with(folder, seconds_left=50)
    with subprocess.Popen(command(str(folder)), stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == READY
        second = subprocess.run(command(str(folder)), capture_output=True, text=True, check=False, timeout=60)
        assert second.returncode == 1
        assert "guard of this workspace" in second.stderr
        first.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes, it does not ask them")
def test_a_service_waits_for_its_turn(folder):
    unlock_with(folder, seconds_left=50)
    with subprocess.Popen(command(str(folder)), stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == READY
        with subprocess.Popen(command(str(folder), "--wait"), stdout=subprocess.PIPE, text=True) as second:
            assert second.stdout is not None
            assert second.poll() is None
            first.kill()
            assert second.stdout.readline().strip() == READY
            second.kill()


def test_the_command_line_starts_one_before_it_unlocks(folder, qtbot):
    protect = [sys.executable, "-m", "hotfix_desktop", "protect", str(folder)]
    subprocess.run(protect, check=True, capture_output=True)
    unlock = [sys.executable, "-m", "hotfix_desktop", "unlock", str(folder), "UsrInvoices", "--reason", "VAT"]
    subprocess.run(unlock, check=True, capture_output=True)
    bench = make_bench(home_of(None), folder)
    try:
        assert not bench.store.exclusive.is_free("relocker")
    finally:
        bench.store.close()
        relocker = _process_with(str(folder))
        os.kill(relocker, signal.SIGTERM)


def _process_with(argument: str) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended meanwhile
            if b"relocker" in words and argument.encode() in words:
                return int(entry.name)
    raise AssertionError("no relocker lives")


def guard_that(holds, watcher, program: list[str]) -> DetachedRelocker:
    return DetachedRelocker(holds, watcher, SystemClock(), program)


def test_a_guard_that_cannot_start_one_refuses_and_says_what_it_heard():
    complaining = [sys.executable, "-c", "raise SystemExit('no room for me')"]
    for hopeless, details in ((complaining, "no room for me"), (["/no/such/program"], "No such file")):
        guard = guard_that(lambda: False, lambda: None, hopeless)
        with pytest.raises(Refused, match="No guard could be started") as refusal:
            guard.ensure()
        assert details in refusal.value.details


def alive() -> Watcher:
    now = SystemClock().now()
    return Watcher("guard", os.getpid(), now, now, owner=system_user())


def test_a_guard_starts_none_where_one_lives():
    guard = guard_that(lambda: True, alive, ["/no/such/program"])
    guard.ensure()
    assert guard.look(SystemClock().now()) == (GuardState.ALIVE, os.getpid())


def test_the_beat_of_one_that_died_is_not_taken_for_that_of_the_one_that_starts():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    guard = guard_that(lambda: True, lambda: replace(alive(), pid=gone.pid), ["/no/such/program"])
    assert guard.look(SystemClock().now())[0] is GuardState.SILENT


def test_a_guard_that_hangs_is_named_and_nothing_is_unlocked(monkeypatch):
    monkeypatch.setattr("hotfix_desktop.runtime.guard.ANSWER_SECONDS", 0.2)
    then = EarlierClock(60).now()
    guard = guard_that(lambda: True, lambda: Watcher("guard", 4711, then, then), ["/no/such/program"])
    assert guard.look(SystemClock().now()) == (GuardState.SILENT, 4711)
    with pytest.raises(Refused, match=r"The guard \(process 4711\) does not answer"):
        guard.ensure()


def test_one_that_runs_as_another_user_is_not_relied_on():
    theirs = replace(alive(), owner="1005")
    guard = guard_that(lambda: True, lambda: theirs, ["/no/such/program"])
    assert guard.look(SystemClock().now()) == (GuardState.FOREIGN, os.getpid())
    with pytest.raises(Refused, match=r"process \d+\) runs as another user"):
        guard.ensure()


def test_one_that_is_gone_is_known_as_gone_though_it_beat_just_now():
    ended = Watcher("guard", 4711, alive().since, alive().beat, ended=True)
    assert guard_that(lambda: False, lambda: ended, []).look(SystemClock().now())[0] is GuardState.NONE
    with pytest.raises(Refused, match="No guard could be started"):
        guard_that(lambda: False, alive, ["/no/such/program"]).ensure()  # killed: its lock is free


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # nobody waits for it
def test_reviving_does_not_wait_and_is_not_tried_at_every_beat(tmp_path, qtbot, expected_log):
    mark = tmp_path / "started"
    program = [sys.executable, "-c", f"open({str(mark)!r}, 'a').write('x')"]
    guard = guard_that(lambda: False, lambda: None, program)
    for _ in range(3):
        guard.revive()
    qtbot.waitUntil(lambda: mark.exists() and mark.read_text() == "x", timeout=10_000)
    guard_that(lambda: False, lambda: None, ["/no/such/program"]).revive()
    assert "could not be started again" in expected_log.messages[0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it outlives the guard, as it should
def test_nothing_of_the_current_folder_is_imported_by_the_relocker_that_is_started(folder, tmp_path):
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / "platformdirs.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()")
    (trap / "peewee.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()")
    bench = make_bench(home_of(None), folder, guard=detached_guard(home_of(None)))
    try:
        protection.protect(bench)
        before = Path.cwd()
        os.chdir(trap)
        try:
            bench.guard.ensure()
        finally:
            os.chdir(before)
        assert not bench.store.exclusive.is_free("relocker")
        assert not (tmp_path / "sprung").exists()
    finally:
        bench.store.close()
        os.kill(_process_with(str(folder)), signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # guards outlive who started them
def test_a_window_starts_a_guard_again_that_was_killed_and_enters_it(folder, qtbot):
    home = home_of(None)
    window = BeatingBench(lambda: make_bench(home, folder, guard=detached_guard(home)), window_name)
    bench = window.bench
    protection.protect(bench)
    package = catalogue.find(bench, "UsrInvoices")
    hotfixes.unlock(bench, package.package_id, "VAT", "", 1)
    first = window.beat(NOBODY)
    assert first.guard is GuardState.ALIVE
    os.kill(first.guard_pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: window.beat(NOBODY).guard is GuardState.NONE, timeout=10_000)
    seen = []
    qtbot.waitUntil(lambda: seen.append(window.beat(NOBODY)) or seen[-1].guard is GuardState.ALIVE, timeout=20_000)
    assert seen[-1].guard_pid != first.guard_pid
    assert "Guard restarted" in [line.type for line in lines_of(bench.store)]
    os.kill(seen[-1].guard_pid, signal.SIGTERM)
    window.close()


def test_once_finds_what_was_changed_behind_its_back(folder):
    unlock_with(folder, seconds_left=-5)
    subprocess.run(command(str(folder), "--once"), check=True, capture_output=True)
    file = folder / "CrtBase" / "descriptor.json"
    file.chmod(0o644)
    file.write_text(file.read_text() + " ")
    done = subprocess.run(command(str(folder), "--once"), capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "CrtBase was found writable and was closed.",
        "CrtBase was changed while it was not unlocked: 1 changed, 1 found writable.",
    ]
    assert not is_writable(folder / "CrtBase")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes, it does not ask them")
def test_a_log_out_locks_what_is_open_before_the_guard_ends(folder):
    unlock_with(folder, seconds_left=50)
    with subprocess.Popen(command(str(folder), "--until-closed"), stdout=subprocess.PIPE, text=True) as relocker:
        assert relocker.stdout is not None
        assert relocker.stdout.readline().strip() == READY
        relocker.send_signal(signal.SIGTERM)
        relocker.send_signal(signal.SIGHUP)
        assert relocker.wait(timeout=20) == 0
    assert not is_writable(folder / "UsrInvoices")
