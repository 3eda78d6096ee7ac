"""Makes a commit in the scratch, brings it into the repository, and makes the branch: in this order.

A branch appears with all its objects or not at all, and never in the place of somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hotfix_desktop.core.errors import InvalidInput, Refused
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.repositories.facts import LOCAL, Repository
from hotfix_desktop.repositories.git import GitFailed
from hotfix_desktop.repositories.places import Entry
from hotfix_desktop.repositories.scratch import Scratch

FEW_OBJECTS = 100
"""Up to so many changed files are written as single objects, more as one pack (git's ``fetch.unpackLimit``)."""


@dataclass(frozen=True, slots=True)
class Made:
    """A commit and its tree."""

    commit: str
    tree: str


def check_branch(repository: Repository, name: str) -> None:
    """Raise ``InvalidInput`` for a name that git does not take, and where another branch's name is in its way."""
    if name.startswith("-") or repository.git.ask("check-ref-format", LOCAL + name).code or name == "HEAD":
        raise InvalidInput("branch", f"“{name}” is no name for a branch: git does not take it.")
    for ref in repository.branches:
        other = ref.removeprefix(LOCAL)
        if ref != other and (name.startswith(other + "/") or other.startswith(name + "/")):
            raise InvalidInput("branch", f"“{name}” cannot be made beside the branch “{other}”: choose another name.")


def free_name(repository: Repository, name: str) -> str:
    """Give the name, or with -2, -3 … the first that no local branch has."""
    number, found = 1, name
    while LOCAL + found in repository.branches or found == repository.head:
        number += 1
        found = f"{name}-{number}"
    return found


def write_tree(scratch: Scratch, changes: Mapping[bytes, Entry | None]) -> str:
    """Give the tree of the scratch's commit with these changes; None removes a file."""
    git = scratch.git
    git.run("read the branch", "read-tree", scratch.commit)
    zero = "0" * len(scratch.commit)
    lines = [f"0 {zero}\t".encode() + place + b"\0" for place, entry in changes.items() if entry is None]
    lines += [f"{e.mode} {e.oid}\t".encode() + place + b"\0" for place, e in changes.items() if e is not None]
    git.run("put the tree together", "update-index", "--replace", "-z", "--index-info", stdin=b"".join(lines))
    return git.run("write the tree", "write-tree").decode().strip()


def write_commit(scratch: Scratch, tree: str, message: str, progress: Progress = NOBODY) -> Made:
    """Commit a tree on top of the scratch's commit, signed where the configuration wants that."""
    sign = ["-S"] if scratch.repository.is_on("commit.gpgsign") else []
    command = ("commit-tree", *sign, "-p", scratch.commit, "-F", "-", tree)
    text = message.strip().encode("utf-8") + b"\n"
    answer = scratch.git.ask(*command, stdin=text, progress=progress)
    if answer.code:
        if sign and any(word in answer.said for word in ("sign", "gpg", "ssh")):
            raise GitFailed(
                "The commit could not be signed (commit.gpgsign is on).",
                "Look whether git commit -S works there: a key, an agent, a smart card.",
                answer.said,
            )
        raise GitFailed(f"git could not commit: {answer.line.rstrip('.')}.", "", answer.said)
    return Made(answer.out.decode().strip(), tree)


def land(scratch: Scratch, made: Made, count: int, progress: Progress = NOBODY) -> None:
    """Bring the commit's objects into the repository; no branch leads to them yet. ``count``: of changed files."""
    pack = scratch.folder / "new.pack"
    scratch.git.run(
        "pack the commit", "pack-objects", "--revs", "--stdout", "-q", "--delta-base-offset",
        stdin=f"{made.commit}\n^{scratch.commit}\n".encode(), into=pack, progress=progress,
    )  # fmt: skip
    taking = ["unpack-objects", "-q"] if count <= FEW_OBJECTS else ["index-pack", "--stdin", "--fix-thin"]
    scratch.repository.git.run("write into the repository", *taking, stdin=pack, progress=progress)


def make_branch(repository: Repository, name: str, commit: str, old: str = "") -> None:
    """Let a branch name a commit; ``old`` is what it names now, "" that there is none. The repository's hooks run.

    Raises ``Refused`` when somebody made or moved it meanwhile, and when a hook says no.
    """
    what = "hotfix-desktop: delivered"
    answer = repository.git.ask("update-ref", "--create-reflog", "-m", what, LOCAL + name, commit, old)
    if not answer.code:
        return
    if "hook" in answer.said:
        raise Refused(
            f"A hook of the repository (reference-transaction) refused the branch {name}: {answer.line.rstrip('.')}.",
            "Nothing was written to any branch.",
        )
    if "already exists" in answer.said or "but expected" in answer.said:
        raise Refused(f"Somebody made or moved the branch {name} meanwhile.", "Choose another name for the branch.")
    raise GitFailed(f"git could not make the branch {name}: {answer.line.rstrip('.')}.", "", answer.said)


def remove_branch(repository: Repository, name: str, commit: str, old: str = "") -> None:
    """Take back what :func:`make_branch` did, if the branch still names that commit; raises ``GitFailed``."""
    if old:
        repository.git.run(f"set {name} back", "update-ref", LOCAL + name, old, commit)
    else:
        repository.git.run(f"remove {name}", "update-ref", "-d", LOCAL + name, commit)
