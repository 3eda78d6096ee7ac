"""The sample workspace: Creatio's formats to the byte, the same bytes every time, and nothing elsewhere."""

import json
import os
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces import sample as writer
from hotfix_desktop.workspaces.sample import PACKAGES_FOLDER, write_sample_workspace

NOW = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)
BOM = b"\xef\xbb\xbf"
UNSYNCHRONISED = {"CrtBulkEmail", "CrtForecast"}
LINKED = "UsrIntegrationHub"
BRANCHED = "NwDocuments"
DATE = re.compile(rb'"ModifiedOnUtc": "\\/Date\((\d+)\)\\/"')


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("around") / "production"
    write_sample_workspace(folder, NOW)
    return folder


def all_files(folder: Path) -> list[Path]:
    """Every file below a folder, links not followed."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in all_files(folder)}


def package_roots(workspace: Path) -> dict[str, Path]:
    """Where the descriptor of each synchronised package lies."""
    roots = {path.name: path for path in (workspace / PACKAGES_FOLDER).iterdir()}
    roots[BRANCHED] = next((roots[BRANCHED] / "branches").iterdir())
    return {name: path for name, path in roots.items() if name not in UNSYNCHRONISED}


def load(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8-sig"))


def descriptors(workspace: Path) -> dict[str, dict]:
    roots = package_roots(workspace)
    return {name: load(root / "descriptor.json")["Descriptor"] for name, root in roots.items()}


def schemas(workspace: Path) -> list[tuple[str, Path, dict]]:
    return [
        (name, path.parent, load(path)["Descriptor"])
        for name, root in package_roots(workspace).items()
        for path in sorted(root.glob("Schemas/*/descriptor.json"))
    ]


def test_the_names_are_those_of_the_42_folders(tmp_path):
    names = write_sample_workspace(tmp_path / "new", NOW)
    folders = [path.name for path in (tmp_path / "new" / PACKAGES_FOLDER).iterdir()]
    assert len(names) == 42
    assert sorted(names) == sorted(folders)


def test_the_same_bytes_every_time(workspace, tmp_path):
    write_sample_workspace(tmp_path, NOW)
    assert contents(tmp_path) == contents(workspace)


def test_only_the_dates_follow_from_now(workspace, tmp_path):
    write_sample_workspace(tmp_path, NOW + timedelta(days=7))
    later, before = contents(tmp_path), contents(workspace)
    assert later.keys() == before.keys()
    differing = {name for name in later if later[name] != before[name]}
    assert differing
    assert all(DATE.sub(b"", later[name]) == DATE.sub(b"", before[name]) for name in differing)


def test_nothing_is_written_outside(tmp_path):
    folder = tmp_path / "inside" / "deep"
    write_sample_workspace(folder, NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert [path.name for path in (tmp_path / "inside").iterdir()] == ["deep"]
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder.resolve())


def test_it_is_small_enough_for_a_first_start(workspace):
    assert 900 < len(all_files(workspace)) < 1200
    for path in (workspace / PACKAGES_FOLDER).iterdir():
        count = len(all_files(path.resolve()))
        assert 5 <= count <= 40, path.name
    assert max(path.stat().st_size for path in all_files(workspace)) < 10_000


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="not empty"):
        write_sample_workspace(tmp_path, NOW)
    assert contents(tmp_path) == {"precious.txt": b"mine"}


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WorkspaceError, match="not empty"):
        write_sample_workspace(tmp_path / "file", NOW)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    real, written = Path.write_bytes, []

    def write_bytes(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) > 100:
            raise OSError(28, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        write_sample_workspace(tmp_path / "sample", NOW)
    assert not (tmp_path / "sample").exists()


def test_maintainers(workspace):
    count = Counter(descriptor["Maintainer"] for descriptor in descriptors(workspace).values())
    assert count == {"Creatio": 20, "Customer": 12, "Northwind Software": 4, "Aurora Partners": 4}
    assert descriptors(workspace)["Custom"]["Maintainer"] == "Customer"


def test_package_descriptors_are_written_as_a_server_does(workspace):
    order = "UId PackageVersion Name Type ModifiedOnUtc Maintainer ProjectPath Description"
    order += " InstallBehavior DependsOn"
    for name, root in package_roots(workspace).items():
        data = (root / "descriptor.json").read_bytes()
        assert data.startswith(BOM + b'{\r\n  "Descriptor": {\r\n    "UId": "')
        assert data.endswith(b"}")
        assert b"\n" not in data.replace(b"\r\n", b"")
        date = DATE.search(data)
        assert date is not None
        assert date[1].endswith(b"000")
        assert int(date[1]) < NOW.timestamp() * 1000
        descriptor = load(root / "descriptor.json")["Descriptor"]
        assert descriptor["Name"] == name
        assert list(descriptor) == [key for key in order.split() if key in descriptor]
        assert ("Type" in descriptor) == ("ProjectPath" in descriptor)


def test_dependencies_are_in_the_workspace_and_acyclic(workspace):
    known = descriptors(workspace)
    needs = {}
    for name, descriptor in known.items():
        for dependency in descriptor["DependsOn"]:
            assert dependency["UId"] == known[dependency["Name"]]["UId"]
            assert dependency["PackageVersion"] == known[dependency["Name"]]["PackageVersion"]
        needs[name] = {dependency["Name"] for dependency in descriptor["DependsOn"]}
    done: set[str] = set()
    while ready := {name for name in needs if name not in done and needs[name] <= done}:
        done |= ready
    assert done == set(needs)


def test_uids_are_unique(workspace):
    found = []
    for root in package_roots(workspace).values():
        for path in root.rglob("descriptor.json"):
            value = load(path)
            found.append(next(iter(value.values()))["UId"])
    assert len(found) > 200
    assert not [uid for uid, count in Counter(found).items() if count > 1]


def test_parents_exist_and_children_are_above_them(workspace):
    known = {descriptor["UId"]: (name, descriptor) for name, _, descriptor in schemas(workspace)}
    needs = {n: {d["Name"] for d in descriptor["DependsOn"]} for n, descriptor in descriptors(workspace).items()}

    def below(name: str) -> set[str]:
        return {name}.union(*(below(other) for other in needs[name]))

    replacing = 0
    for name, _, descriptor in schemas(workspace):
        if parent := descriptor.get("Parent"):
            owner, found = known[parent["UId"]]
            assert found["Name"] == parent["Name"]
            assert owner in below(name)
            assert descriptor["ExtendParent"] == (parent["Name"] == descriptor["Name"])
            replacing += descriptor["ExtendParent"]
    assert replacing >= 4


def test_schemas_have_the_files_of_their_manager(workspace):
    managers = Counter()
    endings = {"SourceCodeSchemaManager": ".cs", "ProcessUserTaskSchemaManager": ".cs"}
    for _, folder, descriptor in schemas(workspace):
        manager = descriptor["ManagerName"]
        managers[manager] += 1
        assert descriptor["Caption"]
        assert descriptor["Name"] == folder.name
        names = {path.name for path in folder.iterdir()}
        assert {"descriptor.json", "metadata.json", "properties.json"} <= names
        ending = ".js" if manager == "ClientUnitSchemaManager" else endings.get(manager)
        if ending:
            assert f"{folder.name}{ending}" in names
        assert (folder / "descriptor.json").read_bytes().startswith(BOM)
        assert (folder / "properties.json").read_bytes().startswith(BOM)
        resources = folder.parents[1] / "Resources"
        assert (resources / f"{folder.name}.{manager.removesuffix('SchemaManager')}" / "resource.en-US.xml").exists()
    assert len(managers) == 7


def test_metadata_is_json_without_a_parent_and_a_difference_with_one(workspace):
    forms = Counter()
    for _, folder, descriptor in schemas(workspace):
        data = (folder / "metadata.json").read_bytes()
        assert not data.endswith(b"\n")
        assert b"\n" not in data.replace(b"\r\n", b"")
        forms["Parent" in descriptor] += 1
        if "Parent" in descriptor:
            assert not data.startswith(BOM)
            with pytest.raises(json.JSONDecodeError):
                json.loads(data)
            lines = data.decode().split("\r\n")
            assert lines[0] == "= MetaData.Schema"
            assert all(re.match(r'[=+~-] MetaData\.Schema(\.(\w+|\["[0-9a-f-]{36}"\]))*$|  ', line) for line in lines)
            assert {line[0] for line in lines} >= set("=-~ ")
        else:
            assert data.startswith(BOM)
            assert list(load(folder / "metadata.json")) == ["MetaData"]
    assert min(forms.values()) > 40


def test_sources_have_no_bom_and_the_line_ends_of_their_authors(workspace):
    ends = Counter()
    empty = 0
    for path in all_files(workspace):
        if path.suffix not in {".cs", ".js", ".less", ".sql"}:
            continue
        data = path.read_bytes()
        assert not data.startswith(BOM)
        assert b"@NAME@" not in data
        assert not re.search(rb"@[A-Z]+@", data), path
        crlf, lf = data.count(b"\r\n"), data.count(b"\n")
        empty += not data
        ends["crlf" if crlf == lf else "lf" if not crlf else "mixed"] += 1
    assert set(ends) == {"crlf", "lf", "mixed"}
    assert empty


def test_data_bindings(workspace):
    marks, filters, translated = set(), set(), 0
    for root in package_roots(workspace).values():
        for folder in (root / "Data").iterdir():
            descriptor = load(folder / "descriptor.json")["Descriptor"]
            columns = {column["ColumnUId"] for column in descriptor["Columns"]}
            rows = load(folder / "data.json")["PackageData"]
            assert rows
            assert {cell["SchemaColumnUId"] for row in rows for cell in row["Row"]} == columns
            marks.add((folder / "data.json").read_bytes().startswith(BOM))
            condition = (folder / "filter.json").read_bytes()
            assert b"\n" not in condition
            filters.add(bool(condition))
            translated += (folder / "Localization" / "data.uk-UA.json").exists()
    assert marks == {True, False}
    assert filters == {True, False}
    assert translated


def test_resources_scripts_and_assemblies(workspace):
    resources = list(workspace.glob(f"{PACKAGES_FOLDER.as_posix()}/*/Resources/*/resource.*.xml"))
    assert {path.name for path in resources} == {"resource.en-US.xml", "resource.uk-UA.xml"}
    for path in resources:
        data = path.read_bytes()
        assert data.startswith(BOM + b'<?xml version="1.0" encoding="utf-8"?>\r\n<Resources Culture="')
        assert data.endswith(b"</Resources>")
    roots = package_roots(workspace).values()
    scripts = [path for root in roots for path in root.glob("SqlScripts/*/descriptor.json")]
    assert scripts
    for path in scripts:
        assert list(load(path)) == ["SqlScript"]
        assert path.with_name(f"{path.parent.name}.sql").exists()
    assemblies = [path for root in roots for path in root.glob("Assemblies/*/descriptor.json")]
    assert assemblies
    for path in assemblies:
        assert path.with_name(f"{path.parent.name}.dll").read_bytes().startswith(b"MZ")


def test_the_odd_layouts(workspace):
    packages = workspace / PACKAGES_FOLDER
    for name in UNSYNCHRONISED:
        assert [path.name for path in (packages / name).iterdir()] == ["Files"]
    assert [path.name for path in (packages / BRANCHED).iterdir()] == ["branches"]
    assert len(list((packages / BRANCHED / "branches").iterdir())) == 1
    if (packages / LINKED).is_symlink():
        assert not Path(os.readlink(packages / LINKED)).is_absolute()
        assert (packages / LINKED).resolve() == (workspace / "repository" / LINKED).resolve()


def test_without_links_the_package_is_a_plain_folder(workspace, tmp_path, monkeypatch):
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    monkeypatch.setattr(writer.Path, "symlink_to", refuse)
    write_sample_workspace(tmp_path, NOW)
    plain = tmp_path / PACKAGES_FOLDER / LINKED
    assert not plain.is_symlink()
    assert contents(plain) == contents((workspace / PACKAGES_FOLDER / LINKED).resolve())


def test_the_fault_of_the_tour_can_be_repaired(workspace):
    path = workspace / PACKAGES_FOLDER / "UsrInvoices" / "Schemas" / "UsrVatCalculator" / "UsrVatCalculator.cs"
    assert path.read_text().count("Math.Round(amount * ratePercent / 100)") == 1


def test_files_are_as_old_as_their_package(workspace):
    path = workspace / PACKAGES_FOLDER / "UsrPricing" / "Files" / "cs" / "Constants.cs"
    date = DATE.search((workspace / PACKAGES_FOLDER / "UsrPricing" / "descriptor.json").read_bytes())
    assert date is not None
    assert path.stat().st_mtime * 1000 == int(date[1])
