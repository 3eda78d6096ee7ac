"""*Content store…*: everything that hotfixes changed is in it. It is compared with its hashes here, and cleaned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QWidget

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.texts import plural
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.labels import SignLabel, ToneLabel, heading
from hotfix_desktop.ui.report_view import ReportView
from hotfix_desktop.ui.theme import Role
from hotfix_desktop.ui.work_progress import WorkProgress

if TYPE_CHECKING:
    from hotfix_desktop.core.content_care import Cleaned, ContentsReport, ContentsSize


class ContentsDialog(Dialog):
    """Verifies and cleans the content store of a workspace, and says what came of it."""

    def __init__(
        self,
        verify: Callable[[], Job],
        clean: Callable[[], Job],
        measure: Callable[[], Job],
        why_no_verify: str,
        why_no_clean: str,
        parent: QWidget | None,
    ) -> None:
        """Offer both, and say how much there is; each begins a job.

        The sentences say why one is not possible, and are empty where it is.
        """
        super().__init__(parent, columns=78)
        self.setObjectName("contentsDialog")
        self.setWindowTitle(tr("Content store"))
        self._reasons = {"verify": why_no_verify, "clean": why_no_clean}
        self._job: Job | None = None
        self._measure, self._measuring = measure, None if why_no_verify else measure()
        self._size = ToneLabel(tr("Looking how large it is…") if self._measuring else "", Role.TEXT)
        self._size.setObjectName("contentsSize")
        self._size.setMinimumHeight(2 * self.fontMetrics().lineSpacing())  # its second line would move what is below
        self._size.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._result = SignLabel("success", Role.VERIFIED)
        self._damages = ReportView("", tr("What is damaged or missing"), self)
        self._damages.setMinimumHeight(self.fontMetrics().height() * 8)
        self._damages.hide()
        self._progress = WorkProgress(tr("Content store"), self)
        self.body.addWidget(heading(tr("Content store")))
        self.body.addWidget(
            ToneLabel(
                tr(
                    "It keeps what packages contained before and after each hotfix and each update. Verifying reads"
                    " everything and compares it with its hashes. Cleaning drops what no hotfix and no update refers"
                    " to; nothing that a hotfix changed is ever dropped. Both are entries of the audit log."
                )
            )
        )
        for widget in (self._size, self._progress, self._result, self._damages):
            self.body.addWidget(widget)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._close = box.button(QDialogButtonBox.StandardButton.Close)
        self._buttons: dict[str, QPushButton] = {}
        for name, text, act in (
            ("verify", tr("&Verify"), lambda: self._begin(verify(), self._show_report)),
            ("clean", tr("&Clean"), lambda: self._begin(clean(), self._show_cleaned)),
        ):
            button = box.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
            button.setObjectName(f"contents{name.capitalize()}")
            button.clicked.connect(lambda _checked=False, do=act: do())
            self._buttons[name] = button
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._buttons["verify"], explains=True)
        self._hear_size()
        self.refresh()

    def _hear_size(self) -> None:
        job = self._measuring
        if job is None:
            self._size.hide()
            return
        job.done.connect(lambda size: self._show_size(size) if job is self._measuring else None)
        job.failed.connect(lambda error: self._size.setText(str(error)) if job is self._measuring else None)

    def _show_size(self, size: ContentsSize) -> None:
        what = f"{plural(size.contents, 'content')} in {plural(size.trees, 'recorded tree')}"
        room = f"{_megabytes(size.bytes)}, {_megabytes(size.on_disk)} {tr('on disk')}"
        loose = tr("nothing refers to %1 of them").replace("%1", number(size.loose))
        free = f"; {loose}" if size.loose else f"; {tr('hotfixes and updates refer to all of them')}"
        self._size.setText(f"{what}: {room}{free if size.trees else ''}.")

    def refresh(self) -> None:
        """Bring the buttons in line with what is under way."""
        working = self._job is not None
        self._progress.setVisible(working)
        for name, button in self._buttons.items():
            reason = tr("Working…") if working else self._reasons[name]
            button.setEnabled(not reason)
            button.setToolTip(reason)
            button.setAccessibleDescription(reason)
        self._note.setText("" if working else self._reasons["verify"] or self._reasons["clean"])
        if not working:
            self._close.setEnabled(True)
            self._close.setText(tr("Close"))
        else:
            self._close.setText(tr("Cancel"))

    def _begin(self, job: Job, done: Callable[[Any], None]) -> None:
        self._job = job
        self.forget_problem()
        self._result.set_text("")
        self._damages.hide()
        self._progress.begin()
        job.stepped.connect(self._progress.show_step)

        def over(act: Callable[[Any], None], value: Any) -> None:
            if self._job is job:
                self._job = None
                act(value)
                self._measuring = self._measure()
                self._hear_size()
                self.refresh()

        job.done.connect(lambda value: over(done, value))
        job.failed.connect(lambda error: over(self._failed, error))
        self.refresh()
        self._close.setFocus()

    def _show_report(self, report: ContentsReport) -> None:
        what = f"{plural(report.contents, 'content')} in {plural(report.trees, 'recorded tree')}"
        if report.is_sound:
            self._result.set_sign("success", Role.VERIFIED)
            self._result.set_text(f"{what}, {_megabytes(report.bytes)}: {tr('all sound.')}")
            return
        self._result.set_sign("error", Role.OVERDUE)
        self._result.set_text(f"{what}: {number(report.damaged)} {tr('damaged or missing.')}")
        left = report.damaged - len(report.damages)
        lines = [*report.damages, *([f"{tr('and')} {number(left)} {tr('more')}"] if left > 0 else [])]
        self._damages.setPlainText("\n".join(lines))
        self._damages.show()

    def _show_cleaned(self, done: Cleaned) -> None:
        self._result.set_sign("success", Role.VERIFIED)
        if not done.trees and not done.contents:
            self._result.set_text(tr("There is nothing that could be dropped: everything in it is referred to."))
            return
        dropped = f"{plural(done.trees, 'recorded tree')} and {plural(done.contents, 'content')}"
        self._result.set_text(f"{tr('Dropped')} {dropped}; {_megabytes(done.freed)} {tr('were freed.')}")

    def _failed(self, error: HotfixError) -> None:
        self.show_problem("", tr("Cancelled.") if isinstance(error, Cancelled) else str(error))

    def done(self, result: int) -> None:
        """Close, and hear no more of how large the store is."""
        self._measuring = None
        super().done(result)

    def reject(self) -> None:
        """Stop the work first; the dialog goes with the next try."""
        if self._job is None:
            super().reject()
            return
        self._job.cancel()
        self._close.setText(tr("Cancelling…"))
        self._close.setEnabled(False)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
