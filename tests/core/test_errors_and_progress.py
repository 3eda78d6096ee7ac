"""What can go wrong in the world, and how slow work is cancelled."""

import pytest

from hotfix_desktop.core.errors import (
    Busy,
    Cancelled,
    Denied,
    HotfixError,
    InvalidInput,
    Refused,
    StoreError,
    WorkspaceError,
)
from hotfix_desktop.core.progress import NOBODY, CancellableProgress


def test_an_error_prints_its_sentence_and_its_remedy_but_not_its_details():
    error = StoreError("The disk is full.", "Free some space.", "SQLITE_FULL")
    assert str(error) == "The disk is full. Free some space."
    assert error.details == "SQLITE_FULL"
    assert str(WorkspaceError("It is gone.")) == "It is gone."


def test_whoever_catches_a_refusal_catches_bad_input_and_missing_roles_too():
    assert issubclass(InvalidInput, Refused)
    assert issubclass(Denied, Refused)
    assert issubclass(Busy, WorkspaceError)
    assert all(issubclass(kind, HotfixError) for kind in (Refused, WorkspaceError, StoreError, Cancelled))
    assert not issubclass(Cancelled, Refused)


def test_bad_input_names_its_field():
    assert InvalidInput("minutes", "Not so many.").field == "minutes"


def test_work_that_nobody_listens_to_is_never_cancelled():
    NOBODY.step(1, 2, "x")
    assert NOBODY.check() is None


def test_work_is_cancelled_at_its_next_step():
    progress = CancellableProgress()
    progress.step(1, 10, "a file")
    progress.cancel()
    with pytest.raises(Cancelled, match=r"^Cancelled\.$"):
        progress.step(2, 10, "another file")
    with pytest.raises(Cancelled):
        progress.check()
