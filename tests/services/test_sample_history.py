"""The past of the sample workspace: written by the real use cases, and sound."""

from __future__ import annotations

import pytest

from hotfix_desktop.core.audit import chain_hash, leaf_hash
from hotfix_desktop.core.clock import SystemClock
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.services import catalogue
from hotfix_desktop.services.sample_history import write_sample_history
from hotfix_desktop.services.workbench import OwnHeartbeat, Workbench
from hotfix_desktop.store.store import Store
from hotfix_desktop.workspaces.memory import MemoryWorkspace
from tests.services.world import entries

NAMES = ("UsrPortal", "UsrInvoices", "CrtCore", "CrtBase", "Custom")


class HandsInMemory:
    """Whoever edits the files; ``home`` is what development has of them."""

    def __init__(self, disk):
        self.disk, self.home = disk, None

    def repair(self, package, note, now):
        mode, _ = self.disk.files[package]["descriptor.json"]
        self.disk.files[package]["descriptor.json"] = (mode, f'{{"note": "{note} {now}"}}'.encode())

    def round_vat(self, now):
        self.repair("UsrInvoices", "VAT", now)

    def carry_home(self):
        self.home = {name: dict(files) for name, files in self.disk.files.items()}


@pytest.fixture
def sample(tmp_path):
    """The bench of somebody who opens the sample after its history was written."""
    packages = [FoundPackage(n, n, n.lower(), "8", "Customer" if n[:3] == "Usr" else "Creatio") for n in NAMES]
    disk = MemoryWorkspace(packages, {n: {"descriptor.json": (0o644, b"{}")} for n in NAMES})
    database = tmp_path / "sample" / "d.sqlite3"
    people = []

    def make_bench(clock, person):
        people.append(person)
        return Workbench(Store(database), disk, clock, person, OwnHeartbeat())

    write_sample_history(make_bench, HandsInMemory(disk))
    bench = make_bench(SystemClock(), people[0])
    yield bench
    bench.store.close()


def test_one_package_ticks_and_one_is_locked_and_undelivered(sample):
    seen = {p.name: p for p in catalogue.refresh(sample).packages}
    assert {name for name, p in seen.items() if p.is_open} == {"UsrInvoices"}
    assert seen["UsrInvoices"].state is PackageState.UNLOCKED
    assert {name for name, p in seen.items() if p.undelivered} == {"UsrPortal"}
    assert seen["Custom"].state is PackageState.MODIFIABLE
    assert sample.workspace.roots["UsrInvoices"] == 0o755
    assert sample.workspace.roots["UsrPortal"] == 0o555


def test_a_few_hotfixes_wait_for_an_auditor_and_one_was_objected_to(sample):
    counts = sample.store.reviews.counts()
    assert (counts.to_review, counts.objected) == (3, 2)
    assert counts.reviewed == 56


def test_the_past_is_a_few_hundred_entries_in_one_chain_and_in_order(sample):
    lines = entries(sample)
    assert len(lines) > 150
    assert len({line.type for line in lines}) >= 8
    assert {line.result for line in lines} >= {"Success", "Denied"}
    previous = sample.store.administration.workspace().log_id
    for line in lines:
        previous = chain_hash(previous, leaf_hash(line.body))
        assert line.hash == previous
    times = [line.at for line in lines]
    assert times == sorted(times)
    assert times[-1] <= SystemClock().now().utc
