"""A database file, a workspace in it, and entries to write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotfix_desktop.core.audit import AuditResult, AuditType, Event
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.store.store import Store

START = Moment(datetime(2026, 1, 1, tzinfo=UTC), 10**9, "boot")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database of the test lies; not made yet."""
    return tmp_path / "workspace" / "hotfix-desktop.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An opened database with a workspace of ann's."""
    opened = Store(path)
    opened.administration.create_workspace("/packages", "Packages", "ann", START)
    yield opened
    opened.close()


@pytest.fixture
def enter(store: Store) -> Callable[..., int]:
    """Enters one event; keywords replace its fields, ``minutes`` is its time after the start."""

    def enter(description: str = "Something happened", minutes: float = 0, **fields: object) -> int:
        step = timedelta(minutes=minutes)
        now = Moment(START.utc + step, START.boot_us + step // timedelta(microseconds=1), "boot")
        values: dict[str, object] = {
            "type": AuditType.UNLOCKED,
            "result": AuditResult.SUCCESS,
            "owner": "ann",
            "ip_address": "10.0.0.1",
            "description": description,
            "package": "Case",
        }
        with store.transaction():
            return store.ledger.append(Event(**{**values, **fields}), now)

    return enter


@pytest.fixture
def as_nobody() -> Callable[[str, Path], subprocess.CompletedProcess[str]]:
    """Runs Python code as a user without rights; ``sys.argv[1]`` is the path it gets."""
    if sys.platform == "win32" or os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become somebody else")

    def run(code: str, argument: Path) -> subprocess.CompletedProcess[str]:
        become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        return subprocess.run(
            [*become, sys.executable, "-c", code, str(argument)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    if run("import hotfix_desktop.store.store", Path()).returncode != 0:
        pytest.skip("another user cannot read this checkout or its Python")
    return run


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach, which pytest's own are not."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)
