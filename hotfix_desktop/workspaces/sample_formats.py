"""The bytes of Creatio's package files, as a server writes them (``creatio.md`` 8.2 to 8.5).

The sample has to look real to whatever reads it, so byte order marks, line ends and escaped slashes are
written on purpose and differ from file to file as they do in the wild.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5
from xml.sax.saxutils import quoteattr

NAMESPACE = UUID("5a0c7d1e-8f53-4c0e-9d52-0b6f1c3a7e44")
BOM = b"\xef\xbb\xbf"
CRLF = "\r\n"
LF = "\n"
MIXED = "mixed"
Json = dict[str, object]
_DATE = re.compile(r'"/Date\((\d+)\)/"')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def uid(*names: str) -> str:
    """Give the UId of something; the same names always give the same one."""
    return str(uuid5(NAMESPACE, "/".join(names)))


def creatio_date(moment: datetime) -> str:
    """Give a moment as the server's JSON writer does: milliseconds since 1970, UTC."""
    return f"/Date({(moment - _EPOCH) // timedelta(milliseconds=1)})/"


def json_file(value: Json, bom: bool = True) -> bytes:
    """Give a JSON file: two spaces, CRLF, no final newline, the slashes of dates escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    text = _DATE.sub(r'"\\/Date(\1)\\/"', text).replace(LF, CRLF)
    return (BOM if bom else b"") + text.encode()


def json_line(value: Json) -> bytes:
    """Give a JSON file of one line, as ``filter.json`` is."""
    return json.dumps(value, separators=(",", ":")).encode()


def source_file(text: str, line_ends: str) -> bytes:
    """Give a source file with CRLF, LF or, as some editors leave it, mixed line ends; never a BOM."""
    if line_ends == LF:
        return text.encode()
    lines = text.split(LF)
    ends = [LF if line_ends == MIXED and number % 7 == 3 else CRLF for number in range(len(lines) - 1)]
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True)).encode()


def resource_file(culture: str, strings: dict[str, str]) -> bytes:
    """Give the localisable strings of a schema in one language."""
    items = (f"      <Item Name={quoteattr(k)} Value={quoteattr(v)} />" for k, v in strings.items())
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<Resources Culture="{culture}">',
        '  <Group Type="String">',
        "    <Items>",
        *items,
        "    </Items>",
        "  </Group>",
        "</Resources>",
    ]
    return BOM + CRLF.join(lines).encode()


def metadata_file(manager: str, name: str, schema_uid: str, package_uid: str, columns: Sequence[Json]) -> bytes:
    """Give the metadata of a schema without a parent: JSON."""
    schema: Json = {
        "ManagerName": manager,
        "UId": schema_uid,
        "A2": name,
        "A5": package_uid,
        "B1": [],
        "B2": list(columns),
        "B3": [],
        "B6": package_uid,
        "B8": "8.1.3.6734",
        "HD1": "50e3acc0-26fc-4237-a095-849a1d534bd3",
    }
    return json_file({"MetaData": {"Schema": schema}})


def metadata_difference(name: str, schema_uid: str, package_uid: str, columns: Sequence[Json], removed: str) -> bytes:
    """Give the metadata of a schema with a parent: the difference to it, line by line, which is not JSON."""
    lines = [
        "= MetaData.Schema",
        "~ MetaData.Schema.UId",
        f'  "{schema_uid}"',
        "~ MetaData.Schema.A2",
        f'  "{name}"',
        "~ MetaData.Schema.A5",
        f'  "{package_uid}"',
    ]
    for column in columns:
        block = json.dumps(column, indent=2, ensure_ascii=False).split(LF)
        lines += [f'+ MetaData.Schema.B2.["{column["UId"]}"]', *(f"  {line}" for line in block)]
    lines += [f'= MetaData.Schema.B2.["{removed}"]', f'- MetaData.Schema.B2.["{removed}"].E11']
    return CRLF.join(lines).encode()
