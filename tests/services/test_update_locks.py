"""Locked or Blocked after an update: Blocked only once every fix in the package has come home, or theirs was taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotfix_desktop.changes.contents import Contents
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.update_plan import Take
from hotfix_desktop.services.undelivered import mark_delivered, undelivered
from hotfix_desktop.services.update_steps import decode, encode
from tests.services.update_world import PAGE, STYLE, Site, archive, files_of, page
from tests.services.world import status

FIXED = page(line_3="fixed;")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.world.close()


def left(site: Site) -> tuple[str, tuple[int, ...]]:
    """Give the state of the package, and its hotfixes that wait."""
    waiting = undelivered(site.bench).get(site.id("UsrA"))
    return status(site.bench, "UsrA").state.value, waiting.hotfixes if waiting else ()


def from_before_trees(site: Site, changed: dict[str, bytes]) -> int:
    number = site.hotfix("UsrA", changed)
    site.bench.store.updates._database.execute_sql("DELETE FROM hotfix_tree")
    return number


def test_a_fix_in_what_no_archive_touches_keeps_the_package_locked(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {".editorconfig": b"fix\n"})
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    assert (plan.needs_decision, plan.packages[0].inside) == (False, (number,))
    done = site.update(tmp_path / "a.gz")
    assert left(site) == ("locked", (number,))
    assert done.remarks == (
        f"Hotfix {number} of UsrA has not come home, and UsrA stays Locked:"
        " the archive does not show that its changes came home.",
    )
    mark_delivered(site.bench, [number], "it is of this machine")
    site.update(archive(tmp_path / "b.gz", files_of("UsrA", "3.0")))
    assert left(site) == ("blocked", ())


def test_one_that_came_home_does_not_unlock_the_way_for_another(site: Site, tmp_path: Path):
    alone = site.hotfix("UsrA", {".editorconfig": b"fix\n"})
    home = site.hotfix("UsrA", {PAGE: FIXED})
    assert site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0") | {PAGE: FIXED})).delivered == (home,)
    assert left(site) == ("locked", (alone,))


@pytest.mark.parametrize("brought", ["exactly what is there", "one more file"])
def test_a_fix_of_which_nothing_is_known_keeps_the_package_locked(site: Site, tmp_path: Path, brought: str):
    number = from_before_trees(site, {PAGE: FIXED})
    more = {"Files/more.txt": b"more"} if brought == "one more file" else {}
    assert site.update(archive(tmp_path / "a.gz", site.read("UsrA") | more)).delivered == ()
    assert left(site) == ("locked", (number,))
    # Nor is it forgotten: what would overwrite it still stops.
    assert site.plan(archive(tmp_path / "b.gz", files_of("UsrA", "3.0"))).needs_decision


def test_a_fix_of_which_nothing_is_known_stays_undelivered_when_theirs_is_taken(site: Site, tmp_path: Path):
    number = from_before_trees(site, {PAGE: FIXED})
    site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")), Take.THEIRS)
    assert left(site) == ("blocked", (number,))
    assert [one.hotfix for one in site.bench.store.updates.not_home(site.id("UsrA"))] == [number]
    site.update(archive(tmp_path / "b.gz", files_of("UsrA", "3.0")))
    assert left(site) == ("blocked", (number,))
    mark_delivered(site.bench, [number], "made again in development")
    assert left(site) == ("blocked", ())


def test_what_an_earlier_update_overwrote_locks_nothing_again(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: FIXED})
    done = site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")), Take.THEIRS)
    assert done.remarks == (
        f"Hotfix {number} of UsrA has not come home, though UsrA is Blocked:"
        " its changes are kept in the content store, and can still be delivered.",
    )
    assert left(site) == ("blocked", (number,))
    site.update(archive(tmp_path / "b.gz", files_of("UsrA", "3.0") | {STYLE: b"x\n"}))
    assert left(site) == ("blocked", (number,))


def test_ours_on_top_says_that_it_stays_locked(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: FIXED})
    done = site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")), Take.OURS)
    assert done.remarks == (
        f"Hotfix {number} of UsrA has not come home, and UsrA stays Locked: its changes are on top of the update.",
    )
    assert left(site) == ("locked", (number,))


def test_the_end_of_a_hotfix_is_recorded_before_an_update_replaces_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Else what the update brought would be recorded as what the hotfix had made."""

    def full(*args: object, **kwargs: object) -> None:
        raise StoreError("The disk is full.")

    from hotfix_desktop.services import hotfixes

    number = hotfixes.unlock(site.bench, site.id("UsrA"), "Broken").number
    (site.folder / "UsrA" / PAGE).write_bytes(FIXED)
    with monkeypatch.context() as patch:
        patch.setattr(Contents, "record", full)
        hotfixes.lock(site.bench, site.id("UsrA"))
    trees = site.bench.store.fixes.of(number)
    assert trees is not None
    assert trees.after is None
    site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")), Take.THEIRS)
    trees = site.bench.store.fixes.of(number)
    assert trees is not None
    assert trees.after is not None
    made = site.bench.contents.tree(trees.after).items[PAGE.encode()].digest
    assert (trees.changes, site.bench.contents.read(made)) == (1, FIXED)


def test_a_plan_of_an_earlier_version_is_finished_as_it_was_meant(site: Site, tmp_path: Path):
    site.hotfix("UsrA", {PAGE: FIXED})
    site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")), Take.OURS)
    ((text,),) = site.bench.store.updates._database.execute_sql("SELECT plan FROM package_update").fetchall()
    plan = json.loads(text)
    now = decode(plan)
    del plan["packages"][0]["inside"]
    (step,) = decode(plan)
    assert step.stays_locked
    assert encode([step]) == encode(now)
