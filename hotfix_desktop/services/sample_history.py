"""The plausible past of the sample workspace, told by the real use cases on a clock that is turned by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hotfix_desktop.core.clock import Clock, Moment, SystemClock
from hotfix_desktop.core.deliveries import DeliveryKind, Receipt
from hotfix_desktop.core.errors import Denied
from hotfix_desktop.core.lifecycle import Hotfix, PackageState, PackageStatus
from hotfix_desktop.core.reviews import ReviewVerdict
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.services import administration, catalogue, hotfixes, protection, reviewing
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.undelivered import enter_delivery, waiting_packages
from hotfix_desktop.services.workbench import Workbench

MakeBench = Callable[[Clock, Person], Workbench]
DAYS = 60
HOTFIXES = 60
WAITING = 2
"""Hotfixes of the team that no auditor has reviewed yet."""
TEAM = ("ikoval", "mgarcia", "tnguyen")
AUDITOR = "pschmidt"
REASONS = (
    "VAT is rounded wrongly on invoices",
    "Portal users cannot log in after the update",
    "Nightly import stops at empty phone numbers",
    "Price list shows last year's prices",
    "Case queue does not refresh",
    "E-mail templates lose their attachments",
    "Dashboard times out for regional managers",
    "Duplicate search misses company suffixes",
)


class Hands(Protocol):
    """What people do in the files of the sample while a package is unlocked, and what comes of it."""

    def repair(self, package: str, note: str, now: datetime) -> None:
        """Change a source file of a package."""
        ...  # pragma: no cover

    def round_vat(self, now: datetime) -> None:
        """Repair how UsrInvoices rounds the VAT."""
        ...  # pragma: no cover

    def carry_home(self) -> None:
        """Development has everything that happened so far."""
        ...  # pragma: no cover


@dataclass(slots=True)
class _TurnedClock:
    moment: Moment

    def now(self) -> Moment:
        return self.moment

    def turn(self, forward: timedelta) -> None:
        passed = forward // timedelta(microseconds=1)
        self.moment = Moment(self.moment.utc + forward, self.moment.boot_us + passed, self.moment.boot_id)


def write_sample_history(make_bench: MakeBench, hands: Hands) -> None:
    """Protect the sample, let two months of hotfixes happen in it, and leave one package open and one undelivered.

    ``make_bench`` gives a workbench with this clock and this person. The same story each time, up to now.
    """
    here = SystemClock().now()
    start = here.utc.replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    clock = _TurnedClock(Moment(start, 0, "sample"))
    chance = random.Random(20260901)
    bench = make_bench(clock, _person(None))
    try:
        _found(bench, clock)
        _happen(bench, make_bench, hands, clock, chance, here.utc)
        _deliver_all(bench)
        hands.carry_home()
    finally:
        bench.close()
    _leave_as_it_is_now(make_bench, hands, here)


def _person(user: str | None) -> Person:

    me = current_person()
    return me if user is None else Person(user, f"10.0.4.{17 + (*TEAM, AUDITOR).index(user)}")


def _found(bench: Workbench, clock: _TurnedClock) -> None:
    protection.protect(bench)
    for user in TEAM:
        clock.turn(timedelta(minutes=3))
        administration.assign_role(bench, user, Role.ADMINISTRATOR)
    administration.assign_role(bench, AUDITOR, Role.AUDITOR)
    clock.turn(timedelta(minutes=20))
    administration.change_settings(bench, {"HotfixWarnings": "5, 1", "Maintainer": "Customer"})
    administration.change_settings(bench, {"PackageHotfixTimeout": "45"})
    clock.turn(timedelta(days=2))
    administration.change_settings(bench, {"PackageHotfixTimeout": "30"})


def _happen(
    bench: Workbench,
    make_bench: MakeBench,
    hands: Hands,
    clock: _TurnedClock,
    chance: random.Random,
    until: datetime,
) -> None:
    packages = [p for p in catalogue.remembered(bench).packages if p.state is PackageState.BLOCKED]
    packages.sort(key=lambda p: p.name)
    often = [p for p in packages if p.found.maintainer == "Customer"] * 3 + packages
    step = (until - timedelta(days=2) - clock.moment.utc) / (HOTFIXES + 1)
    benches = {user: make_bench(clock, _person(user)) for user in (*TEAM, AUDITOR)}
    try:
        for number in range(HOTFIXES):
            clock.turn(step * chance.uniform(0.6, 1.0))
            hotfix = _one_hotfix(benches[chance.choice(TEAM)], hands, chance.choice(often), clock, chance, number)
            if number < HOTFIXES - WAITING:
                _reviewed(benches[AUDITOR], hotfix, clock, number)
            if number % 20 == 13:
                _refused(benches[AUDITOR], chance.choice(often))
    finally:
        for each in benches.values():
            each.close()


def _one_hotfix(
    bench: Workbench,
    hands: Hands,
    package: PackageStatus,
    clock: _TurnedClock,
    chance: random.Random,
    number: int,
) -> Hotfix:
    ticket = f"INC-{4200 + number * 7}" if chance.random() < 0.7 else ""
    hotfix = hotfixes.unlock(bench, package.package_id, chance.choice(REASONS), ticket)
    fate = chance.random()
    if number % 6:  # somebody only looked
        hands.repair(package.name, hotfix.reason, clock.now().utc)
    if fate < 0.15:
        clock.turn(timedelta(minutes=24))
        hotfixes.extend(bench, package.package_id)
    if fate < 0.8:
        clock.turn(timedelta(minutes=chance.randint(4, 19)))
        hotfixes.lock(bench, package.package_id)
    else:
        clock.turn(timedelta(minutes=30, seconds=1))
        Relocker(bench).beat()
    return hotfix


def _reviewed(bench: Workbench, hotfix: Hotfix, clock: _TurnedClock, number: int) -> None:
    clock.turn(timedelta(minutes=35))
    if number % 25 == 11:
        remark = "No ticket, and nobody told the owner of the package."
        reviewing.review(bench, hotfix.number, ReviewVerdict.OBJECTED, remark)
    else:
        reviewing.review(bench, hotfix.number, ReviewVerdict.REVIEWED)


def _refused(bench: Workbench, package: PackageStatus) -> None:
    try:
        hotfixes.unlock(bench, package.package_id, "Just looking", "")
    except Denied:
        return
    raise RuntimeError("the auditor of the sample could unlock a package")


def _deliver_all(bench: Workbench) -> None:
    """Let all that happened so far be delivered as usual; nothing of it is left to do."""
    with bench.store.transaction():
        for waiting in waiting_packages(bench):
            numbers = [hotfix.number for hotfix in waiting.hotfixes]
            sentence = f"Delivered as usual with {waiting.found.name} {waiting.found.version}"
            enter_delivery(bench, numbers, Receipt(DeliveryKind.AS_USUAL, sentence), waiting.found)
        for package in bench.store.packages.all():
            bench.store.packages.set_locked(package.package_id, False)


def _leave_as_it_is_now(make_bench: MakeBench, hands: Hands, here: Moment) -> None:
    """One hotfix of three hours ago is locked and undelivered; one of four minutes ago ticks."""
    hours, minutes = timedelta(hours=3), timedelta(minutes=4)
    # The machine may have been started a minute ago: what is past happened in another boot, and the boot-time
    # clock of the open package starts at zero at the earliest.
    earlier = _TurnedClock(Moment(here.utc - hours, 0, "sample"))
    ticking = Moment(here.utc - minutes, max(0, here.boot_us - minutes // timedelta(microseconds=1)), here.boot_id)
    colleague = make_bench(earlier, _person(TEAM[0]))
    try:
        portal = catalogue.find(colleague, "UsrPortal")
        hotfixes.unlock(colleague, portal.package_id, REASONS[1], "INC-4655")
        hands.repair("UsrPortal", REASONS[1], earlier.now().utc)
        earlier.turn(timedelta(minutes=17))
        hotfixes.lock(colleague, portal.package_id)
    finally:
        colleague.close()
    mine = make_bench(_TurnedClock(ticking), _person(None))
    try:
        invoices = catalogue.find(mine, "UsrInvoices")
        hotfixes.unlock(mine, invoices.package_id, REASONS[0], "INC-4821")
        hands.round_vat(ticking.utc + timedelta(minutes=2))
    finally:
        mine.close()
