"""The log: one file below the user's data folder, told apart from the audit log, which is no log file.

Python's messages, Qt's, warnings and crashes all end up here, in UTC and without secrets. The file is for
whoever has to find out what went wrong on an administrator's machine; nothing is ever sent anywhere.
"""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

logger = logging.getLogger("hotfix_desktop")
qt_logger = logging.getLogger("hotfix_desktop.qt")

FILE_BYTES = 1024 * 1024
FILES_KEPT = 5
HIDDEN = "‹hidden›"

# Every repetition has a bound or a fixed start, so that a line of a megabyte costs no more than its length.
_NAMES = r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|credential|aspxauth|bpmcsrf|bpmloader)"
_VALUE = r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s&]+)"
_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Authorization: Bearer abc; and a bearer that stands alone.
    (re.compile(r"\b(authorization[\"']?\s*[:=]\s*)[\"']?[^\r\n\"']+", re.I), rf"\1{HIDDEN}"),
    (re.compile(r"\b(bearer)\s+[\w.~+/=-]{8,}", re.I), rf"\1 {HIDDEN}"),
    # Cookie: and Set-Cookie:, to the end of the line: any part of them may open a session.
    (re.compile(r"\b((?:set-)?cookie[\"']?\s*[:=]\s*)[^\r\n]+", re.I), rf"\1{HIDDEN}"),
    # password=abc, "UserPassword": "abc", access_token: abc
    (re.compile(rf"({_NAMES}[\w.-]{{0,40}}[\"']?\s*[:=]\s*){_VALUE}", re.I), rf"\1{HIDDEN}"),
    # https://user:password@host
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,200}:)[^\s/@]+(?=@)", re.I), rf"\1{HIDDEN}"),
)

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

OnCrash = Callable[[str], None]
"""Hears the text of an error that nobody caught; on the thread where it happened."""


def redact(text: str) -> str:
    """Give the text with passwords, tokens and cookies hidden."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(logging.Formatter):
    """One line per message, in UTC; redacts the finished text, so that a traceback hides secrets as well."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        """Fix the form of a line."""
        super().__init__("%(asctime)s %(levelname)-8s %(process)d %(threadName)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, and the traceback below it, without secrets."""
        return redact(super().format(record))


class Logging:
    """The logging of this process; :meth:`close` gives everything back as it was."""

    def __init__(self, folder: Path, name: str = "hotfix-desktop", on_crash: OnCrash | None = None) -> None:
        """Write ``name``.log and ``name``-crash.log in this folder, which is made if need be.

        Each kind of process (the window, the relocker) gives its own name: a file that two processes turn
        over loses lines. Where the folder cannot be written, the program goes on with standard error alone.
        """
        self.file = folder / f"{name}.log"
        self._on_crash = on_crash
        self._handlers: list[logging.Handler] = []
        self._crash_file: IO[str] | None = None
        self._former_level = logging.getLogger().level
        self._former_hooks = sys.excepthook, threading.excepthook
        self._add_stderr()
        try:
            self._add_files(folder, name)
        except OSError as error:
            logger.warning("The log cannot be written in %s: %s.", folder, error.strerror or error)
        logging.getLogger().setLevel(logging.INFO)
        logging.captureWarnings(True)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        self._former_qt = qInstallMessageHandler(_qt_message)

    def close(self) -> None:
        """Take the hooks and handlers away and close the files."""
        qInstallMessageHandler(self._former_qt)
        sys.excepthook, threading.excepthook = self._former_hooks
        logging.captureWarnings(False)
        root = logging.getLogger()
        root.setLevel(self._former_level)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        if self._crash_file is not None:
            faulthandler.disable()
            self._crash_file.close()

    def _add_stderr(self) -> None:
        if sys.stderr is None:  # a window on Windows has none
            return
        handler = logging.StreamHandler()
        handler.setLevel(logging.WARNING)
        self._add(handler)

    def _add_files(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._add(
            logging.handlers.RotatingFileHandler(
                self.file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT - 1, encoding="utf-8"
            )
        )
        self._crash_file = (folder / f"{name}-crash.log").open("a", encoding="utf-8")
        faulthandler.enable(self._crash_file)

    def _add(self, handler: logging.Handler) -> None:
        handler.setFormatter(RedactingFormatter())
        logging.getLogger().addHandler(handler)
        self._handlers.append(handler)

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._former_hooks[0](kind, error, trace)
            return
        self._crashed("An error that nobody caught", (kind, error, trace))

    def _uncaught_in_thread(self, args: Any) -> None:
        if issubclass(args.exc_type, SystemExit):
            return
        name = args.thread.name if args.thread is not None else "a thread that is gone"
        error = args.exc_value if args.exc_value is not None else args.exc_type()
        self._crashed(f"An error that nobody caught in {name}", (args.exc_type, error, args.exc_traceback))

    def _crashed(self, what: str, trouble: tuple[type[BaseException], BaseException, TracebackType | None]) -> None:
        logger.critical("%s", what, exc_info=trouble)
        if self._on_crash is None:
            return
        try:
            self._on_crash(redact("".join(traceback.format_exception(*trouble))))
        except Exception:
            logger.exception("The error could not be shown")


# The offscreen platform says this of every window; nobody can resize or raise a window that nobody sees.
_NOISE = ("This plugin does not support propagateSizeHints()", "This plugin does not support raise()")


def _qt_message(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    if message in _NOISE:
        return
    category = getattr(context, "category", None)
    prefix = f"{category}: " if category and category != "default" else ""
    qt_logger.log(_LEVELS.get(kind, logging.WARNING), "%s%s", prefix, message or "")
