"""``python -m benchmarks [NAME ...] [--rounds N] [--json FILE]``: run them, print one table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.appending import append
from benchmarks.archives import archives
from benchmarks.beating import heartbeat
from benchmarks.changes import changes
from benchmarks.closing import files
from benchmarks.delivering import delivering
from benchmarks.exporting import exporting
from benchmarks.filtering import filter_key
from benchmarks.guarding import guard
from benchmarks.idling import idle
from benchmarks.recording import recording
from benchmarks.rows import Row, table
from benchmarks.stage import Sizes, Stage, stage
from benchmarks.starting import demo, shown, start
from benchmarks.timeline import timeline
from benchmarks.verifying import verifying
from benchmarks.viewing import viewing
from hotfix_desktop.core.errors import HotfixError

BENCHMARKS: dict[str, Callable[[Stage], Iterable[Row]]] = {
    "start": start,
    "shown": shown,
    "filter": filter_key,
    "heartbeat": heartbeat,
    "files": files,
    "recording": recording,
    "changes": changes,
    "idle": idle,
    "append": append,
    "guard": guard,
    "demo": demo,
    "timeline": timeline,
    "verifying": verifying,
    "viewing": viewing,
    "exporting": exporting,
    "delivering": delivering,
    "archives": archives,
}


def main() -> int:
    parsed = _parser().parse_args()
    began = time.monotonic()
    rows: list[Row] = []
    broken = False
    with stage(Sizes(rounds=parsed.rounds)) as here:
        for name in parsed.names or BENCHMARKS:
            sys.stderr.write(f"{time.monotonic() - began:5.0f} s  {name}\n")
            try:
                rows.extend(BENCHMARKS[name](here))
            except (HotfixError, RuntimeError, OSError) as error:  # the others are still worth a table
                broken = True
                sys.stderr.write(f"{name} failed: {error}\n")
    print(_machine())
    print(table(rows))
    if parsed.json:
        rows_as_json = [row.as_json() for row in rows]
        parsed.json.write_text(json.dumps({"machine": _machine(), "rows": rows_as_json}, indent=1) + "\n", "utf-8")
    return 1 if broken or any(row.met is False for row in rows) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time product and peer side by side.")
    parser.add_argument("names", nargs="*", metavar="NAME", type=_known, help=f"of {', '.join(BENCHMARKS)} (all)")
    parser.add_argument("--rounds", type=int, default=Sizes().rounds, metavar="N", help="turns (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the samples there, too")
    return parser


def _known(name: str) -> str:
    if name not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"there is no benchmark {name}")
    return name


def _machine() -> str:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""  # well above 1: run it again
    return f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores{load}"


if __name__ == "__main__":
    sys.exit(main())
