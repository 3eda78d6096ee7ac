"""What an archive would do: matched by UId, compared, and every fix that it would meet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hotfix_desktop.core.changes import ChangeKind
from hotfix_desktop.core.errors import Cancelled, Denied, Refused, WorkspaceError
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.core.update_plan import FixFate, Take
from hotfix_desktop.services import hotfixes, protection
from hotfix_desktop.services.updating import open_view, plan_update
from hotfix_desktop.workspaces.port import Archive
from tests.services.update_world import PAGE, STYLE, Site, archive, bundle, descriptor, files_of, page, write
from tests.services.world import entries, status


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.world.close()


def fates(plan) -> dict[str, FixFate]:
    return {fix.shown: fix.fate for package in plan.packages for fix in package.fixes}


def test_a_plan_tells_versions_and_changes_and_changes_nothing(site: Site, tmp_path: Path):
    files = files_of("UsrA", "1.1.0") | {PAGE: page(line_5="new;"), "Files/more.txt": b"more"}
    del files[STYLE]
    before, seen = site.read("UsrA"), len(entries(site.bench))
    plan = site.plan(archive(tmp_path / "a.gz", files))
    (package,) = plan.packages
    assert (package.name, package.old_version, package.new_version) == ("UsrA", "1.0.0", "1.1.0")
    assert (package.is_new, package.is_older, package.is_same, package.needs_decision) == (False,) * 4
    assert {change.shown: change.kind for change in package.changes.changes} == {
        "descriptor.json": ChangeKind.MODIFIED,
        PAGE: ChangeKind.MODIFIED,
        "Files/more.txt": ChangeKind.ADDED,
        STYLE: ChangeKind.DELETED,
    }
    assert site.read("UsrA") == before
    assert len(entries(site.bench)) == seen
    assert not site.left_over()


def test_fixes_are_contained_lost_or_conflicting(site: Site, tmp_path: Path):
    number = site.hotfix(
        "UsrA", {PAGE: page(line_3="fixed;"), STYLE: b".page { color: blue; }\n", "Files/new.txt": b"ours"}
    )
    delivered = files_of("UsrA", "1.1.0") | {
        PAGE: page(line_3="fixed;", line_12="more;"),
        STYLE: b".page { color: green; }\n",
    }
    plan = site.plan(archive(tmp_path / "a.gz", delivered))
    assert fates(plan) == {
        PAGE: FixFate.CONTAINED,
        STYLE: FixFate.CONFLICTING,
        "Files/new.txt": FixFate.LOST,
    }
    assert {fix.hotfixes for fix in plan.packages[0].fixes} == {(number,)}
    assert plan.needs_decision


def test_a_fix_that_a_later_hotfix_took_back_is_none(site: Site, tmp_path: Path):
    site.hotfix("UsrA", {PAGE: page(line_3="fixed;")})
    site.hotfix("UsrA", {PAGE: page()})
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "1.1.0")))
    assert fates(plan) == {}
    assert not plan.needs_decision


def test_two_hotfixes_of_one_file_are_both_named(site: Site, tmp_path: Path):
    first = site.hotfix("UsrA", {PAGE: page(line_3="fixed;")})
    second = site.hotfix("UsrA", {PAGE: page(line_3="fixed;", line_9="too;")})
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "1.1.0") | {PAGE: page(line_3="fixed;")}))
    assert [(fix.fate, fix.hotfixes) for fix in plan.packages[0].fixes] == [(FixFate.LOST, (first, second))]


def test_a_renamed_file_is_a_fix_at_both_of_its_places(site: Site, tmp_path: Path):
    logo = site.read("UsrA")["Files/logo.bin"]
    site.hotfix("UsrA", {"Files/logo.bin": None, "Files/picture.bin": logo})
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "1.1.0")))
    assert fates(plan) == {"Files/logo.bin": FixFate.LOST, "Files/picture.bin": FixFate.LOST}


def test_the_preview_shows_base_ours_theirs_and_what_stays_on_top(site: Site, tmp_path: Path):
    site.hotfix("UsrA", {PAGE: page(line_3="fixed;")})
    path = archive(tmp_path / "a.gz", files_of("UsrA") | {PAGE: page(line_12="more;")})
    with closing(open_view(site.bench, path)) as view:
        path.unlink()  # it was read, and is not read again
        (package,) = view.plan.packages
        shown = view.preview(site.bench, package, PAGE.encode())
        assert shown == (page(), page(line_3="fixed;"), page(line_12="more;"), page(line_3="fixed;", line_12="more;"))
        with pytest.raises(Cancelled):
            view.preview(site.bench, package, PAGE.encode(), cancelled())
    with pytest.raises(Refused, match="not open any more"):
        view.preview(site.bench, package, PAGE.encode())


def cancelled() -> CancellableProgress:
    progress = CancellableProgress()
    progress.cancel()
    return progress


def test_others_may_not_look_at_the_files_either(site: Site, tmp_path: Path):
    path = archive(tmp_path / "a.gz", files_of("UsrA", "2.0"))
    with closing(open_view(site.bench, path)) as view, pytest.raises(Denied):
        view.preview(site.world.bench("bob"), view.plan.packages[0], PAGE.encode())
    (denied,) = entries(site.bench, result="Denied")
    assert (denied.owner, "look at the files of a.gz" in denied.description) == ("bob", True)


def test_a_view_that_is_closed_while_a_file_is_read_is_read_to_its_end(site: Site, tmp_path: Path, monkeypatch):
    from hotfix_desktop.services import updating

    view = open_view(site.bench, archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    reads = updating.contents_in

    def reading(*args):
        view.close()  # as another thread does it
        return reads(*args)

    monkeypatch.setattr(updating, "contents_in", reading)
    assert (
        view.preview(site.bench, view.plan.packages[0], b"descriptor.json")[2]
        == files_of("UsrA", "2.0")["descriptor.json"]
    )
    with pytest.raises(ValueError, match="closed"):
        [b"".join(pieces) for _, pieces in view._opened.read(view._opened.packages[0], [PAGE.encode()])]


def test_an_archive_that_cannot_be_compared_is_closed_again(site: Site, tmp_path: Path, monkeypatch):
    from hotfix_desktop.services import updating

    opened: list[Archive] = []
    opens = updating.open_archive
    monkeypatch.setattr(updating, "open_archive", lambda *args: opened.append(opens(*args)) or opened[-1])
    monkeypatch.setattr(updating, "parts_of", lambda *args: (_ for _ in ()).throw(WorkspaceError("It is gone.")))
    with pytest.raises(WorkspaceError):
        site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    (package,) = opened[0].packages
    with pytest.raises(ValueError, match="closed"):
        [b"".join(pieces) for _, pieces in opened[0].read(package, [PAGE.encode()])]


def test_drift_that_nobody_accepted_is_shown(site: Site, tmp_path: Path):
    style = site.folder / "UsrA" / STYLE
    os.chmod(style, 0o644)
    style.write_bytes(b"behind the back\n")
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "1.1.0")))
    assert plan.packages[0].drift
    assert not plan.packages[0].fixes
    assert not site.plan(archive(tmp_path / "b.gz", files_of("UsrB", "1.1.0"))).packages[0].drift


def test_packages_are_found_by_uid_whatever_their_folder_is_called(site: Site, tmp_path: Path):
    os.rename(site.folder / "UsrA", site.folder / "elsewhere")
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "1.1.0")))
    assert (plan.packages[0].key, plan.packages[0].problem) == ("elsewhere", "")


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (lambda site: None, "so it is not the same package"),
        (lambda site: write(site.folder / "Twin", {"descriptor.json": descriptor("X", uid=UID)}), "Another package"),
    ],
    ids=["another UId", "another name"],
)
def test_a_name_of_another_package_is_a_problem(site: Site, tmp_path: Path, prepare, problem: str):
    prepare(site)
    files = files_of("UsrA") | {"descriptor.json": descriptor("UsrA", uid=UID)}
    plan = site.plan(archive(tmp_path / "a.gz", files))
    assert problem in plan.problem
    with pytest.raises(Refused, match="Nothing was updated"):
        site.update(tmp_path / "a.gz")


UID = "11111111-2222-3333-4444-555555555555"


def test_two_packages_of_one_uid_are_a_problem(site: Site, tmp_path: Path):
    write(site.folder / "Copy", files_of("UsrA"))
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    assert "Several packages here have the UId of UsrA: Copy, UsrA." in plan.problem


def test_an_unlocked_package_refuses(site: Site, tmp_path: Path):
    hotfixes.unlock(site.bench, site.id("UsrA"), "Broken")
    plan = site.plan(bundle(tmp_path / "u.zip", {name: files_of(name, "2.0") for name in ("UsrA", "UsrB")}))
    assert "unlocked for a hotfix. Lock it first." in plan.problem
    with pytest.raises(Refused):
        site.update(tmp_path / "u.zip")
    assert site.states() == []


def test_a_folder_that_is_in_the_way_is_a_problem(site: Site, tmp_path: Path):
    (site.folder / "UsrNew").mkdir()
    assert "already, and it is not that package" in site.plan(archive(tmp_path / "n.gz", files_of("UsrNew"))).problem


def test_a_package_without_a_descriptor_is_not_updated(site: Site, tmp_path: Path):
    write(site.folder / "Base", {"Files/x.txt": b"x"})
    assert "not synchronised" in site.plan(archive(tmp_path / "n.gz", files_of("Base"))).problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_not_overwritten(site: Site, tmp_path: Path):
    os.chmod(site.folder / "UsrA" / STYLE, 0)
    assert "cannot be read" in site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "2.0"))).problem


def test_others_may_not_even_look(site: Site, tmp_path: Path):
    path = archive(tmp_path / "a.gz", files_of("UsrA", "2.0"))
    with pytest.raises(Denied):
        plan_update(site.world.bench("bob"), path)
    (denied,) = entries(site.bench, result="Denied")
    assert denied.owner == "bob"


def test_a_released_folder_is_not_updated(site: Site, tmp_path: Path):
    protection.release(site.bench)
    with pytest.raises(Refused, match="not protected"):
        site.plan(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))


def test_a_commit_does_not_bring_a_fix_back(site: Site, tmp_path: Path):
    """What was delivered to development and is not in the archive would be lost all the same."""
    from hotfix_desktop.core.deliveries import DeliveryKind, Receipt
    from hotfix_desktop.services.undelivered import enter_delivery, mark_delivered

    first = site.hotfix("UsrA", {PAGE: page(line_3="fixed;")})
    second = site.hotfix("UsrB", {PAGE: page(line_3="fixed;")})
    enter_delivery(site.bench, [first], Receipt(DeliveryKind.COMMIT, "Commit 1a2b3c4"))
    mark_delivered(site.bench, [second], "not needed any more")
    plan = site.plan(bundle(tmp_path / "u.zip", {name: files_of(name, "2.0") for name in ("UsrA", "UsrB")}))
    assert {p.name: p.needs_decision for p in plan.packages} == {"UsrA": True, "UsrB": False}
    assert status(site.bench, "UsrA").state == "locked"


def test_of_a_fix_from_before_trees_were_recorded_every_changed_file_may_be_one(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: page(line_3="fixed;")})
    site.bench.store.updates._database.execute_sql("DELETE FROM hotfix_tree")
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA") | {STYLE: b"new\n"}))
    assert [(fix.shown, fix.fate, fix.hotfixes) for fix in plan.packages[0].fixes] == [
        (PAGE, FixFate.CONFLICTING, (number,)),
        (STYLE, FixFate.CONFLICTING, (number,)),
    ]
    done = site.update(tmp_path / "a.gz", Take.OURS)
    assert done.unchanged == ("UsrA",)
    assert site.read("UsrA")[PAGE] == page(line_3="fixed;")


def test_a_fix_whose_trees_are_not_in_the_content_store_is_never_home(site: Site, tmp_path: Path):
    first = site.hotfix("UsrA", {STYLE: b"one\n"})
    second = site.hotfix("UsrA", {PAGE: page(line_3="fixed;")})
    site.bench.store.updates._database.execute_sql(
        "UPDATE hotfix_tree SET before = zeroblob(32), after = zeroblob(32) WHERE hotfix_id = ?", (second,)
    )
    plan = site.plan(archive(tmp_path / "a.gz", files_of("UsrA") | {STYLE: b"one\n"}))
    assert [(fix.shown, fix.fate, fix.hotfixes) for fix in plan.packages[0].fixes] == [
        (PAGE, FixFate.CONFLICTING, (first, second))
    ]
    assert site.update(archive(tmp_path / "b.gz", site.read("UsrA"))).delivered == (first,)
    assert site.bench.store.deliveries.of(second) == ()


def test_a_fix_that_something_else_undid_would_be_lost_until_it_is_delivered(site: Site, tmp_path: Path):
    number = site.hotfix("UsrA", {PAGE: page(line_3="fixed;")})
    script = site.folder / "UsrA" / PAGE
    script.chmod(0o644)
    script.write_bytes(page())
    delivered = files_of("UsrA", "2.0") | {PAGE: page(line_12="more;")}
    assert fates(site.plan(archive(tmp_path / "a.gz", delivered))) == {PAGE: FixFate.LOST}
    assert site.update(tmp_path / "a.gz", Take.OURS).delivered == ()
    assert site.read("UsrA")[PAGE] == page(line_12="more;")  # nothing of the fix was left to be kept
    assert fates(site.plan(archive(tmp_path / "b.gz", files_of("UsrA", "3.0")))) == {PAGE: FixFate.LOST}
    home = archive(tmp_path / "c.gz", files_of("UsrA", "4.0") | {PAGE: page(line_3="fixed;", line_12="more;")})
    assert site.update(home).delivered == (number,)


def test_a_fix_of_what_no_archive_brings_does_not_come_home(site: Site, tmp_path: Path):
    own = {"Autogenerated/Src/A.cs": b"fix\n", ".editorconfig": b"fix\n"}
    alone = site.hotfix("UsrA", own)
    both = site.hotfix("UsrA", {".editorconfig": b"too\n", PAGE: page(line_3="fixed;")})
    home = archive(tmp_path / "a.gz", files_of("UsrA", "2.0") | {PAGE: page(line_3="fixed;")})
    assert fates(site.plan(home)) == {PAGE: FixFate.CONTAINED}
    assert site.update(home).delivered == (both,)
    assert site.bench.store.deliveries.of(alone) == ()
