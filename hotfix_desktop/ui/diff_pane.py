"""One changed file: its path, what it was and is in lines above, and its texts, pictures, or sizes and hashes below.

It shows a :class:`~hotfix_desktop.services.differences.Difference` wherever one is to be seen: in the changes of a
hotfix, before a delivery, before an update.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from hotfix_desktop.core.changes import shown
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.services.differences import Difference, Form, Version
from hotfix_desktop.ui.diff_cells import has_unseen
from hotfix_desktop.ui.diff_colours import Compute
from hotfix_desktop.ui.diff_pictures import PicturePair, read_picture
from hotfix_desktop.ui.diff_view import DiffView
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.labels import ElidedLabel, PathField, SignLabel
from hotfix_desktop.ui.theme import AROUND, GRID, Role, Theme

UNSEEN = "This text holds signs that cannot be seen or that turn the direction of what follows; they are shown as ¤."
LOOKED_AT = 2_000_000
"""Letters of a text that are looked through for such signs."""


class DiffPane(QWidget):
    """Shows one difference.

    Signals:
        shown: another difference, or none, is shown.
    """

    shown = Signal()

    def __init__(
        self,
        theme: Theme,
        compute: Compute,
        parent: QWidget | None = None,
        *,
        captions: tuple[str, str] = ("Before", "After"),
    ) -> None:
        """Show nothing yet; ``captions`` name the two sides."""
        super().__init__(parent)
        self.setObjectName("diffPane")
        self._compute = compute
        self._captions = captions
        self._difference: Difference | None = None
        self._exact = False
        self.view = DiffView(theme, compute, self)
        self._pictures = PicturePair(self)
        self._message = QLabel(self)
        self._message.setObjectName("diffMessage")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setWordWrap(True)
        self._message.setMargin(AROUND)
        self._message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._path = PathField("", tr("Path"), self)
        self._before = ElidedLabel("", Qt.TextElideMode.ElideRight, Role.QUIET, self)
        self._after = ElidedLabel("", Qt.TextElideMode.ElideRight, Role.QUIET, self)
        self._note = SignLabel("info", Role.UNDELIVERED, "", self)
        self._warning = SignLabel("warning", Role.OPEN, "", self)
        self._stack = QStackedWidget(self)
        for page in (self._message, self.view, self._pictures):
            self._stack.addWidget(page)
        self._lay_out()

    def _lay_out(self) -> None:
        self._heads = QWidget(self)
        heads = QHBoxLayout(self._heads)
        heads.setContentsMargins(AROUND, GRID, AROUND, GRID)
        heads.setSpacing(2 * AROUND)
        heads.addWidget(self._before, 1)
        heads.addWidget(self._after, 1)
        notes = QVBoxLayout()
        notes.setContentsMargins(AROUND, 0, AROUND, 0)
        notes.setSpacing(GRID)
        notes.addWidget(self._path)
        notes.addWidget(self._note)
        notes.addWidget(self._warning)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(notes)
        column.addWidget(self._heads)
        column.addWidget(self._stack, 1)

    @property
    def difference(self) -> Difference | None:
        """What is shown."""
        return self._difference

    @property
    def has_text(self) -> bool:
        """Whether texts are shown."""
        return self._stack.currentWidget() is self.view

    def show_difference(self, difference: Difference) -> None:
        """Show how a file differs; another form of what is shown stays at its place."""
        old, self._difference = self._difference, difference
        if old == difference and self._stack.currentWidget() is not self._message:
            return
        stay = old is not None and old.path == difference.path and self.has_text
        before, after = self._captions
        self._before.set_text(_head(before, difference.before))
        self._after.set_text(_head(after, difference.after))
        self._path.show_path(_path_words(difference))
        self._path.show()
        self._heads.show()
        if difference.form is Form.TEXT:
            self._show_text(stay=stay)
        elif difference.form is Form.PICTURE:
            self._show_pictures(difference)
        else:
            self._note.set_text("")
            self._warning.set_text("")
            self._say(_binary_words(difference))
        self.shown.emit()

    def show_message(self, text: str, *, waiting: bool = False) -> None:
        """Show a sentence instead; while something is being read, what is shown stays until it is there."""
        if waiting and self._difference is not None:
            return
        self._difference = None
        self._path.hide()
        self._heads.hide()
        self._note.set_text("")
        self._warning.set_text("")
        self._say(text)
        self.shown.emit()

    def set_exact(self, exact: bool) -> None:
        """Compare byte by byte, or look past what says nothing."""
        if exact != self._exact:
            self._exact = exact
            if self._difference is not None and self._difference.form is Form.TEXT:
                self._show_text(stay=True)
                self.shown.emit()

    def focus_part(self) -> QWidget:
        """Give what takes the keyboard."""
        return self._stack.currentWidget() or self._stack

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.setAccessibleName(text)
        self._stack.setCurrentWidget(self._message)

    def _show_text(self, *, stay: bool) -> None:
        found = self._difference
        assert found is not None
        lines = found.exact if self._exact else found.meaning
        assert lines is not None
        self._note.set_text(_ends_sentence(found) if self._exact else _noise_sentence(found))
        texts = [version.text for version in (found.before, found.after) if version is not None]
        self._warning.set_text(tr(UNSEEN) if any(t and has_unseen(t.whole[:LOOKED_AT]) for t in texts) else "")
        self.view.show_lines(found.path, lines, stay=stay)
        self._stack.setCurrentWidget(self.view)

    def _show_pictures(self, found: Difference) -> None:
        self._note.set_text("")
        self._warning.set_text("")
        self._say(tr("Reading the pictures…"))
        sides = [version.picture if version is not None else None for version in (found.before, found.after)]

        def read(progress: Progress) -> object:
            return [read_picture(data) if data is not None else None for data in sides]

        def show(pictures: list[object]) -> None:
            if self._difference is found:
                self._pictures.show_pictures(*pictures)  # type: ignore[arg-type]
                self._stack.setCurrentWidget(self._pictures)

        self._compute(read).done.connect(show)


def _path_words(found: Difference) -> str:
    return f"{shown(found.old_path)} → {shown(found.path)}" if found.old_path else shown(found.path)


def _head(caption: str, version: Version | None) -> str:
    if version is None:
        return f"{tr(caption)}: {tr('not there')}"
    parts = [f"{tr(caption)}: {tr('%n byte(s)', version.size).replace(str(version.size), number(version.size), 1)}"]
    return " · ".join([*parts, version.form] if version.form else parts)


def _ends_sentence(found: Difference) -> str:
    exact, meaning = found.exact, found.meaning
    if exact is None or meaning is None or exact.before is meaning.before:
        return ""
    return tr("Line ends are part of the lines here: ← stands for CR, ↓ for LF.")


def _noise_sentence(found: Difference) -> str:
    if found.same_bytes:
        return tr(
            "The contents are the same: only the path differs." if found.old_path else "The contents are the same."
        )
    if not found.noise:
        return ""
    words = ", ".join(tr(word) for word in found.noise)
    if found.same_meaning:
        return f"{tr('The same in meaning. What differs says nothing:')} {words}."
    return f"{tr('Also differs, which says nothing:')} {words}."


def _binary_words(found: Difference) -> str:
    rows = [tr("This file is no text.")]
    for caption, version in ((tr("Before"), found.before), (tr("After"), found.after)):
        if version is None:
            rows.append(f"{caption}: {tr('not there')}")
        else:
            rows.append(f"{caption}: {number(version.size)} {tr('bytes')}\nSHA-256 {version.sha256}")
    return "\n\n".join(rows)
