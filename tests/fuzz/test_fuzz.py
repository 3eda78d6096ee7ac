"""A short leg of ``python -m tests.fuzz``, and that it would see what must not be."""

import subprocess
import sys
from pathlib import Path

import pytest

from hotfix_desktop.workspaces import archive_gz
from tests.fuzz.judge import Wrong, judged
from tests.fuzz.mutations import archive

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


def test_some_thousand_hostile_archives_do_no_harm(tmp_path):
    done = run("--count", "6000", "--seed", "5", "--keep", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("6,000 archives, ")
    assert " 0 wrong," in last
    assert not list(tmp_path.iterdir())


def test_a_number_is_the_same_archive_for_ever():
    assert [archive(3, number) for number in range(50)] == [archive(3, number) for number in range(50)]
    assert len({archive(seed, number) for seed in (3, 4) for number in range(50)}) > 80


def verdicts(folder: Path, numbers: range) -> list[str]:
    (folder / "spool").mkdir(exist_ok=True)
    found = []
    for number in numbers:
        data = archive(5, number)
        (folder / "case").write_bytes(data)
        try:
            found.append(judged(folder / "case", data, folder / "spool"))
        except (Wrong, LookupError, ValueError) as error:
            found.append(f"wrong: {error}")
    return found


def wrongs(folder: Path) -> list[str]:
    return [verdict for verdict in verdicts(folder, range(1500)) if verdict.startswith("wrong: ")]


def test_archives_are_read_and_refused_for_many_reasons(tmp_path):
    found = verdicts(tmp_path, range(1500))
    assert not [verdict for verdict in found if verdict.startswith("wrong: ")]
    assert found.count("") > 150
    assert len(set(found)) > 200


@pytest.mark.parametrize("rule", ["name_problem", "names_problem"])
def test_a_reader_that_allows_every_name_is_found_out(tmp_path, monkeypatch, rule):
    monkeypatch.setattr(archive_gz, rule, lambda names: "")
    assert any("leads elsewhere" in wrong or "collide" in wrong for wrong in wrongs(tmp_path))


def test_a_reader_that_gives_other_bytes_is_found_out(tmp_path, monkeypatch):
    """What is read is compared with the archive itself, read by other means."""
    read_records = archive_gz.read_records

    def shifted(*arguments, **named):
        spooled = read_records(*arguments, **named)
        last = list(spooled.places)[-1]
        spooled.places[last] = max(spooled.places[last] - 1, 0)
        return spooled

    monkeypatch.setattr("hotfix_desktop.workspaces.archives.read_records", shifted)
    assert any("not those of the archive" in wrong for wrong in wrongs(tmp_path))


def test_what_is_written_elsewhere_is_seen(tmp_path):
    """In a process of its own: a hook cannot be taken away again."""
    lines = (
        "import os, sys, pathlib",
        "from tests.fuzz.watch import Watch",
        "inside, outside = map(pathlib.Path, sys.argv[1:])",
        "watch = Watch(inside)",
        "watch.is_on = True",
        "(inside / 'a').write_bytes(b'')",
        "(inside / 'a').read_bytes()",
        "(outside / 'b').write_bytes(b'')",
        "os.rename(inside / 'a', outside / 'c')",
        "os.mkdir(inside / '..' / 'd')",
        "watch.is_on = False",
        "print(*watch.outside, sep='\\n')",
    )
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), str(inside), str(outside)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"open {outside}/b", f"os.rename {outside}/c", f"os.mkdir {tmp_path}/d"]
