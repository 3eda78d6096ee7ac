"""Tampered logs as database files, through the verification that the command line and the window use."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from random import Random

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.verdict import Finding
from hotfix_desktop.services.verifying import Outside, verify
from hotfix_desktop.store.store import Store
from tests.faults.attacks import ATTACKS, is_suitable
from tests.faults.fault import Scale
from tests.faults.sealed_logs import START, Log, written
from tests.faults.tally import Trial

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def attacked_files(scale: Scale, count: int) -> list[Trial]:
    """Verify clean and attacked files in turns, each as a whole and from the last checkpoint on."""
    template = scale.folder / "empty.sqlite3"
    with closing(Store(template)) as store:
        store.administration.create_workspace("/packages", "Packages", "ann", Moment(START, 1, "boot"))
    names = list(ATTACKS)
    trials = []
    for number in range(count):
        rng = Random(f"{scale.seed} F13 file {number}")
        made = (written(rng, 80 + number % 100, archives=number % 2 == 0) for _ in repeat(None))
        log = next(filter(is_suitable, made))
        path = scale.folder / f"{number}.sqlite3"
        write(log, template, path)
        for everything in (True, False):
            found = verified(log, path, everything)
            trials.append(Trial([f"clean file {number}: {found}"] if found else [], entries=1))
        name = names[number % len(names)]
        expected = ATTACKS[name](log, rng)
        write(log, template, path)
        wrong = expected.judged(verified(log, path, everything=True))
        trials.append(Trial([f"file, {name} {number}: {wrong}"] if wrong else [], entries=1))
        path.unlink()
    return trials


def verified(log: Log, path: Path, everything: bool) -> Finding | None:
    return verify(path, NOW, everything=everything, outside=lambda: Outside(finding=log.compared())).finding


def write(log: Log, template: Path, path: Path) -> None:
    """Put a log into a database file."""
    path.write_bytes(template.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        (schema,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'audit'").fetchone()
        connection.execute("UPDATE workspace SET log_id = ?", (log.log_id,))
        # Columns that cannot be empty in a database of ours can be in one whose schema was changed.
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'audit'")
        connection.execute("COMMIT")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.executemany(f"INSERT INTO audit VALUES ({', '.join('?' * 11)})", log.rows)
        kept = [(one.number, one.size, one.note, one.frontier) for one in log.kept]
        connection.executemany("INSERT INTO checkpoint (id, size, note, frontier) VALUES (?, ?, ?, ?)", kept)
        if log.archived.size:
            key = log.key_before
            public = base64.b64encode(key.public).decode("ascii") if key else ""
            facts = {"seq": key.seq, "epoch": key.epoch, "day": key.day, "public": public} if key else {}
            connection.execute(
                "INSERT INTO archive (first, last, head, frontier, signed_by, path, sha256, at)"
                " VALUES (1, ?, ?, ?, ?, '', x'', 0)",
                (
                    log.archived.size,
                    log.head_before,
                    log.archived.to_bytes(),
                    json.dumps(facts) if facts else "",
                ),
            )
        connection.execute("COMMIT")
        connection.execute("BEGIN")
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'audit'", (schema,))
        connection.execute("COMMIT")
