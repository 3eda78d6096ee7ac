"""``audit verify``: exit codes, sentences, JSON, and the lines that the window reads."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from hotfix_desktop.__main__ import main
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.verdict import Break, Verdict
from hotfix_desktop.services.workbench import OwnHeartbeat
from hotfix_desktop.store.store import Store
from tests.faults.log_files import write
from tests.faults.sealed_logs import START, written
from tests.packages_on_disk import make_packages

SEALED = written(Random(3), 60)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The database of a whole, sealed log."""
    template = tmp_path / "empty.sqlite3"
    with closing(Store(template)) as store:
        store.administration.create_workspace("/packages", "Packages", "ann", Moment(START, 1, "boot"))
    path = tmp_path / "log.sqlite3"
    write(SEALED, template, path)
    return path


@pytest.fixture
def broken(file: Path) -> Path:
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.execute("DROP TRIGGER audit_no_update")
        plain.execute("UPDATE audit SET description = 'x' WHERE seq = 20")
    return file


def test_a_whole_log_is_done(file, capsys):
    assert main(["audit", "verify", str(file), "--full"]) == 0
    out, err = capsys.readouterr()
    newest = SEALED.newest
    assert out.startswith(f"The audit log is whole up to entry {newest}, signed up to entry {newest} at 20")
    assert err == ""


def test_a_broken_one_is_refused_with_kind_and_number(broken, capsys):
    assert main(["audit", "verify", str(broken), "--full"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "hotfix-desktop: The audit log is broken at entry 20: column differs."
        " What is shown and searched of entry 20 is not what its bytes say.\n"
    )


def test_without_full_only_what_is_new_is_read(broken, capsys):
    assert main(["audit", "verify", str(broken)]) == 0


def test_the_verdict_is_json_beside_the_sentence(broken, capsys):
    assert main(["audit", "verify", str(broken), "--full", "--json"]) == 1
    out, err = capsys.readouterr()
    verdict = Verdict.from_json(json.loads(out))
    assert verdict.finding is not None
    assert (verdict.finding.kind, verdict.finding.seq) == (Break.COLUMN, 20)
    assert "column differs" in err


def test_progress_is_lines_of_json_that_end_with_the_verdict(file, capsys):
    assert main(["audit", "verify", str(file), "--full", "--progress"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    percents = [line["percent"] for line in lines[:-1]]
    assert (percents[0], percents[-1]) == (0, 100)
    assert percents == sorted(set(percents))
    assert Verdict.from_json(lines[-1]["verdict"]).is_whole


def test_what_cannot_be_read_is_a_line_of_json_and_a_sentence(tmp_path, capsys):
    nonsense = tmp_path / "nonsense.sqlite3"
    nonsense.write_bytes(b"nonsense" * 1000)
    assert main(["audit", "verify", str(nonsense), "--progress"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["error"] in err


@pytest.mark.parametrize("arguments", [["audit"], ["audit", "verify"], ["audit", "dance", "file"]])
def test_other_calls_are_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_a_read_only_medium_is_verified(file, capsys):
    before = file.read_bytes()
    file.chmod(0o444)
    file.parent.chmod(0o555)
    try:
        assert main(["audit", "verify", str(file), "--full"]) == 0
    finally:
        file.parent.chmod(0o755)
    assert file.read_bytes() == before


def test_of_a_workspace_it_is_an_entry(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("hotfix_desktop.cli.detached_guard", lambda home: lambda store, workspace: OwnHeartbeat())
    folder = make_packages(tmp_path / "Pkg", "CrtBase")
    home = tmp_path / "home"
    assert main(["--home", str(home), "protect", str(folder)]) == 0
    try:
        assert main(["--home", str(home), "audit", "verify", str(folder)]) == 0
        assert "The audit log is whole up to entry" in capsys.readouterr().out
        (database,) = home.glob("workspaces/*/hotfix-desktop.sqlite3")
        with closing(sqlite3.connect(database)) as plain:
            assert plain.execute("SELECT count(*) FROM audit WHERE type = 'Audit log verified'").fetchone() == (1,)
        capsys.readouterr()
        # Its file alone: nothing is entered, and its anchors are compared all the same.
        assert main(["--home", str(home), "audit", "verify", str(database), "--json"]) == 0
        verdict = Verdict.from_json(json.loads(capsys.readouterr().out))
        assert verdict.anchored is not None
        assert verdict.anchored.size == verdict.signed_upto
    finally:
        assert main(["--home", str(home), "release", str(folder)]) == 0


def test_a_workspace_that_nobody_knows_is_refused(tmp_path, capsys):
    assert main(["--home", str(tmp_path), "audit", "verify", "nobody"]) == 1
    assert "There is no folder and no workspace “nobody”." in capsys.readouterr().err
