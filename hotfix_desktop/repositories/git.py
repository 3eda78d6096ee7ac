"""The user's own git program, run without a shell and without ever asking anything.

Every call has a time limit and can be cancelled; what git says of a failure is told once, here. Variables that would
lead git to another repository, or that a hook around us has set, are not passed on (git-rev-parse --local-env-vars).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from hotfix_desktop.core.errors import HotfixError, Refused
from hotfix_desktop.core.progress import NOBODY, Progress

MINIMUM = (2, 34)
"""The oldest git with which this is known to work: that of Ubuntu 22.04."""
SECONDS = 120.0
"""For one call that talks to no network: the largest repositories are read in a tenth of it."""
_TICK = 0.05
_LOCAL = frozenset(
    (
        *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_COUNT"),
        *("GIT_CONFIG_PARAMETERS", "GIT_DIR", "GIT_EDITOR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE"),
        *("GIT_INDEX_FILE", "GIT_LITERAL_PATHSPECS", "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS"),
        *("GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE"),
        *("GIT_TRACE", "GIT_WORK_TREE", "LANGUAGE"),
    )
)
_SETTINGS = (
    "gc.auto=0",  # no clean-up of somebody else's repository on our account
    "maintenance.auto=false",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "core.sparseCheckout=false",
    "core.safecrlf=false",
    "core.quotePath=false",
    "i18n.commitEncoding=UTF-8",
    "user.useConfigOnly=true",  # else git guesses an address from the machine's name
    "advice.detachedHead=false",
)
_SECRET = re.compile(r"(://)[^/@\s]+@")
_DAMAGED = re.compile(
    r"unable to read (tree|sha1|[0-9a-f]{40})|bad (tree|object)|not a tree object|missing (blob|tree)|is corrupt"
)
_PREFIX = re.compile(r"^(fatal|error|remote|hint|warning): *", re.MULTILINE)


class GitFailed(HotfixError):
    """Git said no; ``said`` is what it wrote to standard error, without passwords."""

    def __init__(self, sentence: str, remedy: str = "", said: str = "") -> None:
        """Keep what git said beside the sentence."""
        super().__init__(sentence, remedy, said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended: exit code, standard output, and standard error without passwords."""

    code: int
    out: bytes
    said: str

    @property
    def line(self) -> str:
        """The line of standard error that says most: the first ``fatal``, else ``error``, else the last one."""
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        for word in ("fatal: ", "error: "):
            for line in lines:
                if line.startswith(word):
                    return line.removeprefix(word)
        return _PREFIX.sub("", lines[-1]) if lines else f"exit code {self.code}"


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in one folder.

    Attributes:
        program: the path of the program.
        folder: where it runs.
        variables: further environment variables: which repository, which index.
        settings: further configuration, "name=value".
        talks: whether it may reach a remote; else git starts no program for one, whatever the repository configures.
    """

    program: str
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    talks: bool = False

    def given(self, *settings: str, **variables: str) -> Git:
        """Give the same with further settings and variables."""
        return replace(self, variables={**self.variables, **variables}, settings=(*self.settings, *settings))

    def command(self, *arguments: str) -> list[str]:
        """Give the whole command."""
        options = [part for setting in (*_SETTINGS, *self.settings) for part in ("-c", setting)]
        return [self.program, *options, *arguments]

    def environment(self) -> dict[str, str]:
        """Give the environment of a call."""
        kept = {name: value for name, value in os.environ.items() if name not in _LOCAL}
        fixed = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}
        if not self.talks:
            # A missing object of a partial clone would be fetched by the program that its remote names. The variable
            # beats every protocol.<name>.allow of a configuration; GIT_NO_LAZY_FETCH is known from git 2.45 on.
            fixed |= {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
        return {**kept, **fixed, **self.variables}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a call whose pipes the caller serves; raises ``GitFailed`` when it cannot be started."""
        return self._popen(arguments, subprocess.PIPE, subprocess.PIPE)

    def ask(
        self,
        *arguments: str,
        stdin: bytes | Path = b"",
        into: Path | None = None,
        seconds: float = SECONDS,
        progress: Progress = NOBODY,
    ) -> Answer:
        """Run a call to its end, however that is; ``stdin`` and ``into`` may be files.

        Raises ``GitFailed`` when git cannot be started or takes too long, ``Cancelled``.
        """
        with contextlib.ExitStack() as files:
            try:
                source: int | BinaryIO = subprocess.PIPE
                sink: int | BinaryIO = subprocess.PIPE
                if isinstance(stdin, Path):
                    source = files.enter_context(open(stdin, "rb"))
                if into is not None:
                    sink = files.enter_context(open(into, "wb"))
            except OSError as error:
                raise GitFailed(f"A temporary file cannot be used: {error.strerror or error}.") from error
            process = self._popen(arguments, source, sink)
            try:
                out, err = self._talk(process, None if isinstance(stdin, Path) else stdin, seconds, progress)
            except BaseException:
                end(process)
                raise
        return Answer(process.returncode, out or b"", without_secrets((err or b"").decode("utf-8", "replace")))

    def run(
        self,
        what: str,
        *arguments: str,
        stdin: bytes | Path = b"",
        into: Path | None = None,
        seconds: float = SECONDS,
        progress: Progress = NOBODY,
    ) -> bytes:
        """Run a call that has to succeed; ``what`` completes "git could not …". Raises as :meth:`ask`, and for a no."""
        answer = self.ask(*arguments, stdin=stdin, into=into, seconds=seconds, progress=progress)
        if answer.code:
            raise failure(what, answer)
        return answer.out

    def _popen(
        self, arguments: tuple[str, ...], source: int | BinaryIO, sink: int | BinaryIO
    ) -> subprocess.Popen[bytes]:
        hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            return subprocess.Popen(
                self.command(*arguments),
                stdin=source,
                stdout=sink,
                stderr=subprocess.PIPE,
                cwd=self.folder,
                env=self.environment(),
                start_new_session=os.name == "posix",  # no terminal to ask on, and one group to end
                creationflags=hidden,
            )
        except (OSError, ValueError) as error:
            raise GitFailed(
                f"git cannot be started: {error}.", "Look whether git works on the command line."
            ) from error

    def _talk(
        self, process: subprocess.Popen[bytes], given: bytes | None, seconds: float, progress: Progress
    ) -> tuple[bytes | None, bytes | None]:
        last = time.monotonic() + seconds
        while True:
            try:
                return process.communicate(given, timeout=_TICK)
            except subprocess.TimeoutExpired:
                given = None  # what is left of it is remembered
                progress.check()
                if time.monotonic() > last:
                    raise GitFailed(
                        f"git did not answer within {seconds:.0f} seconds, so it was stopped.",
                        "Look whether it waits for something: a filter, a hook, a password, the network.",
                    ) from None


def kill(process: subprocess.Popen[bytes]) -> None:
    """Stop a call and what it started at once; whoever reads from it finds its end."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def end(process: subprocess.Popen[bytes]) -> None:
    """End a call and what it started."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGTERM)
        else:
            process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        kill(process)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def failure(what: str, answer: Answer) -> HotfixError:
    """Tell what git said in one sentence."""
    said = answer.said
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return GitFailed(f"git could not {what}: the disk is full.", "Free some space, then try again.", said)
    if "ermission denied" in said or "insufficient permission" in said or "Read-only file system" in said:
        return GitFailed(
            f"git could not {what}: the repository cannot be written by this user.",
            "Ask its owner for the right.",
            said,
        )
    if _DAMAGED.search(said):
        return GitFailed(
            f"git could not {what}: the repository is damaged or incomplete.",
            "Run git fsck in it, or clone it anew.",
            said,
        )
    return GitFailed(f"git could not {what}: {answer.line.rstrip('.')}.", "", said)


def without_secrets(text: str) -> str:
    """Give a text in which addresses have no user and no password."""
    return _SECRET.sub(r"\1", text)


def find_git(folder: Path) -> Git:
    """Give the git of this computer, to run in a folder; raises ``Refused`` when there is none or it is too old."""
    program = shutil.which("git")
    if program is None:
        raise Refused(
            "There is no git program on this computer.",
            "Install git, or hand the changes over as a patch and a package archive.",
        )
    git = Git(program, folder)
    found = re.search(rb"git version (\d+)\.(\d+)", git.run("say its version", "version", seconds=30))
    if found is None or (int(found[1]), int(found[2])) < MINIMUM:
        shown = f"{int(found[1])}.{int(found[2])}" if found else "unknown"
        raise Refused(
            f"The git on this computer is too old (version {shown}): {MINIMUM[0]}.{MINIMUM[1]} or newer is needed.",
            "Install a newer git, or hand the changes over as a patch and a package archive.",
        )
    return git
