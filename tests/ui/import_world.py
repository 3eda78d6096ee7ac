"""Archives that bring packages of the desk again, and hands for the dialog that imports them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QLabel

from hotfix_desktop.ui.import_dialog import ImportDialog
from hotfix_desktop.ui.main_window import MainWindow
from hotfix_desktop.workspaces.archives import CreatioArchives
from tests.ui.real_window import PATIENCE, Desk, descriptor

Files = dict[str, bytes]


def files_of(folder: Path, version: str = "1.3.0", **changed: str) -> Files:
    """Give the files of a package in another version; ``changed`` are the texts of files by their names' stems."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    values = json.loads(found["descriptor.json"])
    values["Descriptor"]["PackageVersion"] = version
    found["descriptor.json"] = json.dumps(values).encode()
    for stem, text in changed.items():
        path = next(path for path in found if Path(path).stem == stem)
        found[path] = text.encode()
    return found


def new_package(name: str) -> Files:
    return {"descriptor.json": descriptor(name).encode(), "Files/a.txt": b"a"}


def pack(path: Path, packages: Mapping[str, Files]) -> Path:
    """Write a .zip of packages, or a .gz of the only one."""
    archives = CreatioArchives()
    packed = [(name, [(p.encode(), [data]) for p, data in files.items()]) for name, files in packages.items()]
    with path.open("wb") as stream:
        if path.suffix == ".gz":
            archives.write_package(stream, packed[0][1])
        else:
            archives.write_bundle(stream, packed)
    return path


def choose_archive(desk: Desk, window: MainWindow, path: Path) -> ImportDialog:
    """Use *File › Import archive…*, choose this file, and wait until it was looked at."""
    window.actions_["actionImportArchive"].trigger()
    asked = window.findChild(QFileDialog)
    assert asked is not None
    asked.fileSelected.emit(str(path))
    asked.close()
    return looked_at(desk, window)


def looked_at(desk: Desk, window: MainWindow) -> ImportDialog:
    """Wait for the dialog, and until it knows the archive and shows the first file."""
    dialog = desk.dialog(window, "importDialog")
    assert isinstance(dialog, ImportDialog)
    rest(desk, dialog)
    return dialog


def rest(desk: Desk, dialog: ImportDialog) -> None:
    desk.qtbot.waitUntil(lambda: dialog._job is None and dialog.preview._job is None, timeout=PATIENCE)


def words(dialog: ImportDialog) -> str:
    """Give everything that the labels of the dialog say."""
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def package_rows(dialog: ImportDialog) -> list[list[str]]:
    """Give package, version, what happens, changes, fixes and decision of every row."""
    tree = dialog.packages
    rows = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return [[item.text(column) for column in range(tree.columnCount())] for item in rows if item is not None]


def result_rows(dialog: ImportDialog) -> list[list[str]]:
    """Give package, version, state and what was done of every row of the last page."""
    tree = dialog.done_page.list
    rows = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return [[item.text(column) for column in range(tree.columnCount())] for item in rows if item is not None]
