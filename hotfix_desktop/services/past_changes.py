"""What hotfixes changed, for whoever reads the log alone: no workspace is opened, and nothing can be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from hotfix_desktop.changes.contents import FILE_NAME, Contents
from hotfix_desktop.core.clock import Clock
from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.manifest import Manifest
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act, Person, demand
from hotfix_desktop.services.workbench import OwnHeartbeat, Workbench
from hotfix_desktop.store.store import Store
from hotfix_desktop.workspaces.port import PackageWorkspace


def open_past(database: Path, clock: Clock, person: Person) -> Workbench:
    """Open what was recorded beside a database, read-only, for somebody who may read it.

    Raises ``StoreError``, and ``Denied`` for anybody else.
    """
    store = Store(database, read_only=True)
    try:
        demand(Act.READ_CHANGES, person.user, store.administration.roles_of(person.user))
    except BaseException:
        store.close()
        raise
    contents = Contents(database.with_name(FILE_NAME), read_only=True)
    return Workbench(store, cast(PackageWorkspace, _Absent()), clock, person, OwnHeartbeat(), contents=contents)


class _Absent:
    """Stands where the workspace would be: what an open package contains now cannot be seen from here."""

    def survey(self, key: str, earlier: Manifest | None = None, progress: Progress = NOBODY) -> Manifest:
        raise WorkspaceError(
            "This hotfix is still open, and its package cannot be seen from the audit log alone.",
            "Open the workspace to see its changes, or wait until it is locked.",
        )

    def read(
        self, key: str, paths: Sequence[bytes], progress: Progress = NOBODY
    ) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        self.survey(key, None, progress)
        yield from ()
