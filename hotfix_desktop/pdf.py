"""The door of the PDF report: builds a Qt application that shows nothing, and writes a report with it.

It is a process of its own for the window, too: laying out a thousand hotfixes takes longer than a frame may.
Imported only when a PDF is wanted, so that the other commands do without Qt.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtGui import QGuiApplication

from hotfix_desktop.core.errors import Refused
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.runtime.qt_pair import bad_pair_sentence
from hotfix_desktop.services.export_place import check_place
from hotfix_desktop.services.exporting import Exported, ExportFormat, demand_export, enter_export
from hotfix_desktop.services.landing import Landing
from hotfix_desktop.services.reporting import gather
from hotfix_desktop.services.verifying import verify, verify_and_enter
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.ui.report_pages import paper_of
from hotfix_desktop.ui.report_pdf import pdf_of
from hotfix_desktop.ui.report_picture import whole_report

if TYPE_CHECKING:
    from hotfix_desktop.core.verdict import Verdict
    from hotfix_desktop.services.auditing import AuditDesk


def write_report(
    desk: Workbench | AuditDesk,
    wanted: LogQuery,
    target: Path,
    verdict: Verdict | None = None,
    progress: Progress = NOBODY,
) -> Exported:
    """Write the report of a period to a file, which is replaced if there is one; of a workbench that is an entry.

    Of the question only the period counts. Without a verdict the whole log is verified first. Raises ``Denied``,
    ``StoreError``, ``WorkspaceError``, ``ExportFailed`` and ``Cancelled``; ``target`` is then as it was.
    """
    bad = bad_pair_sentence()
    if bad:
        raise Refused(bad)
    application = QGuiApplication.instance() or _application()
    period = LogQuery(since=wanted.since, until=wanted.until)
    demand_export(desk)
    check_place(desk, target)
    with Landing(target) as landing:
        verdict = verdict or _verified(desk, progress)
        facts = gather(desk, period, verdict, progress)
        landing.write(pdf_of(whole_report(facts), paper_of(QLocale.system()), progress))
        del application
        made = Exported(landing.target, facts.entries, landing.finish())
        return enter_export(desk, period, ExportFormat.PDF, made, landing)


def _verified(desk: Workbench | AuditDesk, progress: Progress) -> Verdict:
    if isinstance(desk, Workbench):
        return verify_and_enter(desk, everything=True, progress=_Named(progress, "Verifying the log"))
    now = desk.clock.now().utc
    return verify(desk.store.path, now, everything=True, progress=_Named(progress, "Verifying the log"))


class _Named(Progress):
    """Passes on how far a part has come that does not say what it does."""

    def __init__(self, whole: Progress, what: str) -> None:
        """Keep who hears of it."""
        self._whole, self._what = whole, what

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        """Pass it on."""
        self._whole.step(done, total, what or self._what)

    def check(self) -> None:
        """Pass a cancel on."""
        self._whole.check()


def _application() -> QGuiApplication:
    if sys.platform.startswith("linux"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"  # nothing is shown, so no display is asked for
    return QGuiApplication(["hotfix-desktop"])
