"""Any text as a cell of a list and its tooltip can show it."""

from __future__ import annotations

import html

CELL_LIMIT = 500
"""Characters of a cell: more can never be seen in it, and would be slow to draw."""
TIP_LIMIT = 2000


def one_line(text: str, limit: int = CELL_LIMIT) -> str:
    """Give a text as a cell can show it: on one line, and not endless."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return " ".join(short.replace("\t", " ").splitlines())


def tip(text: str) -> str:
    """Give a text as a tooltip that wraps; escaped, because Qt takes what looks like HTML for HTML."""
    if not text:
        return ""
    short = text if len(text) <= TIP_LIMIT else text[: TIP_LIMIT - 1] + "…"
    return f'<p style="white-space: pre-wrap">{html.escape(short)}</p>'
