"""The life of a package (``design.md`` 3): states, hotfixes, and which verb applies when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.deliveries import Delivery, Undelivered
from hotfix_desktop.core.errors import InvalidInput, Refused
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.manifest import Drift
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.settings import Settings, check_ticket, parse_minutes
from hotfix_desktop.core.texts import REASON_LIMIT, clean_line, plural
from hotfix_desktop.core.writers import Writer


class PackageState(StrEnum):
    """What a package is; the values are the public words of ``status --json``."""

    BLOCKED = "blocked"
    UNLOCKED = "unlocked"
    LOCKED = "locked"
    MODIFIABLE = "modifiable"
    NOT_SYNCHRONISED = "not-synchronised"
    OVERDUE = "overdue"


OPEN_STATES = frozenset({PackageState.UNLOCKED, PackageState.OVERDUE})


class Kept(StrEnum):
    """Why a package is not closed by this program."""

    NO = ""
    CUSTOM = "custom"
    MARKED = "marked"
    NEW = "new"
    UNPROTECTED = "unprotected"
    """Never stored: the folder is not protected, so none of its packages is closed."""


class Files(StrEnum):
    """How far the closing or opening of a package has come, as durably recorded before each step."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    OPENING = "opening"


class HotfixState(StrEnum):
    """How far a hotfix has come."""

    OPENING = "opening"
    OPEN = "open"
    CLOSED = "closed"


class Ending(StrEnum):
    """How a hotfix ended."""

    LOCKED = "locked"
    RELOCKED = "relocked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Hotfix:
    """One window from unlock to lock of one package.

    Attributes:
        number: its number in the workspace.
        package_id: the database's number of the package.
        extended_minutes: what all extensions added.
        attempts: how many relocks have failed since it became due.
        last_error: why the last relock failed, in one sentence.
        next_try: when the relock is tried again, UTC.
        writers: the programs that still had a file open for writing when it was closed.
    """

    number: int
    package_id: int
    package_key: str
    package_name: str
    reason: str
    ticket: str
    opened_by: str
    lease: Lease
    state: HotfixState
    extended_minutes: int = 0
    closed_at: datetime | None = None
    closed_by: str = ""
    ending: Ending | None = None
    attempts: int = 0
    last_error: str = ""
    next_try: datetime | None = None
    writers: tuple[Writer, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageStatus:
    """A package as this program shows it: what the workspace found, and what the database knows.

    Attributes:
        package_id: the database's number of the package.
        found: what the workspace reported last.
        state: what it is.
        kept: why it is not closed by this program, for a modifiable package.
        hotfix: the open hotfix, or the last one that was closed before the package was delivered as usual, or None.
        missing: whether its folder was not there at the last look.
        changes: how many files the hotfixes that wait changed, or else that last one; None while that is not known,
            and while it is open.
        undelivered: whether a closed hotfix changed something, or may have, that was not carried to development.
        drift: what was changed while it was not unlocked, until somebody accepts it.
        waiting: which hotfixes are not delivered, since when, and whose they are.
        delivered: where the last closed hotfix went; None when it is not delivered, or changed nothing.
    """

    package_id: int
    found: FoundPackage
    state: PackageState
    kept: Kept = Kept.NO
    hotfix: Hotfix | None = None
    missing: bool = False
    changes: int | None = None
    undelivered: bool = False
    drift: Drift | None = None
    waiting: Undelivered | None = None
    delivered: Delivery | None = None

    @property
    def name(self) -> str:
        """The package's name."""
        return self.found.name

    @property
    def is_open(self) -> bool:
        """Whether the package is open for a hotfix, in time or overdue."""
        return self.state in OPEN_STATES

    @property
    def opened(self) -> datetime | None:
        """When the package was unlocked; None when it is not open."""
        return self.hotfix.lease.opened.utc if self.hotfix and self.is_open else None


@dataclass(frozen=True, slots=True)
class UnlockRequest:
    """A checked wish to unlock: build it with :func:`unlock_request`."""

    reason: str
    ticket: str
    minutes: int


def unlock_request(reason: str, ticket: str, minutes: str | int | None, settings: Settings) -> UnlockRequest:
    """Check what somebody typed into the unlock dialog or on the command line.

    ``minutes`` of None takes ``PackageHotfixTimeout``. Raises ``InvalidInput`` with the field's name.
    """
    cleaned = clean_line(reason, "reason", "A reason", REASON_LIMIT)
    if not cleaned:
        raise InvalidInput("reason", "A reason is needed to unlock a package.")
    granted = settings.package_hotfix_timeout
    if minutes is not None:
        granted = parse_minutes(str(minutes), "minutes", "The duration of a hotfix")
    return UnlockRequest(cleaned, check_ticket(ticket, settings), granted)


def standing_state(found: FoundPackage, kept: Kept, locked: bool) -> PackageState:
    """What a package is while no hotfix is open: ``locked`` says that one was closed and not delivered."""
    if not found.synchronised or found.problem:
        return PackageState.NOT_SYNCHRONISED
    if kept is not Kept.NO:
        return PackageState.MODIFIABLE
    return PackageState.LOCKED if locked else PackageState.BLOCKED


def why_not_unlock(status: PackageStatus) -> str:
    """Why *Unlock for hotfix* does not apply to this package, in one sentence; empty when it does."""
    name = status.name
    match status.state:
        case PackageState.UNLOCKED | PackageState.OVERDUE:
            return f"{name} is already unlocked for a hotfix."
        case PackageState.MODIFIABLE if status.kept is Kept.NEW:
            return f"{name} is new and not protected yet, so there is nothing to unlock."
        case PackageState.MODIFIABLE:
            return f"{name} is modifiable: it was never closed, so there is nothing to unlock."
        case PackageState.NOT_SYNCHRONISED:
            problem = status.found.problem or "its folder holds files but no descriptor.json"
            return f"{name} is not synchronised and cannot be unlocked. {problem[0].upper()}{problem[1:].rstrip('.')}."
    if status.missing:
        return f"{name} cannot be unlocked: its folder is not there."
    return ""


def why_not_lock(status: PackageStatus) -> str:
    """Why *Lock after hotfix* does not apply to this package, in one sentence; empty when it does."""
    if status.is_open:
        return ""
    return f"{status.name} is not unlocked, so there is nothing to lock."


def why_not_extend(status: PackageStatus, settings: Settings, now: Moment) -> str:
    """Why *Extend* does not apply to this package, in one sentence; empty when it does."""
    hotfix = status.hotfix
    if not status.is_open or hotfix is None:
        return f"{status.name} is not unlocked, so there is nothing to extend."
    return why_not_extend_hotfix(hotfix, settings, now)


def why_not_extend_hotfix(hotfix: Hotfix, settings: Settings, now: Moment) -> str:
    """Why an open hotfix cannot get more time, in one sentence; empty when it can."""
    name = hotfix.package_name
    if hotfix.lease.is_due(now):
        return f"The time of {name} is over; it cannot be extended any more."
    if settings.extension_limit == 0:
        return "The settings allow no extensions."
    if hotfix.extended_minutes >= settings.extension_limit:
        return (
            f"{name} has been extended by {plural(hotfix.extended_minutes, 'minute')} already, "
            "which is all that the settings allow."
        )
    return ""


def extension_minutes(hotfix: Hotfix, minutes: str | int | None, settings: Settings, now: Moment) -> int:
    """How many minutes an extension adds: what was asked for, or the step, never past the limit.

    Raises ``Refused`` when nothing can be added and ``InvalidInput`` for nonsense or too much.
    """
    sentence = why_not_extend_hotfix(hotfix, settings, now)
    if sentence:
        raise Refused(sentence)
    room = settings.extension_limit - hotfix.extended_minutes
    if minutes is None:
        return min(settings.extension_step, room)
    return parse_minutes(str(minutes), "minutes", f"An extension of {hotfix.package_name}", most=min(room, 1440))


def backoff_seconds(attempts: int) -> int:
    """How long to wait after so many failed relocks: 1, 2, 4 … capped at 30 s; there is no "gave up"."""
    return min(30, 1 << min(max(attempts - 1, 0), 5))
