"""A builder of small packages, written as the server writes them: BOM, CRLF, escaped date."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pytest

from hotfix_desktop.core.progress import Progress
from hotfix_desktop.workspaces import tree

BOM = b"\xef\xbb\xbf"
MODIFIED_MS = 1637077312000


def as_server(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, indent=2, ensure_ascii=False).replace("/Date(", "\\/Date(").replace(")/", ")\\/")
    return BOM + text.replace("\n", "\r\n").encode("utf-8", "surrogatepass")


def uid_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


class StopAt(Progress):
    """Raises at the n-th step."""

    def __init__(self, step, error):
        self.left = step
        self.error = error

    def step(self, done, total=0, what=""):
        if self.left == 0:
            raise self.error
        self.left -= 1


class Builder:
    """Writes package folders."""

    stop_at = StopAt

    date = f"/Date({MODIFIED_MS})/"
    uid_of = staticmethod(uid_of)
    as_server = staticmethod(as_server)

    def descriptor(self, name: str, **more: Any) -> bytes:
        values = {
            "UId": uid_of(name),
            "PackageVersion": "7.8.0",
            "Name": name,
            "ModifiedOnUtc": self.date,
            "Maintainer": "Customer",
            "Description": "Ein Päckchen",
            "DependsOn": [{"UId": uid_of("Base").upper(), "PackageVersion": "8.1.0", "Name": "Base"}],
            "SomethingNew": [1, 2],
        }
        return as_server({"Descriptor": {**values, **more}})

    def content(self, name: str) -> dict[str, bytes]:
        schema = {
            "Name": "UsrPage",
            "ManagerName": "ClientUnitSchemaManager",
            "Caption": "Seite",
            "ModifiedOnUtc": self.date,
        }
        return {
            "descriptor.json": self.descriptor(name),
            "Schemas/UsrPage/descriptor.json": as_server({"Descriptor": schema}),
            "Schemas/UsrPage/metadata.json": b"= not json at all",
            "Schemas/UsrPage/UsrPage.js": b"define();",
            "Schemas/alpha/descriptor.json": b"{damaged",
            "Data/Rows/descriptor.json": as_server({"Descriptor": {"Name": "Rows", "ModifiedOnUtc": self.date}}),
            "Resources/UsrPage.ClientUnit/resource.en-US.xml": BOM + b"<Resources/>\r\n",
            "SqlScripts/Fill/descriptor.json": as_server({"SqlScript": {"Name": "FillAll"}}),
            "SqlScripts/Fill/Fill.sql": b"select 1",
            "Assemblies/Lib.dll/descriptor.json": as_server({"Descriptor": {"Name": "Lib"}}),
            "Files/cs/a.cs": b"class A {}",
            "Files/readme.txt": b"read",
        }

    def package(self, folder: Path, name: str = "", content: dict[str, bytes] | None = None) -> Path:
        for path, data in (content or self.content(name or folder.name)).items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return folder

    def bare(self, folder: Path, name: str = "", **more: Any) -> Path:
        return self.package(folder, content={"descriptor.json": self.descriptor(name or folder.name, **more)})

    @staticmethod
    def many(folder: Path, count: int = 450) -> None:
        (folder / "Files" / "many").mkdir()
        for number in range(count):
            (folder / "Files" / "many" / f"{number:03}").touch(0o664)

    @staticmethod
    def closed(before: dict[bytes, int]) -> dict[bytes, int]:
        return {path: mode & ~0o222 for path, mode in before.items()}

    @staticmethod
    def modes(root: Path) -> dict[bytes, int]:
        """The mode of everything that is no link, by path; '.' is the root."""
        found = {b".": stat.S_IMODE(root.lstat().st_mode)}
        for base, folders, files in os.walk(os.fsencode(root)):
            for name in folders + files:
                path = os.path.join(base, name)
                if not os.path.islink(path):
                    found[os.path.relpath(path, os.fsencode(root))] = stat.S_IMODE(os.lstat(path).st_mode)
        return found


@pytest.fixture(scope="session")
def builder() -> Builder:
    return Builder()


@pytest.fixture
def pkg(tmp_path: Path) -> Path:
    folder = tmp_path / "Pkg"
    folder.mkdir()
    return folder


@pytest.fixture
def shared():
    """A folder that every user may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp()).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_nobody():
    """Runs Python code as a user who owns nothing, and gives what it prints."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin:/bin")
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("setpriv") or not python:
        pytest.skip("needs root, setpriv and a python3 for everybody")

    def run(code: str, *arguments: str) -> str:
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        done = subprocess.run(
            [*drop, python, "-B", "-c", code, *arguments], cwd="/", capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture(params=["descriptors", "paths"])
def platform(request, monkeypatch):
    """Runs a test as on Linux and as on Windows, which has paths only."""
    if request.param == "paths":
        monkeypatch.setattr(tree, "HAS_DIR_FD", False)


@pytest.fixture
def one(pkg, builder):
    folder = builder.package(pkg / "One")
    (folder / "Files" / "tool.sh").write_text("#!/bin/sh")
    (folder / "Files" / "tool.sh").chmod(0o4755)
    (folder / "Files" / "secret").write_text("x")
    (folder / "Files" / "secret").chmod(0o600)
    (folder / "Data").chmod(0o2775)
    (folder / "Files" / "already").write_text("x")
    (folder / "Files" / "already").chmod(0o444)
    return folder
