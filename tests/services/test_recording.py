"""What a hotfix changed is kept: before anything opens, after it is locked, and never in the way of a lock."""

from __future__ import annotations

from functools import partial

import pytest

from hotfix_desktop.changes.contents import Contents
from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.content_care import ContentsSize
from hotfix_desktop.core.errors import Denied, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import HotfixState
from hotfix_desktop.core.manifest import UNREADABLE
from hotfix_desktop.core.packages import Openness
from hotfix_desktop.services import drift, hotfixes, upkeep
from hotfix_desktop.services.recording import record_pending
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.store.fixes import Fixes
from tests.services.world import CLOSED, ORIGINAL, entries, modes, package_id

FULL = StoreError("The content store is full.", "Free some space.")


def unlock(bench, name="Case"):
    return hotfixes.unlock(bench, package_id(bench, name), "a button fails", "RND-1", 30)


def lock(bench, name="Case"):
    return hotfixes.lock(bench, package_id(bench, name))


def recorded(bench):
    return entries(bench, type=AuditType.CHANGES_RECORDED.value)


@pytest.fixture
def refusing(monkeypatch):
    """The content store takes nothing, until told otherwise."""
    real = Contents.record
    state = {"refuses": True}

    def record(self, *arguments, **named):
        if state["refuses"]:
            raise FULL
        return real(self, *arguments, **named)

    monkeypatch.setattr(Contents, "record", record)
    return state


def test_the_baseline_is_kept_before_the_first_file_opens(bench, world):
    seen = []
    real = type(world.disk).open

    def opening(self, key, record, progress=None):
        trees = bench.store.fixes.of(bench.store.hotfixes.not_closed()[0].number)
        tree = bench.contents.tree(trees.before)
        seen.append(bench.contents.read(tree.items[b"Schemas/B/schema.js"].digest))
        return real(self, key, record)

    world.disk.open = opening.__get__(world.disk)
    unlock(bench)
    assert seen == [b"b"]


def test_a_store_that_takes_nothing_refuses_the_unlock_and_nothing_was_open(bench, world, refusing):
    with pytest.raises(StoreError, match=r"stays closed.*full"):
        unlock(bench)
    assert modes(bench, "Case") == CLOSED
    assert world.disk.calls["open"] == 0
    assert bench.store.hotfixes.not_closed() == []
    refusing["refuses"] = False
    unlock(bench)
    assert modes(bench, "Case") == ORIGINAL


def test_a_file_that_cannot_be_read_refuses_nothing(bench, world):
    del world.disk.files["Case"]["Files/run.sh"]  # the reader does not find what the baseline names

    hotfix = unlock(bench)
    assert bench.contents.tree(bench.store.fixes.of(hotfix.number).before)


def test_what_was_changed_is_kept_and_entered_once(bench, world):
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    world.disk.write("Case", "Schemas/B/new.js", b"new")
    del world.disk.files["Case"]["Files/run.sh"]
    lock(bench)
    trees = bench.store.fixes.of(hotfix.number)
    assert (trees.changes, trees.remark) == (3, "")
    before, after = bench.contents.tree(trees.before), bench.contents.tree(trees.after)
    assert bench.contents.read(before.items[b"Schemas/B/schema.js"].digest) == b"b"
    assert bench.contents.read(after.items[b"Schemas/B/schema.js"].digest) == b"repaired"
    assert bench.contents.read(after.items[b"Schemas/B/new.js"].digest) == b"new"
    assert bench.contents.read(before.items[b"Files/run.sh"].digest) == b"c"
    (entry,) = recorded(bench)
    assert entry.hotfix == hotfix.number
    assert entry.result == AuditResult.SUCCESS.value
    assert "1 modified, 1 added, 1 deleted" in entry.description
    assert "Schemas/B/schema.js" in entry.description
    Relocker(bench).beat()
    assert len(recorded(bench)) == 1


def test_a_hotfix_that_changed_nothing_has_no_such_entry(bench, world):
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"tried")
    world.disk.write("Case", "Schemas/B/schema.js", b"b")
    lock(bench)
    trees = bench.store.fixes.of(hotfix.number)
    assert (trees.before, trees.changes) == (trees.after, 0)
    assert recorded(bench) == []


def test_only_what_is_new_is_read_by_later_hotfixes(bench, world):
    unlock(bench)
    lock(bench)
    read = []
    world.disk.before_step = lambda operation, key, path: read.append(path) if operation == "read" else None
    unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    lock(bench)
    assert read == ["Schemas/B/schema.js"]


def test_what_was_changed_while_it_was_closed_belongs_to_the_beginning(bench, world):
    world.disk.scribble("Case", "Schemas/B/schema.js", b"drifted")
    hotfix = unlock(bench)
    before = bench.contents.tree(bench.store.fixes.of(hotfix.number).before)
    assert bench.contents.read(before.items[b"Schemas/B/schema.js"].digest) == b"drifted"
    lock(bench)
    assert bench.store.fixes.of(hotfix.number).changes == 0


def test_a_relock_records_after_everything_due_is_closed(bench, world):
    first, second = unlock(bench, "Case"), unlock(bench, "Base")
    world.disk.write("Case", "Schemas/B/schema.js", b"one")
    world.disk.write("Base", "Schemas/B/schema.js", b"two")
    world.clock.go(minutes=31)
    at_reading = []

    def look(operation, key, path):
        if operation == "read":
            at_reading.append({name: bench.workspace.look(name) for name in ("Case", "Base")})

    world.disk.before_step = look
    Relocker(bench).beat()
    assert at_reading
    assert all(set(seen.values()) == {Openness.CLOSED} for seen in at_reading)
    assert [bench.store.fixes.of(hotfix.number).changes for hotfix in (first, second)] == [1, 1]


def test_a_store_that_takes_nothing_does_not_keep_a_package_open(bench, world, refusing):
    refusing["refuses"] = False
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    refusing["refuses"] = True
    assert lock(bench).state is HotfixState.CLOSED
    assert modes(bench, "Case")["Schemas/B/schema.js"] == CLOSED["Schemas/B/schema.js"]
    trees = bench.store.fixes.of(hotfix.number)
    assert (trees.after, trees.remark) == (None, FULL.sentence)
    relocker = Relocker(bench)
    for _ in range(5):  # told once, and tried less and less often
        world.clock.go(seconds=1)
        relocker.beat()
    (entry,) = recorded(bench)
    assert entry.result == AuditResult.FAILURE.value
    assert "full" in entry.description
    refusing["refuses"] = False
    world.clock.go(minutes=10)
    relocker.beat()
    trees = bench.store.fixes.of(hotfix.number)
    assert (trees.changes, trees.remark) == (1, "")
    assert len(recorded(bench)) == 2


def test_what_changed_before_it_could_be_recorded_is_remarked(bench, world, refusing):
    refusing["refuses"] = False
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    refusing["refuses"] = True
    lock(bench)
    world.clock.go(minutes=10)
    world.disk.scribble("Case", "Schemas/B/schema.js", b"late")
    refusing["refuses"] = False
    assert record_pending(bench) == ("Case",)
    trees = bench.store.fixes.of(hotfix.number)
    assert trees.changes == 1
    assert "changed meanwhile" in trees.remark
    assert "changed meanwhile" in recorded(bench)[-1].description


@pytest.mark.parametrize(
    "later",
    [lambda clock: clock.go(seconds=2), lambda clock: setattr(clock, "boot", clock.boot + 1)],
    ids=["seconds later", "after a restart"],
)
def test_a_package_that_was_as_before_at_its_lock_is_looked_at_again_when_it_is_recorded_later(
    bench, world, monkeypatch, later
):
    hotfix = unlock(bench)
    with monkeypatch.context() as patch:
        patch.setattr(hotfixes, "record_pending", lambda *_: ())
        lock(bench)
    later(world.clock)
    world.disk.scribble("Case", "Schemas/B/schema.js", b"late")
    assert record_pending(bench) == ("Case",)
    trees = bench.store.fixes.of(hotfix.number)
    assert (trees.changes, "changed meanwhile" in trees.remark) == (1, True)


def test_a_beginning_that_the_content_store_has_lost_is_recorded_anew(bench, world, monkeypatch):
    hotfix = unlock(bench)
    recorded_trees, real = [], Contents.record
    monkeypatch.setattr(Contents, "has_tree", lambda self, tree: False)
    monkeypatch.setattr(
        Contents, "record", lambda *all_, **named: recorded_trees.append(real(*all_, **named)) or recorded_trees[-1]
    )
    lock(bench)
    assert [tree.digest() for tree in recorded_trees] == [bench.store.fixes.of(hotfix.number).before]


def test_the_next_unlock_records_what_is_still_missing(bench, world, refusing):
    refusing["refuses"] = False
    first = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    refusing["refuses"] = True
    lock(bench)
    refusing["refuses"] = False
    second = unlock(bench)
    trees = bench.store.fixes.of(first.number)
    assert trees.after == bench.store.fixes.of(second.number).before
    assert trees.changes == 1
    assert "unlocked the next time" in trees.remark
    lock(bench)
    assert bench.store.fixes.of(second.number).changes == 0


def test_a_beginning_that_is_damaged_leaves_the_changes_unknown_and_the_end_kept(bench, world):
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    bench.contents._db.execute("DELETE FROM tree")
    lock(bench)
    trees = bench.store.fixes.of(hotfix.number)
    assert trees.changes is None
    assert "not in the content store" in trees.remark
    assert bench.contents.has_tree(trees.after)
    assert recorded(bench)[-1].result == AuditResult.FAILURE.value


def test_lock_all_closes_everything_before_it_records(bench, world):
    unlock(bench, "Case")
    unlock(bench, "Base")
    for name in ("Case", "Base"):
        world.disk.write(name, "Schemas/B/schema.js", name.encode())
    open_while_reading = []

    def look(operation, key, path):
        if operation == "read":
            open_while_reading.extend(name for name in ("Case", "Base") if bench.workspace.look(name) is Openness.OPEN)

    world.disk.before_step = look
    assert hotfixes.lock_all(bench).locked == ("Case", "Base")
    assert open_while_reading == []
    assert [line.package for line in recorded(bench)] == ["Case", "Base"]


def test_what_is_recorded_while_it_is_written_is_what_was_read(bench, world):
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")

    def scribble(operation, key, path):
        if operation == "read" and path == "Schemas/B/schema.js":
            world.disk.before_step = None
            world.disk.scribble("Case", path, b"still writing")

    world.disk.before_step = scribble
    lock(bench)
    trees = bench.store.fixes.of(hotfix.number)
    after = bench.contents.tree(trees.after)
    assert bench.contents.read(after.items[b"Schemas/B/schema.js"].digest) == b"still writing"
    assert "while it was recorded" in trees.remark


def test_files_that_cannot_be_read_are_counted_in_the_remark(bench, world, monkeypatch):
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    real = type(world.disk).read

    def read(self, key, paths, progress=None):
        yield from real(self, key, [path for path in paths if path != b"Schemas/B/schema.js"])

    monkeypatch.setattr(type(world.disk), "read", read)
    lock(bench)
    trees = bench.store.fixes.of(hotfix.number)
    assert bench.contents.tree(trees.after).items[b"Schemas/B/schema.js"].digest == UNREADABLE
    assert "1 file could not be read" in trees.remark


def test_a_workspace_that_is_away_is_no_error_of_the_beat(bench, world, refusing):
    refusing["refuses"] = False
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    refusing["refuses"] = True
    lock(bench)
    refusing["refuses"] = False
    world.clock.go(minutes=10)
    world.disk.fail_next("survey", WorkspaceError("The workspace's folder is not there."))
    assert record_pending(bench) == ()
    assert record_pending(bench) == ("Case",)
    assert bench.store.fixes.of(hotfix.number).after


def test_without_pending_records_a_beat_asks_once_and_touches_nothing(bench, world, monkeypatch):
    asked = []
    real = Fixes.pending
    monkeypatch.setattr(Fixes, "pending", lambda self: asked.append(1) or real(self))
    Relocker(bench).beat()
    assert asked == [1]
    assert not bench.contents.path.exists()


def test_a_database_from_a_backup_does_not_have_the_hotfixes_since_cleaned_away(bench, world):
    """It does not name their trees, and the newest entries of the hotfixes after it tell nothing of them."""
    unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"the only copy")
    lock(bench)
    trees = bench.store.fixes.of(1)
    bench.store._database.execute_sql("DELETE FROM hotfix_tree")
    bench.contents._db.execute("UPDATE tree SET recorded = 0")
    assert upkeep.clean_contents(bench).trees == 0
    before, after = (
        bench.contents.tree(tree).items[b"Schemas/B/schema.js"].digest for tree in (trees.before, trees.after)
    )
    assert bench.contents.read(after) == b"the only copy"
    assert bench.contents.read(before) != b"the only copy"


class TestUpkeep:
    """Verify and clean, as an administrator sees them."""

    @pytest.fixture
    def used(self, bench, world):
        """A store with a hotfix, and what an undone update left behind, long ago."""
        unlock(bench)
        world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
        lock(bench)
        world.disk.scribble("Base", "Schemas/B/schema.js", b"nobody's")
        bench.contents.record(bench.workspace.survey("Base"), partial(bench.workspace.read, "Base"))
        bench.contents._db.execute("UPDATE tree SET recorded = 0")
        return bench

    def test_verifies_and_enters_that(self, used):
        report = upkeep.verify_contents(used)
        assert report.is_sound
        assert report.trees == 3
        assert entries(used)[-1].type == AuditType.CONTENTS_VERIFIED.value

    def test_names_what_is_damaged_and_a_tree_that_is_gone(self, used):
        trees = used.store.fixes.of(1)
        used.contents._db.execute("DELETE FROM tree WHERE digest = ?", (trees.after,))
        report = upkeep.verify_contents(used)
        assert (report.is_sound, report.damaged) == (False, 1)
        assert trees.after.hex()[:12] in report.damages[0]
        assert entries(used)[-1].result == AuditResult.FAILURE.value

    def test_cleans_what_nobody_needs_and_nothing_else(self, used):
        done = upkeep.clean_contents(used)
        assert (done.trees, done.contents) == (1, 1)
        assert upkeep.verify_contents(used).is_sound
        assert upkeep.clean_contents(used).trees == 0
        assert AuditType.CONTENTS_CLEANED.value in [line.type for line in entries(used)]

    def test_says_how_much_there_is_and_what_nobody_needs(self, used, bench):
        size = upkeep.size_of_contents(used)
        assert (size.trees, size.loose) == (3, 1)
        assert size.bytes > 0
        assert size.on_disk > 0
        upkeep.clean_contents(used)
        after = upkeep.size_of_contents(used)
        assert (after.trees, after.loose, after.contents) == (2, 0, size.contents - 1)
        assert Contents(used.store.path.parent / "nowhere").measure(()) == ContentsSize()

    def test_does_not_clean_what_is_newer_than_the_hotfixes_of_the_database(self, used, world):
        tree = used.contents._db.execute("SELECT digest FROM tree").fetchall()
        late = int(world.clock.wall.timestamp()) + 1
        used.contents._db.execute("UPDATE tree SET recorded = ?", (late,))
        world.clock.go(days=1)
        used.enter_alone(used.event(AuditType.WORKSPACE_OPENED, "opened after the database was restored"))
        with pytest.raises(StoreError, match="newer than every hotfix"):
            upkeep.clean_contents(used)
        assert used.contents._db.execute("SELECT digest FROM tree").fetchall() == tree

    @pytest.mark.parametrize("act", [upkeep.verify_contents, upkeep.clean_contents])
    def test_is_refused_to_others(self, used, world, act):
        with pytest.raises(Denied):
            act(world.bench("mallory"))
        assert entries(used)[-1].result == AuditResult.DENIED.value


def test_the_looks_after_a_lock_and_the_record_agree(bench, world):
    """A program that goes on writing after the lock changes the package, and not what the hotfix is said to be."""
    hotfix = unlock(bench)
    world.disk.write("Case", "Schemas/B/schema.js", b"repaired")
    lock(bench)
    world.disk.scribble("Case", "Schemas/B/schema.js", b"late")
    world.clock.go(seconds=6)
    drift.DriftWatch(bench).check_due()
    after = bench.contents.tree(bench.store.fixes.of(hotfix.number).after)
    assert bench.contents.read(after.items[b"Schemas/B/schema.js"].digest) == b"repaired"
    assert bench.store.baselines.drift(package_id(bench, "Case")) is not None
