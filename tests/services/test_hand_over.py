"""Handing changes over without git: a patch that git applies, an archive with the package, and a receipt for both."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.deliveries import DeliveryKind
from hotfix_desktop.core.errors import Cancelled, Denied, InvalidInput, Refused, StoreError
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.hand_over import file_names, hand_over
from hotfix_desktop.services.landing import Landing
from hotfix_desktop.services.undelivered import undelivered
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.archives import CreatioArchives
from tests.services.delivery_world import BASE, UNREAD, GitRepository, delivery_bench, hotfix
from tests.services.test_delivering import edited
from tests.services.world import World, entries

FIXED = {**BASE, "Schemas/A/A.js": edited(3), "Files/new.bin": b"\0\1\2" * 50, "Files/link": b"->new.bin"}
NAMES = ["INC-1-Case.gz", "INC-1-Case.patch"]


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Workbench:
    (tmp_path / "spool").mkdir()
    return replace(delivery_bench(world), archives=CreatioArchives(tmp_path / "spool"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "out"
    made.mkdir()
    return made


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_patch_is_one_that_git_applies_and_the_archive_is_the_package(bench, folder, tmp_path, plain_git):
    number = hotfix(bench, BASE, FIXED)
    receipt = hand_over(bench, [number], folder)
    assert names(folder) == NAMES
    assert tuple(sorted(file_names(bench, [number]))) == tuple(NAMES)
    repository = GitRepository(tmp_path / "case")
    repository.commit(BASE)
    repository.git("apply", str(folder / "INC-1-Case.patch"))
    assert (repository.folder / "Schemas/A/A.js").read_bytes() == edited(3)
    assert (repository.folder / "Files/new.bin").read_bytes() == FIXED["Files/new.bin"]
    assert (repository.folder / "Files/link").readlink() == Path("new.bin")
    with CreatioArchives(tmp_path / "spool").open(folder / "INC-1-Case.gz", 1 << 20) as archive:
        (package,) = archive.packages
        read = {path: b"".join(pieces) for path, pieces in archive.read(package, list(package.files))}
    assert read == {path.encode(): data for path, data in FIXED.items() if path != "Files/link"}
    assert receipt.kind is DeliveryKind.HAND_OVER
    for key, name in (("patch_sha256", NAMES[1]), ("archive_sha256", NAMES[0])):
        assert receipt.facts[key] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert receipt.facts["not_in_archive"] == "1"
    assert bench.store.deliveries.of(number)[0].receipt == receipt


def test_nothing_is_written_when_it_cannot_be_entered(bench, folder, log_fails):
    (folder / NAMES[1]).write_text("older")
    number = hotfix(bench, BASE, FIXED)
    log_fails(AuditType.DELIVERED)
    with pytest.raises(StoreError):
        hand_over(bench, [number], folder)
    assert names(folder) == [NAMES[1]]
    assert (folder / NAMES[1]).read_text() == "older"


def test_a_second_file_that_cannot_land_takes_the_first_back_and_the_entry(bench, folder, monkeypatch):
    number = hotfix(bench, BASE, FIXED)
    land = Landing.land

    def failing(self: Landing) -> None:
        if self.target.suffix == ".gz":
            raise StoreError("The disk is gone.")
        land(self)

    monkeypatch.setattr(Landing, "land", failing)
    with pytest.raises(StoreError):
        hand_over(bench, [number], folder)
    assert names(folder) == []
    assert not entries(bench, type=AuditType.DELIVERED.value)
    assert not bench.store.deliveries.of(number)


def _no_links(*given: object, **named: object) -> None:
    raise OSError("no links")


@pytest.mark.parametrize("linked", [True, False])
def test_older_files_are_as_they_were_after_a_failure(bench, folder, monkeypatch, linked):
    number = hotfix(bench, BASE, FIXED)
    for name in NAMES:
        (folder / name).write_text(f"older {name}")
    if not linked:  # as on a file system whose files have one name only
        monkeypatch.setattr("os.link", _no_links)
        monkeypatch.setattr("os.O_TMPFILE", 0, raising=False)
    land = Landing.land

    def failing(self: Landing) -> None:
        land(self)
        if self.target.suffix == ".gz":
            raise StoreError("The disk is gone.")

    monkeypatch.setattr(Landing, "land", failing)
    with pytest.raises(StoreError):
        hand_over(bench, [number], folder)
    assert names(folder) == NAMES
    assert [(folder / name).read_text() for name in NAMES] == [f"older {name}" for name in NAMES]
    monkeypatch.setattr(Landing, "land", land)
    hand_over(bench, [number], folder)
    assert names(folder) == NAMES
    assert (folder / NAMES[1]).read_bytes().startswith(b"diff --git")


def test_what_could_not_be_read_is_named_and_the_hotfix_waits(bench, folder):
    number = hotfix(bench, BASE, {**FIXED, "Schemas/B/B.cs": UNREAD})
    receipt = hand_over(bench, [number], folder)
    assert receipt.sentence == f"Handed over as {NAMES[1]} and {NAMES[0]}, 3 of 4 files; left out: Schemas/B/B.cs"
    assert receipt.facts["left_out"] == "1: Schemas/B/B.cs"
    assert [fixes.hotfixes for fixes in undelivered(bench).values()] == [(number,)]


def test_a_cancel_leaves_nothing(bench, folder):
    number = hotfix(bench, BASE, FIXED)
    progress = CancellableProgress()
    progress.cancel()
    with pytest.raises(Cancelled):
        hand_over(bench, [number], folder, progress)
    assert names(folder) == []


def test_only_administrators_hand_over(bench, folder):
    number = hotfix(bench, BASE, FIXED)
    with pytest.raises(Denied):
        hand_over(replace(bench, person=Person("eve", "")), [number], folder)
    with pytest.raises(Denied):
        file_names(replace(bench, person=Person("eve", "")), [number])
    assert names(folder) == []


def test_places_that_will_not_do(bench, folder):
    number = hotfix(bench, BASE, FIXED)
    with pytest.raises(Refused, match="There is no folder"):
        hand_over(bench, [number], folder / "gone")
    with pytest.raises(InvalidInput):
        hand_over(bench, [number], bench.store.path.parent)


def test_a_package_that_lost_its_descriptor(bench, folder):
    number = hotfix(bench, BASE, {path: data for path, data in FIXED.items() if path != "descriptor.json"})
    with pytest.raises(Refused, match=r"has no descriptor\.json after its hotfix"):
        hand_over(bench, [number], folder)
    assert names(folder) == []
