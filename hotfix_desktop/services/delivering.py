"""Deliver hotfixes of a self-developed package: a three-way merge as a commit on a branch of their own (P5).

Planning writes nothing into the repository. :func:`deliver` makes everything in a scratch first; then objects go in,
then one branch, and never anything else: neither the work tree nor the index is touched. An attempt that is killed
between the branch and the entry is found again by its commit, and the next one takes it over. Where files are left out
the hotfix stays undelivered, and the next delivery puts the rest on top.

Looking and planning run no program that the repository names. Delivering runs what git itself would run there: the hook
``reference-transaction`` for the branch, the program that signs commits if ``commit.gpgsign`` is on, and for a push
``pre-push`` and whatever the remote needs (ssh, credential helpers). Filters (``filter.<name>.clean``, ``process``) and
the hooks for commits are never run: files that go through a filter are left out and told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.deliveries import Delivery, Receipt
from hotfix_desktop.core.delivery_plan import (
    Decision,
    DeliveryPlan,
    Merge,
    MergedFile,
    RepositoryFacts,
    check_decisions,
)
from hotfix_desktop.core.errors import Cancelled, Denied, HotfixError, InvalidInput, Refused
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import plural
from hotfix_desktop.repositories.commit import Made, land, make_branch, remove_branch, write_commit, write_tree
from hotfix_desktop.repositories.facts import LOCAL, Repository, open_repository
from hotfix_desktop.repositories.places import CLIO, Listing, find_package, list_tree, shown_path
from hotfix_desktop.repositories.push import push as push_branch
from hotfix_desktop.repositories.scratch import Scratch
from hotfix_desktop.services.delivery_branch import choose_branch, demand_not_checked_out
from hotfix_desktop.services.delivery_decisions import decided
from hotfix_desktop.services.delivery_merging import Merged, Merging, Versions
from hotfix_desktop.services.delivery_receipts import enter_failure, receipt_of, receipt_of_what_is_there
from hotfix_desktop.services.delivery_steps import (
    Delivered,
    closed_hotfixes,
    package_of,
    waiting_on,
    what_to_deliver,
)
from hotfix_desktop.services.delivery_words import checked_message, message_of
from hotfix_desktop.services.undelivered import enter_delivery
from hotfix_desktop.services.workbench import Workbench, unknown_package

_ELSEWHERE = "The repository has changed since this was planned."


def branches(
    bench: Workbench,
    repository: Path,
    package_id: int,
    progress: Progress = NOBODY,
    *,
    hotfixes: Sequence[int] = (),
) -> RepositoryFacts:
    """Look at a repository and find the package in it; for ``hotfixes`` say how their branch would be called.

    Raises ``Refused`` for one that can take no delivery, ``Denied``, ``GitFailed``, ``Cancelled``.
    """
    stored = bench.store.packages.get(package_id)
    if stored is None:
        raise unknown_package(str(package_id))
    bench.demand(Act.DELIVER, AuditType.DELIVERED, "look for a package in a repository", stored.found)
    opened = open_repository(repository, progress)
    remarks = list(opened.remarks())
    place, clio = None, False
    if LOCAL + opened.head in opened.branches:
        try:
            with _looking(opened, opened.head, opened.branch("").commit, stored.found, progress) as (_, listing, found):
                place, clio = shown_path(found), CLIO in listing
        except Refused as error:
            remarks.append(error.sentence)
    return RepositoryFacts(
        folder=opened.top,
        branches=opened.names(),
        current=opened.head,
        package_place=place,
        author=opened.author(),
        remote=opened.remote(opened.head),
        is_clio=clio,
        remarks=tuple(remarks),
        branch=_branch_for(bench, opened, hotfixes) if place is not None else "",
    )


def _branch_for(bench: Workbench, opened: Repository, hotfixes: Sequence[int]) -> str:
    if not hotfixes:
        return ""
    try:
        return choose_branch(bench, opened, what_to_deliver(bench, hotfixes), "", "").branch
    except Refused:
        return ""  # planning says why


def plan_delivery(
    bench: Workbench,
    hotfixes: Sequence[int],
    repository: Path,
    onto: str = "",
    branch: str = "",
    progress: Progress = NOBODY,
) -> DeliveryPlan:
    """Say what a commit of these closed hotfixes of one package onto a branch would do; nothing is written.

    Without ``onto`` it is the branch that is checked out; without ``branch`` a free name is made by the setting
    ``DeliveryBranch``. A branch that exists is continued when its last commit is a delivery from this workspace.
    Raises ``Denied``, ``Refused``, ``InvalidInput`` (field ``branch``), ``StoreError``, ``GitFailed``, ``Cancelled``.
    """
    _demand(bench, hotfixes)
    delivered = what_to_deliver(bench, hotfixes)
    _demand_own(bench, delivered.found)
    opened = open_repository(repository, progress)
    author = opened.author()
    chosen = choose_branch(bench, opened, delivered, onto, branch)
    with _looking(opened, chosen.onto, chosen.commit, delivered.found, progress) as (scratch, listing, place):
        merging = Merging(bench, delivered, scratch, listing, place)
        merged = merging.merge(progress=progress)
    remarks = [*delivered.remarks, *merging.remarks, *opened.remarks(), *chosen.remarks]
    if hooks := opened.commit_hooks():
        remarks.append(f"Hooks for commits ({', '.join(hooks)}) are not run: the work tree takes no part in it.")
    return DeliveryPlan(
        repository=opened.top,
        package_place=shown_path(place),
        branch=chosen.branch,
        onto=chosen.onto,
        onto_commit=chosen.commit,
        hotfixes=delivered.numbers,
        files=tuple(one.file for one in merged),
        author=author,
        remote=opened.remote(chosen.onto),
        remarks=tuple(remarks),
        made=chosen.made,
        left=tuple(map(shown_path, merging.left)),
    )


def versions(bench: Workbench, plan: DeliveryPlan, file: MergedFile, progress: Progress = NOBODY) -> Versions:
    """Give base, ours, theirs and merged of a file as the repository keeps them; None: there is none.

    ``merged`` has conflict marks where somebody has to decide, and is None for what is no text.
    """
    _demand(bench, plan.hotfixes)
    delivered = what_to_deliver(bench, plan.hotfixes)
    opened = open_repository(plan.repository, progress)
    with _looking(opened, plan.onto, plan.onto_commit, delivered.found, progress) as (scratch, listing, place):
        merging = Merging(bench, delivered, scratch, listing, place)
        for merged in merging.merge({file.path}, progress):
            return merging.versions(merged)
    raise Refused(_ELSEWHERE, "Go back and look at the repository again.")


def message_for(
    bench: Workbench,
    hotfixes: Sequence[int],
    plan: DeliveryPlan | None = None,
    ticked: Collection[bytes] | None = None,
) -> str:
    """Give the commit message: reason, ticket, window and audit numbers, and what of ``plan`` is left out.

    Raises ``Denied``, ``Refused``.
    """
    _demand(bench, hotfixes)
    missing = plan.left_out(ticked) if plan is not None else ()
    count = plan.count if plan is not None else 0
    return message_of(bench, closed_hotfixes(bench, hotfixes), package_of(bench, hotfixes), missing, count)


def deliver(
    bench: Workbench,
    plan: DeliveryPlan,
    decisions: Mapping[bytes, Decision],
    message: str,
    *,
    push: bool = False,
    ticked: Collection[bytes] | None = None,
    progress: Progress = NOBODY,
) -> Receipt:
    """Commit, push if asked, and enter the delivery; gives the receipt. See :func:`carry_home`."""
    return carry_home(bench, plan, decisions, message, push=push, ticked=ticked, progress=progress)[-1].receipt


def carry_home(
    bench: Workbench,
    plan: DeliveryPlan,
    decisions: Mapping[bytes, Decision],
    message: str,
    *,
    push: bool = False,
    ticked: Collection[bytes] | None = None,
    progress: Progress = NOBODY,
) -> tuple[Delivery, ...]:
    """Commit, push if asked, and enter the delivery of each hotfix, the oldest first. Only administrators may.

    A decision for a file without a conflict counts, too. ``ticked``: paths (``MergedFile.path``) to deliver; None: all.
    Where development has all of it already there is no commit, and the receipt names the one that has it. A hotfix of
    which files were left out (not ticked and not there already, or what cannot be delivered) is entered with what
    went, and stays undelivered; the receipt names the files (``facts["left_out"]``) and it (``facts["waiting"]``).
    A push that fails is told in the receipt (``facts["pushed"]`` is "no", ``facts["push_error"]`` says why); the commit
    stands. Any other failure leaves the repository as it was. Can be cancelled until the branch is made.
    Raises ``Refused``, ``InvalidInput``, ``Denied``, ``StoreError``, ``GitFailed``, ``Cancelled``.
    """
    what = f"deliver {plural(len(plan.hotfixes), 'hotfix', 'hotfixes')} to {plan.repository.name}"
    bench.demand(Act.DELIVER, AuditType.DELIVERED, what, package_of(bench, plan.hotfixes))
    delivered = what_to_deliver(bench, plan.hotfixes)
    _demand_own(bench, delivered.found)
    check_decisions(plan, decisions, ticked)
    text = checked_message(bench, message, plan.hotfixes, part=bool(plan.left or plan.missing(ticked)))
    try:
        return _deliver(bench, delivered, plan, decisions, text, push, ticked, progress)
    except (Cancelled, Denied, InvalidInput):
        raise
    except HotfixError as error:
        enter_failure(bench, delivered, plan, error)
        raise


def _deliver(
    bench: Workbench,
    delivered: Delivered,
    plan: DeliveryPlan,
    decisions: Mapping[bytes, Decision],
    message: str,
    push: bool,
    ticked: Collection[bytes] | None,
    progress: Progress,
) -> tuple[Delivery, ...]:
    opened = open_repository(plan.repository, progress)
    opened.author()
    demand_not_checked_out(opened, plan.branch)
    with _looking(opened, plan.onto, plan.onto_commit, delivered.found, progress) as (scratch, listing, place):
        merging = Merging(bench, delivered, scratch, listing, place)
        merged = merging.merge(progress=progress)
        if tuple(one.file for one in merged) != plan.files or tuple(map(shown_path, merging.left)) != plan.left:
            raise Refused(_ELSEWHERE, "Go back and look at the repository again.")
        wanted = [one for one in merged if ticked is None or one.file.path in ticked]
        missing = {file.path: file.place for file in plan.missing(ticked)} | dict(
            zip(merging.left.values(), plan.left, strict=True)
        )
        waiting = waiting_on(bench, delivered.hotfixes, missing)
        changes = decided(scratch, wanted, decisions)
        scratch.make(entry.oid for entry in changes.values() if entry is not None)
        tree = write_tree(scratch, changes)
        if tree == opened.tree_of(plan.onto_commit):
            receipt = _there_already(plan, wanted, decisions)
            receipt = receipt.without(sorted(missing.values()), len(merged) + len(merging.left), waiting)
            return enter_delivery(bench, plan.hotfixes, receipt, delivered.found, waiting=waiting)
        made, fresh = _commit(opened, scratch, plan, tree, message, len(changes), progress)
    why = ""
    if push:
        remote = plan.remote
        progress.begin(f"Pushing to {remote}…")
        why = push_branch(opened, remote, plan.branch) if remote else "There is no remote to push to."
    receipt = receipt_of(plan, made.commit, [one.file for one in wanted], decisions, push, why)
    receipt = receipt.without(sorted(missing.values()), len(merged) + len(merging.left), waiting)
    try:
        return enter_delivery(bench, plan.hotfixes, receipt, delivered.found, waiting=waiting)
    except BaseException:
        if fresh and (not push or why):
            remove_branch(opened, plan.branch, made.commit, plan.onto_commit if plan.onto == plan.branch else "")
        raise


def _commit(
    opened: Repository, scratch: Scratch, plan: DeliveryPlan, tree: str, message: str, count: int, progress: Progress
) -> tuple[Made, bool]:
    """Commit and make the branch, or take over what an interrupted attempt made; says whether it is new."""
    if plan.made:
        there = opened.branches.get(LOCAL + plan.branch)
        if there is None or there.commit != plan.made or opened.tree_of(plan.made) != tree:
            raise Refused(
                f"The branch {plan.branch} of an interrupted delivery has something else than was decided now.",
                "Choose another name for the branch.",
            )
        return Made(plan.made, tree), False
    made = write_commit(scratch, tree, message, progress)
    land(scratch, made, count, progress)
    progress.check()
    make_branch(opened, plan.branch, made.commit, plan.onto_commit if plan.onto == plan.branch else "")
    return made, True


def _there_already(plan: DeliveryPlan, wanted: Sequence[Merged], decisions: Mapping[bytes, Decision]) -> Receipt:
    if not all(one.file.merge is Merge.SAME and one.file.path not in decisions for one in wanted):
        raise Refused(
            "Nothing of the hotfix would be in the commit: development's version was chosen for everything.",
            "If that is right, mark the hotfix as delivered and say why.",
        )
    return receipt_of_what_is_there(plan, len(wanted))


def _demand(bench: Workbench, hotfixes: Sequence[int]) -> None:
    what = f"plan the delivery of {plural(len(hotfixes), 'hotfix', 'hotfixes')}"
    bench.demand(Act.DELIVER, AuditType.DELIVERED, what, package_of(bench, hotfixes))


def _demand_own(bench: Workbench, found: FoundPackage) -> None:
    own = bench.store.administration.settings().maintainer
    if found.maintainer and found.maintainer.casefold() != own.casefold():
        raise Refused(
            f"{found.name} belongs to {found.maintainer}. Its changes cannot be committed here.",
            "Tell its maintainer: the delivery writes a letter to their support. (Our own maintainer is the setting"
            " Maintainer.)",
        )


@contextmanager
def _looking(
    opened: Repository, branch: str, commit: str, found: FoundPackage, progress: Progress
) -> Iterator[tuple[Scratch, Listing, bytes]]:
    """Give a scratch on a commit, the files there, and where the package lies."""
    with Scratch(opened, commit, progress) as scratch:
        listing = list_tree(scratch.git, commit, progress)
        yield scratch, listing, find_package(opened, listing, found.uid, found.name, branch, scratch.read)
