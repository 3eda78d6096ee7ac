"""Reviews of closed hotfixes: each word of an auditor is an entry, in the transaction of what it records."""

from __future__ import annotations

import json

import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.errors import Denied, InvalidInput, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending
from hotfix_desktop.core.reviews import Changed, ReviewCounts, ReviewState, ReviewVerdict
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.services import administration, catalogue, drift, hotfixes, reviewing
from tests.services.world import at_step, entries, package_id, raising

REVIEWED, OBJECTED = ReviewVerdict.REVIEWED, ReviewVerdict.OBJECTED


@pytest.fixture
def eve(world, bench):
    """The bench of an auditor."""
    administration.assign_role(bench, "eve", Role.AUDITOR)
    return world.bench("eve")


def closed(bench, name: str = "Case", edit: bytes | None = None) -> int:
    """Unlock and lock a package; gives the number of the hotfix."""
    hotfix = hotfixes.unlock(bench, package_id(bench, name), "a button fails", "RND-1")
    if edit is not None:
        bench.workspace.files[name]["Schemas/B/schema.js"] = (0o600, edit)
    hotfixes.lock(bench, hotfix.package_id)
    return hotfix.number


def without_trees(bench) -> None:
    """Make the hotfixes some of a version that recorded no trees."""
    with bench.store.transaction():
        bench.store._database.execute_sql("DELETE FROM hotfix_tree")


def said(bench) -> list:
    kinds = (AuditType.HOTFIX_REVIEWED.value, AuditType.HOTFIX_OBJECTED.value)
    return [line for line in entries(bench) if line.type in kinds]


def waiting(bench) -> list[int]:
    return [item.hotfix.number for item in reviewing.read_reviews(bench).items]


def test_a_closed_hotfix_waits_and_an_open_one_does_not(bench, eve):
    number = closed(bench)
    hotfixes.unlock(bench, package_id(bench, "Base"), "another")
    page = reviewing.read_reviews(eve)
    assert [item.hotfix.number for item in page.items] == [number]
    assert page.counts == ReviewCounts(to_review=1)
    assert not page.more
    assert catalogue.remembered(eve).to_review == 1


def test_a_review_is_an_entry_of_its_hotfix(bench, eve):
    number = closed(bench)
    reviewing.review(eve, number, REVIEWED, " seen \n the ticket ")
    (line,) = said(bench)
    event = line.entry().event
    assert (event.type, event.result, event.owner) == (AuditType.HOTFIX_REVIEWED, AuditResult.SUCCESS, "eve")
    assert (event.hotfix, event.package, event.ticket) == (number, "Case", "RND-1")
    assert event.description == f"Reviewed: Hotfix {number} of Case by ann. seen the ticket [RND-1]"
    assert json.loads(event.detail)["remark"] == "seen the ticket"
    assert waiting(eve) == []
    (item,) = reviewing.read_reviews(eve, ReviewState.REVIEWED).items
    assert (item.review.by, item.review.remark, item.review.at) == ("eve", "seen the ticket", eve.clock.now().utc)
    assert catalogue.remembered(eve).to_review == 0


def test_an_objection_waits_for_being_settled(bench, eve):
    number = closed(bench)
    with pytest.raises(InvalidInput, match="needs a remark"):
        reviewing.review(eve, number, OBJECTED, "  ")
    assert said(bench) == []
    reviewing.review(eve, number, OBJECTED, "no ticket of that number")
    assert eve.store.reviews.counts() == ReviewCounts(objected=1)
    with pytest.raises(Refused, match="eve has objected to this hotfix of Case already"):
        reviewing.review(eve, number, OBJECTED, "again")
    reviewing.review(eve, number, REVIEWED, "it was a typing error")
    assert eve.store.reviews.counts() == ReviewCounts(reviewed=1)
    with pytest.raises(Refused, match="eve has reviewed this hotfix of Case already"):
        reviewing.review(eve, number, OBJECTED, "after all")
    kinds = [line.type for line in said(bench)]
    assert kinds == [AuditType.HOTFIX_OBJECTED.value, AuditType.HOTFIX_REVIEWED.value]
    assert said(bench)[1].description.startswith("Objection settled: ")
    assert json.loads(said(bench)[1].entry().event.detail)["objected_by"] == "eve"


def test_whoever_opened_it_may_not_where_there_is_another_auditor(bench, eve):
    administration.assign_role(bench, "ann", Role.AUDITOR)
    number = closed(bench)
    with pytest.raises(Denied, match="ann opened this hotfix of Case; another auditor reviews it"):
        reviewing.review(bench, number, REVIEWED)
    (line,) = said(bench)
    assert (line.result, line.hotfix) == (AuditResult.DENIED.value, number)
    assert line.description.startswith("Refused: review hotfix")
    assert waiting(bench) == [number]
    reviewing.review(eve, number, REVIEWED)
    assert waiting(bench) == []


def test_a_lone_auditor_may_and_the_entry_says_so(bench):
    administration.assign_role(bench, "ann", Role.AUDITOR)
    number = closed(bench)
    assert reviewing.read_reviews(bench).lone
    reviewing.review(bench, number, REVIEWED)
    (line,) = said(bench)
    assert line.description.endswith("(by ann, who opened it: there is no other auditor) [RND-1]")
    assert json.loads(line.entry().event.detail)["own"] is True


@pytest.mark.parametrize("verdict", list(ReviewVerdict))
def test_nobody_without_the_role_reviews_and_the_attempt_is_entered(bench, world, verdict):
    number = closed(bench)
    with pytest.raises(Denied, match="ann may not review hotfixes: only members of Auditors may"):
        reviewing.review(bench, number, verdict, "remark")
    with pytest.raises(Denied):
        reviewing.review_together(bench, [number])
    assert [line.result for line in said(bench)] == [AuditResult.DENIED.value] * 2
    assert bench.store.reviews.counts() == ReviewCounts(to_review=1)
    with pytest.raises(Denied):
        reviewing.read_reviews(world.bench("bob"))


def test_unknown_and_open_hotfixes_are_refused(bench, eve):
    with pytest.raises(Refused, match="There is no hotfix 99"):
        reviewing.review(eve, 99, REVIEWED)
    hotfix = hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails")
    with pytest.raises(Refused, match="still open"):
        reviewing.review(eve, hotfix.number, REVIEWED)


def test_a_review_without_its_entry_is_none(bench, eve, log_fails):
    number = closed(bench)
    log_fails(AuditType.HOTFIX_REVIEWED)
    with pytest.raises(StoreError):
        reviewing.review(eve, number, REVIEWED)
    assert waiting(eve) == [number]


# What it changed


def known(bench, number: int) -> Changed:
    return reviewing.items(bench, [number])[0].changed


def test_equal_contents_before_and_after_are_nothing(bench, eve):
    number = closed(bench)
    assert known(bench, number) is Changed.NOTHING
    assert reviewing.read_reviews(eve).unchanged == (number,)


def test_other_contents_are_something(bench, eve):
    number = closed(bench, edit=b"mended")
    assert known(bench, number) is Changed.SOMETHING
    assert reviewing.read_reviews(eve).unchanged == ()


def test_what_a_hotfix_changed_is_known_for_ever(bench):
    number = closed(bench)
    again = closed(bench, edit=b"repaired")
    closed(bench)
    assert known(bench, number) is Changed.NOTHING
    assert known(bench, again) is Changed.SOMETHING
    hotfixes.unlock(bench, package_id(bench, "Case"), "a fourth")
    assert known(bench, again) is Changed.SOMETHING


def test_without_trees_an_earlier_hotfix_is_not_known_once_its_baseline_is_gone(bench):
    number = closed(bench)
    again = closed(bench)
    without_trees(bench)
    assert known(bench, number) is Changed.UNKNOWN
    assert known(bench, again) is Changed.NOTHING
    hotfixes.unlock(bench, package_id(bench, "Case"), "a third")
    assert known(bench, again) is Changed.UNKNOWN


def test_without_trees_a_hotfix_that_began_with_drift_is_not_known(bench):
    bench.workspace.files["Case"]["Schemas/A/metadata.json"] = (0o444, b"behind")
    number = closed(bench)
    assert known(bench, number) is Changed.NOTHING
    without_trees(bench)
    assert known(bench, number) is Changed.UNKNOWN


def test_an_accepted_drift_is_not_put_on_the_hotfix(bench, world):
    number = closed(bench)
    for _ in range(3):  # the later looks after the lock, which found nothing
        world.clock.go(minutes=5)
        drift.DriftWatch(bench).check_due()
    bench.workspace.files["Case"]["Schemas/A/metadata.json"] = (0o444, b"behind")
    drift.look(bench, package_id(bench, "Case"))
    drift.accept(bench, package_id(bench, "Case"))
    assert known(bench, number) is Changed.NOTHING
    without_trees(bench)
    assert known(bench, number) is Changed.UNKNOWN


def test_an_unlock_that_failed_changed_nothing(bench, eve):
    at_step(bench.workspace, "open", 2, raising(Refused("the disk says no")))
    with pytest.raises(WorkspaceError, match="stays closed"):
        hotfixes.unlock(bench, package_id(bench, "Case"), "a button fails")
    (item,) = reviewing.read_reviews(eve).items
    assert (item.hotfix.ending, item.changed) == (Ending.FAILED, Changed.NOTHING)


def test_a_late_write_is_flagged(bench, world, eve):
    bench.workspace.writers_of["Case"] = (Writer(7, "vim", "Schemas/B/schema.js"),)
    number = closed(bench)
    bench.workspace.files["Case"]["Schemas/B/schema.js"] = (0o400, b"late")
    world.clock.go(minutes=5)
    drift.look(bench, package_id(bench, "Case"), thorough=True)
    (item,) = reviewing.items(bench, [number])
    assert (item.changed, item.late_writes) == (Changed.SOMETHING, 1)
    assert "changed after the lock" in item.flags()


# Together


def test_those_that_changed_nothing_are_reviewed_in_one_step_with_an_entry_each(bench, eve):
    same, other = closed(bench, "Case"), closed(bench, "Base", edit=b"mended")
    page = reviewing.read_reviews(eve)
    assert page.unchanged == (same,)
    assert reviewing.review_together(eve, [other, same, same, 99], "nothing happened") == 1
    (line,) = said(bench)
    assert (line.hotfix, json.loads(line.entry().event.detail)["together"]) == (same, 1)
    assert waiting(eve) == [other]
    with pytest.raises(Refused, match="waits for a review any more"):
        reviewing.review_together(eve, [same, other])


def test_own_ones_are_left_to_another_auditor(bench, world, eve):
    administration.assign_role(bench, "ann", Role.AUDITOR)
    closed(bench)
    assert reviewing.read_reviews(bench).unchanged == ()
    with pytest.raises(Refused):
        reviewing.review_together(bench, [1])


# Many


def test_thousands_are_paged(bench, eve):
    database = bench.store._database
    closed(bench)
    columns = [name for (_, name, *_) in database.execute_sql("PRAGMA table_info(hotfix)") if name != "id"]
    listed = ", ".join(columns)
    with bench.store.transaction():
        database.execute_sql(
            f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2999)"
            f" INSERT INTO hotfix ({listed}) SELECT {listed} FROM n, (SELECT * FROM hotfix WHERE id = 1)"
        )
    seen: list[int] = []
    before = None
    while True:
        page = reviewing.read_reviews(eve, before=before)
        assert len(page.items) <= reviewing.PAGE
        seen += [item.hotfix.number for item in page.items]
        if not page.more:
            break
        before = seen[-1]
    assert seen == list(range(3000, 0, -1))
    assert page.counts.to_review == 3000
