"""The verification of a real database: whole, from the last checkpoint, entered once, and what breaks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled, Denied, StoreError
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.verdict import AnchorSeen, Break, Finding, Verdict
from hotfix_desktop.services import administration, archiving, verifying
from hotfix_desktop.services.sealing import signing_facts
from hotfix_desktop.services.verifying import Outside, verify, verify_and_enter
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.store import Store
from tests.services.sealed_world import SealedWorld, days_on, enter, sealed_and_protected
from tests.services.world import entries

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SealedWorld]:
    made = SealedWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world: SealedWorld) -> Workbench:
    """The bench of ann, whose log has checkpoints of three days and three keys."""
    made = sealed_and_protected(world)
    for _ in range(3):
        enter(made, 5)
        assert verifying.seal(made) is not None
        days_on(world)
    enter(made, 4)
    return made


def change(world: SealedWorld, number: int) -> None:
    """Change what an entry says, in its column and its body."""
    with world.raw() as raw:
        (body,) = raw.execute("SELECT body FROM audit WHERE seq = ?", (number,)).fetchone()
        assert b"looked" in body
        raw.execute("UPDATE audit SET body = ? WHERE seq = ?", (body.replace(b"looked", b"locked"), number))


def found(verdict: Verdict) -> tuple[Break, int, int] | None:
    return (verdict.finding.kind, verdict.finding.seq, verdict.finding.until) if verdict.finding else None


@pytest.mark.parametrize("everything", [True, False])
def test_a_whole_log_is_whole_and_its_verdict_says_what_was_read(bench, everything):
    verdict = verify(bench.store.path, NOW, everything=everything)
    last = bench.store.checkpoints.last()
    record = bench.store.administration.workspace()
    assert verdict.is_whole
    assert (verdict.log_id, verdict.first, verdict.upto) == (record.log_id.hex(), 1, bench.store.ledger.newest())
    assert verdict.since == (1 if everything else last.size + 1)
    assert (verdict.signed_upto, verdict.renewed_at, verdict.at) == (last.size, 0, NOW)
    assert verdict.signed_by == verifying_fingerprint(bench)


def verifying_fingerprint(bench: Workbench) -> str:
    return signing_facts(bench).fingerprint


def test_an_old_change_is_found_when_everything_is_read_and_a_new_one_always(world, bench):
    newest = bench.store.ledger.newest()
    change(world, newest)
    assert found(verify(bench.store.path, NOW)) in (
        (Break.CHANGED, newest, newest),
        (Break.CHANGED, newest - 1, newest),
    )
    looked = next(line.seq for line in entries(bench) if line.description == "Somebody looked")
    change(world, looked)
    assert found(verify(bench.store.path, NOW)) != found(verify(bench.store.path, NOW, everything=True))
    assert verify(bench.store.path, NOW, everything=True).finding.until == looked


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checkpoint SET note = replace(note, 'time 2', 'time 3') WHERE id = (SELECT max(id) FROM checkpoint)",
        "UPDATE checkpoint SET frontier = zeroblob(length(frontier)) WHERE id = (SELECT max(id) FROM checkpoint)",
        "UPDATE checkpoint SET size = size - 1 WHERE id = (SELECT max(id) FROM checkpoint)",
        "UPDATE audit SET hash = zeroblob(32) WHERE seq = (SELECT max(size) FROM checkpoint)",
        "UPDATE checkpoint SET note = '' WHERE id = (SELECT max(id) FROM checkpoint)",
    ],
)
def test_a_last_checkpoint_that_is_not_good_in_itself_has_everything_verified(world, bench, statement):
    with world.raw() as raw:
        raw.execute(statement)
    verdict = verify(bench.store.path, NOW)
    assert verdict.since == 1
    assert not verdict.is_whole


def test_a_log_that_ends_before_its_last_checkpoint_is_truncated(world, bench):
    last = bench.store.checkpoints.last()
    world.cut_off(last.size - 2, checkpoints=False)
    assert found(verify(bench.store.path, NOW)) == (Break.TRUNCATED, last.size - 1, last.size - 1)


def test_the_log_goes_on_from_an_archive_and_the_archive_is_whole_in_itself(world, bench, tmp_path):
    folder = tmp_path / "archives"
    folder.mkdir()
    made = archiving.archive(bench, world.clock.wall.date(), folder).archive
    log = verify(bench.store.path, NOW, everything=True)
    file = verify(Path(made.path), NOW, everything=True)
    assert (log.is_whole, log.first, log.since) == (True, made.last + 1, made.last + 1)
    assert (file.is_whole, file.first, file.upto) == (True, 1, made.last)
    with world.raw() as raw:
        raw.execute("UPDATE audit SET type = 'x' WHERE type = 'Audit log archived'")
    assert found(verify(bench.store.path, NOW, everything=True))[0] in (Break.COLUMN, Break.MISSING)


def test_an_archive_record_that_no_entry_tells_of_is_a_hole(world, bench):
    kept = bench.store.checkpoints.get(1)
    head = bench.store.archives.head_at(kept.size)
    with world.raw() as raw:
        raw.execute("DELETE FROM audit WHERE seq <= ?", (kept.size,))
        raw.execute(
            "INSERT INTO archive (first, last, head, frontier, signed_by, path, sha256, at)"
            " VALUES (1, ?, ?, ?, '', '', x'', 0)",
            (kept.size, head, kept.frontier),
        )
    verdict = verify(bench.store.path, NOW, everything=True)
    assert not verdict.is_whole
    with world.raw() as raw:
        raw.execute("UPDATE archive SET frontier = x'00'")
    assert found(verify(bench.store.path, NOW, everything=True)) == (Break.MISSING, kept.size, kept.size)


def test_damaged_text_does_not_stop_it(world, bench):
    newest = bench.store.ledger.newest()
    with world.raw() as raw:
        raw.execute("UPDATE audit SET owner = CAST(x'ff61' AS TEXT) WHERE seq = ?", (newest,))
    assert found(verify(bench.store.path, NOW)) == (Break.COLUMN, newest, newest)
    assert found(verify(bench.store.path, NOW, everything=True)) == (Break.COLUMN, newest, newest)


def test_a_text_that_became_bytes_is_a_column_that_differs(world, bench):
    newest = bench.store.ledger.newest()
    with world.raw() as raw:
        raw.execute("UPDATE audit SET owner = CAST(owner AS BLOB) WHERE seq = ?", (newest,))
    assert found(verify(bench.store.path, NOW)) == (Break.COLUMN, newest, newest)


def test_the_anchors_are_asked_and_their_finding_is_merged(bench):
    seen = (AnchorSeen("here", 3, NOW),)
    wrong = Finding(Break.REPLACED, 1, 1, "Another one.")
    verdict = verify(bench.store.path, NOW, outside=lambda: Outside(seen, wrong), key_place="a file")
    assert (verdict.finding, verdict.anchors, verdict.key_place) == (wrong, seen, "a file")


def test_it_tells_how_far_it_is_and_hears_a_cancel(bench):
    class Steps(Progress):
        def __init__(self) -> None:
            self.seen: list[tuple[int, int]] = []

        def step(self, done: int, total: int = 0, what: str = "") -> None:
            self.seen.append((done, total))

    steps = Steps()
    verify(bench.store.path, NOW, everything=True, progress=steps)
    newest = bench.store.ledger.newest()
    total = newest + 2 * newest // 3  # the indexes are looked through, too
    assert (steps.seen[0], steps.seen[-1]) == ((0, total), (total, total))
    assert [done for done, _ in steps.seen] == sorted(done for done, _ in steps.seen)
    cancelled = CancellableProgress()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        verify(bench.store.path, NOW, everything=True, progress=cancelled)


def test_a_database_without_a_log_or_none_at_all_is_told(tmp_path):
    path = tmp_path / "empty.sqlite3"
    Store(path).close()
    with pytest.raises(StoreError, match="no audit log"):
        verify(path, NOW)
    with pytest.raises(StoreError, match="no audit database"):
        verify(tmp_path / "nothing.sqlite3", NOW)


def test_nothing_is_written_by_a_verification(bench):
    with closing(sqlite3.connect(bench.store.path)) as plain:
        before = list(plain.iterdump())
        verify(bench.store.path, NOW, everything=True)
        assert list(plain.iterdump()) == before


# Because somebody asked for it


def test_it_is_an_entry_and_sealed_and_compared_with_the_anchors(bench):
    verdict = verify_and_enter(bench, everything=True)
    newest = next(line for line in reversed(entries(bench)) if line.type == AuditType.AUDIT_VERIFIED.value)
    assert verdict.is_whole
    assert newest.result == "Success"
    assert newest.description == f"ann verified the audit log: whole up to entry {verdict.upto:,}"
    assert bench.store.checkpoints.last().size == bench.store.ledger.newest() >= newest.seq
    assert verdict.anchored is not None
    assert verdict.key_place == "a file that only its owner may read"
    assert verify(bench.store.path, NOW, everything=True).is_whole


def test_a_break_is_entered_once_and_each_verification_too(world, bench):
    change(world, bench.store.ledger.newest())
    for _ in range(2):
        assert not verify_and_enter(bench, everything=True).is_whole
    told = [line for line in entries(bench) if line.type == AuditType.AUDIT_BROKEN.value]
    assert len(told) == 1
    verified = [line for line in entries(bench) if line.type == AuditType.AUDIT_VERIFIED.value]
    assert [line.result for line in verified] == ["Failure", "Failure"]


def test_nobody_verifies_without_the_role(world, bench):
    with pytest.raises(Denied):
        verify_and_enter(world.sealed("eve"), everything=False)
    assert (entries(bench)[-1].type, entries(bench)[-1].result) == (AuditType.AUDIT_VERIFIED.value, "Denied")
    administration.assign_role(bench, "eve", Role.AUDITOR)
    assert verify_and_enter(world.sealed("eve"), everything=False).is_whole


def test_what_was_cancelled_is_no_entry(bench):
    cancelled = CancellableProgress()
    cancelled.cancel()
    before = bench.store.ledger.newest()
    with pytest.raises(Cancelled):
        verify_and_enter(bench, everything=True, progress=cancelled)
    assert bench.store.ledger.newest() == before


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (None, "whole up to entry 1,234"),
        (Finding(Break.COLUMN, 1000, 1000, ""), "broken at entry 1,000: column differs"),
        (Finding(Break.CHANGED, 999, 1000, ""), "broken between entries 999 and 1,000: changed"),
    ],
)
def test_the_summary_names_kind_and_number(finding, words):
    assert verifying.summary(Verdict("ab", 1, 1, 1234, NOW, finding)) == words
