"""Audit logs of any size, made fast and the same each time: what an office of six does, a hotfix each two hours.

The schema is the product's own. The entries are written around the service (its transactions alone would take an
hour for five million), with the triggers and indexes out of the way meanwhile, and are what it would have entered:
decodable bodies, a chain without a break, numbers without a gap.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import random
import sqlite3
import struct
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.big_log_story import Happening, Window, happenings, uid_of
from hotfix_desktop.core.audit import BODY_VERSION
from hotfix_desktop.core.clock import Moment, to_microseconds
from hotfix_desktop.core.roles import Role
from hotfix_desktop.store.migrations import STEPS
from hotfix_desktop.store.store import Store

VERSION = 1
"""Changes with every change of what is written, so that no run takes an older one's file for its own."""
END = datetime(2026, 11, 23, 14, 2, 11, 123456, tzinfo=UTC)
"""When the newest entry was made."""
STEP_US = 31_557_600
"""Microseconds from entry to entry: five years hold five million."""
AUDITOR = "cleo"
_HEAD = struct.Struct(">BQQQ")
_LENGTH = struct.Struct(">I").pack
_BATCH = 20_000
_INSERT = (
    "INSERT INTO audit (seq, at, type, result, ip_address, owner, description, package, hotfix, body, hash)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
Entered = tuple[int, int, str, str, str, str, str, str, int | None, bytes, bytes]


def big_log(entries: int) -> Path:
    """Give the database of a log of so many entries; made once on this machine, and never to be written to."""
    schema = hashlib.sha256(repr(STEPS).encode()).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / f"hotfix-desktop-big-log-{getpass.getuser()}-{VERSION}-{schema}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{entries}" / "hotfix-desktop.sqlite3"
    if not path.exists():
        made = folder / f"{entries}.{os.getpid()}"
        make_big_log(made / path.name, entries, readers=(AUDITOR, getpass.getuser()))
        try:
            made.rename(path.parent)
        except OSError:  # another process was faster
            for left in (*made.glob("*"),):
                left.unlink()
            made.rmdir()
    return path


def make_big_log(path: Path, entries: int, seed: int = 1, readers: Iterable[str] = (AUDITOR,)) -> None:
    """Make a database whose log has so many entries, the newest at :data:`END`; ``readers`` become auditors."""
    chance = random.Random(seed)
    log_id = chance.randbytes(32)
    store = Store(path)
    start = Moment(END - timedelta(microseconds=STEP_US) * max(0, entries - 1), 10**9, "boot")
    store.administration.create_workspace("/packages", "Production", "ann", start)
    for reader in readers:
        store.administration.assign(reader, Role.AUDITOR)
    store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA threads = 2")
        connection.execute("BEGIN")
        put_back = _taken_away(connection)
        connection.execute("UPDATE workspace SET log_id = ?", (log_id,))
        windows: list[Window] = []
        story = happenings(entries, log_id, chance, windows)
        for batch in _batches(_chained(story, log_id, to_microseconds(start.utc))):
            connection.executemany(_INSERT, batch)
        _enter_windows(connection, windows, to_microseconds(start.utc))
        for statement in put_back:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _taken_away(connection: sqlite3.Connection) -> list[str]:
    """Drop what would be in the way of the bulk, and give the statements that bring it back."""
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND (type = 'trigger' OR (type = 'index' AND tbl_name IN ('audit', 'hotfix')))"
    ).fetchall()
    for kind, name, _ in found:
        connection.execute(f"DROP {kind} {name}")
    return [sql for _, _, sql in found]


def _batches(entries: Iterator[Entered]) -> Iterator[list[Entered]]:
    batch: list[Entered] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _chained(story: Iterator[Happening], log_id: bytes, start: int) -> Iterator[Entered]:
    sha256, pack_head, pack_length = hashlib.sha256, _HEAD.pack, _LENGTH
    known: dict[str, bytes] = {}

    def part(text: str) -> bytes:  # for words that come again and again
        packed = known.get(text)
        if packed is None:
            data = text.encode()
            packed = known[text] = pack_length(len(data)) + data
        return packed

    previous = log_id
    empty = part("")
    for seq, happening in enumerate(story, 1):
        late, boot, kind, result, owner, address, package, uid, said, reason, ticket, detail, hotfix = happening
        at = start + (seq - 1) * STEP_US + late
        said_bytes, detail_bytes = said.encode(), detail.encode()
        number = empty if hotfix is None else part(str(hotfix))
        body = b"".join(
            (
                pack_head(BODY_VERSION, seq, at, 10**9 + (seq % 25_000) * STEP_US),
                part(boot),
                part(owner),
                part(address),
                part(kind),
                part(result),
                part(package),
                part(uid),
                pack_length(len(said_bytes)),
                said_bytes,
                part(reason),
                part(ticket),
                pack_length(len(detail_bytes)),
                detail_bytes,
                number,
            )
        )
        previous = sha256(b"\x02" + previous + sha256(b"\x00" + body).digest()).digest()
        yield seq, at, kind, result, address, owner, said, package, hotfix, body, previous


def _enter_windows(connection: sqlite3.Connection, windows: list[Window], start: int) -> None:
    ids: dict[str, int] = {}
    for window in windows:
        ids.setdefault(window.package, len(ids) + 1)
    connection.executemany(
        "INSERT INTO package (id, key, name, uid, version, maintainer, description, depends_on, problem, synchronised,"
        " linked_to, kept, files, locked, missing) VALUES (?, ?, ?, ?, '8.1.0', 'Customer', '', '[]', '', 1, '', '',"
        " 'closed', 0, 0)",
        ((number, name, name, uid_of(name)) for name, number in ids.items()),
    )
    connection.executemany(
        "INSERT INTO hotfix (id, package_id, package_key, package_name, reason, ticket, opened_by, opened_at, boot_us,"
        " boot_id, deadline, granted_us, extended_minutes, state, closed_at, closed_by, ending, attempts, last_error)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 'boot', ?, ?, ?, 'closed', ?, ?, ?, ?, '')",
        (
            (
                w.number,
                ids[w.package],
                w.package,
                w.package,
                w.reason,
                w.ticket,
                w.opened_by,
                start + w.late + w.opened * STEP_US,
                start + w.late + w.opened * STEP_US + w.minutes * 60_000_000,
                w.minutes * 60_000_000,
                w.extended,
                start + w.late + w.closed * STEP_US,
                w.closed_by,
                w.ending,
                w.attempts,
            )
            for w in windows
        ),
    )
