"""What vouches for one entry: the hash before it, and the checkpoint that covers it."""

import base64
import json
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType, decode
from hotfix_desktop.core.checkpoints import fingerprint, parse_note
from hotfix_desktop.core.errors import Denied
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.auditing import open_desk
from hotfix_desktop.services.entry_proof import prove
from tests.services.sealed import days, enter, rows, sealing
from tests.services.world import World, protected


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world):
    """A log of two days, with a seal at the end of each, and some entries that nobody has sealed."""
    made = protected(sealing(world))
    days(world, made, 2)
    enter(made, 3)
    return made


@pytest.fixture
def desk(world, bench):
    made = open_desk(world.database, world.clock, Person("ann", "10.0.0.1"))
    yield made
    made.store.close()


def tamper(path: Path, sql: str, *values: object) -> None:
    """Do to the database what its triggers do not let the program do."""
    with closing(sqlite3.connect(path)) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(sql, values)
        raw.commit()


def test_each_entry_has_the_hash_before_it(world, bench, desk):
    found = rows(world.database)
    record = desk.store.administration.workspace()
    assert record is not None
    assert prove(desk, 1).previous == record.log_id
    for (_, _, before), (seq, _, _) in pairwise(found):
        assert prove(desk, seq).previous == before
    assert prove(desk, len(found) + 2).previous is None


def test_the_first_checkpoint_that_covers_it_signed_with_the_key_of_its_day(world, bench, desk):
    stored = list(desk.store.checkpoints.after())
    keys = []
    for checkpoint in stored:
        covering = prove(desk, checkpoint.size).covering
        assert covering is not None
        assert (covering.number, covering.size, covering.problem) == (checkpoint.number, checkpoint.size, "")
        assert covering.signature == parse_note(checkpoint.note).signature.signature
        assert covering.at == parse_note(checkpoint.note).checkpoint.at
        keys.append(covering.key)
    announced = [
        fingerprint(base64.b64decode(json.loads(entry.event.detail)["public"]))
        for entry in (decode(body) for _, body, _ in rows(world.database))
        if entry.event.type is AuditType.SIGNING_KEY
    ]
    assert len(set(announced)) == 2
    assert set(keys) == set(announced)


def test_what_no_checkpoint_covers(world, bench, desk):
    newest = rows(world.database)[-1][0]
    assert prove(desk, newest).covering is None


def test_a_wrong_signature_is_told(world, bench, desk):
    note = prove(desk, 1).covering.note
    head, _, line = note.rpartition(" ")
    raw = bytearray(base64.b64decode(line))
    raw[-1] ^= 1
    tamper(world.database, "UPDATE checkpoint SET note = ?", f"{head} {base64.b64encode(raw).decode()}\n")
    covering = prove(desk, 1).covering
    assert "Its signature is wrong" in covering.problem
    assert covering.key == ""


def test_the_signature_of_another_key_is_told(world, bench, desk):
    tamper(world.database, "DELETE FROM audit WHERE type = 'Signing key changed' AND seq > 10")
    last = list(desk.store.checkpoints.after())[-1]
    assert "not signed with the key that was in force" in prove(desk, last.size).covering.problem


def test_a_log_without_its_keys_is_told(world, bench, desk):
    tamper(world.database, "DELETE FROM audit WHERE type = 'Signing key changed'")
    assert "does not tell with which key" in prove(desk, 1).covering.problem


def test_a_damaged_note_is_told(world, bench, desk):
    tamper(world.database, "UPDATE checkpoint SET note = 'nonsense'")
    covering = prove(desk, 1).covering
    assert covering.problem.startswith("It is damaged: ")
    assert (covering.note, covering.signature, covering.at) == ("nonsense", b"", None)


def test_a_checkpoint_that_covers_another_number_is_told(world, bench, desk):
    size = next(desk.store.checkpoints.after()).size
    tamper(world.database, "UPDATE checkpoint SET size = size - 1 WHERE id = 1")
    assert prove(desk, 1).covering.problem == f"It says that it covers {size:,} entries."


def test_only_who_may_read_the_log(world, bench):
    desk = open_desk(world.database, world.clock, Person("mallory", "10.0.0.1"))
    with pytest.raises(Denied):
        prove(desk, 1)
    desk.store.close()
