"""``audit export`` and ``audit tail`` as scripts use them: files, exit codes, and what is left of a killed export."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.big_log import make_big_log
from hotfix_desktop.__main__ import main
from hotfix_desktop.app import home_of
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.processes import audit_command
from hotfix_desktop.services import bundle_verify
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.services.workbench import OwnHeartbeat
from hotfix_desktop.store.store import Store
from tests.packages_on_disk import make_packages

ENTRIES = 20_000
PROGRAM = [sys.executable, "-m", "hotfix_desktop"]


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """A protected folder of packages; no command starts a relocker."""
    monkeypatch.setattr("hotfix_desktop.cli.detached_guard", lambda home: lambda store, workspace: OwnHeartbeat())
    made = make_packages(tmp_path / "Pkg", "CrtBase", "UsrInvoices")
    assert main(["protect", str(made)]) == 0
    capsys.readouterr()
    return made


@pytest.fixture
def database(folder, home):
    (found,) = home.glob("workspaces/*/hotfix-desktop.sqlite3")
    return found


def newest(database: Path) -> tuple[int, str]:
    store = Store(database, read_only=True)
    try:
        last = store.ledger.last()
        assert last is not None
        return last.seq, last.event.type.value
    finally:
        store.close()


def numbers(path: Path) -> list[int]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [int(row["Number"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "bundle"])
def test_an_export_says_what_it_made_and_is_an_entry(folder, database, tmp_path, capsys, kind):
    before, _ = newest(database)
    target = tmp_path / f"log.{kind}"
    assert main(["audit", "export", str(folder), "--format", kind, "-o", str(target)]) == 0
    said = capsys.readouterr().out.splitlines()
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    assert said == [f"{before} entries exported to {target}", f"SHA-256 {digest}"]
    assert newest(database) == (before + 1, "Audit log exported")
    if kind == "bundle":
        assert bundle_verify.check(str(target))[1] == 0


def test_the_result_as_json(folder, tmp_path, capsys):
    target = tmp_path / "log.csv"
    assert main(["audit", "export", str(folder), "--format", "csv", "-o", str(target), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert (said["file"], said["entries"], said["entered"]) == (str(target), len(numbers(target)), True)


def test_progress_is_lines_of_json(folder, tmp_path, capsys):
    target = tmp_path / "log.zip"
    assert main(["audit", "export", str(folder), "--format", "bundle", "-o", str(target), "--progress"]) == 0
    first, *_, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["total"], last["exported"]["file"]) == (3000, str(target))
    nowhere = str(tmp_path / "no such folder" / "x")
    assert main(["audit", "export", str(folder), "--format", "csv", "-o", nowhere, "--progress"]) == 1
    said = capsys.readouterr()
    assert "cannot be written" in json.loads(said.out)["error"]
    assert said.err.startswith("hotfix-desktop: ")


def test_filters_are_understood(folder, database, tmp_path):
    target = tmp_path / "log.csv"
    every = list(range(1, newest(database)[0] + 1))

    def exported(*options: str) -> list[int]:
        assert main(["audit", "export", str(database), "--format", "csv", "-o", str(target), *options]) == 0
        return numbers(target)

    assert exported() == every
    assert exported("--type", "Workspace created", "--type", "Folder protected") == [1, 2]
    assert exported("--result", "Denied") == []
    assert exported("--search", "created WORKSPACE") == [1]
    assert exported("--since", "2999-01-01") == []
    assert exported("--until", "2999-01-01T00:00+02:00", "--since", "2001-01-01") == every
    query = LogQuery(without=((LogColumn.TYPE, "Workspace created"),))
    assert exported("--query", query.as_json()) == every[1:]
    assert newest(database)[0] == every[-1]  # of a file nothing is entered


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--type", "Unlocked"], "There is no type “Unlocked”"),
        (["--result", "success"], "There is no result “success”; it is Success, Failure, Denied."),
        (["--since", "yesterday"], "“yesterday” is no time; write it as 2026-01-31"),
        (["--query", "{}"], "The filter is no filter"),
        (["--search", "x" * 300], "A search can have at most"),
        (["--format", "pdf", "--package", "Case"], "A PDF report is of a period"),
        (["--format", "pdf", "--type", "Package unlocked"], "A PDF report is of a period"),
    ],
)
def test_a_wrong_filter_is_refused_and_nothing_is_written(database, tmp_path, capsys, options, sentence):
    target = tmp_path / "log.csv"
    assert main(["audit", "export", str(database), "--format", "csv", "-o", str(target), *options]) == 1
    assert sentence in capsys.readouterr().err
    assert not target.exists()


def test_wrong_usage_is_exit_code_2(database, tmp_path, capsys):
    for wrong in (["--format", "xls", "-o", "x"], ["--format", "csv"]):
        with pytest.raises(SystemExit) as ended:
            main(["audit", "export", str(database), *wrong])
        assert ended.value.code == 2


def test_the_command_of_a_process_of_its_own_exports(folder, home, tmp_path):
    command = audit_command(home_of(None), "export", str(folder))
    target = tmp_path / "log.csv"
    done = subprocess.run(
        [*command, "--format", "csv", "-o", str(target)], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert numbers(target)


def complete(path: Path, kind: str) -> bool:
    if kind == "csv":
        return len(numbers(path)) == ENTRIES
    return bundle_verify.check(str(path))[1] == ENTRIES  # that log is not signed


# what is left of an export that does not come to its end


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name")
@pytest.mark.parametrize("kind", ["csv", "bundle"])
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_an_export_that_is_ended_at_any_point_leaves_the_older_file_or_the_whole_one(tmp_path, home, kind, how):
    log = tmp_path / "log.sqlite3"
    make_big_log(log, ENTRIES, readers=(current_person().user,))
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / "log"
    command = [*PROGRAM, "audit", "export", str(log), "--format", kind, "-o", str(target), "--progress"]
    chance = random.Random(how)
    ends = []
    for lines in (0, 1, 1, 2, chance.randrange(2, 5), -1):  # so many of its progress are waited for; -1: until it ends
        target.write_bytes(b"older")
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parent.parent
        )
        assert running.stdout is not None
        try:
            for _ in range(lines):
                running.stdout.readline()
            if lines >= 0:
                running.send_signal(getattr(signal, how))
            running.stdout.read()
            code = running.wait(60)
        finally:
            running.kill()
            running.stdout.close()
        whole = target.read_bytes() != b"older"
        assert os.listdir(folder) == ["log"], code
        assert whole or code != 0
        if whole:
            assert complete(target, kind)
        ends.append(whole)
    assert ends[-1]
    assert not all(ends[:-1])


# tail


def test_tail_shows_the_newest_entries_oldest_first(folder, database, capsys):
    assert main(["audit", "tail", str(database), "-n", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    last, _ = newest(database)
    assert [int(line.split()[0]) for line in lines] == [last - 1, last]
    assert main(["audit", "tail", str(database), "-n", "0"]) == 0
    assert capsys.readouterr().out == ""
    assert newest(database)[0] == last


def test_tail_of_a_workspace_is_an_entry_which_it_shows(folder, database, capsys):
    before, _ = newest(database)
    assert main(["audit", "tail", str(folder), "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["number"] for one in found] == list(range(1, before + 2))
    assert found[-1]["type"] == "Audit log opened"


@pytest.mark.parametrize("count", ["-1", "many", "1.5"])
def test_tail_refuses_what_is_no_number(database, capsys, count):
    assert main(["audit", "tail", str(database), f"--lines={count}"]) == 1
    assert f"“{count}” is no number of entries." in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_tail_follows_until_it_is_interrupted(folder, database):
    running = subprocess.Popen(
        [*PROGRAM, "audit", "tail", str(database), "-n", "1", "-f", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    try:
        first = json.loads(running.stdout.readline())
        assert first["number"] == newest(database)[0]
        assert main(["settings", str(folder), "PackageHotfixTimeout", "45"]) == 0
        then = json.loads(running.stdout.readline())
        assert (then["type"], then["number"]) == ("Setting changed", first["number"] + 1)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
        assert running.stderr.read() == b""
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
        running.stderr.close()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
def test_tail_ends_when_its_reader_goes(database):
    running = subprocess.Popen(
        [*PROGRAM, "audit", "tail", str(database), "-f"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    try:
        running.stdout.readline()
        running.stdout.close()
        assert running.wait(30) == 0
        assert running.stderr.read() == b""
    finally:
        running.kill()
        running.wait()
        running.stderr.close()
