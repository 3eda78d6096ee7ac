"""The headless relocker as a process of its own, and the guard that makes sure one lives.

One relocker lives for each workspace: it holds the lock ``relocker`` beside the database, which the
operating system frees when it dies, so nobody has to trust a stale process id.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence

from hotfix_desktop.core.errors import Refused

LOCK = "relocker"
READY = "ready"
IDLE_SECONDS = 30
"""How long a relocker that ends when nothing is open waits for the unlock that it was started for."""


class DetachedRelocker:
    """A guard that starts ``hotfix-desktop relocker`` detached when none lives."""

    def __init__(self, lives: Callable[[], bool], command: Sequence[str]) -> None:
        """Keep how to ask whether a relocker lives, and the command that starts one."""
        self._lives = lives
        self._command = [*command, "--until-closed"]
        self._started: subprocess.Popen[str] | None = None

    def ensure(self) -> None:
        """Return when a relocker lives; raise ``Refused`` when none could be started."""
        if self._started is not None:
            self._started.poll()
        if self._lives():
            return
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # It must outlive this process, its terminal and its window.
                start_new_session=True,
                text=True,
                # Not in the caller's folder: it would keep its disk busy, and Python would import from it.
                cwd=os.path.sep,
            )
        except OSError as error:
            raise _no_guard(str(error)) from error
        self._started = process  # kept: it is asked for its end when the next one is started
        assert process.stdout is not None
        with process.stdout as output:
            answer = output.readline().strip()
        if answer != READY:
            raise _no_guard(f"it ended with {process.wait()}")


def _no_guard(details: str) -> Refused:
    return Refused(
        "No relocker could be started, so nothing is unlocked: nobody would lock the package in time.",
        "Look into the log folder of this program.",
        details,
    )
