"""A kill at each step of an update: afterwards everything is as it was, or as it was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotfix_desktop.core.errors import Busy, HotfixError, WorkspaceError
from hotfix_desktop.core.update_plan import Take
from hotfix_desktop.services import drift, hotfixes, protection, update_recovery
from hotfix_desktop.services.update_recovery import is_settled, recover
from hotfix_desktop.store.updates import Updates
from hotfix_desktop.workspaces import placing
from hotfix_desktop.workspaces.folder import FolderWorkspace
from tests.services.update_world import PAGE, Site, bundle, files_of, page
from tests.services.world import entries, status

FIXED = page(line_3="fixed;")
NAMES = ("UsrA", "UsrB", "UsrNew")
STEPS: tuple[tuple[Any, str], ...] = (
    (placing, "_write"),
    (placing, "_rename"),
    (placing, "remove"),
    (FolderWorkspace, "write_through"),
    (FolderWorkspace, "list_packages"),
    (Updates, "begin"),
    (Updates, "set_state"),
    (Updates, "keep_package"),
)
"""What changes the world; the program dies before each call of these. Of the files only the first ones are tried."""


class Killed(BaseException):
    """The process is gone: nothing in the program hears of this."""


def kill_at(monkeypatch: pytest.MonkeyPatch, number: int) -> list[str]:
    """Let the ``number``-th step end the program; gives the steps that were made."""
    made: list[str] = []

    def dying(name: str, works: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            if name != "_write" or made.count(name) < 3:
                made.append(name)
                if len(made) == number:
                    raise Killed
            return works(*args, **kwargs)

        return step

    for place, name in STEPS:
        monkeypatch.setattr(place, name, dying(name, getattr(place, name)))
    return made


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.world.close()


def test_a_kill_at_each_step(tmp_path: Path):
    number, ends = 1, set()
    while True:
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            site = Site(folder)
            try:
                site.hotfix("UsrA", {PAGE: FIXED})
                path = bundle(folder / "u.zip", {name: files_of(name, "2.0") for name in NAMES})
                made = kill_at(patch, number)
                try:
                    site.update(path, Take.OURS)
                except Killed:
                    patch.undo()
                    ends.add(_recovered(site, f"killed at step {number}, {made[-1]}"))
                else:
                    break
            finally:
                site.world.close()
        number += 1
    assert ends == {"as it was", "as it was decided"}
    assert number > 20


def _recovered(site: Site, at: str) -> str:
    site.bench = site.world.bench("ann")
    assert is_settled(site.bench), at
    old = {"UsrA": files_of("UsrA") | {PAGE: FIXED}, "UsrB": files_of("UsrB")}
    new = {"UsrA": files_of("UsrA", "2.0") | {PAGE: FIXED}, **{n: files_of(n, "2.0") for n in NAMES[1:]}}
    now = {name: site.read(name) for name in NAMES if (site.folder / name).exists()}
    assert now in (old, new), at
    assert (site.left_over(), site.states()[-1:]) in (([], []), ([], ["done"]), ([], ["undone"])), at
    assert all(site.is_closed(name) for name in now), at
    assert all(drift.look(site.bench, site.id(name), thorough=True) is None for name in now), at
    is_done = now == new
    assert len(entries(site.bench, type="Package updated")) == (2 if is_done else 0), at
    assert len(entries(site.bench, type="Package installed")) == (1 if is_done else 0), at
    assert status(site.bench, "UsrA").state == "locked", at
    hotfix = hotfixes.unlock(site.bench, site.id("UsrA"), "Again")
    hotfixes.lock(site.bench, hotfix.package_id)
    protection.release(site.bench)
    assert (site.folder / "UsrA" / PAGE).stat().st_mode & 0o200, at
    return "as it was decided" if is_done else "as it was"


def _killed_between_the_renames(site: Site, tmp_path: Path) -> None:
    path = bundle(tmp_path / "u.zip", {name: files_of(name, "2.0") for name in ("UsrA", "UsrB")})
    with pytest.MonkeyPatch.context() as patch:
        rename, calls = placing._rename, iter(range(100))

        def dying(source: str, target: str) -> None:
            if next(calls) == 1:
                raise Killed
            rename(source, target)

        patch.setattr(placing, "_rename", dying)
        with pytest.raises(Killed):
            site.update(path)
    assert not (site.folder / "UsrA").exists()
    assert site.states() == ["swapping"]


def test_half_swapped_a_package_is_nobodys_until_it_is_whole(site: Site, tmp_path: Path, monkeypatch):
    _killed_between_the_renames(site, tmp_path)
    monkeypatch.setattr(update_recovery, "recover", lambda bench: ())
    number = site.id("UsrA")
    with pytest.raises(Busy, match="interrupted"):
        drift.accept(site.bench, number)
    assert drift.DriftWatch(site.bench).go_on(10.0) == ()
    assert not entries(site.bench, type="Drift found")
    monkeypatch.undo()
    # Whoever unlocks finishes it first.
    hotfixes.unlock(site.bench, number, "Broken")
    assert site.read("UsrA") == files_of("UsrA", "2.0")
    assert site.states() == ["done"]
    assert not site.is_closed("UsrA")
    assert site.is_closed("UsrB")


def test_what_cannot_be_finished_is_put_back(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _killed_between_the_renames(site, tmp_path)
    rename = placing._rename

    def refusing(source: str, target: str) -> None:
        if source.endswith("-new"):
            raise WorkspaceError("Cannot move it: permission denied.")
        rename(source, target)

    monkeypatch.setattr(placing, "_rename", refusing)
    assert is_settled(site.bench)
    assert site.read("UsrA") == files_of("UsrA")
    assert (site.states(), site.left_over()) == (["undone"], [])


def test_while_neither_can_be_done_nothing_is_compared_and_it_is_tried_again(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _killed_between_the_renames(site, tmp_path)

    def refusing(source: str, target: str) -> None:
        raise WorkspaceError("Cannot move it: the disk gives an error.")

    monkeypatch.setattr(placing, "_rename", refusing)
    assert not is_settled(site.bench)
    assert not is_settled(site.bench)
    monkeypatch.undo()
    assert is_settled(site.bench)
    assert site.read("UsrA") == files_of("UsrA", "2.0")


def test_a_living_update_is_left_to_its_maker(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A beat in the midst of it: of another window, with a connection of its own."""
    other = site.world.bench("ann")
    seen: list[object] = []
    through = FolderWorkspace.write_through

    def beating(workspace: FolderWorkspace) -> None:
        seen.append(recover(other))
        seen.append([update.state for update in other.store.updates.pending()])
        through(workspace)

    monkeypatch.setattr(FolderWorkspace, "write_through", beating)
    site.update(bundle(tmp_path / "u.zip", {"UsrA": files_of("UsrA", "2.0")}))
    assert seen == [(), ["staged"]]
    assert site.states() == ["done"]


def test_late_writes_that_cannot_be_kept_keep_the_old_folder(site: Site, tmp_path: Path, monkeypatch):
    _killed_between_the_renames(site, tmp_path)
    (old,) = (site.folder / name for name in site.left_over() if name.endswith("-0-old"))
    target = old / PAGE
    target.chmod(0o644)
    target.write_bytes(b"late")
    from hotfix_desktop.changes.contents import Contents
    from hotfix_desktop.core.errors import StoreError

    def full(*args: object, **kwargs: object) -> None:
        raise StoreError("The disk is full.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Contents, "record", full)
        with pytest.raises(HotfixError):
            recover(site.bench)
        assert old.exists()
        assert target.read_bytes() == b"late"
    assert sorted(recover(site.bench)) == ["UsrA", "UsrB"]
    past = site.bench.store.updates.of_package(site.id("UsrA"))[-1]
    digest = site.bench.contents.tree(past.before).items[PAGE.encode()].digest
    assert site.bench.contents.read(digest) == b"late"
    assert not old.exists()
