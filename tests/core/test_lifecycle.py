"""The rules of a package's life: who may be unlocked, locked, extended, and with which words it is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import InvalidInput, Refused
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.lifecycle import (
    OPEN_STATES,
    Hotfix,
    HotfixState,
    Kept,
    PackageState,
    PackageStatus,
    backoff_seconds,
    extension_minutes,
    standing_state,
    unlock_request,
    why_not_extend,
    why_not_lock,
    why_not_unlock,
)
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.settings import Settings

START = Moment(datetime(2026, 1, 1, tzinfo=UTC), 10**9, "boot")
CASE = FoundPackage("Case", "Case", "u-1")


def after(minutes: float) -> Moment:
    step = timedelta(minutes=minutes)
    return Moment(START.utc + step, START.boot_us + step // timedelta(microseconds=1), "boot")


def open_hotfix(extended: int = 0) -> Hotfix:
    lease = Lease.starting(START, 30)
    return Hotfix(
        number=1,
        package_id=1,
        package_key="Case",
        package_name="Case",
        reason="a button fails",
        ticket="",
        opened_by="ann",
        lease=lease.extended(extended),
        state=HotfixState.OPEN,
        extended_minutes=extended,
    )


def status(state: PackageState, **more) -> PackageStatus:
    return PackageStatus(1, more.pop("found", CASE), state, **more)


# The wish to unlock


def test_a_sound_request_is_cleaned():
    request = unlock_request("  the  button\nfails ", " RND-1 ", " 45 ", Settings())
    assert (request.reason, request.ticket, request.minutes) == ("the button fails", "RND-1", 45)


def test_without_minutes_the_setting_counts():
    assert unlock_request("why", "", None, Settings(package_hotfix_timeout=7)).minutes == 7


@pytest.mark.parametrize("reason", ["", "   ", "\t\n\r", "\u2003\u00a0", "\x00\x1f"])
def test_a_reason_of_blanks_is_refused(reason):
    with pytest.raises(InvalidInput, match=r"^A reason is needed to unlock a package\.$") as caught:
        unlock_request(reason, "", None, Settings())
    assert caught.value.field == "reason"


def test_a_reason_may_have_two_thousand_characters_and_no_more():
    assert len(unlock_request("x" * 2000, "", None, Settings()).reason) == 2000
    with pytest.raises(InvalidInput, match=r"^A reason can have at most 2,000 characters; this one has 2,001\.$"):
        unlock_request("x" * 2001, "", None, Settings())


@pytest.mark.parametrize("field", ["reason", "ticket", "minutes"])
def test_a_hundred_thousand_characters_are_refused_with_a_short_sentence_in_every_field(field):
    texts = {"reason": "why", "ticket": "", "minutes": "30", field: "9" * 100_000}
    with pytest.raises(InvalidInput) as caught:
        unlock_request(settings=Settings(), **texts)
    assert caught.value.field == field
    assert len(caught.value.sentence) < 150


@pytest.mark.parametrize("field", ["reason", "ticket"])
def test_half_a_surrogate_pair_is_refused(field):
    texts = {"reason": "why", "ticket": "", "minutes": None, field: "a\ud800b"}
    with pytest.raises(InvalidInput, match="half of a pair") as caught:
        unlock_request(settings=Settings(), **texts)
    assert caught.value.field == field


NONSENSE = ["0", "-1", "1441", "1e9", "abc", "", " ", "５", "٣", "1.5", "30m", "0x1e", "1_0", "30\n30", "+", "²"]


@pytest.mark.parametrize("minutes", [*NONSENSE, 0, -1, 1_000_000_000, 1e9, 1.5, True, float("nan"), "9" * 5000])
def test_minutes_that_are_nonsense_are_refused_with_the_limits(minutes):
    with pytest.raises(InvalidInput, match="must be whole minutes from 1 to 1,440, not") as caught:
        unlock_request("why", "", minutes, Settings())
    assert caught.value.field == "minutes"


@pytest.mark.parametrize(("minutes", "expected"), [("1", 1), (1440, 1440), ("+5", 5), ("007", 7), (" 30\n", 30)])
def test_minutes_that_make_sense_are_taken(minutes, expected):
    assert unlock_request("why", "", minutes, Settings()).minutes == expected


@given(st.integers() | st.text(max_size=12))
def test_whatever_is_typed_as_minutes_gives_one_to_1440_or_a_sentence(minutes):
    field = ""
    try:
        granted = unlock_request("why", "", minutes, Settings()).minutes
    except InvalidInput as error:
        granted, field = 1, error.field
    assert 1 <= granted <= 1440
    assert field in ("", "minutes")


def test_a_ticket_is_needed_when_the_settings_say_so():
    with pytest.raises(InvalidInput, match="ticket number is needed") as caught:
        unlock_request("why", "  ", None, Settings(ticket_required=True))
    assert caught.value.field == "ticket"
    assert unlock_request("why", "any", None, Settings(ticket_required=True)).ticket == "any"
    assert unlock_request("why", " ", None, Settings()).ticket == ""


@pytest.mark.parametrize("ticket", ["RND-12x", "xRND-12", "rnd-12", "RND-"])
def test_a_ticket_has_to_fit_the_pattern_as_a_whole(ticket):
    ruled = Settings(ticket_pattern=r"RND-\d+")
    assert unlock_request("why", "RND-12", None, ruled).ticket == "RND-12"
    with pytest.raises(InvalidInput, match=r"must look like RND-\\d\+"):
        unlock_request("why", ticket, None, ruled)


def test_the_pattern_does_not_make_a_ticket_necessary():
    assert unlock_request("why", "", None, Settings(ticket_pattern=r"RND-\d+")).ticket == ""


# What a package is


@pytest.mark.parametrize(
    ("found", "kept", "locked", "expected"),
    [
        (CASE, Kept.NO, False, PackageState.BLOCKED),
        (CASE, Kept.NO, True, PackageState.LOCKED),
        (CASE, Kept.CUSTOM, False, PackageState.MODIFIABLE),
        (CASE, Kept.MARKED, True, PackageState.MODIFIABLE),
        (CASE, Kept.NEW, False, PackageState.MODIFIABLE),
        (replace(CASE, synchronised=False), Kept.NEW, False, PackageState.NOT_SYNCHRONISED),
        (replace(CASE, problem="Two packages have this name."), Kept.NO, True, PackageState.NOT_SYNCHRONISED),
    ],
)
def test_a_package_without_a_hotfix_is_what_its_facts_say(found, kept, locked, expected):
    assert standing_state(found, kept, locked) is expected


def test_only_an_open_package_says_when_it_was_opened():
    hotfix = open_hotfix()
    assert status(PackageState.UNLOCKED, hotfix=hotfix).opened == START.utc
    assert status(PackageState.OVERDUE, hotfix=hotfix).opened == START.utc
    assert status(PackageState.LOCKED, hotfix=hotfix).opened is None
    assert status(PackageState.LOCKED, hotfix=hotfix).name == "Case"


# Why not


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (status(PackageState.BLOCKED), ""),
        (status(PackageState.LOCKED), ""),
        (status(PackageState.UNLOCKED), "Case is already unlocked for a hotfix."),
        (status(PackageState.OVERDUE), "Case is already unlocked for a hotfix."),
        (
            status(PackageState.MODIFIABLE, kept=Kept.NEW),
            "Case is new and not protected yet, so there is nothing to unlock.",
        ),
        (
            status(PackageState.MODIFIABLE, kept=Kept.CUSTOM),
            "Case is modifiable: it was never closed, so there is nothing to unlock.",
        ),
        (
            status(PackageState.NOT_SYNCHRONISED, found=replace(CASE, synchronised=False)),
            "Case is not synchronised and cannot be unlocked. Its folder holds files but no descriptor.json.",
        ),
        (
            status(PackageState.NOT_SYNCHRONISED, found=replace(CASE, problem="It has no UId.")),
            "Case is not synchronised and cannot be unlocked. It has no UId.",
        ),
        (status(PackageState.BLOCKED, missing=True), "Case cannot be unlocked: its folder is not there."),
    ],
)
def test_every_state_says_why_it_cannot_be_unlocked_or_nothing(seen, sentence):
    assert why_not_unlock(seen) == sentence


@pytest.mark.parametrize("state", PackageState)
def test_only_what_is_open_can_be_locked_and_extended(state):
    seen = status(state, hotfix=open_hotfix())
    refusals = (why_not_lock(seen), why_not_extend(seen, Settings(), after(1)))
    if state in OPEN_STATES:
        assert refusals == ("", "")
    else:
        assert refusals == (
            "Case is not unlocked, so there is nothing to lock.",
            "Case is not unlocked, so there is nothing to extend.",
        )


# More time


def test_an_extension_adds_the_step_or_what_was_asked_for():
    assert extension_minutes(open_hotfix(), None, Settings(), after(1)) == 15
    assert extension_minutes(open_hotfix(), "20", Settings(), after(1)) == 20
    assert extension_minutes(open_hotfix(), 60, Settings(), after(1)) == 60


def test_the_last_extension_adds_only_what_the_limit_leaves():
    assert extension_minutes(open_hotfix(extended=50), None, Settings(), after(1)) == 10
    with pytest.raises(InvalidInput, match="from 1 to 10, not “11”") as caught:
        extension_minutes(open_hotfix(extended=50), 11, Settings(), after(1))
    assert caught.value.field == "minutes"


def test_a_hotfix_that_was_extended_to_the_limit_gets_no_more():
    with pytest.raises(Refused, match="extended by 60 minutes already, which is all that the settings allow"):
        extension_minutes(open_hotfix(extended=60), None, Settings(), after(1))


def test_a_limit_that_was_lowered_meanwhile_counts():
    with pytest.raises(Refused, match="by 30 minutes already"):
        extension_minutes(open_hotfix(extended=30), 1, Settings(extension_limit=20), after(1))


def test_no_extension_is_given_when_the_settings_allow_none():
    with pytest.raises(Refused, match="The settings allow no extensions"):
        extension_minutes(open_hotfix(), None, Settings(extension_limit=0), after(1))


def test_what_is_due_cannot_be_extended_any_more():
    assert extension_minutes(open_hotfix(), None, Settings(), after(29.9)) == 15
    with pytest.raises(Refused, match="The time of Case is over"):
        extension_minutes(open_hotfix(), None, Settings(), after(30))


@pytest.mark.parametrize("minutes", NONSENSE)
def test_nonsense_as_an_extension_is_refused(minutes):
    with pytest.raises(InvalidInput, match="An extension of Case must be whole minutes"):
        extension_minutes(open_hotfix(), minutes, Settings(extension_limit=1440), after(1))


@given(
    extended=st.integers(0, 1440),
    step=st.integers(1, 1440),
    limit=st.integers(0, 1440),
    asked=st.none() | st.integers(),
)
def test_all_extensions_together_never_pass_the_limit(extended, step, limit, asked):
    hotfix = open_hotfix(extended=extended)
    try:
        added = extension_minutes(hotfix, asked, Settings(extension_step=step, extension_limit=limit), after(1))
    except Refused:
        return
    assert 1 <= added <= limit - extended


# Trying again


def test_failed_relocks_wait_twice_as_long_each_time_up_to_thirty_seconds():
    assert [backoff_seconds(n) for n in range(9)] == [1, 1, 2, 4, 8, 16, 30, 30, 30]


def test_there_is_no_number_of_failures_after_which_it_gives_up():
    assert backoff_seconds(10**9) == 30
