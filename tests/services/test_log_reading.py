"""Reading the log: who may, by number, and by a search that can be stopped."""

from dataclasses import replace

import pytest

from hotfix_desktop.core.errors import Denied, InvalidInput
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.services import auditing
from hotfix_desktop.services.log_reading import Bounds, LogDesk, LogPages, LogSearch, Standing, checked_query

MINUTE = 60.0


@pytest.fixture
def desk(bench, world):
    for number in range(25):
        bench.enter_alone(bench.event(auditing.AuditType.SETTING_CHANGED, f"Entry {number}"))
        world.clock.go(minutes=1)
    return LogDesk(bench.store.path, bench.person)


@pytest.fixture
def pages(desk):
    opened = LogPages(desk)
    yield opened
    opened.close()


@pytest.fixture
def search(desk):
    opened = LogSearch(desk)
    yield opened
    opened.close()


def test_the_head_of_the_list_is_the_newest_or_the_oldest(pages, bench):
    newest = bench.store.ledger.newest()
    bounds, lines = pages.head(3, newest=True)
    assert bounds == Bounds(1, newest) == pages.bounds()
    assert [line.description for line in lines] == ["Entry 24", "Entry 23", "Entry 22"]
    bounds, lines = pages.head(2, newest=False)
    assert [line.seq for line in lines] == [1, 2] == [line.seq for line in pages.lines(1, 2)]
    assert [line.seq for line in pages.numbered([5, 3])] == [3, 5]


def test_a_search_gives_its_first_page_and_goes_on(search):
    found, first = search.begin(LogQuery(text="entry"), 0.0, 5)
    assert (found.hits, found.standing, first) == (0, Standing.RUNNING, [])
    found = search.go_on(MINUTE)
    assert (found.hits, found.standing) == (25, Standing.COMPLETE)
    assert [line.description for line in search.page(0, 2)] == ["Entry 24", "Entry 23"]
    assert search.place_of(search.page(7, 1)[0].seq) == 7
    found, first = search.begin(LogQuery(text="entry 24"), MINUTE, 2)
    assert (found.hits, [line.description for line in first]) == (1, ["Entry 24"])


def test_new_entries_are_seen(search, bench):
    search.begin(LogQuery(text="entry"), MINUTE, 5)
    bench.enter_alone(bench.event(auditing.AuditType.SETTING_CHANGED, "Entry 25"))
    assert (search.catch_up().fresh, search.page(-1, 1)[0].description) == (1, "Entry 25")


def test_a_stopped_search_waits_for_leave(search):
    search.begin(LogQuery(text="entry"), 0.0, 5)
    search.interrupt()
    assert search.go_on(MINUTE).standing is Standing.PAUSED
    search.allow_more()
    assert search.go_on(MINUTE).standing is Standing.COMPLETE


def test_a_search_has_a_budget(desk):
    search = LogSearch(desk, budget=0.0)
    assert search.begin(LogQuery(text="entry"), MINUTE, 5)[0].standing is Standing.PAUSED
    search.close()


def test_the_filter_boxes_offer_what_is_in_the_log(pages):
    values = pages.values()
    assert {"Workspace created", "Folder protected", "Setting changed"} <= set(values.types)
    assert (values.packages, values.owners, values.results) == ((), ("ann",), ("Success",))


def test_nobody_reads_without_the_role_not_even_a_little(desk, bench):
    pages, search = LogPages(desk), LogSearch(desk)
    search.begin(LogQuery(text="entry"), 0.0, 5)
    bench.store.administration.assign("eve", Role.ADMINISTRATOR)
    bench.store.administration.remove("ann", Role.ADMINISTRATOR)
    uses = (
        pages.check,
        pages.bounds,
        pages.values,
        lambda: pages.head(1, newest=True),
        lambda: pages.lines(1, 2),
        lambda: pages.numbered([1]),
        lambda: search.begin(LogQuery(), MINUTE, 5),
        lambda: search.go_on(MINUTE),
        lambda: search.page(0, 5),
        search.catch_up,
        lambda: search.place_of(1),
    )
    for use in uses:
        with pytest.raises(Denied, match="ann may not read the audit log"):
            use()
    pages.close()
    search.close()
    other = LogPages(replace(desk, person=Person("eve", "")))
    other.check()
    other.close()


@pytest.mark.parametrize("text", ["x" * 100_000, "x " * 50_000, "\ud800", "% " * 60])
def test_a_search_for_nonsense_finds_nothing_or_is_refused_in_a_sentence(search, text):
    try:
        found, _ = search.begin(LogQuery(text=text), MINUTE, 5)
    except InvalidInput as error:
        sentence = error.sentence
        assert error.field == "text"  # noqa: PT017
    else:
        sentence = ""
        assert found.hits == 0
    assert len(sentence) < 200


def test_a_question_is_cleaned():
    assert checked_query(LogQuery(text="  a\tb ")).text == "a b"
    exact = LogQuery(without=((LogColumn.AT, "-5"),))
    assert checked_query(exact) == exact
    with pytest.raises(InvalidInput, match="no time of an entry"):
        checked_query(LogQuery(only=((LogColumn.AT, "noon"),)))
