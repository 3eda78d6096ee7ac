"""Says whether the reader did right by an archive: a clear refusal, or just what is in it, safe to be written.

The archive is read here a second time, naively and by other means, and nothing that the reader knows is asked.
"""

import gzip
import ntpath
import os
import posixpath
import struct
import unicodedata
import zipfile
from io import BytesIO
from pathlib import Path

from hotfix_desktop.core.errors import HotfixError, WorkspaceError
from hotfix_desktop.workspaces.archives import open_archive
from hotfix_desktop.workspaces.port import BadArchive
from tests.fuzz.mutations import LIMIT_BYTES

DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789\u00b9\u00b2\u00b3"}
Contents = dict[bytes, bytes]


class Wrong(Exception):
    """The reader did something that it must not do."""


def judged(file: Path, data: bytes, spool: Path, place: Path | None = None) -> str:
    """Read the archive in ``file``, whose bytes are ``data``; gives the refusal, or "" for one that was read.

    With ``place``, what was read is written below that folder. Raises ``Wrong``, and whatever the reader raises.
    """
    try:
        archive = open_archive(file, LIMIT_BYTES, spool=spool)
    except (BadArchive, WorkspaceError) as error:
        _clear(error)
        return error.sentence
    with archive:
        found = [
            (
                package.found.name,
                {path: b"".join(pieces) for path, pieces in archive.read(package, list(package.files))},
            )
            for package in archive.packages
        ]
        for (_, contents), package in zip(found, archive.packages, strict=True):
            if [(path, len(contents[path])) for path in contents] != [(f.path, f.size) for f in package.files.values()]:
                raise Wrong("the files are not those that were read")
    _safe_names([name for name, _ in found])
    for _, contents in found:
        _safe([path.decode() for path in contents])
    if [contents for _, contents in found] != _naively(data):
        raise Wrong("the contents are not those of the archive")
    if place is not None:
        for name, contents in found:
            _write(place / name, contents)
    return ""


def _clear(error: HotfixError) -> None:
    text = str(error)
    text.encode()  # no half of a surrogate pair
    if not error.sentence or not text.isprintable() or len(text) > 600:
        raise Wrong(f"the refusal is not clear: {text!r}")


def _naively(data: bytes) -> list[Contents]:
    if data[:2] == b"\x1f\x8b":
        return [_records(gzip.decompress(data))]
    with zipfile.ZipFile(BytesIO(data)) as zipped:
        return [_records(gzip.decompress(zipped.read(entry))) for entry in zipped.infolist()]


def _records(stream: bytes) -> Contents:
    found: Contents = {}
    at = 0
    while at < len(stream):
        (units,) = struct.unpack_from("<i", stream, at)
        name = stream[at + 4 : at + 4 + 2 * units].decode("utf-16-le").replace("\\", "/").encode()
        at += 4 + 2 * units
        (size,) = struct.unpack_from("<i", stream, at)
        at += 4 + size
        if units <= 0 or size < 0 or at > len(stream) or name in found:
            raise Wrong("what was read is no archive")
        found[name] = stream[at - size : at]
    return found


def _safe_names(names: list[str]) -> None:
    _safe([f"{name}/x" for name in names])
    if any("/" in name or name.startswith(".") for name in names):
        raise Wrong(f"names of packages are not safe: {names!r}")


def _safe(names: list[str]) -> None:
    for name in names:
        for system, root in ((posixpath, "/base/package"), (ntpath, "C:\\root\\package")):
            reached = system.normpath(system.join(root, name))
            if not reached.startswith(root + system.sep) or reached.replace("\\", "/") != f"{root}/{name}".replace(
                "\\", "/"
            ):
                raise Wrong(f"a name leads elsewhere: {name!r}")
        for part in name.split("/"):
            device = part.partition(".")[0].rstrip(" ").lower()
            if device in DEVICES or part != part.rstrip(". ") or part.lower() in (".git", "git~1"):
                raise Wrong(f"a name is special: {name!r}")
            if any(character in '\\:<>"|?*' or unicodedata.category(character) in ("Cc", "Cs") for character in part):
                raise Wrong(f"a name has a bad character: {name!r}")
    lower = [unicodedata.normalize("NFC", name).lower() for name in names]
    folders = {key[:at] for key in lower for at, character in enumerate(key) if character == "/"}
    if len(set(lower)) < len(lower) or folders & set(lower):
        raise Wrong(f"names collide: {sorted(names)!r}")


def _write(folder: Path, contents: Contents) -> None:
    for path, data in contents.items():
        target = folder / os.fsdecode(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    there = {
        file.relative_to(folder).as_posix().encode(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }
    if there != contents:
        raise Wrong("what was written is not what was read")
