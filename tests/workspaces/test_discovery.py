"""Which folder a path means, and what in it is a package."""

from __future__ import annotations

import os
import shutil

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.workspaces.discovery import content_prefix, find_location, scan_packages, title_of


def listed(folder):
    return {package.key: package for package in scan_packages(str(folder))}


@pytest.mark.parametrize("below", ["Terrasoft.Configuration/Pkg", "Terrasoft.WebApp/Terrasoft.Configuration/Pkg"])
def test_site_root_and_everything_on_the_way_to_pkg(tmp_path, builder, below):
    pkg = tmp_path / "site" / below
    builder.package(pkg / "Custom")
    (tmp_path / "site" / "Terrasoft.WebApp" / "Resources").mkdir(parents=True)
    given = pkg
    while given != tmp_path:
        assert find_location(str(given)) == str(pkg)
        given = given.parent


def test_clio_workspace(tmp_path, builder):
    builder.bare(tmp_path / "ws" / "packages" / "One")
    (tmp_path / "ws" / ".clio").mkdir()
    assert find_location(str(tmp_path / "ws")) == str(tmp_path / "ws" / "packages")


def test_clio_workspace_whose_settings_were_not_committed(tmp_path, builder):
    builder.bare(tmp_path / "ws" / "packages" / "One")
    assert find_location(str(tmp_path / "ws")) == str(tmp_path / "ws" / "packages")
    shutil.rmtree(tmp_path / "ws" / "packages" / "One")
    with pytest.raises(WorkspaceError, match="ws holds no packages"):
        find_location(str(tmp_path / "ws"))


def test_folder_of_packages_ignores_what_is_none(tmp_path, builder):
    for name in ("docs", ".git/Files", "node_modules/Data2"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "readme.md").write_text("x")
    builder.bare(tmp_path / "Beta")
    builder.bare(tmp_path / "Alpha")
    (tmp_path / "Base" / "Files").mkdir(parents=True)
    assert find_location(str(tmp_path)) == str(tmp_path)
    found = listed(tmp_path)
    assert list(found) == ["Alpha", "Base", "Beta"]
    assert (found["Base"].synchronised, found["Base"].uid) == (False, "")
    assert "not synchronised" in found["Base"].problem
    assert found["Alpha"].synchronised
    assert not found["Alpha"].problem


@pytest.mark.parametrize("content", ["Files", "Schemas", "Data", "Resources", "SqlScripts", "Assemblies"])
def test_each_content_folder_makes_a_package_without_descriptor(tmp_path, content):
    (tmp_path / "Base" / content).mkdir(parents=True)
    assert not listed(tmp_path)["Base"].synchronised


def test_one_package_is_a_workspace_of_one(tmp_path, builder):
    folder = builder.package(tmp_path / "Custom", "CustomName")
    assert find_location(str(folder)) == str(folder)
    (package,) = scan_packages(str(folder))
    assert (package.key, package.name, package.problem) == (".", "CustomName", "")


def test_one_package_that_lost_its_descriptor_stays_one(tmp_path, builder):
    folder = builder.package(tmp_path / "Custom")
    (folder / "descriptor.json").unlink()
    (package,) = scan_packages(str(folder))
    assert (package.key, package.name, package.synchronised) == (".", "Custom", False)


def test_version_folder(tmp_path, builder):
    builder.package(tmp_path / "One" / "branches" / "7.8.0", "One")
    found = listed(tmp_path)
    assert (found["One"].name, found["One"].problem) == ("One", "")
    assert content_prefix(str(tmp_path / "One")) == "branches/7.8.0/"
    assert find_location(str(tmp_path / "One")) == str(tmp_path / "One")
    (tmp_path / "One" / "branches" / "8.0.0").mkdir()
    assert "2 versions" in listed(tmp_path)["One"].problem
    assert content_prefix(str(tmp_path / "One")) == ""


def test_linked_package(tmp_path, pkg, builder):
    real = builder.package(tmp_path / "repository" / "One")
    (pkg / "One").symlink_to(real)
    (pkg / "Gone").symlink_to(tmp_path / "nowhere")
    (pkg / "Circle").symlink_to(pkg / "Circle")
    (pkg / "note").symlink_to(real / "descriptor.json")
    found = listed(pkg)
    assert sorted(found) == ["Circle", "Gone", "One"]
    assert (found["One"].linked_to, found["One"].problem) == (str(real), "")
    assert str(tmp_path / "nowhere") in found["Gone"].problem
    assert found["Circle"].problem


def test_location_has_no_links_left(tmp_path, pkg, builder):
    builder.bare(pkg / "One")
    (tmp_path / "link").symlink_to(pkg)
    assert find_location(str(tmp_path / "link")) == str(pkg)
    assert find_location(os.path.relpath(pkg)) == str(pkg)


def test_name_that_is_not_utf8(pkg, builder):
    builder.bare(pkg / "Good")
    raw = os.path.join(os.fsencode(pkg), b"B\xe4d")
    os.mkdir(raw)
    with open(os.path.join(raw, b"descriptor.json"), "wb") as file:
        file.write(builder.descriptor("Bad"))
    package = listed(pkg)["B\\udce4d"]
    assert package.name == "B\\udce4d"
    assert "UTF-8" in package.problem


def test_strange_but_sound_paths(tmp_path, builder):
    deep = tmp_path.joinpath("Ünïcode und Leerzeichen", *["teil " * 12] * 5, "日本")
    builder.bare(deep / "Größe 1", "Größe1")
    assert len(str(deep)) > 300
    assert find_location(str(deep)) == str(deep)
    assert listed(deep)["Größe 1"].name == "Größe1"


@pytest.mark.parametrize("path", ["", "  ", "a\0b"])
def test_no_path_at_all(path):
    with pytest.raises(WorkspaceError, match="is not the path of a folder"):
        find_location(path)


def test_refusals(tmp_path, builder):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty" / "docs").mkdir(parents=True)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "gone").symlink_to("nowhere")
    custom = builder.package(tmp_path / "Pkg" / "Custom")
    for path, sentence in (
        ("nothing", "does not exist"),
        ("file", "is a file"),
        ("file/below", "Cannot read the folder"),
        ("empty", "holds no packages"),
        ("links", "holds no packages"),
        ("x" * 5000, "path is too long"),
        ("x/" * 3000, "path is too long"),
    ):
        with pytest.raises(WorkspaceError, match=sentence) as caught:
            find_location(os.path.join(tmp_path, path))
        assert caught.value.remedy
    for inside in (custom / "Schemas", custom / "Schemas" / "UsrPage"):
        with pytest.raises(WorkspaceError, match="inside the package"):
            find_location(str(inside))


def test_path_that_cannot_be_stored(tmp_path, builder):
    raw = os.path.join(tmp_path, "B\udce4d")
    os.mkdir(raw)
    (tmp_path / "one").mkdir()
    builder.bare(tmp_path / "one" / "One")
    os.rename(tmp_path / "one", os.path.join(raw, "one"))
    with pytest.raises(WorkspaceError, match="not UTF-8"):
        find_location(os.path.join(raw, "one"))


def test_home_folder(tmp_path, builder, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    builder.bare(tmp_path / "mine" / "One")
    assert find_location("~/mine") == str(tmp_path / "mine")


@pytest.mark.parametrize(
    ("location", "title"),
    [
        ("/srv/production/Terrasoft.WebApp/Terrasoft.Configuration/Pkg", "production"),
        ("/srv/me/clio-ws/packages", "clio-ws"),
        ("/srv/me/Custom", "Custom"),
        ("/Pkg", "Pkg"),
        ("/", "/"),
    ],
)
def test_title(location, title):
    assert title_of(location) == title


def test_listing_can_be_cancelled(pkg, builder):
    builder.bare(pkg / "One")
    progress = CancellableProgress()
    progress.cancel()
    with pytest.raises(Cancelled):
        scan_packages(str(pkg), progress)
