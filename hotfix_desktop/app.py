"""The composition root: the only place that builds concrete parts.

In this order: the home → the workspace's location → the workspace (a package folder) → its database →
the workbench of the use cases → for a window also logging, the Qt application, theme, icons, session, window.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from hotfix_desktop.core.clock import Clock, SystemClock
from hotfix_desktop.core.errors import Refused, WorkspaceError
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.auditing import AuditDesk
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.services.workbench import Guard, OwnHeartbeat, Workbench
from hotfix_desktop.store.home import Home
from hotfix_desktop.store.store import Store
from hotfix_desktop.workspaces.folder import FolderWorkspace

HOME_VARIABLE = "HOTFIX_DESKTOP_HOME"


def home_of(given: str | None) -> Home:
    """Give the home: ``--home``, else the environment's, else the user's data folder."""
    chosen = given or os.environ.get(HOME_VARIABLE)
    if chosen:
        return Home(Path(chosen).expanduser().absolute())
    return Home(platformdirs.user_data_path("hotfix-desktop", appauthor=False))


def locate(home: Home, workspace: str) -> Path:
    """Give the folder of a workspace that was named by its path or by its title.

    Raises ``Refused`` when several workspaces have that title, ``WorkspaceError`` when there is none.
    """
    path = Path(workspace).expanduser()
    try:
        if path.exists():
            return path
    except (OSError, ValueError):
        pass  # too long or holding a NUL: then it can only be a title
    matches = [known for known in home.known() if known.title.casefold() == workspace.casefold()]
    if len(matches) == 1:
        return Path(matches[0].location)
    if matches:
        places = ", ".join(known.location for known in matches)
        raise Refused(f"Several workspaces are called {workspace}.", f"Name one by its folder: {places}.")
    shown = workspace if len(workspace) <= 200 else workspace[:199] + "…"
    raise WorkspaceError(f"There is no folder and no workspace “{shown}”.", "Check the path.")


def make_bench(
    home: Home,
    location: Path,
    *,
    guard: Guard | None = None,
    clock: Clock | None = None,
    person: Person | None = None,
) -> Workbench:
    """Build everything that the use cases need for one workspace, on the thread that will use it."""
    workspace = FolderWorkspace(location)
    store = Store(home.database_for(workspace.location, workspace.title))
    return Workbench(
        store=store,
        workspace=workspace,
        clock=clock or SystemClock(),
        person=person or current_person(),
        guard=guard or OwnHeartbeat(),
    )


def make_audit_desk(home: Home, workspace: str | None) -> AuditDesk:
    """Open the audit log of a workspace read-only; the workspace itself need not be there any more.

    ``workspace`` is a folder, a title, or the database file itself; None takes the only known one.
    """
    return AuditDesk(Store(audit_database(home, workspace), read_only=True), SystemClock(), current_person())


def audit_database(home: Home, workspace: str | None) -> Path:
    """Give the database whose audit log is meant; see :func:`make_audit_desk`."""
    known = home.known()
    if workspace is None:
        if len(known) == 1:
            return known[0].database
        if not known:
            raise Refused("There is no audit log yet.", "Open and protect a package folder first.")
        titles = ", ".join(k.title for k in known)
        raise Refused("There are several audit logs.", f"Name the workspace: {titles}.")
    path = Path(workspace).expanduser()
    if path.is_file():
        return path
    for candidate in known:
        if candidate.title.casefold() == workspace.casefold() or candidate.location == str(path.absolute()):
            return candidate.database
    folder = FolderWorkspace(locate(home, workspace))
    database = home.database_for(folder.location, folder.title)
    if not database.exists():
        raise Refused(f"{folder.title} has no audit log yet.", "Protect the folder first.")
    return database
