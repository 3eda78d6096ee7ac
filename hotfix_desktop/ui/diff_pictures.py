"""Two forms of a picture beside each other, each as large as there is room for, on squares that show what is empty."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QImageReader, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QWidget

from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.theme import AROUND, mixed

LARGEST = 4096
"""Pixels of a side that are shown; a larger picture is read smaller."""
SQUARE = 8


def read_picture(data: bytes) -> tuple[QImage, QSize]:
    """Read a picture and its real size, an empty one where it cannot be read; for a lane, as it may take long."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > LARGEST:
        reader.setScaledSize(size.scaled(LARGEST, LARGEST, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return image, size if size.isValid() else image.size()


class PicturePair(QWidget):
    """Draws both pictures; one of them may not be there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show nothing yet."""
        super().__init__(parent)
        self.setObjectName("diffPictures")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pictures: tuple[tuple[QImage, QSize] | None, tuple[QImage, QSize] | None] = (None, None)

    def show_pictures(self, before: tuple[QImage, QSize] | None, after: tuple[QImage, QSize] | None) -> None:
        """Show these."""
        self._pictures = (before, after)
        words = [_words(tr("before"), before), _words(tr("after"), after)]
        self.setAccessibleName(tr("Picture") + ": " + ", ".join(words))
        self.update()

    # Qt's names

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        base = self.palette().color(QPalette.ColorRole.Base)
        text = self.palette().color(QPalette.ColorRole.Text)
        painter.fillRect(self.rect(), base)
        half = (self.width() - 1) // 2
        painter.fillRect(half, 0, 1, self.height(), mixed(base, text, 0.15))
        line = self.fontMetrics().height()
        for left, picture in ((0, self._pictures[0]), (half + 1, self._pictures[1])):
            room = QRect(left, 0, half, self.height()).adjusted(AROUND, AROUND, -AROUND, -AROUND - line - 8)
            words = _words("", picture)
            if picture is not None and not picture[0].isNull():
                self._draw(painter, room, picture[0], mixed(base, text, 0.12))
            painter.setPen(text)
            place = QRect(room.left(), room.bottom() + 8, room.width(), line)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

    def _draw(self, painter: QPainter, room: QRect, image: QImage, dark: QColor) -> None:
        size = image.size()
        if size.width() > room.width() or size.height() > room.height():
            size = size.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        elif max(size.width(), size.height()) * 4 <= min(room.width(), room.height()):
            size *= 4  # an icon of 16 pixels says little as it is
        place = QRect(room.topLeft(), size)
        place.moveCenter(room.center())
        painter.fillRect(place, QColor("white") if dark.lightness() > 128 else QColor("#303134"))
        painter.fillRect(place, QBrush(_squares(dark)))
        painter.drawImage(place, image)


def _squares(dark: QColor) -> QPixmap:
    squares = QPixmap(2 * SQUARE, 2 * SQUARE)
    squares.fill(Qt.GlobalColor.transparent)
    painter = QPainter(squares)
    painter.fillRect(0, 0, SQUARE, SQUARE, dark)
    painter.fillRect(SQUARE, SQUARE, SQUARE, SQUARE, dark)
    painter.end()
    return squares


def _words(side: str, picture: tuple[QImage, QSize] | None) -> str:
    if picture is None:
        what = tr("not there")
    elif picture[0].isNull():
        what = tr("this picture cannot be read")
    else:
        what = f"{number(picture[1].width())} × {number(picture[1].height())}"
    return f"{side} {what}".strip()
