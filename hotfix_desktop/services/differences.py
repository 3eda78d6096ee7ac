"""How one file differs between two moments, ready to be shown: hunks, what of them is noise, and facts.

Creatio's designers rewrite byte order marks, line ends, ``ModifiedOnUtc`` and the order of some lists without
anybody having changed anything (``creatio.md`` 8.3). *Meaning-wise* a hunk that says nothing else is noise and
can be folded away; *byte-wise* everything counts, line ends too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from hotfix_desktop.core.changes import Change
from hotfix_desktop.core.text_diff import Hunk, line_hunks
from hotfix_desktop.core.text_forms import MIXED, NONE, Noise, Text, fold_text, text_of

PICTURES = (b".png", b".jpg", b".jpeg", b".gif", b".bmp", b".ico", b".webp")
"""What is shown as a picture; an SVG drawing is a text."""
LARGEST = 32 << 20
"""Bytes of a file that is still read to be compared: ten times the largest of real packages (``creatio.md`` 7.4)."""
ALIGNED_CELLS = 2500
"""Pairs of lines of one hunk that are compared, to find which belong together; a larger hunk is paired in order."""
_STAMP = re.compile(r'("ModifiedOnUtc"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|-?\d+|null)')
_WORD = re.compile(r"\w+")

Pair = tuple[int | None, int | None]
"""Line numbers from 0, before and after, that stand beside each other; None where there is no line."""


class Form(StrEnum):
    """How a file is shown."""

    TEXT = "text"
    PICTURE = "picture"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Version:
    """A file at one moment.

    Attributes:
        size: bytes.
        sha256: of its contents, in hexadecimal.
        text: what it says; None for what is no text.
        picture: its bytes, when it is shown as a picture; else empty.
    """

    size: int
    sha256: str
    text: Text | None
    picture: bytes = b""

    @property
    def form(self) -> str:
        """Give "UTF-8 with BOM · CRLF · no final newline", empty for what is no text."""
        text = self.text
        if text is None:
            return ""
        name = text.encoding.upper()
        parts = [f"{name} with BOM" if text.bom else name, text.line_end]
        if text.lines and not text.final_newline:
            parts.append("no final newline")
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Lines:
    """Two texts line by line, and where they differ.

    Attributes:
        hunks: what differs, in order.
        pairs: for each hunk, which of its lines stand beside each other.
        noise: the numbers of the hunks that say nothing.
        widest: letters of the longest line.
    """

    before: Sequence[str]
    after: Sequence[str]
    hunks: tuple[Hunk, ...]
    pairs: tuple[tuple[Pair, ...], ...]
    noise: frozenset[int]
    widest: int

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines were added, and how many removed; noise does not count."""
        loud = [hunk for at, hunk in enumerate(self.hunks) if at not in self.noise]
        return sum(hunk.after_count for hunk in loud), sum(hunk.before_count for hunk in loud)


@dataclass(frozen=True, slots=True)
class Difference:
    """How one file differs.

    Attributes:
        path: of the file, as bytes with forward slashes.
        before: as it was; None for a file that was not there.
        after: as it is; None for a file that is not there any more.
        meaning: the lines, with the hunks that are noise; None for what is no text.
        exact: the lines byte by byte: nothing is noise, and where line ends differ they are part of the lines.
        same_meaning: whether the bytes differ and everything that differs is noise.
        noise: what was recognised as noise, for people; empty when nothing was.
        old_path: where it was, if it lies elsewhere now; else empty.
    """

    path: bytes
    before: Version | None
    after: Version | None
    form: Form
    meaning: Lines | None = None
    exact: Lines | None = None
    same_meaning: bool = False
    noise: tuple[str, ...] = ()
    old_path: bytes = b""

    @property
    def same_bytes(self) -> bool:
        """Whether not one byte differs; with another path the file was only renamed."""
        return self.before is not None and self.after is not None and self.before.sha256 == self.after.sha256


def unread_difference(change: Change) -> Difference | None:
    """Give size and hash alone for a file that is too large to be compared, as they were recorded; None for others."""
    facts = (change.before, change.after)
    if all(fact is None or fact.size <= LARGEST for fact in facts):
        return None
    was, now = (None if fact is None else Version(fact.size, fact.digest.hex(), None) for fact in facts)
    return Difference(change.path, was, now, Form.BINARY, old_path=change.old_path)


def difference(path: bytes, before: bytes | None, after: bytes | None, old_path: bytes = b"") -> Difference:
    """Compare the contents of a file at two moments; None where there was no file, and where it was if elsewhere."""
    was, now = _version(path, before), _version(path, after)
    if _is_picture(path):
        return Difference(path, was, now, Form.PICTURE, old_path=old_path)
    if any(version is not None and version.text is None for version in (was, now)):
        return Difference(path, was, now, Form.BINARY, old_path=old_path)
    old = was.text if was is not None else None
    new = now.text if now is not None else None
    meaning = _compared(old.lines if old else (), new.lines if new else (), _is_noise)
    stamps = bool(meaning.noise)
    ordered = False
    if old and new and len(meaning.noise) < len(meaning.hunks) and _is_descriptor(path):
        # What was moved about in a list is one hunk here and another there; only the whole says that it is noise.
        ordered = fold_text(path, old) == fold_text(path, new)
        if ordered:
            meaning = replace(meaning, noise=frozenset(range(len(meaning.hunks))))
    exact = _exact(old, new, meaning)
    noise = _form_noise(old, new) if old is not None and new is not None else []
    noise += [Noise.MODIFIED] * stamps + [Noise.ORDER] * ordered
    same = bool(noise) and len(meaning.noise) == len(meaning.hunks)
    return Difference(path, was, now, Form.TEXT, meaning, exact, same, tuple(word.value for word in noise), old_path)


def _is_picture(path: bytes) -> bool:
    return path.lower().endswith(PICTURES)


def _is_descriptor(path: bytes) -> bool:
    return path.rpartition(b"/")[2].lower() == b"descriptor.json"


def _version(path: bytes, data: bytes | None) -> Version | None:
    if data is None:
        return None
    digest = hashlib.sha256(data).hexdigest()
    return Version(len(data), digest, None, data) if _is_picture(path) else Version(len(data), digest, text_of(data))


def _compared(
    before: Sequence[str], after: Sequence[str], is_noise: Callable[[Hunk, Sequence[str], Sequence[str]], bool]
) -> Lines:
    hunks = tuple(line_hunks(before, after))
    noise = frozenset(at for at, hunk in enumerate(hunks) if is_noise(hunk, before, after))
    pairs = tuple(paired(hunk, before, after) for hunk in hunks)
    widest = max((max(map(len, lines)) for lines in (before, after) if lines), default=0)
    return Lines(before, after, hunks, pairs, noise, widest)


def _exact(old: Text | None, new: Text | None, meaning: Lines) -> Lines:
    """Compare with line ends where these are not the same everywhere; else the lines without them say it all."""
    if old is not None and new is not None and _ends_say_something(old, new):
        return _compared(old.lines_with_ends, new.lines_with_ends, lambda hunk, before, after: False)
    return replace(meaning, noise=frozenset())


def _ends_say_something(old: Text, new: Text) -> bool:
    if not old.lines or not new.lines:
        return False
    if old.final_newline != new.final_newline or MIXED in (old.line_end, new.line_end):
        return old.whole != new.whole
    return old.line_end != new.line_end


def _is_noise(hunk: Hunk, before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether nothing but times of change differs, as Creatio writes them: one to a line."""
    if hunk.before_count != hunk.after_count:
        return False
    was = before[hunk.before_start : hunk.before_end]
    now = after[hunk.after_start : hunk.after_end]
    return all(
        "ModifiedOnUtc" in a and "ModifiedOnUtc" in b and _STAMP.sub(r"\1", a) == _STAMP.sub(r"\1", b)
        for a, b in zip(was, now, strict=True)
    )


def _form_noise(old: Text, new: Text) -> list[Noise]:
    found = [Noise.BOM] if old.bom != new.bom else []
    if old.encoding != new.encoding:
        found.append(Noise.ENCODING)
    if not old.lines or not new.lines:
        return found
    if old.line_end != new.line_end and NONE not in (old.line_end, new.line_end):
        found.append(Noise.LINE_ENDS)
    if old.final_newline != new.final_newline:
        found.append(Noise.FINAL_NEWLINE)
    return found


def paired(hunk: Hunk, before: Sequence[str], after: Sequence[str]) -> tuple[Pair, ...]:
    """Say which removed and added lines stand beside each other: in order where there are as many, else the most alike.

    Lines that have no match stand alone, in their order.
    """
    b, m, a, n = hunk.before_start, hunk.before_count, hunk.after_start, hunk.after_count
    if m == n or not m or not n or m * n > ALIGNED_CELLS:
        both = min(m, n)
        together: list[Pair] = [(b + at, a + at) for at in range(both)]
        return (*together, *((b + at, None) for at in range(both, m)), *((None, a + at) for at in range(both, n)))
    was = [_words(line) for line in before[b : b + m]]
    now = [_words(line) for line in after[a : a + n]]
    best = _best(was, now)
    rows: list[Pair] = []
    i = j = 0
    while i < m or j < n:
        alike = _alike(was[i], now[j]) if i < m and j < n else 0
        if alike and best[i][j] == best[i + 1][j + 1] + alike:
            rows.append((b + i, a + j))
            i, j = i + 1, j + 1
        elif i < m and best[i][j] == best[i + 1][j]:
            rows.append((b + i, None))
            i += 1
        else:
            rows.append((None, a + j))
            j += 1
    return tuple(rows)


def _best(was: list[frozenset[str]], now: list[frozenset[str]]) -> list[list[int]]:
    best = [[0] * (len(now) + 1) for _ in range(len(was) + 1)]
    for i in range(len(was) - 1, -1, -1):
        for j in range(len(now) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + _alike(was[i], now[j]))
    return best


def _words(line: str) -> frozenset[str]:
    return frozenset(_WORD.findall(line[:400]))


def _alike(one: frozenset[str], other: frozenset[str]) -> int:
    """Give 1 to 100 for lines that share at least a third of their words, else 0."""
    whole = len(one | other)
    share = 100 * len(one & other) // whole if whole else 0
    return share if share >= 34 else 0
