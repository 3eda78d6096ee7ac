"""The packages of the workspace: what was found, how far their closing has come, and their records."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

import peewee

from hotfix_desktop.core.clock import from_microseconds, to_microseconds
from hotfix_desktop.core.lifecycle import Files, Kept
from hotfix_desktop.core.packages import Dependency, FoundPackage
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.models import ClosingRecord, PackageRow

_COLUMNS = (
    "id, key, name, uid, version, maintainer, description, modified, depends_on, problem, synchronised,"
    " linked_to, kept, files, locked, missing, frozen"
)


@dataclass(frozen=True, slots=True)
class StoredPackage:
    """A package as the database knows it; ``frozen``: its files may have the immutable flag."""

    package_id: int
    found: FoundPackage
    kept: Kept
    files: Files
    locked: bool
    missing: bool
    frozen: bool = False


class Packages:
    """The packages of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def all(self) -> list[StoredPackage]:
        """Give every package, in no particular order; raw rows, because there may be ten thousand."""
        return [_stored(row) for row in self._database.execute_sql(f"SELECT {_COLUMNS} FROM package").fetchall()]

    @told
    def get(self, package_id: int) -> StoredPackage | None:
        """Give one package, or None for an unknown number."""
        row = self._database.execute_sql(f"SELECT {_COLUMNS} FROM package WHERE id = ?", (package_id,)).fetchone()
        return _stored(row) if row else None

    @told
    def not_open(self, package_ids: Iterable[int]) -> set[int]:
        """Give which of these packages have files that are not (wholly) open; each beat asks."""
        wanted = list(package_ids)
        found: set[int] = set()
        for start in range(0, len(wanted), 500):  # SQLite takes a limited number of parameters
            some = wanted[start : start + 500]
            rows = self._database.execute_sql(
                f"SELECT id FROM package WHERE files <> ? AND id IN ({', '.join('?' * len(some))})",
                (Files.OPEN.value, *some),
            )
            found.update(number for (number,) in rows.fetchall())
        return found

    @told
    def half_done(self) -> list[StoredPackage]:
        """Give the packages whose closing or opening was begun and not ended."""
        rows = self._database.execute_sql(
            f"SELECT {_COLUMNS} FROM package WHERE files IN ('closing', 'opening')"
        ).fetchall()
        return [_stored(row) for row in rows]

    @told
    def remember(self, found: Iterable[FoundPackage], kept_for_new: dict[str, Kept]) -> None:
        """Keep what the workspace reported: insert what is new, update what differs, mark what is gone.

        ``kept_for_new`` says, by key, why a package that was not known before is left modifiable.
        """
        found = list(found)
        known = {package.found.key: package for package in self.all()}
        self._follow_renames(found, known)
        seen: set[str] = set()
        inserts: list[tuple[object, ...]] = []
        updates: list[tuple[object, ...]] = []
        for package in found:
            seen.add(package.key)
            old = known.get(package.key)
            if old is None:
                kept = kept_for_new.get(package.key, Kept.NEW)
                inserts.append((package.key, *_facts(package), kept.value, Files.OPEN.value, 0, 0))
            elif old.found != package or old.missing:
                updates.append((*_facts(package), old.package_id))
        gone = [(p.package_id,) for key, p in known.items() if key not in seen and not p.missing]
        if not (inserts or updates or gone):
            return
        with self._database.atomic():
            connection = self._database.connection()
            connection.executemany(
                "INSERT INTO package (key, name, uid, version, maintainer, description, modified, depends_on,"
                " problem, synchronised, linked_to, kept, files, locked, missing)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (key) DO NOTHING",  # another window saw it at the same moment
                inserts,
            )
            connection.executemany(
                "UPDATE package SET name=?, uid=?, version=?, maintainer=?, description=?, modified=?,"
                " depends_on=?, problem=?, synchronised=?, linked_to=?, missing=0 WHERE id=?",
                updates,
            )
            connection.executemany("UPDATE package SET missing=1 WHERE id=?", gone)

    def _follow_renames(self, found: list[FoundPackage], known: dict[str, StoredPackage]) -> None:
        """Give a package whose folder was renamed its new key, so that it keeps its record and its hotfix."""
        here = {package.key for package in found}
        lost: dict[str, list[StoredPackage]] = {}
        for key, stored in known.items():
            if key not in here and stored.found.uid:
                lost.setdefault(stored.found.uid, []).append(stored)
        for package in found:
            was = lost.get(package.uid, []) if package.key not in known and not package.problem else []
            if len(was) != 1:
                continue
            with self._database.atomic():
                self._database.execute_sql("UPDATE package SET key = ? WHERE id = ?", (package.key, was[0].package_id))
            del known[was[0].found.key]
            known[package.key] = replace(was[0], found=replace(was[0].found, key=package.key))

    @told
    def record(self, package_id: int) -> bytes | None:
        """Give the closing record of a package, or None when it was never closed."""
        row = ClosingRecord.select().where(ClosingRecord.package_id == package_id).bind(self._database).first()
        return bytes(row.record) if row else None

    @told
    def begin_closing(self, package_id: int, record: bytes, seen: Files) -> bool:
        """Keep the record and say that closing has begun; False when the files were not ``seen`` any more."""
        with self._database.atomic():
            changed = (
                PackageRow.update(files=Files.CLOSING.value)
                .where((PackageRow.id == package_id) & (PackageRow.files == seen.value))
                .execute(self._database)
            )
            if changed:
                ClosingRecord.insert(package_id=package_id, record=record).on_conflict_replace().execute(self._database)
        return bool(changed)

    @told
    def keep_record(self, package_id: int, record: bytes) -> None:
        """Keep the record of a closing that was done while the database was away."""
        ClosingRecord.insert(package_id=package_id, record=record).on_conflict_replace().execute(self._database)

    @told
    def set_files(self, package_id: int, files: Files) -> None:
        """Say how far the closing or opening of a package has come."""
        PackageRow.update(files=files.value).where(PackageRow.id == package_id).execute(self._database)

    @told
    def set_kept(self, package_id: int, kept: Kept) -> None:
        """Say why a package is left modifiable, or that it is not."""
        PackageRow.update(kept=kept.value).where(PackageRow.id == package_id).execute(self._database)

    @told
    def set_frozen(self, package_id: int, frozen: bool) -> None:
        """Say that the files may have the immutable flag, before the first gets it, or that none has it any more."""
        PackageRow.update(frozen=frozen).where(PackageRow.id == package_id).execute(self._database)

    @told
    def set_locked(self, package_id: int, locked: bool) -> None:
        """Say whether the package was closed after a hotfix that is not delivered."""
        PackageRow.update(locked=locked).where(PackageRow.id == package_id).execute(self._database)


def _facts(found: FoundPackage) -> tuple[object, ...]:
    depends = [[d.name, d.uid, d.version] for d in found.depends_on]
    return (
        found.name,
        found.uid,
        found.version,
        found.maintainer,
        found.description,
        to_microseconds(found.modified) if found.modified else None,
        json.dumps(depends, ensure_ascii=False, separators=(",", ":")) if depends else "[]",
        found.problem,
        found.synchronised,
        found.linked_to,
    )


def _stored(row: tuple) -> StoredPackage:  # type: ignore[type-arg]
    (number, key, name, uid, version, maintainer, description, modified, depends, problem) = row[:10]
    (synchronised, linked_to, kept, files, locked, missing, frozen) = row[10:]
    found = FoundPackage(
        key=key,
        name=name,
        uid=uid,
        version=version,
        maintainer=maintainer,
        description=description,
        modified=None if modified is None else from_microseconds(modified),
        depends_on=tuple(Dependency(*d) for d in json.loads(depends)) if depends != "[]" else (),
        problem=problem,
        synchronised=bool(synchronised),
        linked_to=linked_to,
    )
    return StoredPackage(number, found, Kept(kept), Files(files), bool(locked), bool(missing), bool(frozen))
