"""Banners: one line each, with an icon, a sentence and at most two buttons; they never steal the focus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.theme import AROUND, BETWEEN, GRID, ICON_ROW, Role, Theme

VISIBLE = 2
"""More banners than this would push the work away; the rest is counted, and shown when somebody wants it."""
SHARE = 0.25
"""Of a small window two long ones take too much; where they would take more than this of it, one is shown."""


class Weight(IntEnum):
    """Which banner stands above which."""

    ERROR = 0
    EXPIRY = 1
    DRIFT = 2
    UNDELIVERED = 3
    INFO = 4


ICONS = {
    Weight.ERROR: "error",
    Weight.EXPIRY: "warning",
    Weight.DRIFT: "warning",
    Weight.UNDELIVERED: "deliver",
    Weight.INFO: "info",
}
INKS = {
    Weight.ERROR: Role.OVERDUE,
    Weight.EXPIRY: Role.OPEN,
    Weight.DRIFT: Role.OPEN,
    Weight.UNDELIVERED: Role.UNDELIVERED,
    Weight.INFO: Role.TEXT,
}


@dataclass(frozen=True, slots=True)
class Banner:
    """What a banner says.

    Attributes:
        key: a banner with the same key replaces the one before.
        buttons: texts with what they do; the text is the verb.
        dismissible: whether the user may close it before its reason is gone.
        about: what it is about, for a sentence that changes with the time: one that was dismissed stays away
            while it is about the same. Empty: the sentence itself.
        stage: how far a thing has come that gets worse with the time; a screen reader hears each stage once.
    """

    key: str
    weight: Weight
    sentence: str
    buttons: tuple[tuple[str, Callable[[], None]], ...] = ()
    dismissible: bool = True
    about: str = ""
    stage: int = 0

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.about or self.sentence

    @property
    def shape(self) -> tuple[object, ...]:
        """What a frame is built for; a banner of the same shape only changes its words."""
        return self.weight, self.dismissible, *(text for text, _action in self.buttons)


class BannerStack(QWidget):
    """The banners above the tree, the most important first."""

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        """Start without any."""
        super().__init__(parent)
        self.setObjectName("bannerStack")
        self._theme = theme
        self._icons = icons
        self._banners: dict[str, Banner] = {}
        self._dismissed: dict[str, str] = {}
        self._frames: dict[str, BannerFrame] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._all = False
        self._more = QToolButton(self)
        self._more.setObjectName("bannerMore")
        self._more.setAutoRaise(True)
        self._more.clicked.connect(self._turn)
        row = QHBoxLayout()
        row.setContentsMargins(AROUND, 0, AROUND, 0)
        row.addWidget(self._more)
        row.addStretch(1)
        self._layout.addLayout(row)
        theme.changed.connect(self._recolour)
        self.hide()
        self._more.hide()

    @property
    def sentences(self) -> list[str]:
        """What the banners say, the most important first."""
        return [banner.sentence for banner in self._ordered()]

    def show_banner(self, banner: Banner) -> None:
        """Show a banner, or change the one with its key; one that was dismissed stays away until it says more."""
        old = self._banners.get(banner.key)
        if self._dismissed.get(banner.key) == banner.subject and banner.dismissible:
            return
        self._dismissed.pop(banner.key, None)
        self._banners[banner.key] = banner
        if old is None or old.stage != banner.stage:
            self._announce(banner)
        self._lay_out()

    def remove(self, key: str) -> None:
        """Take a banner away, because its reason is gone."""
        self._dismissed.pop(key, None)
        if self._banners.pop(key, None) is not None:
            self._lay_out()

    def dismiss(self, key: str) -> None:
        """Take a banner away, because the user has read it."""
        banner = self._banners.pop(key, None)
        if banner is not None:
            self._dismissed[key] = banner.subject
            self._lay_out()

    def clear(self) -> None:
        """Take all banners away and forget what was dismissed."""
        self._banners.clear()
        self._dismissed.clear()
        self._lay_out()

    def focus_first(self) -> bool:
        """Give the focus to the first button of the first banner; False when there is none."""
        for banner in self._ordered():
            frame = self._frames.get(banner.key)
            if frame is not None and frame.isVisibleTo(self) and frame.focus_first():
                return True
        return False

    def _ordered(self) -> list[Banner]:
        return sorted(self._banners.values(), key=lambda b: b.weight)

    @Slot()
    def _recolour(self) -> None:
        self._take_away(list(self._frames))
        self._lay_out()

    def _take_away(self, keys: Sequence[str]) -> None:
        for key in keys:
            frame = self._frames.pop(key)
            self._layout.removeWidget(frame)
            frame.hide()
            frame.deleteLater()

    def _lay_out(self) -> None:
        """Bring the frames in line; one that only says something else is kept, and with it the focus."""
        ordered = self._ordered()
        self._all = self._all and len(ordered) > 1
        shown = ordered if self._all else ordered[:VISIBLE]
        shapes = {banner.key: banner.shape for banner in shown}
        self._take_away([key for key, frame in self._frames.items() if frame.shape != shapes.get(key)])
        for place, banner in enumerate(shown):
            frame = self._frames.get(banner.key)
            if frame is None:
                frame = BannerFrame(banner, self._theme, self._icons, self.dismiss, self)
                self._frames[banner.key] = frame
            else:
                frame.change(banner)
            if self._layout.indexOf(frame) != place:
                self._layout.removeWidget(frame)
                self._layout.insertWidget(place, frame)
        self._count(ordered, len(shown))
        self.setVisible(bool(shown))

    def _count(self, ordered: list[Banner], made: int) -> None:
        """Hide what there is no room for, and say how many are hidden."""
        fit = made if self._all or self._fits() else 1
        for banner in ordered[1:made]:
            self._frames[banner.key].setVisible(banner in ordered[:fit])
        rest = ordered[fit:]
        self._more.setText(tr("and %n more", len(rest)) if rest else tr("Show fewer"))
        self._more.setToolTip(plain_tooltip("\n".join(banner.sentence for banner in rest)))
        self._more.setAccessibleDescription(" ".join(banner.sentence for banner in rest))
        self._more.setVisible(bool(rest) or self._all)

    def _fits(self) -> bool:
        room = self.window().height() * SHARE
        return sum(frame.heightForWidth(self.width()) for frame in self._frames.values()) <= room

    @Slot()
    def _turn(self) -> None:
        """Show every banner, or only those that leave the work its room."""
        self._all = not self._all
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See anew how many there is room for."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width() and self._frames:
            self._lay_out()

    def _announce(self, banner: Banner) -> None:
        event = QAccessibleAnnouncementEvent(self, banner.sentence)
        if banner.weight <= Weight.EXPIRY:
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)


class BannerFrame(QFrame):
    """One banner."""

    def __init__(
        self, banner: Banner, theme: Theme, icons: Icons, dismiss: Callable[[str], None], parent: QWidget
    ) -> None:
        """Build the line."""
        super().__init__(parent)
        self.setObjectName("banner")
        self.shape = banner.shape
        self._actions: Sequence[Callable[[], None]] = ()
        ink = INKS[banner.weight]
        palette = self.palette()
        palette.setColor(self.backgroundRole(), theme.tint(ink))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(AROUND, GRID, BETWEEN, GRID)
        row.setSpacing(BETWEEN)
        icon = QLabel(self)
        icon.setPixmap(icons.icon(ICONS[banner.weight], ink).pixmap(QSize(ICON_ROW, ICON_ROW)))
        row.addWidget(icon)
        self._text = QLabel(self)
        self._text.setObjectName("bannerText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(1)  # a package's name can be longer than the window is wide
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row.addWidget(self._text, 1)
        self._buttons: list[QPushButton] = []
        for number, (text, _action) in enumerate(banner.buttons[:2]):
            button = QPushButton(text, self)
            button.setAutoDefault(True)
            button.clicked.connect(lambda _checked=False, n=number: self._actions[n]())
            self._buttons.append(button)
            row.addWidget(button)
        if banner.dismissible:
            close = QToolButton(self)
            close.setAutoRaise(True)
            close.setIcon(icons.icon("close"))
            close.setToolTip(tr("Dismiss"))
            close.setAccessibleName(tr("Dismiss"))
            close.clicked.connect(lambda _checked=False, key=banner.key: dismiss(key))
            row.addWidget(close)
        self.change(banner)

    def change(self, banner: Banner) -> None:
        """Say something else in the same shape."""
        self._text.setText(banner.sentence)
        self._text.setToolTip(plain_tooltip(banner.sentence))
        self.setAccessibleName(banner.sentence)
        self._actions = [action for _text, action in banner.buttons]

    def focus_first(self) -> bool:
        """Give the focus to the first button; False when there is none."""
        if not self._buttons:
            return False
        self._buttons[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True
