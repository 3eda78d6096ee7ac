"""The fault suite itself: it has to find what is broken, or it proves nothing."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace

import pytest

from hotfix_desktop.core.manifest import Manifest
from tests.faults import report
from tests.faults.fault import Outcome

SOUND = Outcome("F0", "nothing", 10, 0, 30, 0, "quick", "without", 10, 8, 0.7)


@pytest.mark.parametrize(
    "changes",
    [{"broken": 1}, {"lost": 1}, {"trials": 0}, {"control_broken": 6}, {"control_broken": 0, "control_least": 0.0}],
)
def test_an_outcome_is_unsound_when_a_promise_broke_or_the_control_held(changes):
    assert SOUND.is_sound
    assert not replace(SOUND, **changes).is_sound


def test_the_table_has_a_line_for_each_fault_and_says_what_is_broken():
    table = report.markdown([(SOUND, 1.6), (replace(SOUND, fault="F1", lost=2), 0.0)]).splitlines()
    assert len(table) == 4
    assert len({line.count("|") for line in table}) == 1
    assert "| sound |" in table[2]
    assert "8/10" in table[2]
    assert "| BROKEN |" in table[3]
    assert "BROKEN" in report.line(replace(SOUND, broken=1), 1)


@pytest.fixture
def ground(tmp_path):
    from tests.faults.world import Ground

    return Ground(tmp_path)


def test_an_open_package_a_lost_entry_and_a_missing_ending_are_found(ground):
    from tests.faults.kills import count_entries
    from tests.faults.tally import Trial

    ground.unlock("Usr000")
    assert ground.open_names() == ["Usr000"]
    number = ground.last_hotfix()
    trial = Trial()
    told = [("done", "unlock", "Usr000", number, 0.1), ("done", "lock", "Usr000", number, 0.1)]
    count_entries(ground, trial, 0, told)
    assert (trial.entries, trial.lost) == (3, 1)
    assert any("0 endings" in text for text in trial.broken)


def test_a_changed_entry_breaks_the_chain(ground):
    ground.unlock("Usr000")
    with contextlib.closing(sqlite3.connect(ground.database)) as plain, plain:
        for (name,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            plain.execute(f"DROP TRIGGER {name}")
        plain.execute("UPDATE audit SET hash = zeroblob(32) WHERE seq = 2")
    ground.log.read()
    assert ground.log.faults == ["the chain breaks at entry 2"]


def test_a_minute_is_a_minute_again_afterwards(ground):
    import time

    from tests.faults.world import a_minute_lasts

    a_minute_lasts(2.0)
    try:
        assert ground.unlock("Usr000") < time.time() + 3
    finally:
        a_minute_lasts(60.0)
    with ground.bench() as bench:
        from hotfix_desktop.services import hotfixes

        hotfixes.lock(bench, ground.ids["Usr000"])
    assert ground.unlock("Usr000") > time.time() + 50


def test_every_fault_of_the_list_is_there():
    import importlib

    from tests.faults.__main__ import FAULTS

    places = [place.partition(":") for place in FAULTS.values()]
    assert len(set(places)) == len(FAULTS)
    assert all(callable(getattr(importlib.import_module(module), function)) for module, _, function in places)


def test_a_reverted_file_that_is_torn_or_was_not_kept_is_found(ground):
    from hotfix_desktop.services.reverting import revert
    from tests.faults import fixes

    fixes._fill(ground)
    folder = ground.location / "Usr000"
    was = (folder / "Files001.txt").read_bytes()
    fixes._change_much(ground, 0)
    with ground.bench() as bench:
        (hotfix,) = bench.store.hotfixes.not_closed()
        (folder / "Files001.txt").write_bytes(was)
        (folder / "Files002.txt").write_bytes(b"torn")
        assert fixes._is_half_reverted(ground)
        broken = fixes._broken_revert(ground, bench, hotfix.number - 1)
        assert sum("is not whole" in text for text in broken) == 1
        assert sorted(text.split()[0] for text in broken if "is not kept" in text) == ["Files001.txt", "Files002.txt"]
    fixes._change_much(ground, 1)
    with ground.bench() as bench:
        revert(bench, hotfix.package_id)
        assert fixes._broken_revert(ground, bench, hotfix.number) == []


@pytest.mark.parametrize("how", ["the store is gone", "a tree is gone", "a content is another one"])
def test_what_the_database_names_and_the_content_store_lacks_is_found(ground, how):
    from hotfix_desktop.changes.contents import FILE_NAME
    from tests.faults.promises import lost_contents

    ground.unlock("Usr000")
    contents = ground.database.with_name(FILE_NAME)
    with contextlib.closing(sqlite3.connect(ground.database)) as plain:
        assert lost_contents(plain, ground.database) == []
    if how == "the store is gone":
        contents.unlink()
    with contextlib.closing(sqlite3.connect(contents)) as store, store:
        if how == "a tree is gone":
            store.execute("DELETE FROM tree")
        elif how == "a content is another one":
            store.execute("UPDATE content SET size = size - 1, start = start + 1")
    with contextlib.closing(sqlite3.connect(ground.database)) as plain:
        assert lost_contents(plain, ground.database)


def test_a_hotfix_is_seen_whose_package_nobody_kept(ground, monkeypatch):
    from hotfix_desktop.services import hotfixes
    from tests.faults.promises import unkept

    ground.unlock("Usr000")
    with ground.bench() as bench:
        hotfixes.lock(bench, ground.ids["Usr000"])
    monkeypatch.setattr("hotfix_desktop.services.hotfixes.record_before", lambda *_: None)
    ground.unlock("Usr000")
    with contextlib.closing(sqlite3.connect(ground.database)) as plain:
        assert unkept(plain) == ["hotfix 2 of Usr000 was opened, and nothing was kept before"]


def test_a_content_store_that_sqlite_cannot_read_is_damaged(tmp_path):
    from hotfix_desktop.changes.contents import Contents
    from tests.faults.power_cut import _damage

    path = tmp_path / "contents.sqlite3"
    contents = Contents(path)
    contents.record(Manifest({}), lambda paths: iter(()), pinned=True)
    contents.close()
    assert _damage(path) == ""
    data = path.read_bytes()
    path.write_bytes(data[:16_384] + bytes(len(data) - 16_384))
    assert "malformed" in _damage(path)
