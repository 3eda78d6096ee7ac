"""What a report says: every word that an auditor reads, and nothing that anybody could smuggle in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hotfix_desktop.core.hotfix_story import Opinion
from hotfix_desktop.core.verdict import AnchorSeen, Break, Finding
from hotfix_desktop.services.report_facts import Archived, Listed, ReportFacts, Sums, TypeCount, Waiting
from hotfix_desktop.ui.report_parts import Heading, Sign, Statement, Table, Tiles, Tone, plain, visible
from hotfix_desktop.ui.report_text import report_of
from hotfix_desktop.ui.report_words import LONGEST_TEXT, length, short
from tests.ui.report_samples import NOW, OPENED, entry, facts, hotfix, some, verdict

pytestmark = pytest.mark.usefixtures("qapp")


def text_of(given: ReportFacts) -> str:
    return "\n".join(plain(part) for part in report_of(given).parts)


def section(given: ReportFacts, title: str) -> str:
    """Give the text of one section."""
    parts = report_of(given).parts
    start = parts.index(Heading(title))
    following = [at for at in range(start + 1, len(parts)) if isinstance(parts[at], Heading)]
    return "\n".join(plain(part) for part in parts[start + 1 : following[0] if following else None])


def statement(given: ReportFacts) -> Statement:
    return next(part for part in report_of(given).parts if isinstance(part, Statement))


def test_an_empty_period_says_so():
    text = text_of(facts(verdict=verdict()))
    assert "No package was unlocked in this period." in text
    assert "Nothing in this period needs attention." in text
    assert "What to look at" not in text
    assert "Entries: none of 40" in text


def test_the_head_says_of_what_when_and_by_whom():
    report = report_of(some(2))
    text = "\n".join(plain(part) for part in report.parts)
    for line in (
        "Production",
        "Workspace: /srv/Pkg",
        "Period: 2026-10-01 00:00 to 2026-11-01 00:00 UTC (all times are UTC)",
        "Entries: 6, numbers 1 to 6",
        "Filter: From 2026-10-01T00:00:00Z, before 2026-11-01T00:00:00Z; nothing is left out",
        f"Log: {'ab' * 32}",
        "Made: 2026-11-23 14:02:11 UTC by eve",
        "Program: Hotfix Desktop 1.2.3",
    ):
        assert line in text.split("\n")
    assert report.footer == "Made 2026-11-23 14:02 UTC by eve · Hotfix Desktop 1.2.3"
    assert report.name == "Hotfix audit report: Production, 2026-10-01 00:00 to 2026-11-01 00:00 UTC"


def test_what_is_in_archive_files_is_said():
    assert "Archived: entries 1 to 900 are in archive files" in text_of(
        facts(archives=(Archived(1, 400, "a"), Archived(401, 900, "b")))
    )


def test_a_hotfix_says_who_what_when_how_long_and_why():
    lines = section(some(), "Hotfixes").split("\n")
    assert lines == [
        "No. | Package | Unlocked | By | Locked | Open for",
        "1 | Case | 2026-10-05 09:00 | ann | 09:20 by ann | 20 min",
        "INC-1  VAT is wrong",
    ]


@pytest.mark.parametrize(
    ("told", "cells"),
    [
        (hotfix(minutes=None), "still open | 1,181 h 2 min"),
        (hotfix(minutes=60 * 24), "2026-10-06 09:00 by ann | 24 h"),
        (replace(hotfix(), window=replace(hotfix().window, ending="relocked")), "09:20 relock | 20 min"),
        (replace(hotfix(), window=replace(hotfix().window, ending="interrupted")), "09:20 interrupted | 20 min"),
        (
            replace(hotfix(), was_open=False, window=replace(hotfix().window, ending="cancelled")),
            "cancelled, never opened | –",
        ),
        (
            replace(hotfix(), was_open=False, window=replace(hotfix().window, ending="failed")),
            "failed, never opened | –",
        ),
    ],
)
def test_how_a_hotfix_ended(told, cells):
    assert section(some(hotfixes=(told,)), "Hotfixes").split("\n")[1].endswith(cells)


def test_what_was_out_of_the_ordinary_stands_below_the_hotfix():
    objected = Opinion(True, "eve", NOW, "Who asked for it?")
    told = hotfix(
        minutes=42, extensions=(5, 10), failures=("Busy",), late_writes=("1 changed",), writers=("vim in a",),
        opinion=objected,
    )  # fmt: skip
    given = some(hotfixes=(told,), notable=(told,), notable_total=1)
    assert section(given, "Hotfixes").split("\n")[3] == (
        "Overrun by 12 min · 1 failed lock · Changed after the lock · Still open for writing at the lock"
        " · Objected to by eve · Extended by 15 min in 2 steps"
    )
    assert section(given, "Overruns, failed relocks and late writes").split("\n")[2:] == [
        "Overrun: by 12 min, due at 2026-10-05 09:30:00",
        "Lock failed: Busy",
        "Still open for writing: vim in a",
        "After the lock: 1 changed",
        "Objected to by eve: Who asked for it?",
    ]


def test_an_ordinary_hotfix_raises_no_alarm():
    (table,) = (p for p in report_of(some()).parts if isinstance(p, Table) and p.columns[1].title == "Package")
    tones = {piece.tone for row in table.rows for line in row.below for piece in line}
    assert Tone.ALARM not in tones
    assert "Every hotfix of this period ended as it should." in text_of(some())


def test_the_summary_counts_and_names_what_to_look_at():
    sums = Sums(
        opened=1200, not_opened=2, still_open=1, relocked=3, open_for=timedelta(hours=1100), overruns=2,
        worst_overrun=timedelta(minutes=9), extended=4, extension_minutes=60, failed_relocks=1, with_writers=3,
        late_writes=1, to_review=9, objected=2,
    )  # fmt: skip
    waiting = Waiting("Case", 7, "ann", "INC-1", "VAT", OPENED)
    types = (TypeCount("Drift found", 5, 5, 0), TypeCount("Unlock requested", 8, 0, 3))
    given = some(sums=sums, waiting=(waiting,), types=types, denied=Listed(3, (entry(1, "x", "y"),)), damaged=1)
    text = section(given, "Summary").split("\n")
    assert text[0] == (
        "1,200 hotfixes were open in this period, together for 1,100 h. 3 of them were locked by the program, "
        "4 were extended (by 60 minutes in all). 2 further unlocks failed or were cancelled."
    )
    assert text[text.index("What to look at") + 1 :] == [
        "1 entry cannot be read and was left out.",
        "1 package is still open.",
        "2 hotfixes were open past the deadline, by at most 9 min.",
        "1 hotfix could not be locked at the first try.",
        "Files were changed after the lock of 1 hotfix, by a program that still had them open.",
        "At the lock of 3 hotfixes a program still had files open for writing.",
        "A package was found changed while it was not unlocked: 5 times.",
        "3 attempts were refused.",
        "1 hotfix is undelivered: the next update of production may overwrite what was repaired.",
        "Auditors object to 2 hotfixes.",
        "9 hotfixes are to be reviewed.",
    ]
    tiles = {t.label: t for p in report_of(given).parts if isinstance(p, Tiles) for t in p.tiles}
    assert tiles["drift found"].value == "5"
    assert {label for label, tile in tiles.items() if tile.alarm} == {
        "still open", "overruns", "failed relocks", "changed after relock", "drift found", "refused attempts",
        "undelivered",
    }  # fmt: skip
    assert not any(t.alarm for p in report_of(some()).parts if isinstance(p, Tiles) for t in p.tiles)


def test_reviews_are_counted():
    sums = Sums(opened=6, reviewed=3, objected=1, to_review=2)
    assert section(some(sums=sums), "Reviews") == (
        "Of the hotfixes of this period 3 were reviewed, 1 was objected to, and 2 wait for an auditor. "
        "The objections stand with the hotfixes above."
    )


def test_entries_are_listed_with_their_numbers():
    given = some(denied=Listed(1, (entry(12, "Unlock requested", "Refused: unlock. bob may not"),)))
    assert section(given, "Refused attempts").split("\n")[1:] == [
        "12 | 2026-10-05 09:00:00 | Unlock requested | Case | bob",
        "Refused: unlock. bob may not",
    ]
    assert section(some(), "Refused attempts") == "Nothing was refused."


def test_a_list_that_is_cut_says_so():
    said = "Only the newest 1 of 2,310 hotfixes are listed"
    assert said in section(some(sums=Sums(opened=2310)), "Hotfixes")
    assert "Only the newest" not in text_of(some(3))
    many = Listed(400, tuple(entry(n, "Drift found", "changed") for n in range(1, 201)))
    assert "Only the newest 200 of 400 entries are listed" in section(some(drift=many), "Drift")


def test_a_whole_log_is_stated_with_what_that_rests_on():
    stated = statement(some(verdict=verdict(), last=40))
    assert stated.sign is Sign.GOOD
    assert stated.headline == "The log is whole up to entry 40."
    assert stated.lines == (
        "Entries 1 to 40 form one unbroken chain. Verified at 2026-11-23 14:02:11 UTC.",
        "Signed up to entry 40 at 2026-11-23 14:02:11 UTC by the key 7F3A 0C11 92BE 44D0, "
        "which is kept in the keyring of this computer.",
        "A copy up to entry 40 was compared: /anchors/log.",
    )
    assert report_of(some(verdict=verdict())).header[1] == "Log whole up to entry 40"


def test_what_was_verified_earlier_and_what_came_later_is_said():
    keys = (TypeCount("Signing key changed", 32, 1, 0),)
    lines = statement(some(verdict=verdict(since=30), last=43, types=keys)).lines
    assert "those from 30 on were read again" in lines[0]
    assert lines[-2] == "31 signing keys came into force in this period; each is good for one day of use."
    assert (
        lines[-1]
        == "3 entries of this period are newer than that, as the entry of every verification is, and not verified."
    )


def test_a_broken_log_is_stated_loudest():
    finding = Finding(Break.TRUNCATED, 12, 20, "The copy covers 20 entries; the log has 11.")
    given = some(verdict=verdict(finding=finding, renewed_at=8))
    stated = statement(given)
    assert stated.sign is Sign.BAD
    assert stated.headline == "The log is broken at an entry from 12 to 20: truncated."
    assert stated.lines[0] == "The copy covers 20 entries; the log has 11."
    assert "No package can be unlocked until" in stated.lines[3]
    assert "At entry 8 the signing keys began anew" in stated.lines[-1]
    assert report_of(given).header[1] == "Log broken at entry 12"
    assert "The log is broken: nothing below is proven" in section(given, "Summary")
    changed = statement(some(verdict=verdict(finding=Finding(Break.CHANGED, 12, 12, "It differs."))))
    assert changed.headline == "The log is broken at entry 12: changed."
    assert not any("unlocked until" in line for line in changed.lines)


def test_a_log_that_nobody_signed_or_verified_is_not_called_whole():
    unsigned = statement(some(verdict=verdict(signed_upto=0, signed_at=None, signed_by="", anchors=())))
    assert unsigned.sign is Sign.UNKNOWN
    assert unsigned.headline == "The chain of the log is whole, but nothing has signed it."
    assert "could have written the whole chain anew" in unsigned.lines[1]
    assert "newest entries that are missing would go unnoticed" in unsigned.lines[2]
    unverified = statement(some())
    assert unverified.sign is Sign.UNKNOWN
    assert unverified.headline == "The log was not verified for this report."
    assert report_of(some()).header[1] == "Log not verified"


def test_the_anchors_and_the_newest_checkpoint_are_printed_whole():
    note = (
        "hotfix-desktop/abab\n40\nroot=\nchain head=\ntime 2026-11-23T14:02:11.000000Z\n\n— hotfix-desktop/abab sig=\n"
    )
    late = AnchorSeen("/d", 38, NOW, "It has copies only from entry 30 on.")
    seen = (AnchorSeen("/a", 40, NOW), AnchorSeen("/b", problem="The folder is not there."), AnchorSeen("/c"), late)
    lines = section(some(verdict=verdict(anchors=seen), note=note), "Integrity of the log").split("\n")
    assert lines[-7:] == note.rstrip("\n").split("\n")
    assert "/a | 40 | 2026-11-23 14:02:11 UTC" in lines
    assert lines[lines.index("/b | – | no copy compared") + 1] == "The folder is not there."
    assert lines[lines.index("/d | 38 | 2026-11-23 14:02:11 UTC") + 1] == "It has copies only from entry 30 on."
    assert "/c | none yet | –" in lines


def test_nothing_that_was_typed_becomes_markup_or_hides():
    told = hotfix(package="<b>Case</b>", writers=("<img src=x>",))
    window = replace(told.window, reason="a & b <script> \u202egnp.exe\u202c \x07 soft\u00adhyphen", ticket="<i>")
    told = replace(told, window=window)
    text = section(some(hotfixes=(told,), notable=(told,), notable_total=1), "Hotfixes")
    assert "<b>Case</b>" in text
    assert "<i>  a & b <script> ⟨U+202E⟩gnp.exe⟨U+202C⟩ ⟨U+0007⟩ soft⟨U+00AD⟩hyphen" in text
    assert visible("Більше 数据 é") == "Більше 数据 é"


def test_a_text_that_nobody_reads_on_paper_is_cut_with_a_sign():
    assert short("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    cut = short("x" * (LONGEST_TEXT + 1))
    assert len(cut) == LONGEST_TEXT
    assert cut.endswith("x…")


@pytest.mark.parametrize(
    ("lasted", "said"),
    [
        (timedelta(seconds=20), "20 s"),
        (timedelta(minutes=45, seconds=59), "45 min"),
        (timedelta(hours=31, minutes=12), "31 h 12 min"),
        (timedelta(days=50), "1,200 h"),
        (timedelta(seconds=-1), "0 s"),
    ],
)
def test_how_long_it_lasted(lasted, said):
    assert length(lasted) == said
