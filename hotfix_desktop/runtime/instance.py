"""One window for each workspace and user: a second start brings the first window to the front.

A lock that the operating system frees on death decides, so nobody has to trust a stale socket or process id;
the local socket only carries the wish. Each user of the machine has a lock and a socket of their own.

Qt's network module is loaded with the first use: no window waits for it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

from PySide6.QtCore import QDir, QObject, Signal, Slot

from hotfix_desktop.core.errors import Busy, Refused

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger(__name__)

ANSWER_SECONDS = 2.0
"""How long the first window may take to answer before it counts as hung."""
CLAIM_SECONDS = 0.5
"""How long a claim waits for another program that only looks whether the workspace is free."""
TOKEN_VARIABLE = "XDG_ACTIVATION_TOKEN"
"""With it Wayland lets a window come to the front that did not get the click."""
_RAISE, _RAISED = b"raise ", b"raised\n"
_TOKEN_LIMIT = 200
_PIECE_MS = 10


class AlreadyOpen(Refused):
    """Another window of this user has the workspace open, and has come to the front."""


class NoAnswer(Refused):
    """Another program of this user has the workspace open, and does not answer."""


def lock_name() -> str:
    """Give the name of this user's lock on a workspace's window."""
    return f"window-{_user()}"


def server_name(home: str, location: str) -> str:
    """Give the name of the socket on which this user's window of a workspace listens.

    Home and location stand for the database, whose path they make; a start that has not opened anything yet
    knows them already.
    """
    text = "\0".join((os.path.realpath(home), location, _user()))
    return "hotfix-desktop-" + hashlib.sha256(os.fsencode(text)).hexdigest()[:24]


def somebody_listens(name: str) -> bool:
    """Whether it may be worth asking: False only when no program of this user listens; costs next to nothing."""
    if sys.platform == "win32":
        return True  # pipes are no files
    try:
        found = os.lstat(QDir.temp().filePath(name))
    except OSError:
        return False
    # The folder is everybody's and the name can be guessed: another user who answered would shut this one out.
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.geteuid()


def ask_to_come_up(name: str, seconds: float = ANSWER_SECONDS) -> bool:
    """Ask the window that listens under a name to come to the front; True when it says that it has.

    It waits for the answer, so it is for a worker thread, or for a start that shows no window yet. What it says
    counts only while the lock is held.
    """
    if not somebody_listens(name):
        return False
    from PySide6.QtCore import QDeadlineTimer
    from PySide6.QtNetwork import QLocalSocket

    patience = QDeadlineTimer(int(seconds * 1000))
    socket = QLocalSocket()
    try:
        socket.connectToServer(name)
        if not socket.waitForConnected(patience.remainingTime()):
            return False
        _let_it_come_up()
        socket.write(_RAISE + os.environ.get(TOKEN_VARIABLE, "")[:_TOKEN_LIMIT].encode() + b"\n")
        pause = threading.Event()
        while not socket.canReadLine():
            # In small pieces: PySide keeps Python to itself while it waits, and with it this program's own window.
            socket.waitForReadyRead(_PIECE_MS)
            if patience.hasExpired() or socket.state() != QLocalSocket.LocalSocketState.ConnectedState:
                break
            pause.wait(_PIECE_MS / 1000)
        return bytes(socket.readLine().data()) == _RAISED
    finally:
        socket.abort()


class Claim:
    """This process's claim to be the window of one workspace; every lane may take it, and it is taken once.

    Attributes:
        name: the name of its socket; empty while nothing is claimed.
    """

    def __init__(self) -> None:
        """Claim nothing yet."""
        self.name = ""
        self._guard = threading.Lock()
        self._held: ExitStack | None = None

    def take(self, lock: Callable[[], AbstractContextManager[None]], title: str, name: str) -> None:
        """Take the claim, or bring the window to the front that has it.

        ``lock`` gives what is to be held; entering it raises ``Busy`` when another process holds it. ``name`` is
        the :func:`server_name`.

        Raises:
            AlreadyOpen: another window has it, and has come to the front.
            NoAnswer: another window has it, and does not answer.
            StoreError: when the lock file cannot be made.
        """
        with self._guard:
            if self._held is not None:
                return
            with ExitStack() as stack:
                try:
                    stack.enter_context(lock())
                except Busy as error:
                    raise _taken(title, name) from error
                self._held, self.name = stack.pop_all(), name

    def release(self) -> None:
        """Let others have it. Releasing again does nothing."""
        with self._guard:
            held, self._held, self.name = self._held, None, ""
        if held is not None:
            held.close()


class Doorbell(QObject):
    """Where later starts ring for the window of a workspace.

    Signals:
        rung: the window is to come to the front; the activation token of whoever asks, empty when there is none.
    """

    rung = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        """Listen to nobody yet."""
        super().__init__(parent)
        self._server: QLocalServer | None = None

    def listen(self, name: str) -> None:
        """Begin; only for whoever holds the claim, because a socket that is left over is removed."""
        from PySide6.QtNetwork import QLocalServer

        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_connection)
        QLocalServer.removeServer(name)
        self._server = server
        if not server.listen(name):
            # The claim holds all the same; a second start then says that this window does not answer.
            log.warning("a second start cannot bring this window to the front: %s", server.errorString())

    def close(self) -> None:
        """Listen no more, and remove the socket."""
        if self._server is not None:
            self._server.close()

    @Slot()
    def _on_connection(self) -> None:
        assert self._server is not None
        while (socket := self._server.nextPendingConnection()) is not None:
            _Caller(socket, self)


class _Caller(QObject):
    """One start that rings."""

    def __init__(self, socket: QLocalSocket, bell: Doorbell) -> None:
        super().__init__(bell)
        self._socket = socket
        self._bell = bell
        socket.setParent(self)
        socket.disconnected.connect(self.deleteLater)
        socket.readyRead.connect(self._on_words)
        self._on_words()  # they may have come with the connection

    @Slot()
    def _on_words(self) -> None:
        if not self._socket.canReadLine():
            if self._socket.bytesAvailable() > len(_RAISE) + _TOKEN_LIMIT + 1:
                self._socket.abort()  # that is none of ours
            return
        line = bytes(self._socket.readLine().data())
        if not line.startswith(_RAISE):
            self._socket.abort()
            return
        self._bell.rung.emit(line.removeprefix(_RAISE).strip().decode("utf-8", "replace"))
        self._socket.write(_RAISED)
        self._socket.flush()


def _taken(title: str, name: str) -> Refused:
    if ask_to_come_up(name):
        return AlreadyOpen(f"{title} is open in another window, which has come to the front.")
    return NoAnswer(
        f"{title} is open in another window of yours, which does not answer.",
        "Wait until it does, or end that program; then try again.",
    )


def _user() -> str:
    if sys.platform != "win32":
        return str(os.geteuid())
    import getpass

    # It becomes part of a file's name, where a user's name may hold what such a name may not.
    return hashlib.sha256(getpass.getuser().encode()).hexdigest()[:8]


def _let_it_come_up() -> None:
    if sys.platform == "win32":
        import ctypes

        any_process = 0xFFFFFFFF
        ctypes.windll.user32.AllowSetForegroundWindow(any_process)  # else the taskbar only blinks
