"""Changes of files as a patch in git's form, which ``git apply`` and ``patch`` take.

Paths, modes and blob ids are written as git writes them (``git-diff``, "Generating patch text with -p"), so that
``git apply --3way`` works too. What is no text goes in as a *GIT binary patch*.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hotfix_desktop.core.text_diff import Hunk, line_hunks
from hotfix_desktop.core.texts import one_line

FILE, PROGRAM, LINK = 0o100644, 0o100755, 0o120000
"""The modes that git knows: a file, one that can be run, a link."""
CONTEXT = 3
"""Lines that are the same around each change."""
BINARY_LIMIT = 16 << 20
"""Bytes; a larger file is no matter for a patch, which names it."""
_FIRST_BYTES = 8000
"""git takes a file for binary that has a zero byte among so many first ones."""
_NOBODY = "0" * 40
_SHORT = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
"""The characters that C writes with a letter behind the backslash."""


@dataclass(frozen=True, slots=True)
class PatchFile:
    """A file that differs.

    Attributes:
        path: where it is now, or where it was when it is gone; below the place where the patch is applied.
        before: its contents before, of a link its target; None when it was not there.
        after: its contents now; None when it is gone.
        old_path: where a renamed file was; else empty.
        old_mode: its mode before, one of ``FILE``, ``PROGRAM`` and ``LINK``.
        new_mode: its mode now.
    """

    path: bytes
    before: bytes | None
    after: bytes | None
    old_path: bytes = b""
    old_mode: int = FILE
    new_mode: int = FILE


def file_patch(file: PatchFile) -> bytes:
    """Give the patch of one file."""
    if file.before is not None and file.after is not None and _is_link(file.old_mode) != _is_link(file.new_mode):
        # git never makes a file of a link: one is deleted, and the other is added.
        gone = PatchFile(file.old_path or file.path, file.before, None, b"", file.old_mode)
        new = PatchFile(file.path, None, file.after, b"", FILE, file.new_mode)
        return file_patch(gone) + file_patch(new)
    return b"".join(_parts(file))


def left_out(path: bytes, why: str) -> bytes:
    """Give a line that says why a file is not in the patch; ``git apply`` and ``patch`` pass it over."""
    return b"# " + quoted(path) + f" is not in this patch: {why}.\n".encode()


def comment(lines: Sequence[str]) -> bytes:
    """Give lines for people that stand before a patch; ``git apply`` and ``patch`` pass them over."""
    return "".join(f"# {one_line(line)}".rstrip() + "\n" for line in lines).encode()


def git_mode(kind_is_link: bool, mode: int) -> int:
    """Give the mode that git has for a link, or for a file with these permission bits."""
    return LINK if kind_is_link else PROGRAM if mode & 0o100 else FILE


def quoted(path: bytes) -> bytes:
    """Give a path as git writes it: in quotes with C's escapes when it has other than plain characters."""
    if all(0x20 <= byte < 0x7F and byte not in _SHORT for byte in path):
        return path
    return b'"' + "".join(map(_escaped, path)).encode("ascii") + b'"'


def _escaped(byte: int) -> str:
    if byte in _SHORT:
        return "\\" + _SHORT[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"


def is_binary(data: bytes | None) -> bool:
    """Whether git takes contents for binary."""
    return data is not None and b"\0" in data[:_FIRST_BYTES]


def blob_id(data: bytes) -> str:
    """Give the SHA-1 under which git knows these contents."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _is_link(mode: int) -> bool:
    return mode == LINK


def _parts(file: PatchFile) -> Iterator[bytes]:
    old, new = b"a/" + (file.old_path or file.path), b"b/" + file.path
    yield b"diff --git " + quoted(old) + b" " + quoted(new) + b"\n"
    if file.before is None:
        yield b"new file mode %o\n" % file.new_mode
    elif file.after is None:
        yield b"deleted file mode %o\n" % file.old_mode
    elif file.old_mode != file.new_mode:
        yield b"old mode %o\nnew mode %o\n" % (file.old_mode, file.new_mode)
    if file.old_path:
        if file.before == file.after:
            yield b"similarity index 100%\n"
        yield b"rename from " + quoted(file.old_path) + b"\nrename to " + quoted(file.path) + b"\n"
    if file.before == file.after:
        return
    ids = [_NOBODY if data is None else blob_id(data) for data in (file.before, file.after)]
    yield b"index %s..%s" % (ids[0].encode(), ids[1].encode())
    same_mode = file.before is not None and file.after is not None and file.old_mode == file.new_mode
    yield b" %o\n" % file.new_mode if same_mode else b"\n"
    old_name = b"/dev/null" if file.before is None else quoted(old)
    new_name = b"/dev/null" if file.after is None else quoted(new)
    before, after = file.before or b"", file.after or b""
    if is_binary(before) or is_binary(after):
        yield b"GIT binary patch\n" + _literal(after) + _literal(before)
    elif before or after:
        yield b"--- " + _named(old_name) + b"\n+++ " + _named(new_name) + b"\n"
        yield from _hunks(_lines(before), _lines(after))


def _named(name: bytes) -> bytes:
    """End a name with a tab when it has a space, as git does: ``patch`` takes what follows for a time."""
    return name + b"\t" if b" " in name else name


def _lines(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _hunks(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[bytes]:
    for group in _near(line_hunks(before, after)):
        first, last = group[0], group[-1]
        start = max(0, first.before_start - CONTEXT)
        lead = first.before_start - start
        end = min(len(before), last.before_end + CONTEXT)
        new_start, new_end = first.after_start - lead, last.after_end + end - last.before_end
        yield b"@@ -%s +%s @@\n" % (_range(start, end - start), _range(new_start, new_end - new_start))
        at = start
        for hunk in group:
            yield from (_line(b" ", line) for line in before[at : hunk.before_start])
            yield from (_line(b"-", line) for line in before[hunk.before_start : hunk.before_end])
            yield from (_line(b"+", line) for line in after[hunk.after_start : hunk.after_end])
            at = hunk.before_end
        yield from (_line(b" ", line) for line in before[at:end])


def _near(hunks: Sequence[Hunk]) -> Iterator[list[Hunk]]:
    """Take changes together that have no more between them than the context of both."""
    group: list[Hunk] = []
    for hunk in hunks:
        if group and hunk.before_start - group[-1].before_end > 2 * CONTEXT:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _range(start: int, count: int) -> bytes:
    """Give a range of lines, counted from 1; of none the line before."""
    first = start + 1 if count else start
    return b"%d" % first if count == 1 else b"%d,%d" % (first, count)


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"


def _literal(data: bytes) -> bytes:
    """Give contents as git's binary patch has them: deflated, 52 bytes a line, in base 85."""
    packed = zlib.compress(data)
    rows = [b"literal %d\n" % len(data)]
    for at in range(0, len(packed), 52):
        row = packed[at : at + 52]
        size = len(row)
        letter = size + ord("A") - 1 if size <= 26 else size - 27 + ord("a")
        rows.append(bytes([letter]) + base64.b85encode(row, pad=True) + b"\n")
    return b"".join(rows) + b"\n"
