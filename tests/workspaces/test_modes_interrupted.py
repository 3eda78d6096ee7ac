"""A closing or opening that stopped half-way, and the way in which it reports."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.workspaces import modes


@pytest.mark.parametrize("error", [Cancelled(), KeyboardInterrupt()])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_interrupted_closing_is_finished_and_undone(one, builder, error, step):
    builder.many(one)
    before = builder.modes(one)
    earlier = modes.record(str(one), None)
    with pytest.raises(type(error)):
        modes.close(str(one), earlier, builder.stop_at(step, error))
    half = builder.modes(one)
    assert (half != before) == (step > 0)
    assert half != builder.closed(before)
    assert modes.look(str(one)) is Openness.OPEN
    again = modes.record(str(one), earlier)
    modes.close(str(one), again)
    assert builder.modes(one) == builder.closed(before)
    modes.open(str(one), again)
    assert builder.modes(one) == before


def test_the_package_itself_is_closed_last_and_opened_first(one, builder):
    """So that a look at it calls it open from the first step of an opening to the last of a closing."""
    builder.many(one)
    taken = modes.record(str(one), None)
    writable = []

    class Ear(Progress):
        def step(self, done, total=0, what=""):
            writable.append(bool(one.stat().st_mode & 0o200))

    modes.close(str(one), taken, Ear())
    assert writable
    assert all(writable)
    assert not one.stat().st_mode & 0o222
    writable.clear()
    modes.open(str(one), taken, Ear())
    assert writable.pop(0) is False
    assert writable
    assert all(writable)


@pytest.mark.parametrize("step", [1, 2])
def test_interrupted_opening_looks_open(one, builder, step):
    builder.many(one)
    before = builder.modes(one)
    taken = modes.record(str(one), None)
    modes.close(str(one), taken)
    with pytest.raises(Cancelled):
        modes.open(str(one), taken, builder.stop_at(step, Cancelled()))
    assert builder.modes(one) != before
    assert modes.look(str(one)) is Openness.OPEN
    modes.close(str(one), modes.record(str(one), taken))
    assert builder.modes(one) == builder.closed(before)


def test_interrupted_recording_changes_nothing(one, builder):
    builder.many(one)
    before = builder.modes(one)
    with pytest.raises(Cancelled):
        modes.record(str(one), None, builder.stop_at(2, Cancelled()))
    assert builder.modes(one) == before


def test_a_mode_that_was_changed_since_wins_over_the_earlier_record(one, builder):
    earlier = modes.record(str(one), None)
    modes.close(str(one), earlier)
    (one / "Files" / "readme.txt").chmod(0o640)
    (one / "Data").chmod(0o700)
    again = modes.record(str(one), earlier)
    modes.open(str(one), again)
    assert stat.S_IMODE((one / "Files" / "readme.txt").stat().st_mode) == 0o640
    assert stat.S_IMODE((one / "Data").stat().st_mode) == 0o700
    assert stat.S_IMODE((one / "Files" / "tool.sh").stat().st_mode) == 0o4755


def test_progress_tells_how_far_it_is(one, builder):
    builder.many(one)
    heard = []

    class Ear(Progress):
        def step(self, done, total=0, what=""):
            heard.append((done, total, what))

    taken = modes.record(str(one), None, Ear())
    assert heard[0] == (0, 0, "")
    heard.clear()
    modes.close(str(one), taken, Ear())
    assert len(heard) >= 3
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)
    assert all(done <= total for done, total, _ in heard)
    assert heard[-1][2] == "Files/many"


@pytest.mark.parametrize("damage", [b"", b"\x09abc", b"\x01abc", None])
@pytest.mark.parametrize("call", [modes.close, modes.open, modes.record])
def test_damaged_record_changes_nothing(one, builder, damage, call):
    taken = modes.record(str(one), None)
    if damage is None:
        import zlib

        damage = taken[:1] + zlib.compress(zlib.decompress(taken[1:])[:-3])
    before = builder.modes(one)
    with pytest.raises(WorkspaceError, match="damaged"):
        call(str(one), damage)
    assert builder.modes(one) == before


def test_no_descriptor_is_left_open(one, builder):
    if sys.platform != "linux":
        pytest.skip("counts in /proc")
    builder.many(one)
    taken = modes.record(str(one), None)
    before = len(os.listdir("/proc/self/fd"))
    for step in range(3):
        with pytest.raises(Cancelled):
            modes.close(str(one), taken, builder.stop_at(step, Cancelled()))
    modes.close(str(one), taken)
    modes.open(str(one), taken)
    assert len(os.listdir("/proc/self/fd")) == before
