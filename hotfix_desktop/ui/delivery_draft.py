"""What somebody has chosen in the delivery wizard so far; the pages share it, and nothing of it is written anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from hotfix_desktop.core.changes import ElementKey, element_of
from hotfix_desktop.core.delivery_plan import Decision, DeliveryPlan, MergedFile
from hotfix_desktop.core.letters import Letter
from hotfix_desktop.services.letters import LetterDraft
from hotfix_desktop.services.undelivered import WaitingPackage


class Way(StrEnum):
    """How the changes leave; the values are remembered for each package."""

    REPOSITORY = "repository"
    LETTER = "letter"
    HAND_OVER = "hand-over"


@dataclass
class Draft:
    """The choices.

    Attributes:
        hotfixes: the numbers that are ticked, the oldest first.
        repository: the folder as somebody typed it.
        branch: the new branch; empty: its name is made by the setting.
        plan: what was planned for the choices of ``planned_for``.
        decisions: how files in conflict are decided, by path.
        unticked: the paths of files that are not to be delivered.
        message: the commit message; empty until it was proposed.
        message_for: the hotfixes that it was proposed for, and what they leave behind.
        proposed: how it was proposed, to know whether somebody has edited it.
        told: what the hotfixes changed, and the proposed letter.
        folder: where a letter or a hand-over is put.
    """

    package: WaitingPackage | None = None
    hotfixes: tuple[int, ...] = ()
    way: Way = Way.REPOSITORY
    repository: str = ""
    onto: str = ""
    branch: str = ""
    plan: DeliveryPlan | None = None
    planned_for: tuple[object, ...] = ()
    decisions: dict[bytes, Decision] = field(default_factory=dict)
    unticked: set[bytes] = field(default_factory=set)
    message: str = ""
    message_for: tuple[tuple[int, ...], tuple[str, ...]] = ((), ())
    proposed: str = ""
    push: bool = False
    told: LetterDraft | None = None
    letter: Letter | None = None
    contact: str = ""
    folder: str = ""

    @property
    def plan_key(self) -> tuple[object, ...]:
        """What a plan is made for."""
        return self.hotfixes, self.repository, self.onto, self.branch

    def take_plan(self, plan: DeliveryPlan) -> None:
        """Keep a plan, and of the decisions those that still are to be made."""
        self.plan, self.planned_for = plan, self.plan_key
        open_paths = {file.path for file in plan.conflicts}
        self.decisions = {path: made for path, made in self.decisions.items() if path in open_paths}
        self.unticked &= {file.path for file in plan.files}

    def take_told(self, told: LetterDraft) -> None:
        """Keep what the hotfixes changed; a letter that somebody began to edit stays."""
        if self.told is None or self.told.hotfixes != told.hotfixes or self.letter is None:
            self.letter = replace(told.letter, to=self.contact or told.letter.to)
        self.told = told
        self.contact = self.contact or told.letter.to

    @property
    def ticked(self) -> tuple[MergedFile, ...]:
        """The files that are to be delivered."""
        files = self.plan.files if self.plan is not None else ()
        return tuple(file for file in files if file.path not in self.unticked)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What stays behind, for people."""
        return self.plan.left_out({file.path for file in self.ticked}) if self.plan is not None else ()

    @property
    def wants_message(self) -> bool:
        """Whether a message is to be proposed: a text that somebody edited is only replaced for other hotfixes."""
        edited = self.message != self.proposed
        return (
            not self.message
            or self.message_for[0] != self.hotfixes
            or (not edited and self.message_for[1] != self.left_out)
        )

    @property
    def undecided(self) -> tuple[MergedFile, ...]:
        """The ticked files in conflict that nobody has decided."""
        plan = self.plan
        if plan is None:
            return ()
        return tuple(
            file for file in plan.conflicts if file.path not in self.decisions and file.path not in self.unticked
        )

    def tick(self, path: bytes, ticked: bool) -> None:
        """Take all files of the element that a file belongs to, or leave them: half an element does not work."""
        element = element_of(path)
        for file in self.plan.files if self.plan is not None else ():
            if file.path == path or (element != ElementKey("", "") and element_of(file.path) == element):
                (self.unticked.discard if ticked else self.unticked.add)(file.path)
