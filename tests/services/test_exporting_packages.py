"""Taking a package away as an archive: what is in it, the entry, and what is left when that fails."""

import hashlib
import os
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import Cancelled, Denied, InvalidInput, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.manifest import Fact, Kind, Manifest
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import administration
from hotfix_desktop.services.exporting_packages import export_package
from hotfix_desktop.services.landing import ExportFailed
from hotfix_desktop.workspaces.archives import open_archive
from hotfix_desktop.workspaces.port import BadArchive
from tests.packed import descriptor
from tests.services.world import FILES, at_step, entries, package_id

EXPORTED = AuditType.ARCHIVE_EXPORTED


@pytest.fixture
def case(world, bench):
    """A package whose descriptor is one; gives its files by path."""
    files = world.disk.files["Case"]
    files["descriptor.json"] = (0o444, descriptor("Case"))
    return files


def exported(bench, target: Path, name: str = "Case", progress: Progress | None = None):
    return export_package(bench, package_id(bench, name), target, *([progress] if progress else []))


def held(path: Path) -> dict[str, bytes]:
    with open_archive(path, 1 << 24) as archive:
        (package,) = archive.packages
        return {p.decode(): b"".join(pieces) for p, pieces in archive.read(package, list(package.files))}


def nothing_left(bench, folder: Path) -> None:
    assert os.listdir(folder) == ["older.gz"]
    assert (folder / "older.gz").read_bytes() == b"older"
    assert not [line for line in entries(bench, type=EXPORTED.value) if line.result == AuditResult.SUCCESS.value]


@pytest.fixture
def older(tmp_path):
    """A file that must stay as it is when the export fails."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "older.gz").write_bytes(b"older")
    return tmp_path / "out" / "older.gz"


@pytest.mark.parametrize("name", ["Case.gz", "Case.zip", "Case"])
def test_the_archive_holds_the_package(bench, case, tmp_path, name):
    made = exported(bench, tmp_path / name)
    assert held(made.path) == {path: data for path, (_, data) in case.items()}
    assert next(iter(held(made.path))) == "descriptor.json"
    assert made.path.read_bytes()[:2] == (b"PK" if name.endswith(".zip") else b"\x1f\x8b")
    assert (made.files, made.left_out) == (len(FILES), ())
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()


def test_it_is_an_entry(bench, case, tmp_path):
    made = exported(bench, tmp_path / "Case.gz")
    (line,) = entries(bench, type=EXPORTED.value)
    assert (line.result, line.owner, line.package) == ("Success", "ann", "Case")
    assert line.description == "ann exported Case 8.1.0: 5 files"
    assert made.sha256 in line.entry().event.detail
    assert str(tmp_path) not in line.entry().event.detail


def test_the_same_package_is_the_same_bytes(bench, case, tmp_path):
    assert exported(bench, tmp_path / "a.gz").sha256 == exported(bench, tmp_path / "b.gz").sha256


def test_an_older_file_is_replaced(bench, case, older):
    exported(bench, older)
    assert held(older)["Files/run.sh"] == b"c"


def test_only_the_content_of_a_version_folder_is_taken(world, bench, tmp_path):
    files = world.disk.files["Case"]
    files.clear()
    files["branches/7.2.0/descriptor.json"] = (0o444, descriptor("Case"))
    files["branches/7.2.0/Files/a"] = (0o444, b"a")
    files["readme.txt"] = (0o444, b"beside")
    made = exported(bench, tmp_path / "Case.gz")
    assert held(made.path) == {"descriptor.json": descriptor("Case"), "Files/a": b"a"}
    assert made.left_out == ("readme.txt",)


def test_links_pipes_and_version_control_are_left_out_and_named(world, bench, case, tmp_path, monkeypatch):
    case[".git/config"] = (0o444, b"[core]")
    survey = world.disk.survey

    def with_link(*arguments, **named):
        items = dict(survey(*arguments, **named).items)
        items[b"Files/link"] = Fact(Kind.LINK, 0o777, 0, (0, 0, 0), b"x" * 32)
        items[b"Files/pipe"] = Fact(Kind.OTHER, 0o644, 0, (0, 0, 0), b"")
        return Manifest(items)

    monkeypatch.setattr(world.disk, "survey", with_link)
    made = exported(bench, tmp_path / "Case.gz")
    assert made.left_out == (".git/config", "Files/link", "Files/pipe")
    assert set(held(made.path)) == set(FILES)
    (line,) = entries(bench, type=EXPORTED.value)
    assert line.description.endswith("5 files, 3 items left out")
    assert "Files/pipe" in line.entry().event.detail


def test_auditors_may_and_others_may_not(world, bench, case, older):
    administration.assign_role(bench, "alan", Role.AUDITOR)
    exported(world.bench("alan"), older.with_name("alan.gz"))
    older.with_name("alan.gz").unlink()
    with pytest.raises(Denied):
        exported(world.bench("eve"), older)
    line = entries(bench, type=EXPORTED.value)[-1]
    assert (line.owner, line.result) == ("eve", AuditResult.DENIED.value)
    assert os.listdir(older.parent) == ["older.gz"]
    assert older.read_bytes() == b"older"


def test_a_package_without_a_descriptor_is_refused(world, bench, older):
    del world.disk.files["Draft"]["descriptor.json"]
    with pytest.raises(Refused, match=r"Draft cannot be exported: it has no descriptor\.json\."):
        exported(bench, older, "Draft")
    nothing_left(bench, older.parent)


def test_an_unknown_package_is_refused(bench, older):
    with pytest.raises(Refused, match="no package"):
        export_package(bench, 4711, older)


def test_a_name_that_no_archive_can_hold_is_refused(bench, case, older):
    case["Files/con"] = (0o444, b"")
    with pytest.raises(BadArchive, match="No archive can hold the file “Files/con”"):
        exported(bench, older)
    nothing_left(bench, older.parent)


def test_a_file_that_changes_while_it_is_read_ends_it(world, bench, case, older):
    at_step(world.disk, "read", 2, lambda: case.update({"Files/run.sh": (0o755, b"changed")}))
    with pytest.raises(WorkspaceError, match=r"Case was not exported: “Files/run\.sh” was changed while it was read\."):
        exported(bench, older)
    nothing_left(bench, older.parent)


def test_a_file_that_goes_away_ends_it(world, bench, case, older):
    at_step(world.disk, "read", 1, lambda: case.pop("Schemas/A/metadata.json"))
    with pytest.raises(WorkspaceError, match=r"“Schemas/A/metadata\.json” cannot be read\."):
        exported(bench, older)
    nothing_left(bench, older.parent)


def test_a_file_that_cannot_be_read_ends_it(world, bench, case, older, monkeypatch):
    monkeypatch.setattr(world.disk, "read", lambda key, paths, progress: iter([]))
    with pytest.raises(WorkspaceError, match=r"“descriptor\.json” cannot be read\."):
        exported(bench, older)
    nothing_left(bench, older.parent)


@pytest.mark.parametrize("at", range(5))
def test_it_can_be_cancelled_at_any_file(bench, case, older, at):
    class Impatient(CancellableProgress):
        def step(self, done: int, total: int = 0, what: str = "") -> None:
            assert total == len(FILES)
            self.cancelled = done == at
            self.check()

    with pytest.raises(Cancelled):
        exported(bench, older, progress=Impatient())
    nothing_left(bench, older.parent)


def test_without_its_entry_nothing_is_taken_away(bench, case, older, log_fails):
    log_fails(EXPORTED)
    with pytest.raises(StoreError):
        exported(bench, older)
    nothing_left(bench, older.parent)


def test_a_place_that_cannot_be_written_is_said_so(bench, case, tmp_path):
    with pytest.raises(ExportFailed, match="cannot be written"):
        exported(bench, tmp_path / "not there" / "Case.gz")


def test_the_database_is_no_place(world, bench, case):
    with pytest.raises(InvalidInput, match="keeps the audit database"):
        exported(bench, world.database)


@pytest.mark.parametrize("below", ["Case.gz", "Case/Files/Case.gz"])
def test_no_archive_is_written_among_the_packages(world, bench, case, tmp_path, monkeypatch, below):
    packages = tmp_path / "Pkg"
    (packages / "Case" / "Files").mkdir(parents=True)
    monkeypatch.setattr(type(world.disk), "location", str(packages))
    (tmp_path / "door").symlink_to(packages, target_is_directory=True)
    for root in (packages, tmp_path / "door"):
        with pytest.raises(InvalidInput, match="lies among the packages"):
            exported(bench, root / below)
    assert not list(packages.rglob("*.gz"))
