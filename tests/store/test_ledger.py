"""The audit log: numbers, chain, columns, pages and filters."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.audit import AuditResult, AuditType, chain_hash, leaf_hash
from hotfix_desktop.core.clock import to_microseconds
from hotfix_desktop.store.ledger import PAGE, AuditFilter, AuditLine, new_log_id
from hotfix_desktop.store.store import Store

NOON = datetime(2026, 1, 1, tzinfo=UTC)


def every_line(store: Store) -> list[AuditLine]:
    return store.ledger.page(AuditFilter(), limit=10_000)[::-1]


def found(store: Store, **wanted: object) -> list[str]:
    return [line.description for line in store.ledger.page(AuditFilter(**wanted), limit=10_000)]


@pytest.fixture
def history(store, enter):
    """Three hundred entries of all types, by four people, about five packages."""
    chance = random.Random(1)
    for number in range(300):
        enter(
            f"Entry {number}",
            minutes=number,
            type=chance.choice(list(AuditType)),
            result=chance.choice(list(AuditResult)),
            owner=chance.choice(["ann", "bob", "Hotfix Desktop", "Zoë"]),
            package=chance.choice(["", "Case", "Größe", "Base", "CrtCore"]),
            hotfix=chance.choice([None, 1, 2, 3]),
            reason="why",
            detail='{"minutes": 30}',
        )
    return every_line(store)


def test_entries_are_numbered_from_one_on_without_a_gap(store, history):
    assert [line.seq for line in history] == list(range(1, 301))
    assert store.ledger.newest() == 300


def test_the_chain_can_be_computed_again_from_the_bodies_and_the_log_id(store, history):
    previous = store.administration.workspace().log_id
    assert len(previous) == 32
    for line in history:
        previous = chain_hash(previous, leaf_hash(line.body))
        assert line.hash == previous, f"entry {line.seq}"


def test_the_columns_that_are_searched_say_what_the_body_says(history):
    for line in history:
        entry = line.entry()
        event = entry.event
        assert (line.seq, line.at) == (entry.seq, entry.moment.utc)
        assert (line.type, line.result) == (event.type.value, event.result.value)
        assert (line.owner, line.ip_address, line.description) == (event.owner, event.ip_address, event.description)
        assert (line.package, line.hotfix) == (event.package, event.hotfix)


def test_two_logs_never_have_the_same_beginning():
    assert len({new_log_id() for _ in range(100)}) == 100


def test_two_writers_make_one_chain(store, enter):
    other = Store(store.path)
    for number in range(10):
        enter(f"mine {number}")
        with other.transaction():
            other.ledger.append(every_line(store)[0].entry().event, every_line(store)[0].entry().moment)
    other.close()
    previous = store.administration.workspace().log_id
    for line in every_line(store):
        previous = chain_hash(previous, leaf_hash(line.body))
        assert line.hash == previous
    assert store.ledger.newest() == 20


def test_an_entry_keeps_everything_that_it_was_given(store, enter):
    enter("Größe ≤ 3", minutes=3, hotfix=4, package="Größe", package_uid="u", reason="r", ticket="t", detail="{}")
    (line,) = every_line(store)
    event = line.entry().event
    assert (event.description, event.package, event.package_uid) == ("Größe ≤ 3", "Größe", "u")
    assert (event.reason, event.ticket, event.detail, event.hotfix) == ("r", "t", "{}", 4)
    assert line.at == NOON + timedelta(minutes=3)
    assert line.entry().moment.boot_id == "boot"


def test_a_damaged_file_name_is_entered_with_escapes(store, enter):
    enter("cannot read a\udcff", package="b\ud800", reason="c\udfff")
    (line,) = every_line(store)
    assert line.description == "cannot read a\\udcff"
    assert line.package == "b\\ud800"
    assert line.entry().event.reason == "c\\udfff"


def test_a_description_may_be_very_long(store, enter):
    enter("x" * 100_000)
    assert len(every_line(store)[0].entry().event.description) == 100_000


# Pages


def test_a_log_without_entries_has_no_page_and_no_number(store):
    assert store.ledger.page(AuditFilter()) == []
    assert store.ledger.newest() == 0
    assert store.ledger.count(AuditFilter()) == 0
    assert store.ledger.values("owner") == []


def test_pages_follow_one_another_and_hold_everything_once(store, history):
    pages, before = [], None
    while page := store.ledger.page(AuditFilter(), before, 70):
        pages.append([line.seq for line in page])
        before = page[-1].seq
    assert [len(page) for page in pages] == [70, 70, 70, 70, 20]
    assert list(chain.from_iterable(pages)) == list(range(300, 0, -1))


def test_a_page_has_two_hundred_entries_if_nothing_else_is_said(store, history):
    assert PAGE == 200
    assert len(store.ledger.page(AuditFilter())) == 200


def test_entries_that_arrive_meanwhile_do_not_move_the_next_page(store, history, enter):
    first = store.ledger.page(AuditFilter(), None, 10)
    enter("late")
    second = store.ledger.page(AuditFilter(), first[-1].seq, 10)
    assert [line.seq for line in second] == list(range(290, 280, -1))


@given(
    wanted=st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from([t.value for t in AuditType]),
            "result": st.sampled_from([r.value for r in AuditResult]),
            "owner": st.sampled_from(["ann", "bob", "nobody"]),
            "package": st.sampled_from(["Case", "Größe"]),
            "hotfix": st.sampled_from([1, 2, 99]),
            "since": st.integers(0, 300).map(lambda m: NOON + timedelta(minutes=m)),
            "until": st.integers(0, 300).map(lambda m: NOON + timedelta(minutes=m)),
            "text": st.sampled_from(["entry", "ENTRY 1", "bob", "zoë", "9 Entry", "nothing here"]),
        },
    ),
    before=st.none() | st.integers(1, 301),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_filter_finds_what_looking_at_every_entry_finds(store, history, wanted, before):
    def fits(line: AuditLine) -> bool:
        texts = (line.description, line.package, line.owner, line.type, line.ip_address, line.result)
        return (
            all(
                getattr(line, name) == wanted[name]
                for name in ("type", "result", "owner", "package", "hotfix")
                if name in wanted
            )
            and line.at >= wanted.get("since", line.at)
            and ("until" not in wanted or line.at < wanted["until"])
            and all(any(word.lower() in text.lower() for text in texts) for word in wanted.get("text", "").split())
        )

    expected = [line.seq for line in history[::-1] if fits(line)]
    assert store.ledger.count(AuditFilter(**wanted)) == len(expected)
    page = store.ledger.page(AuditFilter(**wanted), before, 10_000)
    assert [line.seq for line in page] == [seq for seq in expected if before is None or seq < before]


def test_the_end_of_a_period_is_not_in_it(store, enter):
    enter("at", minutes=10)
    at = NOON + timedelta(minutes=10)
    assert found(store, since=at) == ["at"]
    assert found(store, until=at) == []
    assert found(store, since=at, until=at + timedelta(microseconds=1)) == ["at"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("%", ["100% done"]),
        ("_", ["a_b"]),
        ("\\", ["a\\b"]),
        ("0% d", ["100% done"]),
        ("a_b", ["a_b"]),
        ("a\\b", ["a\\b"]),
        ("\\%", []),
        ("a'b", ["a'b"]),
        ('"; DROP TABLE audit; --', []),
        ("DONE", ["100% done"]),
        ("?", []),
        ("   ", ["axb", "a'b", "a\\b", "a_b", "100% done"]),
    ],
)
def test_what_the_user_types_is_searched_for_as_it_stands(store, enter, typed, expected):
    for description in ("100% done", "a_b", "a\\b", "a'b", "axb"):
        enter(description)
    assert found(store, text=typed) == expected


def test_every_typed_word_has_to_stand_somewhere(store, enter):
    enter("unlocked", package="Case", owner="ann")
    enter("unlocked", package="Base", owner="bob", ip_address="10.0.0.77")
    assert found(store, text="unlocked") == ["unlocked", "unlocked"]
    assert [line.seq for line in store.ledger.page(AuditFilter(text="case ann"))] == [1]
    assert [line.seq for line in store.ledger.page(AuditFilter(text="0.77 success"))] == [2]
    assert store.ledger.page(AuditFilter(text="case bob")) == []


# Values to filter by


def test_the_values_of_a_column_are_different_sorted_and_not_empty(store, history):
    assert store.ledger.values("package") == ["Base", "Case", "CrtCore", "Größe"]
    assert store.ledger.values("owner") == ["Hotfix Desktop", "Zoë", "ann", "bob"]
    assert store.ledger.values("result") == ["Denied", "Failure", "Success"]
    assert store.ledger.values("type") == sorted({line.type for line in history})


@pytest.mark.parametrize("column", ["body", "seq; DROP TABLE audit", "", "description"])
def test_no_other_column_can_be_asked_for(store, column):
    with pytest.raises(ValueError, match=column or "^$"):
        store.ledger.values(column)


# Time


def test_a_naive_time_is_refused_by_every_way_in(store, enter):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is what is refused
    with pytest.raises(ValueError, match="naive"):
        store.ledger.page(AuditFilter(since=naive))
    with pytest.raises(ValueError, match="naive"):
        store.ledger.page(AuditFilter(until=naive))


def test_times_are_stored_as_microseconds_of_utc(store, enter):
    enter(minutes=1)
    plain = sqlite3.connect(store.path)
    assert plain.execute("SELECT at FROM audit").fetchone() == (to_microseconds(NOON + timedelta(minutes=1)),)
    plain.close()
