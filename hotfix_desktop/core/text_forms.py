"""What kind of text a file of a package is, and when two forms of it mean the same.

Creatio writes the same content with and without a byte order mark, with either line end, with another time of
change and in another order (``creatio.md`` 8.3). All of this is kept byte for byte; the comparison can look
past it. Never more than that is looked past: a ``metadata.json`` is often no JSON at all (``creatio.md`` 8.4),
so that texts are compared as texts, and only small descriptors are read.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

CRLF, LF, MIXED, NONE = "CRLF", "LF", "mixed", ""
"""The line ends of a text; none where it is a single line without one."""

_LARGEST_DESCRIPTOR = 1 << 20
"""Bytes; a descriptor is some kilobytes, and nothing larger is read as one."""
_MODIFIED = re.compile(r'("ModifiedOnUtc"\s*:\s*)("(?:[^"\\\n]|\\.)*"|-?[0-9]+|null)')
_ORDERED = {"DependsOn": "UId", "Columns": "ColumnUId"}
"""The lists of a descriptor in which the order says nothing, and by what they are sorted."""
_Json: TypeAlias = Any


class Noise(StrEnum):
    """In what two forms of a text differ that mean the same; the values are the words on the screen."""

    BOM = "byte order mark"
    LINE_ENDS = "line ends"
    FINAL_NEWLINE = "line end at the end"
    ENCODING = "encoding"
    MODIFIED = "time of change (ModifiedOnUtc)"
    ORDER = "order or layout of a descriptor"


@dataclass(frozen=True)
class Text:
    """A text, and what its bytes look like.

    Attributes:
        whole: all characters, line ends as they are, without the byte order mark.
        bom: whether it begins with a byte order mark.
        encoding: the codec that reads its bytes: utf-8, utf-16-le, utf-16-be; latin-1 where no other does.
    """

    whole: str
    bom: bool
    encoding: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends; a text that ends with a line end has no empty line after it."""
        end = self.line_end
        if end == CRLF:  # nearly every file of Creatio: one pass less
            lines = self.whole.split("\r\n")
        else:
            lines = (self.whole.replace("\r\n", "\n") if end == MIXED else self.whole).split("\n")
        if not lines[-1]:
            lines.pop()
        return lines

    @cached_property
    def lines_with_ends(self) -> list[str]:
        """The lines with their ends; together they are ``whole``."""
        lines = [line + "\n" for line in self.whole.split("\n")]
        last = lines.pop()[:-1]
        return [*lines, last] if last else lines

    @cached_property
    def line_end(self) -> str:
        """``CRLF``, ``LF``, ``MIXED`` or ``NONE``."""
        every = self.whole.count("\n")
        windows = self.whole.count("\r\n")
        if not every:
            return NONE
        return LF if not windows else CRLF if windows == every else MIXED

    @property
    def final_newline(self) -> bool:
        """Whether the last line has an end; an empty text has none."""
        return self.whole.endswith("\n")

    def encoded(self) -> bytes:
        """Give the bytes that :func:`text_of` read; ``UnicodeEncodeError`` for what the encoding does not have."""
        mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(self.encoding, codecs.BOM_UTF8)
        return (mark if self.bom else b"") + self.whole.encode(self.encoding)


def text_of(data: bytes) -> Text | None:
    """Read bytes as a text; None for what is none: it has a zero byte and is not UTF-16."""
    if data.startswith(codecs.BOM_UTF8):
        return _decoded(data[3:], True, "utf-8", "latin-1") if b"\0" not in data else None
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            found = _decoded(data[2:], True, encoding, "")
            if found is not None and "\0" not in found.whole:
                return found
    if b"\0" in data:
        return None
    return _decoded(data, False, "utf-8", "latin-1")


def _decoded(data: bytes, bom: bool, encoding: str, otherwise: str) -> Text | None:
    try:
        return Text(data.decode(encoding), bom, encoding)
    except UnicodeDecodeError:
        return Text(data.decode(otherwise), bom, otherwise) if otherwise else None


def same_meaning(path: bytes, before: bytes, after: bytes) -> bool:
    """Say whether two forms of a file differ in nothing but noise."""
    return before == after or folded(path, before) == folded(path, after)


def folded(path: bytes, data: bytes) -> bytes:
    """Give a file with the noise taken out, as UTF-8 with LF; what is no text comes back as it is.

    A descriptor is laid out anew, in a fixed order of what it depends on and of its columns.
    """
    text = text_of(data)
    if text is None:
        return data
    return fold_text(path, text).encode("utf-8", "surrogatepass")


def fold_text(path: bytes, text: Text) -> str:
    """Give what :func:`folded` gives, as characters."""
    plain = "\n".join(text.lines)
    name = path.rpartition(b"/")[2].lower()
    if name.endswith(b".json"):
        plain = _MODIFIED.sub(r'\1""', plain)
        if name == b"descriptor.json" and len(plain) <= _LARGEST_DESCRIPTOR:
            plain = _descriptor_in_order(plain)
    return plain


def _descriptor_in_order(plain: str) -> str:
    """Lay a descriptor out anew; one that is damaged, or has a key twice, stays as it is."""
    try:
        read = json.loads(
            plain,
            object_pairs_hook=_no_key_twice,
            parse_float=lambda digits: "\0" + digits,  # as it is written; no text has a zero character
        )
    except (ValueError, RecursionError):
        return plain
    inner = next(iter(read.values())) if isinstance(read, dict) and len(read) == 1 else None
    if not isinstance(inner, dict):
        return plain
    for name, key in _ORDERED.items():
        if isinstance(inner.get(name), list):
            inner[name] = sorted(inner[name], key=lambda item: _sort_key(item, key))
    try:
        return json.dumps(read, ensure_ascii=False, indent=2)
    except RecursionError:
        return plain


def _sort_key(item: _Json, key: str) -> tuple[str, str]:
    own = item.get(key) if isinstance(item, dict) else None
    return str(own).lower(), json.dumps(item, sort_keys=True)


def _no_key_twice(pairs: list[tuple[str, _Json]]) -> dict[str, _Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found
