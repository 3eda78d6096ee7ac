"""A revert whose program was killed: how far it came is entered once, and what it left is removed."""

from __future__ import annotations

import json

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.services import catalogue, hotfixes, protection
from hotfix_desktop.services.changes import LiveChanges, changes_of
from hotfix_desktop.services.closing import working_on
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.reverting import revert
from hotfix_desktop.workspaces import putting
from hotfix_desktop.workspaces.folder import FolderWorkspace
from tests.packages_on_disk import make_packages
from tests.services.world import World, entries, package_id

REVERTED = "Changes reverted"


class Killed(BaseException):
    """The program is gone at this point."""


@pytest.fixture
def case(bench):
    return package_id(bench, "Case")


@pytest.fixture
def hotfix(world, bench, case):
    """An open hotfix with one change of each kind: four changes, five steps to take them back."""
    opened = hotfixes.unlock(bench, case, "broken", "INC-1")
    world.disk.write("Case", "Schemas/A/metadata.json", b"changed")
    world.disk.write("Case", "Files/new.txt", b"new")
    files = world.disk.files["Case"]
    files.pop("Schemas/B/schema.js")
    files["Files/walk.sh"] = files.pop("Files/run.sh")
    return opened


def killed(world, bench, case, steps, paths=None):
    """Revert, and be killed after so many files."""
    seen = 0

    def kill(what, key, path):
        nonlocal seen
        if what in ("put", "remove"):
            seen += 1
            if seen > steps:
                raise Killed

    world.disk.before_step = kill
    with pytest.raises(Killed):
        revert(bench, case, paths)
    world.disk.before_step = None


def facts(line):
    return json.loads(line.entry().event.detail)


@pytest.mark.parametrize(("steps", "done"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3)])
def test_the_next_beat_says_how_far_it_came_and_changes_nothing(world, bench, case, hotfix, steps, done):
    killed(world, bench, case, steps)
    files = dict(world.disk.files["Case"])
    Relocker(world.bench()).beat()
    assert world.disk.files["Case"] == files
    began, entry = entries(bench, type=REVERTED)
    assert (entry.result, entry.owner, entry.hotfix) == ("Failure", "Hotfix Desktop", hotfix.number)
    assert entry.description == (
        f"The revert of 4 files did not come to its end: {done} of 4 are as before the hotfix;"
        " revert again while the package is unlocked to finish it [INC-1]"
    )
    assert (facts(entry)["step"], facts(entry)["done"]) == ("half-way", done)
    assert facts(entry)["kept"] == facts(began)["kept"]


def test_it_is_said_once(world, bench, case, hotfix):
    killed(world, bench, case, 2)
    Relocker(bench).beat()
    Relocker(world.bench()).beat()
    assert len(entries(bench, type=REVERTED)) == 2


def test_of_files_that_were_chosen_only_these_count(world, bench, case, hotfix):
    killed(world, bench, case, 1, [b"Files/new.txt", b"Schemas/A/metadata.json"])
    Relocker(bench).beat()
    assert "of 2 files did not come to its end: 1 of 2 are" in entries(bench, type=REVERTED)[-1].description


def test_one_that_runs_is_left_alone(world, bench, case, hotfix):
    killed(world, bench, case, 2)
    other = world.bench()
    with working_on(bench, bench.store.packages.get(case)):
        Relocker(other).beat()
        assert len(entries(bench, type=REVERTED)) == 1
    Relocker(other).beat()
    assert len(entries(bench, type=REVERTED)) == 2


def test_one_that_only_could_not_say_that_it_was_done_is_done(world, bench, case, hotfix):
    killed(world, bench, case, 4)
    files = world.disk.files["Case"]
    files["Schemas/B/schema.js"] = world.disk.files["Case"].pop("Schemas/B/schema.js", None) or _before(bench, hotfix)
    Relocker(bench).beat()
    entry = entries(bench, type=REVERTED)[-1]
    assert entry.result == "Success"
    assert entry.description.startswith("Put back 4 files as before the hotfix; the program that did it could not")
    assert changes_of(bench, hotfix.number).remark == ""


def _before(bench, hotfix):
    fact = bench.contents.tree(bench.store.fixes.of(hotfix.number).before).items[b"Schemas/B/schema.js"]
    return fact.mode | 0o200, bench.contents.read(fact.digest)


def test_the_changes_tell_it_until_a_revert_has_come_to_its_end(world, bench, case, hotfix):
    killed(world, bench, case, 2)
    assert changes_of(bench, hotfix.number).remark == "", "it may be running"
    Relocker(bench).beat()
    told = "The revert of 4 files did not come to its end: 1 of 4 are as before the hotfix; revert again"
    assert changes_of(bench, hotfix.number).remark.startswith(told)
    assert LiveChanges(bench).changes(case).remark.startswith(told)
    revert(bench, case)
    assert changes_of(bench, hotfix.number).remark == ""
    assert changes_of(bench, hotfix.number).changes.count == 0


def test_a_lock_says_it_first(world, bench, case, hotfix):
    killed(world, bench, case, 2)
    hotfixes.lock(bench, case)
    told = [line.type for line in entries(bench)]
    assert told.index(AuditType.LOCKED.value) > told.index(REVERTED) + 1
    assert entries(bench, type=REVERTED)[-1].result == "Failure"
    assert "1 of 4" in changes_of(bench, hotfix.number).remark


def test_a_relock_does_not_wait_for_it_and_says_it_after(world, bench, case, hotfix):
    killed(world, bench, case, 2)
    world.clock.go(minutes=31)
    Relocker(bench).beat()
    told = [line.type for line in entries(bench)]
    last = len(told) - 1 - told[::-1].index(REVERTED)
    assert told.index(AuditType.RELOCKED.value) < last
    assert "1 of 4" in changes_of(bench, hotfix.number).remark


def test_a_closed_package_is_cleared_beside_it_only(world, bench, case, hotfix, monkeypatch):
    cleared = []
    monkeypatch.setattr(world.disk, "clear_after_put", lambda key, places, emptied: cleared.append((key, emptied)))
    killed(world, bench, case, 2)
    world.clock.go(minutes=31)
    Relocker(bench).beat()
    assert cleared == [("Case", ())]


def test_a_revert_that_is_made_again_says_it_first(world, bench, case, hotfix):
    killed(world, bench, case, 2)
    revert(bench, case)
    steps = [facts(line)["step"] for line in entries(bench, type=REVERTED)]
    assert steps == ["begun", "half-way", "begun", "done"]


def test_without_the_content_store_it_is_said_without_figures(world, bench, case, hotfix, monkeypatch):
    killed(world, bench, case, 2)

    def gone(self, tree):
        raise StoreError("The content store is gone.")

    monkeypatch.setattr(type(bench.contents), "tree", gone)
    Relocker(bench).beat()
    entry = entries(bench, type=REVERTED)[-1]
    assert entry.description.startswith("The revert of 4 files did not come to its end; revert again")
    assert "done" not in facts(entry)


def test_what_was_left_on_the_disk_is_removed_and_nothing_else(tmp_path, monkeypatch):
    folder = make_packages(tmp_path / "Pkg", "UsrInvoices")
    package = folder / "UsrInvoices"
    (package / "Files" / "Deep").mkdir(parents=True)
    (package / "Files" / "Deep" / "old.txt").write_text("old")
    (package / "Files" / "Left").mkdir()
    (package / "Files" / "Left" / "last.txt").write_text("last")
    world = World(tmp_path, FolderWorkspace(str(folder)))
    try:
        bench = world.bench()
        protection.protect(bench)
        number = catalogue.find(bench, "UsrInvoices").package_id
        hotfixes.unlock(bench, number, "broken")
        (package / "Files" / "Deep" / "old.txt").unlink()
        (package / "Files" / "Deep").rmdir()
        (package / "Files" / "Left" / "last.txt").unlink()
        (package / "New" / "deep").mkdir(parents=True)
        (package / "New" / "deep" / "new.js").write_text("new")
        (package / "Empty").mkdir()

        def die(*given, **where):
            monkeypatch.setattr(putting.os, "unlink", die)  # whoever is killed tidies nothing either
            raise Killed

        monkeypatch.setattr(putting.os, "replace", die)  # right before the new file takes its place
        with pytest.raises(Killed):
            revert(bench, number)
        monkeypatch.undo()
        assert [path.name for path in folder.iterdir() if path.name.startswith(putting.TEMPORARY)]
        assert (package / "Files" / "Deep").is_dir()
        Relocker(bench).beat()
        assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
        assert not (package / "Files" / "Deep").exists()
        assert not (package / "New").exists(), "what the revert itself emptied goes"
        assert (package / "Empty").is_dir(), "what somebody left empty stays"
        assert (package / "Files" / "Left").is_dir(), "it was there before and after"
        assert revert(bench, number) == 2
        assert (package / "Files" / "Deep" / "old.txt").read_text() == "old"
    finally:
        world.close()
