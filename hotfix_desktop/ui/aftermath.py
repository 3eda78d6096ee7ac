"""What is said after a crash: what was locked by itself meanwhile, and what is still open."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.ui.banners import Banner, Weight
from hotfix_desktop.ui.formats import day_and_time, tr

if TYPE_CHECKING:
    from hotfix_desktop.services.aftermath import Aftermath

NAMED = 3
"""Packages that the banner names; more of them are counted, and the dialog has them all."""


def as_of(aftermath: Aftermath, open_now: Collection[Hotfix]) -> Aftermath:
    """Give what is left to say while these hotfixes are open."""
    by_number = {hotfix.number: hotfix for hotfix in open_now}
    still = tuple(by_number[hotfix.number] for hotfix in aftermath.still_open if hotfix.number in by_number)
    return replace(aftermath, still_open=still)


def is_over(aftermath: Aftermath) -> bool:
    """Whether there is nothing to say any more."""
    return not aftermath.relocked and not aftermath.still_open


def beginning(aftermath: Aftermath, now: datetime) -> str:
    """Give "The program ended unexpectedly at 14:02."."""
    return tr("The program ended unexpectedly at %1.").replace("%1", day_and_time(aftermath.ended, now))


def lines(aftermath: Aftermath, now: datetime) -> list[str]:
    """Give what became of each package."""
    said = []
    for hotfix in aftermath.relocked:
        at = f" {tr('at')} {day_and_time(hotfix.closed_at, now)}" if hotfix.closed_at else ""
        said.append(f"{hotfix.package_name} {tr('was locked by itself')}{at}")
    still, until = tr("is still open"), tr("until")
    return said + [
        f"{hotfix.package_name} {still} {until} {day_and_time(hotfix.lease.deadline, now)}"
        for hotfix in aftermath.still_open
    ]


def aftermath_banner(
    aftermath: Aftermath, now: datetime, show_only: Callable[[str], None], details: Callable[[], None]
) -> Banner:
    """Give the banner; one package can be shown, of more there are details."""
    said = lines(aftermath, now)
    button = (tr("Details…"), details)
    if len(said) == 1:
        name = (*aftermath.relocked, *aftermath.still_open)[0].package_name
        button = (tr("Show"), partial(show_only, name))
    if len(said) > NAMED:
        locked, still = len(aftermath.relocked), len(aftermath.still_open)
        said = [f"{tr('%n package(s)', locked)} {'was' if locked == 1 else 'were'} locked since"] if locked else []
        said += [f"{tr('%n package(s)', still)} {'is' if still == 1 else 'are'} still open"] if still else []
    return Banner(
        "aftermath",
        Weight.EXPIRY if aftermath.still_open else Weight.INFO,
        f"{beginning(aftermath, now)} {'; '.join(said)}.",
        (button,),
        about=aftermath.ended.isoformat(),
    )
