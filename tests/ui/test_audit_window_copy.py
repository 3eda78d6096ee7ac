"""Copying from the audit log window."""

import csv
import io
import json

from PySide6.QtCore import Qt

from hotfix_desktop.ui.audit_model import Column
from tests.ui.audit_windows import action, button, clipboard, select, table


def select_two(qtbot, window):
    select(window, 0)
    qtbot.keyClick(table(window), Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)


def said(window) -> str:
    return window.statusBar().currentMessage()


def test_ctrl_c_copies_the_selected_rows(qtbot, window):
    select_two(qtbot, window)
    action(window, "Utc").trigger()
    qtbot.keyClick(table(window), Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    first, second = clipboard().split("\n")
    assert first.split("\t")[0] == "2026-11-23 14:02:11"
    assert len(first.split("\t")) == len(second.split("\t")) == 7
    assert said(window) == "Copied 2 entries."


def test_hidden_columns_are_not_copied_and_order_is_kept(window):
    select(window, 0)
    view = table(window)
    view.setColumnHidden(Column.DATE, True)
    view.horizontalHeader().moveSection(Column.RESULT, 0)
    action(window, "CopyRows").trigger()
    assert clipboard().split("\t")[:2] == ["Success", "Unlock requested"]
    action(window, "CopyCsv").trigger()
    rows = list(csv.reader(io.StringIO(clipboard())))
    assert rows[0] == ["Result", "Type", "Package", "Owner", "IP address", "Description"]
    assert rows[1][:3] == ["Success", "Unlock requested", "UsrCustomerInvoices"] or rows[1][0] == "Success"
    assert said(window) == "Copied 1 entry as CSV."


def test_rows_as_json_and_as_markdown(qtbot, window):
    select_two(qtbot, window)
    action(window, "CopyJson").trigger()
    assert [found["number"] for found in json.loads(clipboard())] == [1000, 999]
    assert said(window) == "Copied 2 entries as JSON."
    action(window, "CopyMarkdown").trigger()
    lines = clipboard().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("| Event date | Type | Package |")
    assert said(window) == "Copied 2 entries as a Markdown table."


def test_copying_everything_says_that_more_was_not_read(window):
    table(window).selectAll()
    action(window, "CopyRows").trigger()
    copied = len(clipboard().split("\n"))
    assert 200 <= copied < 1000
    assert said(window) == (
        f"Copied {copied} entries of the 1,000 that are selected, those that were read: use Export for all of them."
    )


def test_copy_a_cell_and_all_fields(qtbot, window):
    select(window, 0, Column.OWNER)
    action(window, "CopyCell").trigger()
    assert clipboard() == "ann"
    qtbot.mouseClick(button(window, "Copy"), Qt.MouseButton.LeftButton)
    assert "Owner: ann" in clipboard().split("\n")
    assert "Number: 1000" in clipboard().split("\n")


def test_nothing_can_be_copied_before_something_is_chosen(window):
    for name in ("CopyRows", "CopyCsv", "CopyJson", "CopyMarkdown", "CopyCell", "CopyEntry", "Include", "Related"):
        assert not action(window, name).isEnabled()
        assert action(window, name).toolTip() == action(window, name).statusTip() == "Select an entry first."
