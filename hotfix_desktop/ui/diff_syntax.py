"""Syntax colours by Pygments: of what is on the screen, in pieces, on a lane.

A small text is read whole. A large one is read piece by piece, each from some lines above it, so that 3 MB cost no
more than a screen; a comment that began further up is then not seen as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType, is_token_subtype

from hotfix_desktop.ui.diff_look import Ink

PIECE = 200
"""Lines that are read at once."""
RUN_UP = 40
"""Lines above a piece from which reading begins."""
WHOLE = 60_000
"""Letters of a text that is read as one."""
LONGEST_LINE = 2_000
"""Letters of a line that are coloured."""
Span = tuple[int, int, Ink]
"""From letter to letter of a line, and what it is."""

_LEXERS = {
    "json": "pygments.lexers.data:JsonLexer",
    "xml": "pygments.lexers.html:XmlLexer",
    "svg": "pygments.lexers.html:XmlLexer",
    "csproj": "pygments.lexers.html:XmlLexer",
    "html": "pygments.lexers.html:HtmlLexer",
    "js": "pygments.lexers.javascript:JavascriptLexer",
    "ts": "pygments.lexers.javascript:TypeScriptLexer",
    "cs": "pygments.lexers.dotnet:CSharpLexer",
    "css": "pygments.lexers.css:CssLexer",
    "less": "pygments.lexers.css:LessCssLexer",
    "sql": "pygments.lexers.sql:SqlLexer",
    "md": "pygments.lexers.markup:MarkdownLexer",
    "py": "pygments.lexers.python:PythonLexer",
}


def lexer_of(path: bytes) -> str:
    """Name what reads a file of this name; empty for a plain text."""
    name = path.rpartition(b"/")[2].lower()
    return _LEXERS.get(name.rpartition(b".")[2].decode("ascii", "replace"), "")


def pieces(lines: Sequence[str]) -> int:
    """Say how many lines a piece of a text has: all of a small one."""
    size = 0
    for line in lines:
        size += len(line)
        if size > WHOLE:
            return PIECE
    return max(1, len(lines))


def colours(lexer: str, lines: Sequence[str], first: int, count: int) -> list[tuple[Span, ...]]:
    """Give the coloured spans of so many lines from ``first`` on."""
    start = max(0, first - RUN_UP)
    taken = [line[:LONGEST_LINE].replace("\r", " ").replace("\n", " ") for line in lines[start : first + count]]
    found: list[list[Span]] = [[] for _ in taken]
    at = column = 0
    for kind, value in _lexer(lexer).get_tokens("\n".join(taken)):
        ink = _ink(kind)
        parts = value.split("\n")
        for number, part in enumerate(parts):
            if number:
                at, column = at + 1, 0
            if ink is not Ink.PLAIN and part and at < len(found):
                found[at].append((column, column + len(part), ink))
            column += len(part)
    return [tuple(spans) for spans in found[first - start :]]


@lru_cache(maxsize=len(_LEXERS))
def _lexer(name: str) -> Lexer:
    from importlib import import_module

    module, _, kind = name.partition(":")
    made: Lexer = getattr(import_module(module), kind)(stripnl=False, ensurenl=False)
    return made


_INKS: tuple[tuple[Ink, tuple[_TokenType, ...]], ...] = (
    (Ink.COMMENT, (Comment,)),
    (Ink.KEYWORD, (Keyword,)),
    (Ink.STRING, (String,)),
    (Ink.NUMBER, (Number,)),
    (Ink.NAME, (Name.Tag, Name.Attribute, Name.Class, Name.Function)),
)


@lru_cache(maxsize=512)
def _ink(kind: _TokenType) -> Ink:
    for ink, kinds in _INKS:
        if any(is_token_subtype(kind, one) for one in kinds):
            return ink
    return Ink.PLAIN
