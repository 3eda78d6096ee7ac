"""The verification as a process: what it says on its way, cancelling it, and its crash."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QElapsedTimer, QProcess

from hotfix_desktop.core.errors import Cancelled, HotfixError
from hotfix_desktop.core.verdict import Break, Finding, Verdict
from hotfix_desktop.runtime.lane import Step
from hotfix_desktop.runtime.verification_run import VerificationRun
from tests.runtime.speaking import SAY, heard

VERDICT = Verdict(
    "ab" * 32, 1, 1, 7, datetime(2026, 11, 23, tzinfo=UTC), Finding(Break.CHANGED, 3, 4, "Größe was changed.")
)


@pytest.fixture
def kind():
    return VerificationRun


def test_the_verdict_comes_after_the_percents(qtbot, run_of):
    run = run_of(SAY + "sys.exit(1)", json.dumps([{"percent": 0}, {"percent": 40}, {"verdict": VERDICT.as_json()}]))
    said = heard(run)
    with qtbot.waitSignal(run.done, timeout=20_000):
        run.start(False)
    assert said == [Step(0, 100, ""), Step(40, 100, ""), VERDICT]
    assert not run.is_running


@pytest.mark.parametrize("everything", [True, False])
def test_everything_is_asked_for_in_words(qtbot, run_of, everything):
    code = "import sys, json; print(json.dumps({'error': ' '.join(sys.argv[1:])}))"
    run = run_of(code, "audit", "verify", "file")
    with qtbot.waitSignal(run.failed, timeout=20_000) as caught:
        run.start(everything)
    assert caught.args[0].sentence == "audit verify file --progress" + (" --full" if everything else "")


def test_what_the_program_refuses_is_told_in_its_words(qtbot, run_of):
    run = run_of(SAY + "sys.exit(1)", json.dumps([{"error": "No.", "remedy": "Ask.", "details": "d"}]))
    with qtbot.waitSignal(run.failed, timeout=20_000) as caught:
        run.start(False)
    error = caught.args[0]
    assert isinstance(error, HotfixError)
    assert (error.sentence, error.remedy, error.details) == ("No.", "Ask.", "d")


@pytest.mark.parametrize(
    ("code", "details"),
    [
        ("import os; os.kill(os.getpid(), 9)", "crashed"),
        ("import sys; sys.stderr.write('Traceback'); sys.exit(3)", "ended with 3.\nTraceback"),
        ("print('no JSON'); print('[]'); print('{\"verdict\": 7}')", "ended with 0"),
        ("import json; print(json.dumps({'verdict': 1}), end='')", "ended with 0"),
    ],
)
def test_a_process_without_an_answer_is_told_with_what_it_said(qtbot, run_of, code, details):
    run = run_of(code)
    said = heard(run)
    with qtbot.waitSignal(run.failed, timeout=20_000):
        run.start(False)
    (error,) = said
    assert error.sentence == "The verification of the audit log did not come to its end."
    assert details in error.details
    assert not run.is_running


def test_a_crash_after_the_verdict_is_no_verdict(qtbot, run_of):
    run = run_of(SAY + "import os; os.kill(os.getpid(), 9)", json.dumps([{"verdict": VERDICT.as_json()}]))
    with qtbot.waitSignal(run.failed, timeout=20_000):
        run.start(False)


def test_a_program_that_is_not_there_is_told(qtbot, tmp_path):
    run = VerificationRun([str(tmp_path / "nothing here")])
    with qtbot.waitSignal(run.failed, timeout=20_000):
        run.start(False)
    assert not run.is_running


def test_a_cancelled_one_is_gone_at_once_and_says_nothing_more(qtbot, run_of):
    run = run_of("import json, time\nwhile True: print(json.dumps({'percent': 5}), flush=True)")
    with qtbot.waitSignal(run.stepped, timeout=20_000):
        run.start(True)
    process = run._process
    said = heard(run)
    timer = QElapsedTimer()
    timer.start()
    with qtbot.waitSignal(process.finished, timeout=20_000):
        run.cancel()
    assert timer.elapsed() < 500  # 50 ms on a quiet machine
    (only,) = said
    assert isinstance(only, Cancelled)
    assert not run.is_running


def test_closing_waits_for_one_that_was_cancelled(qtbot, run_of):
    run = run_of("import threading; print('{\"percent\": 5}', flush=True); threading.Event().wait()")
    with qtbot.waitSignal(run.stepped, timeout=20_000):
        run.start(True)
    process = run._process
    run.cancel()
    run.close()
    assert process.state() is QProcess.ProcessState.NotRunning


def test_it_can_be_started_again_after_a_cancel(qtbot, run_of):
    run = run_of(SAY, json.dumps([{"verdict": VERDICT.as_json()}]))
    run.start(False)
    run.cancel()
    with qtbot.waitSignal(run.done, timeout=20_000):
        run.start(False)


def test_a_second_start_while_one_runs_starts_nothing(qtbot, run_of):
    run = run_of(SAY, json.dumps([{"verdict": VERDICT.as_json()}]))
    said = heard(run)
    with qtbot.waitSignal(run.done, timeout=20_000):
        run.start(False)
        run.start(True)
    assert said == [VERDICT]


def test_to_cancel_when_nothing_runs_does_nothing(qtbot, run_of):
    run = run_of("")
    said = heard(run)
    run.cancel()
    run.close()
    assert said == []
