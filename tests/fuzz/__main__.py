"""``python -m tests.fuzz [--count N] [--seed S] [--start I] [--keep DIR]``: reads hostile archives, one after another.

Each case has a number and is the same for ever: ``--start`` goes on where a run ended, and
``--start I --count 1`` reads one case again. A case is wrong when the reader raises anything but its own two errors,
when its refusal is not clear, when what it gives is not in the archive or not safe to be written, when it takes for
ever, or when anything is written outside of the folder for the run. Exit code 1 then, and the archive is kept.
"""

import argparse
import collections
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz.judge import Wrong, judged
from tests.fuzz.mutations import archive
from tests.fuzz.watch import Watch

SLOW_SECONDS = 5.0
"""A case takes a fifth of a millisecond; a machine that is busy may stop for a while."""
WRITE_EVERY = 64
"""Of so many archives that were read, one is written to disk as well."""
TELL_EVERY = 20_000


def main() -> int:
    parsed = _parser().parse_args()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # a disk costs half of the time
    folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="hotfix-desktop-fuzz-", dir=memory)))
    try:
        return run(folder, parsed.seed, range(parsed.start, parsed.start + parsed.count), parsed.keep)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(folder: Path, seed: int, numbers: range, keep: Path) -> int:
    """Read all cases; gives the exit code."""
    spool, place, file = folder / "spool", folder / "place", folder / "case"
    spool.mkdir()
    warm = archive(seed, 0)  # what is imported late is imported before anybody watches
    file.write_bytes(warm)
    _one(file, warm, spool, None)
    watch = Watch(folder)
    told: collections.Counter[str] = collections.Counter()
    wrong = accepted = 0
    began = time.monotonic()
    for number in numbers:
        data = archive(seed, number)
        file.write_bytes(data)
        at = time.monotonic()
        watch.is_on = True
        sentence, trouble = _one(file, data, spool, place if accepted % WRITE_EVERY == 1 else None)
        watch.is_on = False
        if place.exists():
            shutil.rmtree(place)
        if time.monotonic() - at > SLOW_SECONDS:
            trouble = "it took too long"
        if watch.outside:
            trouble, watch.outside[:] = f"something was done outside: {watch.outside}", []
        accepted += not sentence and not trouble
        told[re.sub(r"“[^”]*”|[\d,]+", "…", sentence)] += 1
        if trouble:
            wrong += 1
            sys.stdout.write(f"case {number} of seed {seed} is wrong: {trouble}\n")
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{seed}-{number}.archive").write_bytes(data)
        if (number + 1 - numbers.start) % TELL_EVERY == 0:
            rate = (number + 1 - numbers.start) / (time.monotonic() - began)
            sys.stdout.write(f"{number + 1 - numbers.start:,} cases, {accepted:,} read, {rate:,.0f}/s\n")
            sys.stdout.flush()
    rate = len(numbers) / max(time.monotonic() - began, 1e-9)
    sys.stdout.write("".join(f"{count:9,}  {sentence or 'read'}\n" for sentence, count in told.most_common()))
    sys.stdout.write(
        f"{len(numbers):,} archives, {accepted:,} read, {len(told) - 1} kinds of refusals, {wrong} wrong,"
        f" {rate:,.0f}/s, seed {seed}, numbers {numbers.start} to {numbers.stop - 1}\n"
    )
    return 1 if wrong else 0


def _one(file: Path, data: bytes, spool: Path, place: Path | None) -> tuple[str, str]:
    try:
        return judged(file, data, spool, place), ""
    except Wrong as error:
        return "", str(error)
    except Exception:
        return "", traceback.format_exc()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Read hostile and damaged archives.")
    parser.add_argument("--count", type=int, default=20_000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other archives (%(default)s)")
    parser.add_argument("--start", type=int, default=0, metavar="I", help="the number of the first (%(default)s)")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), metavar="DIR", help="where wrong ones go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
