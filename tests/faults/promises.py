"""What the program promises about a place (see ``driver.py``), looked up in its files and in its database."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
from pathlib import Path

from hotfix_desktop.changes.contents import FILE_NAME, Contents
from hotfix_desktop.core.audit import AuditType, chain_hash, decode, leaf_hash
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.lifecycle import Files, HotfixState
from hotfix_desktop.core.manifest import UNREADABLE, Kind

PACKAGE, OTHER = "UsrInvoices", "CrtBase"


def modes(place: Path) -> dict[str, int]:
    """Give the rights of everything in both packages."""
    folder = place / "Pkg"
    found = {}
    for name in (PACKAGE, OTHER):
        for path in (folder / name, *(folder / name).rglob("*")):
            found[str(path.relative_to(folder))] = stat.S_IMODE(path.lstat().st_mode)
    return found


def writable(place: Path) -> list[str]:
    """Give the packages in which any file or folder has a write bit."""
    return sorted({path.split("/")[0] for path, mode in modes(place).items() if mode & 0o222})


def database_of(place: Path) -> Path:
    """Give the path of the place's database."""
    (found,) = (place / "home" / "workspaces").glob("*/hotfix-desktop.sqlite3")
    return found


def chain_of(connection: sqlite3.Connection, *, thorough: bool = True) -> tuple[list[bytes], str]:
    """Give the hashes of the log in their order, and what is wrong with the chain; ``thorough`` reads the entries."""
    (previous,) = connection.execute("SELECT log_id FROM workspace").fetchone()
    hashes: list[bytes] = []
    for seq, body, stored in connection.execute("SELECT seq, body, hash FROM audit ORDER BY seq"):
        previous = chain_hash(previous, leaf_hash(body))
        if seq != len(hashes) + 1 or previous != stored or (thorough and decode(body).seq != seq):
            return hashes, f"the chain breaks at entry {seq}"
        hashes.append(stored)
    return hashes, ""


def lost_contents(connection: sqlite3.Connection, database: Path) -> list[str]:
    """Give the trees that this database names and that cannot be read whole from the content store beside it."""
    named = connection.execute(
        "SELECT before, hotfix_id FROM hotfix_tree UNION SELECT after, hotfix_id FROM hotfix_tree WHERE after NOT NULL"
    ).fetchall()
    contents = Contents(database.with_name(FILE_NAME))
    lost = []
    read: set[bytes] = set()
    try:
        for tree, hotfix in named:
            try:
                facts = contents.tree(tree).items.values()
                for digest in {fact.digest for fact in facts if fact.kind in (Kind.FILE, Kind.LINK)} - read:
                    if digest != UNREADABLE and hashlib.sha256(contents.read(digest)).digest() != digest:
                        lost.append(f"the content store gives out something else (hotfix {hotfix})")
                    read.add(digest)
            except StoreError as error:
                lost.append(f"a tree of hotfix {hotfix} is not whole: {error}")
    finally:
        contents.close()
    return lost


def unkept(connection: sqlite3.Connection) -> list[str]:
    """Give the hotfixes that were opened, and of which nobody knows what the package contained before."""
    rows = connection.execute(
        "SELECT id, package_name FROM hotfix WHERE id NOT IN (SELECT hotfix_id FROM hotfix_tree)"
        " AND id IN (SELECT hotfix FROM audit WHERE type = ? AND result = 'Success')",
        (AuditType.UNLOCKED.value,),
    )
    return [f"hotfix {number} of {name} was opened, and nothing was kept before" for number, name in rows]


def undue(place: Path) -> list[str]:
    """Give what is open without an entry that says that it was to be opened."""
    connection = sqlite3.connect(database_of(place))
    try:
        asked = {
            name
            for (name,) in connection.execute(
                "SELECT package_name FROM hotfix h WHERE state <> 'closed' AND EXISTS"
                " (SELECT 1 FROM audit WHERE hotfix = h.id AND type = ? AND result = 'Success')",
                (AuditType.UNLOCK_REQUESTED.value,),
            )
        }
    finally:
        connection.close()
    return [f"{name} is open without a durable entry" for name in writable(place) if name not in asked]


def broken_promises(place: Path, *, must_be_closed: bool) -> list[str]:
    """Give what is not as it was promised, after a recovery."""
    connection = sqlite3.connect(database_of(place))
    try:
        broken = [text for text in (chain_of(connection)[1],) if text]
        rows = connection.execute("SELECT id, package_name, state FROM hotfix").fetchall()
        files = dict(connection.execute("SELECT name, files FROM package"))
        entries = connection.execute("SELECT hotfix, type FROM audit WHERE result = 'Success'").fetchall()
        broken += unkept(connection) + lost_contents(connection, database_of(place))
    finally:
        connection.close()
    endings = (AuditType.LOCKED.value, AuditType.RELOCKED.value)
    for number, name, state in rows:
        kinds = [kind for hotfix, kind in entries if hotfix == number]
        if kinds.count(AuditType.UNLOCK_REQUESTED.value) != 1:
            broken.append(f"hotfix {number} of {name} has no entry of its beginning, or several")
        ended = sum(kind in endings for kind in kinds)
        if ended != (state == HotfixState.CLOSED.value):
            broken.append(f"hotfix {number} of {name} is {state} and has {ended} entries of its end")
        if {AuditType.DRIFT_FOUND.value, AuditType.CHANGED_AFTER_RELOCK.value} & {kind for _, kind in entries}:
            broken.append("a drift is in the log, and nobody changed anything")
        if state == HotfixState.OPENING.value:
            broken.append(f"hotfix {number} of {name} is still half done")
        if must_be_closed and state != HotfixState.CLOSED.value:
            broken.append(f"hotfix {number} of {name} is not closed")
    now, before = modes(place), json.loads((place / "modes.json").read_text())
    is_writable = writable(place)
    for name in (PACKAGE, OTHER):
        is_open = any(state != HotfixState.CLOSED.value for _, of, state in rows if of == name)
        if name in is_writable and not is_open:
            broken.append(f"{name} is writable and not unlocked")
        if files[name] != (Files.OPEN if is_open else Files.CLOSED).value:
            broken.append(f"the files of {name} are {files[name]} in the database")
        ours = [path for path in before if path.split("/")[0] == name]
        if is_open and any(now[path] != before[path] for path in ours):
            broken.append(f"{name} is unlocked and its files have other rights than before")
    return broken
