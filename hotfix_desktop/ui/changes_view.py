"""The window of what one hotfix changed (``product.md`` 5.2): the files on the left, how one differs on the right.

It reads through :class:`~hotfix_desktop.runtime.change_jobs.ChangeJobs` only. While the package is open it looks again
by itself; of a past hotfix it shows what was recorded.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QMainWindow, QSplitter, QVBoxLayout, QWidget

from hotfix_desktop.core.changes import Change
from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.runtime.change_jobs import ChangeJobs
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services.changes import HotfixChanges
from hotfix_desktop.services.differences import Difference
from hotfix_desktop.ui.audit_actions import allow
from hotfix_desktop.ui.changes_actions import ChangesActions
from hotfix_desktop.ui.changes_head import ChangesHead
from hotfix_desktop.ui.changes_list import ChangesList
from hotfix_desktop.ui.changes_memory import ChangesMemory
from hotfix_desktop.ui.changes_saving import PatchSaving
from hotfix_desktop.ui.changes_search import DiffSearchField
from hotfix_desktop.ui.changes_words import NOTHING, NOTHING_PAST, element_words, place_words, why_no_revert
from hotfix_desktop.ui.diff_pane import DiffPane
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.parts import Part, Parts
from hotfix_desktop.ui.theme import AROUND, BETWEEN, Theme
from hotfix_desktop.ui.window_room import take_size

SIZE = (1180, 740)
LOOK_MS = 2000
"""Between two looks at an open package."""
BATCH = 25
"""Files whose lines are counted at once: what somebody looks at does not wait longer."""
COUNTED = 1000
"""Files whose lines are counted."""
TOLD_MS = 5000


class ChangesView(QMainWindow):
    """The changes of one hotfix.

    Signals:
        closed: the user closed it.
        revert_wanted: the paths to put back, or None for all, and the :class:`HotfixChanges` that they belong to.
    """

    closed = Signal()
    revert_wanted = Signal(object, object)

    def __init__(
        self, jobs: ChangeJobs, theme: Theme, icons: Icons, settings: QSettings, parent: QWidget | None = None
    ) -> None:
        """Build the window; :meth:`show_package` or :meth:`show_hotfix` fills it."""
        super().__init__(parent)
        self.setObjectName("changesView")
        self.setWindowTitle(tr("Changes"))
        self.setWindowIcon(icons.app_icon())
        self._jobs = jobs
        self._found: HotfixChanges | None = None
        self._package: int | None = None
        self._why_no_revert = ""
        self._reading: Job | None = None
        self._looking: Job | None = None
        self._counting: Job | None = None
        self.actions_ = ChangesActions(self, icons)
        self.list = ChangesList(theme, icons, self)
        self.pane = DiffPane(theme, jobs.compute, self)
        self.head = ChangesHead(self)
        self._filter = QLineEdit(self)
        self._search = DiffSearchField(self.pane, jobs.compute, self)
        self._place = QLabel(self)
        self._saving = PatchSaving(jobs, self.tell, self)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look_again)
        self._lay_out()
        self.actions_.fill(self._search)
        self._parts = Parts([Part(self.list, lambda: self.list), Part(self.pane, self.pane.focus_part)], self)
        self._connect()
        take_size(self, SIZE)
        self._memory = ChangesMemory(settings, self, self._splitter, self.actions_)
        self._memory.restore()
        self.pane.show_message(tr("Reading the changes…"))
        self._allow()

    # What is shown

    def show_package(self, package_id: int, *, why_no_revert: str = "") -> None:
        """Show the open hotfix of a package, or the last one; the sentence says why nothing can be put back."""
        self._package, self._why_no_revert = package_id, why_no_revert
        self._read(self._jobs.of_package(package_id))

    def show_hotfix(self, number_: int) -> None:
        """Show a hotfix of any age."""
        self._package, self._why_no_revert = None, tr("Open the changes from the package (Ctrl+D) to revert them.")
        self._read(self._jobs.of_hotfix(number_))

    @property
    def found(self) -> HotfixChanges | None:
        """What is shown; None before it is read."""
        return self._found

    def tell(self, sentence: str) -> None:
        """Say something in the status bar for a while."""
        self.statusBar().showMessage(sentence, TOLD_MS)

    def look_again(self) -> None:
        """Read the changes anew."""
        if self._package is not None:
            self._read(self._jobs.of_package(self._package))
        elif self._found is not None:
            self._read(self._jobs.of_hotfix(self._found.hotfix.number))

    def _lay_out(self) -> None:
        self._filter.setObjectName("changesFilter")
        self._filter.setAccessibleName(tr("Filter files"))
        self._filter.setPlaceholderText(tr("Filter files (Ctrl+Shift+F)"))
        self._filter.setClearButtonEnabled(True)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(AROUND, 0, 0, 0)
        column.setSpacing(BETWEEN)
        column.addWidget(self._filter)
        column.addWidget(self.list, 1)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(left)
        self._splitter.addWidget(self.pane)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([380, 800])
        whole = QWidget(self)
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.head)
        rows.addWidget(self._splitter, 1)
        self.setCentralWidget(whole)
        self.statusBar().addPermanentWidget(self._place)
        self.list.setFocus()

    def _connect(self) -> None:
        actions, view = self.actions_, self.pane.view
        self.list.chosen.connect(self._on_chosen)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.list.opened.connect(lambda: self.pane.focus_part().setFocus())
        self._filter.textChanged.connect(self.list.filter_rows)
        self._search.told.connect(self.statusBar().showMessage)
        self._search.left.connect(lambda: self.pane.focus_part().setFocus())
        view.moved.connect(self._show_place)
        self.pane.shown.connect(self._show_place)
        self.pane.shown.connect(self._allow)
        actions.close.triggered.connect(self.close)
        actions.refresh.triggered.connect(self.look_again)
        actions.save.triggered.connect(lambda: self._saving.ask(self._found))
        actions.copy.triggered.connect(self._copy)
        actions.copy_path.triggered.connect(self._copy_path)
        actions.choose_all.triggered.connect(view.choose_all)
        actions.find.triggered.connect(self._focus_search)
        actions.filter.triggered.connect(self._focus_filter)
        actions.next.triggered.connect(lambda: self._step(forward=True))
        actions.previous.triggered.connect(lambda: self._step(forward=False))
        actions.next_file.triggered.connect(lambda: self.list.step(True))
        actions.previous_file.triggered.connect(lambda: self.list.step(False))
        actions.unified.toggled.connect(view.set_unified)
        actions.fold.toggled.connect(view.set_fold)
        actions.exact.toggled.connect(self.pane.set_exact)
        actions.next_part.triggered.connect(self._parts.next)
        actions.revert_file.triggered.connect(lambda: self._want_revert(self.list.chosen_paths()))
        actions.revert_all.triggered.connect(lambda: self._want_revert(None))

    # Reading

    def _read(self, job: Job) -> None:
        if self._looking is not None:
            self._looking.forsake()
        self._looking = job
        self._timer.stop()
        job.done.connect(self._show)
        job.failed.connect(self._show_problem)
        job.ended.connect(lambda: self._end_look(job))

    def _end_look(self, job: Job) -> None:
        if self._looking is job:
            self._looking = None
            if self._found is not None and self._found.is_live and self.isVisible():
                self._timer.start()

    def _look_again(self) -> None:
        found = self._found
        if self._looking is None and found is not None and self.isVisible():
            self._read(self._jobs.live(found.hotfix.package_id))

    def _show(self, found: HotfixChanges | None) -> None:
        before = self._found
        if found is None and before is not None:  # it was locked meanwhile
            self._found = None
            self._read(self._jobs.of_hotfix(before.hotfix.number))
            return
        if found is None:
            self._say(tr("No hotfix of this package was recorded yet.\nIts changes appear here once it is unlocked."))
            return
        if before == found:
            return
        self._found = found
        self.setWindowTitle(f"{tr('Changes')} — {found.hotfix.package_name}")
        self.head.show_hotfix(found)
        if before is None or before.changes != found.changes:
            self._fill(found)
        self._allow()

    def _fill(self, found: HotfixChanges) -> None:
        self.list.show_changes(found.changes)
        if not found.changes.count:
            self.pane.show_message(tr(NOTHING if found.is_live else NOTHING_PAST))
        self._count(0)

    def _show_problem(self, error: HotfixError) -> None:
        if not isinstance(error, Cancelled):
            self._say(str(error))

    def _say(self, text: str) -> None:
        self.head.show_nothing()
        self.pane.show_message(text)
        self._allow()

    def _count(self, first: int) -> None:
        """Have lines counted, some files at a time."""
        found = self._found
        if self._counting is not None:
            self._counting.forsake()
            self._counting = None
        if found is None or first >= min(found.changes.count, COUNTED):
            return
        some = found.changes.changes[first : first + BATCH]
        job = self._counting = self._jobs.line_counts(found.hotfix.number, some)
        job.done.connect(self.list.show_counts)
        job.ended.connect(lambda: self._count(first + BATCH) if self._counting is job else None)

    def _on_chosen(self, change: Change | None) -> None:
        if self._reading is not None:
            self._reading.forsake()
            self._reading = None
        found = self._found
        if found is None or change is None:
            if found is not None and (some := self.list.chosen_element):
                self.pane.show_message(element_words(*some))
            self._allow()
            return
        self.pane.show_message(tr("Reading…"), waiting=True)
        job = self._reading = self._jobs.difference(found.hotfix.number, change)
        job.done.connect(self._show_difference)
        job.failed.connect(lambda error: self.pane.show_message(str(error)))
        self._allow()

    def _show_difference(self, difference: Difference) -> None:
        self._reading = None
        self.pane.show_difference(difference)

    # What can be done

    def _step(self, *, forward: bool) -> None:
        view = self.pane.view
        if self.pane.has_text and (view.next_change() if forward else view.previous_change()):
            return
        if not self.list.step(forward):
            self.tell(tr("This is the last change.") if forward else tr("This is the first change."))

    def _show_place(self) -> None:
        self._place.setText(place_words(*self.pane.view.changes) if self.pane.has_text else "")

    def _allow(self) -> None:
        actions, found = self.actions_, self._found
        nothing = "" if found is not None and found.changes.count else tr("There are no changes.")
        no_file = "" if self.list.current is not None else tr("Select a file first.")
        no_text = "" if self.pane.has_text else tr("No text is shown.")
        for action in (actions.save, actions.next, actions.previous, actions.next_file, actions.previous_file):
            allow(action, nothing)
        for action in (actions.copy, actions.choose_all, actions.find):
            allow(action, no_text)
        allow(actions.copy_path, no_file)
        why = why_no_revert(found, self._jobs.can_revert, self._why_no_revert)
        chosen = "" if self.list.chosen_paths() else tr("Select a file or an element first.")
        actions.allow_revert(why or nothing, chosen, element=self.list.chosen_element is not None)

    def _show_menu(self, at: QPoint) -> None:
        self.actions_.list_menu().popup(self.list.viewport().mapToGlobal(at))

    def _want_revert(self, paths: list[bytes] | None) -> None:
        self.revert_wanted.emit(paths, self._found)

    def _copy(self) -> None:
        text = self.pane.view.copied()
        if text:
            QGuiApplication.clipboard().setText(text)
            self.tell(tr("Copied."))

    def _copy_path(self) -> None:
        change = self.list.current
        if change is not None:
            QGuiApplication.clipboard().setText(change.shown)
            self.tell(tr("Copied."))

    def _focus_search(self) -> None:
        self._search.setFocus()
        self._search.selectAll()

    def _focus_filter(self) -> None:
        self._filter.setFocus()
        self._filter.selectAll()

    def save_patch(self, file: Path) -> None:
        """Write all changes to a file."""
        assert self._found is not None, "the action is disabled without changes"
        self._saving.save(self._found, file)

    # Qt's names

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember how the window looks."""
        self._memory.save()
        self._timer.stop()
        for job in (self._reading, self._looking, self._counting):
            if job is not None:
                job.forsake()
        self._reading = self._looking = self._counting = None
        super().closeEvent(event)
        self.closed.emit()
