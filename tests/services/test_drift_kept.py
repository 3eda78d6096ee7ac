"""Drift that is not plain: unaccepted from before a hotfix, unreadable files, a folder that is gone, many paths."""

from __future__ import annotations

import json

import pytest

from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.manifest import MOST_NAMED, UNREADABLE, Manifest
from hotfix_desktop.services import catalogue, drift, hotfixes, protection
from hotfix_desktop.services.drift import DriftWatch
from tests.services.world import entries, package_id, status

SCHEMA = "Schemas/A/metadata.json"


@pytest.fixture
def case(bench) -> int:
    return package_id(bench, "Case")


def look(bench, thorough=False):
    return drift.look(bench, package_id(bench, "Case"), thorough=thorough)


def drift_entries(bench) -> list[str]:
    kinds = ("Drift found", "Drift gone", "Drift accepted", "Changed after relock")
    return [line.type for line in entries(bench) if line.type in kinds]


# What was not accepted


def test_a_drift_from_before_a_hotfix_stays_beside_a_newer_one_and_when_that_goes(bench, world, case):
    run = world.disk.files["Case"]["Files/run.sh"]
    world.disk.scribble("Case", SCHEMA, b"tampered")
    look(bench)
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    world.clock.go(minutes=5)
    world.disk.scribble("Case", "Files/run.sh", b"y")
    assert look(bench).changed == ("Files/run.sh", SCHEMA)
    assert json.loads(entries(bench, type="Changed after relock")[-1].entry().event.detail)["changed"] == [
        "Files/run.sh"
    ]
    world.disk.files["Case"]["Files/run.sh"] = (0o555, run[1])
    left = look(bench)
    assert SCHEMA in left.changed
    assert "Drift gone" not in drift_entries(bench)
    drift.accept(bench, case, token=left.token)
    assert status(bench, "Case").drift is None


def test_a_drift_from_before_a_hotfix_is_accepted_before_anybody_looked_again(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"tampered")
    look(bench)
    hotfixes.unlock(bench, case, "VAT")
    world.disk.write("Case", SCHEMA, b"repaired")
    hotfixes.lock(bench, case)
    drift.accept(bench, case, token=status(bench, "Case").drift.token)
    assert status(bench, "Case").drift is None


def test_a_drift_from_before_a_hotfix_has_the_token_of_what_the_hotfix_left(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"tampered")
    look(bench)
    hotfixes.unlock(bench, case, "VAT")
    world.disk.write("Case", SCHEMA, b"repaired")
    hotfixes.lock(bench, case)
    assert look(bench).token == status(bench, "Case").drift.token == bench.store.baselines.get(case).digest.hex()


def test_a_drift_beside_an_older_one_that_goes_and_comes_again_is_an_entry_again(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"tampered")
    look(bench)
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    was = world.disk.files["Case"]["Files/run.sh"][1]
    for contents in (b"y", was, b"y"):
        world.disk.scribble("Case", "Files/run.sh", contents)
        look(bench)
    assert drift_entries(bench) == ["Drift found", "Changed after relock", "Changed after relock"]


def test_the_same_path_after_a_hotfix_is_an_entry_again(bench, world, case):
    for contents in (b"x", b"y"):
        world.disk.scribble("Case", SCHEMA, contents)
        look(bench)
        hotfixes.unlock(bench, case, "VAT")
        hotfixes.lock(bench, case)
    assert len(drift_entries(bench)) == 2


# Files that cannot be read


def unreadable(world, monkeypatch, *paths: str) -> None:
    real = world.disk.survey

    def survey(key, earlier=None, *rest):
        items = dict(real(key, earlier, *rest).items)
        for path in paths:
            items[path.encode()] = items[path.encode()]._replace(digest=UNREADABLE, stamp=(0, 0, 0))
        return Manifest(items)

    monkeypatch.setattr(world.disk, "survey", survey)


def test_a_file_that_cannot_be_read_now_is_no_drift_and_what_it_contained_stays_known(bench, world, case, monkeypatch):
    kept = bench.store.baselines.manifest(case)
    with monkeypatch.context() as patch:
        unreadable(world, patch, SCHEMA)
        assert look(bench) is None
        assert bench.store.baselines.manifest(case) == kept
    world.disk.scribble("Case", SCHEMA, b"x")
    assert look(bench).changed == (SCHEMA,)


def test_a_file_that_could_not_be_read_at_the_lock_is_known_from_the_first_look_that_reads_it(
    bench, world, case, monkeypatch
):
    with monkeypatch.context() as patch:
        unreadable(world, patch, SCHEMA)
        drift.take_baseline(bench, case, checks=0)
    assert look(bench) is None
    assert bench.store.baselines.get(case).checks == 0
    world.disk.scribble("Case", SCHEMA, b"x")
    assert look(bench).changed == (SCHEMA,)


def test_what_is_accepted_does_not_depend_on_a_file_that_cannot_be_read(bench, world, case, monkeypatch):
    world.disk.scribble("Case", "Files/run.sh", b"x")
    shown = look(bench)
    with monkeypatch.context() as patch:
        unreadable(world, patch, SCHEMA)
        drift.accept(bench, case, token=shown.token)
    assert look(bench, thorough=True) is None


# A folder that is gone


@pytest.fixture
def taken_away(world):
    """The files of a package whose folder was deleted, to put them back."""
    return world.disk.files.pop("Case")


def seen(bench) -> list[str]:
    return [package.name for package in catalogue.refresh(bench).packages]


@pytest.mark.parametrize("refreshed", [False, True])
def test_a_deleted_folder_is_entered_once_and_shown_until_that_is_accepted(bench, world, case, taken_away, refreshed):
    if refreshed:
        assert "Case" not in seen(bench)
    watch = DriftWatch(bench)
    assert watch.go_on(1.0) == ("Case",)
    for _ in range(3):
        assert watch.go_on(1.0) == ()
    (entry,) = entries(bench, type="Drift found")
    assert (entry.description, entry.result) == ("Its folder was deleted while it was not unlocked", "Failure")
    assert "Case" in seen(bench)
    found = status(bench, "Case").drift
    assert (found.sentence(), found.deleted, found.count) == ("its folder was deleted", (".",), 1)
    drift.accept(bench, case, token=found.token)
    assert drift_entries(bench) == ["Drift found", "Drift accepted"]
    assert "Case" not in seen(bench)
    assert bench.store.baselines.get(case) is None
    surveys = world.disk.calls["survey"]
    watch.go_on(1.0)
    assert drift_entries(bench) == ["Drift found", "Drift accepted"]
    assert world.disk.calls["survey"] == surveys + 1  # of the other package


def test_a_deleted_folder_is_not_shown_where_nothing_is_protected_any_more(bench, world, taken_away):
    look(bench)
    protection.release(bench)
    assert "Case" not in seen(bench)


def test_all_folders_are_listed_once_for_one_that_is_gone(bench, world, taken_away):
    watch = DriftWatch(bench)
    for _ in range(5):
        watch.go_on(1.0)
    assert world.disk.calls["list_packages"] == 2  # with the one of the protecting


@pytest.mark.parametrize("refreshed", [False, True])
def test_a_folder_that_comes_back_as_it_was_is_told(bench, world, taken_away, refreshed):
    look(bench)
    world.disk.files["Case"] = taken_away
    if refreshed:
        seen(bench)
    assert look(bench) is None
    assert drift_entries(bench) == ["Drift found", "Drift gone"]


def test_a_folder_that_comes_back_otherwise_is_another_drift(bench, world, taken_away):
    look(bench)
    world.disk.files["Case"] = {**taken_away, SCHEMA: (0o444, b"x")}
    assert (look(bench).changed, look(bench).deleted) == ((SCHEMA,), ())
    assert drift_entries(bench) == ["Drift found", "Drift found"]


def test_a_folder_that_comes_back_writable_is_closed_and_shown_as_that(bench, world, taken_away):
    look(bench)
    world.disk.files["Case"] = {**taken_away, SCHEMA: (0o664, taken_away[SCHEMA][1])}
    found = look(bench)
    assert (found.sentence(), found.deleted, found.count) == ("1 found writable", (), 0)
    assert drift_entries(bench) == ["Drift found", "Drift gone"]


def test_a_drift_from_before_stays_when_the_folder_goes_and_comes_back(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"tampered")
    look(bench)
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    files = world.disk.files.pop("Case")
    assert look(bench).sentence() == "its folder was deleted, 1 changed"
    world.disk.files["Case"] = files
    assert look(bench).sentence() == "1 changed"


def test_that_a_folder_is_gone_is_not_accepted_for_what_was_shown_before(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    shown = look(bench)
    files = world.disk.files.pop("Case")
    with pytest.raises(Refused, match="changed once more"):
        drift.accept(bench, case, token=shown.token)
    gone = status(bench, "Case").drift
    world.disk.files["Case"] = files
    with pytest.raises(Refused, match="changed once more"):
        drift.accept(bench, case, token=gone.token)
    assert bench.store.baselines.get(case) is not None


def test_a_disk_that_is_away_is_no_drift(bench, world):
    world.disk.files.clear()
    DriftWatch(bench).go_on(1.0)
    assert drift_entries(bench) == []


def test_a_package_that_goes_right_after_its_lock_is_not_waited_for(bench, world, case):
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    world.disk.files.pop("Case")
    catalogue.refresh(bench)
    watch = DriftWatch(bench)
    for _ in range(3):
        world.clock.go(minutes=1)
        watch.check_due()
    assert watch.pending == 0
    assert drift_entries(bench) == ["Drift found"]


# Many


def test_more_paths_than_are_named_are_counted(bench, world):
    world.disk.files["Case"].update({f"Files/{n:03}": (0o444, b"") for n in range(MOST_NAMED + 50)})
    found = look(bench)
    assert (len(found.added), found.count) == (MOST_NAMED, MOST_NAMED + 50)
    assert status(bench, "Case").drift.sentence() == found.sentence() == "250 added"
    world.disk.files["Case"]["Files/one more"] = (0o444, b"")  # beyond those that are named
    look(bench)
    assert drift_entries(bench) == ["Drift found", "Drift found"]


def test_the_status_of_one_package_does_not_read_the_drift_of_others(bench, world):
    world.disk.scribble("Case", SCHEMA, b"x")
    look(bench)
    bench.store.baselines._database.execute_sql("UPDATE drift SET report = 'nobody reads this'")
    assert status(bench, "Base").drift is None
