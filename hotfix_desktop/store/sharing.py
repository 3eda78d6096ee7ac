"""Who else may use a home: its owner alone, or a group.

A home is shared when its folder is writable for its group (``chmod g+rwx``); what the program makes in it is
then the group's, too. Otherwise it is the owner's alone, whatever the umask says.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

FOLDER, SHARED_FOLDER = 0o700, 0o2770
"""The shared one hands its group on to what is made in it (setgid)."""
FILE, SHARED_FILE = 0o600, 0o660


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each shared when the one above it is; raises ``OSError``."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(mode=FOLDER, exist_ok=True)
    if is_shared(folder.parent):
        os.chmod(folder, SHARED_FOLDER)


def is_shared(folder: Path) -> bool:
    """Whether a folder is its group's; not one that everybody may write to, such as the folder for temporary files."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    return bool(mode & stat.S_IWGRP) and not mode & stat.S_IWOTH


def share_file(path: Path) -> None:
    """Give a file that was just made to the group of a shared folder; raises ``OSError``."""
    if is_shared(path.parent) and path.stat().st_uid == _me():
        os.chmod(path, SHARED_FILE)


def file_mode(folder: Path) -> int:
    """Give the mode of files in this folder."""
    return SHARED_FILE if is_shared(folder) else FILE


def _me() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0
