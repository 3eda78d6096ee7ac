"""The home: one database for each workspace, found again by what stands in it."""

from __future__ import annotations

import os
import sqlite3

import pytest

from hotfix_desktop.core.clock import SystemClock
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.store.home import DATABASE, Home
from hotfix_desktop.store.store import Store


@pytest.fixture
def here(tmp_path) -> Home:
    return Home(tmp_path / "home")


def workspace(home: Home, title: str, location: str) -> Store:
    store = Store(home.database_for(location, title))
    store.administration.create_workspace(location, title, "ann", SystemClock().now())
    return store


def test_a_home_makes_nothing_by_being_asked(here):
    assert here.database_for("/packages", "Packages").name == DATABASE
    assert here.known() == []
    assert not here.folder.exists()
    assert here.logs == here.folder / "logs"


def test_a_workspace_has_one_place_and_another_workspace_of_its_name_has_another(here):
    one = here.database_for("/one/Pkg", "Pkg")
    assert one == here.database_for("/one/Pkg", "Pkg")
    assert one != here.database_for("/two/Pkg", "Pkg")
    assert one.parent.name.startswith("pkg-")


@pytest.mark.parametrize("title", ["", "///", "..", "Größe", "x" * 300, "con\x00", "a/../../b"])
def test_a_strange_title_stays_inside_the_home(here, title):
    place = here.database_for("/packages", title)
    assert place.parent.parent == here.folder / "workspaces"
    assert len(place.parent.name) <= 51
    assert place.parent.name.isascii()


def test_a_location_that_is_no_utf8_has_a_place_too(here):
    assert here.database_for(os.fsdecode(b"/a\xff"), "a") != here.database_for(os.fsdecode(b"/a\xfe"), "a")


def test_the_known_workspaces_come_by_title(here):
    for title in ("beta", "Alpha", "Größe"):
        workspace(here, title, f"/{title}").close()
    assert [(w.title, w.location) for w in here.known()] == [
        ("Alpha", "/Alpha"),
        ("beta", "/beta"),
        ("Größe", "/Größe"),
    ]
    assert here.known()[0].database == here.database_for("/Alpha", "Alpha")


def test_a_workspace_that_is_open_is_known(here):
    store = workspace(here, "Open", "/open")
    with store.transaction():
        store.administration.set_setting("Maintainer", "Us")
        assert [w.title for w in here.known()] == ["Open"]
    store.close()


def test_a_damaged_or_foreign_database_does_not_hide_the_sound_ones(here):
    workspace(here, "Sound", "/sound").close()
    folder = here.folder / "workspaces"
    for name, data in (("random", os.urandom(9000)), ("empty", b""), ("short", b"SQLite format 3\0")):
        (folder / name).mkdir()
        (folder / name / DATABASE).write_bytes(data)
    (folder / "a folder" / DATABASE).mkdir(parents=True)
    (folder / "foreign").mkdir()
    foreign = sqlite3.connect(folder / "foreign" / DATABASE)
    foreign.execute("CREATE TABLE song (title TEXT)")
    foreign.close()
    Store(folder / "without workspace" / DATABASE).close()
    assert [w.title for w in here.known()] == ["Sound"]


def test_looking_for_workspaces_writes_nothing(here):
    workspace(here, "Sound", "/sound").close()
    before = sorted(p for p in here.folder.rglob("*") if not p.name.endswith(("-wal", "-shm")))
    here.known()
    assert sorted(p for p in here.folder.rglob("*") if not p.name.endswith(("-wal", "-shm"))) == before


def test_a_home_whose_path_is_too_long_is_told_in_a_sentence(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        Home(tmp_path / ("x" * 300)).known()
