"""Reads objects of a repository one after the other, through one process."""

from __future__ import annotations

import subprocess
import threading

from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.repositories.git import Git, GitFailed, end, kill

SECONDS = 120.0
"""For one object; the largest are read in a tenth of it."""

_ENDED = "git ended while objects were read, or was stopped because it did not answer."


class Reader:
    """Asks ``git cat-file --batch``; it starts with the first question."""

    def __init__(self, git: Git) -> None:
        """Read what this git sees."""
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, oid: str, progress: Progress = NOBODY) -> bytes:
        """Give the contents of an object; raises ``GitFailed`` when it is not there, ``Cancelled``."""
        progress.check()
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch")
        asked, answer = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answer is not None
        watch = threading.Timer(SECONDS, kill, (self._process,))
        watch.daemon = True
        watch.start()
        try:
            asked.write(oid.encode() + b"\n")
            asked.flush()
            head = answer.readline().split()
            if len(head) != 3:
                if not head:
                    raise OSError("no answer")
                raise GitFailed(
                    "The repository is damaged or incomplete: an object is missing.",
                    "Run git fsck there; a partial clone has to fetch its files first (git checkout of the branch).",
                )
            contents = answer.read(int(head[2]) + 1)
        except OSError as error:
            raise GitFailed(_ENDED, "Try again.", str(error)) from error
        finally:
            watch.cancel()
        if len(contents) != int(head[2]) + 1:
            raise GitFailed(_ENDED, "Try again.")
        return contents[:-1]

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            end(self._process)
            self._process = None
