"""One protected workspace in memory, for everything that beats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.world import World, protected


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace that its first bench, ann's, has protected."""
    made = World(tmp_path)
    protected(made.bench())
    yield made
    made.close()
