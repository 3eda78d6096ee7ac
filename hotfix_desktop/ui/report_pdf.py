"""A report as a PDF, painted into memory: a printer of Qt's would not say that the disk is full."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QPageLayout, QPainter, QPdfWriter

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.ui.report_pages import ReportPages
from hotfix_desktop.ui.report_parts import Report
from hotfix_desktop.ui.report_type import DPI


def pdf_of(report: Report, paper: QPageLayout, progress: Progress = NOBODY) -> bytes:
    """Give the bytes of a PDF; raises ``Cancelled`` and ``WorkspaceError``."""
    pages = ReportPages(report, paper)
    for done, total in pages.steps():
        progress.step(done, total, "Laying out the pages")
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(report.name)
    writer.setCreator(report.footer)
    writer.setResolution(DPI)
    writer.setPageLayout(paper)
    painter = QPainter()
    if not painter.begin(writer):
        raise WorkspaceError("The PDF could not be begun.", "Export the log as CSV instead.")
    try:
        for page in range(len(pages)):
            progress.step(page, len(pages), "Writing the pages")
            if page and not writer.newPage():
                raise WorkspaceError(f"Page {page + 1} of the PDF could not be begun.")
            pages.paint(painter, page, DPI)
    finally:
        painter.end()
        buffer.close()
    return bytes(buffer.data().data())
