"""Who beats for a workspace: seen by everybody at once, quick to give up, and made anew when damaged."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.watch import Watcher
from hotfix_desktop.store.presence import FILE, Presence

ROOT = Path(__file__).resolve().parents[2]
BEGIN = Moment(datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC), 10**9, "boot")
MUCH_LONGER = 3.0
"""Seconds: far above the patience, also on a busy machine, and below SQLite's usual five."""
OF_ANOTHER_PROCESS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.store.presence import Presence
begin = Moment(datetime(2026, 1, 1, tzinfo=UTC), 1, "boot")
Presence(Path(sys.argv[1])).beat("guard", begin, begin)
"""


def after(seconds: float) -> Moment:
    return Moment(BEGIN.utc + timedelta(seconds=seconds), BEGIN.boot_us + int(seconds * 1_000_000), "boot")


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Presence]:
    """The presence as one program sees it."""
    presence = Presence(tmp_path)
    yield presence
    presence.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Presence]:
    """The same, as another program sees it."""
    presence = Presence(tmp_path)
    yield presence
    presence.close()


@pytest.fixture
def holder(tmp_path: Path, one: Presence) -> Iterator[sqlite3.Connection]:
    """A program that holds the file, in which ``one`` has beaten."""
    one.beat("guard", BEGIN, after(1))
    connection = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


# Beats


def test_nobody_is_there_at_first(one):
    assert one.all() == []
    assert one.get("guard") is None


def test_a_beat_says_who_and_with_both_clocks_since_when_and_until_when(one):
    one.beat("guard", BEGIN, after(1.5))
    assert one.get("guard") == Watcher("guard", os.getpid(), BEGIN, after(1.5))


def test_what_one_beats_the_other_sees_at_once(one, other):
    assert other.all() == []
    for seconds in range(3):
        one.beat("guard", BEGIN, after(seconds))
        other.beat("window Zoë 😀", BEGIN, after(seconds + 10))
        assert [w.beat for w in (other.get("guard"), one.get("window Zoë 😀"))] == [after(seconds), after(seconds + 10)]
    assert sorted(w.name for w in one.all()) == ["guard", "window Zoë 😀"]


def test_the_end_is_of_one_and_not_of_the_other(one, other):
    one.beat("guard", BEGIN, after(1))
    one.beat("window", BEGIN, after(1))
    one.ended("window")
    assert other.get("window") == Watcher("window", os.getpid(), BEGIN, after(1), ended=True)
    assert not other.get("guard").ended


def test_whoever_beats_again_after_the_end_lives_again(one):
    one.beat("guard", BEGIN, after(1))
    one.ended("guard")
    one.beat("guard", after(5), after(6))
    assert one.get("guard") == Watcher("guard", os.getpid(), after(5), after(6))


def test_the_end_of_one_who_never_beat_is_nothing(one):
    one.ended("guard")
    assert one.all() == []


def test_a_process_ends_only_its_own_watch(one, tmp_path):
    # A second guard that gives up at once must not say that the first one ended.
    subprocess.run([sys.executable, "-c", OF_ANOTHER_PROCESS, str(tmp_path)], cwd=ROOT, timeout=60, check=True)
    assert one.get("guard").pid != os.getpid()
    one.ended("guard")
    assert not one.get("guard").ended


def test_it_opens_again_after_it_was_closed(one):
    one.close()
    one.beat("guard", BEGIN, after(1))
    one.close()
    one.close()
    assert one.get("guard").beat == after(1)


# Held by another program


@pytest.mark.parametrize("say", [lambda one: one.beat("guard", BEGIN, after(2)), lambda one: one.ended("guard")])
def test_a_file_that_is_held_is_told_soon_and_works_afterwards(one, holder, say):
    for _ in range(2):
        begun = time.monotonic()
        with pytest.raises(StoreError, match="Another program holds"):
            say(one)
        assert time.monotonic() - begun < MUCH_LONGER
    assert one.get("guard") == Watcher("guard", os.getpid(), BEGIN, after(1)), "reading needs nobody's leave"
    holder.execute("ROLLBACK")
    say(one)
    assert one.get("guard") != Watcher("guard", os.getpid(), BEGIN, after(1))


def test_one_who_comes_while_the_file_is_held_sees_who_is_there(holder, other):
    assert other.get("guard").beat == after(1)


# Damage


@pytest.mark.parametrize("rubbish", [b"not a database at all, " * 100, b"SQLite format 3\0" + b"\xff" * 8000])
@pytest.mark.parametrize("say", [lambda one: one.beat("guard", BEGIN, after(2)), lambda one: one.all()])
def test_a_damaged_file_is_told_once_and_then_made_anew(one, tmp_path, rubbish, say):
    (tmp_path / FILE).write_bytes(rubbish)
    with pytest.raises(StoreError, match="damaged"):
        say(one)
    assert one.all() == []
    one.beat("guard", BEGIN, after(3))
    assert one.get("guard").beat == after(3)


def test_an_empty_file_is_made_whole(one, tmp_path):
    (tmp_path / FILE).touch()
    one.beat("guard", BEGIN, after(1))
    assert one.get("guard").beat == after(1)


def test_a_file_that_is_held_is_not_taken_for_a_damaged_one(one, holder, tmp_path):
    before = (tmp_path / FILE).stat().st_ino
    with pytest.raises(StoreError):
        one.beat("guard", BEGIN, after(2))
    assert (tmp_path / FILE).stat().st_ino == before


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
def test_whoever_has_the_file_open_follows_when_another_program_makes_it_anew(one, other, tmp_path):
    one.beat("guard", BEGIN, after(1))
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"{FILE}{end}").unlink()
    assert other.all() == []
    one.beat("guard", BEGIN, after(2))
    assert other.get("guard").beat == after(2), "it beats where nobody will ever look"


def test_a_folder_that_is_not_there_is_told_and_works_when_it_comes(tmp_path):
    presence = Presence(tmp_path / "away")
    for say in (presence.all, lambda: presence.beat("guard", BEGIN, BEGIN), lambda: presence.ended("guard")):
        with pytest.raises(StoreError, match="cannot be read"):
            say()
    (tmp_path / "away").mkdir()
    presence.beat("guard", BEGIN, BEGIN)
    presence.close()


# Rights


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.fixture
def umask() -> Iterator[None]:
    """The usual umask, which lets the group only read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="it has no modes")
def test_in_a_shared_home_all_its_files_are_the_groups(one, tmp_path, umask):
    tmp_path.chmod(0o2770)
    one.beat("guard", BEGIN, after(1))
    assert modes(tmp_path) == {FILE: 0o660, f"{FILE}-wal": 0o660, f"{FILE}-shm": 0o660}


@pytest.mark.skipif(os.name == "nt", reason="it has no modes")
def test_in_a_home_of_ones_own_nobody_else_can_write_to_it(one, tmp_path, umask):
    tmp_path.chmod(0o700)
    one.beat("guard", BEGIN, after(1))
    assert not any(mode & 0o022 for mode in modes(tmp_path).values())


def test_one_who_may_not_write_is_told_and_destroys_nothing(open_folder, as_nobody):
    presence = Presence(open_folder)
    presence.beat("guard", BEGIN, after(1))
    code = (
        "import sys\nfrom pathlib import Path\nfrom datetime import UTC, datetime\n"
        "from hotfix_desktop.core.clock import Moment\nfrom hotfix_desktop.core.errors import StoreError\n"
        "from hotfix_desktop.store.presence import Presence\n"
        "now = Moment(datetime(2026, 1, 1, tzinfo=UTC), 1, 'boot')\n"
        "try:\n    Presence(Path(sys.argv[1])).beat('guard', now, now)\n"
        "except StoreError as error:\n    print(error)\n"
    )
    answer = as_nobody(code, open_folder)
    assert "read-only" in answer.stdout, answer.stderr
    assert presence.get("guard").beat == after(1)
    presence.close()
