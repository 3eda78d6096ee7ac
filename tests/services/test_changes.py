"""What a hotfix changed: of an open package, of a closed hotfix for ever, and who may know."""

from __future__ import annotations

import hashlib

import pytest

from hotfix_desktop.core.changes import ChangeKind
from hotfix_desktop.core.errors import Denied, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import administration, hotfixes
from hotfix_desktop.services.changes import LiveChanges, changes_of, contents_of, hotfix_of
from hotfix_desktop.services.patching import patch_of
from tests.services.world import package_id


@pytest.fixture
def case(bench):
    """The number of a package."""
    return package_id(bench, "Case")


@pytest.fixture
def hotfix(bench, case):
    """An open hotfix of it."""
    return hotfixes.unlock(bench, case, "broken")


def edit(world):
    world.disk.write("Case", "Schemas/A/metadata.json", b"changed")
    world.disk.write("Case", "Files/new.txt", b"new")
    world.disk.files["Case"].pop("Schemas/B/schema.js")


def told(found):
    return [(change.kind.value, change.shown) for change in found.changes.changes]


EDITED = [
    ("Added", "Files/new.txt"),
    ("Modified", "Schemas/A/metadata.json"),
    ("Deleted", "Schemas/B/schema.js"),
]


def test_nothing_has_changed_right_after_the_unlock(bench, hotfix):
    found = changes_of(bench, hotfix.number)
    assert (found.changes.count, found.is_live, found.remark) == (0, True, "")


def test_the_changes_of_an_open_package_are_those_of_this_moment(world, bench, hotfix):
    edit(world)
    found = changes_of(bench, hotfix.number)
    assert told(found) == EDITED
    assert found.is_live
    world.disk.files["Case"].pop("Files/new.txt")
    assert told(changes_of(bench, hotfix.number)) == EDITED[1:]


def test_a_closed_hotfix_tells_for_ever_what_it_changed(world, bench, case, hotfix):
    edit(world)
    hotfixes.lock(bench, case)
    second = hotfixes.unlock(bench, case, "again")
    world.disk.write("Case", "Schemas/A/metadata.json", b"changed again")
    hotfixes.lock(bench, case)
    del world.disk.files["Case"]  # not even the package is needed
    first = changes_of(bench, hotfix.number)
    assert told(first) == EDITED
    assert not first.is_live
    modified = next(change for change in first.changes.changes if change.kind is ChangeKind.MODIFIED)
    assert contents_of(bench, hotfix.number, modified) == (b"a", b"changed")
    (again,) = changes_of(bench, second.number).changes.changes
    assert contents_of(bench, second.number, again) == (b"changed", b"changed again")


@pytest.mark.parametrize("closed", [False, True])
def test_contents_of_what_was_added_and_deleted(world, bench, case, hotfix, closed):
    edit(world)
    if closed:
        hotfixes.lock(bench, case)
    added, modified, deleted = changes_of(bench, hotfix.number).changes.changes
    assert contents_of(bench, hotfix.number, added) == (None, b"new")
    assert contents_of(bench, hotfix.number, modified) == (b"a", b"changed")
    assert contents_of(bench, hotfix.number, deleted) == (b"b", None)


def test_a_renamed_file_is_read_where_it_is(world, bench, hotfix):
    files = world.disk.files["Case"]
    files["Schemas/C/schema.js"] = files.pop("Schemas/B/schema.js")
    (renamed,) = changes_of(bench, hotfix.number).changes.changes
    assert (renamed.kind, renamed.old_path) == (ChangeKind.RENAMED, b"Schemas/B/schema.js")
    assert contents_of(bench, hotfix.number, renamed) == (b"b", b"b")


def test_a_file_that_went_away_meanwhile_is_told(world, bench, hotfix):
    edit(world)
    added = changes_of(bench, hotfix.number).changes.changes[0]
    world.disk.files["Case"].pop("Files/new.txt")
    with pytest.raises(WorkspaceError, match=r"Files/new\.txt cannot be read"):
        contents_of(bench, hotfix.number, added)


def test_the_end_that_is_not_recorded_yet_is_told(world, bench, case, hotfix, monkeypatch):
    edit(world)

    def full(*words, **more):
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(type(bench.contents), "record", full)
        hotfixes.lock(bench, case)
    found = changes_of(bench, hotfix.number)
    assert (found.changes.count, found.is_live) == (0, False)
    assert "is not recorded yet. The disk is full." in found.remark


def test_which_hotfix_is_meant(world, bench, case, monkeypatch):
    assert hotfix_of(bench, case) is None
    first = hotfixes.unlock(bench, case, "one")
    assert hotfix_of(bench, case).number == first.number
    hotfixes.lock(bench, case)
    assert hotfix_of(bench, case).number == first.number
    world.disk.fail_next("open", WorkspaceError("The disk gives an error."))
    with pytest.raises(WorkspaceError):
        hotfixes.unlock(bench, case, "never opens")
    assert hotfix_of(bench, case).number == first.number
    second = hotfixes.unlock(bench, case, "two")
    hotfixes.lock(bench, case)
    assert hotfix_of(bench, case).number == second.number
    assert hotfix_of(bench, package_id(bench, "Base")) is None


def test_a_failed_unlock_alone_is_better_than_nothing(world, bench, case):
    world.disk.fail_next("open", WorkspaceError("The disk gives an error."))
    with pytest.raises(WorkspaceError):
        hotfixes.unlock(bench, case, "never opens")
    assert hotfix_of(bench, case) is not None


def test_an_unknown_hotfix_and_one_without_trees_are_refused(bench, case, hotfix):
    with pytest.raises(Refused, match="no hotfix number 99"):
        changes_of(bench, 99)
    bench.store._database.execute_sql("DELETE FROM hotfix_tree")  # as one that is older than this feature
    with pytest.raises(Refused, match="was not recorded"):
        changes_of(bench, hotfix.number)
    assert LiveChanges(bench).count(case) is None


def test_only_administrators_and_auditors_read_changes(world, bench, case, hotfix):
    edit(world)
    change = changes_of(bench, hotfix.number).changes.changes[0]
    eve = world.bench("eve")
    for look in (
        lambda: changes_of(eve, hotfix.number),
        lambda: contents_of(eve, hotfix.number, change),
        lambda: LiveChanges(eve).changes(case),
    ):
        with pytest.raises(Denied):
            look()
    assert LiveChanges(eve).count(case) == 3  # as many as the tree shows to everybody
    administration.assign_role(bench, "eve", Role.AUDITOR)
    assert told(changes_of(eve, hotfix.number)) == EDITED


# live


def test_live_changes_follow_the_package_and_read_only_what_was_touched(world, bench, case, hotfix):
    live = LiveChanges(bench)
    assert live.count(case) == 0
    edit(world)
    assert live.count(case) == 3
    assert told(live.changes(case)) == EDITED
    world.disk.write("Case", "Schemas/A/metadata.json", b"a")  # as it was
    assert live.count(case) == 2
    digest, hashed = hashlib.sha256, []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hashlib, "sha256", lambda *data: (hashed.append(data), digest(*data))[1])
        assert live.count(case) == 2
    assert hashed == []


def test_live_changes_end_with_the_hotfix_and_begin_anew(world, bench, case, hotfix):
    live = LiveChanges(bench)
    edit(world)
    assert live.count(case) == 3
    hotfixes.lock(bench, case)
    assert live.count(case) is None
    assert live.changes(case) is None
    hotfixes.unlock(bench, case, "again")
    assert live.count(case) == 0
    world.disk.write("Case", "Schemas/A/metadata.json", b"more")
    assert live.count(case) == 1


def test_the_next_hotfix_is_compared_with_its_own_beginning(world, bench, case, hotfix):
    live = LiveChanges(bench)
    edit(world)
    assert live.count(case) == 3
    hotfixes.lock(bench, case)
    hotfixes.unlock(bench, case, "again, before anybody looked")
    assert live.count(case) == 0


def test_two_swapped_files_are_two_changes(world, bench, case, hotfix):
    live = LiveChanges(bench)
    live.count(case)
    files = world.disk.files["Case"]
    files["descriptor.json"], files["Files/run.sh"] = files["Files/run.sh"], files["descriptor.json"]
    assert live.count(case) == 2


# as a patch


def test_the_patch_has_every_change_below_its_prefix(world, bench, case, hotfix):
    edit(world)
    hotfixes.lock(bench, case)
    patch = b"".join(patch_of(bench, changes_of(bench, hotfix.number), b"packages/Case/")).decode()
    assert patch.count("diff --git a/packages/Case/") == 3
    assert "-a\n\\ No newline at end of file\n+changed\n" in patch
    assert "new file mode 100644" in patch
    assert "deleted file mode 100644" in patch


def test_what_is_too_large_for_a_patch_is_named(world, bench, hotfix, monkeypatch):
    monkeypatch.setattr("hotfix_desktop.services.patching.BINARY_LIMIT", 5)
    edit(world)
    patch = b"".join(patch_of(bench, changes_of(bench, hotfix.number)))
    assert b"# Schemas/A/metadata.json is not in this patch: it is too large.\n" in patch
    assert patch.count(b"diff --git") == 2
