"""What a verification from the last good checkpoint on finds although it does not read what is before."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType, leaf_hash
from hotfix_desktop.core.checkpoints import Checkpoint
from hotfix_desktop.core.key_chain import ALWAYS, KeyChain
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.verdict import Break
from hotfix_desktop.sealing.signing import SigningKey, is_signed
from hotfix_desktop.services import archiving
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.signing_keys import key_in_force
from hotfix_desktop.services.verifying import verify
from hotfix_desktop.services.workbench import Workbench
from tests.services.sealed_world import SealedWorld, days_on, enter, sealed_and_protected

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SealedWorld]:
    made = SealedWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world: SealedWorld) -> Workbench:
    """The bench of ann, whose log has checkpoints of three days."""
    made = sealed_and_protected(world)
    for _ in range(3):
        days_on(world)
        enter(made, 5)
        assert seal(made) is not None
    return made


def announce(bench: Workbench, public: bytes, note: str, result: AuditResult = AuditResult.SUCCESS) -> int:
    facts = {"epoch": 2, "day": "2026-03-30", "public": base64.b64encode(public).decode(), "note": note}
    return bench.enter_alone(
        bench.event(AuditType.SIGNING_KEY, "Signed with another key", result=result, by_program=True, facts=facts)
    )


def sign_all(bench: Workbench, key: SigningKey) -> None:
    """Add a checkpoint of every entry, signed with a key."""
    log_id = bench.store.administration.workspace().log_id
    size, head = bench.store.ledger.end()
    tree = Frontier()
    tree.extend(leaf_hash(body) for _, body in bench.store.ledger.bodies(0, size))
    note = key.sign(Checkpoint(log_id, size, tree.root(), head, bench.clock.now().utc)).note()
    with bench.store.transaction():
        bench.store.checkpoints.add(size, note, tree.to_bytes())


@pytest.mark.parametrize("keep", ["0", "type = 'Signing key changed'"])
def test_entries_that_are_gone_from_the_beginning_are_missing(world, bench, keep):
    size = bench.store.checkpoints.last().size
    with world.raw() as raw:
        raw.execute(f"DELETE FROM audit WHERE seq < ? AND NOT ({keep})", (size,))
    verdict = verify(bench.store.path, NOW)
    assert verdict.since == 1
    assert verdict.finding.kind is Break.MISSING


def test_a_record_of_an_archive_that_no_entry_tells_of_is_not_believed(world, bench):
    kept = bench.store.checkpoints.get(1)
    head = bench.store.archives.head_at(kept.size)
    with world.raw() as raw:
        raw.execute("DELETE FROM audit WHERE seq <= ?", (kept.size,))
        raw.execute(
            "INSERT INTO archive (first, last, head, frontier, signed_by, path, sha256, at)"
            " VALUES (1, ?, ?, ?, '', '', x'', 0)",
            (kept.size, head, kept.frontier),
        )
    verdict = verify(bench.store.path, NOW)
    assert verdict.since == kept.size + 1
    assert not verdict.is_whole


def test_after_an_archiving_it_goes_on_from_the_last_checkpoint(world, bench, tmp_path):
    folder = tmp_path / "archives"
    folder.mkdir()
    archiving.archive(bench, world.clock.wall.date(), folder)
    enter(bench, 2)
    verdict = verify(bench.store.path, NOW)
    assert verdict.is_whole
    assert verdict.since == bench.store.checkpoints.last().size + 1 > verdict.first


def test_an_end_that_was_cut_off_and_grew_again_is_found(world, bench):
    size = bench.store.checkpoints.last().size
    bench.store.close()
    world.cut_off(size - 2, checkpoints=False)
    shutil.rmtree(world.anchors)
    again = world.sealed()
    world.clock.go(seconds=60)
    enter(again, 3)
    sign_all(again, key_in_force(again, again.clock.now()))
    verdict = verify(again.store.path, NOW)
    assert not verdict.is_whole
    assert verdict.since == 1


@pytest.mark.parametrize("note", ["", "junk"])
def test_a_chain_of_keys_that_a_stranger_began_anew_is_told_by_default(bench, note):
    key = SigningKey.new()
    at = announce(bench, key.public, note)
    sign_all(bench, key)
    for everything in (False, True):
        verdict = verify(bench.store.path, NOW, everything=everything)
        assert (verdict.is_whole, verdict.renewed_at) == (True, at)


def test_an_entry_that_tells_that_no_key_could_be_had_announces_none(bench):
    announce(bench, SigningKey.new().public, "", AuditResult.FAILURE)
    assert seal(bench) is not None
    for everything in (False, True):
        verdict = verify(bench.store.path, NOW, everything=everything)
        assert (verdict.is_whole, verdict.renewed_at) == (True, 0)


def test_another_entry_with_the_words_of_an_announcement_announces_none(bench):
    facts = {"epoch": 2, "day": "2026-03-30", "public": base64.b64encode(bytes(32)).decode(), "note": ""}
    seq = bench.enter_alone(bench.event(AuditType.AUDIT_OPENED, "Somebody looked", facts=facts))
    keys = KeyChain(bench.store.administration.workspace().log_id, is_signed)
    keys.read(bench.store.ledger.bodies(seq - 1, seq))
    assert keys.in_force(seq) is None


def test_only_old_last_acts_are_trusted(bench):
    log_id = bench.store.administration.workspace().log_id
    last = bench.store.ledger.newest()
    for number in range(ALWAYS + 2):
        announce(bench, number.to_bytes(32, "big"), "junk")
    bodies = [(seq, body) for seq, body in bench.store.ledger.bodies(last, last + ALWAYS + 2)]
    trusting = KeyChain(log_id, is_signed)
    trusting.read(bodies[: ALWAYS + 2], trusted_upto=10**9)
    assert trusting.renewed_at == last + ALWAYS + 2
    short = KeyChain(log_id, is_signed)
    short.read(bodies[:2], trusted_upto=10**9)
    assert short.renewed_at == last + 2
