"""The other half of the composition root: windows beside windows, and the processes that this program starts itself.

Guards and relockers, the commands of processes that read a log, and who may be the window of a workspace. Parts are
imported where they are built, as in ``app.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hotfix_desktop.app import Home, default_home, find_workspace, locate, make_bench
from hotfix_desktop.core.clock import SystemClock
from hotfix_desktop.core.errors import HotfixError

if TYPE_CHECKING:
    from hotfix_desktop.runtime.autostart import Autostart
    from hotfix_desktop.runtime.instance import Claim
    from hotfix_desktop.services.workbench import Guard, Workbench
    from hotfix_desktop.store.exclusive import Exclusive
    from hotfix_desktop.store.presence import Presence
    from hotfix_desktop.store.store import Store
    from hotfix_desktop.workspaces.port import PackageWorkspace

A_YEAR = 365 * 86400.0
"""Seconds that a relocker waits for another one to end, as a service."""


def make_window_bench(home: Home, location: str, claim: Claim | None = None) -> Workbench:
    """Build the workbench of a window, which takes ``claim`` to be the only one of its user with this workspace.

    Raises ``AlreadyOpen`` or ``NoAnswer`` when there is another one. A picture of the window claims nothing.
    """
    bench = make_bench(home, locate(home, location), guard=detached_guard(home))
    try:
        if claim is not None:
            take_claim(home, bench.workspace, bench.store.exclusive, claim)
    except BaseException:
        bench.close()
        raise
    return bench


def look_for_window(home: Home, location: str, ours: str = "") -> None:
    """Raise ``AlreadyOpen`` or ``NoAnswer`` when another window of this user has the workspace.

    ``ours`` is the server name of the workspace that this process itself has open. What else may be wrong with
    the workspace raises as in :func:`make_bench`.
    """
    from hotfix_desktop.runtime.instance import Claim, server_name
    from hotfix_desktop.store.exclusive import FOLDER, Exclusive

    workspace, database = find_workspace(home, locate(home, location))
    if not os.path.exists(database) or server_name(str(home.folder), workspace.location) == ours:
        return
    claim = Claim()
    take_claim(home, workspace, Exclusive(database.parent / FOLDER), claim)
    claim.release()


def has_window(home: Home, location: str) -> bool:
    """Whether another program holds this user's claim on a workspace; False where that cannot be told."""
    from hotfix_desktop.runtime.instance import lock_name
    from hotfix_desktop.store.exclusive import FOLDER, Exclusive

    try:
        _, database = find_workspace(home, Path(location))
        return os.path.exists(database) and Exclusive(database.parent / FOLDER).is_held(lock_name())
    except HotfixError:
        return False


def take_claim(home: Home, workspace: PackageWorkspace, exclusive: Exclusive, claim: Claim) -> None:
    """Take the claim to be this user's window of a workspace; raises ``AlreadyOpen`` or ``NoAnswer``."""
    from hotfix_desktop.runtime.instance import CLAIM_SECONDS, lock_name, server_name

    claim.take(
        lambda: exclusive.holding(lock_name(), f"the window of {workspace.title}", CLAIM_SECONDS),
        workspace.title,
        server_name(str(home.folder), workspace.location),
    )


def detached_guard(home: Home) -> Callable[[Store, PackageWorkspace], Guard]:
    """Give how to build the guard that starts the relocker as a process of its own."""

    def build(store: Store, workspace: PackageWorkspace) -> Guard:
        return _guard_at(home, store.exclusive, store.presence, workspace.location)

    return build


def _guard_at(home: Home, exclusive: Exclusive, presence: Presence, location: str) -> Guard:
    from hotfix_desktop.runtime.guard import LOCK, NAME, DetachedRelocker

    command = [*_this_program(), "--home", str(home.folder), "relocker", location]
    return DetachedRelocker(lambda: exclusive.is_held(LOCK), lambda: presence.get(NAME), SystemClock(), command)


def audit_command(home: Home, verb: str, log: str) -> list[str]:
    """Give the command of a process of its own that reads a log: ``audit VERB LOG``; the caller adds options."""
    return [*_this_program(), "--home", str(home.folder), "audit", verb, log]


def program_command(home: Home) -> list[str]:
    """Give the command that starts this program with this home, for processes that a window starts."""
    return [*_this_program(), "--home", str(home.folder)]


def _this_program() -> list[str]:
    # -P: nothing that lies in the current folder is imported in place of the real thing. The folder of this
    # package comes last, for a checkout that is not installed.
    start = "import sys; sys.path.append(sys.argv.pop(1)); from hotfix_desktop.__main__ import main; sys.exit(main())"
    return [sys.executable, "-P", "-c", start, str(Path(__file__).resolve().parent.parent)]


def guard_all(home: Home) -> Iterator[tuple[str, HotfixError | None]]:
    """Start a guard for each workspace of the home in which anything is open or half done, unless one lives.

    Yields the title of each such workspace and None, or what stood in the way. A database that cannot be read
    does not hide the others; it is called by its path. Raises ``StoreError`` when the home cannot be read.
    """
    from hotfix_desktop.store.store import Store

    for database in home.databases():
        if not os.path.getsize(database):
            continue  # a file that nobody has used yet
        title = str(database)
        try:
            with closing(Store(database)) as store:
                record = store.administration.workspace()
                if record is None or not _needs_guard(store):
                    continue
                title = record.title
                _guard_at(home, store.exclusive, store.presence, record.location).ensure()
        except HotfixError as error:
            yield title, error
        else:
            yield title, None


def _needs_guard(store: Store) -> bool:
    store_waits = store.journal.pending() or store.updates.pending()
    return bool(store.hotfixes.not_closed() or store.packages.half_done() or store_waits)


def autostart(home: Home) -> Autostart:
    """Give what has the guards of a home started at login."""
    from hotfix_desktop.runtime.autostart import Autostart

    option = [] if home.folder == default_home() else ["--home", str(home.folder)]
    return Autostart([*_installed_program(), *option, "relocker", "--all"])


def _installed_program() -> list[str]:
    """Give the command that people type, where there is one: entries of the desktop are read by people."""
    beside = Path(sys.executable).parent
    if sys.platform == "win32":
        # Not hotfix-desktop.exe: a console would flash up at each login.
        python = beside / "pythonw.exe"
        return (
            [str(python), "-P", "-m", "hotfix_desktop"] if (beside / "hotfix-desktop.exe").exists() else _this_program()
        )
    script = beside / "hotfix-desktop"
    return [str(script)] if script.exists() else _this_program()


def _lock_at_once(bench: Workbench) -> None:
    """Lock what is due before anything else is loaded: whoever starts a guard again may be late already."""
    from hotfix_desktop.services.relocking import Relocker

    try:
        bench.store.wait_at_most(0.5)
        Relocker(bench).beat()
    except HotfixError:
        return  # the heart will say so, and go on trying


def run_relocker(home: Home, location: Path, *, until_closed: bool, wait: bool = False) -> int:
    """Run the headless relocker of one workspace until it is told to stop.

    With ``wait`` it waits for its turn while another one runs; else that raises ``Busy``.
    """
    bench = make_bench(home, location, must_exist=True)
    exclusive = bench.store.exclusive
    try:
        _lock_at_once(bench)
    finally:
        bench.close()
    # Qt is loaded only here: the other commands for scripts do without it.
    from hotfix_desktop.runtime import relocker
    from hotfix_desktop.runtime.guard import LOCK
    from hotfix_desktop.runtime.log import Logging

    logging = Logging(home.logs, "relocker")
    try:
        return relocker.run(
            lambda: make_bench(home, location, must_exist=True),
            # A second is for those who only ask whether one lives, and take the lock for it.
            lambda: exclusive.holding(LOCK, "the guard of this workspace", patience=A_YEAR if wait else 1),
            until_closed=until_closed,
        )
    finally:
        logging.close()
