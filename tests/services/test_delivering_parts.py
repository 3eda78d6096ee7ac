"""A delivery that leaves files out: what went is entered, the rest is named, and the hotfix waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.delivery_plan import Decision, Merge, Side
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind
from hotfix_desktop.services.delivering import carry_home, deliver, message_for, plan_delivery
from hotfix_desktop.services.undelivered import mark_delivered, undelivered
from hotfix_desktop.services.workbench import Workbench
from tests.services.delivery_world import BASE, UNREAD, GitRepository, delivery_bench, hotfix
from tests.services.test_delivering import BRANCH, PLACE, after, edited
from tests.services.world import World, entries

JS, CS, NEW = b"Schemas/A/A.js", b"Schemas/B/B.cs", b"Files/new.txt"


@pytest.fixture
def bench(world: World) -> Workbench:
    return delivery_bench(world)


@pytest.fixture
def repository(tmp_path: Path, plain_git: None) -> GitRepository:
    made = GitRepository(tmp_path / "billing")
    made.commit({f"{PLACE}/{path}": data for path, data in BASE.items()})
    return made


def waiting(bench: Workbench) -> tuple[int, ...]:
    found = undelivered(bench)
    return next(iter(found.values())).hotfixes if found else ()


def last_entry(bench: Workbench) -> str:
    return entries(bench, type=AuditType.DELIVERED.value)[-1].description


def test_a_part_is_entered_and_the_rest_goes_on_top_of_it(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), cs=b"fixed\n", new=b"new\n"))
    plan = plan_delivery(bench, [number], repository.folder)
    first = deliver(bench, plan, {}, message_for(bench, [number]), ticked=[JS])
    one = repository.git("rev-parse", BRANCH)
    left = f"{PLACE}/Files/new.txt, {PLACE}/Schemas/B/B.cs"
    assert first.sentence == f"Commit {one[:10]} on {BRANCH} in billing, 1 of 3 files; left out: {left}"
    assert (first.facts["left_out"], first.facts["waiting"]) == (f"2: {left}", str(number))
    assert last_entry(bench) == f"{first.sentence} (hotfix {number} of Case, which stays undelivered)"
    assert (waiting(bench), bench.store.deliveries.of(number)) == ((number,), ())

    plan = plan_delivery(bench, [number], repository.folder)
    assert (plan.branch, plan.onto, plan.onto_commit, plan.made) == (BRANCH, BRANCH, one, "")
    assert f"The branch {BRANCH} has a part of this delivery; the rest goes on top of it." in plan.remarks
    assert {file.path: file.merge for file in plan.files} == {NEW: Merge.TAKEN, JS: Merge.SAME, CS: Merge.TAKEN}
    second = deliver(bench, plan, {}, message_for(bench, [number]), ticked=[NEW, CS])
    assert repository.git("rev-parse", f"{BRANCH}~1") == one
    assert repository.git("diff", "--name-only", "main", BRANCH).split() == [
        f"{PLACE}/Files/new.txt", f"{PLACE}/Schemas/A/A.js", f"{PLACE}/Schemas/B/B.cs",
    ]  # fmt: skip
    assert "left_out" not in second.facts
    assert (waiting(bench), len(bench.store.deliveries.of(number))) == ((), 1)


def test_a_part_says_so_in_its_commit(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    plan = plan_delivery(bench, [number], repository.folder)
    deliver(bench, plan, {}, message_for(bench, [number]), ticked=[JS])
    assert repository.git("log", "-1", "--format=%B", BRANCH).strip().endswith(f"/{number} (part)")
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, message_for(bench, [number]))
    assert repository.git("log", "-1", "--format=%B", BRANCH).strip().endswith(f"/{number}")


def test_the_proposed_message_of_a_part_says_what_stays_behind(bench, repository):
    tree = after(js=edited(3), new=b"new\n")
    number = hotfix(bench, BASE, {**tree, "Schemas/B/B.cs": UNREAD})
    plan = plan_delivery(bench, [number], repository.folder)
    said = message_for(bench, [number], plan, [JS])
    assert "\n\nCarries a part of a hotfix, 1 of 3 files, of Case 8.1.0 in production to development:\n" in said
    assert f"\n\nNot in this commit:\n* {PLACE}/Files/new.txt\n* {PLACE}/Schemas/B/B.cs\n\n" in said
    assert said.endswith(f"/{number} (part)\n")
    deliver(bench, plan, {}, said, ticked=[JS])
    assert repository.git("log", "-1", "--format=%B", BRANCH).strip() == said.strip()


def test_many_files_that_stay_behind_are_only_counted(bench, repository):
    more = {f"Files/{at}.txt": b"new %d\n" % at for at in range(6)}
    number = hotfix(bench, BASE, {**after(js=edited(3)), **more})
    said = message_for(bench, [number], plan_delivery(bench, [number], repository.folder), [JS])
    assert "a part of a hotfix, 1 of 7 files, of" in said
    assert "Not in this commit" not in said


def test_the_message_of_a_whole_speaks_of_no_part(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    repository.commit({f"{PLACE}/{NEW.decode()}": b"new\n"})
    plan = plan_delivery(bench, [number], repository.folder)
    assert (
        message_for(bench, [number], plan, [JS]) == message_for(bench, [number], plan) == message_for(bench, [number])
    )
    assert "Carries a hotfix of Case" in message_for(bench, [number], plan)


def test_what_development_has_by_then_ends_the_waiting_without_a_commit(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", ticked=[JS])
    tip = repository.commit({f"{PLACE}/{JS.decode()}": edited(3), f"{PLACE}/{NEW.decode()}": b"new\n"})
    repository.git("branch", "-D", BRANCH)
    receipt = deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert receipt.facts["commit"] == tip
    assert waiting(bench) == ()


def test_a_part_that_is_there_already_is_no_whole(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    tip = repository.commit({f"{PLACE}/{JS.decode()}": edited(3)})
    receipt = deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", ticked=[JS])
    assert receipt.sentence == (
        f"Already in commit {tip[:10]} on main in billing, 1 of 2 files; left out: {PLACE}/Files/new.txt"
    )
    assert waiting(bench) == (number,)


def test_an_unticked_file_that_is_there_already_is_not_left_out(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    repository.commit({f"{PLACE}/{JS.decode()}": edited(3)})
    receipt = deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", ticked=[NEW])
    assert "left_out" not in receipt.facts
    assert waiting(bench) == ()


@pytest.mark.parametrize("why", ["checked out", "more was committed", "merged", "another base"])
def test_a_branch_that_is_not_ours_alone_any_more_is_left_alone(bench, repository, why):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    repository.git("branch", "other")
    repository.commit({"readme": b"x"})
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", ticked=[JS])
    onto = "main"
    if why == "checked out":
        repository.git("worktree", "add", "-q", str(repository.folder.parent / "tree"), BRANCH)
    elif why == "more was committed":
        made = repository.git("commit-tree", "-p", BRANCH, "-m", "review", f"{BRANCH}^{{tree}}")
        repository.git("update-ref", f"refs/heads/{BRANCH}", made)
    elif why == "merged":
        repository.git("merge", "-q", "--no-ff", "-m", "merge", BRANCH)
    else:
        onto = "other"
    plan = plan_delivery(bench, [number], repository.folder, onto)
    assert (plan.branch, plan.onto) == (f"{BRANCH}-2", onto)
    tip = repository.git("rev-parse", BRANCH)
    deliver(bench, plan, {}, "Fix")
    assert repository.git("rev-parse", BRANCH) == tip
    assert repository.show(f"{BRANCH}-2", f"{PLACE}/{JS.decode()}") == edited(3)
    assert repository.show(f"{BRANCH}-2", f"{PLACE}/{NEW.decode()}") == b"new\n"
    assert waiting(bench) == ()


def test_a_part_that_was_killed_before_its_entry_is_built_upon(bench, repository, log_fails, monkeypatch):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    monkeypatch.setattr("hotfix_desktop.services.delivering.remove_branch", lambda *given: None)  # as a kill does
    log_fails(AuditType.DELIVERED)
    with pytest.raises(StoreError):
        deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", ticked=[JS])
    plan = plan_delivery(bench, [number], repository.folder)
    assert (plan.branch, plan.onto, plan.made) == (BRANCH, BRANCH, "")
    deliver(bench, plan, {}, "Fix")
    assert waiting(bench) == ()


def test_a_failed_second_part_leaves_the_first(bench, repository, log_fails):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", ticked=[JS])
    plan = plan_delivery(bench, [number], repository.folder)
    before = repository.snapshot()
    log_fails(AuditType.DELIVERED)
    with pytest.raises(StoreError):
        deliver(bench, plan, {}, "Fix")
    assert repository.snapshot() == before
    assert waiting(bench) == (number,)


def test_a_conflict_decided_for_development_ends_the_waiting_with_the_rest(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    repository.commit({f"{PLACE}/{JS.decode()}": edited(3, by=b"developed")})
    deliver(bench, plan_delivery(bench, [number], repository.folder), {JS: Decision(Side.THEIRS)}, "Fix")
    assert waiting(bench) == ()


# What nobody could read


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (BASE["Schemas/B/B.cs"], UNREAD),
        (UNREAD, b"b\n"),
        (UNREAD, None),
        (None, UNREAD),
        (UNREAD, Fact(Kind.FILE, 0o444, 9, (0, 0, 0), UNREADABLE)),
    ],
    ids=["unreadable after", "unreadable before", "deleted", "added", "another size"],
)
def test_what_could_not_be_read_is_named_and_waits_until_it_is_marked(bench, repository, before, now):
    assert UNREAD.digest == UNREADABLE
    name = CS.decode()
    number = hotfix(bench, {**BASE, name: before}, {**BASE, "Schemas/A/A.js": edited(3), name: now})
    plan = plan_delivery(bench, [number], repository.folder)
    assert [file.path for file in plan.files] == [JS]
    assert plan.left == (f"{PLACE}/{name}",)
    assert any(remark.startswith(f"Not delivered: {name}, which could not be read") for remark in plan.remarks)
    receipt = deliver(bench, plan, {}, "Fix")
    assert receipt.facts["left_out"] == f"1: {PLACE}/{name}"
    assert waiting(bench) == (number,)
    mark_delivered(bench, [number], "carried over by hand")
    assert waiting(bench) == ()


def test_what_could_never_be_read_and_has_its_size_is_no_change(bench, repository):
    number = hotfix(bench, {**BASE, "secret": UNREAD}, {**after(js=edited(3)), "secret": UNREAD})
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert waiting(bench) == ()


# Several hotfixes


def test_only_the_hotfix_of_which_a_file_is_missing_waits(bench, repository):
    one = hotfix(bench, BASE, after(js=edited(3)))
    two = hotfix(bench, after(js=edited(3)), after(js=edited(3), new=b"new\n"))
    plan = plan_delivery(bench, [one, two], repository.folder)
    kept = carry_home(bench, plan, {}, "Fix", ticked=[JS])
    assert [(delivery.hotfix, delivery.receipt.facts["waiting"]) for delivery in kept] == [(one, "2"), (two, "2")]
    assert waiting(bench) == (two,)
    assert [line.description.endswith("stays undelivered)") for line in entries(bench, type="Hotfix delivered")] == [
        False,
        True,
    ]
    plan = plan_delivery(bench, [two], repository.folder, branch=BRANCH)
    deliver(bench, plan, {}, "Fix")
    assert waiting(bench) == ()


def test_a_file_that_was_renamed_later_is_missed_by_both(bench, repository):
    moved = {**{path: data for path, data in BASE.items() if path != "Files/old.txt"}, "Files/mid.txt": b"old\n" * 9}
    one = hotfix(bench, BASE, {**moved, "Schemas/A/A.js": edited(3)})
    last = {path: data for path, data in moved.items() if path != "Files/mid.txt"}
    two = hotfix(
        bench,
        {**moved, "Schemas/A/A.js": edited(3)},
        {**last, "Files/new.txt": b"old\n" * 9, "Schemas/A/A.js": edited(3)},
    )
    deliver(bench, plan_delivery(bench, [one, two], repository.folder), {}, "Fix", ticked=[JS])
    assert waiting(bench) == (one, two)
