"""A folder of packages under protection, hotfixes in it, and archives that update it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from hotfix_desktop.core.update_plan import Take, Updated, UpdatePlan
from hotfix_desktop.services import hotfixes
from hotfix_desktop.services.update_applying import update
from hotfix_desktop.services.updating import plan_update
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.workspaces.archives import CreatioArchives
from hotfix_desktop.workspaces.folder import FolderWorkspace
from tests.services.world import World, package_id, protected

PAGE = "Schemas/Page/Page.js"
STYLE = "Schemas/Page/Page.less"
PAGE_LINES = [f"line {number};" for number in range(1, 21)]


def uid_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def descriptor(name: str, version: str = "1.0.0", date: int = 1637077312000, uid: str = "") -> bytes:
    values = {
        "UId": uid or uid_of(name),
        "PackageVersion": version,
        "Name": name,
        "ModifiedOnUtc": f"/Date({date})/",
        "Maintainer": "Customer",
        "DependsOn": [],
    }
    text = json.dumps({"Descriptor": values}, indent=2).replace("/", "\\/").replace("\n", "\r\n")
    return b"\xef\xbb\xbf" + text.encode()


def page(**changed: str) -> bytes:
    """Give the page; ``line_3="x"`` changes a line of it."""
    lines = list(PAGE_LINES)
    for name, text in changed.items():
        lines[int(name.removeprefix("line_")) - 1] = text
    return "".join(f"{line}\r\n" for line in lines).encode()


def files_of(name: str, version: str = "1.0.0") -> dict[str, bytes]:
    return {
        "descriptor.json": descriptor(name, version),
        PAGE: page(),
        STYLE: b".page { color: red; }\n",
        "Files/logo.bin": bytes(range(256)),
    }


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a .gz with one package."""
    with path.open("wb") as stream:
        CreatioArchives().write_package(stream, [(name.encode(), [data]) for name, data in files.items()])
    return path


def bundle(path: Path, packages: Mapping[str, Mapping[str, bytes]]) -> Path:
    """Write a .zip with several packages."""
    with path.open("wb") as stream:
        CreatioArchives().write_bundle(
            stream,
            [(name, [(p.encode(), [data]) for p, data in files.items()]) for name, files in packages.items()],
        )
    return path


class Site:
    """One protected folder with the packages UsrA and UsrB, of its administrator."""

    def __init__(self, tmp_path: Path, *names: str) -> None:
        self.tmp = tmp_path
        self.folder = tmp_path / "site" / "Pkg"
        for name in names or ("UsrA", "UsrB"):
            write(self.folder / name, files_of(name))
        self.world = World(tmp_path, FolderWorkspace(str(self.folder), watched=False))
        self.bench: Workbench = protected(self.world.bench("ann"))

    def id(self, name: str) -> int:
        return package_id(self.bench, name)

    def hotfix(self, name: str, changed: Mapping[str, bytes | None], ticket: str = "") -> int:
        """Unlock, change or delete files, lock; gives the number of the hotfix."""
        opened = hotfixes.unlock(self.bench, self.id(name), "Broken", ticket)
        for path, data in changed.items():
            target = self.folder / name / path
            if data is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
        hotfixes.lock(self.bench, self.id(name))
        return opened.number

    def plan(self, path: Path) -> UpdatePlan:
        return plan_update(self.bench, path)

    def update(self, path: Path, take: Take | None = None, *, older: bool = False, modifiable: bool = False) -> Updated:
        plan = self.plan(path)
        takes = {p.name: take for p in plan.packages if p.needs_decision} if take else {}
        return update(self.bench, plan, takes, older=older, modifiable=modifiable)

    def read(self, name: str) -> dict[str, bytes]:
        root = self.folder / name
        return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}

    def is_closed(self, name: str) -> bool:
        root = self.folder / name
        return not any(p.lstat().st_mode & 0o222 for p in [root, *root.rglob("*")] if not p.is_symlink())

    def left_over(self) -> list[str]:
        """Give what an update has left beside the packages."""
        return sorted(p.name for p in self.folder.parent.rglob(".hotfix-desktop-update-*"))

    def states(self) -> list[str]:
        rows = self.bench.store.updates._database.execute_sql("SELECT state FROM package_update ORDER BY id")
        return [state for (state,) in rows.fetchall()]


def sites(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.world.close()
