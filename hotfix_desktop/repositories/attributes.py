"""Which files a repository keeps as they are, and which go through a program first (gitattributes)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.repositories.git import Git

_ATTRIBUTES = ("text", "crlf", "eol", "filter", "ident", "working-tree-encoding")
"""All that change contents on their way in (git's ``convert.c``)."""
_OFF = ((".clean", ""), (".smudge", ""), (".process", ""), (".required", "false"))
_NONE = ("unspecified", "unset")


def plain_places(git: Git, index: Path, places: Sequence[bytes], progress: Progress = NOBODY) -> set[bytes]:
    """Give the places where contents go in as they are, by the attributes in an index; the others may be changed.

    Raises ``GitFailed``, ``Cancelled``.
    """
    if not places or any(place.endswith(b".gitattributes") for place in places):
        return set()  # none, or rules that come with the files
    converts = git.ask("config", "--get", "core.autocrlf", progress=progress).out.strip().lower()
    listed = git.given(GIT_INDEX_FILE=str(index)).run(
        "look at the attributes",
        *("check-attr", "--cached", "-z", "--stdin", *_ATTRIBUTES),
        stdin=b"".join(place + b"\0" for place in places),
        progress=progress,
    )
    parts = listed.split(b"\0")
    found: dict[bytes, dict[str, str]] = {}
    for at in range(0, len(parts) - 2, 3):
        found.setdefault(parts[at], {})[parts[at + 1].decode()] = parts[at + 2].decode("utf-8", "replace")
    is_off = converts in (b"", b"false", b"no", b"off", b"0")
    return {place for place in places if _is_plain(found.get(place, {}), is_off)}


def filters_of(git: Git, index: Path, places: Sequence[bytes], progress: Progress = NOBODY) -> dict[bytes, str]:
    """Give the name of the filter of each place that has one, by the attributes in an index.

    Raises ``GitFailed``, ``Cancelled``.
    """
    if not places:
        return {}
    listed = git.given(GIT_INDEX_FILE=str(index)).run(
        "look at the attributes",
        *("check-attr", "--cached", "-z", "--stdin", "filter"),
        stdin=b"".join(place + b"\0" for place in places),
        progress=progress,
    )
    parts = listed.split(b"\0")
    return {
        parts[at]: parts[at + 2].decode("utf-8", "replace")
        for at in range(0, len(parts) - 2, 3)
        if parts[at + 2] not in (b"unspecified", b"unset", b"set")
    }


def without_filters(git: Git) -> dict[str, str]:
    """Give variables with which git runs none of the filters that its configuration names.

    Variables and not ``-c``: the name of a filter may have an equals sign.
    """
    listed = git.ask("config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.").out.split(b"\0")
    names = sorted({name.rpartition(b".")[0] for name in listed if name})
    keys = [(os.fsdecode(name) + word, value) for name in names for word, value in _OFF]
    found = {"GIT_CONFIG_COUNT": str(len(keys))}
    for at, (key, value) in enumerate(keys):
        found |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
    return found


def _is_plain(values: dict[str, str], no_conversion: bool) -> bool:
    if len(values) != len(_ATTRIBUTES) or any(values[name] not in _NONE for name in _ATTRIBUTES[3:]):
        return False
    return values["text"] == "unset" or (
        no_conversion and all(values[name] == "unspecified" for name in _ATTRIBUTES[:3])
    )
