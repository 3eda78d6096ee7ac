"""Page 3 of the delivery wizard: what would change, element by element; what is in conflict is decided here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from hotfix_desktop.core.delivery_plan import Decision, DeliveryPlan, Merge, Side
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.text_forms import text_of
from hotfix_desktop.core.texts import plural
from hotfix_desktop.runtime.delivery_jobs import DeliveryJobs, FileMeeting
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services.differences import Form
from hotfix_desktop.services.letters import LetterDraft
from hotfix_desktop.ui.delivery_draft import Draft, Way
from hotfix_desktop.ui.delivery_editor import MergeEditor
from hotfix_desktop.ui.delivery_files import FileColumn, FileRow, FilesModel
from hotfix_desktop.ui.delivery_page import DeliveryPage
from hotfix_desktop.ui.diff_view import DiffView
from hotfix_desktop.ui.formats import number, tr
from hotfix_desktop.ui.labels import SignLabel, ToneLabel
from hotfix_desktop.ui.theme import BETWEEN, ROW, Role, Theme
from hotfix_desktop.ui.tick_delegate import TickDelegate

DIFF, SAID, EDIT = range(3)
_DECIDED = {
    Side.OURS: "Decided: the hotfix's file as a whole. What development changed in it is lost on this branch.",
    Side.THEIRS: "Decided: development's file as a whole. Nothing of the hotfix goes into it.",
    Side.MERGED: "Decided: the text that was made of both.",
}


class ReviewPage(DeliveryPage):
    """Shows the differences and takes the decisions."""

    def __init__(self, draft: Draft, jobs: DeliveryJobs, theme: Theme) -> None:
        """Make the page; it plans when it is come to."""
        super().__init__(tr("Review"), " ", draft, jobs)
        self.model = FilesModel(draft, theme, self)
        self.table = QTableView(self)
        self.diff = DiffView(theme, jobs.compute, self)
        self.editor = MergeEditor(self)
        self._said = ToneLabel("", Role.QUIET, self)
        self._stack = QStackedWidget(self)
        self._remarks = SignLabel("info", Role.TEXT)
        self._about = ToneLabel("", Role.TEXT, self)
        self._file_job: Job | None = None
        self._meeting: FileMeeting | None = None
        self.buttons: dict[Side, QPushButton] = {}
        self._build()
        self.model.ticked.connect(self._decided)

    def initializePage(self) -> None:
        """Plan anew what was chosen, unless that is known already."""
        draft = self.draft
        self._stack.setCurrentIndex(SAID)
        self._said.setText("")
        self._remarks.set_text("")
        git = draft.way is Way.REPOSITORY
        for button in self.buttons.values():
            button.setVisible(git)
        self._about.setVisible(git)
        self.table.setColumnHidden(FileColumn.MEETING, not git)
        if not git:
            self.setSubTitle(tr("This is what the hotfixes changed, all in all."))
            if draft.told is not None:
                self._show_told(draft.told)
        elif draft.plan is not None and draft.planned_for == draft.plan_key:
            self._show_plan()
        else:
            draft.plan = None
            self.model.show_plan()
            self.setSubTitle(tr("Comparing with development…"))
            job = self.jobs.plan(draft.hotfixes, Path(draft.repository), draft.onto, draft.branch)
            self.watch(job, self._planned)

    def cleanupPage(self) -> None:
        """Go back; the decisions stay."""
        super().cleanupPage()
        self._forget_file()

    def validatePage(self) -> bool:
        """Leave the page."""
        self._forget_file()
        return True

    def why_not(self) -> str:
        """Say what is missing."""
        draft = self.draft
        if draft.way is not Way.REPOSITORY:
            return ""
        if self.is_waiting:
            return tr("Comparing with development…")
        if draft.plan is None:
            return tr("Go back and choose another repository or branch.")
        if not draft.ticked:
            return tr("Tick at least one file.")
        if draft.undecided:
            left = len(draft.undecided)
            return f"{plural(left, 'file is', 'files are')} in conflict and must be decided."
        if self._stack.currentIndex() == EDIT:
            return tr("Use the edited text, or discard it.")
        return ""

    def fail(self, error: HotfixError) -> None:
        """Say what went wrong."""
        super().fail(error)
        self.setSubTitle(tr("This cannot be delivered so."))

    def _build(self) -> None:
        table = self.table
        table.setObjectName("deliveryFiles")
        table.setAccessibleName(tr("Changed files"))
        table.setModel(self.model)
        table.setItemDelegateForColumn(FileColumn.FILE, TickDelegate(table))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(ROW)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        letter = self.fontMetrics().averageCharWidth()
        for column, letters in ((FileColumn.ELEMENT, 26), (FileColumn.CHANGE, 11), (FileColumn.MEETING, 33)):
            header.resizeSection(column, letters * letter)
        header.setSectionResizeMode(FileColumn.FILE, QHeaderView.ResizeMode.Stretch)
        table.selectionModel().currentRowChanged.connect(lambda now, _before: self._choose(now))
        self._said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.editor.accepted.connect(lambda text: self._decide(Decision(Side.MERGED, text)))
        self.editor.left.connect(self._show_chosen)
        for widget in (self.diff, self._said, self.editor):
            self._stack.addWidget(widget)
        below = QWidget(self)
        lower = QVBoxLayout(below)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(BETWEEN)
        row = QHBoxLayout()
        row.setSpacing(BETWEEN)
        row.addWidget(self._about, 1)
        texts = {
            Side.OURS: tr("Use the &hotfix's (ours)"),
            Side.THEIRS: tr("Use &development's (theirs)"),
            Side.MERGED: tr("&Edit merged text…"),
        }
        for side, text in texts.items():
            button = QPushButton(text, self)
            button.setObjectName(f"decide{side.value.capitalize()}")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, s=side: self._press(s))
            self.buttons[side] = button
            row.addWidget(button)
        lower.addLayout(row)
        lower.addWidget(self._stack, 1)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(table)
        splitter.addWidget(below)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([ROW * 6, ROW * 9])  # a header and five files
        self.add(self._remarks, splitter)
        self.body.setStretch(1, 1)

    def _planned(self, plan: DeliveryPlan) -> None:
        self.draft.take_plan(plan)
        self._show_plan()

    def _show_plan(self) -> None:
        plan = self.draft.plan
        assert plan is not None
        where = f"{plan.branch} ({tr('from')} {plan.onto})" if plan.branch != plan.onto else plan.branch
        self.setSubTitle(
            tr("This is what the commit on %1 in %2 changes.").replace("%1", where).replace("%2", plan.repository.name)
        )
        self._remarks.set_text(" ".join(plan.remarks))
        self.model.show_plan()
        self._begin()

    def _show_told(self, told: LetterDraft) -> None:
        self._remarks.set_text(" ".join(told.remarks))
        self.model.show_told(told.files)
        self._begin()

    def _begin(self) -> None:
        if self.model.rows:
            self.table.selectRow(0)
            self._choose(self.model.index(0, 0))
        self.changed()

    @property
    def chosen(self) -> FileRow | None:
        """The file that is chosen."""
        row = self.table.currentIndex().row()
        return self.model.rows[row] if 0 <= row < len(self.model.rows) else None

    def _choose(self, _index: QModelIndex) -> None:
        row, plan = self.chosen, self.draft.plan
        self._forget_file()
        self._meeting = None
        if row is None:
            return
        if row.merged is not None and plan is not None:
            job = self.jobs.meeting(plan, row.merged, self.draft.decisions.get(row.path))
        else:
            job = self.jobs.change(self.draft.hotfixes, row.path.decode("utf-8"))
        self._file_job = job
        self._say(tr("Reading %1…").replace("%1", row.shown))

        def came(meeting: FileMeeting) -> None:
            if self._file_job is job:
                self._file_job, self._meeting = None, meeting
                self._show_chosen()

        def failed(error: HotfixError) -> None:
            if self._file_job is job:
                self._file_job = None
                self._say(str(error))

        job.done.connect(came)
        job.failed.connect(failed)
        self._allow()

    def _forget_file(self) -> None:
        job, self._file_job = self._file_job, None
        if job is not None:
            job.cancel()

    def _say(self, sentence: str) -> None:
        self._said.setText(sentence)
        self._stack.setCurrentIndex(SAID)

    def _show_chosen(self) -> None:
        meeting, row = self._meeting, self.chosen
        if meeting is None or row is None:
            return
        shown = meeting.shown
        if shown.form is Form.TEXT and shown.meaning is not None:
            if shown.meaning.hunks:
                self.diff.show_lines(row.path, shown.exact or shown.meaning)
                self._stack.setCurrentIndex(DIFF)
            else:
                self._say(tr("Nothing changes in development."))
        else:
            sizes = [
                f"{tr(word)}: {number(v.size)} {tr('bytes')}, SHA-256 {v.sha256[:16]}…" if v else f"{tr(word)}: –"
                for word, v in ((("Before"), shown.before), (("After"), shown.after))
            ]
            self._say(tr("This is no text.") + "\n" + "\n".join(sizes))
        self._allow()
        self.changed()

    def _allow(self) -> None:
        row = self.chosen
        is_conflict = row is not None and row.merged is not None and row.merged.merge is Merge.CONFLICT
        made = self.draft.decisions.get(row.path) if row is not None else None
        if not is_conflict:
            self._about.setText(tr("Development and the result, side by side."))
        elif made is None:
            self._about.setText(tr("Both changed it: left development, right the hotfix. Which one goes home?"))
        else:
            self._about.setText(tr(_DECIDED[made.side]))
        why = "" if is_conflict else tr("This file is not in conflict, so there is nothing to decide.")
        for side, button in self.buttons.items():
            reason = why
            if not reason and side is Side.MERGED and (self._meeting is None or self._meeting.merged is None):
                reason = tr("This file is no text that could be edited.")
            button.setEnabled(not reason)
            button.setToolTip(reason)
            button.setAccessibleDescription(reason)

    def _press(self, side: Side) -> None:
        if side is not Side.MERGED:
            self._decide(Decision(side))
            return
        row = self.chosen
        if row is None or self._meeting is None or self._meeting.merged is None:
            return
        made = self.draft.decisions.get(row.path)
        text = text_of(made.text if made is not None and made.text is not None else self._meeting.merged)
        if text is not None:
            self.editor.begin(text)
            self._stack.setCurrentIndex(EDIT)
            self.changed()

    def _decide(self, decision: Decision) -> None:
        row = self.chosen
        if row is None:
            return
        self.draft.decisions[row.path] = decision
        self.model.look_again()
        self._choose(self.table.currentIndex())
        self._decided()
        left = self.draft.undecided
        if left:  # on to the next one
            for at, other in enumerate(self.model.rows):
                if other.merged is left[0]:
                    self.table.selectRow(at)
                    break

    def _decided(self) -> None:
        self.changed()
