"""A window without a screen: the real session with its lanes, its heartbeat and the real detached guard.

It is forked from a server that has everything loaded, so that a trial costs milliseconds, and does what it is
told at the moments it is told; after each service call that was acknowledged it says so through a pipe.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.faults.processes import kill, pause
from tests.faults.world import Ground, a_minute_lasts

context = multiprocessing.get_context("forkserver")
Step = tuple[float, str, str]
"""At which ``time.time()`` to do what with which package: ``unlock``, ``lock``, ``extend`` or ``block``."""
Message = tuple[str, str, str, Any, float]
"""``done``, ``failed`` or ``crash``; the verb, the package, the hotfix number or the sentence, the seconds it took."""


def preload() -> None:
    """Start the server from which windows are forked; before any thread is."""
    context.set_forkserver_preload(["tests.faults.headless", "tests.faults.loaded"])
    process = context.Process(target=os.getpid)
    process.start()
    process.join()


class Window:
    """A headless window in a process of its own, as the trial sees it.

    Attributes:
        told: what it has said so far.
    """

    def __init__(self, ground: Ground, minute: float, *, guarded: bool = True, user: str = "") -> None:
        """Start it; ``minute`` is how many seconds a minute of a lease lasts."""
        self._mail, theirs = context.Pipe()
        place = (str(ground.home.folder), str(ground.location), dict(ground.ids))
        self._process = context.Process(target=run, args=(*place, theirs, minute, guarded, user))
        self._process.start()
        theirs.close()
        self.pid = self._process.pid or 0
        self.told: list[Message] = []

    def wait_for(self, verb: str, seconds: float = 20.0, package: str = "") -> Message | None:
        """Wait until it has said what came of a verb; None when it does not."""
        until = time.time() + seconds
        while True:
            self.hear(min(0.05, max(0.0, until - time.time())))
            for message in self.told:
                if message[1] == verb and package in ("", message[2]):
                    return message
            if time.time() > until or not self._process.is_alive():
                return None

    def hear(self, seconds: float = 0.0) -> None:
        """Take in what it has said."""
        pause(0)  # ends here when the run was interrupted
        try:
            while self._mail.poll(seconds):
                self.told.append(self._mail.recv())
                seconds = 0.0
        except (EOFError, OSError):
            pause(seconds)

    def tell(self, *steps: Step) -> None:
        """Give it something to do."""
        self._mail.send(steps)

    def kill(self) -> None:
        """Kill it as the kernel does, and take in what it had said."""
        kill(self.pid)
        self._process.join()
        self.hear()
        self._mail.close()


def run(
    home: str, location: str, ids: dict[str, int], mail: Connection, minute: float, guarded: bool, user: str
) -> None:
    """Be the window, until killed or until nobody listens any more."""
    from PySide6.QtCore import QCoreApplication, QSocketNotifier, Qt, QTimer

    from hotfix_desktop.app import home_of, make_bench
    from hotfix_desktop.core.roles import Person
    from hotfix_desktop.processes import detached_guard
    from hotfix_desktop.runtime.lane import Job
    from hotfix_desktop.runtime.session import WorkspaceSession

    a_minute_lasts(minute)
    application = QCoreApplication(["faults"])
    place = home_of(home)
    person = Person(user, "10.0.0.1") if user else None
    guard = detached_guard(place) if guarded else None
    session = WorkspaceSession(lambda: make_bench(place, Path(location), guard=guard, person=person))
    kept: list[object] = []
    sys.excepthook = lambda kind, error, trace: say("crash", "", "", f"{kind.__name__}: {error}")

    def say(result: str, verb: str, package: str, what: object, began: float = 0.0) -> None:
        mail.send((result, verb, package, what, time.time() - began))

    def follow(job: Job, verb: str, package: str) -> None:
        kept.append(job)
        began = time.time()
        job.done.connect(lambda result: say("done", verb, package, getattr(result, "number", None), began))
        job.failed.connect(lambda error: say("failed", verb, package, str(error), began))

    def act(verb: str, package: str) -> None:
        if verb == "block":
            threading.Event().wait(float(package))
        elif verb == "unlock":
            follow(session.unlock(ids[package], "Fault injected", "INC-1", 1), verb, package)
        elif verb == "lock":
            follow(session.lock(ids[package]), verb, package)
        else:
            follow(session.extend(ids[package], 1), verb, package)

    def listen() -> None:
        try:
            steps: tuple[Step, ...] = mail.recv()
        except (EOFError, OSError):
            os._exit(0)
        for at, verb, package in steps:
            later(max(0, round((at - time.time()) * 1000)), lambda verb=verb, package=package: act(verb, package))

    def later(milliseconds: int, what: Callable[[], None]) -> None:
        timer = QTimer(application)
        timer.setSingleShot(True)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(what)
        timer.start(milliseconds)

    notifier = QSocketNotifier(mail.fileno(), QSocketNotifier.Type.Read, application)
    notifier.activated.connect(listen)
    session.start()
    follow(session.open(), "open", "")
    application.exec()
