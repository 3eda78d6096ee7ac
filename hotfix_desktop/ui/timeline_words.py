"""What is said of a window of the timeline: its tooltip, and what a screen reader speaks."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QTimeZone

from hotfix_desktop.core.timeline import HotfixWindow, MarkKind
from hotfix_desktop.ui.formats import number, tr

_SECOND = 1_000_000


def window_sentence(window: HotfixWindow, now_us: int, zone: QTimeZone, crowd: int = 1) -> str:
    """Give all that is known of a window, in sentences; ``crowd`` is how many lie at the same place."""
    who = tr("opened by {name} at").format(name=window.opened_by or "?")
    head = tr("Hotfix {number} of {package}").format(number=window.hotfix, package=window.package)
    reason = f": {window.reason.rstrip('.')}" if window.reason else ""
    ticket = f" ({window.ticket})" if window.ticket else ""
    parts = [f"{head}, {who} {moment(window.opened_us, zone)}{reason}{ticket}.", _end(window, now_us, zone)]
    if late := window.overrun_us(now_us):
        parts.append(tr("It overran its time by {length}.").format(length=length(late)))
    parts += _marks(window, zone)
    if crowd > 1:
        parts.append(tr("{count} hotfixes lie here: zoom in to tell them apart.").format(count=number(crowd)))
    return " ".join(parts)


def moment(at_us: int, zone: QTimeZone) -> str:
    """Give "2026-11-23 14:02:11" in a time zone."""
    return QDateTime.fromMSecsSinceEpoch(at_us // 1000, zone).toString("yyyy-MM-dd HH:mm:ss")


def length(us: int) -> str:
    """Give "45 s", "18 min", "2 h 5 min" or "3 d 4 h" for so many microseconds."""
    seconds = us // _SECOND
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 600:
        return f"{seconds // 60} min" + (f" {seconds % 60} s" if seconds % 60 else "")
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    days, hours = divmod(hours, 24)
    return f"{number(days)} d" + (f" {hours} h" if hours else "")


def _end(window: HotfixWindow, now_us: int, zone: QTimeZone) -> str:
    if window.never_opened:
        return tr("It was never open: the unlock failed or was cancelled.")
    if window.closed_us is None:
        if window.deadline_us is None:
            return tr("The log does not tell its end.")
        form = "It is open and has to be locked at {at}." if window.deadline_us > now_us else "It was due at {at}."
        return tr(form).format(at=moment(window.deadline_us, zone))
    at, after = moment(window.closed_us, zone), length(window.closed_us - window.opened_us)
    form = {
        "relocked": "Locked by itself at {at}, after {after}.",
        "interrupted": "Closed again at {at}, after {after}: a program ended half-way.",
    }.get(window.ending, "Locked at {at}, after {after}.")
    return tr(form).format(at=at, after=after)


def _marks(window: HotfixWindow, zone: QTimeZone) -> list[str]:
    said = []
    for kind in MarkKind:
        marks = [mark for mark in window.marks if mark.kind is kind]
        if not marks:
            continue
        times = len(marks)
        often = tr("once") if times == 1 else tr("{count} times").format(count=number(times))
        at = moment(marks[-1].at_us, zone)
        form = {
            MarkKind.EXTENSION: "Extended {often}, last at {at}." if times > 1 else "Extended at {at}.",
            MarkKind.DELIVERY: "Delivered at {at}.",
            MarkKind.RELOCK_FAILED: "Locking it failed {often}, last at {at}."
            if times > 1
            else "Locking failed at {at}.",
            MarkKind.LATE_WRITE: "Changed after it was locked, found at {at}.",
        }[kind]
        said.append(tr(form).format(often=often, at=at))
    return said
