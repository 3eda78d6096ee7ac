"""Repositories as they are out there: what can take no delivery is refused with a sentence and stays as it is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hotfix_desktop.core.delivery_plan import Decision, DeliveryPlan, Merge, Side
from hotfix_desktop.core.errors import Denied, HotfixError, Refused
from hotfix_desktop.repositories import git as git_room
from hotfix_desktop.repositories import reader as reader_room
from hotfix_desktop.services.delivering import branches, deliver, plan_delivery, versions
from hotfix_desktop.services.undelivered import undelivered
from hotfix_desktop.services.workbench import Workbench
from tests.services.delivery_world import BASE, DESCRIPTOR, GitRepository, delivery_bench, hotfix
from tests.services.test_delivering import BRANCH, PLACE, edited
from tests.services.world import World, entries, package_id

FIXED = {**BASE, "Schemas/A/A.js": edited(3)}


@pytest.fixture
def bench(world: World) -> Workbench:
    return delivery_bench(world)


@pytest.fixture
def number(bench: Workbench) -> int:
    """A hotfix that changed one file."""
    return hotfix(bench, BASE, FIXED)


@pytest.fixture
def repository(tmp_path: Path, plain_git: None) -> GitRepository:
    made = GitRepository(tmp_path / "billing")
    made.commit(BASE, PLACE)
    return made


def told(bench: Workbench, number: int, folder: Path, onto: str = "") -> str:
    """Give the sentence and the remedy with which a repository is refused."""
    with pytest.raises(Refused) as error:
        plan_delivery(bench, [number], folder, onto)
    return str(error.value)


def delivered(bench: Workbench, plan: DeliveryPlan, repository: GitRepository) -> None:
    """Deliver, and see that the fix is there and everything else is as it was."""
    before = repository.snapshot()
    deliver(bench, plan, {}, "Fix")
    assert repository.show(BRANCH, f"{plan.package_place}/Schemas/A/A.js") == edited(3)
    after = repository.snapshot()
    assert {**after, "refs": ""} == {**before, "refs": ""}
    assert set(str(before["refs"]).splitlines()) < set(str(after["refs"]).splitlines())


# Refused


def test_no_folder_and_no_repository(bench, number, tmp_path, plain_git):
    assert "There is no folder" in told(bench, number, tmp_path / "gone")
    (tmp_path / "plain").mkdir()
    assert "is not a git repository. Choose the folder of a clone" in told(bench, number, tmp_path / "plain")


def test_a_bare_repository(bench, number, tmp_path, plain_git):
    made = GitRepository(tmp_path / "bare.git", bare=True)
    assert told(bench, number, made.folder).startswith("bare.git is a bare repository: it has no files, only history.")


def test_the_inside_of_a_repository(bench, number, repository):
    assert told(bench, number, repository.folder / ".git").startswith(".git is the inside of a repository.")


def test_a_repository_without_commits(bench, number, tmp_path, plain_git):
    made = GitRepository(tmp_path / "empty")
    assert told(bench, number, made.folder) == "empty has no commits yet. Commit the packages there first."


def test_a_branch_without_commits(bench, number, repository):
    repository.git("checkout", "-q", "--orphan", "fresh")
    assert told(bench, number, repository.folder).startswith("The branch “fresh” of billing has no commits yet.")
    assert branches(bench, repository.folder, package_id(bench, "Case")).package_place is None


def test_nobody_is_known_to_git(bench, number, repository):
    repository.git("config", "--unset", "user.email")
    before = repository.snapshot()
    sentence = told(bench, number, repository.folder)
    assert sentence.startswith("git does not know who commits in billing: no name or no address is configured.")
    assert repository.snapshot() == before


def test_a_repository_of_another_user(bench, number, repository, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    sentence = told(bench, number, repository.folder)
    assert sentence.startswith("billing belongs to another user, so git does not use it (dubious ownership).")
    assert f"safe.directory “{repository.folder}”" in sentence


def test_a_package_that_is_not_there(bench, number, tmp_path, plain_git):
    made = GitRepository(tmp_path / "billing")
    made.commit({"descriptor.json": DESCRIPTOR.replace(b"1111", b"9999")}, "packages/Other")
    assert told(bench, number, made.folder).startswith("Case is not on “main” of billing: no descriptor.json there has")
    found = branches(bench, made.folder, package_id(bench, "Case"))
    assert found.package_place is None
    assert "Case is not on “main” of billing" in found.remarks[0]


def test_two_packages_of_one_uid(bench, number, repository):
    repository.commit(BASE, "copies/Case")
    assert told(bench, number, repository.folder).startswith(
        "2 packages of “main” have the UId of Case: copies/Case and packages/Case."
    )


def test_a_package_in_a_submodule(bench, number, repository, tmp_path):
    outer = GitRepository(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository.folder), "modules/billing")
    outer.commit({"readme": b""})
    assert "It may be in a submodule (modules/billing): then choose that folder" in told(bench, number, outer.folder)
    inner = GitRepository(outer.folder / "modules/billing")
    plan = plan_delivery(bench, [number], inner.folder)
    assert any(remark.startswith("It is a submodule of ") for remark in plan.remarks)
    delivered(bench, plan, inner)
    assert outer.git("status", "--porcelain") == ""


def test_there_is_no_git(bench, number, repository, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told(bench, number, repository.folder).startswith(
        "There is no git program on this computer. Install git, or"
    )


@pytest.mark.parametrize("version", ["git version 2.33.9", "git version 1.9", "a wrapper that says nothing"])
def test_an_old_git(bench, number, repository, monkeypatch, tmp_path, version):
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert told(bench, number, repository.folder).startswith("The git on this computer is too old (version ")


def test_a_damaged_repository(bench, number, repository):
    tree = repository.git("rev-parse", "main^{tree}")
    (repository.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(HotfixError, match="the repository is damaged or incomplete"):
        plan_delivery(bench, [number], repository.folder)


def test_a_work_tree_whose_repository_is_gone(bench, number, repository, tmp_path):
    repository.git("worktree", "add", "-q", str(tmp_path / "tree"))
    shutil.rmtree(repository.folder)
    assert "is not a git repository" in told(bench, number, tmp_path / "tree")


# Odd, and yet delivered to


def test_a_detached_head_needs_a_branch(bench, number, repository):
    repository.git("checkout", "-q", "--detach")
    assert told(bench, number, repository.folder).startswith(
        "No branch is checked out in billing (its head is detached)."
    )
    assert branches(bench, repository.folder, package_id(bench, "Case")).current == ""
    delivered(bench, plan_delivery(bench, [number], repository.folder, "main"), repository)


def test_a_merge_in_progress_and_a_locked_index_are_left_alone(bench, number, repository):
    repository.git("checkout", "-qb", "side")
    repository.commit({"readme": b"side\n"})
    repository.git("checkout", "-q", "main")
    repository.commit({"readme": b"main\n"})
    repository.git("merge", "side", check=False)
    (repository.folder / ".git/index.lock").write_bytes(b"")
    plan = plan_delivery(bench, [number], repository.folder)
    assert "A merge is in progress there; it is left as it is." in plan.remarks
    assert "Another git program has its index locked; the delivery does not need the index." in plan.remarks
    delivered(bench, plan, repository)
    assert (repository.folder / ".git/MERGE_HEAD").exists()
    assert (repository.folder / ".git/index.lock").exists()


def test_a_shallow_clone(bench, number, repository, tmp_path):
    repository.commit({"readme": b"x"})
    clone = GitRepository(tmp_path / "shallow")
    clone.git("fetch", "-q", "--depth=1", f"file://{repository.folder}", "main")
    clone.git("checkout", "-qb", "main", "FETCH_HEAD")
    plan = plan_delivery(bench, [number], clone.folder)
    assert any("It is a shallow clone" in remark for remark in plan.remarks)
    delivered(bench, plan, clone)


def test_a_second_work_tree(bench, number, repository, tmp_path):
    repository.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "tree"))
    plan = plan_delivery(bench, [number], tmp_path / "tree" / PLACE)
    assert (plan.repository, plan.onto) == (tmp_path / "tree", "side")
    before = repository.snapshot()
    deliver(bench, plan, {}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3)
    assert {**repository.snapshot(), "refs": ""} == {**before, "refs": ""}
    assert repository.git("status", "--porcelain", GIT_DIR=str(tmp_path / "tree/.git")) is not None


def test_a_sparse_checkout_and_uncommitted_work(bench, number, repository):
    repository.commit({"docs/readme": b"x"})
    repository.git("sparse-checkout", "set", "docs")
    repository.write({"docs/readme": b"changed", "docs/new": b"new"})
    repository.git("add", "docs/new")
    assert not (repository.folder / PLACE).exists()
    delivered(bench, plan_delivery(bench, [number], repository.folder), repository)


def test_a_repository_with_long_object_names(bench, number, tmp_path, plain_git):
    folder = tmp_path / "billing"
    folder.mkdir()
    GitRepository.git(made := _at(folder), "init", "-q", "-b", "main", "--object-format=sha256")
    made.git("config", "user.name", "D")
    made.git("config", "user.email", "d@example.com")
    made.commit(BASE, PLACE)
    plan = plan_delivery(bench, [number], folder)
    assert len(plan.onto_commit) == 64
    delivered(bench, plan, made)


def _at(folder: Path) -> GitRepository:
    made = GitRepository.__new__(GitRepository)
    made.folder = folder
    return made


def test_an_environment_that_points_elsewhere_does_not_lead_there(bench, number, repository, tmp_path, monkeypatch):
    """As it is within a hook of another repository."""
    other = GitRepository(tmp_path / "other")
    other.commit({"readme": b"x"})
    before = other.snapshot()
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.folder / ".git/index"))
    plan = plan_delivery(bench, [number], repository.folder)
    receipt = deliver(bench, plan, {}, "Fix")
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert repository.git("rev-parse", BRANCH) == receipt.facts["commit"]
    assert other.snapshot() == before


def test_a_path_with_everything_in_it(bench, number, tmp_path, plain_git):
    made = GitRepository(tmp_path / 'ä "b": c')
    made.commit(BASE, PLACE)
    delivered(bench, plan_delivery(bench, [number], made.folder), made)


# The repository's own rules


@pytest.mark.parametrize("attributes", [b"* text=auto\n", b"*.js text eol=crlf\n", b"*.js text eol=lf\n", b"* text\n"])
def test_line_ends_are_those_of_the_repositorys_rules(bench, number, tmp_path, plain_git, attributes):
    made = GitRepository(tmp_path / "billing")
    made.commit({".gitattributes": attributes})
    made.commit(BASE, PLACE)
    assert b"\r" not in (made.show("main", f"{PLACE}/Schemas/A/A.js") or b"")
    plan = plan_delivery(bench, [number], made.folder)
    assert [file.merge for file in plan.files] == [Merge.TAKEN]
    deliver(bench, plan, {}, "Fix")
    assert made.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3).replace(b"\r\n", b"\n")
    assert made.git("diff", "--numstat", "main", BRANCH).split()[:2] == ["1", "1"]


def test_the_rules_are_those_of_the_branch_not_those_of_the_work_tree(bench, number, repository):
    repository.write({".gitattributes": b"* text=auto\n"})  # not committed
    plan = plan_delivery(bench, [number], repository.folder)
    deliver(bench, plan, {}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3)


def test_what_is_kept_with_crlf_stays_so_under_autocrlf(bench, number, repository):
    repository.git("config", "core.autocrlf", "true")
    repository.git("config", "core.safecrlf", "true")
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3)


@pytest.mark.parametrize(
    ("attributes", "autocrlf", "converted"),
    [
        (b"*.js -text\n", "true", False),
        (b"*.js binary\n", "input", False),
        (b"*.js -text eol=lf\n", "false", False),
        (b"*.js eol=lf\n", "false", True),
        (b"*.js crlf\n", "false", True),
        (b"*.txt text\n", "input", True),
        (b"*.txt text\n", "false", False),
    ],
)
def test_a_new_file_is_kept_as_git_add_would_keep_it(bench, tmp_path, plain_git, attributes, autocrlf, converted):
    made = GitRepository(tmp_path / "billing")
    made.git("config", "core.autocrlf", autocrlf)
    made.commit({".gitattributes": attributes})
    made.commit({"descriptor.json": DESCRIPTOR}, PLACE)
    number = hotfix(bench, BASE, {**BASE, "Files/new.js": edited(3)})
    deliver(bench, plan_delivery(bench, [number], made.folder), {}, "Fix")
    kept = made.show(BRANCH, f"{PLACE}/Files/new.js")
    assert kept == (edited(3).replace(b"\r\n", b"\n") if converted else edited(3))
    made.write({"Files/new.js": edited(3)}, PLACE)
    made.git("add", f"{PLACE}/Files/new.js")
    assert made.bytes("cat-file", "blob", f":{PLACE}/Files/new.js") == kept


def test_rules_that_come_with_the_hotfix_hold_for_its_files(bench, repository):
    number = hotfix(bench, BASE, {**FIXED, ".gitattributes": b"*.js text\n"})
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3).replace(b"\r\n", b"\n")


def test_a_folder_takes_the_place_of_a_file_under_rules(bench, tmp_path, plain_git):
    made = GitRepository(tmp_path / "billing")
    made.commit({".gitattributes": b"* text=auto\n"})
    made.commit({**BASE, "Files/x": b"a\r\n"}, PLACE)
    number = hotfix(bench, {**BASE, "Files/x": b"a\r\n"}, {**BASE, "Files/x/y": b"b\r\n"})
    deliver(bench, plan_delivery(bench, [number], made.folder), {b"Files/x/y": Decision(Side.OURS)}, "Fix")
    assert made.show(BRANCH, f"{PLACE}/Files/x/y") == b"b\n"
    assert made.git("fsck", "--strict") == ""


def test_development_with_other_line_ends_merges_without_conflict(bench, number, tmp_path, plain_git):
    made = GitRepository(tmp_path / "billing")
    made.commit({".gitattributes": b"*.js text\n"})
    made.commit(BASE, PLACE)
    made.commit({"Schemas/A/A.js": edited(15, by=b"developed").replace(b"\r\n", b"\n")}, PLACE)
    plan = plan_delivery(bench, [number], made.folder)
    assert [file.merge for file in plan.files] == [Merge.MERGED]
    deliver(bench, plan, {}, "Fix")
    both = edited(3).replace(b"line 15\r", b"developed 15\r").replace(b"\r\n", b"\n")
    assert made.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == both


@pytest.mark.parametrize("rules", ["of the branch", "of the hotfix"])
def test_what_goes_through_a_filter_is_left_out_and_no_program_is_run(bench, repository, tmp_path, rules):
    """Git-LFS is such a filter; what it would make of a file is not known here."""
    ran = tmp_path / "ran"
    names = ("lfs", "a=b", "x.y")
    lines = b"*.bin filter=lfs\nx.* filter=a=b\nSchemas/B/* filter=x.y text\n"
    tree = {**FIXED, "Files/a.bin": b"\0a", "Files/x.js": b"x\r\n", "Schemas/B/B.cs": b"fixed\r\n"}
    if rules == "of the branch":
        repository.commit({".gitattributes": lines}, PLACE)
    else:
        tree[".gitattributes"] = lines
    for name in names:
        for word in ("clean", "smudge", "process"):
            repository.git("config", f"filter.{name}.{word}", f"echo {name} >> {ran}; cat")
        repository.git("config", f"filter.{name}.required", "true")
    repository.git("config", "--unset", "filter.lfs.process")
    fix = hotfix(bench, BASE, tree)
    plan = plan_delivery(bench, [fix], repository.folder)
    assert {file.path for file in plan.files} - {b".gitattributes"} == {b"Schemas/A/A.js"}
    told = " ".join(plan.remarks)
    assert "Not delivered: Files/a.bin, which the repository takes in through a program (its filter “lfs”)" in told
    assert "Commit it there with git, then mark the hotfix as delivered." in told
    receipt = deliver(bench, plan, {}, "Fix")
    left = f"{PLACE}/Files/a.bin, {PLACE}/Files/x.js, {PLACE}/Schemas/B/B.cs"
    assert receipt.facts["left_out"] == f"3: {left}"
    assert not ran.exists()
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3)
    assert repository.show(BRANCH, f"{PLACE}/Files/a.bin") is None
    assert undelivered(bench)


def test_rules_of_before_the_hotfix_run_no_filter_either(bench, repository, tmp_path):
    """Neither the branch nor the hotfix has them any more, so that nothing is left out."""
    ran = tmp_path / "ran"
    repository.git("config", "filter.a=b.clean", f"touch {ran}; cat")
    repository.git("config", "filter.a=b.required", "true")
    number = hotfix(bench, {**BASE, ".gitattributes": b"*.js filter=a=b\n"}, FIXED)
    plan = plan_delivery(bench, [number], repository.folder)
    deliver(bench, plan, {file.path: Decision(Side.OURS) for file in plan.conflicts}, "Fix")
    assert repository.show(BRANCH, f"{PLACE}/Schemas/A/A.js") == edited(3)
    assert not ran.exists()


def test_nothing_but_what_goes_through_a_filter_is_refused(bench, number, repository):
    repository.commit({".gitattributes": b"*.js filter=lfs\n"})
    before = repository.snapshot()
    sentence = told(bench, number, repository.folder)
    assert sentence.startswith("None of the changed files can be delivered there. Not delivered: Schemas/A/A.js, which")
    assert repository.snapshot() == before


def test_looking_and_planning_run_no_program_of_the_repository(bench, number, repository, tmp_path):
    """Nor of the repository around it, of which it may be a submodule."""
    outer = GitRepository(tmp_path)
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\ncat\n')
    program.chmod(0o755)
    repository.commit({".gitattributes": b"*.cs filter=f diff=f merge=f\n*.js diff=f merge=f text\n"})
    keys = ("core.fsmonitor", "core.sshCommand", "core.askPass", "core.pager", "core.editor", "core.gitProxy")
    keys += (
        "gpg.program",
        "credential.helper",
        "core.alternateRefsCommand",
        "diff.external",
        "uploadpack.packObjectsHook",
    )
    keys += (
        "filter.f.clean",
        "filter.f.smudge",
        "filter.f.process",
        "diff.f.textconv",
        "diff.f.command",
        "merge.f.driver",
    )
    for made in (outer, repository):
        for key in keys:
            made.git("config", key, str(program))
        made.git("config", "commit.gpgsign", "true")
        for name in ("post-index-change", "reference-transaction", "pre-commit", "post-checkout", "fsmonitor-watchman"):
            hook(made, name, f"exec {program}")
    ran.unlink(missing_ok=True)
    branches(bench, repository.folder, package_id(bench, "Case"))
    plan = plan_delivery(bench, [number], repository.folder)
    versions(bench, plan, plan.files[0])
    assert not ran.exists(), ran.read_text()


# Hooks, signing, pushing


def hook(repository: GitRepository, name: str, text: str) -> None:
    own = repository.folder / ".git"
    place = (own if own.exists() else repository.folder) / "hooks" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)


def test_hooks_for_commits_and_the_index_are_not_run(bench, number, repository):
    for name in ("pre-commit", "commit-msg", "post-commit", "post-index-change", "post-checkout"):
        hook(repository, name, f"touch {repository.folder.parent}/ran-{name}; exit 1")
    plan = plan_delivery(bench, [number], repository.folder)
    assert "Hooks for commits (pre-commit, commit-msg, post-commit) are not run" in " ".join(plan.remarks)
    deliver(bench, plan, {}, "Fix")
    assert not list(repository.folder.parent.glob("ran-*"))


def test_hooks_that_no_commit_would_run_are_not_told(bench, number, repository):
    for name in ("pre-commit.sample", "commit-msg.sample", "pre-push", "pre-commit"):
        hook(repository, name, "exit 1")
    (repository.folder / ".git" / "hooks" / "pre-commit").chmod(0o644)
    assert "Hooks" not in " ".join(plan_delivery(bench, [number], repository.folder).remarks)


def test_hooks_in_a_folder_of_the_repository_are_told(bench, number, repository):
    hook(repository, "pre-commit", "exit 1")
    repository.write({"tools/hooks/prepare-commit-msg": b"#!/bin/sh\n"})
    (repository.folder / "tools/hooks/prepare-commit-msg").chmod(0o755)
    repository.git("config", "core.hooksPath", "tools/hooks")
    remarks = " ".join(plan_delivery(bench, [number], repository.folder).remarks)
    assert "Hooks for commits (prepare-commit-msg) are not run" in remarks


def test_a_hook_that_refuses_the_branch_is_heard(bench, number, repository):
    hook(repository, "reference-transaction", 'test "$1" = prepared || exit 0; echo "error: not on Friday" >&2; exit 1')
    plan = plan_delivery(bench, [number], repository.folder)
    before = repository.snapshot()
    with pytest.raises(Refused, match=r"^A hook of the repository \(reference-transaction\) refused the branch"):
        deliver(bench, plan, {}, "Fix")
    assert repository.snapshot() == before


def test_signing_is_asked_for_where_it_is_configured(bench, number, repository, tmp_path):
    signer = tmp_path / "signer"
    signer.write_text('#!/bin/sh\ncat >/dev/null\necho "[GNUPG:] SIG_CREATED " >&2\necho SIGNED\n')
    signer.chmod(0o755)
    repository.git("config", "commit.gpgsign", "true")
    repository.git("config", "gpg.program", str(signer))
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert "gpgsig SIGNED" in repository.git("cat-file", "commit", BRANCH)


def test_a_signature_that_fails_leaves_the_repository_as_it_was(bench, number, repository):
    repository.git("config", "commit.gpgsign", "true")
    repository.git("config", "gpg.program", "false")
    plan = plan_delivery(bench, [number], repository.folder)
    before, objects = repository.snapshot(), repository.objects()
    with pytest.raises(HotfixError, match=r"^The commit could not be signed"):
        deliver(bench, plan, {}, "Fix")
    assert (repository.snapshot(), repository.objects()) == (before, objects)


@pytest.fixture
def server(repository: GitRepository, tmp_path: Path) -> GitRepository:
    """A bare repository to which *repository* pushes."""
    made = GitRepository(tmp_path / "server.git", bare=True)
    repository.git("remote", "add", "origin", str(made.folder))
    return made


def test_a_push(bench, number, repository, server):
    plan = plan_delivery(bench, [number], repository.folder)
    assert plan.remote == "origin"
    receipt = deliver(bench, plan, {}, "Fix", push=True)
    assert receipt.facts["pushed"] == "yes"
    assert receipt.sentence.endswith(", pushed to origin")
    assert server.git("rev-parse", BRANCH) == receipt.facts["commit"]
    assert server.git("for-each-ref", "--format=%(refname)") == f"refs/heads/{BRANCH}"


@pytest.mark.parametrize(
    ("where", "name", "why"),
    [
        ("here", "pre-push", "The hook pre-push said no: tests are red"),
        ("there", "pre-receive", "origin refused it: [remote rejected] (pre-receive hook declined): tests are red"),
        ("there", "update", "origin refused it: [remote rejected] (hook declined): tests are red"),
    ],
)
def test_a_hook_that_refuses_the_push_is_told_and_the_commit_stands(
    bench, number, repository, server, where, name, why
):
    hook(repository if where == "here" else server, name, "echo tests are red >&2; exit 1")
    receipt = deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", push=True)
    assert receipt.facts["push_error"].rstrip(".") == why
    assert receipt.facts["pushed"] == "no"
    assert ", not pushed: " in receipt.sentence
    assert repository.git("rev-parse", BRANCH) == receipt.facts["commit"]
    assert server.git("for-each-ref") == ""
    assert bench.store.deliveries.of(number)[0].receipt == receipt


def test_a_server_that_is_gone(bench, number, repository, server):
    shutil.rmtree(server.folder)
    receipt = deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", push=True)
    assert receipt.facts["push_error"].startswith("origin could not be reached: ")
    assert bench.store.deliveries.of(number)


def test_no_remote_to_push_to(bench, number, repository):
    receipt = deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", push=True)
    assert receipt.facts["push_error"] == "There is no remote to push to."


def test_passwords_in_addresses_are_told_to_nobody(bench, number, repository, server):
    repository.git("remote", "set-url", "origin", "http://ann:s3cret@127.0.0.1:9/x.git")
    receipt = deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix", push=True)
    assert receipt.facts["pushed"] == "no"
    assert "s3cret" not in str(receipt)


def test_the_remote_is_that_of_the_branch(bench, number, repository, tmp_path):
    for name in ("fork", "origin"):
        GitRepository(tmp_path / name, bare=True)
        repository.git("remote", "add", name, str(tmp_path / name))
    assert plan_delivery(bench, [number], repository.folder).remote == "origin"
    repository.git("config", "branch.main.remote", "fork")
    assert plan_delivery(bench, [number], repository.folder).remote == "fork"


def test_git_that_hangs_is_stopped(bench, number, repository, monkeypatch):
    signer = repository.folder / "signer"
    signer.write_text("#!/bin/sh\nsleep 60\n")
    signer.chmod(0o755)
    repository.git("config", "commit.gpgsign", "true")
    repository.git("config", "gpg.program", str(signer))
    plan = plan_delivery(bench, [number], repository.folder)
    before = repository.snapshot()
    monkeypatch.setattr(git_room.Git.ask, "__kwdefaults__", {**git_room.Git.ask.__kwdefaults__, "seconds": 0.5})
    with pytest.raises(HotfixError, match="git did not answer within"):
        deliver(bench, plan, {}, "Fix")
    assert repository.snapshot() == before


def test_the_scratch_is_gone_afterwards(bench, number, repository, tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    deliver(bench, plan_delivery(bench, [number], repository.folder), {}, "Fix")
    assert os.listdir(place) == []


def test_looking_runs_no_program_of_a_partial_clones_remote(bench, number, repository, tmp_path):
    remote, ran = tmp_path / "remote", tmp_path / "ran"
    remote.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n")
    remote.chmod(0o755)
    oid = repository.git("rev-parse", f"HEAD:{PLACE}/descriptor.json")
    (repository.folder / ".git/objects" / oid[:2] / oid[2:]).unlink()
    for name, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": f"ext::{remote}",
        "remote.origin.promisor": "true",
        "protocol.ext.allow": "always",
    }.items():
        repository.git("config", name, value)
    with pytest.raises(HotfixError, match="an object is missing"):
        plan_delivery(bench, [number], repository.folder)
    assert not ran.exists()


def test_a_git_that_does_not_answer_is_stopped(repository, tmp_path, monkeypatch):
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 600\n")
    silent.chmod(0o755)
    monkeypatch.setattr(reader_room, "SECONDS", 0.2)
    reader = reader_room.Reader(git_room.Git(str(silent), repository.folder))
    with pytest.raises(git_room.GitFailed, match="did not answer"):
        reader.read("0" * 40)
    reader.close()


@pytest.mark.parametrize("what", ["branches", "plan", "versions"])
def test_outsiders_see_nothing_of_a_delivery(world, bench, number, repository, what):
    outsider = world.bench("outsider")
    plan = plan_delivery(bench, [number], repository.folder)
    looks = {
        "branches": lambda: branches(outsider, repository.folder, package_id(bench, "Case")),
        "plan": lambda: plan_delivery(outsider, [number], repository.folder),
        "versions": lambda: versions(outsider, plan, plan.files[0]),
    }
    before = len(entries(bench))
    with pytest.raises(Denied):
        looks[what]()
    assert len(entries(bench)) == before + 1
