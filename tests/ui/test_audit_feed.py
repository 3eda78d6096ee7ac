"""The feed of the audit log: questions, answers that come in pieces, growth, stops and failures."""

import shutil

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled, StoreError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.log_source import LogSource
from hotfix_desktop.services import log_reading
from hotfix_desktop.services.log_reading import Bounds, Found, LogDesk, Standing
from hotfix_desktop.store import log_scan
from hotfix_desktop.store.store import Store
from hotfix_desktop.ui.audit_feed import AuditFeed, FeedState
from hotfix_desktop.ui.audit_model import PAGE, AuditModel
from tests.long_log import RARE, make_long_log
from tests.ui.audit_log import enter, event_of, line_of, make_log

ENTRIES = 1000
MILLIONS = 5_000_000
ANN = LogQuery(only=((LogColumn.OWNER, "ann"),))


@pytest.fixture(scope="session")
def thousand(tmp_path_factory):
    return make_log(tmp_path_factory.mktemp("feed") / "log.sqlite3", ENTRIES)


@pytest.fixture(scope="session")
def millions(tmp_path_factory):
    path = make_long_log(tmp_path_factory.mktemp("millions") / "log.sqlite3", MILLIONS)
    yield path
    shutil.rmtree(path.parent)


@pytest.fixture
def path(thousand, tmp_path):
    return shutil.copy(thousand, tmp_path / "log.sqlite3")


@pytest.fixture
def opened(qapp):
    """Opens a log; everything is closed at the end."""
    sources = []

    def open_log(path):
        source = LogSource(LogDesk(path, Person("cleo", "10.0.0.7")))
        sources.append(source)
        return AuditFeed(source, AuditModel(lambda result: QIcon()))

    yield open_log
    for source in sources:
        source.close()


@pytest.fixture
def feed(opened, path):
    return opened(path)


def settled(feed):
    return feed.state in (FeedState.COMPLETE, FeedState.PAUSED, FeedState.FAILED)


@pytest.fixture
def answer(qtbot):
    """Asks and waits for the whole answer."""

    def ask(feed, query):
        with qtbot.waitSignal(feed.answered):
            feed.ask(query)
        qtbot.waitUntil(lambda: settled(feed))

    return ask


@pytest.fixture
def numbers(qtbot):
    """Gives the numbers of the entries in some rows, once they are read."""

    def read(feed, rows):
        model = feed._model
        qtbot.waitUntil(lambda: None not in [model.line(row) for row in rows])
        return [model.line(row).seq for row in rows]

    return read


def test_the_whole_log_needs_no_search(feed, answer, numbers):
    answer(feed, LogQuery())
    assert (feed.total, feed.matching, feed.state) == (ENTRIES, ENTRIES, FeedState.COMPLETE)
    assert feed._model.rowCount() == ENTRIES
    assert numbers(feed, (0, 999, 500)) == [1000, 1, 500]
    assert feed.numbers() == "1,000 entries"
    answer(feed, LogQuery(descending=False))
    assert numbers(feed, (0, 999, 500)) == [1, 1000, 501]


def test_a_filter_is_searched_for(feed, answer, numbers):
    answer(feed, ANN)
    expected = [n for n in range(ENTRIES, 0, -1) if (n - 1) // 3 % 3 == 0]
    assert feed._model.rowCount() == len(expected)
    assert numbers(feed, range(len(expected))) == expected
    assert feed.numbers() == f"{len(expected)} of 1,000 entries"


def test_an_order_is_searched_for_and_is_everything(feed, answer, numbers):
    answer(feed, LogQuery(sort=LogColumn.OWNER))
    assert numbers(feed, (0,)) == [max(n for n in range(1, 1001) if (n - 1) // 3 % 3 == 2)]
    assert feed.numbers() == "1,000 entries"


def test_before_an_answer_nothing_is_known(feed, qtbot):
    assert feed.numbers() == "…"
    with qtbot.waitSignal(feed.answered):
        feed.ask(LogQuery())
        assert feed.state is FeedState.ASKED
    feed.ask(ANN)
    assert feed.numbers() == "… of 1,000 entries"
    assert feed._model.rowCount() == ENTRIES  # the old answer is shown until then


def test_only_the_last_question_counts(feed, qtbot):
    answers = []
    feed.answered.connect(lambda: answers.append(feed.matching))
    for text in ("i", "in", "inc"):
        feed.ask(LogQuery(text=text))
    feed.ask(LogQuery(text="INC-4821"))
    qtbot.waitUntil(lambda: settled(feed))
    whole = feed.matching
    feed.ask(LogQuery())
    qtbot.waitUntil(lambda: feed.matching == ENTRIES)
    assert answers == [whole, ENTRIES]
    assert 0 < whole < ENTRIES


def test_new_entries_come_on_top_of_the_whole_log(feed, answer, path, qtbot, numbers):
    answer(feed, LogQuery())
    enter(path, event_of(1), event_of(2))
    with qtbot.waitSignal(feed.grew):
        feed.catch_up()
    assert (feed.total, feed._model.rowCount()) == (1002, 1002)
    assert numbers(feed, (0, 1, 2, 1001)) == [1002, 1001, 1000, 1]


def test_new_entries_come_below_where_the_oldest_is_first(feed, answer, path, qtbot, numbers):
    answer(feed, LogQuery(descending=False))
    enter(path, event_of(1))
    with qtbot.waitSignal(feed.grew):
        feed.catch_up()
    assert numbers(feed, (0, 1000)) == [1, 1001]


def test_new_entries_that_fit_come_on_top(feed, answer, path, qtbot, numbers):
    answer(feed, ANN)
    before = feed.matching
    enter(path, event_of(1, owner="ann"), event_of(2, owner="bob"), event_of(3, owner="ann"))
    with qtbot.waitSignal(feed.grew):
        feed.catch_up()
    assert (feed.total, feed.matching) == (1003, before + 2)
    assert numbers(feed, (0, 1, 2)) == [1003, 1001, 1000]


def test_new_entries_are_counted_where_their_place_is_in_between(feed, answer, path, qtbot):
    query = LogQuery(sort=LogColumn.PACKAGE)
    answer(feed, query)
    enter(path, event_of(1), event_of(2))
    with qtbot.waitSignal(feed.grew):
        feed.catch_up()
    assert (feed.newer, feed.total, feed._model.rowCount()) == (2, 1002, 1000)
    with qtbot.waitSignal(feed.answered):
        feed.show_newer()
    qtbot.waitUntil(lambda: feed.state is FeedState.COMPLETE)
    assert (feed.newer, feed._model.rowCount()) == (0, 1002)


def test_growth_while_an_answer_is_on_its_way_is_not_missed(feed, path, qtbot):
    feed.ask(LogQuery())
    enter(path, event_of(1))
    feed.catch_up()
    feed.catch_up()
    qtbot.waitUntil(lambda: feed.total == 1001)
    assert feed._model.rowCount() == 1001


def test_an_entry_is_found_wherever_it_stands(feed, answer, qtbot):
    placed = []
    feed.placed.connect(placed.append)
    answer(feed, LogQuery())
    feed.find(3)
    feed.find(2000)
    assert placed == [997, -1]
    query = LogQuery(text="package", sort=LogColumn.DESCRIPTION)
    answer(feed, query)
    model = feed._model
    qtbot.waitUntil(lambda: model.line(model.rowCount() - 1) is not None)
    last = model.line(model.rowCount() - 1).seq
    model.show_answer(model.rowCount(), ())  # so that it has to be asked for
    with qtbot.waitSignal(feed.placed):
        feed.find(last)
    with qtbot.waitSignal(feed.placed):
        feed.find(ENTRIES * 2)
    assert placed[2:] == [model.rowCount() - 1, -1]


# Over millions


def test_millions_are_shown_by_number(opened, millions, answer, numbers):
    feed = opened(millions)
    answer(feed, LogQuery())
    assert feed._model.rowCount() == MILLIONS
    assert numbers(feed, (0, MILLIONS // 2, MILLIONS - 1)) == [MILLIONS, MILLIONS // 2, 1]
    assert feed.numbers() == "5,000,000 entries"


def test_the_rare_are_found_among_millions(opened, millions, answer, numbers):
    feed = opened(millions)
    query = LogQuery(only=((LogColumn.TYPE, AuditType.RELOCK_FAILED.value),))
    answer(feed, query)
    rare = list(range(7, MILLIONS, RARE))[::-1]
    assert feed._model.rowCount() == len(rare) == 5
    assert numbers(feed, range(5)) == rare
    assert feed.examined < MILLIONS


def test_millions_of_hits_can_be_scrolled_while_they_are_found(opened, millions, qtbot, numbers):
    feed = opened(millions)
    rows = []
    feed.answered.connect(lambda: rows.append(feed._model.rowCount()))
    feed.grew.connect(lambda: rows.append(feed._model.rowCount()))
    with qtbot.waitSignal(feed.answered):
        feed.ask(LogQuery(without=((LogColumn.TYPE, AuditType.RELOCK_FAILED.value),)))
    assert feed.state is FeedState.SEARCHING
    assert 0 < feed._model.rowCount() < MILLIONS
    assert "so far of 5,000,000 entries" in feed.numbers()
    assert numbers(feed, (0, 300)) == [MILLIONS, MILLIONS - 300]
    qtbot.waitUntil(lambda: settled(feed), timeout=30_000)
    assert feed._model.rowCount() == MILLIONS - 5
    assert rows == sorted(rows)
    assert numbers(feed, (MILLIONS - 6,)) == [1]


def test_a_search_is_stopped_and_goes_on(opened, millions, qtbot):
    feed = opened(millions)
    query = LogQuery(without=((LogColumn.TYPE, AuditType.RELOCK_FAILED.value),))
    with qtbot.waitSignal(feed.answered):
        feed.ask(query)
    feed.stop()
    qtbot.waitUntil(lambda: feed.state is FeedState.PAUSED)
    found = feed.matching
    assert 0 < found < MILLIONS - 5
    feed.stop()  # again does nothing
    feed.go_on()
    assert feed.state is FeedState.SEARCHING
    qtbot.waitUntil(lambda: settled(feed), timeout=30_000)
    assert (feed.state, feed.matching) == (FeedState.COMPLETE, MILLIONS - 5)
    feed.go_on()  # nothing is left
    assert feed.state is FeedState.COMPLETE


def test_a_search_past_its_time_says_so(opened, millions, qtbot, monkeypatch):
    monkeypatch.setattr(log_reading.LogSearch.__init__, "__defaults__", (0.0,))
    feed = opened(millions)
    with qtbot.waitSignal(feed.answered):
        feed.ask(LogQuery(sort=LogColumn.DESCRIPTION))
    qtbot.waitUntil(lambda: settled(feed))
    assert feed.state is FeedState.PAUSED
    assert feed._model.rowCount() == 0


def test_the_next_question_stops_the_search(opened, millions, answer, qtbot):
    feed = opened(millions)
    feed.ask(LogQuery(sort=LogColumn.DESCRIPTION))  # one statement of seconds
    qtbot.waitUntil(lambda: feed._source._search is not None and feed._source._search._scan._interruptible)
    answer(feed, LogQuery(only=((LogColumn.TYPE, AuditType.RELOCK_FAILED.value),)))
    assert feed.matching == 5


# Failures


class HandSource(QObject):
    """Answers when the test says so."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.interrupted = 0

    def interrupt(self):
        self.interrupted += 1

    def __getattr__(self, name):
        def ask(*of, **more):
            job = Job(self)
            self.asked.append((name, of, job))
            return job

        if name in ("head", "lines", "bounds", "search", "go_on", "allow_more", "hits", "catch_up", "place_of"):
            return ask
        raise AttributeError(name)

    def last(self, name):
        return next(job for asked, _, job in reversed(self.asked) if asked == name)


@pytest.fixture
def hand(qapp):
    source = HandSource()
    feed = AuditFeed(source, AuditModel(lambda result: QIcon()))
    feed.failures = []
    feed.failed.connect(feed.failures.append)
    return source, feed


TROUBLE = StoreError("The audit database cannot be read.")


def found(standing=Standing.RUNNING, hits=0, fresh=0, examined=100):
    return Found(ANN, Bounds(1, 1000), hits, fresh, 0, examined, standing)


def test_a_question_that_fails_shows_nothing_and_is_asked_again(hand):
    source, feed = hand
    feed.ask(LogQuery())
    source.last("head").done.emit((Bounds(1, 5), [line_of(seq) for seq in range(5, 0, -1)]))
    feed.ask(ANN)
    source.last("search").failed.emit(TROUBLE)
    assert (feed.state, feed._model.rowCount(), feed.failures) == (FeedState.FAILED, 0, [TROUBLE])
    assert feed.numbers() == "… of 5 entries"
    feed.retry()
    assert source.asked[-1][0] == "search"
    assert feed.state is FeedState.ASKED


def test_a_search_that_breaks_off_fails_as_a_whole(hand):
    source, feed = hand
    feed.ask(ANN)
    source.last("search").done.emit((found(hits=1), [line_of(5)]))
    source.last("go_on").failed.emit(TROUBLE)
    assert (feed.state, feed._model.rowCount()) == (FeedState.FAILED, 0)


def test_two_slices_of_a_search_wait_and_none_after_the_end(hand):
    source, feed = hand
    feed.ask(ANN)
    source.last("search").done.emit((found(hits=1), [line_of(5)]))
    slices = [job for name, _, job in source.asked if name == "go_on"]
    assert len(slices) == 2
    slices[0].done.emit(found(hits=3))
    assert sum(name == "go_on" for name, _, _ in source.asked) == 3
    slices[1].done.emit(found(Standing.COMPLETE, hits=4))
    assert sum(name == "go_on" for name, _, _ in source.asked) == 3
    source.last("go_on").done.emit(found(Standing.COMPLETE, hits=4))
    assert (feed._model.rowCount(), feed.state) == (4, FeedState.COMPLETE)


def test_a_page_that_fails_is_asked_for_again_only_by_the_user(hand, qtbot):
    source, feed = hand
    feed.ask(LogQuery())
    source.last("head").done.emit((Bounds(1, 5000), [line_of(seq) for seq in range(5000, 4800, -1)]))
    model = feed._model
    with qtbot.waitSignal(model.needs):
        model.line(3000)
    source.last("lines").failed.emit(TROUBLE)
    asked = len(source.asked)
    with qtbot.waitSignal(model.needs):
        model.line(3000)
        model.line(1000)
    assert len(source.asked) == asked
    assert feed.failures == [TROUBLE]
    assert feed.state is FeedState.COMPLETE
    feed.retry()
    name, of, job = source.asked[-1]
    assert (name, of) == ("lines", (3801, 4000))
    job.done.emit([line_of(seq) for seq in range(3801, 4001)])
    assert model.line(1000).seq == 4000


def test_catching_up_that_fails_is_done_again(hand):
    source, feed = hand
    feed.ask(LogQuery())
    source.last("head").done.emit((Bounds(1, 2), [line_of(2), line_of(1)]))
    feed.catch_up()
    source.last("bounds").failed.emit(TROUBLE)
    assert feed._model.rowCount() == 2
    feed.retry()
    source.last("bounds").done.emit(Bounds(1, 3))
    assert feed._model.rowCount() == 3


def test_what_is_cancelled_is_no_failure(hand):
    source, feed = hand
    feed.ask(LogQuery())
    source.last("head").failed.emit(Cancelled())
    assert feed.failures == []
    feed.catch_up()
    assert source.asked[-1][0] == "head"


def test_an_answer_to_an_older_question_is_dropped(hand):
    source, feed = hand
    feed.ask(ANN)
    old = source.last("search")
    feed.ask(LogQuery())
    assert old.progress.cancelled
    assert source.interrupted == 1
    old.done.emit((found(hits=1), [line_of(5)]))
    old.failed.emit(TROUBLE)
    assert (feed.state, feed.failures) == (FeedState.ASKED, [])


def test_what_was_archived_meanwhile_goes_at_the_bottom(hand):
    source, feed = hand
    feed.ask(LogQuery())
    source.last("head").done.emit((Bounds(1, 5), [line_of(seq) for seq in range(5, 0, -1)]))
    feed.catch_up()
    source.last("bounds").done.emit(Bounds(3, 6))
    assert (feed._model.rowCount(), feed.total) == (4, 4)
    assert feed._model.line(1).seq == 5
    feed.catch_up()
    source.last("bounds").done.emit(Bounds(1, 2))  # another log altogether
    assert source.asked[-1][0] == "head"


def test_a_log_whose_beginning_was_archived(hand):
    source, feed = hand
    feed.ask(LogQuery(descending=False))
    source.last("head").done.emit((Bounds(501, 1500), [line_of(seq) for seq in range(501, 501 + PAGE)]))
    assert (feed.total, feed._model.rowCount()) == (1000, 1000)
    assert feed._model.line(0).seq == 501
    assert feed._model.known_row_of(1500) == 999
    assert feed._model.known_row_of(500) == -1


def test_somebody_whose_role_was_taken_away_is_told(feed, answer, path, qtbot):
    answer(feed, ANN)
    store = Store(path)
    store.administration.remove("cleo", Role.AUDITOR)
    store.close()
    with qtbot.waitSignal(feed.failed) as told:
        feed.catch_up()
    assert "may not read the audit log" in told.args[0].sentence
    with qtbot.waitSignal(feed.failed):
        feed.ask(LogQuery())
    assert feed._model.rowCount() == 0


def test_a_text_that_cannot_be_asked_is_told(feed, qtbot):
    with qtbot.waitSignal(feed.failed) as told:
        feed.ask(LogQuery(text="x" * 300))
    assert "at most 250 characters" in told.args[0].sentence
    with qtbot.waitSignal(feed.failed) as told:
        feed.ask(LogQuery(only=((LogColumn.AT, "yesterday"),)))
    assert "no time of an entry" in told.args[0].sentence


def test_slices_are_short(monkeypatch):
    # A page of hits waits for two of them at most, and for the chunk that runs.
    from hotfix_desktop.runtime import log_source

    assert 2 * log_source.SLICE + log_scan.LONG < 0.1
