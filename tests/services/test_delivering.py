"""Delivering hotfixes into real git repositories: what the commit has, and what nothing else has lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.changes import ChangeKind
from hotfix_desktop.core.deliveries import DeliveryKind
from hotfix_desktop.core.delivery_plan import Decision, DeliveryPlan, Merge, Side
from hotfix_desktop.core.errors import Cancelled, Denied, InvalidInput, Refused, StoreError
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.administration import change_settings
from hotfix_desktop.services.delivering import branches, deliver, message_for, plan_delivery, versions
from hotfix_desktop.services.undelivered import undelivered
from hotfix_desktop.services.workbench import Workbench
from tests.services.delivery_world import (
    BASE,
    DESCRIPTOR,
    LINES,
    UNREAD,
    GitRepository,
    Tree,
    delivery_bench,
    hotfix,
)
from tests.services.world import World, entries, package_id

PLACE = "packages/Case"
BRANCH = "hotfix/INC-1-Case"


@pytest.fixture
def bench(world: World) -> Workbench:
    """Ann's bench, with a package *Case* that has a real UId."""
    return delivery_bench(world)


@pytest.fixture
def repository(tmp_path: Path, plain_git: None) -> GitRepository:
    """A clio workspace with the package as it was before every hotfix."""
    made = GitRepository(tmp_path / "billing")
    made.commit({**{f"{PLACE}/{path}": data for path, data in BASE.items()}, ".clio/workspaceSettings.json": b"{}"})
    return made


def after(**changes: bytes | None) -> Tree:
    """The package after a hotfix; the names of the files stand for these."""
    names = {"js": "Schemas/A/A.js", "cs": "Schemas/B/B.cs", "old": "Files/old.txt", "new": "Files/new.txt"}
    tree: dict[str, bytes | None] = dict(BASE)
    tree.update({names[name]: data for name, data in changes.items()})
    return {path: data for path, data in tree.items() if data is not None}


def edited(*lines: int, by: bytes = b"fixed") -> bytes:
    """The script with some lines changed."""
    return b"".join(b"%s %d\r\n" % (by if n in lines else b"line", n) for n in range(20))


def merges(plan: DeliveryPlan) -> dict[str, Merge]:
    return {file.path.decode(): file.merge for file in plan.files}


def test_a_fix_becomes_a_commit_on_a_branch_of_its_own(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), cs=None, new=b"new\n"))
    tip = repository.git("rev-parse", "main")
    before = repository.snapshot()
    plan = plan_delivery(bench, [number], repository.folder)
    assert (plan.branch, plan.onto, plan.onto_commit, plan.package_place) == (BRANCH, "main", tip, PLACE)
    assert plan.author == "Dev Eloper <dev@example.com>"
    assert [(f.path, f.change, f.merge) for f in plan.files] == [
        (b"Files/new.txt", ChangeKind.ADDED, Merge.TAKEN),
        (b"Schemas/A/A.js", ChangeKind.MODIFIED, Merge.TAKEN),
        (b"Schemas/B/B.cs", ChangeKind.DELETED, Merge.TAKEN),
    ]
    assert plan.files[0].place == f"{PLACE}/Files/new.txt"
    receipt = deliver(bench, plan, {}, message_for(bench, [number]))
    commit = repository.git("rev-parse", BRANCH)
    assert receipt.kind is DeliveryKind.COMMIT
    assert receipt.facts["commit"] == commit
    assert receipt.sentence == f"Commit {commit[:10]} on {BRANCH} in billing"
    assert repository.git("rev-list", "--parents", "-1", BRANCH) == f"{commit} {tip}"
    assert repository.git("diff", "--name-status", "main", BRANCH).split() == [
        "A", f"{PLACE}/Files/new.txt", "M", f"{PLACE}/Schemas/A/A.js", "D", f"{PLACE}/Schemas/B/B.cs",
    ]  # fmt: skip
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3)
    assert repository.git("log", "-1", "--format=%an <%ae>", BRANCH) == plan.author
    after_it = repository.snapshot()
    assert after_it.pop("refs") == f"{commit} commit\trefs/heads/{BRANCH}\n{before.pop('refs')}"
    assert after_it == before
    assert repository.git("fsck", "--strict") == ""


def test_planning_and_looking_write_nothing(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    before, objects = repository.snapshot(), repository.objects()
    plan = plan_delivery(bench, [number], repository.folder)
    versions(bench, plan, plan.files[0])
    assert (repository.snapshot(), repository.objects()) == (before, objects)
    assert not list((repository.folder / ".git").rglob("*.lock"))


def test_the_message_says_why_when_and_where_it_is_audited(bench, repository):
    long = "Rounding of VAT is wrong in invoices of more than one page, which the tax office does not like"
    number = hotfix(bench, BASE, after(js=edited(3)), reason=long)
    message = message_for(bench, [number])
    assert len(message.split("\n")[0]) == 72
    assert message.startswith("INC-1: Rounding of VAT")
    assert f"\n\n{long}\n\n" in message
    assert "unlocked by ann from 2026-03-29 00:30 to 2026-03-29 00:30 UTC" in message
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, message)
    assert repository.git("log", "-1", "--format=%(trailers:key=Ticket,valueonly)", BRANCH).strip() == "INC-1"
    assert repository.git("log", "-1", "--format=%(trailers:key=Hotfix,valueonly)", BRANCH).strip() == str(number)
    log_id = bench.store.administration.workspace().log_id.hex()[:16]
    marked = repository.git("log", "-1", "--format=%(trailers:key=Hotfix-Desktop,valueonly)", BRANCH).strip()
    assert marked == f"{log_id}/{number}"


def test_the_line_that_marks_it_comes_back_when_somebody_deletes_it(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3)))
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix\r\n\r\nby “hand”  \r\n")
    told = repository.git("log", "-1", "--format=%B", BRANCH)
    assert told.startswith("Fix\n\nby “hand”\n\nHotfix-Desktop: ")


@pytest.mark.parametrize("message", ["", " \n\t", "\u200b", "a\0b", "\ud800", "x" * 20_001])
def test_a_message_that_is_none_is_refused(bench, repository, message):
    number = hotfix(bench, BASE, after(js=edited(3)))
    plan = plan_delivery(bench, [number], repository.folder)
    before = repository.snapshot()
    with pytest.raises(InvalidInput) as told:
        deliver(bench, plan, {}, message)
    assert told.value.field == "message"
    assert repository.snapshot() == before


def test_the_delivery_is_entered_and_the_hotfix_waits_no_more(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3)))
    receipt = deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    (line,) = entries(bench, type=AuditType.DELIVERED.value)
    assert (line.result, line.hotfix, line.package) == (AuditResult.SUCCESS.value, number, "Case")
    assert json.loads(line.entry().event.detail)["receipt"]["commit"] == receipt.facts["commit"]
    assert [d.receipt for d in bench.store.deliveries.of(number)] == [receipt]


def test_only_administrators_deliver(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3)))
    plan = plan_delivery(bench, [number], repository.folder)
    before = repository.snapshot()
    eve = replace(bench, person=Person("eve", ""))
    with pytest.raises(Denied):
        deliver(eve, plan, {}, "Fix")
    with pytest.raises(Denied):
        message_for(eve, [number])
    assert repository.snapshot() == before
    assert [line.owner for line in entries(bench, result=AuditResult.DENIED.value)] == ["eve", "eve"]


# Merging


def test_both_sides_of_a_text_are_kept(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3)))
    repository.commit({f"{PLACE}/Schemas/A/A.js": edited(15, by=b"developed")})
    plan = plan_delivery(bench, [number], repository.folder)
    assert merges(plan) == {"Schemas/A/A.js": Merge.MERGED}
    deliver(bench, plan, {}, "Fix")
    both = edited(3).replace(b"line 15\r\n", b"developed 15\r\n")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == both
    assert versions(bench, plan, plan.files[0]) == (LINES, edited(3), edited(15, by=b"developed"), both)


def test_a_conflict_must_be_decided(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3)))
    repository.commit({f"{PLACE}/Schemas/A/A.js": edited(3, by=b"developed")})
    plan = plan_delivery(bench, [number], repository.folder)
    assert merges(plan) == {"Schemas/A/A.js": Merge.CONFLICT}
    before, objects = repository.snapshot(), repository.objects()
    with pytest.raises(Refused, match=r"1 file changed in development, too, and must be decided: packages/Case/Sch"):
        deliver(bench, plan, {}, "Fix")
    _, ours, theirs, merged = versions(bench, plan, plan.files[0])
    assert (ours, theirs) == (edited(3), edited(3, by=b"developed"))
    assert b"<<<<<<< " in merged
    with pytest.raises(InvalidInput, match=r"still conflict marks in packages/Case/Schemas/A/A\.js"):
        deliver(bench, plan, {b"Schemas/A/A.js": Decision(Side.MERGED, merged)}, "Fix")
    assert (repository.snapshot(), repository.objects()) == (before, objects)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Decision(Side.OURS), edited(3)),
        (
            Decision(Side.MERGED, edited(3, by=b"both").replace(b"\r\n", b"\n")),
            edited(3, by=b"both").replace(b"\r\n", b"\n"),
        ),
        (Decision(Side.MERGED, edited(3, by=b"both")), edited(3, by=b"both")),
    ],
)
def test_a_conflict_is_decided(bench, repository, decision, expected):
    number = hotfix(bench, BASE, after(js=edited(3)))
    repository.commit({f"{PLACE}/Schemas/A/A.js": edited(3, by=b"developed")})
    plan = plan_delivery(bench, [number], repository.folder)
    receipt = deliver(bench, plan, {b"Schemas/A/A.js": decision}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == expected
    assert "left_out" not in receipt.facts


def test_an_edited_text_gets_the_line_ends_of_the_repository(bench, repository):
    repository.commit({f"{PLACE}/Schemas/B/B.cs": b"developed\n"})
    number = hotfix(bench, BASE, after(cs=b"fixed\n"))
    plan = plan_delivery(bench, [number], repository.folder)
    deliver(bench, plan, {b"Schemas/B/B.cs": Decision(Side.MERGED, b"fixed\r\ndeveloped\r\n")}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/B/B.cs") == b"fixed\ndeveloped\n"


def test_developments_version_leaves_a_file_out_and_the_receipt_says_so(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    repository.commit({f"{PLACE}/Schemas/A/A.js": edited(3, by=b"developed")})
    plan = plan_delivery(bench, [number], repository.folder)
    receipt = deliver(bench, plan, {b"Schemas/A/A.js": Decision(Side.THEIRS)}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3, by=b"developed")
    assert repository.show(BRANCH, f"{PLACE}/Files/new.txt") == b"new\n"
    assert receipt.facts["theirs"] == f"1: {PLACE}/Schemas/A/A.js"
    assert "left_out" not in receipt.facts
    assert undelivered(bench) == {}, "it was decided, not left out"


def test_development_chosen_for_everything_is_no_delivery(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3)))
    plan = plan_delivery(bench, [number], repository.folder)
    before = repository.snapshot()
    with pytest.raises(Refused, match="Nothing of the hotfix would be in the commit"):
        deliver(bench, plan, {b"Schemas/A/A.js": Decision(Side.THEIRS)}, "Fix")
    assert repository.snapshot() == before
    assert not bench.store.deliveries.of(number)


def test_only_what_is_ticked_goes_home(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    plan = plan_delivery(bench, [number], repository.folder)
    with pytest.raises(Refused, match="No file is ticked"):
        deliver(bench, plan, {}, "Fix", ticked=[])
    receipt = deliver(bench, plan, {}, "Fix", ticked=[b"Files/new.txt"])
    assert repository.git("diff", "--name-only", "main", BRANCH) == f"{PLACE}/Files/new.txt"
    assert receipt.facts["left_out"] == f"1: {PLACE}/Schemas/A/A.js"


def test_what_development_has_already_needs_no_commit(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3)))
    tip = repository.commit({f"{PLACE}/Schemas/A/A.js": edited(3)})
    plan = plan_delivery(bench, [number], repository.folder)
    assert plan.is_there_already
    before = repository.snapshot()
    receipt = deliver(bench, plan, {}, "Fix")
    assert repository.snapshot() == before
    assert receipt.sentence == f"Already in commit {tip[:10]} on main in billing"
    assert bench.store.deliveries.of(number)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"cs": b"fixed\n"}, {"cs": None}),
        ({"cs": None}, {"cs": b"developed\n"}),
        ({"new": b"new\n"}, {"new": b"developed\n"}),
        ({"cs": b"\0fixed"}, {"cs": b"\0developed"}),
        ({"new": b"new\n"}, {"new/below": b"a folder there\n"}),
        ({"new": b"->target"}, {"new": b"developed\n"}),
    ],
    ids=["deleted there", "deleted here", "added by both", "binary", "a folder in the way", "a link against a file"],
)
def test_what_cannot_be_merged_is_a_conflict_that_ours_decides(bench, repository, ours, theirs):
    names = {"cs": "Schemas/B/B.cs", "new": "Files/new.txt", "new/below": "Files/new.txt/below"}
    number = hotfix(bench, BASE, after(**ours))
    repository.commit({f"{PLACE}/{names[name]}": data for name, data in theirs.items()})
    plan = plan_delivery(bench, [number], repository.folder)
    ((path, merge),) = merges(plan).items()
    assert merge is Merge.CONFLICT
    deliver(bench, plan, {path.encode(): Decision(Side.OURS)}, "Fix")
    wanted = next(iter(ours.values()))
    assert repository.show(BRANCH, f"{PLACE}/{path}") == (wanted.removeprefix(b"->") if wanted else None)
    assert repository.git("fsck", "--strict") == ""


def test_a_renamed_file_moves_with_what_development_made_of_it(bench, repository):
    number = hotfix(bench, BASE, after(old=None, new=BASE["Files/old.txt"]))
    repository.commit({f"{PLACE}/Files/old.txt": b"developed\n" + BASE["Files/old.txt"]})
    plan = plan_delivery(bench, [number], repository.folder)
    (file,) = plan.files
    assert (file.change, file.old_place) == (ChangeKind.RENAMED, f"{PLACE}/Files/old.txt")
    deliver(bench, plan, {}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Files/old.txt") is None
    assert repository.show(BRANCH, f"{PLACE}/Files/new.txt") == b"developed\n" + BASE["Files/old.txt"]


def test_both_set_the_time_of_change_and_the_later_one_counts(bench, repository):
    def descriptor(milliseconds: int, caption: bytes, version: bytes) -> bytes:
        return (
            b'{\r\n  "Descriptor": {\r\n    "Version": "%s",\r\n    "ModifiedOnUtc": "\\/Date(%d)\\/",\r\n'
            b'    "A": 1,\r\n    "Caption": "%s"\r\n  }\r\n}' % (version, milliseconds, caption)
        )

    place = "Schemas/A/descriptor.json"
    number = hotfix(bench, {**BASE, place: descriptor(1, b"a", b"1")}, {**BASE, place: descriptor(9, b"fixed", b"1")})
    repository.commit({f"{PLACE}/{place}": descriptor(5, b"a", b"2")})
    plan = plan_delivery(bench, [number], repository.folder)
    assert merges(plan) == {place: Merge.MERGED}
    deliver(bench, plan, {}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/{place}") == descriptor(9, b"fixed", b"2")


def test_a_new_program_may_run_and_an_old_file_keeps_its_mode(bench, repository):
    repository.git("update-index", "--chmod=+x", f"{PLACE}/Schemas/B/B.cs")
    repository.git("commit", "-qm", "mode")
    number = hotfix(
        bench, BASE, after(cs=b"fixed\n", new=b"#!/bin/sh\n", js=edited(1)),
        modes={"Files/new.txt": 0o555, "Schemas/A/A.js": 0o555},
    )  # fmt: skip
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    listed = repository.git("ls-tree", "-r", BRANCH, f"{PLACE}/Files/new.txt", f"{PLACE}/Schemas")
    modes = {line.partition("\t")[2]: line[:6] for line in listed.splitlines()}
    assert modes[f"{PLACE}/Files/new.txt"] == "100755"
    assert modes[f"{PLACE}/Schemas/B/B.cs"] == "100755"
    assert modes[f"{PLACE}/Schemas/A/A.js"] == "100644"


def test_where_everything_may_run_nothing_is_a_program(bench, repository):
    number = hotfix(bench, BASE, after(new=b"a"), modes=dict.fromkeys((*BASE, "Files/new.txt"), 0o777))
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert repository.git("ls-tree", BRANCH, f"{PLACE}/Files/new.txt").startswith("100644")


def test_names_in_another_case_mean_the_same_file(bench, repository):
    repository.git("mv", f"{PLACE}/Schemas", f"{PLACE}/x")
    repository.git("mv", f"{PLACE}/x", f"{PLACE}/schemas")
    repository.git("commit", "-qm", "case")
    number = hotfix(bench, BASE, {**after(js=edited(3)), "Schemas/A/new.js": b"new\n"})
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert repository.git("diff", "--name-only", "main", BRANCH).split() == [
        f"{PLACE}/schemas/A/A.js", f"{PLACE}/schemas/A/new.js",
    ]  # fmt: skip


def test_a_change_of_case_alone_is_a_change_of_the_name(bench, repository):
    tree = {path: data for path, data in BASE.items() if path != "Files/old.txt"}
    number = hotfix(bench, BASE, {**tree, "Files/OLD.txt": BASE["Files/old.txt"]})
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert repository.git("ls-tree", "--name-only", BRANCH, f"{PLACE}/Files/") == f"{PLACE}/Files/OLD.txt"


def test_hostile_names_arrive_as_they_are(bench, repository):
    names = ["Files/a\nb", "Files/ü €", 'Files/"q"\\x', "Files/\udcff\udcfe", "Files/-n", "Files/:(top)", "Files/#"]
    number = hotfix(bench, BASE, {**BASE, **{name: name.encode("utf-8", "surrogateescape") for name in names}})
    plan = plan_delivery(bench, [number], repository.folder)
    receipt = deliver(bench, plan, {}, "Fix")
    listed = repository.bytes("ls-tree", "-r", "-z", "--name-only", BRANCH, f"{PLACE}/Files/").split(b"\0")
    wanted = {f"{PLACE}/{name}".encode("utf-8", "surrogateescape") for name in names}
    assert wanted <= set(listed)
    assert receipt.facts["files"] == str(len(names))


def test_what_cannot_go_home_is_told(bench, repository):
    tree = {**after(js=edited(3)), "Files/.git/config": b"[x]", "Files/.GIT": b"x", "Files/secret": UNREAD}
    number = hotfix(bench, BASE, tree)
    plan = plan_delivery(bench, [number], repository.folder)
    assert list(merges(plan)) == ["Schemas/A/A.js"]
    assert "Not delivered: Files/.GIT, Files/.git/config, which is in a folder .git" in " ".join(plan.remarks)
    assert "Not delivered: Files/secret, which could not be read" in " ".join(plan.remarks)


# Several hotfixes


def test_hotfixes_that_follow_each_other_are_one(bench, repository):
    one = hotfix(bench, BASE, after(js=edited(3)))
    two = hotfix(bench, after(js=edited(3)), after(js=LINES, new=b"new\n"))
    plan = plan_delivery(bench, [two, one], repository.folder)
    assert plan.hotfixes == (one, two)
    assert list(merges(plan)) == ["Files/new.txt"]
    receipt = deliver(bench, plan, {}, message_for(bench, [one, two]))
    assert [bench.store.deliveries.of(number)[0].receipt for number in (one, two)] == [receipt, receipt]


def test_hotfixes_with_an_update_between_them_are_applied_one_after_the_other(bench, repository):
    one = hotfix(bench, BASE, after(js=edited(3)))
    updated = edited(3).replace(b"line 9\r\n", b"updated 9\r\n")
    two = hotfix(bench, after(js=updated), after(js=updated.replace(b"line 15", b"fixed 15"), new=b"new\n"))
    developed = LINES.replace(b"line 0\r\n", b"developed 0\r\n")
    repository.commit({f"{PLACE}/Schemas/A/A.js": developed})
    plan = plan_delivery(bench, [one, two], repository.folder)
    assert merges(plan) == {"Files/new.txt": Merge.TAKEN, "Schemas/A/A.js": Merge.MERGED}
    deliver(bench, plan, {}, "Fix")
    wanted = developed.replace(b"line 3\r\n", b"fixed 3\r\n").replace(b"line 15\r\n", b"fixed 15\r\n")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == wanted


def test_a_conflict_of_any_of_several_hotfixes_is_one(bench, repository):
    one = hotfix(bench, BASE, after(js=edited(3)))
    two = hotfix(bench, BASE, after(js=edited(9)))
    repository.commit({f"{PLACE}/Schemas/A/A.js": edited(9, by=b"developed")})
    plan = plan_delivery(bench, [one, two], repository.folder)
    assert merges(plan) == {"Schemas/A/A.js": Merge.CONFLICT}
    assert versions(bench, plan, plan.files[0])[1] == edited(9)


@pytest.mark.parametrize("which", ["none", "unknown", "open", "two packages", "without trees", "nothing changed"])
def test_hotfixes_that_cannot_be_delivered(bench, repository, which):
    fix = hotfix(bench, BASE, after(js=edited(3)))
    numbers, sentence = {
        "none": lambda: ([], "No hotfix is chosen"),
        "unknown": lambda: ([fix, 99], "There is no hotfix 99"),
        "open": lambda: ([hotfix(bench, BASE, BASE, close=False)], "is still open"),
        "two packages": lambda: ([fix, hotfix(bench, BASE, BASE, name="Base")], "several packages: Base, Case"),
        "without trees": lambda: ([_without_trees(bench)], "was never recorded"),
        "nothing changed": lambda: ([hotfix(bench, BASE, BASE)], "changed nothing that could be delivered"),
    }[which]()
    with pytest.raises(Refused, match=sentence):
        plan_delivery(bench, numbers, repository.folder)


def _without_trees(bench: Workbench) -> int:
    number = hotfix(bench, BASE, BASE)
    with bench.store.transaction():
        bench.store._database.execute_sql("DELETE FROM hotfix_tree WHERE hotfix_id = ?", (number,))
    return number


def test_another_maintainers_package_cannot_be_committed(world, repository):
    bench = delivery_bench(world, "Creatio")
    number = hotfix(bench, BASE, after(js=edited(3)))
    with pytest.raises(Refused, match=r"^Case belongs to Creatio\. Its changes cannot be committed here\."):
        plan_delivery(bench, [number], repository.folder)


# Branches


def test_a_branch_is_made_from_the_setting_and_what_git_does_not_take_is_left_out(bench, repository):
    change_settings(bench, {"DeliveryBranch": "fix/{ticket}/{package}"})
    odd = hotfix(bench, BASE, after(js=edited(3)), ticket="IN C~1..2:x.lock")
    plain = hotfix(bench, BASE, after(js=edited(4)), ticket="")
    assert plan_delivery(bench, [odd], repository.folder).branch == "fix/IN-C-1-2-x/Case"
    assert plan_delivery(bench, [plain], repository.folder).branch == f"fix/{plain}/Case"


def test_nobodys_branch_is_overwritten(bench, repository):
    repository.git("branch", BRANCH)
    repository.git("branch", BRANCH + "-2")
    number = hotfix(bench, BASE, after(js=edited(3)))
    plan = plan_delivery(bench, [number], repository.folder)
    assert plan.branch == f"{BRANCH}-3"
    with pytest.raises(Refused, match=f"There is a branch {BRANCH} already") as told:
        plan_delivery(bench, [number], repository.folder, branch=BRANCH)
    assert told.value.remedy == f"“{BRANCH}-3” is free."


def test_a_branch_that_appears_meanwhile_is_left_alone(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3)))
    plan = plan_delivery(bench, [number], repository.folder)
    repository.git("branch", plan.branch)
    before = repository.snapshot()
    with pytest.raises(Refused, match="Somebody made or moved the branch"):
        deliver(bench, plan, {}, "Fix")
    assert repository.snapshot() == before
    (line,) = entries(bench, type=AuditType.DELIVERED.value)
    assert line.result == AuditResult.FAILURE.value
    assert "Somebody made or moved the branch" in line.description


def test_our_own_branch_is_continued(bench, repository):
    first = hotfix(bench, BASE, after(js=edited(3)))
    one = deliver(bench, plan_delivery(bench, [first], repository.folder), {}, "Fix")
    second = hotfix(bench, after(js=edited(3)), after(js=edited(3, 9)))
    plan = plan_delivery(bench, [second], repository.folder, branch=BRANCH)
    assert (plan.onto, plan.onto_commit) == (BRANCH, one.facts["commit"])
    two = deliver(bench, plan, {}, "More")
    assert repository.git("rev-parse", f"{BRANCH}~1", BRANCH).split() == [one.facts["commit"], two.facts["commit"]]
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3, 9)


def test_a_branch_that_somebody_works_on_is_not_moved(bench, repository):
    first = hotfix(bench, BASE, after(js=edited(3)))
    deliver(bench, plan_delivery(bench, [first], repository.folder), {}, "Fix")
    repository.git("worktree", "add", "-q", str(repository.folder.parent / "other"), BRANCH)
    second = hotfix(bench, after(js=edited(3)), after(js=edited(3, 9)))
    with pytest.raises(Refused, match=f"The branch {BRANCH} is checked out in .*other"):
        plan_delivery(bench, [second], repository.folder, branch=BRANCH)


@pytest.mark.parametrize("name", ["a b", "-x", "x..y", "x~1", "x.lock", "@{u}", "/x", "x/", "main/x", "x" * 300])
def test_a_name_that_is_none_for_a_branch(bench, repository, name):
    number = hotfix(bench, BASE, after(js=edited(3)))
    with pytest.raises(InvalidInput) as told:
        plan_delivery(bench, [number], repository.folder, branch=name)
    assert told.value.field == "branch"


def test_it_grows_from_any_branch_also_from_one_of_a_remote(bench, repository, tmp_path):
    number = hotfix(bench, BASE, after(js=edited(3)))
    repository.git("checkout", "-qb", "develop")
    tip = repository.commit({"readme": b"x"})
    clone = GitRepository(tmp_path / "clone")
    clone.git("remote", "add", "origin", str(repository.folder))
    clone.git("fetch", "-q", "origin")
    clone.git("checkout", "-qb", "main", "origin/main")
    assert branches(bench, clone.folder, package_id(bench, "Case")).branches == ("main", "origin/develop")
    plan = plan_delivery(bench, [number], clone.folder, "origin/develop")
    assert (plan.onto, plan.onto_commit, plan.remote) == ("origin/develop", tip, "origin")
    with pytest.raises(Refused, match="There is no branch “master” in clone"):
        plan_delivery(bench, [number], clone.folder, "master")


def test_an_attempt_that_was_killed_before_its_entry_is_taken_over(bench, repository, log_fails, monkeypatch):
    number = hotfix(bench, BASE, after(js=edited(3)))
    monkeypatch.setattr("hotfix_desktop.services.delivering.remove_branch", lambda *given: None)  # as a kill does
    log_fails(AuditType.DELIVERED)
    with pytest.raises(StoreError):
        deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    left = repository.git("rev-parse", BRANCH)
    plan = plan_delivery(bench, [number], repository.folder)
    assert (plan.branch, plan.made) == (BRANCH, left)
    receipt = deliver(bench, plan, {}, "Fix")
    assert receipt.facts["commit"] == left == repository.git("rev-parse", BRANCH)
    assert repository.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split() == [BRANCH, "main"]
    assert plan_delivery(bench, [number], repository.folder).branch == f"{BRANCH}-2"


def test_a_left_over_with_other_decisions_is_not_passed_off_as_these(bench, repository, log_fails, monkeypatch):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    repository.commit({f"{PLACE}/Schemas/A/A.js": edited(3, by=b"developed")})
    monkeypatch.setattr("hotfix_desktop.services.delivering.remove_branch", lambda *given: None)
    log_fails(AuditType.DELIVERED)
    decided = {b"Schemas/A/A.js": Decision(Side.THEIRS)}
    with pytest.raises(StoreError):
        deliver(bench, plan_delivery(bench, [number], repository.folder), decided, "Fix")
    decided = {b"Schemas/A/A.js": Decision(Side.OURS)}
    with pytest.raises(Refused, match="has something else than was decided now"):
        deliver(bench, plan_delivery(bench, [number], repository.folder), decided, "Fix")
    assert not bench.store.deliveries.of(number)


def test_a_log_that_takes_nothing_leaves_the_repository_as_it_was(bench, repository, log_fails):
    number = hotfix(bench, BASE, after(js=edited(3)))
    plan = plan_delivery(bench, [number], repository.folder)
    before = repository.snapshot()
    log_fails(AuditType.DELIVERED)
    with pytest.raises(StoreError):
        deliver(bench, plan, {}, "Fix")
    assert repository.snapshot() == before
    assert not bench.store.deliveries.of(number)


class CancelAt(Progress):
    """Cancels at the n-th look."""

    def __init__(self, number: int) -> None:
        self.left = number

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def test_a_cancel_at_any_point_leaves_the_repository_as_it_was(bench, repository):
    number = hotfix(bench, BASE, after(js=edited(3), new=b"new\n"))
    repository.commit({f"{PLACE}/Schemas/A/A.js": edited(15, by=b"developed")})
    plan = plan_delivery(bench, [number], repository.folder)
    before = repository.snapshot()
    for at in range(1000):
        try:
            deliver(bench, plan, {}, "Fix", progress=CancelAt(at))
        except Cancelled:
            assert repository.snapshot() == before
            assert not entries(bench, type=AuditType.DELIVERED.value)
        else:
            break
    assert at > 3
    assert repository.git("rev-parse", BRANCH)


def test_a_plan_that_the_repository_has_outgrown_is_not_carried_out(bench, repository):
    repository.git("config", "core.autocrlf", "false")
    number = hotfix(bench, {**BASE, "Files/x.txt": b"a\n"}, {**BASE, "Files/x.txt": b"a\r\n"})
    repository.commit({f"{PLACE}/Files/x.txt": b"a\n"})
    plan = plan_delivery(bench, [number], repository.folder)
    assert merges(plan) == {"Files/x.txt": Merge.TAKEN}
    repository.git("config", "core.autocrlf", "true")
    before = repository.snapshot()
    with pytest.raises(Refused, match="The repository has changed since this was planned"):
        deliver(bench, plan, {}, "Fix")
    assert repository.snapshot() == before


def test_facts_for_the_page_where(bench, repository):
    found = branches(bench, repository.folder / "packages", package_id(bench, "Case"))
    assert (found.folder, found.branches, found.current) == (repository.folder, ("main",), "main")
    assert (found.package_place, found.is_clio, found.remote) == (PLACE, True, "")
    assert found.author == "Dev Eloper <dev@example.com>"


def test_a_package_with_its_version_in_a_folder_of_branches(bench, repository):
    prefix = "branches/1.0/"
    before = {prefix + path: data for path, data in BASE.items()}
    number = hotfix(bench, before, {**before, prefix + "Schemas/A/A.js": edited(3), "notes.txt": b"x"})
    plan = plan_delivery(bench, [number], repository.folder)
    assert [file.place for file in plan.files] == [f"{PLACE}/Schemas/A/A.js"]
    assert "Not delivered: notes.txt, which lies outside of the package's version." in plan.remarks


def test_a_package_that_is_the_repository_itself(bench, tmp_path, plain_git):
    repository = GitRepository(tmp_path / "case")
    repository.commit({**BASE, "descriptor.json": DESCRIPTOR.replace(b"\r\n", b"\n")[3:]})
    number = hotfix(bench, BASE, after(js=edited(3)))
    plan = plan_delivery(bench, [number], repository.folder)
    assert plan.package_place == ""
    deliver(bench, plan, {}, "Fix")
    assert repository.show(BRANCH, "Schemas/A/A.js") == edited(3)
