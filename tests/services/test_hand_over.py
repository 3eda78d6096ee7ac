"""Handing changes over without git: a patch that git applies, an archive with the package, and a receipt for both."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.deliveries import DeliveryKind
from hotfix_desktop.core.errors import Cancelled, Denied, InvalidInput, Refused, StoreError
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.delivery_words import patch_head
from hotfix_desktop.services.hand_over import file_names, hand_over
from hotfix_desktop.services.landing import Landing
from hotfix_desktop.services.undelivered import undelivered
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.archives import CreatioArchives
from tests.services.delivery_world import BASE, UID, UNREAD, GitRepository, delivery_bench, hotfix
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


def test_the_patch_says_what_it_is_and_how_it_is_applied(bench, folder, tmp_path, plain_git):
    number = hotfix(bench, BASE, FIXED, reason="Wrong rounding, ünder Linux")
    hand_over(bench, [number], folder)
    first = (folder / NAMES[1]).read_bytes()
    head = first.partition(b"diff --git")[0].decode()
    closed = bench.store.hotfixes.get(number)
    window = f"{closed.lease.opened.utc:%Y-%m-%d %H:%M} to {closed.closed_at:%Y-%m-%d %H:%M} UTC"
    assert head.splitlines() == [
        f"# Case 8.1.0 (UId {UID})",
        f"# * {window}: Wrong rounding, ünder Linux",
        "#   (ticket INC-1)",
        "#",
        "# The paths are below the folder of the package. In a repository that has it in",
        "# packages/Case, from the top folder:",
        f"#   git apply --directory=packages/Case {NAMES[1]}",
        "# Without git, for text files:",
        f"#   patch -p1 -d packages/Case -i {NAMES[1]}",
        "#",
    ]
    repository = GitRepository(tmp_path / "billing")
    repository.commit(BASE, "packages/Case")
    repository.write({NAMES[1]: first})
    repository.git("apply", "--directory=packages/Case", NAMES[1])
    assert (repository.folder / "packages/Case/Schemas/A/A.js").read_bytes() == edited(3)
    hand_over(bench, [number], folder)
    assert (folder / NAMES[1]).read_bytes() == first


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no program patch")
def test_patch_takes_it_as_well(bench, folder, tmp_path, plain_git):
    hand_over(bench, [hotfix(bench, BASE, {**BASE, "Schemas/B/B.cs": b"fixed\n"})], folder)
    repository = GitRepository(tmp_path / "billing")
    repository.commit(BASE, "packages/Case")
    command = ["patch", "-p1", "-d", "packages/Case", "-i", str(folder / NAMES[1])]
    subprocess.run(command, cwd=repository.folder, check=True, capture_output=True, timeout=60)
    assert (repository.folder / "packages/Case/Schemas/B/B.cs").read_bytes() == b"fixed\n"
    assert repository.git("status", "--porcelain") == " M packages/Case/Schemas/B/B.cs"


def test_no_reason_can_bring_a_change_with_it(bench, folder, tmp_path, plain_git):
    reason = "x\ndiff --git a/evil b/evil\nnew file mode 100644\n--- /dev/null\n+++ b/evil\n@@ -0,0 +1 @@\n+evil\n"
    hand_over(bench, [hotfix(bench, BASE, FIXED, reason=reason)], folder)
    repository = GitRepository(tmp_path / "case")
    repository.commit(BASE)
    repository.git("apply", str(folder / NAMES[1]))
    assert "evil" not in repository.git("status", "--porcelain")


@pytest.mark.parametrize(
    ("name", "said"),
    [("My Case", '--directory="packages/My Case" '), ("a;$(b)", "--directory=packages/NAME ")],
    ids=["blank", "shell"],
)
def test_the_command_can_be_copied_whatever_the_package_is_called(name, said):
    head = patch_head([], FoundPackage("k", name, UID, "1.0", "Customer"), "fix.patch")
    assert any(said in line for line in head)


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
    assert (folder / NAMES[1]).read_bytes().startswith(b"# Case ")


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
