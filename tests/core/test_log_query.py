"""Which entries are meant: narrowing, widening, saying it, and keeping it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.log_query import LOG_WORDS, LogColumn, LogQuery

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
values = st.lists(st.tuples(st.sampled_from(LogColumn), texts), max_size=4).map(tuple)
times = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis asks so
queries = st.builds(
    LogQuery,
    text=texts,
    only=values,
    without=values,
    since=st.none() | times,
    until=st.none() | times,
    hotfix=st.none() | st.integers(0, 2**62),
    sort=st.sampled_from(LogColumn),
    descending=st.booleans(),
)


def test_every_column_has_a_word():
    assert set(LOG_WORDS) == set(LogColumn)


@given(queries)
def test_every_question_comes_back_from_json(query):
    assert LogQuery.from_json(query.as_json()) == query


@pytest.mark.parametrize(
    "text", ["", "7", "[]", "{}", '{"text": ""}', LogQuery().as_json().replace('"at"', '"weight"')]
)
def test_what_is_no_question_is_refused(text):
    with pytest.raises(ValueError, match="cannot be read"):
        LogQuery.from_json(text)


def test_an_order_narrows_nothing_and_all_else_does():
    assert LogQuery(sort=LogColumn.OWNER, descending=False).is_all
    for narrowed in (
        LogQuery(text="a"),
        LogQuery(only=((LogColumn.OWNER, "ann"),)),
        LogQuery(without=((LogColumn.OWNER, "ann"),)),
        LogQuery(since=AT),
        LogQuery(until=AT),
        LogQuery(hotfix=1),
    ):
        assert not narrowed.is_all


def test_to_include_replaces_what_the_column_was_narrowed_to():
    query = LogQuery(only=((LogColumn.OWNER, "ann"), (LogColumn.TYPE, "x")), without=((LogColumn.OWNER, "bob"),))
    found = query.including(LogColumn.OWNER, "bob")
    assert found.only == ((LogColumn.TYPE, "x"), (LogColumn.OWNER, "bob"))
    assert found.without == ()


def test_to_exclude_takes_the_value_out_and_says_it_once():
    query = LogQuery(only=((LogColumn.OWNER, "ann"), (LogColumn.OWNER, "bob")))
    found = query.excluding(LogColumn.OWNER, "ann")
    assert (found.only, found.without) == (((LogColumn.OWNER, "bob"),), ((LogColumn.OWNER, "ann"),))
    assert found.excluding(LogColumn.OWNER, "ann") == found


@given(queries, st.sampled_from(LogColumn))
def test_a_column_can_be_let_go(query, column):
    found = query.without_filter(column)
    assert all(named is not column for named, _ in (*found.only, *found.without))
    assert [pair for pair in query.only if pair[0] is not column] == list(found.only)
    assert (found.text, found.since, found.sort) == (query.text, query.since, query.sort)


def test_the_sentence_says_all_of_it():
    query = LogQuery(
        text="  big   trouble ",
        only=((LogColumn.OWNER, "ann"), (LogColumn.OWNER, "bob")),
        without=((LogColumn.PACKAGE, ""),),
        since=AT,
        until=AT,
        hotfix=12,
    )
    assert query.sentence() == (
        "from 2026-11-23T08:00:00Z, before 2026-11-23T08:00:00Z, Package is not empty, Owner is “ann” or “bob”,"
        " of hotfix 12, with the words “big trouble”"
    )
    assert LogQuery().sentence() == "every entry"
