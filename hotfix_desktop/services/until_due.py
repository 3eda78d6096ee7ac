"""Work that gives way: what a beat does beside its duty stops when a package has to be closed."""

from __future__ import annotations

from collections.abc import Iterable

from hotfix_desktop.core.clock import Clock
from hotfix_desktop.core.errors import Cancelled
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.progress import Progress


class UntilDue(Progress):
    """A progress that cancels slow work as soon as one of these leases is due.

    One that is due already does not count: it is tried again at its own times, and nothing else would be done.
    """

    def __init__(self, clock: Clock, leases: Iterable[Lease] = ()) -> None:
        """Keep the leases that are not due yet."""
        now = clock.now()
        self._clock = clock
        self._leases = [lease for lease in leases if not lease.is_due(now)]

    def check(self) -> None:
        """Raise ``Cancelled`` once a lease is due."""
        if self._leases:
            now = self._clock.now()
            if any(lease.is_due(now) for lease in self._leases):
                raise Cancelled("A package has to be closed first.")
