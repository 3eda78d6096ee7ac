"""The further facts of an entry as lines that people read; *Raw bytes* shows how they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hotfix_desktop.ui.formats import tr

NAMES = {"sha256": "SHA-256", "uid": "UId", "log_id": "Log id", "by": "By", "old": "Before", "new": "After"}
"""Names that are not simply their words with a capital."""
NOTHING = "–"
ONE_LINE = 60
"""Characters up to which a list stands on the line of its name."""
_INDENT = "    "


def readable_detail(detail: str) -> str:
    """Give the further facts as "Name: value" lines, parts of a part indented; what is no JSON object as it is."""
    try:
        facts = json.loads(detail)
        return "\n".join(_lines(facts)) if isinstance(facts, dict) else detail
    except (ValueError, RecursionError):  # damaged, or made to be
        return detail


def _lines(facts: dict[str, object], indent: str = "") -> Iterator[str]:
    for name, value in facts.items():
        caption = f"{indent}{_caption(name)}:"
        if isinstance(value, dict) and value:
            yield caption
            yield from _lines(value, indent + _INDENT)
        elif isinstance(value, list) and value:
            yield from _listed(caption, value, indent + _INDENT)
        else:
            yield f"{caption} {_one(value, indent + _INDENT)}"


def _listed(caption: str, values: list[object], indent: str) -> Iterator[str]:
    parts = [_one(value, indent) for value in values]
    plain = not any(isinstance(value, (dict, list)) or "," in part for value, part in zip(values, parts, strict=True))
    if plain and sum(map(len, parts)) <= ONE_LINE:
        yield f"{caption} {', '.join(parts)}"
        return
    yield caption
    for value, part in zip(values, parts, strict=True):
        if isinstance(value, dict) and value:
            first, *rest = _lines(value, indent + "  ")
            yield from (f"{indent}• {first.strip()}", *rest)
        else:
            yield f"{indent}• {part}"


def _caption(name: str) -> str:
    words = name.replace("_", " ").strip()
    return tr(NAMES[name]) if name in NAMES else tr(words[:1].upper() + words[1:])


def _one(value: object, indent: str) -> str:
    """Give a value; the lines of one that has several are indented, so that none passes for a fact of its own."""
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return f"\n{indent}".join(str(value).splitlines())
