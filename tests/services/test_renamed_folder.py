"""A package whose folder is renamed keeps its record, its hotfix and its deadline (on a real folder)."""

from __future__ import annotations

import pytest

from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.services import catalogue, hotfixes, protection
from hotfix_desktop.services.relocking import Relocker
from tests.packages_on_disk import is_writable, make_packages, modes
from tests.services.world import HandClock


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def folder(tmp_path):
    return make_packages(tmp_path / "Pkg", "CrtBase", "UsrInvoices")


@pytest.fixture
def bench(folder, clock):
    made = make_bench(home_of(None), folder, clock=clock)
    protection.protect(made)
    yield made
    made.store.close()


def test_one_that_is_renamed_while_it_is_open_is_locked_at_its_deadline(bench, folder, clock):
    package = catalogue.find(bench, "UsrInvoices")
    hotfixes.unlock(bench, package.package_id, "VAT")
    (folder / "UsrInvoices").rename(folder / "UsrInvoices.old")
    clock.go(minutes=30)
    assert [h.package_name for h in Relocker(bench).beat().relocked] == ["UsrInvoices"]
    assert not is_writable(folder / "UsrInvoices.old" / "descriptor.json")


def test_one_that_is_renamed_while_it_is_closed_gets_its_rights_back(bench, folder):
    (folder / "CrtBase").rename(folder / "Moved")
    catalogue.refresh(bench)
    assert {p.found.key for p in catalogue.remembered(bench).packages} == {"Moved", "UsrInvoices", "Custom"}
    protection.release(bench)
    assert is_writable(folder / "Moved")
    assert all(mode & 0o200 for mode in modes(folder / "Moved").values())


def test_a_folder_that_is_closed_already_is_not_taken_for_one_with_these_rights(folder, tmp_path, bench):
    other = make_bench(home_of(str(tmp_path / "another home")), folder)
    try:
        with pytest.raises(Exception, match="read-only already"):
            protection.protect(other)
    finally:
        other.store.close()
    assert not is_writable(folder / "CrtBase")


def test_a_release_that_died_half_way_can_be_released_again(bench, folder, monkeypatch):
    class PowerCut(BaseException):
        pass

    real = type(bench.workspace).open
    calls = []

    def dying(self, key, record, progress=None):
        calls.append(key)
        if len(calls) == 2:
            raise PowerCut
        return real(self, key, record)

    monkeypatch.setattr(type(bench.workspace), "open", dying)
    with pytest.raises(PowerCut):
        protection.release(bench)
    monkeypatch.setattr(type(bench.workspace), "open", real)
    protection.release(bench)
    assert all(is_writable(folder / name) for name in ("CrtBase", "UsrInvoices"))


def test_ctrl_c_while_protecting_gives_every_file_its_rights_back(folder, tmp_path, monkeypatch):
    bench = make_bench(home_of(str(tmp_path / "fresh")), folder)
    before = modes(folder)
    real = type(bench.workspace).close
    calls = []

    def interrupted(self, key, record, progress=None):
        calls.append(key)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, key, record)

    monkeypatch.setattr(type(bench.workspace), "close", interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            protection.protect(bench)
        assert modes(folder) == before
    finally:
        bench.store.close()
