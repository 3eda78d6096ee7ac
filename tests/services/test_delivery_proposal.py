"""The repository that is proposed for a package: one beside the workspace that has it, and never another one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import Cancelled, Denied
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.delivering import branches
from hotfix_desktop.services.delivery_proposal import repositories_beside
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.memory import MemoryWorkspace
from tests.services.delivery_world import BASE, DESCRIPTOR, GitRepository, delivery_bench, hotfix
from tests.services.test_delivering import BRANCH, PLACE, after, edited
from tests.services.world import World, package_id


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Workbench:
    (tmp_path / "place" / "production").mkdir(parents=True)
    made = delivery_bench(world)
    assert isinstance(made.workspace, MemoryWorkspace)
    made.workspace._location = str(tmp_path / "place" / "production")
    return made


@pytest.fixture
def place(tmp_path: Path, plain_git: None) -> Path:
    return tmp_path / "place"


def proposed(bench: Workbench) -> list[str]:
    return [folder.name for folder in repositories_beside(bench, package_id(bench, "Case"))]


def test_the_repository_beside_the_workspace_that_has_the_package(bench, place):
    GitRepository(place / "billing").commit(BASE, PLACE)
    GitRepository(place / "another").commit({"descriptor.json": DESCRIPTOR.replace(b"1111", b"9999")}, PLACE)
    GitRepository(place / "empty")
    GitRepository(place / "bare.git", bare=True)
    (place / "broken" / ".git").mkdir(parents=True)
    (place / "plain" / PLACE).mkdir(parents=True)
    (place / "plain" / PLACE / "descriptor.json").write_bytes(DESCRIPTOR)
    assert proposed(bench) == ["billing"]
    GitRepository(place / "clone").commit(BASE)
    assert proposed(bench) == ["billing", "clone"]


def test_beside_the_packages_of_an_installed_creatio_means_beside_its_folder(bench, place):
    packages = place / "production" / "Terrasoft.Configuration" / "Pkg"
    packages.mkdir(parents=True)
    GitRepository(place / "billing").commit(BASE, PLACE)
    bench.workspace._location = str(packages.parent)
    assert proposed(bench) == []
    bench.workspace._location = str(packages)
    assert proposed(bench) == ["billing"]


def test_neither_the_workspace_itself_nor_a_repository_around_it(bench, place):
    GitRepository(place / "production").commit(BASE, "Case")
    GitRepository(place).commit(BASE, PLACE)
    (place / "inside").mkdir()
    assert proposed(bench) == []


def test_a_workspace_that_is_no_folder(bench, place):
    assert isinstance(bench.workspace, MemoryWorkspace)
    bench.workspace._location = "https://creatio.example"
    assert proposed(bench) == []


def test_only_who_may_deliver_and_a_cancel_is_heard(bench, place):
    GitRepository(place / "billing").commit(BASE, PLACE)
    with pytest.raises(Denied):
        repositories_beside(replace(bench, person=Person("eve", "")), package_id(bench, "Case"))
    progress = CancellableProgress()
    progress.cancel()
    with pytest.raises(Cancelled):
        repositories_beside(bench, package_id(bench, "Case"), progress)


def test_a_look_says_how_the_branch_will_be_called(bench, place):
    made = GitRepository(place / "billing")
    made.commit(BASE, PLACE)
    number = hotfix(bench, BASE, after(js=edited(3)))
    identity = package_id(bench, "Case")
    assert branches(bench, made.folder, identity).branch == ""
    assert branches(bench, made.folder, identity, hotfixes=[number]).branch == BRANCH
    made.git("branch", BRANCH)
    assert branches(bench, made.folder, identity, hotfixes=[number]).branch == f"{BRANCH}-2"
    made.git("checkout", "-q", "--detach")
    assert branches(bench, made.folder, identity, hotfixes=[number]).branch == ""
    assert os.listdir(place / "production") == []
