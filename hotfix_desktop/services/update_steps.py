"""The plan of an update as it is kept in the database: what whoever comes after a kill needs to finish it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hotfix_desktop.core.update_plan import Take
from hotfix_desktop.workspaces.port import Swap


@dataclass(frozen=True, slots=True)
class Step:
    """One package of an update that was decided.

    Attributes:
        package_id: None for a new package.
        is_closed: whether it is closed by this program.
        swap: how its folder is replaced; None where the archive brings exactly what is there.
        before, delivered, after: digests of the recorded trees.
        decision: ``ours``, ``theirs``, or empty.
        home: the hotfixes that came home with it.
        left: those that did not.
        inside: those of them whose changes are in the package when it is decided.
        sentence: the description of its entry.
        facts: the details of its entry.
    """

    name: str
    key: str
    package_id: int | None
    is_closed: bool
    swap: Swap | None
    before: bytes
    delivered: bytes
    after: bytes
    decision: str
    home: tuple[int, ...]
    left: tuple[int, ...]
    inside: tuple[int, ...]
    sentence: str
    facts: Mapping[str, Any]

    @property
    def stays_locked(self) -> bool:
        """Whether fixes that have not come home are still in it.

        So it is with ours on top, and also where nothing had to be decided: the archive touches none of their files,
        or nobody knows what they changed. Only theirs against ours takes them out.
        """
        return bool(self.inside) and self.decision != Take.THEIRS


def encode(steps: Sequence[Step]) -> dict[str, Any]:
    """Give the steps as JSON values."""
    return {"packages": [_encode(step) for step in steps]}


def decode(plan: Mapping[str, Any]) -> tuple[Step, ...]:
    """Give the steps of what :func:`encode` made."""
    return tuple(_decode(part) for part in plan["packages"])


def _encode(step: Step) -> dict[str, Any]:
    swap = step.swap
    return {
        "name": step.name,
        "key": step.key,
        "package_id": step.package_id,
        "is_closed": step.is_closed,
        "swap": None
        if swap is None
        else {
            "place": swap.place,
            "label": swap.label,
            "is_new": swap.is_new,
            "identity": list(swap.identity),
            "record": base64.b64encode(swap.record).decode(),
        },
        "before": step.before.hex(),
        "delivered": step.delivered.hex(),
        "after": step.after.hex(),
        "decision": step.decision,
        "home": list(step.home),
        "left": list(step.left),
        "inside": list(step.inside),
        "sentence": step.sentence,
        "facts": dict(step.facts),
    }


def _decode(part: Mapping[str, Any]) -> Step:
    swap = part["swap"]
    return Step(
        name=part["name"],
        key=part["key"],
        package_id=part["package_id"],
        is_closed=part["is_closed"],
        swap=None
        if swap is None
        else Swap(
            part["key"],
            swap["place"],
            swap["label"],
            swap["is_new"],
            (swap["identity"][0], swap["identity"][1]),
            base64.b64decode(swap["record"]),
        ),
        before=bytes.fromhex(part["before"]),
        delivered=bytes.fromhex(part["delivered"]),
        after=bytes.fromhex(part["after"]),
        decision=part["decision"],
        home=tuple(part["home"]),
        left=tuple(part["left"]),
        inside=tuple(part.get("inside", part["left"] if part["decision"] == Take.OURS else ())),
        sentence=part["sentence"],
        facts=part["facts"],
    )


def without_records(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Give the steps without the closing records, which nobody needs once they are kept where they belong."""
    return tuple(step if step.swap is None else replace(step, swap=replace(step.swap, record=b"")) for step in steps)
