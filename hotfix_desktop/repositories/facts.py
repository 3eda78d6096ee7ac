"""What kind of repository a folder is, which branches it has, and who commits there.

Reading only. What can take no delivery is refused with a sentence; what looks odd but stands in no way is a remark.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.texts import printable
from hotfix_desktop.repositories.git import Answer, Git, failure, find_git

LOCAL, REMOTE = "refs/heads/", "refs/remotes/"
_COMMIT_HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
"""What ``git commit`` runs, in its order (githooks)."""
_UNFINISHED = {
    "MERGE_HEAD": "A merge",
    "rebase-merge": "A rebase",
    "rebase-apply": "A rebase",
    "CHERRY_PICK_HEAD": "A cherry-pick",
    "REVERT_HEAD": "A revert",
    "BISECT_LOG": "A bisection",
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: its full name, its commit, and the work tree that has it checked out (empty: none has)."""

    ref: str
    commit: str
    work_tree: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a work tree.

    Attributes:
        git: runs git on it, wherever the process is.
        top: the top folder of its work tree.
        folder: its own folder (``.git``, or where that file leads).
        objects: where its objects are.
        head: the branch that is checked out, without ``refs/heads/``; empty: a detached head.
        branches: by full name.
        is_shallow: whether its history is cut off.
        inside: the top folder of the repository whose submodule it is; empty: it is none.
    """

    git: Git
    top: Path
    folder: Path
    objects: Path
    head: str
    branches: Mapping[str, Branch]
    is_shallow: bool
    inside: str

    def names(self) -> tuple[str, ...]:
        """Give the names that a delivery may grow from: local branches, then remote ones that have no local one."""
        local = [ref.removeprefix(LOCAL) for ref in self.branches if ref.startswith(LOCAL)]
        remote = [ref.removeprefix(REMOTE) for ref in self.branches if ref.startswith(REMOTE)]
        return (*sorted(local), *sorted(name for name in remote if name.partition("/")[2] not in local))

    def branch(self, name: str) -> Branch:
        """Give the branch of a name, or for "" the current one. Raises ``Refused``."""
        if not name:
            if not self.head:
                raise Refused(
                    f"No branch is checked out in {self.top.name} (its head is detached).",
                    "Choose the branch that the delivery shall grow from.",
                )
            name = self.head
        for ref in (LOCAL + name, REMOTE + name, name):
            if ref in self.branches:
                return self.branches[ref]
        if name == self.head:
            raise Refused(
                f"The branch “{name}” of {self.top.name} has no commits yet.", "Choose another branch, or commit there."
            )
        raise Refused(f"There is no branch “{printable(name)}” in {self.top.name}.", "Choose one of its branches.")

    def author(self) -> str:
        """Give "Name <address>" as commits will have it; raises ``Refused`` where nobody is configured."""
        answer = self.git.ask("var", "GIT_AUTHOR_IDENT")
        other = self.git.ask("var", "GIT_COMMITTER_IDENT") if not answer.code else answer
        if answer.code or other.code:
            raise Refused(
                f"git does not know who commits in {self.top.name}: no name or no address is configured.",
                "Run git config user.name “Your Name” and git config user.email you@example.com there.",
            )
        return answer.out.decode("utf-8", "replace").rpartition(">")[0] + ">"

    def message_of(self, commit: str) -> str:
        """Give the message of a commit; raises ``GitFailed``."""
        whole = self.git.run("read a commit", "cat-file", "commit", commit)
        return whole.partition(b"\n\n")[2].decode("utf-8", "replace")

    def parents_of(self, commit: str) -> list[str]:
        """Give the parents of a commit; raises ``GitFailed``."""
        head = (
            self.git.run("read a commit", "cat-file", "commit", commit).partition(b"\n\n")[0].decode("ascii", "replace")
        )
        return [line.removeprefix("parent ") for line in head.splitlines() if line.startswith("parent ")]

    def grew_only_by(self, base: str, tip: str, words: str) -> bool:
        """Whether ``tip`` has commits that ``base`` has not, and these words are in the messages of all of them."""
        span = f"{base}..{tip}"
        count = self.git.run("read the history", "rev-list", "--count", span)
        ours = self.git.run("read the history", "rev-list", "--count", "--fixed-strings", f"--grep={words}", span)
        return int(count) == int(ours) > 0

    def tree_of(self, commit: str) -> str:
        """Give the tree of a commit; raises ``GitFailed``."""
        return self.git.run("read a commit", "rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def remote(self, onto: str) -> str:
        """Give the remote that a branch growing from ``onto`` would be pushed to; empty: there is none."""
        remotes = self.git.ask("remote").out.decode("utf-8", "replace").split()
        local = onto.removeprefix(LOCAL)
        wanted = [self.config(f"branch.{local}.pushRemote"), self.config("remote.pushDefault")]
        wanted += [self.config(f"branch.{local}.remote"), onto.removeprefix(REMOTE).partition("/")[0], "origin"]
        for name in wanted:
            if name and name in remotes:
                return name
        return remotes[0] if len(remotes) == 1 else ""

    def config(self, name: str) -> str:
        """Give a value of its configuration; empty: it is not set."""
        answer = self.git.ask("config", "--get", name)
        return "" if answer.code else answer.out.decode("utf-8", "replace").strip()

    def is_on(self, name: str, *, unset: bool = False) -> bool:
        """Whether a switch of its configuration is on."""
        answer = self.git.ask("config", "--type=bool", "--get", name)
        return unset if answer.code else answer.out.strip() == b"true"

    def commit_hooks(self) -> tuple[str, ...]:
        """Give the names of the hooks that a commit would run there; raises ``GitFailed``."""
        folder = self.top / _path(self.git, "--git-path", "hooks")  # core.hooksPath counts
        places = ((name, folder / name) for name in _COMMIT_HOOKS)
        return tuple(name for name, place in places if os.path.isfile(place) and os.access(place, os.X_OK))

    def remarks(self) -> tuple[str, ...]:
        """Say what is odd but stands in no way."""
        found = []
        unfinished = {word for name, word in _UNFINISHED.items() if os.path.exists(self.folder / name)}
        found += [f"{word} is in progress there; it is left as it is." for word in sorted(unfinished)]
        if os.path.exists(self.folder / "index.lock"):
            found.append("Another git program has its index locked; the delivery does not need the index.")
        if self.is_shallow:
            found.append("It is a shallow clone: its history is cut off, which a delivery does not need.")
        if self.inside:
            found.append(f"It is a submodule of {self.inside}, which will not be told of the new commit.")
        return tuple(found)


def open_repository(folder: Path, progress: Progress = NOBODY) -> Repository:
    """Look at the repository in which a folder lies.

    Raises ``Refused`` where there is none, where it is bare, has no commits, or belongs to somebody whom git does not
    trust, ``GitFailed``, ``Cancelled``.
    """
    if not os.path.isdir(folder):
        raise Refused(f"There is no folder {printable(str(folder))}.", "Choose a development repository.")
    outer = find_git(Path(os.path.abspath(folder)))
    asked = ("--is-bare-repository", "--is-inside-work-tree", "--is-shallow-repository")
    answer = outer.ask("rev-parse", *asked, progress=progress)
    if answer.code:
        raise _no_repository(folder, answer)
    bare, inside, shallow = (word == b"true" for word in answer.out.split())
    if bare:
        raise Refused(
            f"{folder.name} is a bare repository: it has no files, only history.",
            "Choose a clone of it, in which somebody works.",
        )
    if not inside:
        raise Refused(
            f"{folder.name} is the inside of a repository.", "Choose the folder of its files, one or more levels above."
        )
    top = Path(_path(outer, "--show-toplevel"))
    # From here on the folder is named, so that neither another work tree nor another index comes into play.
    own = Path(_path(outer, "--absolute-git-dir"))
    git = Git(outer.program, top, {"GIT_DIR": str(own), "GIT_WORK_TREE": str(top)})
    objects = Path(os.path.join(top, _path(git, "--git-path", "objects")))
    head = git.ask("symbolic-ref", "-q", "HEAD").out.decode("utf-8", "surrogateescape").strip()
    found = _branches(git)
    if not found:
        raise Refused(f"{top.name} has no commits yet.", "Commit the packages there first.")
    outside = _path(outer, "--show-superproject-working-tree")
    return Repository(git, top, own, objects, head.removeprefix(LOCAL), found, shallow, outside)


def _path(git: Git, *asked: str) -> str:
    found = git.run("say where the repository lies", "rev-parse", *asked)
    return os.fsdecode(found[:-1] if found.endswith(b"\n") else found)


def _branches(git: Git) -> dict[str, Branch]:
    wanted = "--format=%(refname)%00%(objectname)%00%(worktreepath)%00%(symref)%00"
    listed = git.run("list the branches", "for-each-ref", wanted, LOCAL, REMOTE).split(b"\0")
    found = {}
    for at in range(0, len(listed) - 4, 4):
        ref, commit, tree, leads_to = (part.decode("utf-8", "surrogateescape") for part in listed[at : at + 4])
        if not leads_to:
            found[ref.lstrip("\n")] = Branch(ref.lstrip("\n"), commit, tree)
    return found


def _no_repository(folder: Path, answer: Answer) -> Exception:
    if "dubious ownership" in answer.said or "unsafe repository" in answer.said:
        return Refused(
            f"{folder.name} belongs to another user, so git does not use it (dubious ownership).",
            f"If you trust it, run: git config --global --add safe.directory “{folder}”",
        )
    if "not a git repository" in answer.said or "invalid gitfile" in answer.said:
        return Refused(
            f"{printable(str(folder))} is not a git repository.",
            "Choose the folder of a clone, a clio workspace for instance, or run git init there.",
        )
    return failure(f"read {folder.name}", answer)
