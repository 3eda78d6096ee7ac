"""``python -m tests.faults [--full] [--only F1,F2] [--seed N] [--grace SECONDS]``.

It breaks everything, and looks who notices.

Exit code 0 only when no promise was broken, no acknowledged entry was lost, and each control failed as it must.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

from tests.faults import report
from tests.faults.fault import Fault, Outcome, Scale

FAULTS: dict[str, str] = {
    "F1": "tests.faults.kills:window",
    "F2": "tests.faults.kills:guard",
    "F3": "tests.faults.system_calls:kill_at_each",
    "F4": "tests.faults.power_cut:run",
    "F5": "tests.faults.full_disk:run",
    "F6": "tests.faults.system_calls:failing_calls",
    "F7": "tests.faults.locked_database:run",
    "F9": "tests.faults.clocks:shifted",
    "F10": "tests.faults.sleeping:suspended",
    "F11": "tests.faults.busy_machine:run",
    "F12": "tests.faults.open_handles:run",
    "F13": "tests.faults.tampering:run",
    "F14": "tests.faults.two_of_each:run",
    "F15": "tests.faults.soak:run",
    "F16": "tests.faults.fixes:run",
    "F17": "tests.faults.fixes_update:run",
    "F18": "tests.faults.fixes_deliver:run",
}
"""Where each fault is; loaded only when it is its turn. F8 belongs to a later issue."""


def main() -> int:
    """Run the faults that were asked for; gives the exit code."""
    parsed = _parser().parse_args()
    os.environ.pop("HOTFIX_DESKTOP_HOME", None)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from tests.faults import world

    world.GRACE = parsed.grace  # before the faults are loaded, which take it by name
    from tests.faults import headless, processes

    def interrupt(number: int, frame: object) -> None:
        processes.STOP.set()  # the other threads wait for this
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)

    processes.adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix="hotfix-faults-"))
    # What is killed leaves its temporary files behind: they go with the folder.
    os.environ["TMPDIR"] = str(folder / "tmp")
    os.mkdir(os.environ["TMPDIR"])
    # Signing keys and copies of checkpoints lie outside of the homes that are tried on.
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    outcomes: list[tuple[Outcome, float]] = []
    _say(f"seed {parsed.seed}")
    try:
        headless.preload()
        servers = frozenset(processes.descendants())
        for name in parsed.only or FAULTS:
            outcomes.append(_run(name, Scale(parsed.full, parsed.seed, folder / name)))
            processes.end_descendants(but=servers)
    except (KeyboardInterrupt, processes.Stopped):
        _say("interrupted")
        return 130
    finally:
        processes.end_descendants()
        _remove(folder)
    sys.stdout.write(f"{report.machine()}\n\n{report.markdown(outcomes)}\n")
    return 0 if all(outcome.is_sound for outcome, _ in outcomes) else 1


def _run(name: str, scale: Scale) -> tuple[Outcome, float]:
    """Run one fault; one that falls over is broken, and the others are still tried."""
    began = time.monotonic()
    scale.folder.mkdir()
    try:
        module, _, function = FAULTS[name].partition(":")
        fault: Fault = getattr(importlib.import_module(module), function)
        outcome = fault(scale)
    except Exception as error:
        traceback.print_exc()
        outcome = Outcome(name, "fell over", 1, 1, detail=f"{type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    _say(report.line(outcome, seconds))
    return outcome, seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Try to break the relock promise.")
    parser.add_argument("--full", action="store_true", help="the whole matrix: about an hour on two cores")
    parser.add_argument("--only", type=_names, metavar="F1,F2", help=f"of {', '.join(FAULTS)} (all)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="repeats the choices of a run")
    parser.add_argument(
        "--grace",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="how long past its deadline a package may be open (2); build machines are noisy, and promise P1 says 5",
    )
    return parser


def _names(text: str) -> Iterable[str]:
    names = [name.strip().upper() for name in text.split(",")]
    for name in names:
        if name not in FAULTS:
            raise argparse.ArgumentTypeError(f"there is no fault {name}")
    return names


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _remove(folder: Path) -> None:
    """Remove the folder, read-only packages included."""
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
