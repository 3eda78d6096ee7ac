"""The claim to be the only window of a workspace, and the bell that a later start rings."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QDir
from PySide6.QtNetwork import QLocalSocket

from hotfix_desktop.core.errors import Busy
from hotfix_desktop.runtime.instance import (
    AlreadyOpen,
    Claim,
    Doorbell,
    NoAnswer,
    ask_to_come_up,
    server_name,
    somebody_listens,
)
from hotfix_desktop.runtime.lane import Lane


@pytest.fixture
def name(tmp_path):
    return server_name(str(tmp_path), "/srv/Pkg")


@pytest.fixture
def bell(qapp, name):
    made = Doorbell()
    made.listen(name)
    yield made
    made.close()
    made.deleteLater()


class Nothing:
    def close(self) -> None: ...


@pytest.fixture
def elsewhere(qapp):
    """A worker thread, as the one on which a second window asks."""
    made: Lane[Nothing] = Lane(Nothing, "asking")
    yield lambda work: made.run(lambda owned, progress: work())
    made.close()
    made.deleteLater()


@contextmanager
def lock_of(holder: list[str], who: str):
    if holder:
        raise Busy("Another program is working on it right now.")
    holder.append(who)
    yield
    holder.remove(who)


def test_who_rings_hears_that_the_window_came(bell, name, elsewhere, qtbot, monkeypatch):
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "token-7")
    assert somebody_listens(name)
    rung: list[str] = []
    bell.rung.connect(rung.append)
    with qtbot.waitSignal(elsewhere(lambda: ask_to_come_up(name, 5)).done) as done:
        pass
    assert (rung, done.args) == (["token-7"], [True])


def test_a_window_can_be_rung_for_many_times(bell, name, elsewhere, qtbot):
    for _ in range(30):
        with qtbot.waitSignal(elsewhere(lambda: ask_to_come_up(name, 5)).done) as done:
            pass
        assert done.args == [True]
    qtbot.waitUntil(lambda: bell.children() == [bell._server])  # nothing is kept of those who rang


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' pipes are no files")
def test_another_user_who_listens_in_our_place_is_not_asked(bell, name, elsewhere, qtbot, monkeypatch):
    rung: list[str] = []
    bell.rung.connect(rung.append)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert not somebody_listens(name)
    with qtbot.waitSignal(elsewhere(lambda: ask_to_come_up(name, 5)).done) as done:
        pass
    assert (rung, done.args) == ([], [False])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' pipes are no files")
@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_socket_is_not_asked(bell, name, kind):
    path = Path(QDir.temp().filePath(name))
    away = path.with_name(f"{path.name}-away")
    path.rename(away)
    try:
        if kind == "link":
            path.symlink_to(away)
        else:
            path.touch()
        assert not somebody_listens(name)
    finally:
        path.unlink()
        away.unlink()


def test_nobody_there_is_told_at_once(name):
    assert not somebody_listens(name)
    assert ask_to_come_up(name, 5) is False


def test_one_that_does_not_answer_is_waited_for_no_longer_than_said(bell, name):
    assert ask_to_come_up(name, 0.05) is False  # the bell's event loop does not turn meanwhile


@pytest.mark.parametrize("words", [b"nonsense\n", b"x" * 10_000])
def test_a_stranger_rings_in_vain(bell, name, qtbot, words):
    rung: list[str] = []
    bell.rung.connect(rung.append)
    stranger = QLocalSocket()
    stranger.connectToServer(name)
    with qtbot.waitSignal(stranger.disconnected):
        stranger.write(words)
    assert rung == []


def test_a_socket_that_a_crash_left_is_taken_over(bell, name, qapp):
    heir = Doorbell()
    heir.listen(name)
    stranger = QLocalSocket()
    stranger.connectToServer(name)
    assert stranger.waitForConnected(1000)
    stranger.abort()
    heir.close()
    heir.deleteLater()
    assert not QDir.temp().exists(name)


def test_homes_workspaces_and_users_have_names_of_their_own(tmp_path, monkeypatch):
    names = {server_name(str(tmp_path), "/srv/Pkg"), server_name(str(tmp_path / "b"), "/srv/Pkg")}
    names |= {server_name(str(tmp_path), "/srv/Other")}
    monkeypatch.setattr("hotfix_desktop.runtime.instance._user", lambda: "somebody else")
    names |= {server_name(str(tmp_path), "/srv/Pkg")}
    assert len(names) == 4


def test_a_claim_is_taken_once_by_all_lanes_and_released_once(name):
    holder: list[str] = []
    claim = Claim()
    threads = [
        threading.Thread(target=claim.take, args=(lambda: lock_of(holder, "me"), "production", name)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (holder, claim.name) == (["me"], name)
    claim.release()
    claim.release()
    assert (holder, claim.name) == ([], "")


def test_a_claim_that_another_has_rings_for_it(bell, name, elsewhere, qtbot):
    claim = Claim()
    job = elsewhere(lambda: claim.take(lambda: lock_of(["another"], "me"), "production", name))
    with qtbot.waitSignals([bell.rung, job.failed]), qtbot.waitSignal(job.failed) as failed:
        pass
    (error,) = failed.args
    assert isinstance(error, AlreadyOpen)
    assert str(error) == "production is open in another window, which has come to the front."
    assert claim.name == ""


def test_a_claim_that_another_has_who_does_not_answer_is_refused(name):
    with pytest.raises(NoAnswer, match=r"production is open in another window of yours, which does not answer\."):
        Claim().take(lambda: lock_of(["another"], "me"), "production", name)
