"""Labels of dialogs: quiet words, signs with an icon, headings, and paths that are elided in the middle.

They take their colours from the palette by themselves, and show every text as plain text: the name of a
package or a path may hold anything, angle brackets included.
"""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from hotfix_desktop.ui.icons import icons_folder, rendered, tinted
from hotfix_desktop.ui.theme import (
    BETWEEN,
    DARK_COLOURS,
    ICON_ROW,
    LIGHT_COLOURS,
    Role,
    flattened,
    luminance,
    readable,
    title_font,
)

LONGEST_WORD = 40
_BREAK = "\u200b"
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")
_PALETTE_EVENTS = (QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange, QEvent.Type.StyleChange)


def meaning(role: Role, palette: QPalette) -> QColor:
    """Give the colour of a meaning as text on a window of this palette."""
    window = palette.color(QPalette.ColorRole.Window)
    if role is Role.TEXT:
        wanted = palette.color(QPalette.ColorRole.WindowText)
    elif role is Role.QUIET:
        wanted = flattened(palette.color(QPalette.ColorRole.PlaceholderText), window)
    else:
        wanted = QColor((DARK_COLOURS if luminance(window) < 0.2 else LIGHT_COLOURS)[role])
    return readable(wanted, window)


def plain_tooltip(text: str) -> str:
    """Give a tooltip that shows the text as it is, wrapped where it is long."""
    return f"<p style='white-space: pre-wrap'>{escape(text)}</p>" if text else ""


class ToneLabel(QLabel):
    """Plain text in the colour of a meaning, wrapped; a word of 250 letters is broken too."""

    def __init__(self, text: str = "", role: Role = Role.TEXT, parent: QWidget | None = None) -> None:
        """Show the text; it is wrapped at the width that there is."""
        super().__init__(parent)
        self._role = role
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setText(text)
        self._tone()

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(_LONG_WORD.sub(rf"\g<0>{_BREAK}", text))

    def text(self) -> str:
        """Give the text as it was set."""
        return super().text().replace(_BREAK, "")

    def set_role(self, role: Role) -> None:
        """Take the colour of another meaning."""
        self._role = role
        self._tone()

    def _tone(self) -> None:
        colour = meaning(self._role, QApplication.palette(self))
        palette = self.palette()
        if palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.WindowText) != colour:
            for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
                palette.setColor(group, QPalette.ColorRole.WindowText, colour)
            self.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() in _PALETTE_EVENTS:
            self._tone()


class _Sign(QLabel):
    """An icon of one colour, tinted again whenever the palette changes."""

    def __init__(self, name: str, role: Role, pixels: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._role, self._pixels = name, role, pixels
        self._key: tuple[object, ...] = ()
        self.setFixedSize(pixels, pixels)
        self._draw()

    def show_drawing(self, name: str, role: Role) -> None:
        self._name, self._role = name, role
        self._draw()

    def _draw(self) -> None:
        ratio = self.devicePixelRatioF()
        colour = meaning(self._role, QApplication.palette(self))
        key = (self._name, colour.rgb(), ratio)
        if key == self._key:
            return
        self._key = key
        mask = rendered(icons_folder() / f"{self._name}.svg", round(self._pixels * ratio))
        pixmap = QPixmap.fromImage(tinted(mask, colour))
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _PALETTE_EVENTS:
            self._draw()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._draw()
        return super().event(event)


class SignLabel(QWidget):
    """An icon and a sentence beside it; not there while the sentence is empty."""

    def __init__(
        self,
        name: str = "warning",
        role: Role = Role.OVERDUE,
        text: str = "",
        parent: QWidget | None = None,
        pixels: int = ICON_ROW,
    ) -> None:
        """Show the sentence with this drawing, both in the colour of a meaning."""
        super().__init__(parent)
        self._sign = _Sign(name, role, pixels, self)
        self._label = ToneLabel("", role, self)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(BETWEEN)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        self.setVisible(bool(text))
        self.set_text(text)

    @property
    def text(self) -> str:
        """The sentence that is shown; empty when none is."""
        return self._label.text()

    def set_text(self, text: str) -> None:
        """Show another sentence, or none; a screen reader says a new one at once."""
        if text == self._label.text():
            return
        self._label.setText(text)
        self._label.setAccessibleName(text)
        self.setVisible(bool(text))
        if text:
            QAccessible.updateAccessibility(QAccessibleEvent(self._label, QAccessible.Event.Alert))

    def set_sign(self, name: str, role: Role) -> None:
        """Show another drawing in the colour of another meaning."""
        self._sign.show_drawing(name, role)
        self._label.set_role(role)


class ElidedLabel(QLabel):
    """One line of plain text, cut where there is no room; the tooltip has the whole."""

    def __init__(
        self,
        text: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        role: Role = Role.TEXT,
        parent: QWidget | None = None,
    ) -> None:
        """Show the text; paths and names are cut in the middle, prose at its end."""
        super().__init__(parent)
        self._mode, self._role = mode, role
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self.setText(text)
        self._settle()

    def set_role(self, role: Role) -> None:
        """Paint in the colour of another meaning."""
        self._role = role
        self.update()

    def _settle(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        self.setToolTip(plain_tooltip(self.text()) if cut else "")

    def minimumSizeHint(self) -> QSize:
        """Ask for a few letters only."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 8, metrics.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer the whole text in the tooltip once it is cut."""
        super().resizeEvent(event)
        self._settle()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits."""
        painter = QPainter(self)
        painter.setPen(meaning(self._role, QApplication.palette(self)))
        text = self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())
        painter.drawText(self.contentsRect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class PathField(QLineEdit):
    """A path on one line that is cut in the middle, and shown and selected whole once it is clicked."""

    def __init__(self, path: str, name: str, parent: QWidget | None = None) -> None:
        """Show the path."""
        super().__init__(parent)
        self._path = path
        self.setObjectName("pathField")
        self.setAccessibleName(name)
        self.setToolTip(plain_tooltip(path))
        self.setReadOnly(True)
        self.setFrame(False)
        self.setTextMargins(-2, 0, 0, 0)  # flush with the labels above it
        self.setFixedHeight(self.fontMetrics().height())
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, QColor(Qt.GlobalColor.transparent))
        self.setPalette(palette)
        self._cut()

    @property
    def path(self) -> str:
        """The whole path."""
        return self._path

    def show_path(self, path: str) -> None:
        """Show another path."""
        self._path = path
        self.setToolTip(plain_tooltip(path))
        if self.hasFocus():
            self.setText(path)
        self._cut()

    def _cut(self) -> None:
        if not self.hasFocus():
            room = self.contentsRect().width() - 4
            self.setText(self.fontMetrics().elidedText(self._path, Qt.TextElideMode.ElideMiddle, room))

    def minimumSizeHint(self) -> QSize:
        """Ask for a few letters only."""
        return QSize(self.fontMetrics().averageCharWidth() * 8, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as fits."""
        super().resizeEvent(event)
        self._cut()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show all of it, selected, ready to be copied."""
        super().focusInEvent(event)
        self.setText(self._path)
        QTimer.singleShot(0, self, self.selectAll)  # the click that gave the focus would take the selection away

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Cut it again, unless its own menu is open."""
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._cut()


def heading(text: str, parent: QWidget | None = None) -> ElidedLabel:
    """Make a title: 1.25 times as big, semibold, on one line."""
    label = ElidedLabel(text, Qt.TextElideMode.ElideMiddle, Role.TEXT, parent)
    label.setFont(title_font(label.font()))
    return label
