"""Translates what SQLite, peewee and the file system say into one clear sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import peewee

from hotfix_desktop.core.errors import ConnectionLost, StoreError

P = ParamSpec("P")
R = TypeVar("R")

# What SQLite prints, what it means to a person, and whether another connection may fare better: one that was opened
# while nothing could be created stays read-only for ever, and so does one whose disk went away and came back.
_SENTENCES = (
    (
        StoreError,
        ("database or disk is full", "no space left"),
        "The disk that holds the audit database is full, so nothing was changed.",
        "Free some space and try again.",
    ),
    (
        StoreError,
        ("database is locked", "database table is locked", "busy"),
        "Another program holds the audit database, so nothing was changed.",
        "Try again in a moment; if it stays so, see which program has the file open.",
    ),
    (
        ConnectionLost,
        ("readonly", "read-only"),
        "The audit database is read-only, so nothing was changed.",
        "Check the rights on its file and its folder.",
    ),
    (
        ConnectionLost,
        ("malformed", "not a database", "corrupt", "disk image"),
        "The audit database is damaged.",
        "Do not delete it: keep the file as evidence and restore the newest backup beside it.",
    ),
    (
        ConnectionLost,
        ("unable to open", "disk i/o", "no such table", "no such column"),
        "The audit database cannot be read.",
        "Check that its folder exists and that you may read and write there.",
    ),
)
_ROLLED_BACK = ("no transaction is active", "no such savepoint")


def as_store_error(error: BaseException, path: Path | None = None) -> StoreError:
    """Give the ``StoreError`` that tells a database error to the user."""
    error = _first(error)
    if isinstance(error, StoreError):
        return error
    text = str(error).lower()
    details = f"{type(error).__name__}: {error}" + (f"\n{path}" if path else "")
    for kind, marks, sentence, remedy in _SENTENCES:
        if any(mark in text for mark in marks):
            return kind(sentence, remedy, details)
    return StoreError(f"The audit database refused: {error}.", "", details)


def _first(error: BaseException) -> BaseException:
    # On a full disk SQLite rolls back by itself; that the rollback then finds nothing to do hides why.
    while error.__context__ is not None and any(mark in str(error) for mark in _ROLLED_BACK):
        error = error.__context__
    return error


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``StoreError`` for what the database's world did; bugs (integrity, programming) pass."""
    try:
        yield
    except (peewee.IntegrityError, peewee.ProgrammingError, sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except (peewee.DatabaseError, peewee.InterfaceError, sqlite3.Error) as error:
        raise as_store_error(error) from error


def told(query: Callable[P, R]) -> Callable[P, R]:
    """Wrap a query in :func:`translated`."""

    @wraps(query)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with translated():
            return query(*args, **kwargs)

    return wrapper
