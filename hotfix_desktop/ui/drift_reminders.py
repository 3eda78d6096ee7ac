"""The banners about what happens behind the program's back: drift, and programs that can still write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from hotfix_desktop.core.lifecycle import Hotfix, PackageStatus
from hotfix_desktop.core.writers import Writer, writers_phrase
from hotfix_desktop.ui.banners import Banner, Weight
from hotfix_desktop.ui.formats import number, tr

NAMED = 3
"""Packages that one banner names; the rest is counted."""
BEHIND = "Changed behind the program's back:"


def drift_banner(packages: Sequence[PackageStatus], show_only: Callable[[str], None]) -> Banner | None:
    """Give the banner that names the packages with drift; None where there are none."""
    drifted = [(p, p.drift) for p in packages if p.drift is not None]
    if not drifted:
        return None
    drifted.sort(key=lambda pair: -pair[1].found_us)  # the news first
    parts = []
    for status, drift in drifted[:NAMED]:
        files = f" ({tr('%n file(s)', drift.count)})" if drift.count else f" ({tr('opened')})" if drift.opened else ""
        parts.append(f"{status.name}{files}")
    if len(drifted) > NAMED:
        parts.append(f"{tr('and')} {number(len(drifted) - NAMED)} {tr('more')}")
    return Banner(
        "drift",
        Weight.DRIFT,
        f"{tr(BEHIND)} {', '.join(parts)}.",
        ((tr("Show"), partial(show_only, "drift")),),
        about=" ".join(f"{status.package_id}@{drift.found_us}" for status, drift in sorted(drifted, key=_first)),
    )


def writers_banner(hotfix: Hotfix, show_only: Callable[[str], None]) -> Banner:
    """Give the banner that names who can still write to a package that was locked."""
    return Banner(
        f"writers-{hotfix.number}",
        Weight.DRIFT,
        f"{hotfix.package_name} is locked, but {_who(hotfix.writers)}",
        ((tr("Show"), partial(show_only, hotfix.package_name)),),
    )


def _who(writers: Sequence[Writer]) -> str:
    if len(writers) == 1:
        one = writers[0]
        held = "in memory for writing" if one.mapped else "open for writing"
        return (
            f"{one.program} (process {one.pid}) still has {one.path} {held}."
            " What it writes from now on is reported as drift."
        )
    programs = len({writer.pid for writer in writers})
    some = "1 program still has" if programs == 1 else f"{programs} programs still have"
    return (
        f"{some} files open for writing: {writers_phrase(writers)}."
        f" What {'it writes' if programs == 1 else 'they write'} from now on is reported as drift."
    )


def _first(pair: tuple[PackageStatus, object]) -> int:
    return pair[0].package_id
