"""The workspace that a window has open: from the first look until it is left."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from hotfix_desktop.core.clock import Clock
from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.catalogue import Catalogue
from hotfix_desktop.ui.change_verbs import ChangeVerbs
from hotfix_desktop.ui.delivery_verbs import DeliveryVerbs
from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.leaving import LeaveQuestion
from hotfix_desktop.ui.package_verbs import PackageVerbs
from hotfix_desktop.ui.permissions import reasons_against
from hotfix_desktop.ui.review_verbs import ReviewVerbs
from hotfix_desktop.ui.update_verbs import UpdateVerbs
from hotfix_desktop.ui.workspace_verbs import WorkspaceVerbs


class OpenedWorkspace(QObject):
    """One session with its verbs, and the order in which it is looked at.

    Attributes:
        location: the folder, or empty for a demo, whose folder goes away with its window.
        catalogue: the last picture, or None before the first.

    Signals:
        opened: the remembered catalogue is there; the heartbeat runs.
        loaded: the workspace itself has been looked at for the first time.
        refreshed: it has been looked at again.
        catalogue_changed: a catalogue that differs from the last one.
        refused: the workspace cannot be opened; it has to be ended.
    """

    opened = Signal()
    loaded = Signal()
    refreshed = Signal()
    catalogue_changed = Signal(object)
    refused = Signal(object)

    def __init__(self, session: WorkspaceSession, location: str, clock: Clock, window: QWidget) -> None:
        """Keep the session; :meth:`start` begins."""
        super().__init__(window)
        session.setParent(self)
        self.session = session
        self.location = location
        self.catalogue: Catalogue | None = None
        self.verbs = PackageVerbs(session, clock, window, self)
        self.workspace_verbs = WorkspaceVerbs(session, self.verbs, window, self)
        self.review_verbs = ReviewVerbs(session, self)
        self.change_verbs = ChangeVerbs(session, self)
        self.change_verbs.counted.connect(self._on_counted)
        self.delivery_verbs = DeliveryVerbs(session, self.verbs, window, self)
        self.update_verbs = UpdateVerbs(session, location, self.verbs, window, self)
        self._clock = clock
        self._window = window
        self._is_loaded = False
        self._asked_to_protect = False
        session.catalogue_changed.connect(self._on_catalogue)
        session.beaten.connect(self._on_beat)

    @property
    def known(self) -> Catalogue:
        """The last picture; only for actions that are disabled before there is one."""
        assert self.catalogue is not None
        return self.catalogue

    def start(self) -> None:
        """Show what is remembered, then look at the workspace itself."""
        job = self.session.open()
        job.done.connect(self._on_open)
        job.failed.connect(self.refused)

    def refresh(self) -> None:
        """Look at the packages again."""
        job = self.session.refresh()
        job.done.connect(self._on_refreshed)
        job.failed.connect(self._on_failed)

    def leave(self, then: Callable[[], None], quitting: bool = False) -> None:
        """Call ``then``, which may end the program, once the workspace may be left; asks when packages are open."""
        shown = self.catalogue
        open_now = shown.open_packages if shown else ()
        # Nobody misses the packages of a demo: its folder goes away with it.
        if shown is None or not open_now or not self.location:
            then()
            return
        may_lock = not reasons_against(shown, None, self._clock.now())["actionLockAll"]
        LeaveQuestion(self.session, self.verbs, self._window, then, quitting).begin(open_now, shown.user, may_lock)

    def end(self) -> None:
        """Close the session, whatever state it is in."""
        self.session.catalogue_changed.disconnect(self._on_catalogue)
        self.change_verbs.close()
        self.session.close()
        self.deleteLater()

    @Slot(object)
    def _on_open(self, _catalogue: Catalogue) -> None:
        self.opened.emit()
        self.session.start()
        self.refresh()

    @Slot(object)
    def _on_catalogue(self, catalogue: Catalogue) -> None:
        catalogue = self.change_verbs.counted_in(catalogue)
        # Every beat that saw another connection write asks again; mostly nothing that is shown has changed.
        if catalogue != self.catalogue:
            self.catalogue = catalogue
            self.catalogue_changed.emit(catalogue)

    @Slot()
    def _on_beat(self) -> None:
        if self.catalogue is not None and self._window.isVisible():
            self.change_verbs.count(self.catalogue.open_packages)

    @Slot()
    def _on_counted(self) -> None:
        if self.catalogue is not None:
            self._on_catalogue(self.catalogue)

    @Slot(object)
    def _on_refreshed(self, catalogue: Catalogue) -> None:
        if not self._is_loaded:
            self._is_loaded = True
            self.loaded.emit()
        self.refreshed.emit()
        asked, self._asked_to_protect = self._asked_to_protect, True
        if catalogue.protected or asked:
            return  # also not after a release: whoever released the folder knows
        if not reasons_against(catalogue, None, self._clock.now())["actionProtectFolder"]:
            self.workspace_verbs.protect(catalogue)

    @Slot(object)
    def _on_failed(self, error: HotfixError) -> None:
        nothing_to_show = self.catalogue is None or not self.catalogue.packages
        if not self._is_loaded and nothing_to_show:
            self.refused.emit(error)
        else:
            self.verbs.tell(tr("Could not look at the packages"), error, retry=self.refresh)
