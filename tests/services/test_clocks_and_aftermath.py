"""Jumps of the clock are entered once; a window that ended unexpectedly is told of at the next start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hotfix_desktop.services import clocks, hotfixes
from hotfix_desktop.services.aftermath import look_back, window_name
from hotfix_desktop.services.relocking import Relocker
from tests.services.world import entries, package_id


def jump(world, bench, before=None) -> float:
    return clocks.note_jump(bench, before or clocks.last_known(bench), world.clock.now()).total_seconds()


@pytest.mark.parametrize(
    ("seconds", "words", "result"),
    [(3600, "forward by 3,600 seconds", "Success"), (-60, "back by 60 seconds", "Failure")],
)
def test_a_jump_is_an_entry(bench, world, seconds, words, result):
    world.clock.go(seconds=1)
    world.clock.set_wall(seconds=seconds)
    assert jump(world, bench) == seconds
    entry = entries(bench)[-1]
    assert (entry.type, entry.result, entry.owner) == ("Clock changed", result, "Hotfix Desktop")
    assert words in entry.description


@pytest.mark.parametrize("seconds", [0, 1.9, -1.9])
def test_a_clock_that_is_put_right_a_little_is_none(bench, world, seconds):
    world.clock.go(hours=8)  # asleep, or not: both clocks saw it
    world.clock.set_wall(seconds=seconds)
    assert jump(world, bench) == 0
    assert entries(bench)[-1].type == "Folder protected"


def test_several_relockers_enter_one_jump_once_and_a_second_jump_again(bench, world):
    before = world.clock.now()
    world.clock.set_wall(hours=1)
    other = world.bench("bob")
    for one in (bench, other):
        clocks.note_jump(one, before, world.clock.now())
        world.clock.go(seconds=1)
    assert len(entries(bench, type="Clock changed")) == 1
    before = world.clock.now()
    world.clock.set_wall(hours=-1)
    for one in (bench, other):
        clocks.note_jump(one, before, world.clock.now())
    assert len(entries(bench, type="Clock changed")) == 2


def test_the_same_jump_an_hour_later_is_another_one(bench, world):
    for _ in range(2):
        before = world.clock.now()
        world.clock.set_wall(hours=1)
        clocks.note_jump(bench, before, world.clock.now())
        world.clock.go(hours=1)
    assert len(entries(bench, type="Clock changed")) == 2


def test_a_clock_that_stands_before_the_last_entry_after_a_restart_was_set_back(bench, world):
    world.clock.reboot(hours=-1)
    assert jump(world, bench) == -3600
    world.clock.reboot(hours=5)
    assert jump(world, bench) == 0  # the machine was off for some time; nobody can know how long
    assert len(entries(bench, type="Clock changed")) == 1


# What became of it


@pytest.fixture
def crashed(bench, world):
    """A window that opened two packages, beat, and was killed."""
    hotfixes.unlock(bench, package_id(bench, "Case"), "VAT", "", 10)
    hotfixes.unlock(bench, package_id(bench, "Base"), "VAT", "", 60)
    bench.store.presence.beat(window_name(bench), world.clock.now(), world.clock.now())
    at = world.clock.wall
    world.clock.go(minutes=30)
    Relocker(world.bench("bob")).beat()
    return at


def test_after_a_crash_it_is_told_what_was_locked_and_what_is_open(bench, crashed):
    seen = look_back(bench)
    assert seen.ended == crashed
    assert [h.package_name for h in seen.relocked] == ["Case"]
    assert [h.package_name for h in seen.still_open] == ["Base"]


def test_what_ended_in_good_order_has_no_aftermath(bench, crashed):
    bench.store.presence.ended(window_name(bench))
    assert look_back(bench) is None


def test_a_window_of_another_user_is_none_of_ours(world, crashed):
    assert look_back(world.bench("eve")) is None


def test_a_window_that_lives_has_no_aftermath(bench, world, crashed):
    bench.store.presence.beat(window_name(bench), world.clock.now(), world.clock.now())
    assert look_back(bench) is None


@pytest.fixture
def killed(bench, world, monkeypatch):
    """A window with an open package whose process is gone right after its beat."""
    hotfixes.unlock(bench, package_id(bench, "Case"), "VAT", "", 10)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with monkeypatch.context() as patch:
        patch.setattr("hotfix_desktop.store.presence.os.getpid", lambda: process.pid)
        bench.store.presence.beat(window_name(bench), world.clock.now(), world.clock.now())


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nobody can ask whether a process lives")
def test_a_window_started_again_at_once_is_told_of_the_one_that_was_killed(bench, world, killed):
    world.clock.go(seconds=1)
    assert [h.package_name for h in look_back(bench).still_open] == ["Case"]


def test_a_window_of_another_process_that_lives_has_no_aftermath(bench, world, killed, monkeypatch):
    def refused(pid, number):
        raise PermissionError

    monkeypatch.setattr("hotfix_desktop.services.aftermath.os.kill", refused)  # another user's process
    assert look_back(bench) is None
    world.clock.go(seconds=6)
    assert look_back(bench) is not None  # its number is another's by now


def test_a_crash_that_left_nothing_open_is_not_told(bench, world):
    bench.store.presence.beat(window_name(bench), world.clock.now(), world.clock.now())
    world.clock.go(minutes=1)
    assert look_back(bench) is None


def test_what_was_opened_and_locked_after_the_crash_is_not_its_aftermath(bench, world):
    bench.store.presence.beat(window_name(bench), world.clock.now(), world.clock.now())
    world.clock.go(minutes=1)
    other = world.bench("ann")
    hotfixes.unlock(other, package_id(bench, "Case"), "VAT", "", 1)
    world.clock.go(minutes=2)
    Relocker(other).beat()
    assert look_back(bench) is None


def test_after_a_restart_of_the_machine_everything_was_locked(bench, world, crashed):
    world.clock.reboot(minutes=5)
    Relocker(bench).beat()
    assert sorted(h.package_name for h in look_back(bench).relocked) == ["Base", "Case"]
