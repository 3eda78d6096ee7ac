"""Reading ``descriptor.json`` of packages and of their elements, as Creatio, clio and people write them.

The format is that of ``creatio.md`` 8.2 to 8.5: UTF-8 with or without BOM, any line ends, the date as
``\\/Date(milliseconds)\\/``, keys that we do not know. A damaged descriptor never stops a listing: the
package carries the problem as a sentence, an element falls back to its folder's name.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hotfix_desktop.core.packages import Dependency, FoundPackage
from hotfix_desktop.core.texts import NAME_LIMIT, plural, printable

DESCRIPTOR = "descriptor.json"
SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes of a descriptor; the largest ones seen have some ten thousand."""

_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NO_GUID = "00000000-0000-0000-0000-000000000000"
_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMED = 3
"""Doubles that a problem names before it only counts them."""


class Unsound(Exception):
    """A descriptor that cannot be used; the text is the sentence for the user. Never leaves this floor."""


@dataclass(frozen=True, slots=True)
class ElementDescriptor:
    """What the descriptor of a schema, binding, script or assembly says; empty where it does not."""

    name: str = ""
    manager: str = ""
    caption: str = ""
    modified: datetime | None = None


def read_descriptor(path: str) -> bytes:
    """Read a descriptor file of at most ``SIZE_LIMIT`` bytes, not through a link.

    Raises:
        FileNotFoundError: there is none.
        Unsound: it is too large, no regular file, or cannot be read.
    """
    try:
        file = os.open(path, _OPEN)
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                raise Unsound("Its descriptor.json is not a file.")
            if found.st_size > SIZE_LIMIT:
                raise Unsound(f"Its descriptor.json is too large ({found.st_size:,} bytes).")
            return os.read(file, SIZE_LIMIT)
        finally:
            os.close(file)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(*error.args) from error
    except OSError as error:
        if os.path.islink(path):
            raise Unsound("Its descriptor.json is a link.") from error
        raise Unsound(f"Its descriptor.json cannot be read: {(error.strerror or 'error').lower()}.") from error


def parse_package(data: bytes, key: str, linked_to: str = "") -> FoundPackage:
    """Give the package that a descriptor describes.

    Raises:
        Unsound: it is no descriptor of a package, or lacks a name or a UId.
    """
    values = _root(data, "Descriptor")
    uid = _text(values, "UId").lower()
    if not _GUID.fullmatch(uid) or uid == _NO_GUID:
        raise Unsound("Its descriptor.json has no UId." if not uid else "The UId in its descriptor.json is not a GUID.")
    name = _text(values, "Name").strip()
    if not name:
        raise Unsound("Its descriptor.json has no name.")
    if len(name) > NAME_LIMIT or not name.isprintable():
        raise Unsound("The name in its descriptor.json is too long or holds control characters.")
    return FoundPackage(
        key=key,
        name=name,
        uid=uid,
        version=_text(values, "PackageVersion"),
        maintainer=_text(values, "Maintainer"),
        description=_text(values, "Description"),
        modified=parse_date(values.get("ModifiedOnUtc")),
        depends_on=_dependencies(values.get("DependsOn")),
        linked_to=linked_to,
    )


def parse_element(data: bytes, root_key: str = "Descriptor") -> ElementDescriptor:
    """Give what an element's descriptor says; the root key of a script is ``SqlScript`` (``creatio.md`` 8.3).

    Raises:
        Unsound: it is no descriptor.
    """
    values = _root(data, root_key)
    return ElementDescriptor(
        _text(values, "Name"),
        _text(values, "ManagerName"),
        _text(values, "Caption"),
        parse_date(values.get("ModifiedOnUtc")),
    )


def parse_date(value: object) -> datetime | None:
    """Give the time of ``/Date(milliseconds since 1970)/`` in UTC; None for anything else."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return None


def mark_doubles(packages: Iterable[FoundPackage]) -> list[FoundPackage]:
    """Give every package that shares its UId or its name with others a problem that names those others."""
    marked = list(packages)
    _mark(marked, lambda package: package.uid, "The UId of this package is also that of")
    _mark(marked, lambda package: package.name.casefold(), "The name of this package is also that of")
    return marked


def _mark(packages: list[FoundPackage], same: Callable[[FoundPackage], str], problem: str) -> None:
    """Set the problem of all that are the ``same`` and have none yet, in place."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for at, package in enumerate(packages):
        groups[same(package)].append(at)
    for value, places in groups.items():
        if not value or len(places) < 2:
            continue
        first = places[: _NAMED + 1]
        for at in places:
            if packages[at].problem:
                continue
            others = [other for other in first if other != at][:_NAMED]
            named = " and ".join(f"“{packages[other].name}” in the folder {packages[other].key}" for other in others)
            more = len(places) - 1 - len(others)
            rest = f" and of {plural(more, 'more package')}" if more else ""
            packages[at] = replace(packages[at], problem=f"{problem} {named}{rest}.")


def _root(data: bytes, key: str) -> dict[str, Any]:
    """Give the object below the root key."""
    try:
        root = json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise Unsound("Its descriptor.json is nested too deeply.") from None
    except UnicodeDecodeError as error:
        raise Unsound("Its descriptor.json is not text in UTF-8.") from error
    except ValueError as error:
        raise Unsound("Its descriptor.json is not valid JSON.") from error
    if not isinstance(root, dict):
        raise Unsound("Its descriptor.json holds no object.")
    values = root.get(key)
    if not isinstance(values, dict):
        raise Unsound(f"Its descriptor.json has no {key} section.")
    return values


def _text(values: dict[str, Any], key: str) -> str:
    """Give a text that can be stored (JSON may hold half of a surrogate pair), '' for anything else."""
    value = values.get(key)
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else printable(value)


def _dependencies(value: object) -> tuple[Dependency, ...]:
    """Give the packages of ``DependsOn``; entries that are none are left out."""
    if not isinstance(value, list):
        return ()
    return tuple(
        Dependency(_text(item, "Name"), _text(item, "UId").lower(), _text(item, "PackageVersion"))
        for item in value
        if isinstance(item, dict)
    )
