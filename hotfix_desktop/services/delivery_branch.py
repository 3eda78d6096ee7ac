"""On which branch a delivery is made, and from which it grows."""

from __future__ import annotations

from dataclasses import dataclass

from hotfix_desktop.core.delivery_plan import branch_name
from hotfix_desktop.core.errors import InvalidInput, Refused
from hotfix_desktop.core.texts import NAME_LIMIT, printable
from hotfix_desktop.repositories.commit import check_branch, free_name
from hotfix_desktop.repositories.facts import LOCAL, REMOTE, Branch, Repository
from hotfix_desktop.services.delivery_steps import Delivered
from hotfix_desktop.services.delivery_words import has_part_of, trailer_of, workspace_mark
from hotfix_desktop.services.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Chosen:
    """Where a delivery goes.

    Attributes:
        branch: its own branch.
        onto: the branch that it grows from, ``branch`` itself when that is continued.
        commit: the commit of ``onto``.
        made: the commit of an earlier attempt that was never entered; else empty.
    """

    branch: str
    onto: str
    commit: str
    made: str = ""
    remarks: tuple[str, ...] = ()


def choose_branch(bench: Workbench, opened: Repository, delivered: Delivered, onto: str, branch: str) -> Chosen:
    """Choose; see ``delivering.plan_delivery``. Raises ``Refused``, ``InvalidInput`` (field ``branch``)."""
    base = opened.branch(onto)
    name = branch.strip()
    if len(name) > NAME_LIMIT:
        raise InvalidInput("branch", f"The name of a branch can have at most {NAME_LIMIT} characters.")
    first = delivered.hotfixes[0]
    pattern = bench.store.administration.settings().delivery_branch
    ticket = next((hotfix.ticket for hotfix in delivered.hotfixes if hotfix.ticket), "")
    wanted = name or branch_name(pattern, ticket, first.number, delivered.found.name)
    check_branch(opened, wanted)
    known = {
        delivery.receipt.facts.get("commit") for n in delivered.numbers for delivery in bench.store.deliveries.of(n)
    }
    made = [
        (candidate, there, opened.message_of(there.commit))
        for candidate in (_candidates(opened, wanted) if not name else [wanted])
        if (there := opened.branches.get(LOCAL + candidate)) is not None
    ]
    for candidate, there, said in made:
        if trailer_of(bench, delivered.numbers) in said.splitlines() and there.commit not in known:
            return _taken_over(opened, candidate, there, base)
    if not name:
        for candidate, there, said in made:
            if has_part_of(bench, said, delivered.numbers) and _may_grow(bench, opened, candidate, there, base):
                remark = f"The branch {candidate} has a part of this delivery; the rest goes on top of it."
                return Chosen(candidate, candidate, there.commit, "", (remark,))
        found = free_name(opened, wanted)
        remarks = (f"There is a branch {wanted} already, so this one is {found}.",) if found != wanted else ()
        return Chosen(found, _shown(base), base.commit, "", remarks)
    there = opened.branches.get(LOCAL + name)
    if there is None:
        demand_not_checked_out(opened, name)
        return Chosen(name, _shown(base), base.commit)
    return _continued(bench, opened, name, there)


def demand_not_checked_out(opened: Repository, name: str) -> None:
    """Raise ``Refused`` when a work tree has this branch checked out: its files would look changed."""
    there = opened.branches.get(LOCAL + name)
    if name == opened.head or (there is not None and there.work_tree):
        where = there.work_tree if there is not None and there.work_tree else str(opened.top)
        raise Refused(
            f"The branch {name} is checked out in {printable(where)}, whose files would not fit it any more.",
            "Choose another name for the branch.",
        )


def _candidates(opened: Repository, wanted: str) -> list[str]:
    """Give the names that earlier attempts may have made."""
    return [
        wanted,
        *(f"{wanted}-{number}" for number in range(2, 10) if f"{LOCAL}{wanted}-{number}" in opened.branches),
    ]


def _may_grow(bench: Workbench, opened: Repository, name: str, there: Branch, base: Branch) -> bool:
    """Whether a branch of ours grew from ``base``, has nothing but our commits, and nobody works on it."""
    if there.work_tree or name == opened.head:
        return False
    return opened.grew_only_by(base.commit, there.commit, workspace_mark(bench))


def _taken_over(opened: Repository, name: str, there: Branch, base: Branch) -> Chosen:
    parents = opened.parents_of(there.commit)
    if len(parents) != 1:
        raise Refused(f"The branch {name} exists already.", f"“{free_name(opened, name)}” is free.")
    remark = f"The branch {name} has this delivery already: an earlier attempt was interrupted before it was entered."
    return Chosen(name, _shown(base), parents[0], there.commit, (remark,))


def _continued(bench: Workbench, opened: Repository, name: str, there: Branch) -> Chosen:
    lines = opened.message_of(there.commit).splitlines()
    if not any(line.startswith(workspace_mark(bench)) for line in lines):
        raise Refused(
            f"There is a branch {name} already, and it is none of this workspace's deliveries.",
            f"“{free_name(opened, name)}” is free.",
        )
    demand_not_checked_out(opened, name)
    remark = f"The branch {name} is an earlier delivery from here; the commit goes on top of it."
    return Chosen(name, name, there.commit, "", (remark,))


def _shown(base: Branch) -> str:
    return base.ref.removeprefix(LOCAL).removeprefix(REMOTE)
