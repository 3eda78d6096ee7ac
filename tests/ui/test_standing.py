"""The banner about a broken log, the dialog that explains it, and the page of the settings about the seals."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton, QWidget

from hotfix_desktop.core.anchoring import OWN, Acknowledgement
from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.settings import SPECS
from hotfix_desktop.core.verdict import AnchorSeen, Break, Finding
from hotfix_desktop.services import sealing
from hotfix_desktop.services.sealing import SigningFacts
from hotfix_desktop.services.standing import Standing
from hotfix_desktop.ui.break_dialog import BreakDialog
from hotfix_desktop.ui.settings_dialog import SettingsDialog
from hotfix_desktop.ui.standing_banner import standing_banner
from tests.ui.real_window import PATIENCE

ADMINISTRATOR, AUDITOR = Role.ADMINISTRATOR, Role.AUDITOR
AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
ROLLED_BACK = Finding(
    Break.ROLLED_BACK, 1201, 1201, "The audit log was rolled back: 1,284 entries were signed, and there are 1,200."
)
FOUND = Standing(ROLLED_BACK, ("share",), (), (AnchorSeen("share", 1284, AT),), True, frozenset({ADMINISTRATOR}), False)
SAID = Acknowledgement("ann", ADMINISTRATOR, False, frozenset({"x"}), 7, "Restored <b>from</b> Friday")


def nothing() -> None:
    """Do nothing."""


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def opened(window):
    def open_it(standing: Standing, user: str = "ann") -> BreakDialog:
        dialog = BreakDialog(standing, user, window)
        dialog.open()
        return dialog

    return open_it


def button(dialog: QWidget, name: str) -> QPushButton:
    found = dialog.findChild(QPushButton, name)
    assert found is not None
    return found


def texts(dialog: QWidget) -> list[str]:
    return [label.text().replace("\u200b", "") for label in dialog.findChildren(QLabel) if not label.isHidden()]


# The banner


def test_a_log_in_order_has_no_banner():
    assert standing_banner(Standing(), nothing) is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((), "until an administrator and an auditor have acknowledged it."),
        ((SAID,), "until an auditor has acknowledged it, too."),
        ((replace(SAID, role=AUDITOR),), "until an administrator has acknowledged it, too."),
    ],
)
def test_a_banner_says_who_is_waited_for_and_stays(said, words):
    banner = standing_banner(replace(FOUND, acknowledged=said), nothing)
    assert banner is not None
    assert banner.sentence.startswith(ROLLED_BACK.sentence)
    assert banner.sentence.endswith(words)
    assert not banner.dismissible


def test_what_refuses_nothing_can_be_dismissed():
    finding = Finding(Break.SIGNATURE, 1, 1, "No copy bears a signature of this log's keys.")
    banner = standing_banner(Standing(finding), nothing)
    assert banner is not None
    assert (banner.sentence, banner.dismissible) == (finding.sentence, True)


# The dialog


def test_the_dialog_says_what_was_found_who_says_so_and_what_to_do(opened):
    silent = AnchorSeen("the system journal", problem="There is no system journal on this computer.")
    fits = AnchorSeen("another", 1200, AT)
    dialog = opened(replace(FOUND, places=("share", OWN), anchors=(*FOUND.anchors, fits, silent)))
    shown = texts(dialog)
    assert shown[0] == "The audit log was rolled back"
    assert ROLLED_BACK.sentence in shown
    assert any("put it back" in text for text in shown)
    order = [shown.index(title) for title in ("Who says so", "Whose copies fit the log", "Who says nothing")]
    assert order == sorted(order)
    assert shown[order[0] + 1].startswith("share: its newest copy is of ")
    assert shown[order[0] + 2] == "The signatures in the database itself"
    assert shown[order[1] + 1].startswith("another: ")
    assert shown[order[2] + 1] == f"{silent.name}: {silent.problem}"
    assert "For the Auditors: not yet" in shown


@pytest.mark.parametrize("kind", [Break.ROLLED_BACK, Break.TRUNCATED, Break.REPLACED, Break.SIGNATURE])
def test_each_kind_is_explained(opened, kind):
    dialog = opened(replace(FOUND, finding=replace(ROLLED_BACK, kind=kind), refuses=kind is not Break.SIGNATURE))
    shown = texts(dialog)
    assert shown[0] != "The audit log is broken"
    assert any(len(text) > 150 for text in shown), "no explanation"
    assert button(dialog, "acknowledgeAuditor").isVisible() == (kind is not Break.SIGNATURE)


def test_a_remark_goes_along_with_the_role(opened, qtbot):
    dialog = opened(FOUND)
    got: list[tuple[Role, str]] = []
    dialog.submitted.connect(lambda role, remark: got.append((role, remark)))
    remark = dialog.findChild(QLineEdit, "breakRemark")
    assert remark.accessibleName() == "Remark"
    qtbot.keyClicks(remark, "Restored")
    qtbot.mouseClick(button(dialog, "acknowledgeAdministrator"), Qt.MouseButton.LeftButton)
    assert got == [(ADMINISTRATOR, "Restored")]


def test_a_button_that_is_not_ones_own_says_why(opened):
    dialog = opened(FOUND)
    mine, other = button(dialog, "acknowledgeAdministrator"), button(dialog, "acknowledgeAuditor")
    assert (mine.isEnabled(), other.isEnabled()) == (True, False)
    assert other.accessibleDescription() == "ann is no member of Auditors."
    dialog.show_standing(replace(FOUND, acknowledged=(SAID,), roles=frozenset()))
    assert mine.accessibleDescription() == "ann has acknowledged it for the System administrators already."
    assert other.accessibleDescription() == "You have acknowledged it; now somebody else of the Auditors has to."
    assert dialog.why_not == mine.accessibleDescription()
    assert f"For the System administrators: ann. “{SAID.remark}”" in texts(dialog)


def test_somebody_who_is_alone_is_told_that_they_say_it_twice(opened):
    dialog = opened(replace(FOUND, roles=frozenset(Role), alone=True))
    assert "once in each role" in dialog.why_not
    assert button(dialog, "acknowledgeAuditor").isEnabled()


def test_the_dialog_closes_when_it_is_lifted(opened, qtbot):
    dialog = opened(FOUND)
    dialog.set_busy(True)
    with qtbot.waitSignal(dialog.accepted, timeout=PATIENCE):
        dialog.show_standing(Standing())


# A real window


def test_a_rolled_back_log_refuses_unlocks_until_it_is_acknowledged(desk, qtbot, tmp_path, expected_log):
    desk.protect()
    bench = desk.benches[0]
    desk.assign("bob", AUDITOR)
    sealing.seal(bench)
    database = bench.store.path
    bench.store.close()
    shutil.copy(database, tmp_path / "older")
    again = desk.bench()
    for _ in range(2):
        again.enter_alone(again.event(AuditType.AUDIT_OPENED, "Somebody looked"))
        sealing.seal(again)
    again.store.close()
    for file in database.parent.glob("*.sqlite3*"):
        file.unlink()
    shutil.copy(tmp_path / "older", database)
    desk.clock.go(seconds=1)

    window = desk.opened()
    qtbot.waitUntil(lambda: any("rolled back" in s for s in window.banners.sentences), timeout=PATIENCE)
    desk.settle(window)
    for user, name in (("ann", "acknowledgeAdministrator"), ("bob", "acknowledgeAuditor")):
        if user == "bob":
            window.abandon()
            window = desk.opened("bob")
            qtbot.waitUntil(lambda: any("rolled back" in s for s in window.banners.sentences), timeout=PATIENCE)  # noqa: B023
            desk.settle(window)
        desk.click(window.banners, "Show…")
        dialog = desk.dialog(window, "breakDialog")
        desk.click(dialog, name)
        desk.settle(window)
        qtbot.waitUntil(lambda: not dialog.is_busy, timeout=PATIENCE)  # noqa: B023
        if user == "ann":
            assert any("until an auditor has" in s for s in window.banners.sentences)
            dialog.reject()
    qtbot.waitUntil(lambda: not any("rolled back" in s for s in window.banners.sentences), timeout=PATIENCE)
    assert desk.entries(AuditType.BREAK_ACKNOWLEDGED.value) == ["Break acknowledged Success"] * 2
    desk.unlock("Beta")
    assert desk.status("Beta").is_open


# The settings


@pytest.fixture
def page(window):
    dialog = SettingsDialog({spec.name: spec.default for spec in SPECS}, "", window)
    dialog.open()
    return dialog.audit


def test_the_page_shows_the_key_and_copies_it(page, qtbot):
    copy = button(page, "copyPublicKey")
    assert not copy.isEnabled()
    page.show_signing(SigningFacts("a file that only its owner may read", "3F2A 90B1", "log+1+AAA"))
    assert page.findChild(QLabel, "signingKey").text() == "3F2A 90B1, kept in a file that only its owner may read"
    copy.click()
    assert QGuiApplication.clipboard().text() == "log+1+AAA"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (SigningFacts(), "This log is not signed."),
        (SigningFacts("the keyring of this computer"), "None yet; the first one will be kept in the keyring"),
        (SigningFacts("", "3F2A", "k"), "3F2A, kept by another user or on another computer"),
    ],
)
def test_the_page_says_where_the_key_is_not(page, facts, words):
    page.show_signing(facts)
    assert page.findChild(QLabel, "signingKey").text().startswith(words)


def test_the_page_says_why_nothing_is_signed(page):
    page.show_signing(SigningFacts("here", "3F2A", "k", "The keyring is locked."))
    assert any("Not signed now. The keyring is locked." in text for text in texts(page))
    page.show_signing(SigningFacts("here", "3F2A", "k"))
    assert not any("Not signed now" in text for text in texts(page))


def test_folder_and_journal_are_settings(page, qtbot, tmp_path):
    page.findChild(QLineEdit, "anchorFolder").setText(str(tmp_path))
    page.findChild(QCheckBox, "anchorJournal").setChecked(True)
    assert page.texts() == {"AuditAnchorFolder": str(tmp_path), "AuditAnchorJournal": "yes"}
    page.findChild(QLineEdit, "anchorFolder").setText("not a whole path")
    assert "needs its whole path" in page.show_problems()["AuditAnchorFolder"]


def test_somebody_who_may_not_change_it_can_still_copy_the_key(window):
    dialog = SettingsDialog({spec.name: spec.default for spec in SPECS}, "bob may not change settings.", window)
    dialog.audit.show_signing(SigningFacts("here", "3F2A", "k"))
    assert button(dialog.audit, "copyPublicKey").isEnabled()
    assert not button(dialog.audit, "browseAnchorFolder").isEnabled()


def test_a_folder_that_is_not_there_is_refused_in_place(desk, qtbot, tmp_path):
    desk.protect()
    window = desk.opened()
    window.actions_["actionSettings"].trigger()
    dialog = desk.dialog(window, "settingsDialog")
    desk.settle(window)
    label = dialog.audit.findChild(QLabel, "signingKey")
    qtbot.waitUntil(lambda: "a file that only its owner may read" in label.text(), timeout=PATIENCE)
    dialog.audit.findChild(QLineEdit, "anchorFolder").setText(str(tmp_path / "nowhere"))
    desk.click(dialog, "OK")
    field = dialog.fields["AuditAnchorFolder"]
    qtbot.waitUntil(lambda: "There is no folder" in field.problem.text, timeout=PATIENCE)
    assert dialog._stack.currentWidget() is dialog.audit
    dialog.reject()
