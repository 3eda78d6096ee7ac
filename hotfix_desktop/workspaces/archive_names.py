"""Which names of files an archive may hold: those that mean one file below a folder on every system.

Nobody checks them where archives are made or unpacked (``creatio.md`` 7.4), so this does, for reading and writing
alike. The rules of Windows hold everywhere (*Naming Files, Paths, and Namespaces*, learn.microsoft.com): an archive
that is taken on one machine can be taken on any. Nothing is asked of a disk here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from hotfix_desktop.core.texts import printable

LENGTH_LIMIT = 1000
"""Characters (UTF-16 code units) of a name with its folders; the longest of 138,860 real ones has 128."""
PART_LIMIT = 255
"""Bytes in UTF-8, and UTF-16 code units, of one part of a name: what file systems take."""
DEPTH_LIMIT = 64
"""Parts of a name."""

_RESERVED = r"CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]"
_DEVICE = re.compile(rf"(?:{_RESERVED}) *(?:[.:].*)?", re.IGNORECASE | re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:")
_PLAIN_PART = rf"(?!(?:{_RESERVED}) *(?:\.|/|$))(?!\.)[\w .()+,-]{{0,99}}[\w()+-]"
_PLAIN = re.compile(rf"(?:{_PLAIN_PART}/){{0,{DEPTH_LIMIT - 1}}}{_PLAIN_PART}", re.IGNORECASE | re.ASCII)
"""What breaks no rule whatever its length, as nearly all names do; the others are looked at more closely."""
_GIT = frozenset({".git", "git~1"})
_FORBIDDEN = frozenset('<>"|?*')
_SHOWN = 80


def name_problem(name: str) -> str:
    """Say what is wrong with a name, its parts separated by forward slashes: "its name …"; empty for a good one."""
    if len(name) <= PART_LIMIT and _PLAIN.fullmatch(name):
        return ""
    if not name:
        return "its name is empty"
    units = len(name) if name.isascii() else len(name.encode("utf-16-le", "surrogatepass")) // 2
    if units > LENGTH_LIMIT:
        return f"its name has {units:,} characters, and {LENGTH_LIMIT:,} are allowed"
    if name.startswith("/"):
        return "its name is the path of a place outside of the package"
    if _DRIVE.match(name):
        return "its name begins with a drive"
    parts = name.split("/")
    if len(parts) > DEPTH_LIMIT:
        return f"it lies {len(parts):,} folders deep, and {DEPTH_LIMIT} are allowed"
    for part in parts:
        problem = part_problem(part)
        if problem:
            return problem
    return ""


def part_problem(part: str) -> str:
    """Say what is wrong with one part of a name, of a folder or a file; empty for a good one."""
    if not part:
        return "its name has an empty part"
    if part in (".", ".."):
        return f"its name leads out of its folder with “{part}”"
    if any("\ud800" <= character <= "\udfff" for character in part):
        return "its name holds half of a surrogate pair"
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in part):
        return "its name holds control characters"
    if "\\" in part or "/" in part:
        return "its name holds a slash or backslash that separates no folders"
    if ":" in part:
        return "its name holds a colon, which Windows takes for a second stream of a file"
    if not _FORBIDDEN.isdisjoint(part):
        return 'its name holds one of < > " | ? *, which Windows does not allow'
    if part[-1] in ". ":
        return "its name, or that of its folder, ends with a dot or a blank, which Windows drops"
    if _DEVICE.fullmatch(part):
        return f"Windows takes “{shown_name(part)}” for a device and not for a file"
    # macOS does not see characters that have no width.
    if "".join(c for c in part.casefold() if unicodedata.category(c) != "Cf") in _GIT:
        return f"“{shown_name(part)}” would be taken for a git repository"
    if len(part.encode()) > PART_LIMIT or len(part.encode("utf-16-le")) > 2 * PART_LIMIT:
        return f"a part of its name is longer than {PART_LIMIT} bytes"
    return ""


def names_problem(names: Iterable[str]) -> str:
    """Say, in one sentence, what is wrong with names taken together, each good by itself; empty where nothing is.

    No two may be one on a system that does not tell upper from lower case or ways to write an accent, and none may be
    the folder of another.
    """
    files: dict[str, str] = {}
    for name in names:
        key = folded(name)
        if key in files:
            other = files[key]
            if other == name:
                return f"“{shown_name(name)}” is there twice."
            return f"“{shown_name(other)}” and “{shown_name(name)}” would be one file on Windows and macOS."
        files[key] = name
    folders: set[str] = set()
    for key, name in files.items():
        folder = key.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            if folder in files:
                return f"“{shown_name(files[folder])}” is a file, and the folder of “{shown_name(name)}”."
            folder = folder.rpartition("/")[0]
    return ""


def folded(name: str) -> str:
    """Give what two names share that are one on some system: without case, accents composed."""
    if name.isascii():
        return name.lower()
    # Not casefold alone: folding can take accents apart again, and their order then matters.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def shown_name(name: str) -> str:
    """Give a name for people: what cannot be printed is escaped, and what is too long is cut."""
    cut = name if len(name) <= _SHOWN else name[: _SHOWN // 2] + "…" + name[-_SHOWN // 2 + 1 :]
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in cut)
    return printable(plain)
