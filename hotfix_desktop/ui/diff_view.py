"""The two forms of a text, side by side or unified: a list of rows that draws what is on the screen and nothing else.

Up and down go from row to row, Enter opens a fold, what is dragged over with the mouse or with Shift can be copied.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QKeyEvent,
    QMouseEvent,
)

from hotfix_desktop.services.differences import Lines
from hotfix_desktop.ui.diff_cells import cells
from hotfix_desktop.ui.diff_choice import Choice, Place, change_text, row_words
from hotfix_desktop.ui.diff_layout import RowKind
from hotfix_desktop.ui.diff_paint import TEXT_PAD
from hotfix_desktop.ui.diff_rows import DiffRows
from hotfix_desktop.ui.diff_search import Found
from hotfix_desktop.ui.diff_sight import changed_stretch

ABOVE = 3
"""Rows that stay above a change that is gone to."""


class DiffView(DiffRows):
    """Shows a :class:`~hotfix_desktop.services.differences.Lines`.

    Signals:
        moved: another row is the current one, or there are other rows.
    """

    moved = Signal()

    # What is shown

    def show_lines(self, path: bytes, lines: Lines, *, stay: bool = False) -> None:
        """Show another difference, from its first change on; the name of the file says which syntax it has.

        With ``stay`` it is another form of the one that is shown, and the place stays.
        """
        self._lines = lines
        if stay and self._layout.rows:
            self._show_other_form(path)
            return
        self._opened.clear()
        self._choice = self._found = None
        self._colours.begin(path, lines.before, lines.after)
        self._lay_out()
        self.horizontalScrollBar().setValue(0)
        self._go_to_change(self._layout.starts[0] if self._layout.starts else 0)

    def _show_other_form(self, path: bytes) -> None:
        row, first = self._layout.row(self._current), self.verticalScrollBar().value()
        line, after = (row.after, True) if row.after is not None else (row.before or 0, False)
        above = self._current - first
        self._opened.clear()
        self._choice = self._found = None
        self._colours.begin(path, self._lines.before, self._lines.after)
        self._lay_out()
        self._move_to(self._layout.row_of(line, after=after), above=max(0, above))

    def set_unified(self, unified: bool) -> None:
        """Show one column instead of two, or two again; the place stays."""
        if unified != self._unified:
            self._unified = unified
            self._keeping_place()

    def set_fold(self, fold: bool) -> None:
        """Hide what is the same, or show it; folds that were opened close."""
        if fold != self._fold or self._opened:
            self._fold = fold
            self._opened.clear()
            self._keeping_place()

    def show_found(self, found: Found | None) -> None:
        """Mark what a search found."""
        self._found = found
        self.viewport().update()

    # Where one is

    @property
    def changes(self) -> tuple[int, int]:
        """Which change the current row is in or below, from 1, and how many there are."""
        starts = self._layout.starts
        return sum(1 for start in starts if start <= self._current), len(starts)

    def next_change(self) -> bool:
        """Go to the next change; False when there is none below."""
        start = self._layout.next_start(self._current)
        return start is not None and self._go_to_change(start)

    def previous_change(self) -> bool:
        """Go to the change above; False when there is none."""
        start = self._layout.previous_start(self._current)
        return start is not None and self._go_to_change(start)

    def go_to_line(self, line: int, *, after: bool, letter: int = 0, letters: int = 1) -> None:
        """Go to a line of one side, so that so many letters of it are seen; the fold that hides it is opened."""
        row = self._layout.row_of(line, after=after)
        if self._layout.rows and self._layout.row(row).kind in (RowKind.FOLD, RowKind.NOISE):
            self._open_fold(row)
            row = self._layout.row_of(line, after=after)
        self._move_to(row, above=ABOVE * 2)
        texts = self._lines.after if after else self._lines.before
        measured = cells(texts[line])
        self._look_at((measured.cell(letter), measured.cell(letter + letters)))

    # What can be copied

    def copied(self) -> str:
        """Give what is chosen, else the current change with signs before its lines."""
        if self._choice is not None and not self._choice.is_empty:
            return self._choice.text(self._layout, self._lines, unified=self._unified)
        return change_text(self._layout, self._lines, self._current)

    def choose_all(self) -> None:
        """Choose all of the side that was chosen in last; of a unified view all there is."""
        if self._layout.rows:
            after = self._choice.after if self._choice is not None else True
            self._choice = Choice(Place(0, 0), Place(self._layout.rows - 1, 1 << 30), after)
            self.viewport().update()

    # Rows

    def _go_to_change(self, row: int) -> bool:
        moved = self._move_to(row, above=ABOVE)
        if moved:
            self._look_at(changed_stretch(self._layout.row(self._current), self._lines))
        return moved

    def _keeping_place(self) -> None:
        row = self._layout.row(self._current) if self._layout.rows else None
        self._choice = None
        self._lay_out()
        if row is not None:
            line, after = (row.after, True) if row.after is not None else (row.before or 0, False)
            self._move_to(self._layout.row_of(line, after=after), above=self._page() // 3)
            if (now := self._layout.row(self._current)).hunk is not None:
                self._look_at(changed_stretch(now, self._lines))  # one column shows more of a line than two

    def _move_to(self, row: int, *, above: int = 0, choose: bool = False) -> bool:
        if not self._layout.rows:
            self.moved.emit()
            return False
        row = min(max(row, 0), self._layout.rows - 1)
        if choose:
            start = self._choice.start if self._choice is not None else Place(self._current, 0)
            after = self._choice.after if self._choice is not None else True
            self._choice = Choice(start, Place(row, 1 << 30 if row >= start.row else 0), after)
        else:
            self._choice = None
        self._current, self._sight = row, None
        bar, page = self.verticalScrollBar(), self._page()
        if row < bar.value() or row >= bar.value() + page or above:
            first = row - above if above or row < bar.value() else row - page + 1
            bar.setValue(first)
        self.viewport().update()
        self._say()
        self.moved.emit()
        return True

    def _say(self) -> None:
        """Let a screen reader say the row."""
        self.setAccessibleDescription(row_words(self._layout.row(self._current), self._lines))
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _open_fold(self, row: int) -> None:
        fold = self._layout.row(row)
        assert fold.before is not None
        assert fold.after is not None
        self._opened.add((fold.before, fold.after))
        self._lay_out()
        self._say()
        self.moved.emit()

    # The mouse

    def _place(self, at: QPoint) -> tuple[Place, bool]:
        row = self.verticalScrollBar().value() + at.y() // self._sheet.height
        row = min(max(row, 0), max(0, self._layout.rows - 1))
        columns = self._sheet.columns(self.viewport().width())
        after = len(columns) > 1 and at.x() >= columns[1][0]
        left = columns[1 if after else 0][0] + self._sheet.gutter
        shown = self._layout.row(row)
        line, texts = (shown.after, self._lines.after) if after else (shown.before, self._lines.before)
        if self._unified and shown.kind is not RowKind.REMOVED:
            line, texts = shown.after, self._lines.after
        if line is None or shown.kind in (RowKind.FOLD, RowKind.NOISE):
            return Place(row, 0), after
        cell = self.horizontalScrollBar().value() + (at.x() - left - TEXT_PAD) / self._sheet.cell
        return Place(row, cells(texts[line]).letter(round(cell))), after

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open a fold, or begin to choose."""
        if event.button() is not Qt.MouseButton.LeftButton or not self._layout.rows:
            return
        place, after = self._place(event.position().toPoint())
        if self._layout.row(place.row).kind in (RowKind.FOLD, RowKind.NOISE):
            self._move_to(place.row)
            self._open_fold(place.row)
            return
        self._move_to(place.row)
        self._choice = Choice(place, place, after)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Choose, inside the side in which it began."""
        if not event.buttons() & Qt.MouseButton.LeftButton or self._choice is None:
            return
        at = event.position().toPoint()
        if not self._unified:
            left, width = self._sheet.columns(self.viewport().width())[self._choice.after]
            at.setX(min(max(at.x(), left), left + width - 1))
        place, _ = self._place(at)
        self._choice = Choice(self._choice.start, place, self._choice.after)
        bar = self.verticalScrollBar()
        if at.y() < 0 or at.y() >= self.viewport().height():
            bar.setValue(bar.value() + (-1 if at.y() < 0 else 1))
        self.viewport().update()

    # Qt's names

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from row to row."""
        page, last = self._page(), self._layout.rows - 1
        rows = {
            Qt.Key.Key_Up: self._current - 1,
            Qt.Key.Key_Down: self._current + 1,
            Qt.Key.Key_PageUp: self._current - page,
            Qt.Key.Key_PageDown: self._current + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key, bar = event.key(), self.horizontalScrollBar()
        plain = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if plain & ~Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        elif key in rows:
            self._move_to(rows[Qt.Key(key)], choose=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._look_at(None)
            bar.setValue(bar.value() + (4 if key == Qt.Key.Key_Right else -4))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._is_fold(self._current):
            self._open_fold(self._current)
        else:
            event.ignore()

    def _is_fold(self, row: int) -> bool:
        return row < self._layout.rows and self._layout.row(row).kind in (RowKind.FOLD, RowKind.NOISE)
