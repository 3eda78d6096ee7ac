"""The facts of *About*: versions, for a report to whoever helps."""

from __future__ import annotations

import platform
import sqlite3

import PySide6
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from hotfix_desktop import __version__


def program_facts() -> dict[str, str]:
    """Give names and versions of what runs here."""
    return {
        "Hotfix Desktop": __version__,
        "Python": platform.python_version(),
        "PySide6": PySide6.__version__,
        "Qt": qVersion(),
        "SQLite": sqlite3.sqlite_version,
        "System": platform.platform(),
        "Display": QGuiApplication.platformName(),
    }
