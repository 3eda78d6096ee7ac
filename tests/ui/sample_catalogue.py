"""Catalogues made of values, for the tests of models, banners and words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.deliveries import Undelivered
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.lifecycle import Hotfix, HotfixState, Kept, PackageState, PackageStatus
from hotfix_desktop.core.manifest import Drift
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.services.catalogue import Catalogue

NOW = Moment(datetime(2026, 11, 23, 14, 2, tzinfo=UTC), 3_600_000_000, "boot")


def after(**passed: float) -> Moment:
    """Give both clocks so much later."""
    step = timedelta(**passed)
    return Moment(NOW.utc + step, NOW.boot_us + step // timedelta(microseconds=1), NOW.boot_id)


def hotfix(name: str = "Beta", number: int = 1, by: str = "ann", minutes: int = 30, **more: Any) -> Hotfix:
    lease = Lease.starting(more.pop("opened", NOW), minutes)
    fields = {"state": HotfixState.OPEN, "ticket": "", "package_id": number, **more}
    return Hotfix(number, package_key=name, package_name=name, reason="wrong VAT", opened_by=by, lease=lease, **fields)


def package(number: int, name: str, state: PackageState = PackageState.BLOCKED, **more: Any) -> PackageStatus:
    """Give a package; what is no field of its status is one of what was found."""
    own = ("kept", "hotfix", "missing", "changes", "undelivered", "drift", "waiting", "delivered")
    fields = {key: more.pop(key) for key in own if key in more}
    return PackageStatus(number, FoundPackage(name, name, **more), state, **fields)


def unlocked(number: int, name: str, **more: Any) -> PackageStatus:
    return package(number, name, PackageState.UNLOCKED, hotfix=hotfix(name, number, **more))


def locked(number: int, name: str, **ago: float) -> PackageStatus:
    """Give one that was closed so long ago and is not delivered."""
    closed = replace(hotfix(name, number), state=HotfixState.CLOSED, closed_at=NOW.utc - timedelta(**ago))
    waiting = Undelivered((number,), None, NOW.utc - timedelta(**ago), "ann")
    return package(number, name, PackageState.LOCKED, hotfix=closed, undelivered=True, waiting=waiting)


def drift(**fields: Any) -> Drift:
    """Give a drift that was found just now: two files changed and one added, unless told otherwise."""
    paths = {"changed": ("Schemas/A.js", "Schemas/B.js"), "added": ("Files/new.cs",), **fields}
    found_us = paths.pop("found_us", int(NOW.utc.timestamp()) * 1_000_000)
    count = paths.pop("count", sum(len(p) for p in paths.values() if isinstance(p, tuple)))
    return Drift(found_us, count=count, **paths)


def catalogue(*packages: PackageStatus, **more: Any) -> Catalogue:
    fields: dict[str, Any] = {
        "title": "production",
        "location": "/packages",
        "registered": True,
        "protected": True,
        "settings": Settings(),
        "user": "ann",
        "roles": frozenset({Role.ADMINISTRATOR}),
        **more,
    }
    return Catalogue(packages=packages, **fields)


EVERY_STATE = (
    package(1, "Base", version="8.1.0", maintainer="Creatio", modified=NOW.utc - timedelta(days=9)),
    unlocked(2, "Case"),
    locked(3, "Deal", hours=2),
    package(4, "Custom", PackageState.MODIFIABLE, kept=Kept.CUSTOM),
    package(5, "Mine", PackageState.MODIFIABLE, kept=Kept.MARKED),
    package(6, "Fresh", PackageState.MODIFIABLE, kept=Kept.NEW),
    package(7, "Draft", PackageState.NOT_SYNCHRONISED, synchronised=False),
    package(
        8,
        "Old",
        PackageState.OVERDUE,
        hotfix=hotfix("Old", 8, by="bob", minutes=1, opened=after(minutes=-9), last_error="It is held by an editor."),
    ),
)
