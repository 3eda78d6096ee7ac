"""The audit log window itself: the keyboard, names, what is remembered, light and dark."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTableView,
    QTextBrowser,
)

from hotfix_desktop.core.audit import AuditResult
from hotfix_desktop.ui.audit_filters import AuditFilterBar
from hotfix_desktop.ui.audit_model import Column
from hotfix_desktop.ui.audit_top import AuditTop
from hotfix_desktop.ui.theme import Scheme
from hotfix_desktop.ui.timeline import TimelineView
from hotfix_desktop.ui.verification_badge import VerificationBadge
from tests.ui.audit_windows import ALL, action, box, button, choose, count, search, select, table, texts

# Columns and memory


def test_columns_can_be_hidden_but_not_all(window):
    view = table(window)
    shown = [a for a in view.column_actions if a.isChecked()]
    assert shown[0].text() == "Event date"
    for column in shown[:-1]:
        column.trigger()
    last = shown[-1]
    assert view.isColumnHidden(Column.DATE)
    assert not last.isEnabled()
    assert last.toolTip() == "This is the only column that is left."
    action(window, "ResetColumns").trigger()
    assert not any(view.isColumnHidden(column) for column in Column)
    assert last.isEnabled()


def test_the_list_fills_its_pane(window):
    view = table(window)
    for width in (1024, 1400):
        window.resize(width, 700)
        assert view.horizontalHeader().length() == view.viewport().width()
    view.column_actions[Column.DESCRIPTION].trigger()
    assert view.horizontalHeader().length() == view.viewport().width()


def test_how_the_window_looked_is_remembered(qtbot, audit, path, window):
    view = table(window)
    window.resize(1000, 640)
    view.column_actions[Column.IP_ADDRESS].trigger()
    view.horizontalHeader().moveSection(Column.RESULT, 0)
    view.setColumnWidth(Column.OWNER, 77)
    for name in ("Utc", "Details", "Timeline"):
        action(window, name).trigger()
    with qtbot.waitSignal(window.closed):
        window.close()
    again = audit.show(path)
    header = table(again).horizontalHeader()
    assert again.height() == 640  # no wider than the screen of the tests
    assert header.isSectionHidden(Column.IP_ADDRESS)
    assert not table(again).column_actions[Column.IP_ADDRESS].isChecked()
    assert header.visualIndex(Column.RESULT) == 0
    assert header.sectionSize(Column.OWNER) == 77
    assert action(again, "Utc").isChecked()
    assert not action(again, "Details").isChecked()
    assert not again.findChild(TimelineView).isVisible()
    assert not button(again, "Show related").isVisible()


def test_a_sorting_is_not_remembered(qtbot, audit, path, window):
    table(window).horizontalHeader().sectionClicked.emit(Column.OWNER)
    qtbot.waitUntil(lambda: texts(window, Column.OWNER)[0] == "ann")
    window.close()
    again = audit.show(path)
    qtbot.waitUntil(lambda: count(again) == ALL)
    assert table(again).horizontalHeader().sortIndicatorSection() == Column.DATE
    assert texts(again, Column.DATE)[0] > texts(again, Column.DATE)[1]


def test_damaged_settings_are_ignored(qtbot, audit, path, caplog):
    for name in ("geometry", "panes", "columns", "utc", "details", "timeline", "filters"):
        audit.settings.setValue(f"auditWindow/{name}", "nonsense")
    window = audit.show(path)
    qtbot.waitUntil(lambda: count(window) == ALL)
    room = window.screen().availableGeometry().size()
    assert (window.height(), room.width() - window.width() < 16) == (700, True), "as large as it wants, or fits"
    assert action(window, "Details").isChecked()
    assert "the saved filters cannot be read" in caplog.text


# The timeline


def test_the_timeline_is_shown_until_it_is_hidden_and_follows_the_filters(qtbot, window):
    view = window.findChild(TimelineView)
    assert view.isVisible()
    action(window, "Timeline").trigger()
    assert not view.isVisible()
    action(window, "Timeline").trigger()
    select(window, 0)
    qtbot.waitUntil(lambda: view.select(5))
    choose(window, "Period", "Last 7 days")
    qtbot.waitUntil(lambda: not view.select(5))
    qtbot.waitUntil(lambda: view.select(330))
    view.chosen.emit(330, 988, 990)
    qtbot.waitUntil(lambda: count(window) == "3 of 1,000 entries")
    assert view.select(331), "the picture still has the others"


# Keyboard


@pytest.mark.parametrize("key", [Qt.Key.Key_W, Qt.Key.Key_Q])
def test_ctrl_w_and_on_its_own_ctrl_q_close(qtbot, window, key):
    with qtbot.waitSignal(window.closed):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()


def test_f6_goes_from_part_to_part_and_back(qtbot, window):
    select(window, 0)
    table(window).setFocus()
    details = window.findChild(QTextBrowser, "auditDetails")
    verify = button(window, "Verify again")
    parts = [details, verify, search(window), window.findChild(TimelineView), table(window), details]
    for part in parts:
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_F6)
        assert window.focusWidget() is part
    for part in reversed(parts[:-1]):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
        assert window.focusWidget() is part
    action(window, "Timeline").trigger()
    search(window).setFocus()
    qtbot.keyClick(search(window), Qt.Key.Key_F6)
    assert window.focusWidget() is table(window), "one that is hidden is passed over"


def test_every_action_has_a_shortcut_of_its_own_and_says_what_it_does(window):
    actions = [a for menu in window.menuBar().actions() for a in leaves(menu)]
    actions = [a for a in actions if a.objectName() or a.isCheckable()]
    assert len(actions) == 42
    keys = [key.toString() for a in actions for key in a.shortcuts()]
    assert [a.objectName() for a in actions if not a.shortcuts()] == ["actionAuditEvidence"]
    assert len(keys) == len(set(keys))
    assert not {"Ctrl+U", "Ctrl+E"} & set(keys)
    assert all(a.statusTip() and a.toolTip() for a in actions)


def leaves(entry: QAction) -> list[QAction]:
    menu = entry.menu()
    if menu is None:
        return [] if entry.isSeparator() else [entry]
    return [leaf for inner in menu.actions() for leaf in leaves(inner)]


def test_mnemonics_are_unique(window):
    shown = [w for kind in (QLabel, QAbstractButton) for w in window.findChildren(kind) if w.isVisible()]
    texts = [w.text().replace("&&", "") for w in shown]
    texts += [a.text() for a in window.menuBar().actions()]
    keys = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert [key for key in keys if keys.count(key) > 1] == []


def test_the_keyboard_reaches_everything_in_order(qtbot, window):
    select(window, 0)
    choose(window, "Period", "Last year")
    qtbot.waitUntil(lambda: "…" not in count(window))
    choose(window, "Period", "This year")
    qtbot.waitUntil(lambda: count(window) == "1,000 of 1,000 entries")
    qtbot.waitUntil(lambda: window.findChild(VerificationBadge).text == "Not signed")
    button(window, "Verify again").setFocus()
    visited = []
    while len(visited) < 30:
        focus = window.focusWidget()
        visited.append(focus.accessibleName() or focus.objectName())
        window.focusNextChild()
        if window.focusWidget() is button(window, "Verify again"):
            break
    assert visited == [
        "Verify again",
        "Export",
        "Print",
        "Search the audit log",
        "Clear filters",
        "Save filter…",
        "Saved filters",
        "Period",
        "Type",
        "Package",
        "Owner",
        "Result",
        "Timeline of hotfixes",
        "Entries of the audit log",
        "All fields of the selected entry",
        "Raw bytes",
        "Show related",
        "Open changes",
        "Copy",
        "Not signed",
    ]


# Names


def test_every_control_has_a_name(window):
    kinds = (QLineEdit, QComboBox, QAbstractButton, QTableView, QTextBrowser, QPlainTextEdit, TimelineView)
    controls = [w for kind in kinds for w in window.findChildren(kind)]
    named = [w for w in controls if w.focusPolicy() is not Qt.FocusPolicy.NoFocus]
    assert len(named) >= 20
    assert [w for w in named if not w.accessibleName()] == []


def test_every_label_of_a_filter_leads_to_its_control(window):
    bar = window.findChild(AuditFilterBar)
    buddies = {label.text().replace("&", ""): label.buddy() for label in bar.findChildren(QLabel)}
    assert isinstance(buddies["Search"], QLineEdit)
    for name in ("Period", "Type", "Package", "Owner", "Result"):
        assert buddies[name].accessibleName() == name


# Light and dark


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_nothing_is_cut_off_at_1024_by_700(qtbot, audit, window, scheme):
    audit.theme.apply(scheme)
    window.resize(1024, 700)
    action(window, "Timeline").trigger()
    assert window.size().toTuple() == (1024, 700)
    for bar in (window.findChild(AuditFilterBar), window.findChild(AuditTop)):
        for control in [*bar.findChildren(QLabel), *bar.findChildren(QAbstractButton)]:
            if control.isVisible():
                assert control.width() >= control.minimumSizeHint().width(), control.text()
                assert bar.rect().contains(control.geometry()) or control.parent() is not bar
    view = table(window)
    assert view.height() >= 4 * view.rowHeight(0)
    for column in (Column.DATE, Column.RESULT, Column.TYPE):
        needed = view.fontMetrics().horizontalAdvance(texts(window, column)[0])
        assert view.columnWidth(column) > needed + (16 if column is Column.RESULT else 0)
    assert view.columnWidth(Column.DESCRIPTION) > 200


def test_icons_of_results_follow_the_theme(window, audit):
    model = table(window).model()
    cell = model.index(0, Column.RESULT)
    assert cell.data() == AuditResult.SUCCESS.value

    def colour():
        image = cell.data(Qt.ItemDataRole.DecorationRole).pixmap(48, 48).toImage()
        return {image.pixelColor(x, 24).name() for x in range(48) if image.pixelColor(x, 24).alpha() == 255}

    light = colour()
    audit.theme.apply(Scheme.DARK)
    assert light
    assert colour() != light


def test_the_boxes_keep_their_width(window):
    wide = box(window, "Owner").width()
    choose(window, "Period", "Last 30 days")
    assert box(window, "Owner").width() == wide
