"""An audit log that is only read: one lane with the log's database, and no workspace.

The read-only viewer (``--audit``) and the main window ask for pages in the same words, see
:class:`AuditSource`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject

from hotfix_desktop.runtime.lane import Job, Lane
from hotfix_desktop.services import auditing
from hotfix_desktop.services.auditing import AuditDesk, AuditFilter


class AuditSource(Protocol):
    """Where the audit log window gets its entries: ``WorkspaceSession`` or :class:`AuditSession`."""

    def audit_page(self, wanted: AuditFilter, before: int | None = None) -> Job:
        """Give an :class:`~hotfix_desktop.services.auditing.AuditPage`, below number ``before`` if given."""
        ...  # pragma: no cover

    def audit_values(self) -> Job:
        """Give the :class:`~hotfix_desktop.services.auditing.FilterValues`."""
        ...  # pragma: no cover


class OwnDesk:
    """What the lane of a reader owns."""

    def __init__(self, desk: AuditDesk) -> None:
        """Keep the desk."""
        self.desk = desk

    def close(self) -> None:
        """Close the database connection."""
        self.desk.store.close()


class AuditSession(QObject):
    """One audit log, as long as a viewer shows it."""

    def __init__(self, build: Callable[[], AuditDesk], parent: QObject | None = None) -> None:
        """Keep how to open the log; the lane does it with the first question."""
        super().__init__(parent)
        self._lane: Lane[OwnDesk] = Lane(lambda: OwnDesk(build()), "audit", self)

    def check(self) -> Job:
        """Fail with ``Denied`` unless the person may read the log."""
        return self._lane.run(lambda owned, progress: auditing.demand_reader(owned.desk))

    def audit_page(self, wanted: AuditFilter, before: int | None = None) -> Job:
        """Give a page of the log."""
        return self._lane.run(lambda owned, progress: auditing.read_page(owned.desk, wanted, before))

    def audit_values(self) -> Job:
        """Give what the filter boxes offer."""
        return self._lane.run(lambda owned, progress: auditing.filter_values(owned.desk))

    def close(self) -> None:
        """Close the database and end the lane's thread; waits for work that runs."""
        self._lane.close()
