"""What a program writes to a package that an update is just replacing, or has replaced: nothing of it is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotfix_desktop.changes.contents import Contents
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.update_plan import Take, Updated
from hotfix_desktop.services import update_applying, update_recovery
from hotfix_desktop.services.update_recovery import recover
from hotfix_desktop.workspaces import placing
from tests.services.update_world import PAGE, STYLE, Site, archive, files_of, page
from tests.services.world import entries

FIXED = page(line_3="fixed;")
OURS = b".page { color: red; }\n"


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.world.close()


def held_open(site: Site, path: str = STYLE) -> Any:
    """Open a file as an editor had it open before the package was closed."""
    file = site.folder / "UsrA" / path
    file.chmod(0o644)
    stream = file.open("ab", buffering=0)
    file.chmod(0o444)
    return stream


def update_writing(site: Site, path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[], object]) -> Updated:
    """Update, and write when the new folder is in its place, before the old one is removed."""
    works = update_applying.tidy

    def tidy(*args: Any, **kwargs: Any) -> Any:
        write()
        return works(*args, **kwargs)

    monkeypatch.setattr(update_applying, "tidy", tidy)
    try:
        return site.update(path)
    finally:
        monkeypatch.undo()


def late_entries(site: Site) -> list[Any]:
    return [line for line in entries(site.bench, type="Changes recorded") if "A program wrote to" in line.description]


def kept(site: Site, line: Any, path: str) -> bytes:
    tree = bytes.fromhex(json.loads(line.entry().event.detail)["kept"])
    return site.bench.contents.read(site.bench.contents.tree(tree).items[path.encode()].digest)


def test_what_is_written_after_the_last_look_of_the_update_is_kept_and_told(site: Site, tmp_path: Path, monkeypatch):
    with held_open(site) as stream:
        path = archive(tmp_path / "a.gz", files_of("UsrA", "2.0"))
        done = update_writing(site, path, monkeypatch, lambda: stream.write(b"typed late"))
    assert site.left_over() == []
    (line,) = late_entries(site)
    assert line.description == (
        "A program wrote to 1 file of UsrA when the update had replaced it; what it wrote is kept in the content store"
        f" ({STYLE})"
    )
    assert kept(site, line, STYLE) == OURS + b"typed late"
    assert done.remarks[-1] == f"What a program wrote to {STYLE} meanwhile is kept in the content store."
    site.bench.contents._db.execute("UPDATE tree SET recorded = 0")
    site.bench.contents.clean(site.bench.store.fixes.live_trees())
    assert kept(site, line, STYLE) == OURS + b"typed late"


def test_a_quiet_package_is_not_read_again_and_nothing_is_told(site: Site, tmp_path: Path, monkeypatch):
    looks: list[int] = []
    survey = type(site.bench.workspace).survey_replaced

    def looking(workspace: Any, swap: Any, earlier: Any, *more: Any) -> Any:
        looks.append(len(earlier.items))
        return survey(workspace, swap, earlier, *more)

    monkeypatch.setattr(type(site.bench.workspace), "survey_replaced", looking)
    done = site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
    assert (done.remarks, late_entries(site)) == ((), [])
    assert looks[0] == 0
    assert looks[1:]
    assert all(looks[1:]), "the second look knows the first, and is a walk"


def test_while_it_cannot_be_kept_the_old_folder_stays(site: Site, tmp_path: Path, monkeypatch):
    def full(*args: object, **kwargs: object) -> None:
        raise StoreError("The disk is full.")

    path = archive(tmp_path / "a.gz", files_of("UsrA", "2.0"))
    with held_open(site) as stream:

        def late() -> None:
            stream.write(b"typed late")
            monkeypatch.setattr(Contents, "record", full)

        done = update_writing(site, path, monkeypatch, late)
    assert done.remarks == ("What was there before is removed later: The disk is full.",)
    assert (site.states(), len(site.left_over())) == (["tidying"], 1)
    assert recover(site.bench) == ("UsrA",)
    assert (site.states(), site.left_over()) == (["done"], [])
    (line,) = late_entries(site)
    assert kept(site, line, STYLE) == OURS + b"typed late"


def test_a_kill_while_the_old_folder_is_removed_is_no_late_write(site: Site, tmp_path: Path, monkeypatch):
    """What is missing there was removed by us; what is still there is compared with what was kept."""
    path = archive(tmp_path / "a.gz", files_of("UsrA", "2.0"))

    def half(where: str) -> None:
        if where.endswith("-old"):
            for folder in (where, os.path.join(where, "Files")):
                os.chmod(folder, 0o755)
            os.unlink(os.path.join(where, "Files", "logo.bin"))
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(placing, "remove", half)
        with pytest.raises(Killed):
            site.update(path)
    assert recover(site.bench) == ("UsrA",)
    assert (site.states(), site.left_over(), late_entries(site)) == (["done"], [], [])


def test_what_is_written_while_a_killed_update_waits_is_kept(site: Site, tmp_path: Path, monkeypatch):
    def killed(*args: object, **kwargs: object) -> None:
        raise Killed

    with held_open(site, PAGE) as stream, monkeypatch.context() as patch:
        patch.setattr(update_applying, "tidy", killed)
        with pytest.raises(Killed):
            site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0")))
        stream.write(b"typed late")
    assert recover(site.bench) == ("UsrA",)
    (line,) = late_entries(site)
    assert kept(site, line, PAGE) == page() + b"typed late"
    assert update_recovery.recover(site.bench) == ()


def test_what_an_update_overwrote_outlives_a_database_from_a_backup(site: Site, tmp_path: Path):
    """It names neither the hotfix nor the update; only what an archive brings may be cleaned away then."""
    site.hotfix("UsrA", {PAGE: FIXED})
    style = site.folder / "UsrA" / STYLE
    style.chmod(0o644)
    style.write_bytes(b"drift, which nobody has but this package\n")
    site.update(archive(tmp_path / "a.gz", files_of("UsrA", "2.0") | {"Files/more.txt": b"more"}), Take.THEIRS)
    (past,) = site.bench.store.updates.of_package(site.id("UsrA"))
    site.bench.contents._db.execute("UPDATE tree SET recorded = 0")
    assert site.bench.contents.clean(set()).trees == 1
    tree = site.bench.contents.tree(past.before)
    assert site.bench.contents.read(tree.items[STYLE.encode()].digest).startswith(b"drift")
    assert site.bench.contents.read(tree.items[PAGE.encode()].digest) == FIXED
    assert not site.bench.contents.has_tree(past.delivered)
