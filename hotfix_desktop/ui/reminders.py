"""What the program reminds of by itself: banners for what runs out, went wrong, or is left to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication, QWidget

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.lifecycle import Ending, Hotfix, Kept, PackageState, PackageStatus
from hotfix_desktop.ui.banners import Banner, BannerStack, Weight
from hotfix_desktop.ui.formats import age, clock_time, countdown, tr
from hotfix_desktop.ui.words import try_word

if TYPE_CHECKING:
    from hotfix_desktop.services.catalogue import Catalogue
    from hotfix_desktop.services.relocking import Beat


@dataclass(frozen=True, slots=True)
class Offers:
    """What the banners' buttons do."""

    lock: Callable[[PackageStatus], None]
    extend: Callable[[PackageStatus], None]
    show_only: Callable[[str], None]
    protect_packages: Callable[[Sequence[PackageStatus]], None]
    protect_folder: Callable[[], None]


class Reminders(QObject):
    """Keeps the banners in step with the catalogue and the beats."""

    def __init__(self, banners: BannerStack, offers: Offers, window: QWidget) -> None:
        """Speak through these banners."""
        super().__init__(window)
        self._banners = banners
        self._offers = offers
        self._window = window
        self._warned: dict[int, int] = {}
        self._overdue_now: set[int] = set()
        self._failures: dict[int, str] = {}  # those that are not kept in the database
        self._open_before: dict[int, int] = {}
        self._waiting: list[PackageStatus] = []

    def forget(self) -> None:
        """Take everything back: another workspace is shown."""
        self._warned.clear()
        self._overdue_now.clear()
        self._failures.clear()
        self._open_before.clear()
        self._waiting.clear()
        self._banners.clear()

    def show_catalogue(self, catalogue: Catalogue, now: Moment) -> None:
        """Remind of what the catalogue shows."""
        self._about_protection(catalogue)
        self._waiting = sorted((p for p in catalogue.packages if p.undelivered), key=_closed_at)
        self._about_relocked(catalogue)
        self._about_new(catalogue)
        self._about_problems(catalogue)
        self.show_time(catalogue, now)

    def show_time(self, catalogue: Catalogue, now: Moment) -> None:
        """Warn of what runs out soon, and say what is overdue and for how long something waits."""
        self._about_undelivered(now)
        open_now = {p.package_id: p for p in catalogue.open_packages}
        for package_id in [number for number in self._warned if number not in open_now]:
            del self._warned[package_id]
            self._banners.remove(f"expiry-{package_id}")
        for number in self._overdue_now - {p.hotfix.number for p in open_now.values() if p.hotfix}:
            self._overdue_now.discard(number)  # it was locked by hand, or by another program
            self._banners.remove(f"overdue-{number}")
        for status in open_now.values():
            hotfix = status.hotfix
            if hotfix is None:
                continue
            left = hotfix.lease.left(now)
            why = hotfix.last_error or self._failures.get(hotfix.number, "")
            if left <= timedelta(0) or why:  # one that was opened half-way is closed before its time is over
                self._overdue(hotfix, why, now)
                continue
            due = [m for m in catalogue.settings.warn_before if left <= timedelta(minutes=m)]
            if due:
                self._warn(status, catalogue, min(due), countdown(left))
            elif self._warned.pop(status.package_id, None) is not None:
                self._banners.remove(f"expiry-{status.package_id}")  # it was extended

    @Slot(object)
    def on_beat(self, beat: Beat) -> None:
        """Note what this window could not lock; :meth:`show_time` says it, and what other relockers could not."""
        self._banners.remove("database")
        still = {hotfix.number for hotfix in beat.open_hotfixes}
        self._failures = {number: error for number, error in self._failures.items() if number in still}
        self._failures |= {hotfix.number: error.sentence for hotfix, error in beat.failed}

    @Slot(object)
    def on_beat_failed(self, error: HotfixError) -> None:
        """Say that the database cannot be read, until it can."""
        self._banners.show_banner(Banner("database", Weight.ERROR, str(error), dismissible=False))

    def _warn(self, status: PackageStatus, catalogue: Catalogue, level: int, left: str) -> None:
        buttons = [(tr("Lock now"), lambda: self._offers.lock(status))]
        step = catalogue.settings.extension_step
        hotfix = status.hotfix
        if hotfix is not None and hotfix.extended_minutes < catalogue.settings.extension_limit:
            added = min(step, catalogue.settings.extension_limit - hotfix.extended_minutes)
            buttons.insert(0, (tr("Extend %1 min").replace("%1", str(added)), lambda: self._offers.extend(status)))
        key = f"expiry-{status.package_id}"
        first = self._warned.get(status.package_id) != level
        self._banners.show_banner(
            Banner(key, Weight.EXPIRY, f"{status.name} locks in {left}.", tuple(buttons), dismissible=False)
        )
        if first:
            self._warned[status.package_id] = level
            QApplication.alert(self._window, 0)

    def _overdue(self, hotfix: Hotfix, why: str, now: Moment) -> None:
        self._banners.remove(f"expiry-{hotfix.package_id}")
        if not why:
            return  # its time is over just now
        again = try_word(hotfix, now)
        again = f" {again[0].upper()}{again[1:]}." if again else ""
        self._overdue_now.add(hotfix.number)
        self._banners.show_banner(
            Banner(
                f"overdue-{hotfix.number}",
                Weight.ERROR,
                f"{hotfix.package_name} could not be locked: {why}{again}",
                ((tr("Show"), partial(self._offers.show_only, hotfix.package_name)),),
                dismissible=False,
            )
        )

    def _about_protection(self, catalogue: Catalogue) -> None:
        if catalogue.protected:
            self._banners.remove("unprotected")
            return
        self._banners.show_banner(
            Banner(
                "unprotected",
                Weight.INFO,
                tr("This folder is not protected: everybody can change its packages at any time."),
                ((tr("Protect folder…"), self._offers.protect_folder),),
                dismissible=False,
            )
        )

    def _about_relocked(self, catalogue: Catalogue) -> None:
        """Say what was locked by itself since the last catalogue, whichever relocker was the first to do it."""
        open_now = {p.hotfix.number: p.package_id for p in catalogue.open_packages if p.hotfix}
        ended = set(self._open_before) - set(open_now)
        self._open_before = open_now
        if not ended:
            return
        for status in catalogue.packages:
            hotfix = status.hotfix
            if hotfix is None or hotfix.number not in ended or hotfix.ending is not Ending.RELOCKED:
                continue
            at = clock_time(hotfix.closed_at) if hotfix.closed_at else ""
            self._banners.show_banner(
                Banner(
                    f"relocked-{hotfix.number}",
                    Weight.INFO,
                    f"{hotfix.package_name} was locked automatically at {at}."
                    " If you changed it, carry the change to development.",
                    ((tr("Show"), partial(self._offers.show_only, hotfix.package_name)),),
                )
            )

    def _about_undelivered(self, now: Moment) -> None:
        waiting = self._waiting
        if not waiting:
            self._banners.remove("undelivered")
            return
        parts = [
            f"{p.name} ({age(p.hotfix.closed_at, now.utc)})" if p.hotfix and p.hotfix.closed_at else p.name
            for p in waiting[:3]
        ]
        if len(waiting) > 3:
            parts.append(tr("and %n more", len(waiting) - 3))
        verb = "is" if len(waiting) == 1 else "are"
        self._banners.show_banner(
            Banner(
                "undelivered",
                Weight.UNDELIVERED,
                f"{tr('%n hotfix', len(waiting))}{'' if len(waiting) == 1 else 'es'} {verb} not delivered to"
                f" development: {', '.join(parts)}.",
                ((tr("Show"), lambda: self._offers.show_only("undelivered")),),
                about=", ".join(p.name for p in waiting),
            )
        )

    def _about_new(self, catalogue: Catalogue) -> None:
        new = [
            p
            for p in catalogue.packages
            if catalogue.protected and p.kept is Kept.NEW and p.state is PackageState.MODIFIABLE
        ]
        if not new:
            self._banners.remove("new")
            return
        names = ", ".join(p.name for p in new[:3]) + (" …" if len(new) > 3 else ".")
        verb = "is" if len(new) == 1 else "are"
        self._banners.show_banner(
            Banner(
                "new",
                Weight.INFO,
                f"{tr('%n package(s)', len(new))} {verb} new and not protected: {names}",
                ((tr("Protect"), lambda: self._offers.protect_packages(new)),),
            )
        )

    def _about_problems(self, catalogue: Catalogue) -> None:
        broken = [p for p in catalogue.packages if p.found.problem and p.found.synchronised]
        sentences = [*catalogue.remarks]
        if len(broken) == 1:
            sentences.append(f"{broken[0].name}: {broken[0].found.problem}")
        elif broken:
            sentences.append(
                f"{tr('%n package(s)', len(broken))} cannot be read: {', '.join(p.name for p in broken[:3])}"
                + (" …" if len(broken) > 3 else ".")
            )
        if not sentences:
            self._banners.remove("problems")
            return
        self._banners.show_banner(
            Banner(
                "problems",
                Weight.INFO,
                " ".join(sentences),
                ((tr("Show"), lambda: self._offers.show_only("not synchronised")),) if broken else (),
            )
        )


def _closed_at(status: PackageStatus) -> datetime:
    hotfix = status.hotfix
    return hotfix.closed_at if hotfix and hotfix.closed_at else datetime.max.replace(tzinfo=UTC)
