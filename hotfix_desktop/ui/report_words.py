"""How a report writes times, lengths, hotfixes and what to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hotfix_desktop.core.clock import from_microseconds
from hotfix_desktop.core.hotfix_story import HotfixStory
from hotfix_desktop.core.lifecycle import Ending
from hotfix_desktop.core.reviews import span
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.report_parts import Line, Text, Tone, visible

LONGEST_TEXT = 2_500
"""Characters of one text: a whole reason; what is longer is a list of names that nobody reads on paper."""
LONGEST_CELL = 260
"""Characters of one cell: a whole name."""


def at(moment: datetime) -> str:
    """Give "2026-11-23 14:02", UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def at_second(moment: datetime) -> str:
    """Give "2026-11-23 14:02:11", UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def at_us(microseconds: int) -> str:
    """Give the same of microseconds since 1970."""
    return at_second(from_microseconds(microseconds))


def length(lasted: timedelta) -> str:
    """Give "31 h 12 min", "45 min" or "20 s": hours do not become days, so that sums can be compared."""
    minutes, seconds = divmod(max(0, int(lasted.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{number(hours)} h {minutes} min" if minutes else f"{number(hours)} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def many(count: int, one: str, several: str = "") -> str:
    """Give "1 hotfix" or "2 hotfixes", the number as the locale writes it."""
    return f"{number(count)} {one if count == 1 else several or one + 's'}"


def short(text: str, most: int = LONGEST_TEXT) -> str:
    """Give a text in which nothing is hidden, cut with a word where it is longer than a page takes."""
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"


def locked(told: HotfixStory) -> str:
    """Give how a hotfix ended: "14:32 by ann", "14:32 relock", "still open"."""
    window = told.window
    if window.closed_us is None:
        return "still open" if told.was_open else "never opened"
    if not told.was_open and window.never_opened:
        return "cancelled, never opened" if window.ending == Ending.CANCELLED.value else "failed, never opened"
    closed, opened = from_microseconds(window.closed_us), from_microseconds(window.opened_us)
    when = f"{closed:%H:%M}" if closed.date() == opened.date() else at(closed)
    if window.ending == Ending.RELOCKED.value:
        return f"{when} relock"
    if window.ending == Ending.INTERRUPTED.value:
        return f"{when} interrupted"
    return f"{when} by {short(told.closed_by, LONGEST_CELL)}" if told.closed_by else when


def why(told: HotfixStory) -> Line:
    """Give ticket and reason."""
    pieces = []
    if told.window.ticket:
        pieces.append(Text(f"{short(told.window.ticket)}  ", Tone.STRONG))
    pieces.append(Text(short(told.window.reason) or "no reason in the log", Tone.PLAIN))
    return tuple(pieces)


def remarks(told: HotfixStory, now: datetime) -> Line:
    """Give in a few words what was out of the ordinary; empty for nothing. What is alarming says so first."""
    alarms, others = [], []
    if late := told.overrun(now):
        alarms.append(f"Overrun by {span(late)}")
    if told.failures:
        alarms.append(many(len(told.failures), "failed lock"))
    if told.late_writes:
        alarms.append("Changed after the lock")
    if told.writers:
        alarms.append("Still open for writing at the lock")
    if told.opinion is not None and told.opinion.objected:
        alarms.append(f"Objected to by {short(told.opinion.by, LONGEST_CELL)}")
    if told.extensions:
        times = f" in {number(len(told.extensions))} steps" if len(told.extensions) > 1 else ""
        others.append(f"Extended by {number(sum(told.extensions))} min{times}")
    if told.opinion is not None and not told.opinion.objected:
        others.append(f"Reviewed by {short(told.opinion.by, LONGEST_CELL)}")
    pieces = [Text(" · ".join(alarms), Tone.ALARM)] if alarms else []
    if others:
        pieces.append(Text((" · " if alarms else "") + " · ".join(others), Tone.QUIET))
    return tuple(pieces)


def happened(told: HotfixStory, now: datetime) -> tuple[Line, ...]:
    """Give what was out of the ordinary in whole sentences, one line each."""
    lines: list[Line] = []
    if late := told.overrun(now):
        deadline = told.window.deadline_us
        due = f", due at {at_us(deadline)}" if deadline is not None else ""
        lines.append(_said("Overrun", f"by {span(late)}{due}"))
    lines += [_said("Lock failed", text) for text in told.failures]
    if told.writers:
        lines.append(_said("Still open for writing", "; ".join(told.writers)))
    lines += [_said("After the lock", text) for text in told.late_writes]
    if told.window.ending in (Ending.FAILED.value, Ending.INTERRUPTED.value):
        lines.append(_said("Ended", told.end))
    if told.opinion is not None and told.opinion.objected:
        lines.append(_said(f"Objected to by {told.opinion.by}", told.opinion.remark or "without a remark"))
    return tuple(lines)


def _said(what: str, text: str) -> Line:
    return (Text(f"{short(what)}: ", Tone.STRONG), Text(short(text)))
