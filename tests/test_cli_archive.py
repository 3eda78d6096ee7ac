"""``audit archive`` as scripts use it: a file, its sentences, and its exit codes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from hotfix_desktop.__main__ import main
from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.core.archiving import parse_until
from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.services import protection
from hotfix_desktop.services.sealing import seal
from tests.packages_on_disk import make_packages


class PastClock:
    """The clocks of some days ago."""

    def __init__(self, days: int) -> None:
        self.at = datetime.now(UTC) - timedelta(days=days)

    def now(self) -> Moment:
        return Moment(self.at, 10**9, "boot")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A protected folder whose log has entries of nine days, each day signed."""
    made = make_packages(tmp_path / "Pkg", "CrtBase")
    clock = PastClock(9)
    bench = make_bench(home_of(None), made, clock=clock)
    protection.protect(bench)
    for _ in range(9):
        bench.enter_alone(bench.event(AuditType.SETTING_CHANGED, "Something was set"))
        assert seal(bench) is not None, bench.seals.trouble
        clock.at += timedelta(days=1)
    bench.store.close()
    return made


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    made = tmp_path / "archives"
    made.mkdir()
    return made


def day(ago: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=ago)).isoformat()


def test_it_moves_and_says_what_and_where(folder, archives, capsys):
    assert main(["audit", "archive", str(folder), "--until", day(4), "-o", str(archives)]) == 0
    (made,) = archives.iterdir()
    told = capsys.readouterr()
    assert f"moved to {made}." in told.out
    assert "SHA-256 " in told.out
    assert told.err == ""
    assert main(["audit", "verify", str(made)]) == 0
    assert main(["audit", "verify", str(folder), "--full"]) == 0
    assert main(["audit", "archive", str(folder), "--until", day(2), "-o", str(archives)]) == 0
    first, second = sorted(archives.iterdir())
    capsys.readouterr()
    for log in (first, second, folder):
        assert main(["audit", "verify", str(log)]) == 0, capsys.readouterr().err


def test_progress_is_lines_of_json(folder, archives, capsys):
    assert main(["audit", "archive", str(folder), "--until", day(4), "-o", str(archives), "--progress"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"done", "total", "what"} == set(lines[0])
    (made,) = archives.iterdir()
    assert lines[-1]["archived"]["path"] == str(made)
    assert lines[-1]["archived"]["first"] == 1


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("tomorrow", "“tomorrow” is no day; write it as 2026-01-31."),
        ("2026-02-30", "“2026-02-30” is no day"),
        ("9999-01-01", "9999-01-01 is still to come"),
        ("2001-01-01", "There is nothing to archive: no entry of this database is older than 2001-01-01."),
    ],
)
def test_nonsense_is_refused_in_a_sentence(folder, archives, capsys, until, sentence):
    assert main(["audit", "archive", str(folder), "--until", until, "-o", str(archives), "--progress"]) == 1
    told = capsys.readouterr()
    assert sentence in told.err
    assert json.loads(told.out.splitlines()[-1])["error"]
    assert list(archives.iterdir()) == []


def test_a_folder_that_is_not_there(folder, archives, capsys):
    assert main(["audit", "archive", str(folder), "--until", day(4), "-o", str(archives / "no")]) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_a_full_verification_looks_at_the_archive_files(folder, archives, capsys):
    assert main(["audit", "archive", str(folder), "--until", day(4), "-o", str(archives)]) == 0
    (made,) = archives.iterdir()
    capsys.readouterr()
    assert main(["audit", "verify", str(folder), "--full"]) == 0
    assert "which is as it was archived." in capsys.readouterr().out
    made.chmod(0o644)
    plain = sqlite3.connect(made)
    plain.execute("UPDATE workspace SET title = 'x'")
    plain.commit()
    plain.close()
    assert main(["audit", "verify", str(folder), "--full"]) == 1
    assert "which is not the file any more that was archived." in capsys.readouterr().err
    made.unlink()
    assert main(["audit", "verify", str(folder), "--full"]) == 0
    assert "could not be compared" in capsys.readouterr().err


def test_a_full_verification_notices_an_edited_record(folder, archives, capsys):
    assert main(["audit", "archive", str(folder), "--until", day(4), "-o", str(archives)]) == 0
    (made,) = archives.iterdir()
    made.chmod(0o644)
    made.write_bytes(b"nonsense")
    bench = make_bench(home_of(None), folder)
    database = bench.store.path
    bench.store.close()
    plain = sqlite3.connect(database)
    plain.execute("UPDATE archive SET sha256 = ?", (hashlib.sha256(b"nonsense").digest(),))
    plain.commit()
    plain.close()
    capsys.readouterr()
    assert main(["audit", "verify", str(folder), "--full"]) == 1
    assert "The record of the archive of entries 1 to " in capsys.readouterr().err
    made.unlink()  # a record that was changed is none of a medium that is away
    assert main(["audit", "verify", str(folder), "--full"]) == 1
    assert "is not what the log says of it" in capsys.readouterr().err


def test_days_are_read_strictly():
    today = date(2026, 11, 23)
    assert parse_until(" 2026-11-23 ", today) == today
    for wrong in ("", "23.11.2026", "20261101", "2026-W01-1", "٢٠٢٦-01-01", "2026-13-01"):
        with pytest.raises(InvalidInput, match="is no day"):
            parse_until(wrong, today)
    with pytest.raises(InvalidInput, match="still to come") as refused:
        parse_until("2026-11-24", today)
    assert refused.value.field == "until"
