"""Updates: every package of the archive or none, fixes as it was decided, modes and locks as they were."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotfix_desktop.core.deliveries import DeliveryKind
from hotfix_desktop.core.errors import Busy, Cancelled, Refused, WorkspaceError
from hotfix_desktop.core.lifecycle import Kept
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.core.update_plan import Take
from hotfix_desktop.services import drift, hotfixes, protection
from hotfix_desktop.services.undelivered import undelivered
from hotfix_desktop.services.update_applying import update
from hotfix_desktop.workspaces import placing
from tests.services.update_world import PAGE, STYLE, Site, archive, bundle, files_of, page, write
from tests.services.world import entries, status

FIXED = page(line_3="fixed;")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.world.close()


def test_all_packages_of_an_archive_are_updated_installed_and_closed(site: Site, tmp_path: Path):
    new = {name: files_of(name, "2.0") | {"Files/more/x.txt": b"x"} for name in ("UsrA", "UsrB", "UsrNew")}
    done = site.update(bundle(tmp_path / "u.zip", new))
    assert (done.updated, done.installed, done.unchanged) == (("UsrA", "UsrB"), ("UsrNew",), ())
    for name, files in new.items():
        assert site.read(name) == files
        assert site.is_closed(name)
        assert status(site.bench, name).state == "blocked"
        assert status(site.bench, name).found.version == "2.0"
        assert drift.look(site.bench, site.id(name), thorough=True) is None
    assert (site.left_over(), site.states()) == ([], ["done"])
    kinds = [line.type for line in entries(site.bench)][-3:]
    assert sorted(kinds) == ["Package installed", "Package updated", "Package updated"]


def test_rights_are_kept_and_given_back(tmp_path: Path):
    folder = write(tmp_path / "site" / "Pkg" / "UsrA", files_of("UsrA"))
    rights = {folder: 0o750, folder / "Files": 0o770, folder / PAGE: 0o600, folder / STYLE: 0o664}
    for path, mode in rights.items():
        path.chmod(mode)
    site = Site(tmp_path, "UsrB")
    try:
        site.update(
            archive(tmp_path / "a.gz", files_of("UsrA", "2.0") | {"Files/run.sh": b"x", "Schemas/Page/n.js": b""})
        )
        assert site.is_closed("UsrA")
        protection.release(site.bench)
        assert {path: stat.S_IMODE(path.stat().st_mode) for path in rights} == rights
        assert stat.S_IMODE((folder / "Files" / "run.sh").stat().st_mode) == stat.S_IMODE(
            (folder / "Files" / "logo.bin").stat().st_mode
        )
    finally:
        site.world.close()


def test_a_fix_that_came_home_blocks_the_package_and_delivers_the_hotfix(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: FIXED})
    assert status(site.bench, "UsrA").state == "locked"
    done = site.update(archive(tmp_path / "a.gz", files_of("UsrA", "1.1") | {PAGE: page(line_3="fixed;", line_9="x")}))
    assert done.delivered == (number,)
    (delivery,) = site.bench.store.deliveries.of(number)
    assert delivery.receipt.kind is DeliveryKind.AS_USUAL
    assert "a.gz" in delivery.receipt.sentence
    assert status(site.bench, "UsrA").state == "blocked"
    assert not undelivered(site.bench)


def test_an_archive_that_brings_exactly_what_is_there_still_brings_the_fix_home(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: FIXED})
    inode = (site.folder / "UsrA").stat().st_ino
    done = site.update(archive(tmp_path / "a.gz", site.read("UsrA")))
    assert (done.unchanged, done.updated, done.delivered) == (("UsrA",), (), (number,))
    assert (site.folder / "UsrA").stat().st_ino == inode
    assert status(site.bench, "UsrA").state == "blocked"


def test_without_a_decision_nothing_is_overwritten(site: Site, tmp_path: Path):
    site.hotfix("UsrA", {PAGE: FIXED})
    before = {name: site.read(name) for name in ("UsrA", "UsrB")}
    path = bundle(tmp_path / "u.zip", {name: files_of(name, "2.0") for name in ("UsrA", "UsrB")})
    with pytest.raises(Refused, match=r"would overwrite fixes in UsrA: 1 would be lost \(Schemas/Page"):
        site.update(path)
    assert {name: site.read(name) for name in before} == before
    assert site.states() == []
    assert not site.left_over()


def test_ours_stays_on_top_and_undelivered(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: FIXED, STYLE: b"ours\n", "Files/logo.bin": None, "Files/new.txt": b"new"})
    delivered = files_of("UsrA", "2.0") | {PAGE: page(line_12="more;"), STYLE: b"theirs\n"}
    done = site.update(archive(tmp_path / "a.gz", delivered), Take.OURS)
    assert (done.kept, done.delivered) == (("UsrA",), ())
    now = site.read("UsrA")
    assert now[PAGE] == page(line_3="fixed;", line_12="more;")  # merged
    assert now[STYLE] == b"ours\n"  # both changed the same line: whole
    assert now["Files/new.txt"] == b"new"
    assert "Files/logo.bin" not in now
    assert now["descriptor.json"] == delivered["descriptor.json"]
    assert status(site.bench, "UsrA").state == "locked"
    assert undelivered(site.bench)[site.id("UsrA")].hotfixes == (number,)
    (entry,) = entries(site.bench, type="Update decided")
    assert "ours stay on top" in entry.description


def test_after_ours_the_next_update_is_compared_with_what_was_delivered(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: FIXED})
    site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0") | {PAGE: page(line_12="more;")}), Take.OURS)
    plan = site.plan(archive(tmp_path / "b.gz", files_of("UsrA", "3.0") | {PAGE: page(line_12="again;")}))
    # Against what it began with, the line that only the first update changed would be taken for ours.
    assert [fix.fate for fix in plan.packages[0].fixes] == ["would be lost"]
    site.update(tmp_path / "b.gz", Take.OURS)
    assert site.read("UsrA")[PAGE] == page(line_3="fixed;", line_12="again;")
    home = archive(tmp_path / "c.gz", files_of("UsrA", "4.0") | {PAGE: page(line_3="fixed;", line_12="again;")})
    assert site.update(home).delivered == (number,)


def test_theirs_is_taken_ours_is_kept_in_the_store_and_comes_home_later(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: FIXED})
    done = site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")), Take.THEIRS)
    assert done.overwritten == ("UsrA",)
    assert "has not come home" in done.remarks[0]
    assert site.read("UsrA")[PAGE] == page()
    assert status(site.bench, "UsrA").state == "blocked"
    assert undelivered(site.bench)[site.id("UsrA")].hotfixes == (number,)
    (past,) = site.bench.store.updates.of_package(site.id("UsrA"))
    kept = site.bench.contents.tree(past.before).items[PAGE.encode()].digest
    assert site.bench.contents.read(kept) == FIXED
    # It is not on the disk any more: the next update overwrites nothing, and asks nothing.
    plan = site.plan(archive(tmp_path / "b.gz", files_of("UsrA", "3.0") | {STYLE: b"x\n"}))
    assert not plan.needs_decision
    assert site.update(tmp_path / "b.gz").delivered == ()
    later = archive(tmp_path / "c.gz", files_of("UsrA", "4.0") | {PAGE: page(line_3="fixed;", line_20="end;")})
    assert site.update(later).delivered == (number,)


def test_an_older_version_and_a_modifiable_package_need_a_word(site: Site, tmp_path: Path):
    site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    with pytest.raises(Refused, match=r"UsrA 1\.5 is older than 2\.0"):
        site.update(archive(tmp_path / "b.gz", files_of("UsrA", "1.5")))
    assert site.update(tmp_path / "b.gz", older=True).updated == ("UsrA",)
    protection.keep_modifiable(site.bench, site.id("UsrB"))
    with pytest.raises(Refused, match="modifiable here: UsrB"):
        site.update(archive(tmp_path / "c.gz", files_of("UsrB", "2.0")))
    site.update(tmp_path / "c.gz", modifiable=True)
    assert site.read("UsrB") == files_of("UsrB", "2.0")
    assert not site.is_closed("UsrB")
    stored = site.bench.store.packages.get(site.id("UsrB"))
    assert stored is not None
    assert stored.kept is Kept.MARKED


def test_what_no_archive_brings_stays(site: Site, tmp_path: Path):
    protection.release(site.bench)
    more = {".git/HEAD": b"ref: main", "Autogenerated/Src/A.cs": b"generated", "Files/mine.txt": b"gone"}
    write(site.folder / "UsrA", more)
    os.symlink("HEAD", site.folder / "UsrA" / ".git" / "link")
    protection.protect(site.bench)
    site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    kept = {path: data for path, data in more.items() if path != "Files/mine.txt"}
    assert site.read("UsrA") == {**files_of("UsrA", "2.0"), **kept, ".git/link": b"ref: main"}
    assert os.readlink(site.folder / "UsrA" / ".git" / "link") == "HEAD"


def test_a_version_folder_gets_the_contents(tmp_path: Path):
    inside = {f"branches/7.8.0/{path}": data for path, data in files_of("UsrV").items()}
    write(tmp_path / "site" / "Pkg" / "UsrV", {**inside, "readme.txt": b"beside"})
    site = Site(tmp_path, "UsrB")
    try:
        site.hotfix("UsrV", {f"branches/7.8.0/{PAGE}": FIXED})
        site.update(archive(tmp_path / "v.gz", files_of("UsrV", "2.0") | {PAGE: FIXED, "Files/x": b"x"}))
        expected = {f"branches/7.8.0/{p}": d for p, d in (files_of("UsrV", "2.0") | {PAGE: FIXED}).items()}
        assert site.read("UsrV") == {**expected, "branches/7.8.0/Files/x": b"x", "readme.txt": b"beside"}
        assert status(site.bench, "UsrV").state == "blocked"
    finally:
        site.world.close()


def test_a_link_stays_and_the_folder_that_it_leads_to_is_updated(tmp_path: Path):
    real = write(tmp_path / "repository" / "UsrL", files_of("UsrL"))
    (tmp_path / "site" / "Pkg").mkdir(parents=True)
    os.symlink(real, tmp_path / "site" / "Pkg" / "UsrL")
    site = Site(tmp_path, "UsrB")
    try:
        site.update(archive(tmp_path / "l.gz", files_of("UsrL", "2.0")))
        assert (site.folder / "UsrL").is_symlink()
        assert real.is_dir()
        assert not real.is_symlink()
        assert (real / "descriptor.json").read_bytes() == files_of("UsrL", "2.0")["descriptor.json"]
        assert os.listdir(real.parent) == ["UsrL"]
        assert hotfixes.unlock(site.bench, site.id("UsrL"), "Broken").package_name == "UsrL"
    finally:
        site.world.close()


def test_a_workspace_that_is_one_package_is_updated_and_takes_no_other(tmp_path: Path):
    from hotfix_desktop.workspaces.folder import FolderWorkspace
    from tests.services.world import World, protected

    write(tmp_path / "UsrA", files_of("UsrA"))
    site = Site.__new__(Site)
    site.tmp, site.folder = tmp_path, tmp_path
    site.world = World(tmp_path, FolderWorkspace(str(tmp_path / "UsrA"), watched=False))
    site.bench = protected(site.world.bench("ann"))
    try:
        both = bundle(tmp_path / "u.zip", {name: files_of(name, "2.0") for name in ("UsrA", "UsrB")})
        assert "cannot be put beside it" in site.plan(both).problem
        site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
        assert site.read("UsrA") == files_of("UsrA", "2.0")
        assert site.is_closed("UsrA")
        assert site.bench.workspace.list_packages().packages[0].version == "2.0"
    finally:
        site.world.close()


def test_a_plan_that_is_not_true_any_more_is_refused(site: Site, tmp_path: Path):
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    site.hotfix("UsrA", {PAGE: FIXED})
    with pytest.raises(Refused, match="UsrA has changed meanwhile"):
        update(site.bench, plan, {})
    plan = site.plan(archive(tmp_path / "b.gz", files_of("UsrB", "2.0")))
    archive(tmp_path / "b.gz", files_of("UsrB", "2.1"))
    with pytest.raises(Refused, match="another file"):
        update(site.bench, plan, {})
    assert site.states() == []


def test_drift_is_kept_in_the_store_and_is_gone_afterwards(site: Site, tmp_path: Path):
    style = site.folder / "UsrA" / STYLE
    os.chmod(style, 0o644)
    style.write_bytes(b"behind the back\n")
    drift.look(site.bench, site.id("UsrA"))
    done = site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    assert "kept in the content store" in done.remarks[0]
    assert status(site.bench, "UsrA").drift is None
    (past,) = site.bench.store.updates.of_package(site.id("UsrA"))
    digest = site.bench.contents.tree(past.before).items[STYLE.encode()].digest
    assert site.bench.contents.read(digest) == b"behind the back\n"


def test_what_a_program_writes_in_the_last_moment_is_kept(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It had the file open before the package was closed; its folder is about to be renamed."""
    rename = placing._rename

    style = site.folder / "UsrA" / STYLE
    style.chmod(0o644)
    with style.open("r+b") as stream:
        style.chmod(0o444)

        def renaming(source: str, target: str) -> None:
            stream.write(b"LATE")
            stream.flush()
            rename(source, target)

        monkeypatch.setattr(placing, "_rename", renaming)
        site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    (past,) = site.bench.store.updates.of_package(site.id("UsrA"))
    digest = site.bench.contents.tree(past.before).items[STYLE.encode()].digest
    assert site.bench.contents.read(digest).startswith(b"LATE")
    (entry,) = entries(site.bench, type="Package updated")
    assert "what a program wrote to it meanwhile is kept" in entry.description


@pytest.mark.parametrize("failing", ["_write", "_finish"])
def test_a_full_disk_leaves_everything_as_it_was(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
):
    before = {name: site.read(name) for name in ("UsrA", "UsrB")}
    path = bundle(tmp_path / "u.zip", {name: files_of(name, "2.0") for name in ("UsrA", "UsrB", "UsrC")})
    works, calls = getattr(placing, failing), iter(range(1000))

    def full(*args: object) -> None:
        if next(calls) == 6:
            raise WorkspaceError("Cannot write: no space left on device.")
        works(*args)

    monkeypatch.setattr(placing, failing, full)
    with pytest.raises(WorkspaceError, match="no space left"):
        site.update(path)
    assert {name: site.read(name) for name in before} == before
    assert (site.left_over(), site.states()) == ([], ["undone"])
    assert all(site.is_closed(name) for name in before)
    assert not (site.folder / "UsrC").exists()
    assert {line.description for line in entries(site.bench, type="Update undone")} == {
        "Not updated, and everything is as it was: Cannot write: no space left on device"
    }
    monkeypatch.undo()
    assert site.update(path).installed == ("UsrC",)


def test_a_rename_that_is_refused_half_way_is_taken_back(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = {name: site.read(name) for name in ("UsrA", "UsrB")}
    rename = placing._rename

    def refusing(source: str, target: str) -> None:
        if target.endswith("UsrB") and source.endswith("-new"):
            raise WorkspaceError("Cannot move it: permission denied.")
        rename(source, target)

    monkeypatch.setattr(placing, "_rename", refusing)
    path = bundle(tmp_path / "u.zip", {name: files_of(name, "2.0") for name in ("UsrA", "UsrB", "UsrC")})
    with pytest.raises(WorkspaceError, match="Nothing was updated"):
        site.update(path)
    assert {name: site.read(name) for name in before} == before
    assert not (site.folder / "UsrC").exists()
    assert (site.left_over(), site.states()) == ([], ["undone"])
    assert site.bench.store.updates.of_package(site.id("UsrA")) == []
    assert not entries(site.bench, type="Package updated")
    assert drift.look(site.bench, site.id("UsrA"), thorough=True) is None


def test_a_cancel_before_the_decision_leaves_everything_as_it_was(site: Site, tmp_path: Path):
    class AtStaging(CancellableProgress):
        def step(self, done: int, total: int = 0, what: str = "") -> None:
            if site.left_over():
                self.cancel()
            self.check()

    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    with pytest.raises(Cancelled):
        update(site.bench, plan, {}, progress=AtStaging())
    assert site.read("UsrA") == files_of("UsrA")
    assert (site.left_over(), site.states()) == ([], ["undone"])


def test_another_program_at_a_package_is_waited_for_and_then_told(site: Site, tmp_path: Path, impatient: None):
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    with site.bench.store.exclusive.holding(f"package-{site.id('UsrA')}", "UsrA"), pytest.raises(Busy):
        update(site.world.bench("ann"), plan, {})
    assert site.read("UsrA") == files_of("UsrA")
    assert site.states() == []


def test_something_in_the_place_of_a_new_package_is_never_overwritten(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """``rename`` takes the place of an empty folder without a word."""
    plan = site.plan(archive(tmp_path / "n.gz", files_of("UsrNew")))
    swap = placing.swap

    def late(*args: object) -> None:
        (site.folder / "UsrNew").mkdir()
        swap(*args)

    monkeypatch.setattr(placing, "swap", late)
    with pytest.raises(WorkspaceError, match="Something was put in the place"):
        update(site.bench, plan, {})
    assert list((site.folder / "UsrNew").iterdir()) == []
    assert site.states() == ["undone"]
