"""A lock reads only what was touched since the unlock, whichever program does it, and misses no change."""

from __future__ import annotations

import os

import pytest

from hotfix_desktop.core.errors import Refused, WorkspaceError
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.services import catalogue, drift, hotfixes, protection
from hotfix_desktop.services.changes import changes_of
from hotfix_desktop.workspaces import modes, survey
from hotfix_desktop.workspaces.folder import FolderWorkspace
from tests.packages_on_disk import make_packages
from tests.services.world import World, beat, entries


class Place:
    """A protected package folder, and what is read of its files."""

    def __init__(self, tmp_path, monkeypatch):
        self.folder = make_packages(tmp_path / "Pkg", "UsrInvoices")
        self.package = self.folder / "UsrInvoices"
        self.world = World(tmp_path, FolderWorkspace(str(self.folder), watched=False))
        self.bench = self.world.bench()
        protection.protect(self.bench)
        self.number = catalogue.find(self.bench, "UsrInvoices").package_id
        self.read = []
        self._probe = tmp_path / "probe"
        real = survey._Surveyor._read
        monkeypatch.setattr(
            survey._Surveyor, "_read", lambda s, f, name, found: self.read.append(name) or real(s, f, name, found)
        )
        self.settle()
        drift.look(self.bench, self.number)  # from now on every stamp is known

    def settle(self):
        """Wait until what was written is older than a tick of the clock for files."""
        self._probe.touch()
        begun = self._probe.stat().st_ctime_ns
        while self._probe.stat().st_ctime_ns - begun <= modes.TICK:
            self._probe.touch()

    def unlock(self):
        self.read.clear()
        hotfix = hotfixes.unlock(self.bench, self.number, "broken")
        self.settle()
        return hotfix


@pytest.fixture
def place(tmp_path, monkeypatch):
    made = Place(tmp_path, monkeypatch)
    yield made
    made.world.close()


def test_a_package_that_nobody_touched_is_read_neither_at_unlock_nor_at_lock(place):
    hotfix = place.unlock()
    assert place.bench.store.openings.proof(place.number)
    hotfixes.lock(place.bench, place.number)
    assert place.read == []
    assert changes_of(place.bench, hotfix.number).changes.count == 0
    assert place.bench.store.openings.proof(place.number) == b""


def test_a_change_that_keeps_size_and_time_belongs_to_the_hotfix(place):
    hotfix = place.unlock()
    path = place.package / "descriptor.json"
    times, data = path.stat(), path.read_bytes()
    path.write_bytes(data[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    hotfixes.lock(place.bench, place.number)
    assert [name for name in place.read if name != "descriptor.json"] == []
    assert [change.path for change in changes_of(place.bench, hotfix.number).changes.changes] == [b"descriptor.json"]


@pytest.fixture
def sly(place, monkeypatch):
    """A change within the window of the opening that keeps size and time, which the lock cannot see."""
    path, real = place.package / "descriptor.json", place.bench.workspace.survey_closed

    def write(windows, folder, names, real=modes.note_window):
        if not folder.path:
            change(path)
        real(windows, folder, names)

    with monkeypatch.context() as patch:
        patch.setattr(modes, "note_window", write)
        hotfix = place.unlock()
    monkeypatch.setattr(place.bench.workspace, "survey_closed", lambda *rest: place.settle() or real(*rest))
    hotfixes.lock(place.bench, place.number)
    assert place.read == []
    place.world.clock.go(seconds=5)
    return hotfix


def change(path):
    """Write other bytes of the same number, and set the modification time back."""
    times, data = path.stat(), path.read_bytes()
    path.write_bytes(data[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_change_that_only_a_thorough_look_sees_is_a_drift_and_stays_one(place, sly):
    watch = drift.DriftWatch(place.bench)
    assert watch.check_due() == ("UsrInvoices",)
    for _ in range(2):
        assert drift.look(place.bench, place.number).changed == ("descriptor.json",)
        place.world.clock.go(minutes=2)
        assert watch.check_due() == ()
    assert entries(place.bench, type="Drift gone") == []
    path = place.package / "descriptor.json"
    change(path)
    assert drift.look(place.bench, place.number) is None  # it contains again what it did
    assert len(entries(place.bench, type="Drift gone")) == 1


def test_a_change_that_only_a_thorough_look_sees_is_in_what_the_next_hotfix_begins_with(place, sly):
    drift.DriftWatch(place.bench).check_due()
    hotfix = place.unlock()
    before = place.bench.contents.tree(place.bench.store.fixes.of(hotfix.number).before)
    path = place.package / "descriptor.json"
    assert place.bench.contents.read(before.items[b"descriptor.json"].digest) == path.read_bytes()


def test_nothing_is_accepted_that_only_a_thorough_look_sees(place, sly):
    (place.package / "new.txt").write_text("new")
    (place.package / "new.txt").chmod(0o444)
    shown = drift.look(place.bench, place.number)
    assert (shown.added, shown.changed) == (("new.txt",), ())
    with pytest.raises(Refused, match="changed once more"):
        drift.accept(place.bench, place.number, token=shown.token)


def test_a_lock_beside_a_program_that_still_writes_keeps_nothing_of_the_opening(place, monkeypatch):
    place.unlock()
    writer = Writer(4711, "gedit", "descriptor.json")
    monkeypatch.setattr(place.bench.workspace, "writers", lambda key: (writer,))
    hotfixes.lock(place.bench, place.number)
    assert place.bench.store.openings.proof(place.number) == b""


def test_the_relocker_of_another_program_reads_only_what_was_touched(place):
    hotfix = place.unlock()
    (place.package / "Schemas" / "UsrInvoicesPage" / "UsrInvoicesPage.js").write_text("fixed")
    place.world.disk = FolderWorkspace(str(place.folder), watched=False)
    other = place.world.bench("relocker")
    place.world.clock.go(hours=2)
    assert beat(other) == ["UsrInvoices"]
    assert set(place.read) == {"UsrInvoicesPage.js"}
    assert changes_of(place.bench, hotfix.number).changes.count == 1


def test_what_was_changed_while_it_was_recorded_makes_the_lock_read_everything(place, monkeypatch):
    def changes(key, paths, progress, real=place.bench.workspace.read):
        (place.package / "descriptor.json").write_bytes(b"{}")
        return real(key, paths, progress)

    monkeypatch.setattr(place.bench.workspace, "read", changes)
    place.unlock()
    assert place.bench.store.openings.proof(place.number) == b""
    hotfixes.lock(place.bench, place.number)
    assert "UsrInvoicesPage.js" in place.read


def test_an_unlock_that_fails_leaves_nothing_behind(place, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(modes, "open", lambda *_: (_ for _ in ()).throw(WorkspaceError("no")))
        with pytest.raises(WorkspaceError):
            hotfixes.unlock(place.bench, place.number, "broken")
    assert place.bench.store.openings.proof(place.number) == b""
    assert place.bench.store.baselines.get(place.number) is not None


def test_a_package_with_drift_is_read_whole_at_its_lock(place):
    place.bench.store.openings.keep(place.number, b"of an earlier hotfix", b"proof")
    path = place.package / "descriptor.json"
    path.chmod(0o644)
    path.write_bytes(b"{}")
    path.chmod(0o444)
    place.unlock()
    assert place.bench.store.openings.proof(place.number) == b""
    place.read.clear()
    hotfixes.lock(place.bench, place.number)
    assert "UsrInvoicesPage.js" in place.read
