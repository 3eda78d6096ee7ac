"""The guard: the headless relocker as a process of its own, and what makes sure that one lives.

One guard lives for each workspace: it holds the lock ``relocker`` beside the database, which the operating
system frees when it dies, so nobody has to trust a stale process id. That it does not merely exist tells its
beat, see ``store/presence.py``.
"""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO

from hotfix_desktop.core.clock import Clock, Moment
from hotfix_desktop.core.errors import Refused, StoreError
from hotfix_desktop.core.watch import GuardState, Watcher, system_user

log = logging.getLogger(__name__)

LOCK = "relocker"
NAME = "guard"
"""Under which it beats."""
READY = "ready"
IDLE_SECONDS = 30
"""How long a relocker that ends when nothing is open waits for the unlock that it was started for."""
START_SECONDS = 20.0
"""How long an unlock waits for a guard that is being started."""
ANSWER_SECONDS = 3.0
"""How long an unlock waits for the next beat of one that is there."""
AGAIN_SECONDS = 5.0
"""Between two tries to start one again."""
DETACHED = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""On Windows: without the console of whoever starts it, whose end would end it."""


class DetachedRelocker:
    """A guard that starts ``hotfix-desktop relocker`` detached when none lives."""

    def __init__(
        self,
        holds: Callable[[], bool],
        watcher: Callable[[], Watcher | None],
        clock: Clock,
        command: Sequence[str],
    ) -> None:
        """Keep how to ask whether its lock is held and when it beat last, and the command that starts one."""
        self._holds = holds
        self._watcher = watcher
        self._clock = clock
        self._command = [*command, "--until-closed"]
        self._started: subprocess.Popen[bytes] | None = None
        self._revived_at = float("-inf")

    def look(self, now: Moment) -> tuple[GuardState, int]:
        """Say what is known of it, and its process."""
        try:
            # The beat alone does not tell: one that was killed has beaten just before.
            if self._holds():
                watcher = self._watcher()
                # One that starts holds the lock before its first beat, and the last beat is that of a dead one.
                if watcher is not None and watcher.is_fresh(now) and _lives(watcher.pid):
                    ours = watcher.owner in (system_user(), "0")
                    return GuardState.ALIVE if ours else GuardState.FOREIGN, watcher.pid
                return GuardState.SILENT, watcher.pid if watcher else 0
        except StoreError as error:
            log.info("it is not known whether a guard lives: %s", error)
        return GuardState.NONE, 0

    def ensure(self) -> None:
        """Return when one lives; raise ``Refused`` when none could be started, or the one there does not answer."""
        if self._is_alive() or self._answers():
            return
        with tempfile.TemporaryFile() as complaints:
            process = self._start(complaints, subprocess.PIPE)
            answer = _first_line(process, START_SECONDS)
            if answer == READY or self._answers():  # another window may have been faster
                return
            process.kill()
            code = process.wait()
            complaints.seek(0)
            said = complaints.read().decode("utf-8", "replace").strip()
        raise Refused(
            "No guard could be started, so nothing is unlocked: nobody would lock the package in time.",
            "Look into the log folder of this program.",
            said or f"It said {answer!r} and ended with {code}.",
        )

    def revive(self) -> None:
        """Start one without waiting, not more often than every few seconds."""
        if time.monotonic() - self._revived_at < AGAIN_SECONDS:
            return
        self._revived_at = time.monotonic()
        try:
            self._start(subprocess.DEVNULL, subprocess.DEVNULL)
        except Refused as error:
            log.warning("The guard could not be started again: %s (%s)", error, error.details)

    def _is_alive(self) -> bool:
        return self.look(self._clock.now())[0] is GuardState.ALIVE

    def _answers(self) -> bool:
        """Wait for the beat of one that holds the lock; False when nobody holds it."""
        until = time.monotonic() + ANSWER_SECONDS
        pause = threading.Event()
        while self._holds():
            state, pid = self.look(self._clock.now())
            if state is GuardState.ALIVE:
                return True
            if state is GuardState.FOREIGN:
                raise Refused(
                    f"The guard of this workspace (process {pid}) runs as another user, who may not be able to lock"
                    " what you open, so nothing is unlocked.",
                    "Let that user unlock, or end that process.",
                )
            if time.monotonic() > until:
                raise Refused(
                    f"The guard{f' (process {pid})' if pid else ''} does not answer, so nothing is unlocked: nobody"
                    " would lock the package in time.",
                    "End that process and try again; a new guard is started then.",
                )
            pause.wait(0.1)
        return False

    def _start(self, complaints: IO[bytes] | int, output: int) -> subprocess.Popen[bytes]:
        if self._started is not None:
            self._started.poll()  # asks for the end of the one before
        try:
            self._started = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=complaints,
                # It must outlive this process, its terminal and its window.
                start_new_session=True,
                creationflags=DETACHED,
                # Not in the caller's folder: it would keep its disk busy, and Python would import from it.
                cwd=os.path.sep,
            )
        except OSError as error:
            raise Refused(
                "No guard could be started, so nothing is unlocked: nobody would lock the package in time.",
                "Look into the log folder of this program.",
                str(error),
            ) from error
        return self._started


def _lives(pid: int) -> bool:
    """Whether a process is there; True where that cannot be asked without harm."""
    if os.name == "nt":
        return True  # there os.kill ends it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> str:
    """Give the first line that a process prints; empty when it ends, or says nothing for so long."""
    lines: list[bytes] = []

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as output:
            lines.append(output.readline())

    # A thread, because no other way to wait for a pipe with a limit works on every system.
    reader = threading.Thread(target=read, name="guard-answer", daemon=True)
    reader.start()
    reader.join(seconds)
    return lines[0].decode("utf-8", "replace").strip() if lines else ""
