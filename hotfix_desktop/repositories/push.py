"""Pushes one branch with the user's own git: its credentials, its hooks."""

from __future__ import annotations

from dataclasses import replace

from hotfix_desktop.core.errors import HotfixError
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.repositories.facts import LOCAL, Repository
from hotfix_desktop.repositories.git import Answer

SECONDS = 600.0
"""For a push: a slow line, a large file, a hook that runs tests."""


def push(repository: Repository, remote: str, branch: str, progress: Progress = NOBODY) -> str:
    """Push a branch to a remote; gives "" or, in one sentence, why it is not there."""
    wanted = f"{LOCAL}{branch}:{LOCAL}{branch}"
    try:
        git = replace(repository.git, talks=True)
        answer = git.ask("push", "--porcelain", remote, wanted, seconds=SECONDS, progress=progress)
    except HotfixError as error:
        return error.sentence
    return _why(answer, remote) if answer.code else ""


def _why(answer: Answer, remote: str) -> str:
    out = answer.out.decode("utf-8", "replace")
    refused = [line for line in out.splitlines() if line.startswith("!")]
    said = answer.said
    if "pre-push" in said or (not refused and "failed to push some refs" in said and "fatal" not in said):
        return f"The hook pre-push said no: {_first(said)}."
    if refused:
        reason = refused[0].rpartition("\t")[2].strip()
        told = _first(said) if "hook" in reason else ""
        return f"{remote} refused it: {reason}{': ' + told if told else ''}."
    if any(word in said for word in ("could not read Username", "Authentication failed", "Permission denied")):
        return f"{remote} did not let git in: {answer.line.rstrip('.')}."
    return f"{remote} could not be reached: {answer.line.rstrip('.')}."


def _first(said: str) -> str:
    """The first line that a hook wrote, on this side or on the other."""
    for line in said.splitlines():
        told = line.removeprefix("remote:").strip()
        if told and not told.startswith(("error: failed to push", "To ")):
            return told.rstrip(".")
    return "it gave no reason"
