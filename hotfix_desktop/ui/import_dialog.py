"""*Import archive…*: what an archive would do, the decisions that it needs, doing it, and what became of the packages.

Nothing is changed before the button is pressed, and the button says what happens (``design.md`` P5).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QSplitter, QVBoxLayout, QWidget

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.update_plan import PackagePlan, Take, UpdatePlan
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.runtime.update_jobs import ImportResult, UpdateJobs
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.import_decision import DecisionBox
from hotfix_desktop.ui.import_files import FileRow, FileTable
from hotfix_desktop.ui.import_packages import PackageList
from hotfix_desktop.ui.import_preview import ImportPreview, Pair
from hotfix_desktop.ui.import_result import ImportResultPage
from hotfix_desktop.ui.import_words import named, verb_of, versions_of, why_not_update
from hotfix_desktop.ui.labels import SignLabel, heading
from hotfix_desktop.ui.theme import BETWEEN, Theme
from hotfix_desktop.ui.window_room import DIFFERENCE, room_for_difference, take_wanted
from hotfix_desktop.ui.work_progress import WorkProgress


class ImportDialog(Dialog):
    """Looks at one archive, asks, and updates.

    Attributes:
        plan: what the archive would do; None before it has been looked at.
        takes: what is decided, by the names of the packages.
        result: what was done; None before that.
    """

    def __init__(self, archive: Path, jobs: UpdateJobs, theme: Theme, icons: Icons, parent: QWidget | None) -> None:
        """Keep what is to be looked at; :meth:`look` begins."""
        super().__init__(parent, columns=96, grows=True)
        self.setObjectName("importDialog")
        self.setWindowTitle(tr("Import archive"))
        self._archive, self._jobs = archive, jobs
        self._job: Job | None = None
        self._updating = False
        self.plan: UpdatePlan | None = None
        self.takes: dict[str, Take] = {}
        self.outcome: ImportResult | None = None
        self.packages = PackageList(icons, self)
        self.decision = DecisionBox(self)
        self.files = FileTable(icons, theme, self)
        self.preview = ImportPreview(jobs, theme, self)
        self.older = QCheckBox(self)
        self.modifiable = QCheckBox(self)
        self.done_page = ImportResultPage(icons, self)
        self._trouble = SignLabel()
        self._wrong = SignLabel("error", parent=self)
        self._progress = WorkProgress(tr("Import"), self)
        self._asking = QWidget(self)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._nothing = QWidget(self)  # stands in for the files of a package that is refused
        self._build()
        self._connect()
        self.refresh()
        take_wanted(self)

    def sizeHint(self) -> QSize:
        """Ask for room for a difference side by side."""
        return room_for_difference(self)

    def _build(self) -> None:
        self.older.setObjectName("importOlder")
        self.modifiable.setObjectName("importModifiable")
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.files)
        self._split.addWidget(self.preview)
        self._split.setSizes([DIFFERENCE.width() * 2, DIFFERENCE.width() * 3])
        asking = QVBoxLayout(self._asking)
        asking.setContentsMargins(0, 0, 0, 0)
        asking.setSpacing(BETWEEN)
        asking.addWidget(self._trouble)
        asking.addWidget(self.packages)
        asking.addWidget(self.decision)
        asking.addWidget(self._split, 1)
        asking.addWidget(self._nothing, 1)
        asking.addWidget(self.older)
        asking.addWidget(self.modifiable)
        self.body.setSpacing(BETWEEN)
        self.body.addWidget(heading(self._archive.name))
        self.body.addWidget(self._wrong)
        # No stack of pages: QStackedLayout takes the height that a page would like for the least that it needs.
        self.body.addWidget(self._asking, 1)
        self.body.addWidget(self.done_page, 1)
        self.body.addWidget(self._progress)
        self.body.addStretch(0)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._cancel = box.button(QDialogButtonBox.StandardButton.Cancel)
        self._again = box.addButton(tr("&Look again"), QDialogButtonBox.ButtonRole.ActionRole)
        self._again.setObjectName("importAgain")
        self._again.clicked.connect(self.look)
        self._update = box.addButton(tr("&Update"), QDialogButtonBox.ButtonRole.ActionRole)
        self._update.setObjectName("importButton")
        self._update.clicked.connect(self._begin)
        box.rejected.connect(self.reject)
        self.add_buttons(box, self._update, explains=True)

    def _connect(self) -> None:
        self.packages.chosen.connect(self._choose_package)
        self.files.chosen.connect(self._choose_file)
        self.decision.decided.connect(self._decide)
        self.older.toggled.connect(lambda _on: self.refresh())
        self.modifiable.toggled.connect(lambda _on: self.refresh())

    # Looking

    def look(self) -> None:
        """Look at the archive, for the first time or anew; what was decided has to be decided again."""
        self.plan = None
        self.takes.clear()
        self._wrong.set_text("")
        self.preview.forget()
        self.forget_problem()
        self._watch(self._jobs.plan(self._archive), self._show_plan)

    def _show_plan(self, plan: UpdatePlan) -> None:
        self.plan = plan
        refused = any(package.problem for package in plan.packages)
        self._trouble.set_text(plan.problem if not refused else "")
        for box, packages, text in (
            (self.older, [p for p in plan.packages if p.is_older], tr("Take an &older version:")),
            (self.modifiable, [p for p in plan.packages if p.is_modifiable], tr("&Overwrite what is modifiable here:")),
        ):
            box.setChecked(False)
            box.setVisible(bool(packages) and not refused)
            names = named(f"{p.name} {versions_of(p)}" if p.is_older else p.name for p in packages)
            box.setText(f"{text} {names.replace('&', '&&')}")
            box.setAccessibleName(f"{text.replace('&', '')} {names}")
        self.packages.show_packages(plan.packages, self.takes)
        self.refresh()
        self.packages.setFocus()

    def _choose_package(self, package: PackagePlan | None) -> None:
        take = self.takes.get(package.name) if package is not None else None
        self.decision.show_package(package, take)
        refused = package is None or bool(package.problem)
        self._split.setVisible(not refused)
        self._nothing.setVisible(refused)
        self.files.show_package(package)

    def _choose_file(self, row: FileRow | None) -> None:
        package = self.packages.current
        if self.plan is not None and package is not None:
            self.preview.show_file(self.plan, package, row)

    # Deciding

    def _decide(self, take: Take) -> None:
        package = self.packages.current
        if package is None:
            return
        self.takes[package.name] = take
        self.packages.show_decisions(self.takes)
        pair = Pair.ON_TOP if take is Take.OURS else Pair.UPDATE
        self.preview.pair.setCurrentIndex(self.preview.pair.findData(pair.value))
        self.refresh()

    def refresh(self) -> None:
        """Bring buttons and sentences in line with what is known, decided, under way and done."""
        working, plan, done = self._job is not None, self.plan, self.outcome is not None
        self._progress.setVisible(working)
        self._asking.setVisible(plan is not None and not done)
        self._asking.setEnabled(not working)
        self.done_page.setVisible(done)
        failed = not working and not done and (plan is None or bool(self.problem))
        self._again.setVisible(failed)
        self._update.setVisible(not done and (working or plan is not None))
        if plan is not None:
            self._update.setText(verb_of(plan))
        if not working:
            self._cancel.setEnabled(True)
            self._cancel.setText(tr("Close") if done else tr("Cancel"))
        self.explain(self._update, "" if done else self._why_not())

    def _why_not(self) -> str:
        if self._job is not None:
            return tr("Updating…") if self._updating else tr("Looking at the archive…")
        if self.plan is None:
            return tr("This archive cannot be imported.")
        older, modifiable = self.older.isChecked(), self.modifiable.isChecked()
        return why_not_update(self.plan, self.takes, older=older, modifiable=modifiable)

    # Doing

    def _begin(self) -> None:
        if self.plan is None or self._job is not None or self._why_not():
            return
        self.forget_problem()
        self.preview.forget()
        job = self._jobs.update(
            self.plan, dict(self.takes), older=self.older.isChecked(), modifiable=self.modifiable.isChecked()
        )
        self._watch(job, self._show_result, updating=True)
        self._cancel.setFocus()

    def _show_result(self, result: ImportResult) -> None:
        self.outcome = result
        self.done_page.show_result(result)
        self.refresh()
        self._cancel.setDefault(True)
        self._cancel.setFocus()

    def _watch(self, job: Job, done: Callable[[Any], None], *, updating: bool = False) -> None:
        self._job, self._updating = job, updating
        self._progress.begin()
        job.stepped.connect(self._progress.show_step)

        def over(act: Callable[[Any], None], value: Any) -> None:
            if self._job is job:
                self._job, self._updating = None, False
                act(value)

        job.done.connect(lambda value: over(done, value))
        job.failed.connect(lambda error: over(self._failed, error))
        self.refresh()

    def _failed(self, error: HotfixError) -> None:
        said = tr("Cancelled; everything is as it was.") if isinstance(error, Cancelled) else str(error)
        if self.plan is None:
            self._wrong.set_text(said)
        else:
            self.show_problem("", said)
        self.refresh()
        (self._again if self.plan is None else self._cancel).setFocus()

    def reject(self) -> None:
        """Stop the update first, and stay until it has; what is only looked at is left at once."""
        if self._job is None or not self._updating:
            super().reject()
            return
        self._job.cancel()
        self._cancel.setText(tr("Cancelling…"))
        self._cancel.setEnabled(False)

    def done(self, result: int) -> None:
        """End; nobody wants any answer any more."""
        job, self._job = self._job, None
        if job is not None:
            job.cancel()
        self.preview.forget()
        self._jobs.forget()
        super().done(result)
