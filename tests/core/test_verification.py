"""The verifier: what it says of whole logs, and of every way to break one (F13 does the same a thousand times)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.audit import AuditType, decode
from hotfix_desktop.core.checkpoints import Checkpoint, parse_note
from hotfix_desktop.core.columns import Columns
from hotfix_desktop.core.key_chain import Announced
from hotfix_desktop.core.log_rows import BODY, DESCRIPTION, HASH, HOTFIX, SEQ, Row, renumbered
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.core.verification import Kept, Verifier, chained, earlier
from hotfix_desktop.sealing.signing import SigningKey
from tests.faults.attacks import ATTACKS, HASHES, cut_off_with_checkpoints, is_suitable, put
from tests.faults.sealed_logs import Log, Lookup, rehashed, row_of, written

WHOLE = written(Random(5), 160)
ARCHIVED = next(filter(is_suitable, (written(Random(n), 150, archives=True) for n in range(50, 90))))


@pytest.fixture
def log() -> Log:
    """A whole log, to be tampered with."""
    assert is_suitable(WHOLE)
    return WHOLE.copy()


def at(log: Log, number: int) -> int:
    return number - log.rows[0][SEQ]


def said(log: Log) -> tuple[Break, int, int] | None:
    found = log.verified()
    return (found.kind, found.seq, found.until) if found else None


def verifier(log: Log, kept: list[Kept] | None = None) -> Verifier:
    kept = log.kept if kept is None else kept
    return Verifier(log.log_id, log.log_id, Frontier(), Lookup(log.rows), log.key_chain(), kept)


def with_values(row: Row, **values: object) -> Row:
    places = {"seq": SEQ, "description": DESCRIPTION, "hotfix": HOTFIX, "body": BODY, "hash": HASH}
    changed = list(row)
    for name, value in values.items():
        changed[places[name]] = value
    return tuple(changed)


# Whole logs


@pytest.mark.parametrize("log", [WHOLE, ARCHIVED], ids=["from its first entry", "after an archive"])
def test_a_whole_log_is_whole(log):
    assert log.found() is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_it_does_not_matter_how_the_rows_are_cut(log, size):
    judge = verifier(log)
    for start in range(0, len(log.rows), size):
        assert judge.feed(log.rows[start : start + size])
    assert judge.end() is None
    assert judge.upto == log.newest
    assert judge.sealed is not None
    assert judge.sealed.checkpoint.size == log.kept[-1].size


def test_an_empty_log_and_one_that_nothing_signed_are_whole():
    assert Log(bytes(32)).verified() is None
    unsigned = WHOLE.copy()
    unsigned.kept = []
    judge = verifier(unsigned)
    judge.feed(unsigned.rows)
    assert judge.end() is None
    assert judge.sealed is None


@given(st.integers(0, 2**32))
def test_a_log_with_any_history_is_whole(seed):
    assert written(Random(seed), 40, archives=True).found() is None


def test_it_goes_on_from_a_good_checkpoint(log):
    kept = log.kept[len(log.kept) // 2]
    tree = Frontier.from_bytes(kept.size, kept.frontier)
    head = log.rows[kept.size - 1][HASH]
    judge = Verifier(log.log_id, head, tree, Lookup(log.rows), log.key_chain(), log.kept)
    judge.feed(log.rows[kept.size :])
    assert judge.end() is None
    assert judge.upto == log.newest


# Every attack of F13


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("log", [WHOLE, ARCHIVED], ids=["whole", "after an archive"])
def test_an_attack_is_called_by_its_name(name, log):
    for seed in range(12):
        rng = Random(f"{name} {seed}")
        tampered = log.copy()
        expected = ATTACKS[name](tampered, rng)
        assert expected.judged(tampered.found()) == "", f"seed {seed}"


def test_without_an_anchor_an_end_that_was_cut_off_with_its_checkpoints_is_missed(log):
    cut_off_with_checkpoints(log, Random(1))
    assert log.verified() is None
    assert log.compared() is not None


# What is told exactly


def test_a_changed_reason_is_told_with_the_entry_before_it_unless_a_checkpoint_lies_between(log):
    sizes = {kept.size for kept in log.kept}
    far = next(n for n in range(20, 140) if n - 1 not in sizes and n not in sizes)
    near = next(n for n in range(20, 140) if n - 1 in sizes)
    for number, first in ((far, far - 1), (near, near)):
        tampered = log.copy()
        row = tampered.rows[at(log, number)]
        entry = decode(row[BODY])
        body = row[BODY].replace(entry.moment.boot_id.encode(), b"boot X")
        assert body != row[BODY]
        tampered.rows[at(log, number)] = with_values(row, body=body)
        assert said(tampered) == (Break.CHANGED, first, number)


def test_a_changed_hash_is_told_exactly(log):
    row = log.rows[49]
    log.rows[49] = with_values(row, hash=bytes(32))
    assert said(log) == (Break.CHANGED, 50, 50)


@pytest.mark.parametrize("value", [None, "text", 7, b"", b"\x00" * 25])
@pytest.mark.parametrize("name", ["body", "hash"])
def test_what_is_no_entry_at_all_is_told(log, name, value):
    log.rows[49] = with_values(log.rows[49], **{name: value})
    found = log.verified()
    assert found is not None
    assert found.kind is Break.CHANGED
    assert 50 in range(found.seq, found.until + 1)


def test_a_column_and_its_body_changed_with_its_hash_is_a_change_of_that_entry(log):
    number = log.kept[3].size + 1
    row = log.rows[at(log, number)]
    body = row[BODY].replace(row[DESCRIPTION].encode(), b"x" * len(row[DESCRIPTION].encode()))
    (made,) = rehashed([with_values(row, body=body)], log.rows[at(log, number) - 1][HASH])
    log.rows[at(log, number)] = made  # the column still says what it said
    assert said(log) == (Break.CHANGED, number, number)


def test_a_second_number_for_the_same_hotfix_is_a_column_that_differs(log):
    number = next(row[SEQ] for row in log.rows[30:] if row[HOTFIX] is not None)
    row = log.rows[at(log, number)]
    log.rows[at(log, number)] = with_values(row, hotfix=row[HOTFIX] + 1)
    assert said(log) == (Break.COLUMN, number, number)


def test_an_entry_before_the_first_one_is_told(log):
    log.rows.insert(0, with_values(log.rows[5], seq=0))
    assert said(log) == (Break.DUPLICATED, 0, 0)


def test_an_entry_that_was_moved_before_the_first_one_is_told_where_it_lacks(log):
    log.rows.insert(0, with_values(log.rows.pop(20), seq=-3))
    assert said(log) == (Break.REORDERED, 21, 21)


def test_several_missing_entries_are_told_at_the_first(log):
    del log.rows[30:35]
    found = log.verified()
    assert found == Finding(Break.MISSING, 31, 31, "Entries 31 to 35 are missing.")


def test_the_database_must_have_the_log_id_that_the_first_entry_names(log):
    log.log_id = bytes(32)
    assert said(log) == (Break.CHANGED, 1, 1)


def test_a_changed_name_of_the_log_in_the_first_entry_is_a_change(log):
    row = log.rows[0]
    log.rows[0] = with_values(row, body=row[BODY].replace(log.log_id.hex().encode(), bytes(32).hex().encode()))
    assert said(log) == (Break.CHANGED, 1, 1)


# Checkpoints


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        (lambda kept: replace(kept, note=kept.note[:-1]), Break.SIGNATURE),
        (lambda kept: replace(kept, note=""), Break.SIGNATURE),
        (lambda kept: replace(kept, note=None), Break.SIGNATURE),
        (lambda kept: replace(kept, note=kept.note.replace("time 20", "time 19")), Break.SIGNATURE),
        (lambda kept: replace(kept, frontier=bytes(len(kept.frontier))), Break.COLUMN),
        (lambda kept: replace(kept, frontier=b""), Break.COLUMN),
    ],
)
def test_a_damaged_checkpoint_is_told_at_its_entry(log, edit: Callable[[Kept], Kept], kind):
    kept = log.kept[4]
    log.kept[4] = edit(kept)
    assert said(log) == (kind, kept.size, kept.size)


def test_a_checkpoint_kept_under_another_size_is_told(log):
    kept = next(k for k in log.kept[2:] if k.size + 1 not in {other.size for other in log.kept})
    log.kept[log.kept.index(kept)] = replace(kept, size=kept.size + 1)
    assert said(log) == (Break.COLUMN, kept.size + 1, kept.size + 1)


def test_a_checkpoint_that_was_taken_out_is_told(log):
    after = log.kept[5].size
    del log.kept[4]
    assert said(log) == (Break.SIGNATURE, after, after)


def test_a_checkpoint_of_another_log_is_told(log):
    kept = log.kept[4]
    old = parse_note(kept.note).checkpoint
    note = key_of(log, kept.size).sign(Checkpoint(bytes(32), old.size, old.root, old.head, old.at))
    log.kept[4] = replace(kept, note=note.note())
    assert said(log) == (Break.SIGNATURE, kept.size, kept.size)


def test_the_root_counts_even_where_the_chain_hash_is_right(log):
    kept = log.kept[4]
    old = parse_note(kept.note).checkpoint
    note = key_of(log, kept.size).sign(Checkpoint(old.log_id, old.size, bytes(32), old.head, old.at))
    log.kept[4] = replace(kept, note=note.note())
    assert said(log) is not None


def test_an_entry_that_ends_a_checkpoint_and_was_hashed_anew_is_told_exactly(log):
    number = next(kept.size for kept in log.kept[3:] if kept.size - 1 not in {other.size for other in log.kept})
    index = at(log, number)
    row = log.rows[index]
    body = row[BODY].replace(decode(row[BODY]).moment.boot_id.encode(), b"boot X")
    log.rows[index : index + 1] = rehashed([with_values(row, body=body)], log.rows[index - 1][HASH])
    assert said(log) == (Break.CHANGED, number, number)


def test_an_entry_that_was_taken_out_is_missing_though_everything_was_hashed_anew(log):
    number = log.kept[2].size + 1
    index = at(log, number)
    put(log, log.rows[index + 1 :], index, HASHES, Random(1))
    found = log.verified()
    assert found is not None
    assert found.kind is Break.MISSING
    assert found.seq <= number <= found.until <= log.kept[3].size


def test_an_entry_of_a_later_time_that_was_put_in_is_not_taken_for_one_that_was_moved(log):
    number = log.kept[2].size + 1
    index = at(log, number)
    like = decode(log.rows[-20][BODY])
    event = replace(like.event, description="It was bob")
    made = row_of(number, event, replace(like.moment, boot_us=like.moment.boot_us + 1), log.rows[index - 1][HASH])
    put(log, [made, *log.rows[index:]], index, HASHES, Random(1))
    assert said(log) == (Break.INSERTED, number, number)


def test_the_last_entry_in_the_place_of_the_one_before_it_is_known_by_its_checkpoint(log):
    last = log.rows[-1]
    assert log.kept[-1].size == last[SEQ]
    number = last[SEQ] - 1
    log.rows[-2:] = [with_values(last, seq=number, body=renumbered(last[BODY], number))]
    assert said(log) == (Break.MISSING, number, number)


def key_of(log: Log, size: int) -> SigningKey:
    key = log.key_chain().in_force(size)
    assert key is not None
    return next(one for one in log.keys if one.public == key.public)


# Keys


@pytest.mark.parametrize(("size", "signer", "renewed"), [(0, 0, False), (-1, 0, True), (1, 0, True), (0, 1, True)])
def test_a_new_key_has_to_be_named_by_the_one_before_it_at_the_entry_before_it(log, size, signer, renewed):
    keys = log.key_chain()
    signers = [log.keys[-1], SigningKey(bytes(32))]
    public = SigningKey(bytes(31) + b"\x01").public
    old = parse_note(log.kept[-1].note).checkpoint
    more = (("next-key", base64.b64encode(public).decode()),)
    note = signers[signer].sign(Checkpoint(old.log_id, log.newest + size, old.root, old.head, old.at, more))
    keys.add(Announced(log.newest + 1, 9, "2026-11-23", public, note.note()))
    assert keys.renewed_at == (log.newest + 1 if renewed else 0)


def test_a_chain_of_keys_that_began_anew_is_no_break_but_is_known(log):
    keys = log.key_chain()
    assert keys.renewed_at == 0
    second = [row for row in log.rows if row[2] == AuditType.SIGNING_KEY.value][1]
    detail = json.loads(decode(second[BODY]).event.detail)
    for note in ("", "nonsense", detail["note"].replace("next-key", "other-key")):
        tampered = log.copy()
        plain = json.dumps({**detail, "note": note})
        body = second[BODY].replace(*(_field(text) for text in (json.dumps(detail), plain)))
        tampered.rows[at(log, second[SEQ])] = with_values(second, body=body)
        assert tampered.key_chain().renewed_at == second[SEQ]


def _field(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


def test_to_announce_an_old_key_again_brings_it_not_back(log):
    keys = log.key_chain()
    first = keys.in_force(2)
    last = keys.in_force(log.newest)
    assert first is not None
    assert first != last
    keys.add(replace(first, seq=log.newest))
    assert keys.in_force(log.newest) == last


# Inside and outside


@pytest.mark.parametrize(
    ("inside", "outside", "told"),
    [
        (None, None, None),
        ((Break.CHANGED, 5, 5), None, Break.CHANGED),
        (None, (Break.ROLLED_BACK, 5, 5), Break.ROLLED_BACK),
        ((Break.CHANGED, 5, 5), (Break.ROLLED_BACK, 3, 9), Break.CHANGED),
        ((Break.CHANGED, 5, 5), (Break.ROLLED_BACK, 2, 4), Break.ROLLED_BACK),
        ((Break.TRUNCATED, 5, 5), (Break.ROLLED_BACK, 5, 5), Break.TRUNCATED),
        ((Break.CHANGED, 1, 1), (Break.REPLACED, 1, 9), Break.REPLACED),
        ((Break.SIGNATURE, 2, 2), (Break.REPLACED, 1, 1), Break.REPLACED),
    ],
)
def test_who_names_the_truth(inside, outside, told):
    one, other = (Finding(*part, "") if part else None for part in (inside, outside))
    found = earlier(one, other)
    assert (found.kind if found else None) == told


# The fast ways say what the slow ones say


def test_the_hot_loop_finds_any_single_wrong_hash():
    bodies, hashes = [row[BODY] for row in WHOLE.rows], [row[HASH] for row in WHOLE.rows]
    assert chained(WHOLE.log_id, bodies, hashes) is not None
    assert chained(bytes(32), bodies, hashes) is None
    for index in range(len(hashes)):
        assert chained(WHOLE.log_id, bodies, [*hashes[:index], bytes(32), *hashes[index + 1 :]]) is None
        assert chained(WHOLE.log_id, [*bodies[:index], b"x", *bodies[index + 1 :]], hashes) is None


def test_the_columns_are_compared_in_chunks_as_one_by_one():
    columns = Columns()
    assert columns.first_difference(WHOLE.rows) == -1
    for index in (0, 57, len(WHOLE.rows) - 1):
        for column in range(SEQ, BODY):
            row = list(WHOLE.rows[index])
            row[column] = f"{row[column]}x" if isinstance(row[column], str) else (row[column] or 0) + 1
            rows = [*WHOLE.rows[:index], tuple(row), *WHOLE.rows[index + 1 :]]
            assert columns.first_difference(rows) == index, f"column {column}"


def test_a_changed_number_inside_an_entry_is_told_exactly(log):
    row = log.rows[40]
    log.rows[40] = with_values(row, body=renumbered(row[BODY], 99))
    found = log.verified()
    assert found is not None
    assert (found.kind, found.seq, found.until) == (Break.CHANGED, 41, 41)
