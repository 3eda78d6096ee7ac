"""What somebody has chosen in the delivery wizard: ticks go by element, decisions outlive a new plan."""

from __future__ import annotations

from pathlib import Path

from hotfix_desktop.core.changes import ChangeKind
from hotfix_desktop.core.delivery_plan import Decision, DeliveryPlan, Merge, MergedFile, Side
from hotfix_desktop.ui.delivery_draft import Draft

PAGE = (b"Schemas/A/A.js", b"Schemas/A/metadata.json")
OTHERS = (b"Schemas/B/B.js", b"descriptor.json", b"Properties/x.cs")


def plan(*conflicts: bytes) -> DeliveryPlan:
    files = tuple(
        MergedFile(path, path.decode(), Merge.CONFLICT if path in conflicts else Merge.TAKEN, ChangeKind.MODIFIED)
        for path in sorted((*PAGE, *OTHERS))
    )
    return DeliveryPlan(Path("/repo"), "", "hotfix/1-Case", "main", "c" * 40, (1,), files, "Ann <a@b.c>", "")


def paths(files) -> list[bytes]:
    return [file.path for file in files]


def test_a_tick_takes_a_whole_element_and_no_other():
    draft = Draft()
    draft.take_plan(plan())
    draft.tick(PAGE[0], ticked=False)
    assert paths(draft.ticked) == sorted(OTHERS)
    draft.tick(PAGE[1], ticked=True)
    assert len(draft.ticked) == 5


def test_files_beside_all_elements_are_ticked_one_by_one():
    draft = Draft()
    draft.take_plan(plan())
    draft.tick(b"descriptor.json", ticked=False)
    assert draft.unticked == {b"descriptor.json"}


def test_what_is_left_out_needs_no_decision():
    draft = Draft()
    draft.take_plan(plan(PAGE[0], OTHERS[0]))
    assert paths(draft.undecided) == [PAGE[0], OTHERS[0]]
    draft.decisions[OTHERS[0]] = Decision(Side.OURS)
    draft.tick(PAGE[1], ticked=False)
    assert draft.undecided == ()


def test_a_new_plan_keeps_the_decisions_that_are_still_to_be_made():
    draft = Draft(repository="/repo")
    draft.take_plan(plan(PAGE[0], OTHERS[0]))
    draft.decisions = {PAGE[0]: Decision(Side.THEIRS), OTHERS[0]: Decision(Side.OURS)}
    draft.take_plan(plan(PAGE[0]))
    assert draft.decisions == {PAGE[0]: Decision(Side.THEIRS)}
    assert draft.planned_for == draft.plan_key
    draft.onto = "release"
    assert draft.planned_for != draft.plan_key
