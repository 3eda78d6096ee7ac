"""The export as a process: what it is asked for, what it says on its way, cancelling it, and its crash."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest

from benchmarks.big_log import make_big_log
from hotfix_desktop.app import home_of
from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.processes import audit_command
from hotfix_desktop.runtime.export_run import ExportRun
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.services.exporting import Exported, ExportFormat
from hotfix_desktop.services.identity import current_person
from hotfix_desktop.services.landing import ExportFailed
from tests.runtime.speaking import SAY, heard

MADE = {"file": "/exports/a.csv", "entries": 7, "sha256": "ab", "unproven": 2, "broken": "", "entered": True}
EXPORTED = Exported(Path("/exports/a.csv"), 7, "ab", 2, "", True)
QUERY = LogQuery(text="“Größe”", only=((LogColumn.OWNER, "--ann"),))
WAIT = 'import signal, sys\nprint(\'{"done": 1, "total": 9, "what": ""}\', flush=True)\nsignal.pause()\n'


@pytest.fixture
def kind():
    return ExportRun


def start(run: ExportRun) -> None:
    run.start(ExportFormat.JSONL, QUERY, Path("-o.jsonl"))


def test_what_was_made_comes_after_the_steps(qtbot, run_of):
    run = run_of(SAY, json.dumps([{"done": 3, "total": 9, "what": "Größe"}, {"exported": MADE}]))
    said = heard(run)
    with qtbot.waitSignal(run.done, timeout=20_000):
        start(run)
        assert run.is_running
    assert said == [Step(3, 9, "Größe"), EXPORTED]
    assert not run.is_running


def test_everything_is_asked_for_in_words_that_the_command_line_understands(qtbot, run_of):
    from hotfix_desktop.__main__ import command_parser

    code = "import sys, json; print(json.dumps({'error': json.dumps(sys.argv[1:])}))"
    run = run_of(code, "audit", "export", "file")
    with qtbot.waitSignal(run.failed, timeout=20_000) as caught:
        start(run)
    parsed = command_parser().parse_args(json.loads(caught.args[0].sentence))
    assert (parsed.log, parsed.format, parsed.output, parsed.progress) == ("file", "jsonl", "-o.jsonl", True)
    assert LogQuery.from_json(parsed.query) == QUERY


def test_what_stood_in_the_way_is_told(qtbot, run_of):
    run = run_of(
        SAY + "sys.exit(1)", json.dumps([{"error": "The disk is full.", "remedy": "Free it.", "details": "x"}])
    )
    with qtbot.waitSignal(run.failed, timeout=20_000) as caught:
        start(run)
    error = caught.args[0]
    assert isinstance(error, HotfixError)
    assert (str(error), error.details) == ("The disk is full. Free it.", "x")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_cancelled_one_ends_and_says_so_once(qtbot, run_of):
    run = run_of(WAIT)
    said = heard(run)
    with qtbot.waitSignal(run.stepped, timeout=20_000):
        start(run)
    with qtbot.waitSignal(run.failed, timeout=20_000):
        run.cancel()
        run.cancel()
    assert [type(one) for one in said] == [Step, Cancelled]
    assert not run.is_running


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_one_that_does_not_listen_is_killed(qtbot, run_of, monkeypatch):
    monkeypatch.setattr("hotfix_desktop.runtime.export_run.PATIENCE_MS", 50)
    run = run_of("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAIT)
    with qtbot.waitSignal(run.stepped, timeout=20_000):
        start(run)
    with qtbot.waitSignal(run.failed, timeout=20_000) as caught:
        run.cancel()
    assert isinstance(caught.args[0], Cancelled)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_cancel_that_comes_too_late_does_not_hide_what_was_made(qtbot, run_of):
    code = (
        "import json, signal, sys\n"
        "def late(*_):\n    print(sys.argv[1], flush=True)\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, late)\n"
    )
    run = run_of(code + WAIT, json.dumps({"exported": MADE}))
    with qtbot.waitSignal(run.stepped, timeout=20_000):
        start(run)
    with qtbot.waitSignal(run.done, timeout=20_000) as caught:
        run.cancel()
    assert caught.args == [EXPORTED]


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import os; os.abort()", "print('{\"exported\": {}}')"])
def test_a_process_that_says_nothing_is_told(qtbot, run_of, code):
    run = run_of(code)
    with qtbot.waitSignal(run.failed, timeout=20_000) as caught:
        start(run)
    assert isinstance(caught.args[0], ExportFailed)
    assert "no file was written" in caught.args[0].sentence


def test_a_program_that_is_not_there_is_told(qtbot, tmp_path):
    run = ExportRun([str(tmp_path / "nothing here")])
    with qtbot.waitSignal(run.failed, timeout=20_000) as caught:
        start(run)
    assert isinstance(caught.args[0], ExportFailed)
    assert not run.is_running


def test_a_second_start_does_nothing_while_one_runs(qtbot, run_of):
    run = run_of(SAY, json.dumps([{"exported": MADE}]))
    said = heard(run)
    with qtbot.waitSignal(run.done, timeout=20_000):
        start(run)
        start(run)
    assert said == [EXPORTED]


def test_our_own_command_line_exports_what_is_asked_for(qtbot, tmp_path):
    log, target = tmp_path / "log.sqlite3", tmp_path / "“log”.jsonl"
    make_big_log(log, 2000, readers=(current_person().user,))
    run = ExportRun(audit_command(home_of(None), "export", str(log)))
    with qtbot.waitSignal(run.done, timeout=60_000) as caught:
        run.start(ExportFormat.JSONL, LogQuery(only=((LogColumn.RESULT, "Failure"),)), target)
    made = caught.args[0]
    lines = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert made.count == len(lines) > 0
    assert {line["result"] for line in lines} == {"Failure"}
    assert (made.path, made.sha256) == (target, hashlib.sha256(target.read_bytes()).hexdigest())
