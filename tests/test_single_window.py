"""Real windows as real processes: one for each workspace and user, and a clean end when the system asks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QDir
from PySide6.QtNetwork import QLocalServer

from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.core.watch import GuardState
from hotfix_desktop.processes import detached_guard
from hotfix_desktop.runtime.guard import LOCK
from hotfix_desktop.runtime.instance import Doorbell, lock_name, server_name
from hotfix_desktop.services import catalogue, hotfixes, protection
from tests.packages_on_disk import is_writable, make_packages

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes, it does not ask them"),
    # A guard outlives the object that started it, as it should.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

SECONDS = 30


@pytest.fixture
def folder(tmp_path):
    made = make_packages(tmp_path / "Pkg", "CrtBase", "UsrInvoices")
    bench = make_bench(home_of(None), made)
    protection.protect(bench)
    bench.store.close()
    return made


@pytest.fixture
def bench(folder):
    made = make_bench(home_of(None), folder, guard=detached_guard(home_of(None)))
    yield made
    made.store.close()


@pytest.fixture
def window(folder):
    """Starts windows, and ends those that a test leaves."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "hotfix_desktop", *arguments]
        process = subprocess.Popen(
            command,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()  # not killed: that would leave its socket behind
        process.communicate(timeout=SECONDS)
    # One that was killed has left it, unless its heir got as far as to take it over.
    QLocalServer.removeServer(server_name(str(home_of(None).folder), str(folder)))


@pytest.fixture
def first(window, folder, qtbot):
    """The window that was there first, once it listens."""
    process = window(str(folder))
    name = server_name(str(home_of(None).folder), str(folder))
    qtbot.waitUntil(lambda: QDir.temp().exists(name), timeout=SECONDS * 1000)
    return process


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; gives the exit code and what was said."""
    _, said = process.communicate(timeout=SECONDS)
    return process.returncode, said


def test_a_second_start_brings_the_first_window_up_and_ends(first, window, folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    for named in ([str(folder)], [str(link)], [folder.parent.name], []):
        code, said = ended(window(*named))
        assert code == 0, said
        assert "Traceback" not in said
    assert first.poll() is None


def test_one_who_answers_without_having_the_workspace_is_not_believed(window, folder, bench, qtbot):
    liar = Doorbell()
    rung: list[str] = []
    liar.rung.connect(rung.append)
    liar.listen(server_name(str(home_of(None).folder), str(folder)))
    try:
        process = window(str(folder))
        qtbot.waitUntil(
            lambda: bench.store.exclusive.is_held(lock_name()) or process.poll() is not None, timeout=SECONDS * 1000
        )
        assert process.poll() is None
        assert rung == []
    finally:
        liar.deleteLater()


def test_another_workspace_opens_a_window_of_its_own(first, window, tmp_path, qtbot):
    other = make_packages(tmp_path / "other" / "Pkg", "UsrPortal")
    second = window(str(other))
    name = server_name(str(home_of(None).folder), str(other))
    qtbot.waitUntil(lambda: QDir.temp().exists(name), timeout=SECONDS * 1000)
    assert second.poll() is None


def test_a_picture_is_drawn_although_a_window_is_open(first, window, folder, tmp_path):
    assert ended(window(str(folder), "--screenshot", str(tmp_path / "x.png"))) == (0, "")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_the_next_window_takes_over_from_one_that_was_killed(first, window, folder, bench, qtbot):
    assert bench.store.exclusive.is_held(lock_name())
    first.kill()
    first.wait()
    heir = window(str(folder))
    qtbot.waitUntil(lambda: bench.store.exclusive.is_held(lock_name()), timeout=SECONDS * 1000)
    assert heir.poll() is None


def test_a_window_that_does_not_answer_is_not_shut_out_silently(first, window, folder, qtbot):
    first.send_signal(signal.SIGSTOP)
    try:
        second = window(str(folder))
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=6)  # it shows the refusal, and waits for somebody to read it
    finally:
        first.send_signal(signal.SIGCONT)
    second.send_signal(signal.SIGTERM)
    assert ended(second)[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_window_that_is_asked_to_end_leaves_a_guard_or_locked_files(first, folder, bench, number):
    hotfixes.unlock(bench, catalogue.find(bench, "UsrInvoices").package_id, "VAT", "", 5)
    assert is_writable(folder / "UsrInvoices")
    guard = bench.guard.look(bench.clock.now())
    try:
        first.send_signal(number)
        assert ended(first) == (0, "")
        state, _pid = bench.guard.look(bench.clock.now())
        assert state is GuardState.ALIVE or not is_writable(folder / "UsrInvoices")
        assert not bench.store.exclusive.is_held(lock_name())
        assert not QDir.temp().exists(server_name(str(home_of(None).folder), str(folder)))
    finally:
        if bench.store.exclusive.is_held(LOCK):
            os.kill(guard[1], signal.SIGKILL)


def test_without_a_guard_a_window_that_is_asked_to_end_starts_one_or_locks(first, folder, bench, qtbot):
    hotfixes.unlock(bench, catalogue.find(bench, "UsrInvoices").package_id, "VAT", "", 5)
    killed = bench.guard.look(bench.clock.now())[1]
    os.kill(killed, signal.SIGKILL)
    qtbot.waitUntil(lambda: not bench.store.exclusive.is_held(LOCK))
    first.send_signal(signal.SIGTERM)
    assert ended(first) == (0, "")
    if bench.store.exclusive.is_held(LOCK):
        os.kill(bench.guard.look(bench.clock.now())[1], signal.SIGTERM)
        qtbot.waitUntil(lambda: not bench.store.exclusive.is_held(LOCK), timeout=SECONDS * 1000)
    assert not is_writable(folder / "UsrInvoices")


def listens_to(process: subprocess.Popen[str], number: int) -> bool:
    """Whether a process has a handler for a signal."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (number - 1) & 1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the kernel who listens")
def test_the_audit_log_alone_ends_cleanly_too(window, folder, qtbot):
    process = window("--audit", str(folder))
    qtbot.waitUntil(lambda: listens_to(process, signal.SIGTERM), timeout=SECONDS * 1000)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (0, "")
