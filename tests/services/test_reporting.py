"""The facts of a report, gathered from a log that the use cases wrote."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled, Denied, WorkspaceError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import administration, hotfixes, undelivered
from hotfix_desktop.services.auditing import AuditDesk
from hotfix_desktop.services.reporting import enter_printed, gather
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.report_rows import ReportRows
from tests.services.world import START, World, beat, entries, package_id


def desk(bench: Workbench) -> AuditDesk:
    return AuditDesk(bench.store, bench.clock, bench.person)


def unlock(bench: Workbench, name: str = "Case", **more: str) -> None:
    hotfixes.unlock(bench, package_id(bench, name), more.get("reason", "VAT"), more.get("ticket", ""))


def lock(bench: Workbench, name: str = "Case") -> None:
    hotfixes.lock(bench, package_id(bench, name))


def test_a_log_without_hotfixes_has_nothing_to_tell(world: World, bench: Workbench):
    facts = gather(desk(bench), LogQuery())
    assert facts.sums.hotfixes == 0
    assert facts.hotfixes == facts.windows == facts.notable == ()
    assert (facts.entries, facts.first, facts.last, facts.newest) == (2, 1, 2, 2)
    assert (facts.since, facts.until) == (START, START)
    assert (facts.workspace, facts.location, facts.made_by) == ("Packages", "/packages", "ann")
    assert [count.type for count in facts.types] == ["Folder protected", "Workspace created"]


def test_who_opened_what_for_how_long_and_why(world: World, bench: Workbench):
    unlock(bench, ticket="INC-1", reason="VAT is wrong")
    world.clock.go(minutes=10)
    hotfixes.extend(bench, package_id(bench, "Case"), 15)
    world.clock.go(minutes=10)
    world.disk.files["Case"]["Schemas/B/schema.js"] = (0o600, b"repaired")
    lock(bench)
    facts = gather(desk(bench), LogQuery())
    (told,) = facts.hotfixes
    assert (told.window.package, told.window.opened_by, told.window.reason, told.window.ticket) == (
        "Case",
        "ann",
        "VAT is wrong",
        "INC-1",
    )
    assert told.open_for(facts.made_at) == timedelta(minutes=20)
    assert told.extensions == (15,)
    assert facts.notable == ()
    sums = facts.sums
    assert (sums.opened, sums.extended, sums.extension_minutes, sums.to_review, sums.relocked) == (1, 1, 15, 1, 0)
    assert (sums.open_for, sums.longest) == (timedelta(minutes=20), timedelta(minutes=20))
    assert [(share.name, share.hotfixes) for share in facts.packages] == [("Case", 1)]
    people = [(share.name, share.hotfixes, share.entries) for share in facts.people]
    assert people == [("ann", 1, 6), ("Hotfix Desktop", 0, 1)]
    assert [(each.package, each.opened_by, each.changes) for each in facts.waiting] == [("Case", "ann", 1)]
    undelivered.mark_delivered(bench, [told.window.hotfix], "by hand")
    assert gather(desk(bench), LogQuery()).waiting == ()


def test_overruns_failed_relocks_and_refused_attempts_are_named(
    world: World, bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    unlock(bench)
    world.clock.go(minutes=31)
    close = type(bench.workspace).close

    def refuses(*_: object, **__: object) -> None:
        raise WorkspaceError("The disk is busy.")

    monkeypatch.setattr(type(bench.workspace), "close", refuses)
    assert beat(bench) == []
    monkeypatch.setattr(type(bench.workspace), "close", close)
    world.clock.go(minutes=2)
    assert beat(bench) == ["Case"]
    other = world.bench("bob")
    with pytest.raises(Denied):
        unlock(other, "Base")
    facts = gather(desk(bench), LogQuery())
    (told,) = facts.notable
    assert told.overrun(facts.made_at) == timedelta(minutes=3)
    assert told.failures == ("Could not be locked and is tried again: The disk is busy.",)
    assert (facts.sums.overruns, facts.sums.worst_overrun) == (1, timedelta(minutes=3))
    assert (facts.sums.failed_relocks, facts.sums.relocked) == (1, 1)
    assert [(entry.owner, entry.package) for entry in facts.denied.lines] == [("bob", "Base")]
    assert {count.type: count.denied for count in facts.types if count.denied} == {"Unlock requested": 1}
    assert {count.type: count.failed for count in facts.types if count.failed} == {"Relock failed": 1}


def test_settings_and_roles_are_listed(bench: Workbench):
    administration.change_settings(bench, {"PackageHotfixTimeout": "45"})
    administration.assign_role(bench, "eve", Role.AUDITOR)
    facts = gather(desk(bench), LogQuery())
    assert [entry.description for entry in facts.settings.lines][1:] == [
        "PackageHotfixTimeout: 30 → 45",
        "eve is now a member of Auditors",
    ]
    assert facts.settings.total == 3


def test_a_period_has_the_hotfixes_that_were_open_in_it(world: World, bench: Workbench):
    unlock(bench, "Case")
    world.clock.go(minutes=25)
    lock(bench, "Case")
    world.clock.go(hours=1)
    since = world.clock.wall
    world.clock.go(hours=1)
    unlock(bench, "Base")
    world.clock.go(minutes=10)
    during = world.clock.wall
    world.clock.go(minutes=10)
    lock(bench, "Base")
    packages = [told.window.package for told in gather(desk(bench), LogQuery(since=since)).hotfixes]
    assert packages == ["Base"]
    assert [t.window.package for t in gather(desk(bench), LogQuery(until=since)).hotfixes] == ["Case"]
    # Open all the while, without an entry of its own in these minutes.
    quiet = gather(desk(bench), LogQuery(since=during, until=during + timedelta(minutes=2)))
    assert quiet.entries == 0
    assert [told.window.package for told in quiet.hotfixes] == ["Base"]
    assert gather(desk(bench), LogQuery(since=since, until=since + timedelta(minutes=5))).sums.hotfixes == 0


def test_a_period_ends_before_its_end(world: World, bench: Workbench):
    world.clock.go(hours=1)
    administration.change_settings(bench, {"PackageHotfixTimeout": "45"})
    end = world.clock.wall
    assert gather(desk(bench), LogQuery(until=end)).settings.total == 1
    assert gather(desk(bench), LogQuery(since=end)).settings.total == 1
    assert gather(desk(bench), LogQuery(until=end + timedelta(seconds=1))).settings.total == 2


def test_one_that_is_still_open_is_in_every_later_period_and_its_neighbours_are_not(world: World, bench: Workbench):
    hotfixes.unlock(bench, package_id(bench, "Case"), "long", "", 240)
    unlock(bench, "Base")
    world.clock.go(minutes=5)
    lock(bench, "Base")
    world.clock.go(minutes=60)
    facts = gather(desk(bench), LogQuery(since=world.clock.wall))
    assert [told.window.package for told in facts.hotfixes] == ["Case"]
    assert facts.sums.still_open == 1
    world.clock.go(minutes=60)
    since = world.clock.wall
    lock(bench, "Case")
    unlock(bench, "Base")
    facts = gather(desk(bench), LogQuery(since=since))
    assert [told.window.hotfix for told in facts.hotfixes] == [1, 3]


def test_lists_have_the_newest_entries(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hotfix_desktop.services.reporting.MOST_LINES", 2)
    for minutes in ("45", "50", "55"):
        administration.change_settings(bench, {"PackageHotfixTimeout": minutes})
    facts = gather(desk(bench), LogQuery())
    assert [entry.description[-2:] for entry in facts.settings.lines] == ["50", "55"]
    assert facts.settings.total == 4


def test_other_filters_do_not_hide_anything(bench: Workbench):
    unlock(bench)
    lock(bench)
    wanted = LogQuery(text="nothing", only=((LogColumn.PACKAGE, "Base"),), hotfix=99)
    facts = gather(desk(bench), wanted)
    assert facts.sums.opened == 1
    assert facts.sentence == "every entry"


def test_a_clock_that_was_set_back_moves_no_entry_into_another_period(world: World, bench: Workbench):
    first = world.clock.wall
    world.clock.go(hours=5)
    administration.change_settings(bench, {"PackageHotfixTimeout": "45"})
    world.clock.set_wall(hours=-4)
    administration.change_settings(bench, {"PackageHotfixTimeout": "50"})
    world.clock.go(hours=9)
    administration.change_settings(bench, {"PackageHotfixTimeout": "55"})
    facts = gather(desk(bench), LogQuery(since=first + timedelta(hours=4)))
    assert facts.entries == 2
    assert [entry.description[-2:] for entry in facts.settings.lines] == ["45", "55"]
    assert [(count.type, count.entries) for count in facts.types] == [("Setting changed", 2)]
    assert facts.settings.total == 2


def test_only_the_newest_are_listed_but_all_are_counted(world: World, bench: Workbench):
    for name in ("Case", "Base", "Case"):
        unlock(bench, name)
        world.clock.go(minutes=5)
        lock(bench, name)
    facts = gather(desk(bench), LogQuery(), most=2)
    assert [told.window.hotfix for told in facts.hotfixes] == [2, 3]
    assert facts.sums.opened == 3
    assert len(facts.windows) == 3


def test_a_damaged_entry_is_counted_and_hides_nothing_else(world: World, bench: Workbench):
    for name in ("Case", "Base"):
        unlock(bench, name)
        lock(bench, name)
    bench.store.close()
    connection = sqlite3.connect(world.database)
    connection.execute("DROP TRIGGER audit_no_update")
    connection.execute("UPDATE audit SET body = x'00' WHERE type = ? AND package = 'Case'", (AuditType.LOCKED.value,))
    connection.commit()
    connection.close()
    facts = gather(desk(world.bench("ann")), LogQuery())
    assert facts.damaged == 1
    assert [told.window.closed_us is None for told in facts.hotfixes] == [True, False]


def test_nobody_without_a_role_gets_a_report(world: World, bench: Workbench):
    with pytest.raises(Denied, match="bob may not export the audit log"):
        gather(desk(world.bench("bob")), LogQuery())
    administration.assign_role(bench, "eve", Role.AUDITOR)
    assert gather(desk(world.bench("eve")), LogQuery()).made_by == "eve"


def test_it_can_be_cancelled(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    progress = CancellableProgress()
    progress.cancel()
    with pytest.raises(Cancelled):
        gather(desk(bench), LogQuery(), progress=progress)


def test_a_long_question_to_the_database_is_interrupted(bench: Workbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hotfix_desktop.store.report_rows.STEPS_BETWEEN_LOOKS", 1)
    progress = CancellableProgress()
    rows = ReportRows(bench.store.path, progress)
    try:
        progress.cancel()
        with pytest.raises(Cancelled):
            rows.span(None, None)
    finally:
        rows.close()


def test_every_answer_is_of_the_same_moment(world: World, bench: Workbench):
    rows = ReportRows(bench.store.path)
    try:
        before = rows.newest()
        administration.change_settings(bench, {"PackageHotfixTimeout": "45"})
        assert rows.newest() == before == 2
    finally:
        rows.close()


def test_what_is_printed_is_entered_as_taken_away(world: World, bench: Workbench):
    facts = gather(desk(bench), LogQuery(until=START + timedelta(days=1)))
    enter_printed(bench, facts)
    (entry,) = entries(bench, type="Audit log exported")
    assert entry.description == (
        "ann had a report of 2 entries of the audit log made ready to print: before 2026-03-30T00:30:00Z"
    )
    with pytest.raises(Denied):
        enter_printed(world.bench("bob"), facts)
    assert [line.result for line in entries(bench, type="Audit log exported")] == ["Success", "Denied"]
