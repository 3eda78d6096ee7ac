"""What has not been carried to development, and the entries that say that something was.

A closed hotfix waits until it has a receipt, unless it is known that it changed nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.deliveries import Delivery, DeliveryKind, Receipt, Undelivered
from hotfix_desktop.core.errors import InvalidInput, Refused
from hotfix_desktop.core.lifecycle import Hotfix, HotfixState
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.texts import REASON_LIMIT, clean_line, plural
from hotfix_desktop.services.workbench import Workbench


def undelivered(bench: Workbench, package_ids: Collection[int] | None = None) -> dict[int, Undelivered]:
    """Give, by package, what of it (or of some packages) has not been delivered; those without anything are absent."""
    found: dict[int, Undelivered] = {}
    for fix in bench.store.deliveries.waiting(package_ids):  # the oldest first
        before = found.get(fix.package_id)
        if before is None:
            found[fix.package_id] = Undelivered((fix.hotfix,), fix.changes, fix.closed_at, fix.opened_by)
            continue
        known = before.changes is not None and fix.changes is not None
        found[fix.package_id] = Undelivered(
            (*before.hotfixes, fix.hotfix),
            (before.changes or 0) + (fix.changes or 0) if known else None,
            before.since,
            before.owner,
        )
    return found


@dataclass(frozen=True, slots=True)
class WaitingPackage:
    """A package with hotfixes that wait for delivery.

    Attributes:
        is_own: whether it is self-developed; else its maintainer is told.
        hotfixes: those that wait, the oldest first.
        changes: by number, how many files each changed; None while that is not known.
    """

    package_id: int
    found: FoundPackage
    is_own: bool
    hotfixes: tuple[Hotfix, ...]
    changes: Mapping[int, int | None]


def waiting_packages(bench: Workbench) -> tuple[WaitingPackage, ...]:
    """Give every package with hotfixes that wait, the one that waits longest first; not those that are gone."""
    own = bench.store.administration.settings().maintainer
    rows: dict[int, dict[int, int | None]] = {}
    for fix in bench.store.deliveries.waiting():
        rows.setdefault(fix.package_id, {})[fix.hotfix] = fix.changes
    found = []
    for package_id, changes in rows.items():
        stored = bench.store.packages.get(package_id)
        if stored is None or stored.missing:
            continue
        hotfixes = tuple(h for number in changes if (h := bench.store.hotfixes.get(number)) is not None)
        found.append(WaitingPackage(package_id, stored.found, is_self_developed(stored.found, own), hotfixes, changes))
    return tuple(found)


def is_self_developed(found: FoundPackage, own: str) -> bool:
    """Whether a package is ours, by the setting ``Maintainer``; one that names nobody is nobody else's."""
    return not found.maintainer or found.maintainer.casefold() == own.casefold()


def enter_delivery(
    bench: Workbench,
    hotfixes: Sequence[int],
    receipt: Receipt,
    found: FoundPackage | None = None,
    *,
    by_program: bool = False,
    waiting: Collection[int] = (),
) -> tuple[Delivery, ...]:
    """Enter that closed hotfixes went somewhere: one entry and one receipt for each, all of them or none.

    It may be called inside a transaction of the caller's. The role was demanded by the caller; what was delivered
    before may be delivered again. ``found`` is the package that the entries name; without it, as it is known last.
    Of the hotfixes of ``waiting`` files were left out: that a part went is an entry, and they stay undelivered.

    Raises:
        Refused: a hotfix is unknown or still open.
    """
    kind = AuditType.MARKED_DELIVERED if receipt.kind is DeliveryKind.BY_HAND else AuditType.DELIVERED
    kept = []
    with bench.store.transaction():
        for hotfix in _closed(bench, hotfixes):
            package = found or _found(bench, hotfix)
            waits = hotfix.number in waiting
            stays = ", which stays undelivered" if waits else ""
            entry = bench.enter(
                bench.event(
                    kind,
                    f"{receipt.sentence} (hotfix {hotfix.number} of {hotfix.package_name}{stays})",
                    found=package,
                    hotfix=hotfix,
                    by_program=by_program,
                    facts={"kind": receipt.kind.value, "receipt": dict(receipt.facts)},
                )
            )
            by = bench.event(kind, "", by_program=by_program).owner
            now = bench.clock.now()
            kept.append(
                Delivery(hotfix.number, receipt, by, now.utc, entry)
                if waits
                else bench.store.deliveries.keep(hotfix.number, receipt, by, now, entry)
            )
    return tuple(kept)


def mark_delivered(bench: Workbench, hotfixes: Sequence[int], reason: str) -> tuple[Delivery, ...]:
    """Enter on somebody's word that hotfixes of one package were delivered, or need not be.

    Raises:
        Denied: when the person is no System administrator; that is an entry.
        InvalidInput: without a reason; ``field`` is ``reason``.
        Refused: a hotfix is unknown, still open, or was delivered meanwhile.
    """
    waiting = _closed(bench, hotfixes)
    bench.demand(
        Act.DELIVER,
        AuditType.MARKED_DELIVERED,
        f"mark {plural(len(waiting), 'hotfix', 'hotfixes')} as delivered",
        _found(bench, waiting[0]),
    )
    said = clean_line(reason, "reason", "A reason", REASON_LIMIT)
    if not said:
        raise InvalidInput("reason", "A reason is needed: it stands in the audit log in place of a receipt.")
    with bench.store.transaction():
        before = bench.store.deliveries.newest(hotfixes)
        for number, delivery in before.items():
            raise Refused(
                f"Hotfix {number} was delivered already, by {delivery.by}: {delivery.receipt.sentence}.",
                "Look at the package again.",
            )
        receipt = Receipt(DeliveryKind.BY_HAND, f"Marked as delivered by {bench.person.user}: {said}", {"reason": said})
        return enter_delivery(bench, hotfixes, receipt)


def _closed(bench: Workbench, numbers: Sequence[int]) -> list[Hotfix]:
    if not numbers:
        raise Refused("No hotfix is chosen, so there is nothing to deliver.")
    found = []
    for number in sorted(set(numbers)):
        hotfix = bench.store.hotfixes.get(number)
        if hotfix is None:
            raise Refused(f"There is no hotfix {number} in this workspace.")
        if hotfix.state is not HotfixState.CLOSED:
            raise Refused(
                f"Hotfix {number} of {hotfix.package_name} is still open; a hotfix is delivered when it is closed.",
                "Lock the package first.",
            )
        found.append(hotfix)
    return found


def _found(bench: Workbench, hotfix: Hotfix) -> FoundPackage | None:
    stored = bench.store.packages.get(hotfix.package_id)
    return stored.found if stored else None
