"""Words for states: what the tree, the details and the tooltips say about a package."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.lifecycle import Hotfix, Kept, PackageState, PackageStatus
from hotfix_desktop.core.manifest import Drift
from hotfix_desktop.ui.formats import countdown, day_and_time, for_age, tr

STATE_WORDS = {
    PackageState.BLOCKED: "Blocked",
    PackageState.UNLOCKED: "Unlocked",
    PackageState.LOCKED: "Locked",
    PackageState.MODIFIABLE: "Modifiable",
    PackageState.NOT_SYNCHRONISED: "Not synchronised",
    PackageState.OVERDUE: "Overdue",
}


def state_word(status: PackageStatus) -> str:
    """Give the word of the *State* column."""
    words = [tr(STATE_WORDS[status.state])]
    if status.undelivered:
        words.append(tr("undelivered"))
    elif status.kept is Kept.NEW and status.state is PackageState.MODIFIABLE:
        words.append(tr("new"))
    elif status.kept is Kept.UNPROTECTED:
        words.append(tr("not protected"))
    if status.drift is not None:
        words.append(tr("drift"))
    return " · ".join(words)


def found_at(drift: Drift) -> datetime:
    """Give when a drift was found, UTC."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=drift.found_us)


def drift_sentence(drift: Drift, now: datetime) -> str:
    """Give "Changed while it was not unlocked, found at 14:02: 2 changed, 1 added."."""
    what = tr("Changed while it was not unlocked")
    if drift.opened and not drift.count:
        what = tr("Opened while it was not unlocked")
    elif drift.after_relock:
        what = tr("Changed after the lock by a program that still had a file open")
    counts = drift.sentence()
    return f"{what}, {tr('found at')} {day_and_time(found_at(drift), now)}{': ' if counts else ''}{counts}."


def person_word(user: str, me: str) -> str:
    """Give "you" for the one who looks, else the name."""
    return tr("you") if user == me else user


def overdue_word(lease: Lease, now: Moment) -> str:
    """Give "overdue by 0:32"; after a restart of the machine nobody may know by how much."""
    late = lease.overdue_by(now)
    return f"{tr('overdue by')} {countdown(late)}" if late else tr("overdue")


def try_word(hotfix: Hotfix, now: Moment) -> str:
    """Give "next try at 14:32:05", or "trying now"; empty while nothing has failed."""
    if hotfix.next_try is None:
        return ""
    if hotfix.next_try <= now.utc:
        return tr("trying now")
    return f"{tr('next try at')} {hotfix.next_try.astimezone():%H:%M:%S}"


def state_sentence(status: PackageStatus, now: Moment, me: str) -> str:
    """Give the whole state in sentences: the row's tooltip, and what a screen reader says."""
    sentence = _standing_sentence(status, now, me)
    return sentence if status.drift is None else f"{sentence} {drift_sentence(status.drift, now.utc)}"


def _standing_sentence(status: PackageStatus, now: Moment, me: str) -> str:
    name, hotfix = status.name, status.hotfix
    match status.state:
        case PackageState.UNLOCKED if hotfix is not None:
            left = countdown(hotfix.lease.left(now))
            until = day_and_time(hotfix.lease.deadline, now.utc)
            who = person_word(hotfix.opened_by, me)
            return f"{name} is unlocked for a hotfix by {who}: {left} left, locks at {until}."
        case PackageState.OVERDUE if hotfix is not None:
            sentence = f"{name} should have been locked at {day_and_time(hotfix.lease.deadline, now.utc)}."
            return f"{sentence} {hotfix.last_error}".strip()
        case PackageState.LOCKED if hotfix is not None and hotfix.closed_at is not None:
            when = day_and_time(hotfix.closed_at, now.utc)
            if status.undelivered:
                since = status.waiting.since if status.waiting else hotfix.closed_at
                said = f"not delivered to development {for_age(since, now.utc)}"
            elif status.delivered is not None:
                said = f"delivered: {status.delivered.receipt.sentence}"
            else:
                said = "it changed nothing" if status.changes == 0 else "nothing of it waits for delivery"
            return f"{name} was locked after a hotfix at {when}; {said}."
        case PackageState.LOCKED:
            return f"{name} is locked after a hotfix and not delivered to development."
        case PackageState.BLOCKED if status.waiting is not None:
            waiting = for_age(status.waiting.since, now.utc)
            return f"{name} is closed for changes; a hotfix of it is not delivered to development {waiting}."
        case PackageState.BLOCKED:
            return f"{name} is installed and closed for changes."
        case PackageState.NOT_SYNCHRONISED:
            return status.found.problem or f"{name} holds files but no descriptor.json: it is not synchronised."
    reasons = {
        Kept.CUSTOM: f"{name} is Creatio's own package for changes and stays modifiable.",
        Kept.MARKED: f"{name} is marked as your own and stays modifiable.",
        Kept.UNPROTECTED: f"{name} is not protected: its files can be changed at any time.",
        Kept.NEW: f"{name} is new in this folder and not protected yet.",
    }
    return reasons.get(status.kept, f"{name} is modifiable.")


def header_sentence(status: PackageStatus, now: Moment) -> str:
    """Give the line under the package's name in the details."""
    hotfix = status.hotfix
    if status.state is PackageState.UNLOCKED and hotfix is not None:
        left = hotfix.lease.left(now)
        until = day_and_time(hotfix.lease.deadline, now.utc)
        return f"Unlocked for hotfix · {countdown(left)} left · locks at {until}"
    if status.state is PackageState.OVERDUE and hotfix is not None:
        text = f"Overdue · should have been locked at {day_and_time(hotfix.lease.deadline, now.utc)}"
        again = try_word(hotfix, now)
        return f"{text} · {again}" if again else text
    if status.state is PackageState.LOCKED and hotfix is not None and hotfix.closed_at is not None:
        text = f"Locked after hotfix at {day_and_time(hotfix.closed_at, now.utc)}"
        if status.undelivered:
            return f"{text} · undelivered"
        if status.delivered is not None:
            return f"{text} · delivered"
        return f"{text} · nothing changed" if status.changes == 0 else text
    if status.state is PackageState.BLOCKED and not status.undelivered:
        return "Blocked · closed for changes"
    return state_word(status)
