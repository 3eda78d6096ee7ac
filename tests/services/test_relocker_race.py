"""The relocker looks before it holds the lock, and again once it does: what it saw first may be over."""

from __future__ import annotations

from hotfix_desktop.core.lifecycle import Files, HotfixState
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.relocking import Relocker
from tests.services.world import World


def test_an_unlock_that_finishes_during_a_beat_is_not_taken_for_one_that_was_interrupted(world: World, bench):
    # Seen in the real program: the beat read *opening*, the unlock finished and gave its lock back, and the
    # beat found the lock free and closed a package that had been open for a millisecond.
    other = world.bench("ann")
    number = bench.store.packages.all()[0].package_id
    seen: list = []

    def look(operation: str, key: str, path: str) -> None:
        if operation == "open" and not seen:
            seen.extend(other.store.hotfixes.not_closed())

    bench.workspace.before_step = look
    hotfix = hotfixes.unlock(bench, number, "VAT")
    assert [h.state for h in seen] == [HotfixState.OPENING]
    current = other.store.hotfixes.not_closed
    other.store.hotfixes.not_closed = lambda: seen  # type: ignore[method-assign]

    beat = Relocker(other).beat()

    other.store.hotfixes.not_closed = current  # type: ignore[method-assign]
    assert beat.relocked == ()
    assert [h.state for h in beat.open_hotfixes] == [HotfixState.OPEN]
    assert bench.store.hotfixes.get(hotfix.number).state is HotfixState.OPEN
    assert bench.store.packages.get(number).files is Files.OPEN


def test_an_extension_during_a_beat_counts(world: World, bench):
    other = world.bench("ann")
    number = bench.store.packages.all()[0].package_id
    hotfixes.unlock(bench, number, "VAT", minutes=10)
    world.clock.go(minutes=9, seconds=59)
    stale = other.store.hotfixes.not_closed()
    hotfixes.extend(bench, number)
    world.clock.go(seconds=2)
    other.store.hotfixes.not_closed = lambda: stale  # type: ignore[method-assign]
    assert Relocker(other).beat().relocked == ()
    assert bench.store.packages.get(number).files is Files.OPEN
