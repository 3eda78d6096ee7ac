"""Unlocks and locks a package in a process of its own, and says how much memory that took at its peak."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.marks import mark, scenario_of
from hotfix_desktop.app import home_of, make_bench
from hotfix_desktop.services import hotfixes, protection

STATUS = Path("/proc/self/status")


def main() -> None:
    """Work in the folder that the scenario names: ``Pkg`` below it has one package."""
    folder = Path(scenario_of(sys.argv[1])[1][0])
    bench = make_bench(home_of(str(folder / "home of memory")), folder / "Pkg", watched=False, sealed=False)
    try:
        before = _peak()
        protection.protect(bench)
        (package,) = bench.store.packages.all()
        hotfixes.unlock(bench, package.package_id, "Benchmark", "", 30)
        hotfixes.lock(bench, package.package_id)
        mark("memory", _peak() - before)
    finally:
        bench.close()


def _peak() -> float:
    """Give the most memory that this process ever had, in MB; nobody tells on Windows.

    On Linux ``ru_maxrss`` starts with what the parent had when it forked (``getrusage`` survives ``execve``), so
    that a child of a larger program would seem to need nothing; ``VmHWM`` of ``proc(5)`` is of this program only.
    """
    if sys.platform == "linux":
        (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    if sys.platform == "win32":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
