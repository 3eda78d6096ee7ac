"""The PDF of a report: valid, with all its pages, on the paper that was asked for."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QFontDatabase

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.ui import report_type
from hotfix_desktop.ui.report_pages import paper_of
from hotfix_desktop.ui.report_pdf import pdf_of
from hotfix_desktop.ui.report_picture import whole_report
from tests.ui.report_samples import facts, some, verdict

pytestmark = pytest.mark.usefixtures("qapp")

A4 = paper_of(QLocale("uk_UA"))


class Steps(Progress):
    """Keeps what it hears, and cancels at the n-th step of a kind."""

    def __init__(self, cancel: tuple[str, int] | None = None) -> None:
        self.heard: list[tuple[int, int, str]] = []
        self._cancel = cancel

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        self.heard.append((done, total, what))
        if self._cancel == (what, done):
            raise Cancelled


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_pdf_has_every_page_and_its_title():
    steps = Steps()
    made = pdf_of(whole_report(some(120, verdict=verdict())), A4, steps)
    assert made.startswith(b"%PDF-1.")
    assert made.rstrip().endswith(b"%%EOF")
    written = [(done, total) for done, total, what in steps.heard if what == "Writing the pages"]
    assert pages(made) == written[0][1] == len(written) > 5
    assert "Hotfix audit report: Production".encode("utf-16-be") in made
    assert re.search(rb"/MediaBox \[0 0 595(\.\d+)? 84[12]", made)


def test_letter_is_letter():
    made = pdf_of(whole_report(facts()), paper_of(QLocale("en_US")))
    assert re.search(rb"/MediaBox \[0 0 612(\.0+)? 792", made)


@pytest.mark.parametrize("at", [("Laying out the pages", 5), ("Writing the pages", 1)])
def test_it_can_be_cancelled_while_it_is_laid_out_and_while_it_is_written(at: tuple[str, int]):
    steps = Steps(at)
    with pytest.raises(Cancelled):
        pdf_of(whole_report(some(120)), A4, steps)
    assert (steps.heard[-1][2], steps.heard[-1][0]) == at


def test_a_computer_without_fonts_is_told_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(QFontDatabase, "families", lambda: [])
    report_type.font.cache_clear()
    report_type._installed.cache_clear()
    try:
        with pytest.raises(WorkspaceError, match="has no fonts"):
            pdf_of(whole_report(facts()), A4)
    finally:
        report_type.font.cache_clear()
        report_type._installed.cache_clear()
