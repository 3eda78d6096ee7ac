"""Files of an unlocked package go back to what they were: kept first, entered, all or nothing."""

from __future__ import annotations

import json
import os

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled, Denied, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.progress import NOBODY, Within
from hotfix_desktop.services import catalogue, hotfixes, protection
from hotfix_desktop.services.changes import changes_of
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.reverting import revert
from hotfix_desktop.workspaces.folder import FolderWorkspace
from tests.packages_on_disk import make_packages, modes
from tests.services.world import FILES, World, entries, package_id

REVERTED = "Changes reverted"


@pytest.fixture
def case(bench):
    return package_id(bench, "Case")


@pytest.fixture
def hotfix(world, bench, case):
    """An open hotfix with one change of each kind."""
    opened = hotfixes.unlock(bench, case, "broken", "INC-1")
    world.disk.write("Case", "Schemas/A/metadata.json", b"changed")
    world.disk.write("Case", "Files/new.txt", b"new")
    files = world.disk.files["Case"]
    files.pop("Schemas/B/schema.js")
    files["Files/walk.sh"] = files.pop("Files/run.sh")
    return opened


def contents(world):
    return {path: data for path, (_, data) in world.disk.files["Case"].items()}


BEFORE = {path: data for path, (_, data) in FILES.items()}


def test_everything_goes_back(world, bench, case, hotfix):
    assert revert(bench, case) == 4
    assert contents(world) == BEFORE
    assert changes_of(bench, hotfix.number).changes.count == 0


def test_only_what_was_chosen_goes_back(world, bench, case, hotfix):
    assert revert(bench, case, [b"Schemas/A/metadata.json", b"Files/walk.sh", b"Files/walk.sh"]) == 2
    assert contents(world) == {
        **{path: data for path, data in BEFORE.items() if path != "Schemas/B/schema.js"},
        "Files/new.txt": b"new",
    }


def test_the_entry_names_the_files_and_what_was_kept(world, bench, case, hotfix):
    revert(bench, case)
    began, entry = entries(bench, type=REVERTED)
    for one, words in ((began, "Began to put back"), (entry, "Put back")):
        assert (one.result, one.owner, one.hotfix) == ("Success", "ann", hotfix.number)
        assert one.description.startswith(f"{words} 4 files as before the hotfix: Files/new.txt, Files/walk.sh, ")
        assert one.description.endswith("and 1 more [INC-1]")
    said, done = (json.loads(one.entry().event.detail) for one in (began, entry))
    assert (said.pop("step"), done.pop("step")) == ("begun", "done")
    assert said == done
    kept = bench.contents.tree(bytes.fromhex(json.loads(entry.entry().event.detail)["kept"]))
    assert bench.contents.read(kept.items[b"Schemas/A/metadata.json"].digest) == b"changed"
    assert bench.contents.read(kept.items[b"Files/new.txt"].digest) == b"new"
    assert json.loads(entry.entry().event.detail)["count"] == 4


def test_what_was_reverted_outlives_a_clean_up_of_the_store(world, bench, case, hotfix):
    revert(bench, case)
    hotfixes.lock(bench, case)
    bench.contents._db.execute("UPDATE tree SET recorded = 0")  # long ago
    bench.contents.clean(bench.store.fixes.live_trees())
    _, entry = entries(bench, type=REVERTED)
    kept = bench.contents.tree(bytes.fromhex(json.loads(entry.entry().event.detail)["kept"]))
    assert bench.contents.read(kept.items[b"Files/new.txt"].digest) == b"new"


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        ([b"descriptor.json"], "descriptor.json does not differ"),
        ([b"Files/new.txt", b"nothing\xff"], r"nothing\\xff does not differ"),
        ([b"../Base/descriptor.json"], "does not differ"),
        ([], "No file was chosen"),
    ],
)
def test_what_did_not_change_is_refused_and_nothing_happens(world, bench, case, hotfix, paths, sentence):
    before = contents(world)
    with pytest.raises(Refused, match=sentence):
        revert(bench, case, paths)
    assert contents(world) == before
    assert entries(bench, type=REVERTED) == []


def test_a_package_that_is_not_unlocked_is_refused(world, bench, case, hotfix):
    hotfixes.lock(bench, case)
    before = contents(world)
    with pytest.raises(Refused, match="not unlocked"):
        revert(bench, case)
    assert contents(world) == before


def test_after_the_deadline_nothing_is_written_any_more(world, bench, case, hotfix):
    before = contents(world)
    world.clock.go(minutes=31)
    with pytest.raises(Refused, match="time of Case is over"):
        revert(bench, case)
    assert contents(world) == before


def test_nothing_to_revert_is_said(world, bench, case):
    hotfixes.unlock(bench, case, "broken")
    with pytest.raises(Refused, match="Nothing has changed"):
        revert(bench, case)


def test_others_are_denied_and_that_is_an_entry(world, bench, case, hotfix):
    before = contents(world)
    with pytest.raises(Denied):
        revert(world.bench("eve"), case)
    assert contents(world) == before
    (entry,) = entries(bench, type=REVERTED)
    assert (entry.result, entry.owner) == ("Denied", "eve")


def test_without_room_to_keep_what_is_there_nothing_is_overwritten(world, bench, case, hotfix, monkeypatch):
    before = contents(world)

    def full(*words, **more):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(type(bench.contents), "record", full)
    with pytest.raises(StoreError, match="full"):
        revert(bench, case)
    assert contents(world) == before


def test_without_an_entry_nothing_is_overwritten(world, bench, case, hotfix, log_fails):
    before = contents(world)
    log_fails(AuditType.CHANGES_REVERTED)
    with pytest.raises(StoreError):
        revert(bench, case)
    assert contents(world) == before


@pytest.mark.parametrize("operation", ["put", "remove"])
@pytest.mark.parametrize("number", [0, 1])
def test_what_stops_it_has_it_undone(world, bench, case, hotfix, operation, number):
    before = contents(world)
    seen = 0

    def trip(what, key, path):
        nonlocal seen
        if what == operation:
            seen += 1
            if seen == number + 1:
                raise WorkspaceError("The disk gives an error.")

    world.disk.before_step = trip
    with pytest.raises(WorkspaceError, match="gives an error"):
        revert(bench, case)
    assert seen > number
    assert contents(world) == before
    first, last = entries(bench, type=REVERTED)
    assert (first.result, last.result) == ("Success", "Failure")
    assert "The disk gives an error. Everything was undone." in last.description


def test_a_cancel_undoes_it(world, bench, case, hotfix):
    before = contents(world)

    class AfterOne(Within):
        def step(self, done, total=0, what=""):
            if total and done == 2:
                raise Cancelled

    with pytest.raises(Cancelled):
        revert(bench, case, None, AfterOne(NOBODY))
    assert contents(world) == before
    assert entries(bench, type=REVERTED)[-1].result == "Failure"


class Killed(BaseException):
    pass


@pytest.mark.parametrize("number", range(5))
def test_a_kill_leaves_each_file_whole_nothing_lost_and_an_entry(world, bench, case, hotfix, number):
    changed, seen = contents(world), 0

    def kill(what, key, path):
        nonlocal seen
        if what in ("put", "remove"):
            seen += 1
            if seen > number:
                raise Killed

    world.disk.before_step = kill
    with pytest.raises(Killed):
        revert(bench, case)
    assert seen == number + 1
    for path in BEFORE.keys() | changed.keys():
        assert contents(world).get(path) in (BEFORE.get(path), changed.get(path))
    (entry,) = entries(bench, type=REVERTED)
    assert entry.description.startswith("Began to put back 4 files")
    kept = bench.contents.tree(bytes.fromhex(json.loads(entry.entry().event.detail)["kept"]))
    assert {os.fsdecode(p): bench.contents.read(f.digest) for p, f in kept.items.items() if f.digest} == changed
    world.disk.before_step = None
    revert(bench, case)
    assert contents(world) == BEFORE


def test_what_cannot_be_undone_is_told(world, bench, case, hotfix, expected_log):
    def trip(what, key, path):
        if what == "put":
            raise WorkspaceError("The disk gives an error.")

    world.disk.before_step = trip
    with pytest.raises(
        WorkspaceError, match=r"error\. Everything else .* Could not be undone.*: Files/new\.txt, Files/walk"
    ):
        revert(bench, case)
    assert "Could not be undone, but what was there is in the content store: " in entries(bench)[-1].description
    assert any("Files/new.txt" in message for message in expected_log.messages)


def test_a_file_that_changes_right_now_is_not_overwritten(world, bench, case, hotfix, monkeypatch):
    record = type(bench.contents).record

    def late(self, *words, **more):
        kept = record(self, *words, **more)
        world.disk.write("Case", "Schemas/A/metadata.json", b"saved just now")
        return kept

    monkeypatch.setattr(type(bench.contents), "record", late)
    with pytest.raises(Refused, match=r"Another program is changing Schemas/A/metadata\.json"):
        revert(bench, case)
    assert contents(world)["Schemas/A/metadata.json"] == b"saved just now"
    assert entries(bench, type=REVERTED) == []


class At(Within):
    """Does something before one of the steps that put files back."""

    def __init__(self, number, act):
        super().__init__(NOBODY)
        self.number, self.act = number, act

    def step(self, done, total=0, what=""):
        if total and done == self.number:
            self.act()


@pytest.mark.parametrize(
    ("path", "number"), [("Schemas/A/metadata.json", 1), ("Schemas/A/metadata.json", 3), ("Files/new.txt", 0)]
)
def test_an_edit_during_the_revert_is_not_lost(world, bench, case, hotfix, path, number):
    before = contents(world)
    with pytest.raises(Refused, match=f"Another program has just changed {path}"):
        revert(bench, case, None, At(number, lambda: world.disk.write("Case", path, b"typed just now")))
    assert contents(world) == {**before, path: b"typed just now"}
    last = entries(bench, type=REVERTED)[-1]
    assert last.result == "Failure"
    assert f"Everything else is as it was. Left as another program wrote it: {path}." in last.description


def test_undoing_does_not_overwrite_an_edit_either(world, bench, case, hotfix):
    before = contents(world)

    def edit_and_stop():
        world.disk.write("Case", "Files/new.txt", b"typed just now")  # reverted already: it was removed
        raise Cancelled

    with pytest.raises(Cancelled):
        revert(bench, case, None, At(3, edit_and_stop))
    assert contents(world) == {**before, "Files/new.txt": b"typed just now"}


@pytest.mark.parametrize("number", range(1, 4))
def test_once_the_package_is_locked_nothing_is_written_and_what_was_is_named(world, bench, case, hotfix, number):
    other = world.bench()
    at_lock = {}

    def relock():
        world.clock.go(minutes=31)
        Relocker(other).beat()
        at_lock.update(contents(world))

    with pytest.raises(WorkspaceError, match=r"Case was locked meanwhile\. .* left so: .*Files/walk\.sh") as error:
        revert(bench, case, None, At(number, relock))
    assert contents(world) == at_lock
    last = entries(bench, type=REVERTED)[-1]
    assert last.result == "Failure"
    assert error.value.sentence in last.description
    detail = json.loads(last.entry().event.detail)
    assert len(detail["reverted"]) == number
    assert not any(one.description.startswith("Put back") for one in entries(bench, type=REVERTED))


def test_at_the_end_of_its_time_what_is_still_open_is_undone(world, bench, case, hotfix):
    before = contents(world)
    with pytest.raises(Refused, match="The time of Case is over"):
        revert(bench, case, None, At(2, lambda: world.clock.go(minutes=31)))
    assert contents(world) == before


def test_without_an_entry_of_the_result_it_is_undone(world, bench, case, hotfix, log_fails, expected_log):
    before = contents(world)
    with pytest.raises(StoreError):
        revert(bench, case, None, At(3, lambda: log_fails(AuditType.CHANGES_REVERTED, times=2)))
    assert contents(world) == before
    assert any("could not be entered" in message for message in expected_log.messages)


def test_what_cannot_be_kept_is_not_overwritten(world, bench, case, hotfix, monkeypatch):
    monkeypatch.setattr(world.disk, "read", lambda key, paths, progress=None: iter(()))
    before = contents(world)
    with pytest.raises(WorkspaceError, match=r"Files/.* cannot be read, so it cannot be kept"):
        revert(bench, case)
    assert contents(world) == before


# on a disk


@pytest.fixture
def on_disk(tmp_path):
    """A protected package folder, with a package that is open for a hotfix; gives bench, number and the folder."""
    folder = make_packages(tmp_path / "Pkg", "UsrInvoices")
    world = World(tmp_path, FolderWorkspace(str(folder)))
    bench = world.bench()
    protection.protect(bench)
    number = catalogue.find(bench, "UsrInvoices").package_id
    package = folder / "UsrInvoices"
    yield bench, number, package
    world.close()


def test_links_folders_and_modes_go_back(on_disk):
    bench, number, package = on_disk
    before = {
        path: (package / path).read_bytes() for path in ("descriptor.json", "Schemas/UsrInvoicesPage/descriptor.json")
    }
    hotfix = hotfixes.unlock(bench, number, "broken")
    tree = bench.store.fixes.of(hotfix.number).before
    at_first = modes(package)
    script = package / "Schemas" / "UsrInvoicesPage" / "UsrInvoicesPage.js"
    script.unlink()
    script.symlink_to("../../descriptor.json")  # a link where a file was
    (package / "descriptor.json").write_bytes(b"{}")
    (package / "Schemas" / "New" / "deep").mkdir(parents=True)
    (package / "Schemas" / "New" / "deep" / "new.js").write_text("new", "utf-8")
    (package / "Schemas" / "UsrInvoicesPage" / "descriptor.json").unlink()
    (package / "Schemas" / "UsrInvoicesPage" / "descriptor.json").mkdir()  # a folder where a file was
    (package / "Schemas" / "UsrInvoicesPage" / "descriptor.json" / "x").write_text("x", "utf-8")
    (package / "odd\n\udcff").write_text("odd", "utf-8")
    assert revert(bench, number) == 6
    assert bench.workspace.survey("UsrInvoices").digest() == tree
    assert {path: (package / path).read_bytes() for path in before} == before
    assert modes(package) == at_first
    assert not [name for name in os.listdir(package.parent) if name.startswith(".hotfix")]
