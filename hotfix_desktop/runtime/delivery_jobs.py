"""The jobs of the delivery: what waits, what a repository says, how files meet, and the delivery itself.

All of it runs aside: git and contents may take long, and a lock must not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotfix_desktop.core.deliveries import Delivery
from hotfix_desktop.core.delivery_plan import Decision, DeliveryPlan, Merge, MergedFile, Side
from hotfix_desktop.core.letters import Letter
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services import delivering, delivery_proposal, hand_over, letters, undelivered
from hotfix_desktop.services.differences import Difference, difference
from hotfix_desktop.services.workbench import Workbench


@dataclass(frozen=True, slots=True)
class FileMeeting:
    """A file of a hotfix beside development's.

    Attributes:
        shown: what would change in development, or, where somebody has to decide, what tells the two apart.
        merged: the merged text, with conflict marks where somebody has to decide; None for what is no text.
    """

    shown: Difference
    merged: bytes | None = None


class DeliveryJobs:
    """The jobs of one session; a job fails with a ``HotfixError``."""

    def __init__(self, session: WorkspaceSession) -> None:
        """Run them in this session."""
        self._session = session

    def waiting(self) -> Job:
        """Give every :class:`~hotfix_desktop.services.undelivered.WaitingPackage`."""
        return self._session.ask(lambda bench, progress: undelivered.waiting_packages(bench))

    def draft(self, hotfixes: Sequence[int]) -> Job:
        """Give a :class:`~hotfix_desktop.services.letters.LetterDraft`: also what the hotfixes changed, all in all."""
        return self._session.aside(lambda bench, progress: letters.draft_letter(bench, hotfixes, progress))

    def beside(self, package_id: int) -> Job:
        """Give the repositories beside the workspace that have a package, as paths."""
        return self._session.aside(
            lambda bench, progress: delivery_proposal.repositories_beside(bench, package_id, progress)
        )

    def look(self, repository: Path, package_id: int, hotfixes: Sequence[int]) -> Job:
        """Give the :class:`~hotfix_desktop.core.delivery_plan.RepositoryFacts` of a folder."""
        return self._session.aside(
            lambda bench, progress: delivering.branches(bench, repository, package_id, progress, hotfixes=hotfixes)
        )

    def plan(self, hotfixes: Sequence[int], repository: Path, onto: str, branch: str) -> Job:
        """Give a :class:`~hotfix_desktop.core.delivery_plan.DeliveryPlan`; writes nothing."""
        return self._session.aside(
            lambda bench, progress: delivering.plan_delivery(bench, hotfixes, repository, onto, branch, progress)
        )

    def message(self, plan: DeliveryPlan, ticked: Collection[bytes]) -> Job:
        """Give the proposed commit message."""
        return self._session.aside(lambda bench, progress: delivering.message_for(bench, plan.hotfixes, plan, ticked))

    def meeting(self, plan: DeliveryPlan, file: MergedFile, decision: Decision | None) -> Job:
        """Give the :class:`FileMeeting` of a file of a plan, as it is decided."""

        def work(bench: Workbench, progress: Progress) -> FileMeeting:
            _, ours, theirs, merged = delivering.versions(bench, plan, file, progress)
            if decision is None:
                result = ours if merged is None or file.merge is Merge.CONFLICT else merged
            else:
                result = {Side.OURS: ours, Side.THEIRS: theirs, Side.MERGED: decision.text}[decision.side]
            return FileMeeting(difference(file.path, theirs, result), merged)

        return self._session.aside(work)

    def change(self, hotfixes: Sequence[int], path: str) -> Job:
        """Give the :class:`FileMeeting` of a file before and after the hotfixes, for where there is no development."""

        def work(bench: Workbench, progress: Progress) -> FileMeeting:
            before, after = letters.versions_of(bench, hotfixes, path)
            return FileMeeting(difference(path.encode("utf-8", "surrogateescape"), before, after))

        return self._session.aside(work)

    def compute(self, work: Callable[[Progress], Any]) -> Job:
        """Run what a view takes long for."""
        return self._session.aside(lambda bench, progress: work(progress))

    def deliver(
        self,
        plan: DeliveryPlan,
        decisions: Mapping[bytes, Decision],
        message: str,
        ticked: Collection[bytes],
        *,
        push: bool,
    ) -> Job:
        """Commit and enter it; gives the :class:`~hotfix_desktop.core.deliveries.Delivery` of the last hotfix."""

        def work(bench: Workbench, progress: Progress) -> Delivery:
            made = delivering.carry_home(bench, plan, decisions, message, push=push, ticked=ticked, progress=progress)
            return made[-1]

        return self._session.aside(work, changes=True)

    def send(self, hotfixes: Sequence[int], letter: Letter, folder: Path) -> Job:
        """Write a letter and its archive, and enter it; gives the last ``Delivery``."""
        return self._session.aside(
            lambda bench, progress: letters.send_letter(bench, hotfixes, letter, folder, progress)[-1], changes=True
        )

    def hand_over(self, hotfixes: Sequence[int], folder: Path) -> Job:
        """Write a patch and an archive for where there is no git, and enter it; gives the last ``Delivery``."""
        return self._session.aside(
            lambda bench, progress: hand_over.give_over(bench, hotfixes, folder, progress)[-1], changes=True
        )

    def mark(self, hotfixes: Sequence[int], reason: str) -> Job:
        """Enter on somebody's word that hotfixes were delivered; gives each ``Delivery``."""
        return self._session.change(lambda bench, progress: undelivered.mark_delivered(bench, hotfixes, reason))
