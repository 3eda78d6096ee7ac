"""Export archive…: a package of the window becomes a file, and the audit log says so."""

import hashlib

import pytest
from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton

from hotfix_desktop.ui.package_export_dialog import PackageExportDialog
from hotfix_desktop.workspaces.archives import open_archive
from tests.ui.import_world import files_of
from tests.ui.real_window import PATIENCE, choose

LIMIT = 1 << 24


class Hands:
    def __init__(self, desk, window) -> None:
        choose(window, "Zeta")
        window.actions_["actionExportArchive"].trigger()
        made = desk.dialog(window, "packageExportDialog")
        assert isinstance(made, PackageExportDialog)
        self.desk, self.dialog = desk, made
        self.form = made.findChild(QComboBox, "packageExportForm")
        self.file = made.findChild(QLineEdit, "packageExportFile")
        self.digest = made.findChild(QLineEdit, "packageExportDigest")
        self.button = made.findChild(QPushButton, "packageExportButton")

    def export(self) -> None:
        self.desk.click(self.dialog, "packageExportButton")
        self.desk.qtbot.waitUntil(lambda: self.dialog._job is None, timeout=PATIENCE)

    def words(self) -> str:
        return "\n".join(label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible())


@pytest.fixture
def hands(desk, tmp_path) -> Hands:
    desk.protect()
    window = desk.opened()
    window.state.keep("archives/exported", str(tmp_path))
    return Hands(desk, window)


def contents(path) -> dict[str, bytes]:
    with open_archive(path, LIMIT) as opened:
        (found,) = opened.packages
        return {p.decode(): b"".join(b"".join(pieces) for _, pieces in opened.read(found, [p])) for p in found.files}


def test_a_package_becomes_a_file_and_an_entry(desk, hands, tmp_path, monkeypatch):
    file = tmp_path / "Zeta_1.2.0.gz"
    assert hands.file.text() == str(file)
    hands.export()
    whole = files_of(desk.folder / "Zeta")
    whole["descriptor.json"] = (desk.folder / "Zeta" / "descriptor.json").read_bytes()
    assert contents(file) == whole
    assert "5 files exported." in hands.words()
    assert hands.digest.text() == hashlib.sha256(file.read_bytes()).hexdigest()
    assert desk.entries("Package exported") == ["Package exported Success"]
    assert not hands.button.isVisible()
    desk.click(hands.dialog, "packageExportCopy")
    assert QGuiApplication.clipboard().text() == hands.digest.text()
    asked: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url) or True)
    desk.click(hands.dialog, "packageExportOpen")
    assert asked == [QUrl.fromLocalFile(str(tmp_path))]


def test_the_folder_that_is_offered_is_there(desk, hands, tmp_path, monkeypatch):
    hands.export()
    hands.dialog.reject()
    window = hands.dialog.parentWidget()
    assert Hands(desk, window).file.text() == str(tmp_path / "Zeta_1.2.0.gz"), "where the last one went"
    documents = tmp_path / "Documents"
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _which: str(documents))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    window.state.keep("archives/exported", str(tmp_path / "gone"))
    for dialog in window.findChildren(PackageExportDialog):
        dialog.reject()
    assert Hands(desk, window).file.text() == str(tmp_path / "home" / "Zeta_1.2.0.gz")
    documents.mkdir()
    for dialog in window.findChildren(PackageExportDialog):
        dialog.reject()
    assert Hands(desk, window).file.text() == str(documents / "Zeta_1.2.0.gz")


def test_the_ending_of_the_file_follows_the_form(desk, hands, tmp_path):
    hands.form.setCurrentIndex(1)
    assert hands.file.text() == str(tmp_path / "Zeta_1.2.0.zip")
    hands.export()
    assert len(contents(tmp_path / "Zeta_1.2.0.zip")) == 5


def test_a_file_without_a_name_or_with_another_ending_says_why_not(hands, tmp_path):
    hands.file.setText(" ")
    assert (hands.button.isEnabled(), hands.dialog.why_not) == (False, "Choose a file.")
    hands.file.setText(str(tmp_path / "zeta.txt"))
    assert (hands.button.isEnabled(), hands.dialog.why_not) == (False, "The name of the file does not fit its form.")
    (tmp_path / "old.GZ").write_bytes(b"")
    hands.file.setText(str(tmp_path / "old.GZ"))
    assert hands.button.isEnabled()
    assert "There is such a file; it will be replaced." in hands.words()


def test_what_stands_in_the_way_is_told_and_leaves_no_file(desk, hands, tmp_path):
    hands.file.setText(str(tmp_path / "nowhere" / "zeta.gz"))
    hands.export()
    assert "nowhere" in hands.words()
    assert hands.button.isEnabled()
    assert list(tmp_path.rglob("*.gz")) == []
    assert desk.entries("Package exported") == []


def test_browse_asks_for_a_file_to_write(hands, tmp_path):
    hands.dialog.findChild(QPushButton, "packageExportBrowse").click()
    asked = hands.dialog.findChild(QFileDialog)
    assert asked.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    asked.fileSelected.emit(str(tmp_path / "chosen.gz"))
    assert hands.file.text() == str(tmp_path / "chosen.gz")
    asked.close()
