"""How the package tree is cut into groups, and what their top rows say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import Any

from hotfix_desktop.core.lifecycle import PackageState, PackageStatus
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.words import STATE_WORDS

OPEN_FIRST = (PackageState.OVERDUE, PackageState.UNLOCKED)


class Grouping(StrEnum):
    """How *View › Group by* cuts the tree."""

    NONE = "none"
    STATE = "state"
    MAINTAINER = "maintainer"


@dataclass(slots=True)
class Group:
    """One top row with its packages; ``whole`` counts them before the filter."""

    title: str
    rows: list[PackageStatus]
    whole: int
    grouping: Grouping = Grouping.NONE

    def text(self) -> str:
        """Give the top row: the title, how many packages it has, and how many of them are unlocked."""
        if len(self.rows) != self.whole:
            return f"{self.title} ({number(len(self.rows))} of {number(self.whole)})"
        # They stand on top; this is asked for in each paint.
        open_now = sum(1 for _ in takewhile(lambda p: p.is_open, self.rows))
        says_so = self.grouping is Grouping.STATE  # each of a group is unlocked, or none
        unlocked = f", {number(open_now)} {tr('unlocked')}" if open_now and not says_so else ""
        return f"{self.title} ({number(self.whole)}{unlocked})"


def cut(
    shown: Sequence[PackageStatus],
    everything: Sequence[PackageStatus],
    grouping: Grouping,
    collate: Callable[[str], Any],
) -> list[Group]:
    """Cut the shown packages into groups, in their order; groups of open packages come first."""
    if grouping is Grouping.NONE:
        return [Group(tr("All packages"), list(shown), len(everything))]
    whole: dict[str, int] = {}
    for status in everything:
        title = _title(status, grouping)
        whole[title] = whole.get(title, 0) + 1
    rows: dict[str, list[PackageStatus]] = {}
    for status in shown:
        rows.setdefault(_title(status, grouping), []).append(status)
    titles = sorted(rows, key=collate)
    if grouping is Grouping.STATE:
        states = [*OPEN_FIRST, *(state for state in STATE_WORDS if state not in OPEN_FIRST)]
        titles = [title for title in (tr(STATE_WORDS[state]) for state in states) if title in rows]
    return [Group(title, rows[title], whole[title], grouping) for title in titles]


def _title(status: PackageStatus, grouping: Grouping) -> str:
    if grouping is Grouping.STATE:
        return tr(STATE_WORDS[status.state])
    return status.found.maintainer or tr("(no maintainer)")
