"""The development side of the sample: a clio workspace with the packages that are the sample company's own.

Where there is git it is a repository, with an identity of its own: a fresh machine has none (``creatio.md`` 8.6).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from hotfix_desktop.core.errors import Refused, WorkspaceError
from hotfix_desktop.repositories.git import find_git

DEVELOPMENT_FOLDER = Path("development")
BRANCH = "main"


def write_sample_development(packages: Path, folder: Path, names: Iterable[str], author: str) -> None:
    """Make a clio workspace in a new folder out of these packages as they are now.

    Without git it is the folders alone. Raises ``WorkspaceError`` when it cannot be written.
    """
    try:
        settings = folder / ".clio"
        settings.mkdir(parents=True)
        wanted = sorted(names)
        (settings / "workspaceSettings.json").write_text(
            json.dumps({"Packages": wanted, "ApplicationVersion": "8.1.3"}, indent=2), encoding="utf-8"
        )
        for name in wanted:
            # Contents only: the sample's files are read-only by now, and developers' are not.
            shutil.copytree(packages / name, folder / "packages" / name, copy_function=shutil.copyfile)
            for below in (folder / "packages" / name).rglob("*"):
                if below.is_dir():
                    below.chmod(0o755)
            (folder / "packages" / name).chmod(0o755)
    except (OSError, shutil.Error) as error:
        raise WorkspaceError(f"The development side of the sample could not be written: {error}.") from error
    try:
        git = find_git(folder)
    except Refused:
        return
    git.run("make a repository", "init", "--quiet", "--initial-branch", BRANCH)
    git.run("keep a setting", "config", "user.name", author)
    git.run("keep a setting", "config", "user.email", f"{author}@customer.example")
    git.run("keep a setting", "config", "core.autocrlf", "false")
    git.run("add the packages", "add", "--all")
    git.run("commit", "commit", "--quiet", "--no-gpg-sign", "--message", "Packages as they were delivered last")
