"""A world with one protected workspace, and ways to let its database fail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType, Event
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.exclusive import Exclusive
from hotfix_desktop.store.ledger import Ledger
from tests.services.world import World, protected


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace in memory, not protected yet."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world: World) -> Workbench:
    """The bench of ann, who protected the workspace and is its administrator."""
    return protected(world.bench("ann"))


@pytest.fixture
def log_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[AuditType]]:
    """Lets entries of some types fail, so many times; gives the list of those that failed."""
    append = Ledger.append

    def arm(*types: AuditType, times: int = 1, everything: bool = False) -> list[AuditType]:
        failed: list[AuditType] = []

        def failing(self: Ledger, event: Event, now: Moment) -> int:
            if (everything or event.type in types) and len(failed) < times:
                failed.append(event.type)
                raise StoreError("The disk that holds the audit database is full, so nothing was changed.")
            return append(self, event, now)

        monkeypatch.setattr(Ledger, "append", failing)
        return failed

    return arm


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a lock that another program holds."""
    holding = Exclusive.holding
    monkeypatch.setattr(Exclusive, "holding", lambda self, name, what, patience=0.0: holding(self, name, what))


@pytest.fixture
def plain_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Git as it comes: nothing that this machine or its user configured counts."""
    home = tmp_path / "git-home"
    home.mkdir()
    (home / "config").write_text("")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
