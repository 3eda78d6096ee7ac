"""A home that a group shares: an auditor is another user of the operating system."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hotfix_desktop.app import Home, make_bench
from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.services import administration, protection, sealing
from hotfix_desktop.services.log_reading import LogDesk, LogPages
from tests.packages_on_disk import make_packages

GROUP = 65533


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def protect(home: Path, folder: Path) -> Path:
    bench = make_bench(Home(home), folder)
    protection.protect(bench)
    administration.assign_role(bench, "nobody", Role.AUDITOR)
    path = bench.store.path
    # While it is open: the write-ahead log is there, too.
    made = {p.name: mode(p) for p in path.parent.iterdir()}
    bench.store.close()
    assert set(made) >= {path.name, f"{path.name}-wal", "working"}
    return path


def test_a_home_of_ones_own_lets_nobody_else_in(tmp_path):
    (tmp_path / "home").mkdir(mode=0o755)
    database = protect(tmp_path / "home", make_packages(tmp_path / "Pkg", "CrtBase"))
    assert mode(database.parent) == 0o700


def test_what_is_made_in_a_shared_home_is_the_groups(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o2770)
    database = protect(home, make_packages(tmp_path / "Pkg", "CrtBase"))
    assert [mode(p) for p in (database.parent.parent, database.parent, database.parent / "working")] == [0o2770] * 3
    assert mode(database) == 0o660
    assert {mode(p) for p in (database.parent / "working").iterdir()} == {0o660}
    assert mode(home / "keys") == 0o2770
    assert [mode(p) for p in (home / "keys").iterdir()] == [0o660]


def test_everybody_in_a_shared_home_seals_with_its_one_key(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o2770)
    folder = make_packages(tmp_path / "Pkg", "CrtBase")
    protect(home, folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state of bob"))
    bench = make_bench(Home(home), folder, person=Person("bob", "10.0.0.2"))
    try:
        assert sealing.seal(bench) is not None
        assert len(bench.store.ledger.recent(AuditType.SIGNING_KEY, 9)) == 1
        assert "group" in sealing.key_place(bench)
    finally:
        bench.store.close()


@pytest.fixture
def shared_home():
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root, who can become another user")
    home = Path(tempfile.mkdtemp(prefix="hotfix-desktop-home-"))
    os.chown(home, 0, GROUP)
    home.chmod(0o2770)
    yield home
    shutil.rmtree(home)


def test_an_auditor_of_the_group_reads_the_log_and_somebody_else_does_not(shared_home, tmp_path):
    database = protect(shared_home, make_packages(tmp_path / "Pkg", "CrtBase"))
    reading = f"import sqlite3; print(sqlite3.connect('file:{database}?mode=ro', uri=True)" + (
        ".execute('select count(*) from audit').fetchone()[0])"
    )

    def as_user(*groups: str) -> subprocess.CompletedProcess[str]:
        user = ["setpriv", "--reuid=65534", "--regid=65534", *groups]
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        return subprocess.run([*user, python, "-c", reading], capture_output=True, text=True, check=False)

    assert as_user(f"--groups={GROUP}").stdout.strip() == "4"
    assert as_user("--clear-groups").returncode != 0


def test_the_auditor_gets_the_page_that_the_role_allows(tmp_path):
    database = protect(tmp_path / "home", make_packages(tmp_path / "Pkg", "CrtBase"))

    pages = LogPages(LogDesk(database, Person("nobody", "10.0.0.9")))
    try:
        # Created, protected, signing key, role assigned.
        assert pages.bounds().count == 4
    finally:
        pages.close()
