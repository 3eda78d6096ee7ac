"""The logs that benchmarks and tests are run on are what the product itself would have entered."""

import sqlite3

import pytest

from benchmarks.big_log import AUDITOR, END, make_big_log
from hotfix_desktop.core.audit import AuditType, chain_hash, decode, leaf_hash
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.lifecycle import Ending, HotfixState
from hotfix_desktop.core.roles import Role
from hotfix_desktop.store.store import Store

ENTRIES = 3000


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    path = tmp_path_factory.mktemp("big") / "log" / "log.sqlite3"
    make_big_log(path, ENTRIES)
    return path


def test_it_is_a_whole_log_of_our_own(big):
    store = Store(big, read_only=True)
    assert store.administration.roles_of(AUDITOR) == {Role.AUDITOR}
    previous = store.administration.workspace().log_id
    store.close()
    rows = sqlite3.connect(big).execute("SELECT * FROM audit ORDER BY seq").fetchall()
    assert len(rows) == ENTRIES
    for number, (seq, at, kind, result, address, owner, said, package, hotfix, body, stored) in enumerate(rows, 1):
        entry = decode(body)
        event = entry.event
        previous = chain_hash(previous, leaf_hash(body))
        assert (seq, entry.seq, stored) == (number, number, previous)
        assert (at, kind, result) == (to_microseconds(entry.moment.utc), event.type, event.result)
        assert (address, owner, said) == (event.ip_address, event.owner, event.description)
        assert (package, hotfix) == (event.package, event.hotfix)
    assert rows[-1][1] == to_microseconds(END)
    assert decode(rows[0][9]).event.type is AuditType.WORKSPACE_CREATED


def test_its_hotfixes_begin_and_end_where_the_entries_say(big):
    store = Store(big, read_only=True)
    hotfixes = [store.hotfixes.get(number) for number in range(1, ENTRIES // 250 + 1)]
    connection = sqlite3.connect(big)
    for hotfix in hotfixes:
        assert hotfix.state is HotfixState.CLOSED
        rows = connection.execute(
            "SELECT at, type FROM audit WHERE hotfix = ? ORDER BY seq", (hotfix.number,)
        ).fetchall()
        by_type = {kind: at for at, kind in rows}
        assert rows[0] == (to_microseconds(hotfix.lease.opened.utc), AuditType.UNLOCK_REQUESTED)
        end = AuditType.RELOCKED if hotfix.ending is Ending.RELOCKED else AuditType.LOCKED
        assert by_type[end] == to_microseconds(hotfix.closed_at)
    store.close()
    assert len(hotfixes) == 12


def test_the_protection_of_the_log_is_in_place_again(big):
    connection = sqlite3.connect(big)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM audit WHERE seq = 5")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("UPDATE workspace SET log_id = x'00'")
    fresh = Store(big.with_name("fresh.sqlite3"))
    fresh.close()
    schema = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    expected = sqlite3.connect(big.with_name("fresh.sqlite3")).execute(schema).fetchall()
    assert connection.execute(schema).fetchall() == expected


def test_the_same_seed_tells_the_same_story(tmp_path):
    def heads(name, seed):
        make_big_log(tmp_path / name / "log.sqlite3", 700, seed)
        return sqlite3.connect(tmp_path / name / "log.sqlite3").execute("SELECT hash FROM audit").fetchall()

    assert heads("a", 7) == heads("b", 7)
    assert heads("c", 8) != heads("d", 7)
