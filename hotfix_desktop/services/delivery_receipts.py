"""What proves a delivery by commit, and the entry of one that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hotfix_desktop.core.audit import AuditResult, AuditType
from hotfix_desktop.core.deliveries import DeliveryKind, Receipt
from hotfix_desktop.core.delivery_plan import Decision, DeliveryPlan, MergedFile, Side
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.texts import printable
from hotfix_desktop.services.delivery_steps import Delivered
from hotfix_desktop.services.workbench import Workbench

_SHORT = 10
"""Digits of a commit for people."""
_NAMED = 20
"""Files that are named among those for which development's version was chosen."""


def receipt_of(
    plan: DeliveryPlan,
    commit: str,
    wanted: Sequence[MergedFile],
    decisions: Mapping[bytes, Decision],
    push: bool,
    why_not_pushed: str,
) -> Receipt:
    """Give the receipt of a commit; it names the files for which development's version was chosen."""
    facts = {
        "repository": printable(str(plan.repository)),
        "branch": plan.branch,
        "commit": commit,
        "onto": plan.onto,
        "onto_commit": plan.onto_commit,
        "files": str(len(wanted)),
    }
    theirs = {path for path, decision in decisions.items() if decision.side is Side.THEIRS}
    if kept := [file.place for file in wanted if file.path in theirs]:
        more = f" and {len(kept) - _NAMED:,} more" if len(kept) > _NAMED else ""
        facts["theirs"] = f"{len(kept)}: {', '.join(kept[:_NAMED])}{more}"
    sentence = f"Commit {commit[:_SHORT]} on {plan.branch} in {plan.repository.name}"
    if not push:
        return Receipt(DeliveryKind.COMMIT, sentence, facts)
    facts["remote"] = plan.remote
    if why_not_pushed:
        facts.update(pushed="no", push_error=why_not_pushed)
        return Receipt(DeliveryKind.COMMIT, f"{sentence}, not pushed: {why_not_pushed.rstrip('.')}", facts)
    facts["pushed"] = "yes"
    return Receipt(DeliveryKind.COMMIT, f"{sentence}, pushed to {plan.remote}", facts)


def receipt_of_what_is_there(plan: DeliveryPlan, files: int) -> Receipt:
    """Give the receipt for changes that development has already."""
    facts = {
        "repository": printable(str(plan.repository)),
        "branch": plan.onto,
        "commit": plan.onto_commit,
        "already": "yes",
        "files": str(files),
    }
    sentence = f"Already in commit {plan.onto_commit[:_SHORT]} on {plan.onto} in {plan.repository.name}"
    return Receipt(DeliveryKind.COMMIT, sentence, facts)


def enter_failure(bench: Workbench, delivered: Delivered, plan: DeliveryPlan, error: HotfixError) -> None:
    """Enter that a delivery failed, and why."""
    with bench.store.transaction():
        for hotfix in delivered.hotfixes:
            bench.enter(
                bench.event(
                    AuditType.DELIVERED,
                    f"Hotfix {hotfix.number} of {hotfix.package_name} was not delivered to {plan.repository.name}:"
                    f" {error.sentence}",
                    result=AuditResult.FAILURE,
                    found=delivered.found,
                    hotfix=hotfix,
                    repository=printable(str(plan.repository)),
                    branch=plan.branch,
                )
            )
