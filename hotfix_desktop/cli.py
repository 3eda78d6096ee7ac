"""The commands for scripts: the same use cases as the window, printed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from hotfix_desktop import cli_audit, cli_changes, cli_deliver, cli_import, cli_packages
from hotfix_desktop.app import Home, home_of, locate, make_bench
from hotfix_desktop.core.errors import HotfixError, InvalidInput, Refused
from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.core.ordering import tree_order
from hotfix_desktop.core.settings import spec_of
from hotfix_desktop.core.texts import plural, printable
from hotfix_desktop.processes import detached_guard, guard_all, run_relocker
from hotfix_desktop.services import administration, catalogue, hotfixes, protection
from hotfix_desktop.services.changes import changes_of
from hotfix_desktop.services.drift import DriftWatch
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.services.update_recovery import recover
from hotfix_desktop.services.workbench import Workbench

A_WHOLE_ROUND = 3600.0
"""Seconds for comparing all packages with their baselines: enough for any of them."""


def run(parsed: argparse.Namespace) -> int:
    """Run one command; gives the exit code."""
    try:
        home = home_of(parsed.home)
        if parsed.command == "relocker" and parsed.all:
            return _guard_all(home)
        if parsed.command == "relocker" and not parsed.once:
            return _relocker(parsed, home)
        if parsed.command == "audit":
            return cli_audit.run(home, parsed)
        bench = make_bench(
            home,
            locate(home, parsed.workspace),
            guard=detached_guard(home),
            must_exist=parsed.command != "protect",
        )
        try:
            if parsed.command not in ("protect", "relocker"):
                _demand_registered(bench)
            return _COMMANDS[parsed.command](bench, parsed)
        finally:
            bench.close()
    except HotfixError as error:
        _complain(str(error))
        return 2 if isinstance(error, InvalidInput) and error.field == "name" else 1
    except BrokenPipeError:
        # Whoever read the output has enough (| head). Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        _complain("interrupted.")
        return 130


def _demand_registered(bench: Workbench) -> None:
    if bench.store.administration.workspace() is None:
        raise Refused(
            f"{bench.workspace.location} is not protected by Hotfix Desktop.",
            "Run hotfix-desktop protect FOLDER first; that makes the files of its packages read-only.",
        )


def _say(text: str) -> None:
    if sys.stdout is not None:  # Windows' pythonw, which starts this at login, has none
        sys.stdout.write(printable(text) + "\n")


def _complain(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"hotfix-desktop: {printable(text)}\n")


def _protect(bench: Workbench, parsed: argparse.Namespace) -> int:
    count = protection.protect(bench)
    _say(f"{plural(count, 'package')} of {bench.workspace.title} protected.")
    return 0


def _release(bench: Workbench, parsed: argparse.Namespace) -> int:
    count = protection.release(bench)
    _say(f"{plural(count, 'package')} of {bench.workspace.title} released with the original rights.")
    return 0


def _status(bench: Workbench, parsed: argparse.Namespace) -> int:
    seen = catalogue.refresh(bench)
    ordered = tree_order(seen.packages)
    if parsed.json:
        ordered = [_with_live_changes(bench, package) for package in ordered]
        _say(json.dumps(_as_json(seen, ordered), ensure_ascii=False, indent=2))
        return 0
    if not seen.protected:
        _say("This folder is not protected. What of it is still read-only, release gives back and protect closes.")
    width = max((len(p.name) for p in ordered), default=7)
    for package in ordered:
        line = f"{printable(package.name):<{width}}  {package.state.value:<17}"
        if package.is_open and package.hotfix is not None:
            local = package.hotfix.lease.deadline.astimezone()
            line += f"  until {local:%Y-%m-%d %H:%M} by {package.hotfix.opened_by}"
        if package.waiting is not None:
            line += f"  undelivered since {package.waiting.since.astimezone():%Y-%m-%d} by {package.waiting.owner}"
        if package.drift is not None:
            line += f"  drift: {package.drift.sentence()}"
        _say(line.rstrip())
    for remark in seen.remarks:
        _complain(remark)
    return 0


def _with_live_changes(bench: Workbench, package: PackageStatus) -> PackageStatus:
    """Count what an open package has changed by now; what cannot be counted stays unknown."""
    if not package.is_open or package.hotfix is None:
        return package
    try:
        return replace(package, changes=changes_of(bench, package.hotfix.number).changes.count)
    except HotfixError:
        return package


def _as_json(seen: catalogue.Catalogue, ordered: list[PackageStatus]) -> dict[str, object]:
    return {
        "workspace": seen.location,
        "timeout_minutes": seen.settings.package_hotfix_timeout,
        "packages": [_package_as_json(package) for package in ordered],
    }


def _package_as_json(package: PackageStatus) -> dict[str, object]:
    hotfix = package.hotfix if package.is_open else None
    return {
        "name": package.name,
        "uid": package.found.uid or None,
        "version": package.found.version or None,
        "maintainer": package.found.maintainer or None,
        "state": package.state.value,
        "deadline": _iso(hotfix.lease.deadline) if hotfix else None,
        "by": hotfix.opened_by if hotfix else None,
        "changes": package.changes,
        "undelivered": package.undelivered,
        "undelivered_since": _iso(package.waiting.since) if package.waiting else None,
        "undelivered_by": package.waiting.owner if package.waiting else None,
        "drift": package.drift is not None,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _unlock(bench: Workbench, parsed: argparse.Namespace) -> int:
    catalogue.refresh(bench)
    package = catalogue.find(bench, parsed.package)
    hotfix = hotfixes.unlock(bench, package.package_id, parsed.reason, parsed.ticket, parsed.minutes)
    local = hotfix.lease.deadline.astimezone()
    _say(f"{package.name} is unlocked for a hotfix until {local:%Y-%m-%d %H:%M:%S}, then it locks by itself.")
    return 0


def _lock(bench: Workbench, parsed: argparse.Namespace) -> int:
    package = catalogue.find(bench, parsed.package)
    hotfixes.lock(bench, package.package_id)
    _say(f"{package.name} is locked.")
    return 0


def _extend(bench: Workbench, parsed: argparse.Namespace) -> int:
    package = catalogue.find(bench, parsed.package)
    hotfix = hotfixes.extend(bench, package.package_id, parsed.minutes, reason=parsed.reason)
    local = hotfix.lease.deadline.astimezone()
    _say(f"{package.name} is unlocked until {local:%Y-%m-%d %H:%M:%S}.")
    return 0


def _settings(bench: Workbench, parsed: argparse.Namespace) -> int:
    if parsed.value is not None:
        administration.change_settings(bench, {parsed.name: parsed.value})
    texts = administration.setting_texts(bench)
    if parsed.name is None:
        for name, text in texts.items():
            _say(f"{name} = {text}")
    else:
        _say(texts[spec_of(parsed.name).name])
    return 0


def _relock_once(bench: Workbench, parsed: argparse.Namespace) -> int:
    relocker = Relocker(bench)
    for name in recover(bench):
        _say(f"An interrupted update of {name} was brought to an end.")
    relocker.reconcile()
    beat = relocker.beat()
    for name in relocker.look_at_closed(sys.maxsize):
        _say(f"{name} was found writable and was closed.")
    for hotfix in beat.relocked:
        _say(f"{hotfix.package_name} was locked.")
    watch = DriftWatch(bench)
    for name in dict.fromkeys((*watch.check_due(), *watch.go_on(A_WHOLE_ROUND))):
        drift = catalogue.find(bench, name).drift
        _say(f"{name} was changed while it was not unlocked: {drift.sentence()}." if drift else f"{name} is as it was.")
    for hotfix, error in beat.failed:
        _complain(f"{hotfix.package_name} could not be locked: {error}")
    return 1 if beat.failed else 0


def _relocker(parsed: argparse.Namespace, home: Home) -> int:
    return run_relocker(home, locate(home, parsed.workspace), until_closed=parsed.until_closed, wait=parsed.wait)


def _guard_all(home: Home) -> int:
    failed: list[tuple[str, HotfixError]] = []
    for title, error in guard_all(home):
        if error is not None:
            failed.append((title, error))
        else:
            _say(f"{title} has packages that are open or half done; its guard runs.")
    for title, error in failed:
        _complain(f"{title}: {error}")
    return 1 if failed else 0


_COMMANDS: dict[str, Callable[[Workbench, argparse.Namespace], int]] = {
    "protect": _protect,
    "release": _release,
    "status": _status,
    "unlock": _unlock,
    "lock": _lock,
    "extend": _extend,
    "changes": cli_changes.changes,
    "import": cli_import.import_archive,
    "export": cli_packages.export,
    "deliver": cli_deliver.deliver,
    "settings": _settings,
    "relocker": _relock_once,
}
