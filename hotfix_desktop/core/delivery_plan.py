"""What a delivery into a development repository would do, file by file, before anything of it is done.

Each changed file of a hotfix is merged three ways: *base* is the package before the hotfix, *ours* after it, *theirs*
the branch in development. All three are compared as the repository itself would keep them, so that line ends that its
rules take care of are no difference.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hotfix_desktop.core.changes import ChangeKind
from hotfix_desktop.core.errors import InvalidInput, Refused
from hotfix_desktop.core.texts import plural

CONFLICT_MARKS = (b"<<<<<<< ", b"||||||| ", b">>>>>>> ")
"""How the lines around and in a conflict begin, in git and here; that of the middle may be meant, under a heading."""
_NAMED = 5


class Merge(StrEnum):
    """How a file of a hotfix meets development; the values are the words on the screen."""

    TAKEN = "Taken"
    """Development had not changed it."""
    SAME = "Already there"
    """Development has it as the hotfix made it."""
    MERGED = "Merged"
    """Both changed it, in different places."""
    CONFLICT = "Conflict"
    """Both changed it, and somebody has to decide."""


class Side(StrEnum):
    """What a conflict is decided for; the values are those of ``--take``."""

    OURS = "ours"
    """The hotfix's version."""
    THEIRS = "theirs"
    """Development's version: nothing of the hotfix."""
    MERGED = "merged"
    """A text that somebody made of both."""


@dataclass(frozen=True, slots=True)
class MergedFile:
    """One changed file of the hotfixes.

    Attributes:
        path: below the package, as the recorded trees have it; names the file in decisions.
        place: below the repository, for people: what is no UTF-8 is escaped.
        change: what the hotfixes did to it, all in all.
        old_place: where a renamed file lies in the repository now; else empty.
        is_text: whether both versions are text that can be merged and edited.
    """

    path: bytes
    place: str
    merge: Merge
    change: ChangeKind
    old_place: str = ""
    is_text: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """How one file is decided.

    Attributes:
        text: the whole file as the repository shall keep it, for ``Side.MERGED``; else None.
    """

    side: Side
    text: bytes | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """What would be committed. Nothing of it is in the repository.

    Attributes:
        repository: the top folder of the work tree.
        package_place: where the package lies below that, for people; empty: it is the repository itself.
        branch: the branch that the commit will be on.
        onto: the branch that it grows from; the same as ``branch`` when an earlier delivery is continued.
        onto_commit: the commit of ``onto`` when this was planned.
        hotfixes: their numbers, the oldest first.
        files: what they changed, sorted by path.
        author: "Name <address>" from the repository's configuration.
        remote: where the branch would be pushed to; empty: nowhere.
        remarks: what somebody should know, in sentences.
        made: the commit of an earlier attempt that was interrupted before it was entered; else empty.
        left: the places of files that cannot be delivered; the remarks say why.
    """

    repository: Path
    package_place: str
    branch: str
    onto: str
    onto_commit: str
    hotfixes: tuple[int, ...]
    files: tuple[MergedFile, ...]
    author: str
    remote: str
    remarks: tuple[str, ...] = ()
    made: str = ""
    left: tuple[str, ...] = ()

    @property
    def conflicts(self) -> tuple[MergedFile, ...]:
        """The files that have to be decided."""
        return tuple(file for file in self.files if file.merge is Merge.CONFLICT)

    def missing(self, ticked: Collection[bytes] | None) -> tuple[MergedFile, ...]:
        """Give the files that are not ``ticked`` (None: all are), and that development does not have already."""
        if ticked is None:
            return ()
        return tuple(file for file in self.files if file.path not in ticked and file.merge is not Merge.SAME)

    def left_out(self, ticked: Collection[bytes] | None) -> tuple[str, ...]:
        """Give the places of all that stays behind: what is missing, and what cannot be delivered."""
        return tuple(sorted([*(file.place for file in self.missing(ticked)), *self.left]))

    @property
    def count(self) -> int:
        """How many files there are, with those that cannot be delivered."""
        return len(self.files) + len(self.left)

    @property
    def is_there_already(self) -> bool:
        """Whether development has all of it, so that there is nothing to commit."""
        return bool(self.files) and all(file.merge is Merge.SAME for file in self.files)


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """A development repository that can take a delivery.

    Attributes:
        folder: the top folder of its work tree.
        branches: the names that ``onto`` may have: local ones first, then those of remotes.
        current: the branch that is checked out; empty: none is (a detached head), so one must be chosen.
        package_place: where the package lies on the current branch, for people; None: it is not there.
        author: "Name <address>" of its commits.
        remote: where a branch would be pushed to; empty: nowhere.
        is_clio: whether it is a workspace of clio (``creatio.md`` 8.6).
        remarks: what somebody should know, in sentences.
        branch: the name that a delivery's own branch would have; empty: that is not known yet.
    """

    folder: Path
    branches: tuple[str, ...]
    current: str
    package_place: str | None
    author: str
    remote: str
    is_clio: bool = False
    remarks: tuple[str, ...] = ()
    branch: str = ""


def branch_name(pattern: str, ticket: str, number: int, package: str) -> str:
    """Give the branch of a delivery: ``pattern`` with the ticket (or the hotfix's number) and the package filled in.

    What git takes in no branch's name (git-check-ref-format) becomes a hyphen.
    """
    filled = pattern.replace("{ticket}", _plain(ticket) or str(number)).replace("{package}", _plain(package))
    parts = [part.strip(".").removesuffix(".lock") for part in filled.split("/")]
    return "/".join(part for part in parts if part)


def _plain(text: str) -> str:
    plain = re.sub(r"[\x00-\x20\x7f~^:?*\[\]\\/\"'`$&|;<>()!#%]+|\.\.+|@\{", "-", text)
    return re.sub(r"-{2,}", "-", plain).strip("-.")[:100]


def check_decisions(
    plan: DeliveryPlan, decisions: Mapping[bytes, Decision], ticked: Collection[bytes] | None = None
) -> None:
    """Raise unless every conflict that is ticked (None: all are) is decided, and every edited text is whole.

    Raises:
        Refused: a conflict waits; the sentence names the first ones.
        InvalidInput: a decision has no text, or conflict marks are left in it; ``field`` is ``decisions``.
    """
    wanted = [file for file in plan.files if ticked is None or file.path in ticked]
    if not wanted:
        raise Refused("No file is ticked, so there is nothing to deliver.")
    open_ones = [file.place for file in wanted if file.merge is Merge.CONFLICT and file.path not in decisions]
    if open_ones:
        more = f" and {len(open_ones) - _NAMED:,} more" if len(open_ones) > _NAMED else ""
        raise Refused(
            f"{plural(len(open_ones), 'file')} changed in development, too, and must be decided:"
            f" {', '.join(open_ones[:_NAMED])}{more}.",
            "Choose the hotfix's version (ours), development's (theirs), or a text made of both.",
        )
    for file in wanted:
        decision = decisions.get(file.path)
        if decision is None or decision.side is not Side.MERGED:
            continue
        if decision.text is None:
            raise InvalidInput("decisions", f"There is no merged text of {file.place}.")
        if has_conflict_marks(decision.text):
            raise InvalidInput("decisions", f"There are still conflict marks in {file.place}.")


def has_conflict_marks(text: bytes) -> bool:
    """Whether a line of a text begins as one of a conflict does: a conflict that is half taken out is none decided."""
    return any(text.startswith(mark) or b"\n" + mark in text for mark in CONFLICT_MARKS)
