"""The third part of the composition root: a sample production workspace, and what lies around it.

In one folder: ``production`` with the packages, ``development`` where they are made, ``updates`` that arrive, and
``home`` with the database. Parts are imported where they are built, as in ``app.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hotfix_desktop.app import Home, make_bench
from hotfix_desktop.services.sample_development import DEVELOPMENT_FOLDER, write_sample_development
from hotfix_desktop.services.sample_history import write_sample_history
from hotfix_desktop.workspaces.sample import PACKAGES_FOLDER, write_sample_workspace
from hotfix_desktop.workspaces.sample_edits import SampleHands
from hotfix_desktop.workspaces.sample_packages import CUSTOMER, SAMPLES, Layout
from hotfix_desktop.workspaces.sample_updates import write_sample_updates

if TYPE_CHECKING:
    from hotfix_desktop.services.workbench import Workbench

PRODUCTION_FOLDER = Path("production")
UPDATES_FOLDER = Path("updates")


class DemoHands(SampleHands):
    """Edits the sample's files, and makes its development side."""

    def __init__(self, folder: Path) -> None:
        """Work in the demo in this folder."""
        self._folder = folder
        super().__init__(folder / PRODUCTION_FOLDER / PACKAGES_FOLDER)

    def carry_home(self) -> None:
        """Make the development side out of the company's own packages."""
        names = [s.name for s in SAMPLES if s.maintainer == CUSTOMER and s.layout is Layout.PLAIN]
        packages = self._folder / PRODUCTION_FOLDER / PACKAGES_FOLDER
        write_sample_development(packages, self._folder / DEVELOPMENT_FOLDER, names, "demo")


def demo_builder(folder: Path) -> Callable[[], Workbench]:
    """Give how to build a workbench on a fresh sample in this folder; the first call makes the sample.

    The builder raises ``WorkspaceError`` when the sample cannot be written.
    """
    home = Home(folder / "home")
    packages = folder / PRODUCTION_FOLDER / PACKAGES_FOLDER
    is_ready = False

    def build() -> Workbench:
        nonlocal is_ready
        # Two lanes build a bench each; the first one, the lane of the user's work, makes the sample.
        if not is_ready:
            now = datetime.now(UTC)
            write_sample_workspace(folder / PRODUCTION_FOLDER, now)
            write_sample_updates(folder / UPDATES_FOLDER, now)
            is_ready = True
            write_sample_history(
                # The first beat signs all of it: a key for each of sixty days would take seconds.
                lambda clock, person: make_bench(
                    home, packages, clock=clock, person=person, watched=False, sealed=False
                ),
                DemoHands(folder),
            )
        return make_bench(home, packages)

    return build
