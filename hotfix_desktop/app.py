"""The composition root: the only place that builds concrete parts.

In this order: the home → the workspace's location → the workspace (a package folder) → its database →
the workbench of the use cases → for a window also logging, the Qt application, theme, icons, session, window.

Parts are imported where they are built: the first window is painted before any of them is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hotfix_desktop.core.clock import Clock, SystemClock
from hotfix_desktop.core.errors import Refused, WorkspaceError
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.store.home import Home

if TYPE_CHECKING:
    from hotfix_desktop.sealing.seals import Seals
    from hotfix_desktop.services.auditing import AuditDesk
    from hotfix_desktop.services.verifying import Outside
    from hotfix_desktop.services.workbench import Guard, Workbench
    from hotfix_desktop.store.store import Store
    from hotfix_desktop.workspaces.port import PackageWorkspace

__all__ = [
    "DEMO_PREFIX",
    "Home",
    "audit_database",
    "home_of",
    "home_of_database",
    "locate",
    "make_audit_desk",
    "make_bench",
    "make_outside",
    "make_seals",
]

HOME_VARIABLE = "HOTFIX_DESKTOP_HOME"
DEMO_PREFIX = "hotfix-desktop-demo-"
"""How the names of demos' folders begin, in the folder for temporary files."""


def home_of(given: str | None) -> Home:
    """Give the home: ``--home``, else the environment's, else the user's data folder."""
    chosen = given or os.environ.get(HOME_VARIABLE)
    return Home(Path(os.path.expanduser(chosen)).absolute() if chosen else default_home())


def default_home() -> Path:
    import platformdirs

    return platformdirs.user_data_path("hotfix-desktop", appauthor=False)


def locate(home: Home, workspace: str) -> Path:
    """Give the folder of a workspace that was named by its path or by its title.

    Raises ``Refused`` when several workspaces have that title, ``WorkspaceError`` when there is none.
    """
    path = Path(os.path.expanduser(workspace))
    if os.path.exists(path):  # unlike Path.exists(), False for a path that is too long or holds a NUL
        return path
    # A known folder counts although it is not there: its disk may be away, and it has to be relocked.
    matches = [
        known
        for known in home.known()
        if known.title.casefold() == workspace.casefold() or known.location == str(path.absolute())
    ]
    if len(matches) == 1:
        return Path(matches[0].location)
    if matches:
        places = ", ".join(known.location for known in matches)
        raise Refused(f"Several workspaces are called {workspace}.", f"Name one by its folder: {places}.")
    shown = workspace if len(workspace) <= 200 else workspace[:199] + "…"
    raise WorkspaceError(f"There is no folder and no workspace “{shown}”.", "Check the path.")


def find_workspace(home: Home, location: Path, watched: bool = True) -> tuple[PackageWorkspace, Path]:
    """Give the workspace at a place, and the path of its database, whether that is there yet or not."""
    from hotfix_desktop.workspaces.folder import FolderWorkspace

    # A workspace that is known stays itself while its disk is away: it must be relocked when it comes back.
    text = str(location)
    known = any(text == workspace.location for workspace in home.known())
    workspace = FolderWorkspace(text, known=known, watched=watched)
    return workspace, home.database_for(workspace.location, workspace.title)


def make_bench(
    home: Home,
    location: Path,
    *,
    guard: Callable[[Store, PackageWorkspace], Guard] | None = None,
    must_exist: bool = False,
    clock: Clock | None = None,
    person: Person | None = None,
    watched: bool = True,
    sealed: bool = True,
) -> Workbench:
    """Build everything that the use cases need for one workspace, on the thread that will use it.

    With ``must_exist`` a workspace that has no database is refused, and none is made; for ``watched`` see
    ``FolderWorkspace``. Without ``sealed`` nothing is signed and no anchor asked.
    """
    from hotfix_desktop.changes.contents import FILE_NAME, Contents
    from hotfix_desktop.sealing.seals import Seals
    from hotfix_desktop.services.workbench import OwnHeartbeat, Workbench
    from hotfix_desktop.store.sharing import share_file
    from hotfix_desktop.store.store import Store
    from hotfix_desktop.workspaces.archives import CreatioArchives

    workspace, database = find_workspace(home, location, watched)
    if must_exist and not os.path.exists(database):
        raise Refused(
            f"{workspace.location} is not protected by Hotfix Desktop.",
            "Run hotfix-desktop protect FOLDER first; that makes the files of its packages read-only.",
        )
    store = Store(database, spare=lambda: _spare_folder(database))
    return Workbench(
        store=store,
        workspace=workspace,
        clock=clock or SystemClock(),
        person=person or current_person(),
        guard=guard(store, workspace) if guard else OwnHeartbeat(),
        seals=make_seals(home, database) if sealed else Seals(),
        contents=Contents(database.with_name(FILE_NAME), made=share_file),
        archives=CreatioArchives(database.parent),
    )


def make_seals(home: Home, database: Path) -> Seals:
    """Build what seals the log of a database: keys and copies of checkpoints lie outside of the home.

    A demo has them in its own home, which goes away with it.
    """
    from functools import partial

    from hotfix_desktop.sealing.keys import choose_places
    from hotfix_desktop.sealing.seals import Seals, anchor_name
    from hotfix_desktop.store.sharing import is_shared

    is_demo = any(part.startswith(DEMO_PREFIX) for part in home.folder.parts)
    outside = home.folder / "state" if is_demo else _state_folder()
    shared = home.folder.is_dir() and is_shared(home.folder)
    keys = home.folder / "keys" if shared else outside / "keys"
    return Seals(partial(choose_places, keys, shared, not is_demo), outside / "anchors", anchor_name(database))


def make_outside(home: Home, database: Path) -> Callable[[], Outside]:
    """Give how to ask the anchors of a log that is only read; one that is no workspace of this home has none."""
    from hotfix_desktop.services.standing import look
    from hotfix_desktop.services.verifying import NOWHERE, Outside
    from hotfix_desktop.services.workbench import OwnHeartbeat, Workbench
    from hotfix_desktop.store.store import Store
    from hotfix_desktop.workspaces.folder import FolderWorkspace

    def ask() -> Outside:
        path = database.resolve()
        known = next((one for one in home.known() if one.database.resolve() == path), None)
        if known is None:
            return NOWHERE
        with closing(Store(known.database, read_only=True)) as store:
            workspace = FolderWorkspace(known.location, known=True, watched=False)
            seals = make_seals(home, known.database)
            return Outside(*look(Workbench(store, workspace, SystemClock(), current_person(), OwnHeartbeat(), seals)))

    return ask


def _state_folder() -> Path:
    import platformdirs

    return platformdirs.user_state_path("hotfix-desktop", appauthor=False)


def _spare_folder(database: Path) -> Path:
    """Give where the side journal goes when the folder of the database cannot be written: perhaps another disk."""
    import hashlib

    digest = hashlib.sha256(os.fsencode(database)).hexdigest()[:16]
    return _state_folder() / "journals" / digest


def make_audit_desk(home: Home, workspace: str | None) -> AuditDesk:
    """Open the audit log of a workspace read-only; the workspace itself need not be there any more.

    ``workspace`` is a folder, a title, or the database file itself; None takes the only known one.
    """
    from hotfix_desktop.services.auditing import AuditDesk
    from hotfix_desktop.store.store import Store

    return AuditDesk(Store(audit_database(home, workspace), read_only=True), SystemClock(), current_person())


def audit_database(home: Home, workspace: str | None) -> Path:
    """Give the database whose audit log is meant; see :func:`make_audit_desk`."""
    from hotfix_desktop.workspaces.folder import FolderWorkspace

    known = home.known()
    if workspace is None:
        if len(known) == 1:
            return known[0].database
        if not known:
            raise Refused("There is no audit log yet.", "Open and protect a package folder first.")
        titles = ", ".join(k.title for k in known)
        raise Refused("There are several audit logs.", f"Name the workspace: {titles}.")
    path = Path(os.path.expanduser(workspace))
    if os.path.isfile(path):  # unlike Path.is_file(), False for a path that is too long
        return path
    for candidate in known:
        if candidate.title.casefold() == workspace.casefold() or candidate.location == str(path.absolute()):
            return candidate.database
    folder = FolderWorkspace(str(locate(home, workspace)))
    database = home.database_for(folder.location, folder.title)
    if not os.path.exists(database):  # unlike Path.exists(), False where nothing may be looked at
        raise Refused(f"{folder.title} has no audit log yet.", "Protect the folder first.")
    return database


def home_of_database(database: Path) -> Home:
    """Give the home in which the database of a workspace lies."""
    return Home(database.parents[2])
