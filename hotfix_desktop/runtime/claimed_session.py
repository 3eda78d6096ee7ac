"""The session of a window that is the only one of its user with this workspace."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Slot

from hotfix_desktop.runtime.instance import Claim, Doorbell
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.services.workbench import Workbench


class ClaimedSession(WorkspaceSession):
    """A session that holds a claim from its first bench until it is closed.

    Attributes:
        claim: what keeps a second window away.
        bell: where later starts ring, once the workspace is open.
    """

    def __init__(self, build: Callable[[Claim], Workbench], parent: QObject | None = None) -> None:
        """Keep how to build a workbench; each call takes the claim that it is given."""
        self.claim = Claim()
        super().__init__(lambda: build(self.claim), parent)
        self.bell = Doorbell(self)
        # With the first picture, when the claim is held; each change of the workspace brings another picture.
        self.catalogue_changed.connect(self._listen, Qt.ConnectionType.SingleShotConnection)

    def close(self) -> None:
        """End the session, then let another window have the workspace."""
        self.bell.close()
        try:
            super().close()
        finally:
            self.claim.release()

    @Slot()
    def _listen(self) -> None:
        self.bell.listen(self.claim.name)
