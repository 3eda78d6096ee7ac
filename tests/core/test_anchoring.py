"""Comparing copies of checkpoints with a log: a pure rule, tried on logs that are only numbers and hashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.anchoring import (
    OWN,
    Acknowledgement,
    Compared,
    Copy,
    LogFacts,
    compare,
    copies_in,
    judge,
    unsettled,
)
from hotfix_desktop.core.checkpoints import Checkpoint, signed
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.verdict import Break

LOG, OTHER = b"\x01" * 32, b"\x02" * 32
AT = datetime(2026, 3, 29, 12, tzinfo=UTC)


def head(size: int, branch: int = 0) -> bytes:
    return bytes([branch]) + size.to_bytes(31, "big")


def copy(size: int, branch: int = 0, log_id: bytes = LOG) -> Copy:
    note = signed(Checkpoint(log_id, size, bytes(32), head(size, branch), AT), bytes(32), bytes(64)).note()
    (made,), _, _ = copies_in(note.encode())
    return made


def log(newest: int, first: int = 1, is_sealed: bool = True) -> LogFacts:
    return LogFacts(LOG, first, newest, lambda seq: head(seq) if first <= seq <= newest else None, is_sealed)


def genuine(_copy: Copy) -> bool:
    return True


def said(facts: LogFacts, *copies: Copy, own: tuple[Copy, ...] = ()) -> tuple[Break, int, int] | None:
    found = {"a": compare(copies, facts, genuine), OWN: compare(own, facts, genuine)}
    finding = judge(found, facts, []).finding
    return (finding.kind, finding.seq, finding.until) if finding else None


def test_a_note_is_read_as_it_was_written():
    made = copy(7)
    assert (made.log_id, made.size, made.head) == (LOG, 7, head(7))
    assert made.signed().checkpoint.size == 7
    assert len(made.digest) == 32


@given(st.lists(st.integers(1, 50), max_size=20), st.integers(1, 50))
def test_copies_of_the_log_itself_never_contradict_it(sizes, first):
    newest = max([*sizes, first])
    assert said(log(newest, first), *map(copy, sizes)) is None


@given(st.integers(1, 50), st.integers(51, 99))
def test_a_copy_ahead_of_the_log_is_a_rollback(newest, ahead):
    assert said(log(newest), copy(newest), copy(ahead)) == (Break.ROLLED_BACK, newest + 1, newest + 1)


def test_another_hash_is_a_rollback_somewhere_after_the_last_that_agreed():
    assert said(log(100), copy(10), copy(20), copy(60, branch=1)) == (Break.ROLLED_BACK, 21, 60)


@pytest.mark.parametrize("size", [1, 50, 99])
def test_what_was_archived_is_passed_over(size):
    assert said(log(200, first=100), copy(size, branch=1)) is None
    assert said(log(200, first=100), copy(100, branch=1)) is not None


def test_another_log_is_a_replacement_whatever_its_size():
    assert said(log(100), copy(50, log_id=OTHER)) == (Break.REPLACED, 1, 1)
    assert said(log(100, first=60), copy(50, log_id=OTHER)) == (Break.REPLACED, 1, 1)


def test_a_log_without_checkpoints_beside_copies_of_some_is_a_replacement():
    assert said(log(100, is_sealed=False), copy(50))[0] is Break.REPLACED
    assert said(log(100, is_sealed=False)) is None


def test_its_own_checkpoint_ahead_of_it_is_a_truncation():
    assert said(log(50), own=(copy(60),)) == (Break.TRUNCATED, 51, 51)
    assert said(log(50), copy(60), own=(copy(60),)) == (Break.TRUNCATED, 51, 51)


def test_a_forged_copy_is_passed_over_unless_there_is_nothing_else():
    facts = log(10)
    mixed = compare([copy(5), copy(99)], facts, lambda each: False)
    assert (mixed.against, mixed.agreed, mixed.nonsense) == ((), 5, 1)
    assert judge({"a": mixed}, facts, []).finding is None
    alone = judge({"a": compare([copy(99)], facts, lambda each: False)}, facts, [])
    assert alone.finding.kind is Break.SIGNATURE
    assert not alone.refuses


def test_only_what_contradicts_is_asked_for_its_signature():
    asked = []
    compare([copy(5), copy(6), copy(99)], log(10), lambda each: asked.append(each.size) or True)
    assert asked == [99]


# Acknowledging


def words(user: str, role: Role, *copies: Copy, alone: bool = False) -> Acknowledgement:
    return Acknowledgement(user, role, alone, frozenset(each.digest for each in copies))


BAD = [copy(size, branch=1) for size in (20, 30, 40)]
ADMIN = words("ann", Role.ADMINISTRATOR, BAD[1])
AUDIT = words("bob", Role.AUDITOR, BAD[1])


def lifted(copies: list[Copy], *acknowledged: Acknowledgement) -> bool:
    facts = log(100)
    return not judge({"a": compare(copies, facts, genuine)}, facts, acknowledged).refuses


def test_two_people_in_both_roles_lift_it_up_to_the_copy_that_they_saw():
    assert not lifted(BAD[:2])
    assert not lifted(BAD[:2], ADMIN)
    assert not lifted(BAD[:2], AUDIT)
    assert lifted(BAD[:2], ADMIN, AUDIT)
    assert lifted(BAD[:2], AUDIT, ADMIN)
    assert not lifted(BAD, ADMIN, AUDIT), "a copy that came later"
    assert lifted([copy(50), *BAD[:2], copy(60)], ADMIN, AUDIT)


def test_the_same_person_counts_once_unless_alone_both_times():
    same = replace(AUDIT, user="ann")
    assert not lifted(BAD[:2], ADMIN, same)
    assert not lifted(BAD[:2], replace(ADMIN, alone=True), same)
    assert lifted(BAD[:2], replace(ADMIN, alone=True), replace(same, alone=True))


def test_two_administrators_are_no_auditor():
    assert not lifted(BAD[:2], ADMIN, replace(ADMIN, user="carl"))


def test_each_counts_only_as_far_as_both_have_seen():
    further = words("bob", Role.AUDITOR, BAD[2])
    assert not lifted(BAD, ADMIN, further)
    assert lifted(BAD, ADMIN, further, words("ann", Role.ADMINISTRATOR, BAD[2]))


def test_a_copy_repeated_at_the_end_settles_nothing_that_came_between():
    assert not lifted([*BAD, BAD[1]], ADMIN, AUDIT)


def test_an_anchor_that_nobody_could_see_needs_words_of_its_own():
    facts = log(100)
    other = copy(70, branch=2)
    found = {"a": compare(BAD[:2], facts, genuine), "b": Compared((other,))}
    now = judge(found, facts, [ADMIN, AUDIT])
    assert (now.refuses, now.places, now.acknowledged) == (True, ("b",), ())
    assert now.settles == {BAD[1].digest, other.digest}
    assert now.finding.until == 70


def test_the_newer_words_need_not_name_what_the_older_ones_settled():
    facts = log(100)
    other = copy(70, branch=2)
    found = {"a": compare(BAD[:2], facts, genuine), "b": Compared((other,))}
    newer = [words("ann", Role.ADMINISTRATOR, other), words("bob", Role.AUDITOR, other)]
    assert judge(found, facts, [ADMIN, AUDIT, *newer]).is_lifted


def test_a_finding_that_nothing_shows_any_more_waits_for_its_words():
    facts = log(100)
    entered = judge({"a": compare(BAD[:2], facts, genuine)}, facts, [])
    assert unsettled(entered, []).refuses
    assert unsettled(entered, [ADMIN]).acknowledged == (ADMIN,)
    assert not unsettled(entered, [ADMIN, AUDIT]).refuses
    assert unsettled(entered, [ADMIN, words("bob", Role.AUDITOR, BAD[0])]).refuses


def test_an_entry_that_was_not_archived_and_is_not_there_contradicts():
    facts = LogFacts(LOG, 1, 100, lambda seq: head(seq) if seq >= 60 else None, True)
    assert said(facts, copy(50), copy(100)) == (Break.ROLLED_BACK, 1, 50)


def test_the_logs_own_checkpoint_with_another_hash_tells_which_entry_it_is():
    assert said(log(100), own=(copy(50), copy(60, branch=1))) == (Break.ROLLED_BACK, 51, 60)
