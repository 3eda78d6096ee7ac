"""A small package folder for tests of the whole program."""

from __future__ import annotations

import json
import stat
import uuid
from pathlib import Path


def make_package(folder: Path, name: str, maintainer: str = "Creatio") -> Path:
    """Write a package with one schema; gives its folder."""
    package = folder / name
    schema = package / "Schemas" / f"{name}Page"
    schema.mkdir(parents=True)
    descriptor = {
        "Descriptor": {
            "UId": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
            "PackageVersion": "1.0.0",
            "Name": name,
            "ModifiedOnUtc": "/Date(1637077312000)/",
            "Maintainer": maintainer,
            "DependsOn": [],
        }
    }
    text = json.dumps(descriptor, indent=2).replace("/", "\\/").replace("\n", "\r\n")
    (package / "descriptor.json").write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
    (schema / "descriptor.json").write_text('{"Descriptor": {"ManagerName": "EntitySchemaManager"}}', "utf-8")
    (schema / f"{name}Page.js").write_text("define();\n", "utf-8")
    return package


def make_packages(folder: Path, *names: str) -> Path:
    """Write packages, and Creatio's Custom; gives the folder."""
    for name in names:
        make_package(folder, name, "Customer" if name.startswith("Usr") else "Creatio")
    make_package(folder, "Custom", "Customer")
    return folder


def is_writable(path: Path) -> bool:
    """Whether any write bit of a file or folder is set; a mode, because root may write everywhere."""
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o222)


def modes(folder: Path) -> dict[str, int]:
    """Give the mode of a folder and of everything below it."""
    everything = [folder, *sorted(folder.rglob("*"))]
    return {str(p.relative_to(folder)): stat.S_IMODE(p.lstat().st_mode) for p in everything}
