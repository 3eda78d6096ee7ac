"""What holds for every dialog: names for screen readers, one default button, plain text, colours that follow."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.lifecycle import Hotfix, HotfixState
from hotfix_desktop.core.manifest import Drift
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.runtime.lane import Job
from hotfix_desktop.services.aftermath import Aftermath
from hotfix_desktop.ui.about_dialog import AboutDialog
from hotfix_desktop.ui.aftermath_dialog import AftermathDialog
from hotfix_desktop.ui.crash_dialog import CrashDialog
from hotfix_desktop.ui.dialog import Dialog
from hotfix_desktop.ui.drift_dialog import DriftDialog
from hotfix_desktop.ui.error_dialog import ErrorDialog
from hotfix_desktop.ui.extend_dialog import ExtendDialog
from hotfix_desktop.ui.labels import SignLabel, ToneLabel, meaning
from hotfix_desktop.ui.progress_dialog import JobDialog
from hotfix_desktop.ui.protect_dialog import ProtectDialog, ReleaseDialog
from hotfix_desktop.ui.roles_dialog import RolesDialog
from hotfix_desktop.ui.settings_dialog import SettingsDialog
from hotfix_desktop.ui.shortcuts_dialog import ShortcutsDialog
from hotfix_desktop.ui.theme import Role as Tone
from hotfix_desktop.ui.theme import contrast, dark_palette, light_palette
from hotfix_desktop.ui.unlock_dialog import UnlockDialog

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
LONG = "Usr" * 80


def _now() -> datetime:
    return NOW


def _hotfix() -> Hotfix:
    lease = Lease.starting(Moment(NOW, 1000, "boot"), 30)
    return Hotfix(1, 1, "key", LONG, "why", "", "ada", lease, HotfixState.OPEN)


ERROR = WorkspaceError(f"{LONG} failed.", f"Ask {LONG}.", LONG)
MAKERS: dict[str, Callable[[QWidget], Dialog]] = {
    "unlock": lambda w: UnlockDialog(LONG, Settings(ticket_required=True), ["why"], _now, w),
    "extend": lambda w: ExtendDialog(_hotfix(), Settings(), _now, w),
    "extend, with a reason": lambda w: ExtendDialog(_hotfix(), Settings(extension_reason=True), _now, w),
    "drift": lambda w: DriftDialog(LONG, Drift(0, False, (LONG,), (LONG,), (LONG,), 4000), "", NOW, w),
    "drift, read only": lambda w: DriftDialog(LONG, Drift(0), "You may not.", NOW, w),
    "aftermath": lambda w: AftermathDialog(Aftermath(NOW, (_hotfix(),), (_hotfix(),)), NOW, w),
    "settings": lambda w: SettingsDialog({"Maintainer": LONG}, "", w),
    "settings, read only": lambda w: SettingsDialog({}, "You may not.", w),
    "roles": lambda w: RolesDialog([(LONG, Role.AUDITOR)], "ada", "", w),
    "protect": lambda w: ProtectDialog(LONG, f"/{LONG}", 3, [LONG] * 20, [LONG], w),
    "release": lambda w: ReleaseDialog(LONG, f"/{LONG}", w, 3, [LONG]),
    "error": lambda w: ErrorDialog(LONG, ERROR, w, retry=True),
    "crash": lambda w: CrashDialog("KeyError", LONG, None, w),
    "job": lambda w: JobDialog(LONG, Job(w), w),
    "about": lambda w: AboutDialog({"Data": f"/{LONG}"}, w),
    "shortcuts": lambda w: ShortcutsDialog([("File", "Open folder…", "Ctrl+O")], w),
}
INPUTS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
)


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture(params=MAKERS)
def dialog(request, qtbot, window) -> Dialog:
    dialog = MAKERS[request.param](window)
    dialog.open()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def test_it_has_a_parent_a_name_a_title_and_deletes_itself(dialog, window):
    assert dialog.parent() is window
    assert dialog.objectName()
    assert dialog.windowTitle()
    assert dialog.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    assert dialog.windowModality() is Qt.WindowModality.WindowModal


def test_a_screen_reader_has_a_name_for_every_input(dialog):
    unnamed = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in dialog.findChildren(QWidget)
        if isinstance(widget, INPUTS)
        and not isinstance(widget, QHeaderView)
        and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name).strip()
    ]
    assert unnamed == []


def test_every_label_of_a_field_leads_to_its_editor(dialog):
    for field in dialog.fields.values():
        assert field.label.buddy() is field.editor


def test_enter_presses_the_default_button_or_the_one_with_the_focus(dialog):
    buttons = dialog.findChildren(QPushButton)
    assert sum(button.isDefault() for button in buttons) == 1
    for button in buttons:
        if button.isEnabled() and button.isVisible():
            button.setFocus()
            assert [b.text() for b in buttons if b.isDefault()] == [button.text()]


def test_texts_are_plain_and_nothing_is_wider_than_a_small_screen(dialog):
    for label in dialog.findChildren(QLabel):
        assert not label.text() or label.textFormat() is Qt.TextFormat.PlainText
    assert dialog.width() <= 760


def test_no_sentence_is_cut_off(qtbot, dialog):
    dialog.show_problem("", "This is a sentence that the owner tells, and it is long enough to be wrapped. " * 4)
    qtbot.waitUntil(
        lambda: all(
            label.height() >= label.heightForWidth(label.width())
            for label in dialog.findChildren(ToneLabel)
            if label.isVisible() and label.wordWrap()
        )
    )


@pytest.mark.parametrize("tone", list(Tone))
@pytest.mark.parametrize("palette", [light_palette, dark_palette])
def test_colours_of_meaning_can_be_read(palette, tone, qapp):
    background = palette().color(QPalette.ColorRole.Window)
    assert contrast(meaning(tone, palette()), background) >= 4.5


def test_a_sign_follows_the_palette(qtbot, qapp):
    sign = SignLabel(text="Wrong.")
    qtbot.addWidget(sign)
    sign.show()
    label = sign.findChild(ToneLabel)
    colours, pictures = [], []
    try:
        for palette in (light_palette(), dark_palette()):
            qapp.setPalette(palette)
            qtbot.waitUntil(
                lambda p=palette: label.palette().color(QPalette.ColorRole.WindowText) == meaning(Tone.OVERDUE, p)
            )
            colours.append(label.palette().color(QPalette.ColorRole.WindowText).name())
            pictures.append(sign.grab().toImage())
    finally:
        qapp.setPalette(QPalette())
    assert len(set(colours)) == 2
    assert pictures[0] != pictures[1]


def test_a_sign_without_a_sentence_takes_no_room(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    sign = SignLabel(parent=window)
    window.show()
    assert not sign.isVisible()
    sign.set_text("Wrong.")
    assert sign.isVisible()
    sign.set_text("")
    assert not sign.isVisible()


def test_words_without_end_are_broken_but_given_back_whole(qapp):
    label = ToneLabel(LONG)
    assert label.text() == LONG
    assert label.minimumSizeHint().width() < 500
    assert QApplication.instance() is qapp
    label.deleteLater()
