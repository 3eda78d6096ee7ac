"""One protected workspace in memory, for everything that beats; and programs that stand for ours."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotfix_desktop.runtime.own_process import OwnProcess
from tests.services.world import World, protected


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace that its first bench, ann's, has protected."""
    made = World(tmp_path)
    protected(made.bench())
    yield made
    made.close()


@pytest.fixture
def run_of(qtbot, kind: type[OwnProcess]) -> Iterator[Callable[..., OwnProcess]]:
    """Makes a run of the module's ``kind`` of a Python program that stands for ours; it is ended with the test."""
    made: list[OwnProcess] = []

    def make(code: str, *arguments: str) -> OwnProcess:
        made.append(kind([sys.executable, "-c", code, *arguments]))
        return made[-1]

    yield make
    for run in made:
        run.close()
