"""The benchmarks run and tell what they found; how fast anything is, no test asks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import stage as staging
from benchmarks.__main__ import BENCHMARKS
from benchmarks.recording import PROGRAM, write_large
from benchmarks.rows import MEGABYTES, MILLISECONDS, PERCENT, Judge, Row, table

ROOT = Path(__file__).resolve().parent.parent
TINY = staging.Sizes(
    rounds=1,
    small=3,
    big=5,
    unlocked=2,
    idle_unlocked=1,
    idle_seconds=0.2,
    files=12,
    recorded=12,
    recorded_bytes=3_000_000,
    archive_bytes=30_000,
    appends=3,
    windows=60,
    log_entries=600,
    frames=3,
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmarks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with staging.stage(TINY, folder) as made:
            yield made


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_yields_rows_that_can_be_judged(stage, name, monkeypatch):
    # One for all of them: what signs the logs lies there.
    monkeypatch.setenv("XDG_STATE_HOME", str(stage.folder.parent / "state"))
    # A peer that is watched on a screen of its own takes a minute, and may not come up on a busy machine.
    monkeypatch.setattr("benchmarks.browsing.BROWSER", "no-such-browser")
    rows = list(BENCHMARKS[name](stage))
    if (name == "files" and sys.platform == "win32") or (name == "guard" and not sys.platform.startswith("linux")):
        assert not rows
        return
    assert rows
    for row in rows:
        assert row.goal
        assert row.unit in (MILLISECONDS, PERCENT, MEGABYTES)
        assert row.product
        assert min(row.product) >= 0
        assert all(sample >= 0 for sample in row.peer)
        assert bool(row.peer) == bool(row.peer_name)
        assert (row.limit is None) == (row.judge is Judge.NOTHING)
        assert (row.met is None) == (row.limit is None)
        assert json.dumps(row.as_json())
    assert len(table(rows).splitlines()) == len(rows) + 2


@pytest.mark.skipif(sys.platform == "win32", reason="nobody tells there")
def test_recording_takes_memory_however_large_the_program_is_that_asks(stage, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(stage.folder.parent / "state"))
    ours = bytearray(200_000_000)  # on Linux a child starts with its parent's peak, in one of the two places to ask
    folder = stage.folder / "recording of one file"
    write_large(folder / "Pkg" / "UsrLarge", 3_000_000)
    found = stage.run(PROGRAM, ("memory", folder)).values["memory"]
    assert 1 < found < len(ours) / 1e6


def test_nothing_is_left_behind_not_even_of_read_only_packages(tmp_path):
    with staging.stage(TINY, tmp_path) as made:
        ground = made.ground(2)
        assert not (ground.packages / "UsrInvoice00000").stat().st_mode & 0o222
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("row", "target", "met"),
    [
        (Row("a", (3.0, 1.0, 2.0), (4.0, 4.0, 4.0), "b", Judge.RATIO, 0.5), "<= 0.5x", True),
        (Row("a", (3.0, 1.0, 2.0), (4.0, 4.0, 3.9), "b", Judge.RATIO, 0.4), "<= 0.4x", False),
        (Row("a", (3.0, 1.0, 2.0), judge=Judge.MEDIAN, limit=2), "<= 2 ms", True),
        (Row("a", (3.0, 1.0, 2.0), judge=Judge.WORST, limit=2), "<= 2 ms worst", False),
        (Row("a", (0.5,), judge=Judge.MEDIAN, limit=1, unit=PERCENT), "<= 1 %", True),
        (Row("a", (3.0,), (4.0,), "b"), "", None),
    ],
)
def test_a_row_is_judged_by_what_it_says(row, target, met):
    assert (row.target, row.met) == (target, met)


def test_a_row_without_a_peer_has_no_ratio():
    assert Row("a", (1.0,)).ratio is None


def test_the_command_prints_one_table_and_writes_the_samples(tmp_path):
    file = tmp_path / "samples.json"
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", "append", "--rounds", "1", "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    rows = json.loads(file.read_text("utf-8"))["rows"]
    # 1 says that a goal was missed, which one round on a busy machine may do.
    assert ended.returncode == (0 if all(row["met"] is not False for row in rows) else 1), ended.stderr
    assert "durable audit entry" in ended.stdout
    assert rows[0]["goal"] == "durable audit entry"


def test_the_command_refuses_a_name_that_it_does_not_know():
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nonsense"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert ended.returncode == 2
    assert "there is no benchmark nonsense" in ended.stderr
