"""DB Browser for SQLite as a peer: how long it takes from its start until nothing on its screen changes any more.

It runs under an X server of its own that keeps its picture in a file (``Xvfb -fbdir``), so that to look at it costs
the program nothing. Both are Debian packages; where they are missing there is no peer.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BROWSER = "sqlitebrowser"
SERVER = "Xvfb"
LOOK = 0.01
"""Seconds between two looks at the screen."""
STILL = 2.0
"""Seconds after which a screen that stands still is taken for finished; a cursor may blink meanwhile."""
PATIENCE = 60.0
_HEADER = 4096
"""Bytes of the picture's file that may change without the picture."""


def browsed(path: Path | None, table: str, rounds: int) -> tuple[float, ...]:
    """Give the milliseconds from its start to its last picture, with a table of a database open if a path is given.

    Empty where it or the X server is not installed.
    """
    if shutil.which(BROWSER) is None or shutil.which(SERVER) is None:
        return ()
    with tempfile.TemporaryDirectory(prefix="hotfix-browsing-") as folder, _server(Path(folder)) as (display, screen):
        samples = [_once(path, table, display, screen, Path(folder)) for _ in range(rounds + 1)]
    return tuple(samples[1:])  # the first start reads the program from the disk


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, Path]]:
    reading, writing = os.pipe()
    command = [SERVER, "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-fbdir", str(folder)]
    with subprocess.Popen(
        command, pass_fds=[writing], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        os.close(writing)
        try:
            number = os.read(reading, 16).decode().strip()
            yield f":{number}", folder / "Xvfb_screen0"
        finally:
            os.close(reading)
            server.terminate()


def _once(path: Path | None, table: str, display: str, screen: Path, folder: Path) -> float:
    home = folder / "home"
    environment = {**os.environ, "DISPLAY": display, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    environment.pop("WAYLAND_DISPLAY", None)
    environment.pop("QT_QPA_PLATFORM", None)
    arguments = ["-R", "-t", table, str(path)] if path is not None else []
    before = _picture(screen)
    began = time.perf_counter()
    with subprocess.Popen(
        [BROWSER, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as browser:
        try:
            return (_finished(screen, before, began) - began) * 1000
        finally:
            browser.terminate()


def _finished(screen: Path, before: bytes, began: float) -> float:
    """When the picture was there at which it stays, but for a cursor that comes and goes."""
    looks: list[tuple[float, bytes]] = []
    newest: dict[bytes, float] = {}  # each picture, and when it was seen first
    while True:
        now = time.perf_counter()
        picture = _picture(screen)
        if picture != before:
            looks.append((now, picture))
            newest.setdefault(picture, now)
            if now - max(newest.values()) > STILL:
                break
        if now - began > PATIENCE:
            raise RuntimeError(f"the screen of {BROWSER} never stood still")
        time.sleep(LOOK)
    # A picture that is still seen at the end is a finished one; the first of them counts.
    last = {picture for at, picture in looks if at > looks[-1][0] - STILL}
    return min(at for picture, at in newest.items() if picture in last)


def _picture(screen: Path) -> bytes:
    with screen.open("rb") as file:
        file.seek(_HEADER)
        return hashlib.blake2b(file.read(), digest_size=16).digest()
