"""Archives for tests, put together byte by byte and not by the program's own writer."""

import gzip
import json
import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO

UID = "7f1b5f6e-52a1-4c0e-9d52-0b6f1c3a7e44"


def descriptor(name: str = "UsrPage", uid: str = UID, **more: object) -> bytes:
    values = {"UId": uid, "PackageVersion": "1.0.0", "Name": name, "Maintainer": "Customer", **more}
    return b"\xef\xbb\xbf" + json.dumps({"Descriptor": values}, indent=2).replace("\n", "\r\n").encode()


def record(name: str, content: bytes, *, units: int | None = None, size: int | None = None) -> bytes:
    """Give a record; the lengths are true unless they are given."""
    spelled = name.encode("utf-16-le", "surrogatepass")
    units = len(spelled) // 2 if units is None else units
    size = len(content) if size is None else size
    return struct.pack("<i", units) + spelled + struct.pack("<i", size) + content


FILES: Mapping[str, bytes] = {
    "descriptor.json": descriptor(),
    "Schemas\\UsrPage\\metadata.json": b"{}",
    "Data\\Status\\filter.json": b"",
}


def stream(files: Mapping[str, bytes] = FILES) -> bytes:
    return b"".join(record(name, content) for name, content in files.items())


def package(files: Mapping[str, bytes] = FILES, more: bytes = b"") -> bytes:
    """Give a ``.gz``; ``more`` follows the last record."""
    return gzip.compress(stream(files) + more, 1, mtime=0)


def bundle(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", method) as zipped:
        for name, data in members.items():
            zipped.writestr(zipfile.ZipInfo(name), data, method)
    return made.getvalue()
