"""What an operating system error means to a person: one sentence that names the file, and a remedy.

The only place of this floor where an ``OSError`` is put into words; nothing else is done here.
"""

from __future__ import annotations

import errno
import os

from hotfix_desktop.core.errors import WorkspaceError
from hotfix_desktop.core.texts import printable


def shown(path: str | bytes) -> str:
    """Give a path in a form that can be printed and stored, whatever bytes its names hold."""
    return printable(os.fsdecode(path))


def refusal(error: OSError, doing: str, path: str | bytes) -> WorkspaceError:
    """Translate ``error``, met while ``doing`` ("read", "change the mode of") something to ``path``."""
    why, remedy = _explain(error, path)
    sentence = f"Cannot {doing} {shown(path)}: {why}."
    return WorkspaceError(sentence, remedy, details=shown(f"{type(error).__name__}: {error}"))


def _explain(error: OSError, path: str | bytes) -> tuple[str, str]:
    """Give the reason and what to do about it."""
    code = error.errno
    if code == errno.EPERM:
        return _not_permitted(path)
    if code == errno.EACCES:
        return "permission denied", "Ask its owner for access, or run the program as its owner."
    if code == errno.EROFS:
        return "its file system is mounted read-only", "Mount it for writing and try again."
    if code in (errno.ENOENT, errno.ENOTDIR):
        return "it is not there", "Check that the folder was not moved and that its disk is mounted."
    if code == errno.ENAMETOOLONG:
        return "the path is too long for this system", "Give a shorter path."
    if code == errno.ELOOP:
        return "its links lead in a circle, or it is a link where none is allowed", "Replace the link."
    if code in (errno.EMFILE, errno.ENFILE):
        return "too many files are open, or its folders lie too deep", "Close other programs and try again."
    if code in (errno.EIO, errno.ESTALE):
        return "the disk or the network share gives an error", "Check the disk or the connection."
    return (error.strerror or type(error).__name__).lower(), ""


def _not_permitted(path: str | bytes) -> tuple[str, str]:
    """Only an owner may change modes; say who that is. An owner who may not met an attribute of the file."""
    try:
        owner = os.lstat(path).st_uid
    except OSError:
        return "the system does not permit it", ""
    geteuid = getattr(os, "geteuid", None)
    if geteuid is not None and geteuid() not in (0, owner):
        name = owner_name(owner)
        return f"it belongs to {name}", f"Run the program as {name}, or make its files yours with chown."
    return "the system does not permit it even to its owner", "Look for an immutable flag with lsattr."


def owner_name(uid: int) -> str:
    """Give the login name of a user, or "user 1234" when the system knows none."""
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return f"user {uid}"
