"""The log: where it lies, what is kept out of it, and what ends up in it when something breaks."""

import faulthandler
import logging
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import qCritical, qDebug, qWarning

from hotfix_desktop.runtime import log
from hotfix_desktop.runtime.log import FILES_KEPT, HIDDEN, Logging, redact

pytestmark = pytest.mark.usefixtures("expected_log")


@pytest.fixture
def crashes():
    """What the window's crash dialog would have been told."""
    return []


@pytest.fixture
def opened(tmp_path, crashes):
    """Logging into a folder that is not there yet."""
    was_on = faulthandler.is_enabled()
    logging_ = Logging(tmp_path / "home" / "logs", on_crash=crashes.append)
    yield logging_
    logging_.close()
    if was_on:
        faulthandler.enable(sys.__stderr__)


@pytest.fixture
def logger():
    return logging.getLogger("hotfix_desktop.some.part")


def test_a_message_is_one_line_in_utc(opened, logger):
    before = time.gmtime()
    logger.info("The package %s is open ‖ „ä“", "Base")
    text = opened.file.read_text("utf-8")
    assert text.count("\n") == 1
    assert "INFO" in text
    assert "hotfix_desktop.some.part: The package Base is open ‖ „ä“" in text
    assert text.startswith(time.strftime("%Y-%m-%dT", before))
    assert text.split()[0].endswith("Z")


def test_debug_messages_are_left_out(opened, logger):
    logger.debug("detail")
    assert opened.file.read_text("utf-8") == ""


def test_standard_error_hears_warnings_only(tmp_path, capsys):
    logging_ = Logging(tmp_path)
    try:
        logging.getLogger("hotfix_desktop").info("quiet")
        logging.getLogger("hotfix_desktop").warning("loud, password=abc")
    finally:
        logging_.close()
    said = capsys.readouterr().err
    assert "quiet" not in said
    assert f"loud, password={HIDDEN}" in said


def test_the_files_turn_over_and_the_oldest_goes(opened, logger, monkeypatch):
    monkeypatch.setattr(next(h for h in opened._handlers if hasattr(h, "maxBytes")), "maxBytes", 200)
    for number in range(40):
        logger.info("message %d", number)
    files = sorted(p.name for p in opened.file.parent.glob("hotfix-desktop.log*"))
    assert len(files) == FILES_KEPT
    assert "message 39" in opened.file.read_text("utf-8")


def test_a_file_is_a_mebibyte(opened):
    handler = next(h for h in opened._handlers if hasattr(h, "maxBytes"))
    assert (handler.maxBytes, handler.backupCount + 1) == (1024 * 1024, 5)


def test_where_the_folder_cannot_be_made_the_program_goes_on(tmp_path, capsys, logger):
    (tmp_path / "logs").write_text("a file stands in the way")
    logging_ = Logging(tmp_path / "logs")
    try:
        logger.error("still told")
    finally:
        logging_.close()
    said = capsys.readouterr().err
    assert "The log cannot be written in" in said
    assert "still told" in said


def test_without_standard_error_there_is_the_file_alone(tmp_path, monkeypatch, logger):
    monkeypatch.setattr(sys, "stderr", None)
    logging_ = Logging(tmp_path)
    logger.error("told")
    logging_.close()
    monkeypatch.undo()
    assert "told" in logging_.file.read_text("utf-8")


def test_closing_gives_everything_back(tmp_path):
    def state():
        root = logging.getLogger()
        return sys.excepthook, threading.excepthook, list(root.handlers), root.level, warnings.showwarning

    before = state()
    logging_ = Logging(tmp_path)
    assert state() != before
    logging_.close()
    assert state() == before
    faulthandler.enable(sys.__stderr__)


# Qt and Python's warnings


@pytest.mark.qt_no_exception_capture
def test_qts_messages_are_routed_in(opened):
    qDebug("not this")
    qWarning("something is odd")
    qCritical("something is wrong")
    text = opened.file.read_text("utf-8")
    assert "not this" not in text
    assert "WARNING" in text
    assert "hotfix_desktop.qt: something is odd" in text
    assert "ERROR" in text
    assert "hotfix_desktop.qt: something is wrong" in text


def test_warnings_are_routed_in(opened):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old ways" in opened.file.read_text("utf-8")


# Crashes


def raised(error):
    """The three things that an except hook is given."""
    try:
        raise error
    except type(error) as caught:
        return type(caught), caught, caught.__traceback__


def test_an_error_that_nobody_caught_is_logged_and_shown(opened, crashes):
    sys.excepthook(*raised(ZeroDivisionError("seven by nothing")))
    text = opened.file.read_text("utf-8")
    assert "CRITICAL" in text
    assert "ZeroDivisionError: seven by nothing" in text
    assert "Traceback" in text
    assert len(crashes) == 1
    assert "ZeroDivisionError: seven by nothing" in crashes[0]


def test_an_error_in_a_thread_is_logged_with_its_name_and_shown(opened, crashes):
    def work():
        raise ValueError("no such package")

    thread = threading.Thread(target=work, name="porter")
    thread.start()
    thread.join()
    assert "nobody caught in porter" in opened.file.read_text("utf-8")
    assert "ValueError: no such package" in crashes[0]


def test_a_thread_may_end_itself(opened, crashes):
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    assert (opened.file.read_text("utf-8"), crashes) == ("", [])


def test_ctrl_c_is_no_crash(opened, crashes, monkeypatch):
    heard = []
    monkeypatch.setattr(opened, "_former_hooks", (lambda *a: heard.append(a[0]), threading.excepthook))
    opened._uncaught(*raised(KeyboardInterrupt()))
    assert heard == [KeyboardInterrupt]
    assert crashes == []


def test_a_crash_dialog_that_crashes_is_logged_and_does_not_go_round_in_circles(tmp_path):
    def broken(_text):
        raise RuntimeError("the dialog is broken, too")

    logging_ = Logging(tmp_path, on_crash=broken)
    sys.excepthook(*raised(ZeroDivisionError("first")))
    logging_.close()
    text = logging_.file.read_text("utf-8")
    assert "ZeroDivisionError: first" in text
    assert "the dialog is broken, too" in text
    faulthandler.enable(sys.__stderr__)


def test_what_the_crash_dialog_is_told_holds_no_secret(opened, crashes):
    sys.excepthook(*raised(ValueError("POST failed: UserPassword='s3cr3t'")))
    assert "s3cr3t" not in crashes[0]
    assert "s3cr3t" not in opened.file.read_text("utf-8")


def test_a_crash_below_python_leaves_its_stack_in_a_file(tmp_path):
    program = textwrap.dedent("""
        import faulthandler, sys
        from pathlib import Path
        from hotfix_desktop.runtime.log import Logging
        Logging(Path(sys.argv[1]), name="relocker")
        faulthandler._sigsegv()
    """)
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "faulthandler._sigsegv" in program
    assert "most recent call first" in (tmp_path / "relocker-crash.log").read_text("utf-8"), ended.stderr


# Secrets


@pytest.mark.parametrize(
    "text",
    [
        "password=s3cr3t",
        "password = s3cr3t",
        "Password: s3cr3t",
        "password=s3cr3t,s3cr3t;s3cr3t)",
        'AuthService {"UserName": "ann", "UserPassword": "s3cr3t s3cr3t \\" s3cr3t"}',
        "Login(user='ann', password='s3cr3t')",
        "password=b's3cr3t'",
        "access_token=s3cr3t&expires=5",
        "client_secret: s3cr3t",
        "X-Api-Key: s3cr3t",
        "Authorization: Basic s3cr3t==",
        "{'Authorization': 'Bearer s3cr3t'}",
        "sent Bearer s3cr3t.s3cr3t.s3cr3t",
        "Cookie: BPMLOADER=x; UserName=s3cr3t",
        "Set-Cookie: .ASPXAUTH=s3cr3t; path=/",
        "BPMCSRF=s3cr3t",
        "https://ann:s3cr3t@example.com/0/dataservice",
        "https://ann:s3c:s3cr3t@example.com",
    ],
)
def test_secrets_are_hidden(text):
    redacted = redact(text)
    assert "s3cr3t" not in redacted
    assert HIDDEN in redacted


@pytest.mark.parametrize(
    "text",
    [
        "The package Base is unlocked until 14:32.",
        "https://example.com:8080/0/ServiceModel/AuthService.svc/Login",
        "The password is wrong.",
        "Basic functionality of ann@example.com",
        "{'user': 'ann', 'minutes': 30}",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


@given(st.text())
def test_hiding_twice_changes_nothing_more(text):
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize("piece", ["a", "-a", "password", "password ", "https://", "'", 'token="', "x:"])
def test_a_megabyte_is_redacted_before_anybody_notices(piece):
    text = piece * (1_000_000 // len(piece))
    began = time.perf_counter()
    log.redact(text)
    assert time.perf_counter() - began < 5


def test_what_the_offscreen_platform_says_of_every_window_is_not_logged(tmp_path, capfd):
    logging_of = log.Logging(tmp_path)
    try:
        qWarning("This plugin does not support propagateSizeHints()")
        qWarning("This is worth knowing")
    finally:
        logging_of.close()
    written = (tmp_path / "hotfix-desktop.log").read_text("utf-8")
    assert "propagateSizeHints" not in written
    assert "This is worth knowing" in written
