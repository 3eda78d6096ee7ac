"""Python's garbage collection, put off while a hundred thousand small things are made.

Nothing that is made then is garbage, but the collector goes through all of it again and again: that cost more than
half of the time in which the manifest of a large package is read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Let no garbage be collected inside. Of two threads inside, the first to leave lets it begin again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
