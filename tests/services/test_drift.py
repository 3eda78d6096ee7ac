"""Drift: what was changed in a closed package is found, entered, shown, and accepted by administrators alone."""

from __future__ import annotations

import itertools
import json

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment, to_microseconds
from hotfix_desktop.core.errors import Denied, Refused, WorkspaceError
from hotfix_desktop.core.lifecycle import Files
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.services import drift, hotfixes, protection
from hotfix_desktop.services.drift import DONE, DriftWatch
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.until_due import UntilDue
from hotfix_desktop.store.baselines import Baseline
from tests.services.world import CLOSED, ORIGINAL, START, at_step, entries, modes, package_id, status, told

SCHEMA = "Schemas/A/metadata.json"
DRIFTS = (AuditType.DRIFT_FOUND, AuditType.DRIFT_GONE, AuditType.DRIFT_ACCEPTED, AuditType.CHANGED_AFTER_RELOCK)


@pytest.fixture
def case(bench) -> int:
    return package_id(bench, "Case")


def look(bench, thorough=False):
    return drift.look(bench, package_id(bench, "Case"), thorough=thorough)


def drift_entries(bench) -> list[str]:
    return [line.type for line in entries(bench) if line.type in [kind.value for kind in DRIFTS]]


def test_protecting_keeps_what_each_package_contains(bench, case):
    assert bench.store.baselines.get(case).checks == DONE
    assert bench.store.baselines.manifest(case).digest() == bench.workspace.survey("Case").digest()
    assert look(bench) is None
    assert drift_entries(bench) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda disk: disk.scribble("Case", SCHEMA, b"x"), "1 changed"),
        (lambda disk: disk.files["Case"].update(new=(0o444, b"n")), "1 added"),
        (lambda disk: disk.files["Case"].pop("Files/run.sh"), "1 deleted"),
    ],
)
def test_what_is_changed_added_or_deleted_is_entered_once_and_shown(bench, world, change, sentence):
    change(world.disk)
    found = look(bench)
    assert (found.sentence(), found.after_relock, found.count) == (sentence, False, 1)
    assert look(bench) == found
    assert drift_entries(bench) == ["Drift found"]
    (entry,) = entries(bench, type="Drift found")
    assert (entry.result, entry.package, entry.owner) == ("Failure", "Case", "Hotfix Desktop")
    assert sentence in entry.description
    assert status(bench, "Case").drift == found
    assert status(bench, "Base").drift is None


def test_another_path_in_the_drift_is_another_entry_and_its_end_is_one(bench, world):
    before = dict(world.disk.files["Case"])
    world.disk.scribble("Case", SCHEMA, b"x")
    first = look(bench)
    world.clock.go(minutes=1)
    world.disk.scribble("Case", "Files/run.sh", b"y")
    second = look(bench)
    assert second.found_us > first.found_us
    world.disk.scribble("Case", SCHEMA, before[SCHEMA][1])
    assert look(bench).changed == ("Files/run.sh",)
    world.disk.files["Case"].pop("Files/run.sh")
    assert look(bench).deleted == ("Files/run.sh",)
    world.disk.files["Case"] = before
    assert look(bench) is None
    assert drift_entries(bench) == [*["Drift found"] * 4, "Drift gone"]
    assert status(bench, "Case").drift is None


def grow(bench, world, seconds: int, step: int = 1) -> list[int]:
    """Let a program append for so long; gives the seconds at which there was an entry."""
    entered = []
    for second in range(0, seconds, step):
        seen = len(drift_entries(bench))
        world.disk.scribble("Case", SCHEMA, b"line" * second)
        found = look(bench)
        assert found == status(bench, "Case").drift
        if len(drift_entries(bench)) > seen:
            entered.append(second)
        world.clock.go(seconds=step)
    return entered


def test_a_program_that_goes_on_writing_does_not_fill_the_log(bench, world):
    assert grow(bench, world, 60) == [0]


def test_the_wait_between_two_entries_of_the_same_paths_doubles_up_to_a_day(bench, world):
    entered = grow(bench, world, 4 * 86_400, step=600)
    gaps = [later - earlier for earlier, later in itertools.pairwise(entered)]
    assert gaps == [600, 1200, 2400, 4800, 9600, 19_200, 38_400, 76_800, 86_400, 86_400]
    assert status(bench, "Case").drift.found_us == to_microseconds(START)


def test_a_clock_that_jumps_lets_no_more_entries_through_than_it_jumps_forward(bench, world):
    grow(bench, world, 10)
    for hours in (-5, 5, -48, 48, -1, 1, -1, 1):
        world.clock.set_wall(hours=hours)
        grow(bench, world, 10)
    assert len(drift_entries(bench)) == 4  # and the last jump was shorter than the wait by then


def test_a_drift_that_is_dismissed_stays_the_same_while_only_contents_change(bench, world):
    world.disk.scribble("Case", SCHEMA, b"x")
    first = look(bench)
    world.clock.go(seconds=5)
    world.disk.scribble("Case", SCHEMA, b"y")
    second = look(bench)
    assert second.found_us == first.found_us
    assert second.token != first.token
    assert status(bench, "Case").drift == second


def test_a_file_that_is_only_touched_is_no_drift_and_is_read_once(bench, world, case):
    world.disk.scribble("Case", SCHEMA, world.disk.files["Case"][SCHEMA][1])
    assert look(bench) is None
    now = bench.workspace.survey("Case")
    assert bench.store.baselines.manifest(case).items == now.items


def test_files_that_got_write_bits_back_lose_them(bench, world):
    # Deeper than the quick look of each beat goes.
    world.disk.files["Case"][SCHEMA] = (0o664, world.disk.files["Case"][SCHEMA][1])
    found = look(bench)
    assert modes(bench, "Case") == CLOSED
    assert told(bench)[-1] == ("Package closed again", "Success")
    assert (found.opened, found.sentence(), found.count) == ((SCHEMA,), "1 found writable", 0)
    assert look(bench) == found == status(bench, "Case").drift  # that it was open is not undone by closing it
    drift.accept(bench, package_id(bench, "Case"))
    assert status(bench, "Case").drift is None
    protection.release(bench)
    assert modes(bench, "Case") == ORIGINAL


def test_a_package_that_was_opened_and_changed_shows_both(bench, world, case):
    world.disk.open("Case", bench.store.packages.record(case))
    world.disk.write("Case", SCHEMA, b"x")
    Relocker(bench).look_at_closed(10)
    assert modes(bench, "Case") == CLOSED
    found = look(bench)
    assert (found.changed, SCHEMA in found.opened, found.count) == ((SCHEMA,), True, 1)
    assert drift_entries(bench) == ["Drift found"]


def test_an_open_package_is_not_compared(bench, world, case):
    hotfixes.unlock(bench, case, "VAT")
    world.disk.write("Case", SCHEMA, b"the repair")
    assert look(bench) is None
    assert bench.store.baselines.get(case) is None
    hotfixes.lock(bench, case)
    assert look(bench) is None
    assert drift_entries(bench) == []


def test_what_was_changed_before_an_unlock_is_entered_before_it(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    hotfixes.unlock(bench, case, "VAT")
    kinds = [kind for kind, _ in told(bench)]
    assert kinds[-3:] == ["Drift found", "Unlock requested", "Package unlocked"]
    hotfixes.lock(bench, case)
    assert look(bench) is not None  # until somebody accepts it: the new baseline holds it, nobody has looked at it
    drift.accept(bench, case)
    assert status(bench, "Case").drift is None


def test_an_unlock_goes_on_when_the_package_cannot_be_compared(bench, world, case):
    world.disk.fail_next("survey", WorkspaceError("The disk gives an error."))
    assert hotfixes.unlock(bench, case, "VAT").package_name == "Case"


def test_accepting_takes_what_is_there_as_the_baseline(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    look(bench)
    drift.accept(bench, case)
    assert status(bench, "Case").drift is None
    assert look(bench, thorough=True) is None
    (entry,) = entries(bench, type="Drift accepted")
    assert (entry.owner, entry.result) == ("ann", "Success")
    assert json.loads(entry.entry().event.detail)["changed"] == [SCHEMA]


def test_accepting_is_refused_without_a_drift_while_open_and_when_it_changed_once_more(bench, world, case):
    with pytest.raises(Refused, match="Nothing was changed in Case"):
        drift.accept(bench, case)
    world.disk.scribble("Case", SCHEMA, b"x")
    look(bench)
    world.disk.scribble("Case", SCHEMA, b"y")
    with pytest.raises(Refused, match="changed once more"):
        drift.accept(bench, case)
    drift.accept(bench, case)  # the second is known by now
    world.disk.scribble("Case", SCHEMA, b"z")
    look(bench)
    hotfixes.unlock(bench, case, "VAT")
    with pytest.raises(Refused, match="Case is open"):
        drift.accept(bench, case)


def test_only_what_was_shown_is_accepted_though_a_look_came_in_between(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    shown = look(bench)
    world.disk.files["Case"]["evil.js"] = (0o444, b"e")
    newer = look(bench)
    with pytest.raises(Refused, match="changed once more"):
        drift.accept(bench, case, token=shown.token)
    assert status(bench, "Case").drift == newer
    calls = world.disk.calls["survey"]
    drift.accept(bench, case, token=newer.token)
    assert world.disk.calls["survey"] == calls + 1
    assert bench.store.baselines.get(case).digest.hex() == newer.token
    assert look(bench) is None


def test_what_changes_while_it_is_accepted_is_a_drift_again(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    shown = look(bench)
    at_step(world.disk, "survey", 5, lambda: world.disk.scribble("Case", "Files/run.sh", b"late"))
    drift.accept(bench, case, token=shown.token)
    assert look(bench, thorough=True).changed == ("Files/run.sh",)


def test_write_bits_that_are_found_while_it_is_accepted_are_shown_first(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    shown = look(bench)
    world.disk.files["Case"][SCHEMA] = (0o664, b"x")
    with pytest.raises(Refused, match="changed once more"):
        drift.accept(bench, case, token=shown.token)
    assert status(bench, "Case").drift.opened == (SCHEMA,)
    drift.accept(bench, case, token=shown.token)


def test_only_an_administrator_accepts(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    look(bench)
    with pytest.raises(Denied, match="accept a drift"):
        drift.accept(world.bench("eve"), case)
    assert told(bench)[-1] == ("Drift accepted", "Denied")
    assert status(bench, "Case").drift is not None


def test_releasing_forgets_drift_and_baseline(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    look(bench)
    protection.release(bench)
    assert status(bench, "Case").drift is None
    assert bench.store.baselines.get(case) is None


def test_a_package_of_an_earlier_version_gets_its_baseline_at_the_first_look(bench, case):
    bench.store.baselines.forget(case)
    assert look(bench) is None
    assert bench.store.baselines.get(case).checks == DONE


# After a hotfix


@pytest.fixture
def writer(world) -> Writer:
    """A program that has a file open from before the lock."""
    found = Writer(4711, "gedit", SCHEMA)
    world.disk.writers_of["Case"] = (found,)
    return found


@pytest.mark.parametrize("by", ["hand", "relocker"])
def test_a_program_that_still_writes_is_named_in_the_entry_and_on_the_hotfix(bench, world, case, writer, by):
    opened = hotfixes.unlock(bench, case, "VAT")
    if by == "hand":
        hotfixes.lock(bench, case)
    else:
        world.clock.go(minutes=30)
        Relocker(bench).beat()
    entry = entries(bench, hotfix=opened.number)[-1]
    assert f"Still open for writing: gedit (process 4711) in {SCHEMA}" in entry.description
    assert json.loads(entry.entry().event.detail)["writers"][0]["pid"] == 4711
    assert bench.store.hotfixes.get(opened.number).writers == (writer,)
    assert status(bench, "Case").hotfix.writers == (writer,)


def test_what_it_wrote_after_the_lock_was_recorded_is_found_though_nothing_ran_in_between(bench, world, case, writer):
    hotfixes.unlock(bench, case, "VAT")
    calls = world.disk.calls["survey"]
    hotfixes.lock(bench, case)
    assert world.disk.calls["survey"] == calls + 1  # once, before the end was recorded, and not again after it
    world.disk.scribble("Case", SCHEMA, b"late")
    assert [baseline.checks for baseline in drift.pending_checks(bench)] == [0]
    found = look(bench, thorough=True)
    assert (found.after_relock, found.changed) == (True, (SCHEMA,))


def test_contents_are_read_again_after_the_grace_and_twice_more(bench, world, case):
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    watch = DriftWatch(bench)
    reads = []

    def survey(key, earlier=None, progress=None, real=world.disk.survey):
        reads.append(earlier is None)
        return real(key, earlier)

    world.disk.survey = survey
    seen = []
    for second in range(150):
        if second:
            world.clock.go(seconds=1)
        reads.clear()
        watch.check_due()
        if any(reads):
            seen.append(second)
    assert seen == [5, 30, 120]
    assert drift.pending_checks(bench) == []


def test_a_quick_look_in_turn_is_none_of_the_later_ones(bench, world, case):
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    watch = DriftWatch(bench)
    watch.go_on(1.0)
    assert (watch.rounds, bench.store.baselines.get(case).checks) == (1, 0)


def test_the_later_looks_are_due_as_well_when_only_a_beat_takes_the_baseline(bench, world, case):
    hotfixes.unlock(bench, case, "VAT")
    world.disk.fail_next("survey", WorkspaceError("The disk gives an error."))
    hotfixes.lock(bench, case)
    assert bench.store.baselines.get(case) is None
    DriftWatch(bench).go_on(1.0)
    assert bench.store.baselines.get(case).checks == 0


BOOT_US = 60_000_000


@pytest.mark.parametrize(
    ("checks", "boot_id", "boot_us", "is_due"),
    [
        (0, "one", BOOT_US + 4_999_999, False),
        (0, "one", BOOT_US + 5_000_000, True),
        (2, "one", BOOT_US + 119_999_999, False),
        (0, "one", BOOT_US - 1, True),
        (0, "another", BOOT_US + 1, True),
    ],
)
def test_a_later_look_is_due_after_its_time_and_at_once_where_nobody_knows(checks, boot_id, boot_us, is_due):
    baseline = Baseline(1, b"", Moment(START, BOOT_US, "one"), checks)
    assert drift.check_is_due(baseline, Moment(START, boot_us, boot_id)) is is_due


def test_a_late_write_is_an_entry_of_its_kind_with_its_hotfix(bench, world, case):
    opened = hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    world.disk.scribble("Case", SCHEMA, b"late")
    world.clock.go(seconds=5)
    assert DriftWatch(bench).check_due() == ("Case",)
    (entry,) = entries(bench, type="Changed after relock")
    assert (entry.hotfix, entry.result) == (opened.number, "Failure")
    assert status(bench, "Case").drift.after_relock


def test_one_that_was_named_may_write_much_later_and_is_still_told_apart(bench, world, case, writer):
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    watch = DriftWatch(bench)
    for _ in range(3):
        world.clock.go(minutes=5)
        watch.check_due()
    world.disk.scribble("Case", SCHEMA, b"hours later")
    assert look(bench).after_relock
    world.disk.scribble("Case", "Files/run.sh", b"somebody else")
    assert not look(bench).after_relock


def test_after_a_restart_the_looks_are_made_up_for(bench, world, case):
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    world.clock.reboot(minutes=1)
    watch = DriftWatch(bench)
    for _ in range(3):
        watch.check_due()
    assert drift.pending_checks(bench) == []


def test_a_package_that_cannot_be_read_is_not_tried_for_ever(bench, world, case):
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    for _ in range(3):
        world.clock.go(minutes=5)
        world.disk.fail_next("survey", WorkspaceError("The disk gives an error."))
        DriftWatch(bench).check_due()
    assert drift.pending_checks(bench) == []


def test_two_relockers_enter_a_late_write_once(bench, world, case):
    other = world.bench("bob")
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    world.disk.scribble("Case", SCHEMA, b"late")
    world.clock.go(seconds=5)
    for one in (bench, other, bench, other):
        DriftWatch(one).check_due()
        DriftWatch(one).go_on(1.0)
    assert drift_entries(bench) == ["Changed after relock"]


# In turn


def test_every_closed_package_has_its_turn_and_no_beat_takes_long(bench, world):
    watch = DriftWatch(bench)
    looked = []
    real = world.disk.survey
    world.disk.survey = lambda key, *rest: looked.append(key) or real(key, *rest)
    watch.go_on(1e-9)
    assert len(looked) == 1
    while not watch.rounds:
        watch.go_on(1.0)
    assert sorted(set(looked)) == ["Base", "Case"]


def test_time_that_was_overdrawn_is_saved_at_the_next_beats(bench, world, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("hotfix_desktop.services.drift.time.perf_counter", lambda: now[0])
    looked = []
    real = world.disk.survey

    def survey(key, *rest):
        looked.append(key)
        now[0] += 10.0
        return real(key, *rest)

    world.disk.survey = survey
    watch = DriftWatch(bench)
    per_beat = []
    for _ in range(25):
        looked.clear()
        watch.go_on(1.0)
        per_beat.append(len(looked))
    assert per_beat[0] == 1
    assert sum(per_beat) <= 3


def test_a_package_that_somebody_works_on_is_left_alone(bench, world, case):
    world.disk.scribble("Case", SCHEMA, b"x")
    other = world.bench("bob")
    with other.store.exclusive.holding(f"package-{case}", "Case"):
        assert DriftWatch(bench).go_on(1.0) == ()
    assert DriftWatch(bench).go_on(1.0) == ("Case",)


def test_a_long_look_gives_way_to_a_package_that_has_to_be_closed_and_is_made_up_for(bench, world, case):
    base = package_id(bench, "Base")
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    due = hotfixes.unlock(bench, base, "VAT", "", 1)
    world.clock.go(seconds=50)
    progress = UntilDue(bench.clock, [due.lease])
    at_step(world.disk, "survey", 3, lambda: world.clock.go(seconds=10))
    world.disk.files["Case"].update({f"Files/{n}": (0o444, b"") for n in range(500)})
    assert DriftWatch(bench).check_due(progress) == ()
    assert bench.store.baselines.get(case).checks == 0  # not looked at: it is done again
    assert [h.package_name for h in Relocker(bench).beat().relocked] == ["Base"]
    assert DriftWatch(bench).check_due(UntilDue(bench.clock, [due.lease])) == ("Case",)


# The immutable flag


def test_with_the_setting_closed_files_are_frozen_and_thawed_again(bench, world, case):
    from hotfix_desktop.services import administration

    world.disk.may_freeze = True
    hotfixes.unlock(bench, case, "VAT")
    administration.change_settings(bench, {"HotfixImmutable": "yes"})
    hotfixes.lock(bench, case)
    assert world.disk.frozen == {"Case"}
    assert bench.store.packages.get(case).frozen
    administration.change_settings(bench, {"HotfixImmutable": "no"})  # they are always taken off again
    hotfixes.unlock(bench, case, "VAT")
    assert world.disk.frozen == set()
    assert modes(bench, "Case") == ORIGINAL
    hotfixes.lock(bench, case)
    assert world.disk.frozen == set()
    assert not bench.store.packages.get(case).frozen


def test_without_the_right_a_package_is_locked_all_the_same(bench, world, case):
    from hotfix_desktop.services import administration

    administration.change_settings(bench, {"HotfixImmutable": "yes"})
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    stored = bench.store.packages.get(case)
    assert (stored.frozen, stored.files) == (False, Files.CLOSED)


def test_releasing_thaws(bench, world, case):
    from hotfix_desktop.services import administration

    world.disk.may_freeze = True
    administration.change_settings(bench, {"HotfixImmutable": "yes"})
    hotfixes.unlock(bench, case, "VAT")
    hotfixes.lock(bench, case)
    protection.release(bench)
    assert world.disk.frozen == set()
    assert modes(bench, "Case") == ORIGINAL
