"""Patterns of ticket numbers: useful ones pass, ones that could freeze the program are refused."""

from __future__ import annotations

import pytest

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.patterns import compile_safely
from hotfix_desktop.core.settings import Settings, check_ticket, normal_text, spec_of


@pytest.mark.parametrize(
    ("pattern", "ticket"),
    [
        (r"INC-\d{4,8}", "INC-4821"),
        (r"[A-Z]{2,5}-[0-9]+", "CRM-7"),
        (r"(INC|REQ|CHG)\d{7}", "REQ0012345"),
        (r"(?:INC|REQ)-?\d+", "INC12"),
        (r"\w+/\w+#\d+", "team/repo#12"),
        (r"(?:[A-F0-9]{4}-){3}[A-F0-9]{4}", "AB12-CD34-EF56-0099"),
        (r"INC(-\d+)?", "INC-1"),
    ],
)
def test_a_useful_pattern_passes(pattern, ticket):
    assert compile_safely(pattern).fullmatch(ticket)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a+)+", "repeats a repetition"),
        ("(a*)*b", "repeats a repetition"),
        ("((a?)b)*", "repeats a repetition"),
        ("(?:a{1,9}){1,9}", "repeats a repetition"),
        ("(a|aa)+", "repeats a choice"),
        (r"(a+)\1", "refers back"),
        ("a*a*a*a*b", "more than 3 open repetitions"),
        ("(?=(a+)+)b", "repeats a repetition"),
        ("[", "is not a regular expression"),
        ("(" * 5000, "is not a regular expression"),
        ("a{99999999999}", "is not a regular expression"),
    ],
)
def test_a_pattern_that_could_freeze_the_program_is_refused(pattern, reason):
    with pytest.raises(ValueError, match=reason):
        compile_safely(pattern)


def test_the_setting_refuses_it_with_a_sentence():
    with pytest.raises(InvalidInput, match=r"^The pattern of ticket numbers repeats a repetition.*\.$") as refused:
        normal_text(spec_of("HotfixTicketPattern"), "(a+)+")
    assert refused.value.field == "HotfixTicketPattern"


def test_a_ticket_must_match_as_a_whole():
    settings = Settings(ticket_pattern=r"INC-\d+")
    assert check_ticket(" INC-1 ", settings) == "INC-1"
    with pytest.raises(InvalidInput, match="must look like"):
        check_ticket("INC-1 or so", settings)
