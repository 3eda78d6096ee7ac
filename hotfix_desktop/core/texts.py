"""Text that people type: cleaned, measured, and refused with a sentence."""

from __future__ import annotations

import textwrap
import unicodedata

from hotfix_desktop.core.errors import InvalidInput

REASON_LIMIT = 2000
"""Characters of a reason: room for a paragraph, not for a log file."""
TICKET_LIMIT = 100
"""Characters of a ticket number."""
NAME_LIMIT = 250
"""Characters of a name, as Creatio's own columns have (``creatio.md`` 2.4)."""
WIDTH = 76
"""Letters of a line of prose in letters and patches, as mail programs break them."""


def clean_line(text: str, field: str, what: str, limit: int) -> str:
    """Give the text on one line without blanks around it.

    Raises:
        InvalidInput: when it is longer than ``limit`` characters or holds a lone surrogate, which no
            database and no file in UTF-8 can keep.
    """
    if len(text) > limit:
        raise InvalidInput(field, f"{what} can have at most {limit:,} characters; this one has {len(text):,}.")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise InvalidInput(field, f"{what} holds a character that is half of a pair and cannot be stored.")
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join(spaced.split())


def printable(text: str) -> str:
    """Give any text, a damaged file name for instance, in a form that can be stored and printed."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    """Give any text, the path of a file for instance, printable and without what would begin another line."""
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in printable(text))


def wrapped(text: str, indent: str = "") -> list[str]:
    """Give prose as lines of a mail, at most ``WIDTH`` letters each; names and paths stay whole.

    ``indent`` begins every line but the first.
    """
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def plural(count: int, one: str, many: str = "") -> str:
    """Give "1 package" or "2 packages"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
