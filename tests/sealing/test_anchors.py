"""Anchors: files that only grow, the system journal, and places that hang."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
from datetime import UTC, datetime

import pytest

from hotfix_desktop.core.checkpoints import Checkpoint
from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.sealing import anchors
from hotfix_desktop.sealing.anchors import AnchorTrouble, FileAnchor, JournalAnchor, check_folder
from hotfix_desktop.sealing.limited import Limited, NotAnswering
from hotfix_desktop.sealing.seals import Seals, anchor_name
from hotfix_desktop.sealing.signing import SigningKey

KEY = SigningKey(bytes(32))
AT = datetime(2026, 3, 29, 12, tzinfo=UTC)


def note(size: int) -> str:
    return KEY.sign(Checkpoint(b"\x07" * 32, size, bytes(32), size.to_bytes(32, "big"), AT)).note()


def sizes(reading: anchors.Reading) -> list[int]:
    return [copy.size for copy in reading.copies]


def test_a_file_gives_back_what_was_written_in_its_order(tmp_path):
    anchor = FileAnchor(tmp_path / "a" / "w.notes", private=True)
    assert sizes(anchor.read()) == []
    for size in (3, 9, 9, 7):
        anchor.write(note(size))
    found = anchor.read()
    assert [copy.note for copy in found.copies] == [note(3), note(9), note(9), note(7)]
    assert (found.damaged, found.torn, found.more) == (False, False, False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_private_file_is_its_owners_alone_and_a_shared_one_as_the_umask_has_it(tmp_path):
    (tmp_path / "share").mkdir()
    before = os.umask(0o002)
    try:
        FileAnchor(tmp_path / "a" / "w.notes", private=True).write(note(1))
        FileAnchor(tmp_path / "share" / "w.notes", private=False).write(note(1))
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "w.notes").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "share" / "w.notes").stat().st_mode & 0o777 == 0o664


def test_reading_goes_on_where_it_ended(tmp_path):
    anchor = FileAnchor(tmp_path / "w.notes", private=True)
    anchor.write(note(1))
    first = anchor.read()
    anchor.write(note(2))
    assert sizes(anchor.read(first.end)) == [2]
    assert anchor.read(first.end).end == (tmp_path / "w.notes").stat().st_size


def test_half_a_note_at_the_end_is_tolerated_said_and_read_when_it_is_whole(tmp_path):
    path = tmp_path / "w.notes"
    anchor = FileAnchor(path, private=True)
    anchor.write(note(1))
    whole = f"\n{note(2)}".encode()
    for cut in (10, 120, len(whole) - 1):
        with open(path, "r+b") as file:
            file.truncate(len(note(1).encode()) + 1)
            file.seek(0, 2)
            file.write(whole[:cut])
        found = anchor.read()
        assert (sizes(found), found.damaged, found.torn) == ([1], False, True)
    with open(path, "ab") as file:
        file.write(whole[-1:])
    assert sizes(anchor.read(found.end)) == [2]


def test_a_note_after_a_torn_one_is_found(tmp_path):
    path = tmp_path / "w.notes"
    anchor = FileAnchor(path, private=True)
    anchor.write(note(1))
    with open(path, "ab") as file:
        file.write(f"\n{note(2)}".encode()[:150])
    anchor.write(note(3))
    found = anchor.read()
    assert (sizes(found), found.damaged) == ([1, 3], True)


def test_a_long_file_is_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(anchors, "AT_ONCE", 1000)
    anchor = FileAnchor(tmp_path / "w.notes", private=True)
    for size in range(1, 21):
        anchor.write(note(size))
    found, end, more, parts = [], 0, True, 0
    while more:
        reading = anchor.read(end)
        assert not reading.damaged
        found += sizes(reading)
        end, more, parts = reading.end, reading.more, parts + 1
    assert found == list(range(1, 21))
    assert parts > 3


def test_a_long_file_of_nonsense_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(anchors, "AT_ONCE", 100)
    (tmp_path / "w.notes").write_bytes(b"nonsense\xff" * 50)
    anchor = FileAnchor(tmp_path / "w.notes", private=True)
    end, parts = 0, 0
    while (reading := anchor.read(end)).more:
        end, parts = reading.end, parts + 1
        assert parts < 20
    assert reading.copies == ()


def test_a_file_that_was_cut_off_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "w.notes"
    anchor = FileAnchor(path, private=True)
    anchor.write(note(1))
    anchor.write(note(2))
    end = anchor.read().end
    os.truncate(path, len(note(1).encode()) + 1)
    again = anchor.read(end)
    assert (sizes(again), again.end < end) == ([1], True)


@pytest.mark.skipif(not hasattr(anchors.os, "O_NOFOLLOW"), reason="links are followed there")
def test_a_link_in_place_of_the_file_is_not_followed(tmp_path):
    (tmp_path / "w.notes").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AnchorTrouble):
        FileAnchor(tmp_path / "w.notes", private=False).write(note(1))
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_away_is_told_in_a_sentence(tmp_path):
    with pytest.raises(AnchorTrouble, match="cannot be reached"):
        FileAnchor(tmp_path / "unmounted" / "w.notes", private=False).write(note(1))


def _write_many(path: str, start: int) -> None:
    anchor = FileAnchor(anchors.Path(path), private=True)
    for size in range(start, start + 50):
        anchor.write(note(size))


def test_two_processes_write_whole_notes(tmp_path):
    path = tmp_path / "w.notes"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(str(path), start)) for start in (1, 1001)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    found = FileAnchor(path, private=True).read()
    assert sorted(sizes(found)) == [*range(1, 51), *range(1001, 1051)]
    assert not found.damaged


# What hangs


def test_what_hangs_is_waited_for_once_and_then_not_asked_again():
    go_on = threading.Event()
    limited = Limited("a share")
    calls = []

    def hang() -> None:
        calls.append(1)
        go_on.wait(60)

    with pytest.raises(NotAnswering, match="no answer from a share"):
        limited.run(hang, 0.05)
    for _ in range(3):
        with pytest.raises(NotAnswering):
            limited.run(hang, 60)  # at once: this test would take minutes else
    assert calls == [1]
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "asking a share":
            thread.join(60)
    assert limited.run(lambda: 7, 60) == 7


def test_an_error_comes_through():
    with pytest.raises(KeyError):
        Limited("it").run(lambda: {}["x"], 60)


# The system journal


def test_a_journal_line_names_the_workspace_and_holds_the_note():
    journal = JournalAnchor("pkg-1")
    lines = "\n".join(
        [
            f"checkpoint pkg-1 {json.dumps(note(1))}",
            f"checkpoint pkg-2 {json.dumps(note(2))}",
            "something else",
            f"checkpoint pkg-1 {json.dumps(note(3))}",
        ]
    )
    found = journal.reading_of(lines)
    assert (sizes(found), found.damaged) == ([1, 3], False)


@pytest.mark.parametrize("rest", ["{", "7", '"no note"', ""])
def test_nonsense_in_the_journal_is_said(rest):
    found = JournalAnchor("pkg-1").reading_of(f"checkpoint pkg-1 {rest}\ncheckpoint pkg-1 {json.dumps(note(3))}")
    assert (sizes(found), found.damaged) == ([3], True)


def test_a_computer_without_a_journal_says_so(tmp_path):
    journal = JournalAnchor("pkg-1", tmp_path / "no socket")
    for act in (lambda: journal.write(note(1)), journal.read, journal.stamp):
        with pytest.raises(AnchorTrouble, match="no system journal"):
            act()


@pytest.mark.skipif(sys.platform == "win32", reason="no journal")
def test_only_lines_that_this_user_wrote_are_read(tmp_path, monkeypatch):
    """A journalctl that gives back how it was asked: the match of our user id stands beside that of our tag."""
    program = tmp_path / "journalctl"
    line = f"checkpoint pkg-1 {json.dumps(note(5))}"
    script = f"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{tmp_path / 'asked'}'\ncat '{tmp_path / 'lines'}'\n"
    program.write_text(script, "utf-8")
    program.chmod(0o700)
    (tmp_path / "lines").write_text(line + "\n", "utf-8")
    (tmp_path / "log").touch()
    monkeypatch.setattr("hotfix_desktop.sealing.anchors.shutil.which", lambda name: str(program))
    monkeypatch.setattr("hotfix_desktop.sealing.anchors.os.getuid", lambda: 4711)
    assert sizes(JournalAnchor("pkg-1", tmp_path / "log").read()) == [5]
    asked = (tmp_path / "asked").read_text("utf-8").splitlines()
    assert asked[:2] == ["-t", "hotfix-desktop"]
    assert [word for word in asked if "=" in word] == ["_UID=4711"]
    assert "+" not in asked, "which would mean either"


def test_the_line_that_is_written_is_the_one_that_is_read(tmp_path, monkeypatch):
    syslog = pytest.importorskip("syslog")
    (tmp_path / "log").touch()
    lines: list[str] = []
    monkeypatch.setattr(syslog, "syslog", lambda priority, line: lines.append(line))
    journal = JournalAnchor("pkg-1", tmp_path / "log")
    journal.write(note(5))
    assert [copy.note for copy in journal.reading_of("\n".join(lines)).copies] == [note(5)]
    assert lines[0].isascii()


# Settings


def test_a_folder_must_be_there_and_take_files(tmp_path):
    check_folder(str(tmp_path), "AuditAnchorFolder")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    for path, sentence in (
        (tmp_path / "nowhere", "There is no folder"),
        (tmp_path / "file", "is no folder"),
        (tmp_path / "file" / "below", "There is no folder"),
    ):
        with pytest.raises(InvalidInput, match=sentence) as caught:
            check_folder(str(path), "AuditAnchorFolder")
        assert caught.value.field == "AuditAnchorFolder"


def test_the_settings_choose_the_anchors(tmp_path):
    seals = Seals(tuple, tmp_path / "state", "pkg-1")
    assert [a.name for a in seals.anchors("", False)] == [str(tmp_path / "state" / "pkg-1.notes")]
    three = seals.anchors(str(tmp_path / "share"), True)
    assert [a.name for a in three][1:] == [str(tmp_path / "share" / "pkg-1.notes"), "the system journal"]
    assert seals.anchors("", False)[0] is three[0], "it must stay known whether it hangs"
    assert Seals().anchors(str(tmp_path), True) == []


def test_the_name_in_an_anchor_is_that_of_the_place_not_of_the_log(tmp_path):
    one = anchor_name(tmp_path / "a" / "workspaces" / "pkg-1" / "d.sqlite3")
    assert one.startswith("pkg-1-")
    assert one == anchor_name(tmp_path / "a" / "workspaces" / "pkg-1" / "d.sqlite3")
    assert one != anchor_name(tmp_path / "b" / "workspaces" / "pkg-1" / "d.sqlite3")


def test_a_link_to_the_home_is_the_same_place(tmp_path):
    (tmp_path / "home" / "workspaces" / "pkg-1").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "home")
    names = {anchor_name(tmp_path / home / "workspaces" / "pkg-1" / "d.sqlite3") for home in ("home", "link")}
    assert len(names) == 1
