"""``deliver``: the hotfixes of a package that wait, as a commit in a development repository, for scripts."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from hotfix_desktop.core.delivery_plan import Decision, DeliveryPlan, Merge, Side
from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.services import catalogue
from hotfix_desktop.services.delivering import deliver as deliver_plan
from hotfix_desktop.services.delivering import message_for, plan_delivery
from hotfix_desktop.services.undelivered import undelivered
from hotfix_desktop.services.workbench import Workbench


def deliver(bench: Workbench, parsed: argparse.Namespace) -> int:
    """Deliver all hotfixes of a package that wait; gives 0, or 1 when the push failed. Raises ``HotfixError``."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to tidy up as after Ctrl+C
    package = catalogue.find(bench, parsed.package)
    waiting = undelivered(bench, [package.package_id]).get(package.package_id)
    if waiting is None:
        raise Refused(f"No hotfix of {package.name} waits for its delivery.")
    plan = plan_delivery(bench, waiting.hotfixes, Path(parsed.repository), parsed.onto, parsed.branch)
    _say([f"Remark: {remark}" for remark in plan.remarks])
    decisions = {}
    if parsed.take:
        decisions = {file.path: Decision(Side(parsed.take)) for file in plan.conflicts}
    elif plan.conflicts:
        _say(_told(plan))
    message = parsed.message or message_for(bench, plan.hotfixes, plan)
    receipt = deliver_plan(bench, plan, decisions, message, push=parsed.push)
    told = [*_told(plan), f"{receipt.sentence}."]
    if numbers := receipt.facts.get("waiting", ""):
        told.append(f"Hotfix {numbers} stays undelivered until a later delivery takes the rest, or it is marked so.")
    _say(told)
    return 1 if receipt.facts.get("pushed") == "no" else 0


def _told(plan: DeliveryPlan) -> list[str]:
    lines = [f"{plural(len(plan.files), 'file')} onto {plan.onto}:"]
    width = max(len(merge.value) for merge in Merge)
    return lines + [f"  {file.merge.value:<{width}}  {file.place}" for file in plan.files]


def _say(lines: list[str]) -> None:
    if lines:
        sys.stdout.write(printable("\n".join(lines)) + "\n")
