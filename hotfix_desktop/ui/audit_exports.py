"""Taking entries away from the audit log window: files, evidence, and paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.runtime.audit_session import AuditSession
from hotfix_desktop.services.exporting import ExportFormat
from hotfix_desktop.ui.audit_actions import AuditActions


class AuditExports(QObject):
    """Opens the dialog of each export; what is offered is what the window shows."""

    def __init__(
        self,
        session: AuditSession,
        actions: AuditActions,
        title: str,
        shown: Callable[[], tuple[LogQuery, int]],
        verdict: Callable[[], Verdict | None],
        now: Callable[[], datetime],
        window: QWidget,
    ) -> None:
        """Follow the actions; ``shown`` gives what is filtered, and how many entries the log has."""
        super().__init__(window)
        self._session, self._title, self._window = session, title, window
        self._shown, self._verdict, self._now = shown, verdict, now
        kinds = {
            ExportFormat.CSV: actions.export_csv,
            ExportFormat.JSONL: actions.export_jsonl,
            ExportFormat.PDF: actions.report,
            ExportFormat.BUNDLE: actions.bundle,
        }
        for kind, action in kinds.items():
            action.triggered.connect(partial(self._ask, kind, everything=False))
        actions.evidence.triggered.connect(partial(self._ask, ExportFormat.BUNDLE, everything=True))
        actions.print.triggered.connect(self._print)

    def _ask(self, kind: ExportFormat, _checked: bool = False, *, everything: bool) -> None:
        from hotfix_desktop.ui.export_dialog import ExportDialog  # not before somebody wants it

        query, total = self._shown()
        ExportDialog(
            self._session.exports,
            kind,
            LogQuery() if everything else query,
            total,
            self._title,
            Path(_documents()),
            self._now(),
            self._window,
        ).open()

    def _print(self) -> None:
        from hotfix_desktop.ui.report_printing import print_report

        query, _ = self._shown()
        work = self._session.work
        print_report(
            self._session.report(query, self._verdict()),
            None if work is None else work.enter_printed,
            self._window,
        )


def _documents() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or str(Path.home())
