"""The rows of a difference on the screen: measured, scrolled and drawn; only what is seen is ever touched."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import (
    QFontDatabase,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from hotfix_desktop.services.differences import Lines
from hotfix_desktop.ui.diff_choice import Choice
from hotfix_desktop.ui.diff_colours import Compute, DiffColours
from hotfix_desktop.ui.diff_layout import Layout
from hotfix_desktop.ui.diff_look import DiffLook, Ground
from hotfix_desktop.ui.diff_paint import TEXT_PAD, Mark, Sheet, paint_row
from hotfix_desktop.ui.diff_search import Found
from hotfix_desktop.ui.diff_sight import Stretch, left_for
from hotfix_desktop.ui.diff_strip import DiffStrip
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.theme import Theme

NOTHING = Lines((), (), (), (), frozenset(), 0)


class DiffRows(QAbstractScrollArea):
    """Draws the rows of a difference; ``DiffView`` moves about in them."""

    def __init__(self, theme: Theme, compute: Compute, parent: QWidget | None = None) -> None:
        """Show nothing yet; ``compute`` runs what takes long on a lane."""
        super().__init__(parent)
        self.setObjectName("diffView")
        self.setAccessibleName(tr("Differences"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setAutoFillBackground(False)
        self._theme = theme
        self._look = DiffLook(theme)
        self._lines = NOTHING
        self._unified, self._fold = False, True
        self._opened: set[tuple[int, int]] = set()
        self._layout = Layout(NOTHING)
        self._current = 0
        self._choice: Choice | None = None
        self._found: Found | None = None
        self._sight: Stretch | None = None  # kept in sight until somebody goes elsewhere
        self._colours = DiffColours(compute, self)
        self._colours.came.connect(self.viewport().update)
        self._sheet = self._new_sheet()
        self._strip = DiffStrip(self)
        self._strip.wanted.connect(self._go_to_share)
        self.setViewportMargins(0, 0, DiffStrip.WIDTH, 0)
        self.verticalScrollBar().valueChanged.connect(self._strip.update)
        self.horizontalScrollBar().actionTriggered.connect(lambda _action: self._look_at(None))
        theme.changed.connect(self._recolour)

    @property
    def lines(self) -> Lines:
        """What is shown."""
        return self._lines

    @property
    def layout_(self) -> Layout:
        """The rows."""
        return self._layout

    @property
    def current(self) -> int:
        """The current row."""
        return self._current

    def _new_sheet(self) -> Sheet:
        return Sheet(
            self._lines,
            self._look,
            self.font(),
            self._unified,
            lambda line, after: self._colours.of(line, after=after),
            self._marks,
            self.horizontalScrollBar().value(),
        )

    def _lay_out(self) -> None:
        self._layout = Layout(self._lines, unified=self._unified, fold=self._fold, opened=self._opened)
        self._sheet = self._new_sheet()
        self._current = min(self._current, max(0, self._layout.rows - 1))
        self._set_bars()
        self._strip.show_layout(self._layout, self._look)
        self.viewport().update()

    def _page(self) -> int:
        return max(1, self.viewport().height() // self._sheet.height)

    def _set_bars(self) -> None:
        page = self._page()
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        vertical.setPageStep(page)
        vertical.setSingleStep(1)
        vertical.setRange(0, max(0, self._layout.rows - page))
        room = self._sheet.columns(self.viewport().width())[0][1] - self._sheet.gutter - TEXT_PAD
        shown = max(1, int(room / self._sheet.cell))
        tabs = 3 if any("\t" in line for line in self._lines.after[:200]) else 0
        horizontal.setPageStep(shown)
        horizontal.setSingleStep(4)
        widest = self._lines.widest + 2
        horizontal.setRange(0, max(0, widest + tabs * min(widest, 20) - shown))
        self._look_at(self._sight, again=True)

    def _look_at(self, stretch: Stretch | None, *, again: bool = False) -> None:
        """Scroll sideways to what has to be in sight, and again when the size changes."""
        self._sight = stretch
        if stretch is None:
            return
        bar = self.horizontalScrollBar()
        left = left_for(stretch, 0 if again else bar.value(), bar.pageStep())
        bar.setMaximum(max(bar.maximum(), left))  # tabs and wide signs reach further than letters say
        bar.setValue(left)

    def _marks(self, at: int, after: bool) -> Sequence[Mark]:
        marks: list[Mark] = []
        if self._found is not None:
            row = self._layout.row(at)
            line = row.after if after else row.before
            if line is not None:
                marks += [(a, b, Ground.FOUND) for a, b in self._found.in_line(line, after=after)]
        if self._choice is not None:
            span = self._choice.span(at, after=None if self._unified else after)
            if span is not None:
                marks.append((*span, Ground.CHOSEN))
        return marks

    def _go_to_share(self, share: float) -> None:
        self.verticalScrollBar().setValue(round(share * self._layout.rows - self._page() / 2))

    def _recolour(self) -> None:
        self._look = DiffLook(self._theme)
        self._lay_out()

    # Qt's names

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that need it."""
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        sheet, width, height = self._sheet, self.viewport().width(), self._sheet.height
        place = event.rect()
        first = self.verticalScrollBar().value()
        focused = self.hasFocus()
        low = first + max(0, place.top()) // height
        high = min(self._layout.rows, first + place.bottom() // height + 1)
        for at in range(low, high):
            paint_row(
                painter, sheet, self._layout.row(at), at, (at - first) * height, width, current=at == self._current
            )
            if at == self._current and focused:
                painter.setPen(self._look.current)
                painter.drawRect(QRect(0, (at - first) * height, width - 1, height - 1))
        bottom = (self._layout.rows - first) * height
        if bottom <= place.bottom():
            painter.fillRect(0, bottom, width, self.viewport().height() - bottom, self._look.ground(Ground.BASE))
        painter.end()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is drawn already; draw only what comes into sight."""
        self._sheet.left = self.horizontalScrollBar().value()
        if dx:
            self.viewport().update()
        else:
            self.viewport().scroll(0, dy * self._sheet.height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the scroll bars."""
        super().resizeEvent(event)
        self._set_bars()
        rect = self.viewport().geometry()
        self._strip.setGeometry(rect.right() + 1, rect.top(), DiffStrip.WIDTH, rect.height())

    def changeEvent(self, event: QEvent) -> None:
        """Measure again in another font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_strip"):
            self._lay_out()

    def focusInEvent(self, event: object) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)  # type: ignore[arg-type]
        self.viewport().update()

    def focusOutEvent(self, event: object) -> None:
        """Show that the keyboard is elsewhere."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Ask for room for two columns."""
        return QSize(720, 400)
