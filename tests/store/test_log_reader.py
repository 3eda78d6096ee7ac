"""Reading the log at any size: pages by number, and searches that find what plain Python finds."""

import os
import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.big_log import AUDITOR, END, make_big_log
from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.core.errors import Cancelled, ConnectionLost, StoreError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.roles import Role
from hotfix_desktop.store import log_plan, log_scan
from hotfix_desktop.store.log_reader import Bounds, LogReader
from hotfix_desktop.store.log_scan import LogScan, Standing
from hotfix_desktop.store.log_sql import stands_in, variants

TEXTS = (
    "100% sure",
    "100 % sure",
    "under_score",
    "underXscore",
    r"back\slash",
    "ÄRGER",
    "ärger",
    "Ärger",
    "straße",
    "İstanbul",
)
OWNERS = ("ann", "Bob", "Zoë", "ZOË", "10")
PACKAGES = ("", "UsrCase", "usrcase", "Usr%", "Usr_")
ADDRESSES = ("10.0.0.1", "10.0.0.2", "fe80::1", "")
MINUTES = (300, *range(40), *range(20, 60), 500, 60, 5)
"""When the entries were made: the clock was set back four times, and was far ahead twice."""
EVERY_ONE = 10**6
PATIENCE = 60.0


@pytest.fixture
def odd(store, enter):
    """A small log in which everything occurs that a search could trip over."""
    for number, minutes in enumerate(MINUTES):
        enter(
            f"{TEXTS[number % 10]} {number % 7}",
            minutes,
            type=list(AuditType)[number % 4],
            result=list(AuditResult)[number % 3],
            owner=OWNERS[number % 5],
            package=PACKAGES[number // 2 % 5],
            ip_address=ADDRESSES[number % 4],
            hotfix=number % 6 or None,
        )
    return store


@pytest.fixture
def scan(path, odd):
    opened = LogScan(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A log of 60,000 entries; not to be written to."""
    path = tmp_path_factory.mktemp("long") / "log" / "log.sqlite3"
    make_big_log(path, 60_000)
    return path


@pytest.fixture
def long_scan(long):
    opened = LogScan(long)
    yield opened
    opened.close()


def whole(scan, query, seconds=PATIENCE, budget=PATIENCE):
    """Search to the end, and give the numbers in the order of the list."""
    scan.begin(query, budget)
    while scan.step(seconds).standing is Standing.RUNNING:
        pass
    return listed(scan)


def listed(scan):
    found = scan.found
    return [line.seq for line in scan.page(-found.fresh, found.hits)]


def expected(lines, query):
    """What a plain filter over the entries gives, and a plain sort."""

    def value(line, column):
        return str(to_microseconds(line.at)) if column is LogColumn.AT else str(getattr(line, column.value))

    def fits(line):
        for column in LogColumn:
            only = [wanted for named, wanted in query.only if named is column]
            if only and value(line, column) not in only:
                return False
            if any(value(line, column) == wanted for named, wanted in query.without if named is column):
                return False
        if query.since is not None and line.at < query.since:
            return False
        if query.until is not None and line.at >= query.until:
            return False
        if query.hotfix is not None and line.hotfix != query.hotfix:
            return False
        texts = [line.description, line.package, line.owner, line.type, line.result]
        for word in query.text.split():
            address = all(set(way) <= set("0123456789abcdefABCDEF.:") for way in variants(word))
            if not any(stands_in(word, text) for text in [*texts, *([line.ip_address] if address else [])]):
                return False
        return True

    kept = [line for line in lines if fits(line)]
    by_number = query.sort is LogColumn.AT
    kept.sort(
        key=lambda line: (b"" if by_number else value(line, query.sort).encode(), line.seq), reverse=query.descending
    )
    return [line.seq for line in kept]


words = st.sampled_from(
    [
        "100%",
        "%",
        "_",
        "\\",
        "under_",
        "ärger",
        "ÄRGER",
        "Straße",
        "sure",
        "usr",
        "zoë",
        "10",
        "0.0.1",
        "fe80",
        "e",
        "s",
        "İ",
        "nothing",
        "Usr_",
        "ann",
    ]
)
values = {
    LogColumn.TYPE: [kind.value for kind in list(AuditType)[:5]],
    LogColumn.PACKAGE: PACKAGES,
    LogColumn.OWNER: (*OWNERS, "nobody"),
    LogColumn.IP_ADDRESS: ADDRESSES,
    LogColumn.RESULT: [result.value for result in AuditResult],
    LogColumn.DESCRIPTION: ("ÄRGER 5", "100% sure 0"),
}
pairs = st.sampled_from([(column, value) for column, here in values.items() for value in here])
moments = st.none() | st.integers(-5, 70).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m))
queries = st.builds(
    LogQuery,
    text=st.lists(words, max_size=2).map(" ".join),
    only=st.lists(pairs, max_size=2).map(tuple),
    without=st.lists(pairs, max_size=2).map(tuple),
    since=moments,
    until=moments,
    hotfix=st.none() | st.integers(0, 6),
    sort=st.sampled_from(LogColumn),
    descending=st.booleans(),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries, chunk=st.integers(1, 100), far=st.sampled_from([0, 5, 10**6]), few=st.sampled_from([0, 10**6]))
def test_a_search_finds_what_plain_python_finds(scan, query, chunk, far, few):
    lines = scan.reader.lines(1, EVERY_ONE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_scan, "FIRST_CHUNK", chunk)
        patch.setattr(log_plan, "FAR", far)
        patch.setattr(log_plan, "FEW_ENTRIES", few)
        patch.setattr(log_plan, "RARE", 1 + far % 7)
        patch.setattr(log_scan, "ENOUGH", 1)  # so that there are several steps
        assert whole(scan, query) == expected(lines, query)
    assert scan.found.standing is Standing.COMPLETE
    assert scan.found.hits == len(expected(lines, query))


def test_a_time_can_be_asked_for_exactly(scan):
    line = scan.reader.lines(2, 2)[0]
    same_moment = whole(scan, LogQuery(only=((LogColumn.AT, str(to_microseconds(line.at))),)))
    assert same_moment == [2]


def test_words_are_found_in_the_usual_cases():
    assert stands_in("größe", "GRÖSSE") is True
    assert stands_in("äöü", "äÖü") is False  # neither its lower, upper nor title case
    assert stands_in("ÄRGER", "ärger") is True
    assert stands_in("usr", "USRCase") is True
    assert len(variants("größe")) == 2  # "Größe" is the same for LIKE


def test_pages_are_ranges_of_numbers(long):
    reader = LogReader(long)
    assert reader.bounds() == Bounds(1, 60_000)
    assert reader.bounds().count == 60_000
    assert [line.seq for line in reader.lines(30_000, 30_199)] == list(range(30_000, 30_200))
    assert reader.lines(60_000, 60_005)[0].at == END
    assert [line.seq for line in reader.numbered([9, 4, 4, 70_000, *range(100, 800)])] == [4, 9, *range(100, 800)]
    reader.close()


def test_values_are_those_of_the_log(long):
    reader = LogReader(long)
    for column in (LogColumn.TYPE, LogColumn.PACKAGE, LogColumn.OWNER, LogColumn.RESULT):
        rows = reader.connection.execute(f"SELECT DISTINCT {column.value} FROM audit ORDER BY 1").fetchall()
        assert reader.values(column) == [value for (value,) in rows]
    with pytest.raises(ValueError, match="description"):
        reader.values(LogColumn.DESCRIPTION)
    reader.close()


def test_too_many_values_are_not_listed_and_still_searched(scan, monkeypatch):
    monkeypatch.setattr("hotfix_desktop.store.log_reader.TOO_MANY", 3)
    assert scan.reader.values(LogColumn.OWNER) is None
    lines = scan.reader.lines(1, EVERY_ONE)
    for query in (
        LogQuery(text="zoë"),
        LogQuery(sort=LogColumn.OWNER),
        LogQuery(sort=LogColumn.PACKAGE, descending=False),
    ):
        assert whole(scan, query) == expected(lines, query)


def test_an_empty_log(path, store):
    reader, scan = LogReader(path), LogScan(path)
    assert (reader.bounds(), reader.bounds().count) == (Bounds(1, 0), 0)
    assert reader.lines(1, 200) == []
    assert whole(scan, LogQuery(text="x")) == []
    assert whole(scan, LogQuery(sort=LogColumn.OWNER)) == []
    reader.close()
    scan.close()


def test_a_log_whose_beginning_was_archived(path, odd):
    raw = sqlite3.connect(path)
    raw.execute("DROP TRIGGER audit_no_delete")
    raw.execute("DELETE FROM audit WHERE seq <= 30")
    raw.commit()
    raw.close()
    reader, scan = LogReader(path), LogScan(path)
    assert reader.bounds() == Bounds(31, len(MINUTES))
    lines = reader.lines(1, EVERY_ONE)
    assert lines[0].seq == 31
    for query in (LogQuery(text="sure"), LogQuery(text="sure", descending=False), LogQuery(sort=LogColumn.RESULT)):
        assert whole(scan, query) == expected(lines, query)
    assert scan.found.examined == len(MINUTES) - 30
    reader.close()
    scan.close()


def test_what_is_archived_under_a_search_leaves_holes(path, scan, odd):
    shown = whole(scan, LogQuery(text="sure"))
    raw = sqlite3.connect(path)
    raw.execute("DROP TRIGGER audit_no_delete")
    raw.execute("DELETE FROM audit WHERE seq <= 30")
    raw.commit()
    raw.close()
    page = scan.page(0, len(shown))
    assert [line.seq if line else None for line in page] == [seq if seq > 30 else None for seq in shown]


def test_damaged_rows_are_shown_as_far_as_can_be(path, odd):
    raw = sqlite3.connect(path)
    raw.execute("DROP TRIGGER audit_no_update")
    raw.execute("UPDATE audit SET owner = CAST(x'ff41' AS TEXT), at = 9000000000000000000 WHERE seq = 3")
    raw.execute("UPDATE audit SET at = 'yesterday' WHERE seq = 4")
    raw.commit()
    raw.close()
    reader = LogReader(path)
    lines = reader.lines(2, 5)
    assert [line.seq for line in lines] == [2, 3, 4, 5]
    assert lines[1].owner == "\ufffdA"
    assert lines[1].at.year == lines[2].at.year == 1
    reader.close()


# Chunks, growth, stopping


def test_the_first_step_is_content_with_a_page(long_scan):
    long_scan.begin(LogQuery(text="opened"), PATIENCE)
    found = long_scan.step(PATIENCE)
    assert found.standing is Standing.RUNNING
    assert log_scan.ENOUGH <= found.hits < found.bounds.count // 4
    newest = expected(long_scan.reader.lines(50_000, 60_000), LogQuery(text="opened"))
    assert [line.seq for line in long_scan.page(0, 200)] == newest[:200]


@pytest.mark.parametrize("column", [LogColumn.TYPE, LogColumn.PACKAGE, LogColumn.OWNER, LogColumn.RESULT])
def test_sorting_by_an_indexed_column_has_a_first_page_at_once(long_scan, column):
    long_scan.begin(LogQuery(sort=column, descending=False), PATIENCE)
    assert long_scan.step(PATIENCE).hits < 60_000
    first = long_scan.page(0, 50)
    rows = long_scan.reader.connection.execute(
        f"SELECT seq FROM audit ORDER BY {column.value}, seq LIMIT 50"
    ).fetchall()
    assert [line.seq for line in first] == [seq for (seq,) in rows]


def test_old_periods_do_not_begin_at_the_newest_entry(long_scan, monkeypatch):
    monkeypatch.setattr(log_plan, "FAR", 1000)
    monkeypatch.setattr(log_plan, "FEW_ENTRIES", 100)
    lines = long_scan.reader.lines(1, EVERY_ONE)
    since, until = lines[5_000].at, lines[9_000].at
    query = LogQuery(since=since, until=until)
    long_scan.begin(query, PATIENCE)
    assert long_scan.step(PATIENCE).examined <= 4 * log_scan.FIRST_CHUNK
    assert long_scan.found.hits >= log_scan.ENOUGH
    assert whole(long_scan, query) == expected(lines, query)


def test_a_rare_value_begins_where_it_stands(long_scan):
    lines = long_scan.reader.lines(1, EVERY_ONE)
    query = LogQuery(only=((LogColumn.TYPE, AuditType.WORKSPACE_CREATED.value),))
    long_scan.begin(query, PATIENCE)
    found = long_scan.step(PATIENCE)
    assert (found.hits, found.examined) == (1, 1)
    assert expected(lines, query) == [1]


def test_a_search_is_stopped_from_another_thread_and_goes_on(long_scan):
    query = LogQuery(text="nothing says this")
    long_scan.begin(query, PATIENCE)
    long_scan.step(0)
    long_scan.interrupt()
    assert long_scan.step(PATIENCE).standing is Standing.PAUSED
    assert long_scan.step(PATIENCE).standing is Standing.PAUSED
    examined = long_scan.found.examined
    assert examined < 60_000
    long_scan.allow(PATIENCE)
    assert long_scan.step(PATIENCE).standing is Standing.COMPLETE
    assert long_scan.found.examined == 60_000


def test_a_long_statement_is_stopped_while_it_runs(long_scan):
    query = LogQuery(sort=LogColumn.DESCRIPTION)
    long_scan.begin(query, PATIENCE)
    stopping = []

    def stop():  # called by SQLite in the midst of the statement
        stopping.append(threading.Thread(target=long_scan.interrupt))
        stopping[0].start()
        stopping[0].join()
        return 0

    real = long_scan._connection

    class Traced:
        def __getattr__(self, name):
            return getattr(real, name)

        def set_progress_handler(self, handler, every):
            real.set_progress_handler(stop if handler and not stopping else None, 1000)

    long_scan._connection = Traced()
    assert long_scan.step(PATIENCE).standing is Standing.PAUSED
    assert stopping
    assert long_scan.found.hits == 0
    long_scan.allow(PATIENCE)
    assert long_scan.step(PATIENCE).hits == 60_000


@pytest.mark.parametrize("query", [LogQuery(text="zzz"), LogQuery(sort=LogColumn.DESCRIPTION)])
def test_a_search_past_its_time_stops_and_can_be_given_more(long_scan, query):
    long_scan.begin(query, 0.0)
    assert long_scan.step(PATIENCE).standing is Standing.PAUSED
    assert long_scan.found.examined < 60_000
    long_scan.allow(PATIENCE)
    while long_scan.step(PATIENCE).standing is Standing.RUNNING:
        pass
    assert long_scan.found.standing is Standing.COMPLETE
    assert long_scan.found.examined == 60_000


def test_a_new_question_forgets_the_old_one(long_scan):
    whole(long_scan, LogQuery(text="opened"))
    long_scan.interrupt()
    assert whole(long_scan, LogQuery(hotfix=3)) == expected(long_scan.reader.lines(1, 2000), LogQuery(hotfix=3))


@pytest.mark.parametrize("started", [False, True])
def test_new_entries_come_on_top(scan, enter, odd, started):
    query = LogQuery(text="sure")
    scan.begin(query, PATIENCE)
    if started:
        scan.step(PATIENCE)
    enter("is sure", 600)
    enter("is not", 601)
    enter("sure, too", 602)
    found = scan.catch_up()
    if started:
        assert found.fresh == 2
        assert [line.description for line in scan.page(-2, 2)] == ["sure, too", "is sure"]
    while scan.step(PATIENCE).standing is Standing.RUNNING:
        pass
    assert listed(scan) == expected(scan.reader.lines(1, EVERY_ONE), query)
    assert scan.found.bounds.last == len(MINUTES) + 3
    assert scan.catch_up() == scan.found


@pytest.mark.parametrize("descending", [True, False])
def test_growth_while_a_period_is_looked_for(scan, enter, monkeypatch, descending):
    monkeypatch.setattr(log_plan, "FAR", 3)
    monkeypatch.setattr(log_plan, "FEW_ENTRIES", 1)
    monkeypatch.setattr(log_scan, "FIRST_CHUNK", 1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    query = LogQuery(since=start + timedelta(minutes=5), until=start + timedelta(minutes=30), descending=descending)
    scan.begin(query, PATIENCE)
    scan.step(0)
    enter("the clock was set back", 6)
    enter("and is right again", 700)
    scan.catch_up()
    while scan.step(PATIENCE).standing is Standing.RUNNING:
        pass
    enter("and back again", 7)
    scan.catch_up()
    while scan.step(PATIENCE).standing is Standing.RUNNING:
        pass
    assert listed(scan) == expected(scan.reader.lines(1, EVERY_ONE), query)


def test_new_entries_come_below_where_the_oldest_is_first(scan, enter):
    query = LogQuery(text="sure", descending=False)
    whole(scan, query)
    enter("sure, too", 600)
    assert scan.catch_up().standing is Standing.RUNNING
    assert scan.step(PATIENCE).standing is Standing.COMPLETE
    assert scan.found.fresh == 0
    assert listed(scan) == expected(scan.reader.lines(1, EVERY_ONE), query)


def test_new_entries_are_counted_where_they_would_stand_in_between(scan, enter):
    before = whole(scan, LogQuery(text="sure", sort=LogColumn.OWNER))
    enter("sure, too", 600)
    enter("not this", 600)
    found = scan.catch_up()
    assert (found.newer, found.hits, found.standing) == (1, len(before), Standing.COMPLETE)
    assert listed(scan) == before


@pytest.mark.parametrize("sort", [LogColumn.AT, LogColumn.OWNER])
@pytest.mark.parametrize("descending", [True, False])
def test_the_place_of_an_entry(scan, enter, sort, descending):
    query = LogQuery(text="sure", sort=sort, descending=descending)
    whole(scan, query)
    enter("sure, too", 600)
    scan.catch_up()
    scan.step(PATIENCE)
    found = scan.found
    for at, seq in enumerate(listed(scan)):
        assert scan.place_of(seq) == at - found.fresh
    assert scan.place_of(3) is None
    assert scan.place_of(EVERY_ONE) is None


# The medium


def test_roles_are_read_over_the_same_connection(long):
    reader = LogReader(long)
    assert reader.roles_of(AUDITOR) == {Role.AUDITOR}
    assert reader.roles_of("nobody") == frozenset()
    reader.close()


def test_a_medium_where_nothing_can_be_written(tmp_path, as_nobody, open_folder):
    folder = open_folder / "medium"
    make_big_log(folder / "log.sqlite3", 500)
    for left in folder.glob("*-*"):
        left.unlink()
    (folder / "log.sqlite3").chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    folder.chmod(0o555)
    code = """
import sys
from pathlib import Path
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.store.log_scan import LogScan
scan = LogScan(Path(sys.argv[1]))
scan.begin(LogQuery(text="opened"), 60)
found = scan.step(60)
print(found.standing.value, found.hits == len(scan.page(0, 500)) > 10, scan.reader.bounds().last)
"""
    answer = as_nobody(code, folder / "log.sqlite3")
    folder.chmod(0o755)
    assert answer.stdout.split() == ["complete", "True", "500"], answer.stderr


def test_a_database_that_is_not_there(tmp_path):
    with pytest.raises(StoreError, match="no audit database"):
        LogReader(tmp_path / "none.sqlite3")


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be moved there")
def test_a_database_that_was_moved_away(path, scan):
    scan.reader.demand_there()
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(ConnectionLost, match="not there any more"):
        scan.reader.demand_there()
    Path(path).write_bytes(b"another file")
    with pytest.raises(ConnectionLost, match="not there any more"):
        scan.reader.demand_there()


def test_a_question_that_is_given_up_before_it_was_planned(scan, monkeypatch):
    def stop(*of):
        scan.interrupt()
        return []

    monkeypatch.setattr(log_scan, "plan", stop)
    with pytest.raises(Cancelled):
        scan.begin(LogQuery(text="x"), PATIENCE)
