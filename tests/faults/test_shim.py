"""The shim does what it says; the trials that stand on it could not find anything else."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import shim
from tests.faults.shim import Act, Call, Shim

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the shim is for Linux")

DATABASE = """
import sqlite3
connection = sqlite3.connect("data", isolation_level=None)
connection.execute("PRAGMA journal_mode = wal")
connection.execute("PRAGMA synchronous = full")
connection.execute("CREATE TABLE t (x)")
for number in range(20):
    connection.execute("INSERT INTO t VALUES (?)", (number,))
    print(number, flush=True)
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def library() -> Path:
    try:
        return shim.build()
    except shim.NoShim as error:
        pytest.skip(str(error))


@pytest.fixture
def control(library: Path, tmp_path: Path) -> Shim:
    return Shim(tmp_path)


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    folder = (tmp_path / "watched").resolve()
    folder.mkdir()
    return folder


@pytest.fixture
def run(control: Shim, watched: Path) -> Run:
    """Run some Python with the library, in the watched folder, every call counted."""

    def run(code: str) -> subprocess.CompletedProcess[str]:
        control.watch(watched)
        control.arm(-1)
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=control.environment(),
            cwd=watched,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        control.disarm()
        return done

    return run


CLOCKS = (
    "import time; from datetime import datetime, UTC; "
    "print(datetime.now(UTC).timestamp(), time.time(), time.clock_gettime_ns(time.CLOCK_BOOTTIME) / 1e9,"
    " time.monotonic(), open('/proc/sys/kernel/random/boot_id').read().strip())"
)


def test_moves_the_clocks_but_not_the_monotonic_one(control, run):
    control.set_clocks(wall=-86_400, boot=3600, boot_id="another boot")
    wall, again, boot, monotonic, *boot_id = run(CLOCKS).stdout.split()
    assert float(wall) == pytest.approx(time.time() - 86_400, abs=20)
    assert float(again) == pytest.approx(time.time() - 86_400, abs=20)
    assert float(boot) == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME) + 3600, abs=20)
    assert float(monotonic) == pytest.approx(time.monotonic(), abs=20)
    assert " ".join(boot_id) == "another boot"


def test_leaves_the_clocks_alone_at_first(run):
    wall, _, boot, _, boot_id = run(CLOCKS).stdout.split()
    assert float(wall) == pytest.approx(time.time(), abs=20)
    assert float(boot) == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=20)
    assert boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_moves_the_clock_of_a_program_that_is_running(control):
    code = "import time\nfor line in iter(input, ''): print(time.time(), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=control.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as clock:
        assert clock.stdin is not None
        assert clock.stdout is not None

        def read() -> float:
            clock.stdin.write("now\n")
            clock.stdin.flush()
            return float(clock.stdout.readline())

        before = read()
        control.sleep(1000)
        assert read() == pytest.approx(before + 1000, abs=20)
        clock.stdin.write("\n")


def test_sees_what_sqlite_writes(control, run, watched, tmp_path):
    control.trace(watched, tmp_path / "trace")
    run(DATABASE)
    steps = list(shim.read_trace(tmp_path / "trace"))
    log = [step for step in steps if step.path == str(watched / "data-wal")]
    assert sum(step.kind == Call.SYNC for step in log) >= 20
    assert sum(len(step.data) for step in log if step.kind == Call.WRITE) > 20 * 4096
    assert {Call.WRITE, Call.SYNC, shim.CREATED} <= {step.kind for step in steps if step.path == str(watched / "data")}


def test_the_trace_rebuilds_the_file(control, run, watched, tmp_path):
    control.trace(watched, tmp_path / "trace")
    run("f = open('a', 'wb'); f.write(b'one two'); f.seek(4); f.write(b'TWO'); f.truncate(6); f.close()")
    content = bytearray()
    for step in shim.read_trace(tmp_path / "trace"):
        if step.kind == Call.WRITE:
            content[step.number : step.number + len(step.data)] = step.data
        elif step.kind == Call.TRUNCATE:
            del content[step.number :]
    assert bytes(content) == (watched / "a").read_bytes() == b"one TW"


def test_marks_stand_between_what_was_done(control, run, watched, tmp_path):
    control.trace(watched, tmp_path / "trace")
    run(
        "import ctypes, os; os.mkdir('a'); ctypes.CDLL(None).fault_shim_mark(ctypes.c_longlong(7)); os.rename('a', 'b')"
    )
    kinds = [(step.kind, step.number) for step in shim.read_trace(tmp_path / "trace")]
    assert kinds == [(Call.MKDIR, 0), (shim.MARK, 7), (Call.RENAME, 0)]


@pytest.mark.parametrize(("how", "left"), [(Act.KILL_BEFORE, 2), (Act.KILL_AFTER, 3)])
def test_kills_at_the_nth_call(control, run, watched, how, left):
    control.aim(how, 3)
    done = run("import os\nfor name in 'abcdef': os.mkdir(name)")
    assert done.returncode == -signal.SIGKILL
    assert len(os.listdir(watched)) == left


def test_counts_each_kind_below_its_folders_only(control, run, tmp_path):
    code = """
import os
os.mkdir("d"); os.chmod("d", 0o700); f = os.open("d", os.O_RDONLY); os.fchmod(f, 0o755)
os.close(os.open("x", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=f)); os.chmod("x", 0o644, dir_fd=f)
os.rename("d/x", "d/y"); os.link("d/y", "d/z"); os.unlink("d/z"); os.unlink("y", dir_fd=f); os.rmdir("d")
os.mkdir("../elsewhere"); os.mkdir("../watched-not")
"""
    assert run(code).returncode == 0
    seen = {"mkdir": 1, "chmod": 3, "create": 1, "rename": 1, "link": 1, "unlink": 3}
    # What is relative is taken as it is written: ".." is not looked through, and no program of ours writes it.
    seen["mkdir"] += 2
    assert control.seen() == seen
    assert control.count == sum(seen.values())


@pytest.mark.parametrize(("for_ever", "made"), [(False, "adef"), (True, "a")])
def test_fails_a_call_once_or_from_then_on(control, run, watched, for_ever, made):
    control.aim(Act.FAIL, 2, error=errno.EROFS, for_ever=for_ever, calls=(Call.MKDIR,))
    code = """
import os
open("file", "w").close()
for name in "abdef":
    try:
        os.mkdir(name)
    except OSError as error:
        print(error.errno)
"""
    done = run(code)
    assert sorted(os.listdir(watched)) == sorted([*made, "file"])
    assert set(done.stdout.split()) == {str(errno.EROFS)}
    assert control.failed == 5 - len(made)


def test_a_sync_that_fails_fails_the_transaction(control, run):
    control.aim(Act.FAIL, 12, error=errno.EIO, for_ever=True, calls=(Call.SYNC,))
    done = run(DATABASE)
    assert "disk I/O error" in done.stderr
    assert 0 < len(done.stdout.split()) < 20


def test_a_disk_of_so_many_bytes(control, run, watched):
    control.limit_disk(watched, 10 * 4096)
    code = """
import os
f = os.open("a", os.O_CREAT | os.O_WRONLY)
print(os.write(f, bytes(3 * 4096 + 1)), os.pwrite(f, b"x", 5), os.write(f, bytes(20 * 4096)))
try:
    os.write(f, b"y" * 4096)
except OSError as error:
    print(error.errno)
os.ftruncate(f, 0); os.lseek(f, 0, 0)
print(os.write(f, bytes(2 * 4096)))
"""
    first, over, rest, refused, again = map(int, run(code).stdout.split())
    assert (first, over, refused, again) == (3 * 4096 + 1, 1, errno.ENOSPC, 2 * 4096)
    assert first + rest == 10 * 4096
    assert control.refused == 2


def test_sqlite_finds_that_disk_full(control, run, watched):
    control.limit_disk(watched, 100_000)
    done = run(DATABASE)
    assert "database or disk is full" in done.stderr
    assert 0 < len(done.stdout.split()) < 20


def test_a_disk_of_one_database_holds_its_journal_too(control, run, watched):
    control.limit_disk(watched / "data", 100_000)
    run("open('database', 'wb').write(bytes(200_000)); open('data', 'wb').write(bytes(60_000))")
    run("open('data-journal', 'wb').write(bytes(60_000))")
    assert (watched / "database").stat().st_size == 200_000
    assert 60_000 <= sum((watched / name).stat().st_size for name in ("data", "data-journal")) <= 100_000
    assert control.refused
