"""Two windows and relockers on one database: each hotfix ends with exactly one entry (promise P3)."""

from __future__ import annotations

import threading

import pytest

from hotfix_desktop.core.errors import Busy
from hotfix_desktop.core.lifecycle import HotfixState
from hotfix_desktop.services import hotfixes, protection
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.workspaces.folder import FolderWorkspace
from tests.services.world import (
    CLOSED,
    World,
    at_step,
    beat,
    endings,
    modes,
    package_id,
)

DESCRIPTOR = '{{"Descriptor": {{"UId": "{uid}", "Name": "{name}", "PackageVersion": "1", "DependsOn": []}}}}'


@pytest.fixture
def on_disk(tmp_path):
    """Two packages of forty files each in a real folder, protected."""
    for number, name in enumerate(("Case", "Base")):
        package = tmp_path / "Pkg" / name
        (package / "Schemas").mkdir(parents=True)
        uid = f"1d6b6d3e-9c64-4d2c-8f0a-0123456789a{number}"
        (package / "descriptor.json").write_text(DESCRIPTOR.format(uid=uid, name=name))
        for schema in range(40):
            (package / "Schemas" / f"{schema}.js").write_text("x")
    made = World(tmp_path, FolderWorkspace(str(tmp_path / "Pkg")))
    protection.protect(made.bench("ann"))
    yield made
    made.close()
    protection_is_gone(tmp_path / "Pkg")


def protection_is_gone(folder) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)


def write_bits(folder) -> set[int]:
    return {path.stat().st_mode & 0o222 for path in folder.rglob("*")}


def in_threads(count, build, work) -> list[BaseException]:
    """Let so many threads, each with a bench of its own, do the same at the same moment; gives what they raised."""
    barrier, raised = threading.Barrier(count), []

    def run():
        bench = build()
        barrier.wait()
        try:
            work(bench)
        except BaseException as error:
            raised.append(error)
        finally:
            bench.store.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_relockers_that_beat_one_after_the_other_write_one_entry(bench, world):
    hotfix = hotfixes.unlock(bench, package_id(bench, "Case"), "why")
    other = world.bench("bob")
    world.clock.go(minutes=30)
    assert (beat(bench), beat(other)) == (["Case"], [])
    assert endings(bench, hotfix) == ["Package relocked"]


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("late", [0, 2])
def test_two_relockers_that_beat_at_the_same_moment_write_one_entry(bench, world, step, late):
    # With two seconds of delay the second does not wait for the first, and closes beside it.
    hotfix = hotfixes.unlock(bench, package_id(bench, "Case"), "why")
    other, locked = world.bench("bob"), []
    world.clock.go(minutes=30, seconds=late)
    at_step(world.disk, "close", step, lambda: locked.extend(beat(other)))
    locked += beat(bench)
    assert locked == ["Case"]
    assert endings(bench, hotfix) == ["Package relocked"]
    assert modes(bench, "Case") == CLOSED


@pytest.mark.parametrize("step", range(6))
def test_a_relocker_and_a_hand_that_lock_at_the_same_moment_write_one_entry(bench, world, step):
    hotfix = hotfixes.unlock(bench, package_id(bench, "Case"), "why")
    other = world.bench("bob")
    world.clock.go(minutes=31)
    at_step(world.disk, "close", step, lambda: beat(other))
    assert hotfixes.lock(bench, hotfix.package_id).state is HotfixState.CLOSED
    assert len(endings(bench, hotfix)) == 1
    assert modes(bench, "Case") == CLOSED


def test_many_relockers_in_threads_write_one_entry_for_each_hotfix(on_disk, tmp_path):
    ann = on_disk.benches[0]
    for _ in range(3):
        opened = [hotfixes.unlock(ann, package_id(ann, name), "why") for name in ("Case", "Base")]
        assert write_bits(tmp_path / "Pkg" / "Case") == {0o200}
        on_disk.clock.go(minutes=31)
        assert in_threads(4, lambda: on_disk.bench("ann"), lambda bench: Relocker(bench).beat()) == []
        beat(ann)  # for the case that each of them left it to another
        assert [endings(ann, hotfix) for hotfix in opened] == [["Package relocked"]] * 2
        assert write_bits(tmp_path / "Pkg" / "Case") | write_bits(tmp_path / "Pkg" / "Base") == {0}
        assert ann.store.hotfixes.not_closed() == []


def test_many_windows_in_threads_that_unlock_one_package_open_it_once(on_disk):
    ann = on_disk.benches[0]
    number = package_id(ann, "Case")
    raised = in_threads(4, lambda: on_disk.bench("ann"), lambda bench: hotfixes.unlock(bench, number, "why"))
    assert len(raised) == 3
    assert all("Case is already unlocked" in str(error) for error in raised)
    assert len(ann.store.hotfixes.not_closed()) == 1


def test_many_windows_in_threads_that_lock_one_package_write_one_entry(on_disk, tmp_path):
    ann = on_disk.benches[0]
    hotfix = hotfixes.unlock(ann, package_id(ann, "Case"), "why")
    raised = in_threads(4, lambda: on_disk.bench("ann"), lambda b: hotfixes.lock(b, hotfix.package_id))
    assert len(raised) == 3
    assert all("Case is not unlocked" in str(error) for error in raised)
    assert endings(ann, hotfix) == ["Package locked"]
    assert write_bits(tmp_path / "Pkg" / "Case") == {0}


def test_two_windows_that_extend_at_the_same_moment_never_pass_the_limit(on_disk):
    ann = on_disk.benches[0]
    hotfix = hotfixes.unlock(ann, package_id(ann, "Case"), "why")
    raised = in_threads(6, lambda: on_disk.bench("ann"), lambda b: hotfixes.extend(b, hotfix.package_id))
    assert len(raised) == 2
    after = ann.store.hotfixes.get(hotfix.number)
    assert (after.extended_minutes, after.lease) == (60, hotfix.lease.extended(60))


def test_while_one_window_protects_another_one_waits_its_turn(world, impatient):
    ann, bob = world.bench("ann"), world.bench("ann")
    refused = []

    def meanwhile():
        with pytest.raises(Busy, match="working on this workspace") as caught:
            protection.protect(bob)
        refused.append(caught.value)

    at_step(world.disk, "close", 2, meanwhile)
    assert protection.protect(ann) == 2
    assert len(refused) == 1
