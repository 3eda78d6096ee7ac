"""The check at start that PySide6 and Python go together.

PySide6 6.12 gives back ``None`` from each void call, and ``True`` from each ``emit``, without taking a
reference. From Python 3.12 on these objects are immortal and nothing happens; on 3.11 their count falls until
the interpreter aborts, some minutes into a hotfix (``product.md`` 1). A short test suite does not notice.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6 import QtCore

CALLS = 100
"""Void calls of the check: few enough to survive the bad pair, enough to stand out from other threads."""


def bad_pair_sentence(count: Callable[[object], int] = sys.getrefcount) -> str:
    """Say in one sentence what to install when this PySide6 makes this Python abort; empty when all is well.

    ``count`` gives the number of references to an object; tests give their own. ``True`` is not tried here:
    it has so few references that the check itself would abort the interpreter before it could say why.
    """
    thing = QtCore.QObject()
    before = count(None)
    for _ in range(CALLS):
        thing.setObjectName("thing")
    after = count(None)
    # Other threads move the count by a few; a lost reference in each call moves it by all of CALLS.
    if after > before - CALLS // 2:
        return ""
    import platform

    return (
        f"PySide6 {QtCore.qVersion()} makes Python {platform.python_version()} abort after a few minutes, so "
        "Hotfix Desktop does not start with it: install “PySide6-Essentials>=6.11.3,<6.12” in the program's "
        "own virtual environment (“python3 bootstrap.py” does), or use Python 3.12 or newer."
    )
