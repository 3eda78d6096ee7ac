"""Translates what SQLite says of the content store into one clear sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotfix_desktop.core.errors import StoreError

# What SQLite prints, and what it means to a person.
_SENTENCES = (
    (
        ("database or disk is full", "no space left"),
        "The disk that holds the content store is full.",
        "Free some space and try again.",
    ),
    (
        ("is locked", "busy"),
        "Another program is writing to the content store.",
        "Try again in a moment; if it stays so, see which program has the file open.",
    ),
    (
        ("readonly", "read-only"),
        "The content store is read-only.",
        "Check the rights on its file and its folder.",
    ),
    (
        ("malformed", "not a database", "corrupt", "disk image"),
        "The content store is damaged.",
        "Do not delete it: keep the file as evidence and restore the newest backup beside it.",
    ),
    (
        ("unable to open", "disk i/o", "no such table", "no such column"),
        "The content store cannot be read.",
        "Check that its folder exists and that you may read and write there.",
    ),
)


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Raise ``StoreError`` for what the world of the content store's file did; bugs pass."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except (sqlite3.Error, OSError) as error:
        raise as_store_error(error, path) from error


def as_store_error(error: Exception, path: Path | None) -> StoreError:
    """Give the ``StoreError`` that tells an error of SQLite or of the file system to the user."""
    text = str(error).lower()
    details = f"{type(error).__name__}: {error}" + (f"\n{path}" if path else "")
    for marks, sentence, remedy in _SENTENCES:
        if any(mark in text for mark in marks):
            return StoreError(sentence, remedy, details)
    return StoreError(f"The content store refused: {error}.", "", details)


def damaged(what: str, details: str = "") -> StoreError:
    """Give the error for something in the store that is not what it was when it was recorded."""
    return StoreError(
        f"{what} in the content store is damaged.",
        "Tools › Verify content store… lists all that is damaged. Keep the file, and restore a backup beside it.",
        details,
    )
