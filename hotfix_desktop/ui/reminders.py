"""What the program reminds of by itself: banners for what runs out, went wrong, or is left to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.lifecycle import Ending, Hotfix, Kept, PackageState, PackageStatus
from hotfix_desktop.core.roles import Act, may
from hotfix_desktop.ui.aftermath import aftermath_banner, as_of, is_over
from hotfix_desktop.ui.banners import Banner, BannerStack, Weight
from hotfix_desktop.ui.drift_reminders import drift_banner, writers_banner
from hotfix_desktop.ui.formats import age, clock_time, countdown, tr
from hotfix_desktop.ui.standing_banner import STANDING, standing_banner
from hotfix_desktop.ui.words import try_word

if TYPE_CHECKING:
    from hotfix_desktop.services.aftermath import Aftermath
    from hotfix_desktop.services.beat import Beat
    from hotfix_desktop.services.catalogue import Catalogue
    from hotfix_desktop.services.standing import Standing


@dataclass(frozen=True, slots=True)
class Offers:
    """What the banners' buttons do."""

    lock: Callable[[PackageStatus], None]
    extend: Callable[[PackageStatus], None]
    show_only: Callable[[str], None]
    protect_packages: Callable[[Sequence[PackageStatus]], None]
    protect_folder: Callable[[], None]
    show_standing: Callable[[], None] = lambda: None
    deliver: Callable[[PackageStatus], None] = lambda _status: None


@dataclass(frozen=True, slots=True)
class Notice:
    """What is also told outside the window, where there is a place for it.

    Attributes:
        package_id: the package to show when the user asks for more.
        urgent: whether something is wrong, or about to be over.
    """

    package_id: int
    title: str
    sentence: str
    urgent: bool = False


class Reminders(QObject):
    """Keeps the banners in step with the catalogue and the beats.

    Signals:
        noticed: a :class:`Notice`, once for each warning, automatic lock and overdue package.
    """

    noticed = Signal(object)

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
        self._closed_here: set[int] = set()  # hotfixes that ended while this window looked on
        self._waiting: list[PackageStatus] = []
        self._may_deliver = False
        self._aftermath: Aftermath | None = None

    def forget(self) -> None:
        """Take everything back: another workspace is shown."""
        self._warned.clear()
        self._overdue_now.clear()
        self._failures.clear()
        self._open_before.clear()
        self._closed_here.clear()
        self._waiting.clear()
        self._aftermath = None
        self._banners.clear()

    def show_catalogue(self, catalogue: Catalogue, now: Moment) -> None:
        """Remind of what the catalogue shows."""
        self._about_protection(catalogue)
        self._waiting = sorted((p for p in catalogue.packages if p.waiting), key=_since)
        self._may_deliver = may(Act.DELIVER, catalogue.roles)
        self._about_closed(catalogue)
        self._about_drift(catalogue)
        self._about_aftermath([p.hotfix for p in catalogue.open_packages if p.hotfix], now.utc)
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

    def show_aftermath(self, told: Aftermath, open_now: Sequence[Hotfix], now: Moment) -> None:
        """Say what became of the packages that were open when the program last ended without a word."""
        self._aftermath = told
        self._about_aftermath([*told.still_open, *open_now], now.utc)

    @Slot(object)
    def show_standing(self, standing: Standing) -> None:
        """Say what is wrong with the audit log, until that is acknowledged."""
        banner = standing_banner(standing, self._offers.show_standing)
        if banner is None:
            self._banners.remove(STANDING)
        else:
            self._banners.show_banner(banner)

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
            text = tr("Extend %1 min…") if catalogue.settings.extension_reason else tr("Extend %1 min")
            buttons.insert(0, (text.replace("%1", str(added)), lambda: self._offers.extend(status)))
        key = f"expiry-{status.package_id}"
        first = self._warned.get(status.package_id) != level
        sentence = f"{status.name} locks in {left}."
        self._banners.show_banner(Banner(key, Weight.EXPIRY, sentence, tuple(buttons), dismissible=False, stage=level))
        if first:
            self._warned[status.package_id] = level
            QApplication.alert(self._window, 0)
            self.noticed.emit(Notice(status.package_id, tr("A package locks soon"), sentence, urgent=True))

    def _overdue(self, hotfix: Hotfix, why: str, now: Moment) -> None:
        self._banners.remove(f"expiry-{hotfix.package_id}")
        if not why:
            return  # its time is over just now
        again = try_word(hotfix, now)
        again = f" {again[0].upper()}{again[1:]}." if again else ""
        sentence = f"{hotfix.package_name} could not be locked: {why}"
        if hotfix.number not in self._overdue_now:
            self._overdue_now.add(hotfix.number)
            self.noticed.emit(Notice(hotfix.package_id, tr("A package is overdue"), sentence, urgent=True))
        self._banners.show_banner(
            Banner(
                f"overdue-{hotfix.number}",
                Weight.ERROR,
                f"{sentence}{again}",
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

    def _about_closed(self, catalogue: Catalogue) -> None:
        """Say what ended since the last catalogue, whichever program was the first to do it."""
        open_now = {p.hotfix.number: p.package_id for p in catalogue.open_packages if p.hotfix}
        ended = set(self._open_before) - set(open_now)
        self._open_before = open_now
        self._closed_here |= ended
        if not self._closed_here:
            return
        last = {p.hotfix.number: p for p in catalogue.packages if p.hotfix and p.hotfix.number in self._closed_here}
        for number in self._closed_here - set(last):  # it was unlocked again, or delivered
            self._banners.remove(f"writers-{number}")
        self._closed_here &= set(last)
        for number, status in last.items():
            hotfix = status.hotfix
            if hotfix is None:
                continue
            if hotfix.writers:
                self._banners.show_banner(writers_banner(hotfix, self._offers.show_only))
            if hotfix.ending is Ending.RELOCKED:
                self._relocked(status, hotfix, is_new=number in ended)

    def _relocked(self, status: PackageStatus, hotfix: Hotfix, *, is_new: bool) -> None:
        """Say it, and say it anew once it is known what was changed."""
        at = clock_time(hotfix.closed_at) if hotfix.closed_at else ""
        sentence = f"{hotfix.package_name} was locked automatically at {at}."
        if status.waiting is not None and status.waiting.changes is not None:
            verb = tr("is") if status.waiting.changes == 1 else tr("are")
            sentence += f" {tr('%n change(s)', status.waiting.changes)} {verb} not delivered."
        elif status.undelivered:
            sentence += " It is undelivered: if you changed it, carry the change to development."
        buttons: list[tuple[str, Callable[[], None]]] = [
            (tr("Show"), partial(self._offers.show_only, hotfix.package_name))
        ]
        if status.waiting is not None and self._may_deliver:
            buttons.insert(0, (tr("Deliver…"), partial(self._offers.deliver, status)))
        key = f"relocked-{hotfix.number}"
        self._banners.show_banner(Banner(key, Weight.INFO, sentence, tuple(buttons), about=key))
        if is_new:
            self.noticed.emit(Notice(status.package_id, tr("A package was locked"), sentence))

    def _about_drift(self, catalogue: Catalogue) -> None:
        banner = drift_banner(catalogue.packages, self._offers.show_only)
        if banner is None:
            self._banners.remove("drift")
        else:
            self._banners.show_banner(banner)

    def _about_aftermath(self, open_now: Sequence[Hotfix], now: datetime) -> None:
        if self._aftermath is None:
            return
        self._aftermath = as_of(self._aftermath, open_now)
        if is_over(self._aftermath):
            self._aftermath = None
            self._banners.remove("aftermath")
            return
        self._banners.show_banner(
            aftermath_banner(self._aftermath, now, self._offers.show_only, partial(self._show_aftermath, now))
        )

    def _show_aftermath(self, now: datetime) -> None:
        if self._aftermath is not None:
            from hotfix_desktop.ui.aftermath_dialog import AftermathDialog

            AftermathDialog(self._aftermath, now, self._window).open()

    def _about_undelivered(self, now: Moment) -> None:
        waiting = self._waiting
        if not waiting:
            self._banners.remove("undelivered")
            return
        parts = [f"{p.name} ({age(_since(p), now.utc)})" for p in waiting[:3]]
        if len(waiting) > 3:
            parts.append(tr("and %n more", len(waiting) - 3))
        hotfixes = sum(len(p.waiting.hotfixes) for p in waiting if p.waiting)
        verb = "is" if hotfixes == 1 else "are"
        buttons: list[tuple[str, Callable[[], None]]] = [(tr("Show"), lambda: self._offers.show_only("undelivered"))]
        if self._may_deliver:
            buttons.insert(0, (tr("Deliver…"), lambda: self._offers.deliver(waiting[0])))
        self._banners.show_banner(
            Banner(
                "undelivered",
                Weight.UNDELIVERED,
                f"{tr('%n hotfix', hotfixes)}{'' if hotfixes == 1 else 'es'} {verb} not delivered to"
                f" development: {', '.join(parts)}.",
                tuple(buttons),
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


def _since(status: PackageStatus) -> datetime:
    return status.waiting.since if status.waiting else datetime.max.replace(tzinfo=UTC)
