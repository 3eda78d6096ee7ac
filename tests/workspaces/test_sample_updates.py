"""The sample's updates: real archives of a newer version, and what they change is what their texts say."""

from datetime import UTC, datetime, timedelta

import pytest

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.workspaces.archives import open_archive
from hotfix_desktop.workspaces.folder import FolderWorkspace
from hotfix_desktop.workspaces.sample import PACKAGES_FOLDER, write_sample_workspace
from hotfix_desktop.workspaces.sample_updates import UPDATED, VAT_FILE, VAT_FIXED, VAT_LINE, write_sample_updates

NOW = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample") / "production"
    write_sample_workspace(folder, NOW)
    return FolderWorkspace(str(folder / PACKAGES_FOLDER))


def changes(production, path):
    """What the archive has otherwise than the workspace, and what its descriptor says."""
    installed = dict(production.contents(UPDATED))
    with open_archive(path, 1 << 24) as archive:
        (package,) = archive.packages
        brought = {name: b"".join(pieces) for name, pieces in archive.read(package, list(package.files))}
    assert installed.keys() <= brought.keys()
    changed = {name: (installed.get(name), data) for name, data in brought.items() if installed.get(name) != data}
    return package.found, {name.decode(): both for name, both in changed.items()}


def test_the_first_update_brings_the_fix_and_nothing_else(production, tmp_path):
    first, _ = write_sample_updates(tmp_path / "updates", NOW)
    found, changed = changes(production, first)
    assert first.name == "UsrInvoices_1.4.3.gz"
    assert set(changed) == {"descriptor.json", "Schemas/UsrVatCalculator/descriptor.json", VAT_FILE}
    before, after = changed[VAT_FILE]
    assert before.replace(VAT_LINE, VAT_FIXED) == after != before
    (listed,) = [package for package in production.list_packages().packages if package.name == UPDATED]
    assert (found.uid, found.version, found.maintainer) == (listed.uid, "1.4.3", listed.maintainer)
    assert listed.modified < found.modified < NOW
    assert found.depends_on == listed.depends_on


def test_the_second_update_does_not_know_of_the_fix(production, tmp_path):
    _, second = write_sample_updates(tmp_path, NOW)
    found, changed = changes(production, second)
    assert found.version == "1.5.0"
    assert found.modified == NOW - timedelta(hours=2)
    assert VAT_FILE not in changed
    assert len(changed) == 6
    assert changed["Files/docs/reminders.md"][0] is None


def test_the_same_moment_gives_the_same_bytes(tmp_path):
    one, other = (write_sample_updates(tmp_path / name, NOW) for name in ("one", "other"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkspaceError, match="The sample updates could not be written"):
        write_sample_updates(tmp_path / "file", NOW)
