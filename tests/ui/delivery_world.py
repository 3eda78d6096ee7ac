"""A hotfix that was locked and not delivered, a development repository that moved on, and hands for the wizard."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWizard

from hotfix_desktop.services import hotfixes
from hotfix_desktop.ui.delivery_wizard import DeliveryWizard
from hotfix_desktop.ui.main_window import MainWindow
from tests.ui.real_window import PATIENCE, Desk, choose

PLAIN = "".join(f"line {number};\n" for number in range(60))
FIXED = PLAIN.replace("line 5;", "line 5 = fixed;").replace("line 40;", "line 40 by the hotfix;")
MOVED_ON = PLAIN.replace("line 20;", "line 20 of development;")
CLASHING = MOVED_ON.replace("line 40;", "line 40 by development;")


def git(repository: Path, *arguments: str) -> str:
    """Run git as a developer does, without anything of this machine."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout.strip()


class Story:
    """One package with a hotfix that waits.

    Attributes:
        name: the package: Zeta is self-developed, Delta is Creatio's.
        page: the file that hotfix and development change.
    """

    def __init__(self, desk: Desk, name: str = "Zeta") -> None:
        self.desk, self.name = desk, name
        self.page = f"Schemas/Usr{name}Page/Usr{name}Page.js"
        (desk.folder / name / self.page).write_text(PLAIN, "utf-8", newline="\n")
        self.repository = desk.folder.parent / "billing"

    def develop(self, text: str = MOVED_ON) -> Story:
        """Make the repository, with the package as it is now, and let development go on."""
        self.repository.mkdir()
        git(self.repository, "init", "-b", "main")
        git(self.repository, "config", "user.name", "Ann Dev")
        git(self.repository, "config", "user.email", "ann@example.com")
        package = self.repository / "packages" / self.name
        for path in sorted((self.desk.folder / self.name).rglob("*")):
            if path.is_file():
                target = package / path.relative_to(self.desk.folder / self.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-m", "start")
        (package / self.page).write_text(text, "utf-8", newline="\n")
        git(self.repository, "commit", "-am", "development goes on")
        return self

    def fix(self, text: str = FIXED, ticket: str = "INC-4821", more: Mapping[str, str] | None = None) -> int:
        """Repair the package in a hotfix of five minutes, and write more files; gives its number."""
        bench = self.desk.bench()
        package_id = next(p.package_id for p in bench.store.packages.all() if p.found.name == self.name)
        hotfix = hotfixes.unlock(bench, package_id, "wrong VAT rounding", ticket)
        for path, written in {self.page: text, **(more or {})}.items():
            (self.desk.folder / self.name / path).write_text(written, "utf-8", newline="\n")
        self.desk.clock.go(minutes=5)
        hotfixes.lock(bench, package_id)
        return hotfix.number

    def wizard(self, window: MainWindow) -> DeliveryWizard:
        """Choose the package and *Deliver…*."""
        choose(window, self.name)
        window.actions_["actionDeliver"].trigger()
        made = self.desk.dialog(window, "deliveryWizard")
        assert isinstance(made, DeliveryWizard)
        return made

    def next(self, wizard: DeliveryWizard) -> None:
        """Wait until *Next* (or the verb of the last page) works, and click it."""
        last = wizard.nextId() == -1
        button = wizard.button(QWizard.WizardButton.FinishButton if last else QWizard.WizardButton.NextButton)
        self.desk.qtbot.waitUntil(button.isEnabled, timeout=PATIENCE)
        self.desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def back(self, wizard: DeliveryWizard) -> None:
        self.desk.qtbot.mouseClick(wizard.button(QWizard.WizardButton.BackButton), Qt.MouseButton.LeftButton)

    def decide(self, wizard: DeliveryWizard, name: str) -> None:
        """Press a button of the review once it may be pressed."""
        button = wizard.review.findChild(QPushButton, name)
        self.desk.qtbot.waitUntil(button.isEnabled, timeout=PATIENCE)
        self.desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def branches(self) -> list[str]:
        return git(self.repository, "branch", "--format=%(refname:short)").split("\n")
