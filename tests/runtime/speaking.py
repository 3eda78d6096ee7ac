"""Programs that stand for ours in a process of its own, and an ear for what comes of it."""

from __future__ import annotations

from hotfix_desktop.runtime.own_process import OwnProcess

SAY = "import sys, json\nfor line in json.loads(sys.argv[1]): print(json.dumps(line), flush=True)\n"
"""A program that says each of the lines in its first argument."""


def heard(run: OwnProcess) -> list[object]:
    """Collect everything that a run says."""
    said: list[object] = []
    run.stepped.connect(said.append)
    run.done.connect(said.append)
    run.failed.connect(said.append)
    return said
