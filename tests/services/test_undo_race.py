"""While a protect that was cancelled gives the files back, another program's beat leaves them alone."""

from __future__ import annotations

from typing import Any

import pytest

from hotfix_desktop.core.errors import Cancelled
from hotfix_desktop.core.lifecycle import Files
from hotfix_desktop.services import protection
from hotfix_desktop.services.relocking import Relocker
from tests.services.world import ORIGINAL, World, modes


def test_a_beat_during_the_undoing_closes_nothing_and_no_mode_is_lost(world: World):
    bench, other = world.bench("ann"), world.bench("ann")
    state: dict[str, Any] = {"closing": 0, "reconciled": None}

    def before_step(operation: str, key: str, path: str) -> None:
        if operation == "close":
            state["closing"] += 1
            if state["closing"] == 8:  # in the second package: the first one is closed and has to be given back
                raise Cancelled
        if operation == "open" and state["reconciled"] is None:
            state["opening"], state["reconciled"] = key, Relocker(other).reconcile()

    world.disk.before_step = before_step
    with pytest.raises(Cancelled):
        protection.protect(bench)
    world.disk.before_step = None
    assert state["reconciled"] is not None, "the beat came while files were given back"
    assert state["opening"] not in state["reconciled"], "and left those alone"
    for package in bench.store.packages.all():
        assert package.files is Files.OPEN
        assert modes(bench, package.found.name) == ORIGINAL
