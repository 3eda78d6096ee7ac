"""The composition root: the only place that builds concrete parts.

In this order: the home → the workspace's location → the workspace (a package folder) → its database →
the workbench of the use cases → for a window also logging, the Qt application, theme, icons, session, window.

Parts are imported where they are built: the first window is painted before any of them is needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hotfix_desktop.core.clock import Clock, SystemClock
from hotfix_desktop.core.errors import Refused, WorkspaceError
from hotfix_desktop.core.roles import Person
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.store.home import Home

if TYPE_CHECKING:
    from hotfix_desktop.services.auditing import AuditDesk
    from hotfix_desktop.services.workbench import Guard, Workbench
    from hotfix_desktop.store.store import Store
    from hotfix_desktop.workspaces.port import PackageWorkspace

__all__ = [
    "Home",
    "audit_database",
    "detached_guard",
    "home_of",
    "locate",
    "make_audit_desk",
    "make_bench",
    "run_relocker",
]

HOME_VARIABLE = "HOTFIX_DESKTOP_HOME"


def home_of(given: str | None) -> Home:
    """Give the home: ``--home``, else the environment's, else the user's data folder."""
    chosen = given or os.environ.get(HOME_VARIABLE)
    if chosen:
        return Home(Path(os.path.expanduser(chosen)).absolute())
    import platformdirs

    return Home(platformdirs.user_data_path("hotfix-desktop", appauthor=False))


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


def make_bench(
    home: Home,
    location: Path,
    *,
    guard: Callable[[Store, PackageWorkspace], Guard] | None = None,
    must_exist: bool = False,
    clock: Clock | None = None,
    person: Person | None = None,
) -> Workbench:
    """Build everything that the use cases need for one workspace, on the thread that will use it.

    With ``must_exist`` a workspace that has no database is refused, and none is made.
    """
    from hotfix_desktop.services.workbench import OwnHeartbeat, Workbench
    from hotfix_desktop.store.store import Store
    from hotfix_desktop.workspaces.folder import FolderWorkspace

    # A workspace that is known stays itself while its disk is away: it must be relocked when it comes back.
    text = str(location)
    known = any(text == workspace.location for workspace in home.known())
    workspace = FolderWorkspace(text, known=known)
    database = home.database_for(workspace.location, workspace.title)
    if must_exist and not os.path.exists(database):
        raise Refused(
            f"{workspace.location} is not protected by Hotfix Desktop.",
            "Run hotfix-desktop protect FOLDER first; that makes the files of its packages read-only.",
        )
    store = Store(database)
    return Workbench(
        store=store,
        workspace=workspace,
        clock=clock or SystemClock(),
        person=person or current_person(),
        guard=guard(store, workspace) if guard else OwnHeartbeat(),
    )


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


def detached_guard(home: Home) -> Callable[[Store, PackageWorkspace], Guard]:
    """Give how to build the guard that starts the relocker as a process of its own."""
    from hotfix_desktop.runtime.guard import LOCK, DetachedRelocker

    def build(store: Store, workspace: PackageWorkspace) -> Guard:
        # -P: nothing that lies in the current folder is imported in place of the real thing. The folder of this
        # package comes last, for a checkout that is not installed.
        start = (
            "import sys; sys.path.append(sys.argv.pop(1)); from hotfix_desktop.__main__ import main; sys.exit(main())"
        )
        ours = str(Path(__file__).resolve().parent.parent)
        command = [sys.executable, "-P", "-c", start, ours, "--home", str(home.folder)]
        return DetachedRelocker(lambda: not store.exclusive.is_free(LOCK), [*command, "relocker", workspace.location])

    return build


def run_relocker(home: Home, location: Path, *, until_closed: bool) -> int:
    """Run the headless relocker of one workspace until it is told to stop."""
    # Qt is loaded only here: the other commands for scripts do without it.
    from hotfix_desktop.runtime import relocker
    from hotfix_desktop.runtime.guard import LOCK
    from hotfix_desktop.runtime.log import Logging

    bench = make_bench(home, location)
    exclusive = bench.store.exclusive
    bench.store.close()
    logging = Logging(home.logs, "relocker")
    try:
        return relocker.run(
            lambda: make_bench(home, location),
            # A second is for those who only ask whether one lives, and take the lock for it.
            lambda: exclusive.holding(LOCK, "the relocker of this workspace", patience=1),
            until_closed=until_closed,
        )
    finally:
        logging.close()
