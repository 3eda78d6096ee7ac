"""What SQLite says, told to a person; what is our own bug is not dressed up as the world's."""

from __future__ import annotations

import sqlite3

import peewee
import pytest

from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.store.errors import as_store_error, told, translated

SAYINGS = [
    ("database or disk is full", "is full, so nothing was changed"),
    ("database is locked", "Another program holds the audit database, so nothing was changed"),
    ("database table is locked: audit", "Another program holds"),
    ("attempt to write a readonly database", "is read-only, so nothing was changed"),
    ("database disk image is malformed", "is damaged"),
    ("file is not a database", "is damaged"),
    ("unable to open database file", "cannot be read"),
    ("disk I/O error", "cannot be read"),
    ("no such table: audit", "cannot be read"),
]


@pytest.mark.parametrize(("saying", "sentence"), SAYINGS)
@pytest.mark.parametrize("kind", [sqlite3.OperationalError, sqlite3.DatabaseError, peewee.OperationalError])
def test_each_saying_of_sqlite_has_its_sentence_and_remedy(saying, sentence, kind):
    error = as_store_error(kind(saying))
    assert sentence in error.sentence
    assert error.remedy
    assert saying in error.details


def test_an_unknown_saying_is_passed_on():
    error = as_store_error(sqlite3.OperationalError("the moon is wrong"))
    assert error.sentence == "The audit database refused: the moon is wrong."


def test_the_file_stands_in_the_details(tmp_path):
    assert str(tmp_path) in as_store_error(sqlite3.OperationalError("x"), tmp_path).details


@pytest.mark.parametrize("kind", [peewee.OperationalError, peewee.DatabaseError, peewee.InterfaceError, sqlite3.Error])
def test_errors_of_the_world_are_translated(kind):
    with pytest.raises(StoreError), translated():
        raise kind("database is locked")


@pytest.mark.parametrize(
    "kind",
    [peewee.IntegrityError, peewee.ProgrammingError, sqlite3.IntegrityError, sqlite3.ProgrammingError, ValueError],
)
def test_our_own_bugs_are_not(kind):
    @told
    def query():
        raise kind("a bug")

    with pytest.raises(kind, match="a bug"):
        query()


def test_the_failed_rollback_of_a_full_disk_does_not_hide_the_full_disk():
    with pytest.raises(StoreError, match="full"), translated():  # noqa: PT012 - as peewee does it
        try:
            raise peewee.OperationalError("database or disk is full")
        except peewee.OperationalError:
            raise peewee.OperationalError("cannot rollback - no transaction is active")  # noqa: B904


def test_what_was_translated_once_is_not_translated_again():
    first = StoreError("The disk is full.", "Free some space.")
    with pytest.raises(StoreError) as caught, translated():  # noqa: PT012 - as peewee does it
        try:
            raise first
        except StoreError:
            raise peewee.OperationalError("no such savepoint: s1")  # noqa: B904
    assert caught.value is first
