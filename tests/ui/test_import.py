"""Import archive…: what is shown, what has to be decided, and what became of the packages; on real folders."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QCheckBox, QPushButton

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.update_plan import Take
from hotfix_desktop.ui.import_dialog import ImportDialog
from hotfix_desktop.ui.import_preview import Pair
from tests.ui.delivery_world import CLASHING, FIXED, MOVED_ON, PLAIN, Story
from tests.ui.import_world import (
    choose_archive,
    files_of,
    looked_at,
    new_package,
    pack,
    package_rows,
    rest,
    result_rows,
)
from tests.ui.import_world import words as words_of
from tests.ui.real_window import PATIENCE, Desk
from tests.ui.test_main_window_life import drop


class Shipment:
    """A package with a hotfix that waits, and archives that come."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.story = Story(desk)
        self.zeta = desk.folder / "Zeta"
        self.arrived = desk.folder.parent / "arrived"
        self.arrived.mkdir()

    def brings(self, page: str = MOVED_ON, version: str = "1.3.0", **others: dict[str, bytes]) -> Path:
        packages = {"Zeta": files_of(self.zeta, version, UsrZetaPage=page), **others}
        name = "release.zip" if others else f"Zeta_{version}.gz"
        return pack(self.arrived / name, packages)

    @property
    def page(self) -> str:
        return (self.zeta / self.story.page).read_text("utf-8")


@pytest.fixture
def shipment(desk) -> Shipment:
    made = Shipment(desk)
    desk.protect()
    made.number = made.story.fix()
    return made


def update(desk: Desk, dialog: ImportDialog) -> None:
    desk.click(dialog, "importButton")
    rest(desk, dialog)


def test_a_fix_that_would_be_lost_stops_the_update_until_somebody_decides(desk, shipment):
    window = desk.opened()
    dialog = choose_archive(desk, window, shipment.brings())
    changes = "2 modified"
    assert package_rows(dialog) == [["Zeta", "1.2.0 → 1.3.0", "Update", changes, "1 would be lost", "Not decided yet"]]
    assert f"1 file that hotfix {shipment.number} changed would be overwritten" in words_of(dialog)
    assert not any(button.isChecked() for button in dialog.decision.buttons.values())
    button = dialog.findChild(QPushButton, "importButton")
    assert (button.isEnabled(), dialog.why_not) == (False, "Decide what becomes of our fix in Zeta.")
    assert button.text().replace("&", "") == "Update 1 package"
    assert "FIXED" not in shipment.page
    dialog.reject()
    assert shipment.page == FIXED
    assert desk.entries("Package updated", "Update decided") == []


def test_our_fix_on_top_stays_locked_and_holds_both(desk, shipment):
    window = desk.opened()
    dialog = choose_archive(desk, window, shipment.brings())
    desk.qtbot.keyClick(dialog.decision.buttons[Take.OURS], Qt.Key.Key_Space)
    assert package_rows(dialog)[0][-1] == "Our fix stays on top"
    assert dialog.preview.wanted is Pair.ON_TOP
    update(desk, dialog)
    assert result_rows(dialog) == [["Zeta", "1.3.0", "Locked · undelivered", "Updated, our fix on top"]]
    assert "1 package updated." in words_of(dialog)
    assert "Recorded in audit entry" in words_of(dialog)
    assert shipment.page == FIXED.replace("line 20;", "line 20 of development;")
    assert desk.status("Zeta").state is PackageState.LOCKED
    assert desk.entries("Package updated") == ["Package updated Success"]
    dialog.reject()
    desk.qtbot.waitUntil(
        lambda: any(p.name == "Zeta" and p.found.version == "1.3.0" for p in window.here.known.packages),
        timeout=PATIENCE,
    )


def test_the_update_taken_leaves_our_fix_undelivered(desk, shipment):
    window = desk.opened()
    dialog = choose_archive(desk, window, shipment.brings(CLASHING))
    assert package_rows(dialog)[0][4] == "1 conflicting"
    dialog.decision.buttons[Take.OURS].click()
    dialog.decision.buttons[Take.THEIRS].click()
    assert dialog.preview.wanted is Pair.UPDATE
    update(desk, dialog)
    assert shipment.page == CLASHING
    assert result_rows(dialog)[0][3] == "Updated, our fix is in the store"
    assert "has not come home" in words_of(dialog)
    assert desk.status("Zeta").undelivered


def test_a_fix_that_came_home_asks_nothing_and_ends_blocked(desk, shipment):
    window = desk.opened()
    dialog = choose_archive(desk, window, shipment.brings(FIXED))
    assert package_rows(dialog)[0][4] == "1 contained"
    assert "This update contains our fix: the package becomes Blocked" in words_of(dialog)
    assert not dialog.decision.buttons[Take.OURS].isVisible()
    update(desk, dialog)
    assert result_rows(dialog) == [["Zeta", "1.3.0", "Blocked", "Updated"]]
    assert "1 hotfix delivered as usual" in words_of(dialog)
    assert not desk.status("Zeta").undelivered


def test_the_preview_shows_the_update_the_fix_and_both_together(desk, shipment):
    dialog = choose_archive(desk, desk.opened(), shipment.brings())
    preview = dialog.preview
    assert preview.shown is not None
    assert preview.shown.path.decode() == shipment.story.page
    shown = {}
    for pair in Pair:
        preview.pair.setCurrentIndex(preview.pair.findData(pair.value))
        text = preview.shown.meaning
        shown[pair] = ("\n".join(text.before) + "\n", "\n".join(text.after) + "\n")
    both = FIXED.replace("line 20;", "line 20 of development;")
    assert shown == {Pair.UPDATE: (FIXED, MOVED_ON), Pair.FIX: (PLAIN, FIXED), Pair.ON_TOP: (FIXED, both)}
    dialog.files.selectRow(1)  # the descriptor: no fix of ours
    rest(desk, dialog)
    assert preview.shown.path == b"descriptor.json"
    assert (preview.pair.isVisible(), preview.wanted) == (False, Pair.UPDATE)


def test_several_packages_each_say_what_happens_and_all_is_confirmed(desk, shipment):
    beta = files_of(desk.folder / "Beta", "1.1.0", UsrBetaPage="define(0);")
    custom = files_of(desk.folder / "Custom", "2.0.0")
    alpha = files_of(desk.folder / "alpha", "1.2.0")
    alpha["descriptor.json"] = (desk.folder / "alpha" / "descriptor.json").read_bytes()
    window = desk.opened()
    archive = shipment.brings(FIXED, Beta=beta, Custom=custom, alpha=alpha, Omega=new_package("Omega"))
    dialog = choose_archive(desk, window, archive)
    assert [(row[0], row[1], row[2]) for row in package_rows(dialog)] == [
        ("Zeta", "1.2.0 → 1.3.0", "Update"),
        ("Beta", "1.2.0 → 1.1.0", "Older"),
        ("Custom", "1.2.0 → 2.0.0", "Update"),
        ("alpha", "1.2.0", "Same"),
        ("Omega", "1.2.0", "New"),
    ]
    button = dialog.findChild(QPushButton, "importButton")
    assert button.text().replace("&", "") == "Update 3 packages, install 1"
    older, modifiable = (dialog.findChild(QCheckBox, name) for name in ("importOlder", "importModifiable"))
    assert older.text().replace("&", "") == "Take an older version: Beta 1.2.0 → 1.1.0"
    assert modifiable.text().replace("&", "") == "Overwrite what is modifiable here: Custom"
    assert dialog.why_not == "Confirm that an older version is wanted."
    older.click()
    assert (button.isEnabled(), dialog.why_not) == (False, "Confirm that what is modifiable here is overwritten.")
    modifiable.click()
    update(desk, dialog)
    assert [(row[0], row[2], row[3]) for row in result_rows(dialog)] == [
        ("Zeta", "Blocked", "Updated"),
        ("Beta", "Blocked", "Updated"),
        ("Custom", "Modifiable", "Updated"),
        ("alpha", "Blocked", "Unchanged"),
        ("Omega", "Blocked", "Installed, closed"),
    ]
    assert (desk.folder / "Omega" / "Files" / "a.txt").read_bytes() == b"a"


def test_an_unlocked_package_refuses_and_so_does_the_whole_archive(desk, shipment):
    desk.unlock("Beta")
    beta = files_of(desk.folder / "Beta", UsrBetaPage="define(0);")
    dialog = choose_archive(desk, desk.opened(), shipment.brings(FIXED, Beta=beta))
    assert [row[2] for row in package_rows(dialog)] == ["Refused", "Update"]
    assert "Beta is unlocked for a hotfix." in words_of(dialog)
    button = dialog.findChild(QPushButton, "importButton")
    assert not button.isEnabled()
    assert dialog.why_not == "1 package cannot be updated, so nothing of the archive is."


def test_what_is_no_archive_is_told_and_can_be_looked_at_again(desk, shipment):
    window = desk.opened()
    archive = shipment.arrived / "Zeta.gz"
    archive.write_bytes(b"no archive")
    dialog = choose_archive(desk, window, archive)
    assert "Zeta.gz is neither a .gz nor a .zip of packages." in words_of(dialog)
    assert not dialog.findChild(QPushButton, "importButton").isVisible()
    archive.write_bytes(shipment.brings(FIXED).read_bytes())
    desk.click(dialog, "importAgain")
    rest(desk, dialog)
    assert package_rows(dialog)[0][0] == "Zeta"
    assert "neither" not in words_of(dialog)
    assert not dialog.findChild(QPushButton, "importAgain").isVisible()


def test_an_archive_that_changed_meanwhile_changes_nothing_and_has_to_be_decided_anew(desk, shipment):
    dialog = choose_archive(desk, desk.opened(), shipment.brings())
    dialog.decision.buttons[Take.THEIRS].click()
    shipment.brings(CLASHING)
    update(desk, dialog)
    assert dialog.problem.startswith("Zeta_1.3.0.gz is another file than before.")
    assert shipment.page == FIXED
    desk.click(dialog, "importAgain")
    rest(desk, dialog)
    assert (dialog.problem, dialog.takes) == ("", {})
    assert package_rows(dialog)[0][4:] == ["1 conflicting", "Not decided yet"]
    assert not dialog.decision.buttons[Take.THEIRS].isChecked()


def test_an_archive_that_is_dropped_is_looked_at(desk, shipment):
    window = desk.opened()
    assert drop(window, QUrl.fromLocalFile(str(shipment.brings(FIXED)))) == (True, True)
    dialog = looked_at(desk, window)
    assert package_rows(dialog)[0][0] == "Zeta"


def test_an_archive_dropped_where_nothing_can_be_imported_says_why(desk, shipment):
    archive = QUrl.fromLocalFile(str(shipment.brings(FIXED)))
    window = desk.show(desk.window())
    assert drop(window.welcome, archive)[0] is False, "the page leaves it to the window"
    drop(window, archive)
    assert "No workspace is open." in desk.dialog(window, "errorDialog").report()


def test_an_archive_that_an_auditor_drops_is_refused(desk, shipment):
    desk.assign("eve", Role.AUDITOR)
    auditor = desk.opened("eve")
    drop(auditor, QUrl.fromLocalFile(str(shipment.brings(FIXED))))
    assert "eve may not update packages" in desk.dialog(auditor, "errorDialog").report()


def test_a_folder_is_remembered_for_the_next_archive(desk, shipment):
    window = desk.opened()
    choose_archive(desk, window, shipment.brings(FIXED)).reject()
    assert desk.settings.value("archives/imported") == str(shipment.arrived)
