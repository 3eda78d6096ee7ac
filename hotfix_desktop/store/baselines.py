"""What closed packages contained when they were closed, and how they were found to differ since."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import peewee

from hotfix_desktop.core.clock import Moment, from_microseconds
from hotfix_desktop.core.manifest import Counts, Drift, Manifest
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.models import BaselineRow, DriftRow


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a package contained when it was closed, without the manifest itself, which may be large.

    Attributes:
        digest: of all contents, see ``Manifest.digest``.
        taken: both clocks when it was taken.
        checks: how often all contents were read again since.
    """

    package_id: int
    digest: bytes
    taken: Moment
    checks: int


@dataclass(frozen=True, slots=True)
class KnownDrift:
    """The drift of a package, with what it was found in.

    Attributes:
        digest: of the contents that were found.
        against: the digest of the baseline that they differ from; empty when it does not go by itself, because more
            happened than one baseline tells.
        shape: stands for the baseline and for which paths differ from it, see ``Differences.shape``.
        entered_us: when it was entered last, microseconds since 1970 UTC.
        wait_s: for how many seconds after that new contents of the same paths are not entered again.
    """

    drift: Drift
    digest: bytes
    against: bytes
    shape: str = ""
    entered_us: int = 0
    wait_s: int = 0


class Baselines:
    """The baselines and drifts of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def get(self, package_id: int) -> Baseline | None:
        """Give the baseline of a package without its manifest, or None."""
        row = self._database.execute_sql(
            "SELECT package_id, digest, taken, boot_us, boot_id, checks FROM baseline WHERE package_id = ?",
            (package_id,),
        ).fetchone()
        return _baseline(row) if row else None

    @told
    def manifest(self, package_id: int) -> Manifest | None:
        """Give what the package contained; None where there is no baseline, or its bytes are damaged."""
        row = self._database.execute_sql(
            "SELECT digest, manifest FROM baseline WHERE package_id = ?", (package_id,)
        ).fetchone()
        if row is None:
            return None
        try:
            return Manifest.decode(bytes(row[1]), bytes(row[0]))
        except ValueError:
            return None  # a new one is taken; the log of the database's damage is SQLite's own

    @told
    def packed(self, package_id: int, digest: bytes) -> bytes:
        """Give the bytes of the manifest of a baseline with this digest; empty where it is another one, or none."""
        row = self._database.execute_sql(
            "SELECT manifest FROM baseline WHERE package_id = ? AND digest = ?", (package_id, digest)
        ).fetchone()
        return bytes(row[0]) if row else b""

    @told
    def unchecked(self, checks: int) -> list[Baseline]:
        """Give the baselines whose contents were read again fewer than ``checks`` times."""
        rows = self._database.execute_sql(
            "SELECT package_id, digest, taken, boot_us, boot_id, checks FROM baseline WHERE checks < ?", (checks,)
        ).fetchall()
        return [_baseline(row) for row in rows]

    @told
    def keep(self, package_id: int, manifest: Manifest, now: Moment, checks: int) -> Baseline:
        """Keep a baseline in place of the one before; ``checks`` says how often it needs none any more."""
        baseline = Baseline(package_id, manifest.digest(), now, checks)
        BaselineRow.insert(
            package_id=package_id,
            manifest=manifest.encode(),
            digest=baseline.digest,
            taken=now.utc,
            boot_us=now.boot_us,
            boot_id=now.boot_id,
            checks=checks,
        ).on_conflict_replace().execute(self._database)
        return baseline

    @told
    def renew_stamps(self, package_id: int, manifest: Manifest) -> None:
        """Keep newer stamps of the same contents, so that nothing is read in vain the next time."""
        BaselineRow.update(manifest=manifest.encode()).where(
            (BaselineRow.package_id == package_id) & (BaselineRow.digest == manifest.digest())
        ).execute(self._database)

    @told
    def checked(self, package_id: int, seen: int) -> bool:
        """Count one more check; False when somebody else did it meanwhile."""
        changed = (
            BaselineRow.update(checks=seen + 1)
            .where((BaselineRow.package_id == package_id) & (BaselineRow.checks == seen))
            .execute(self._database)
        )
        return bool(changed)

    @told
    def forget(self, package_id: int) -> None:
        """Drop the baseline: the package opens."""
        BaselineRow.delete().where(BaselineRow.package_id == package_id).execute(self._database)

    @told
    def drifts(self, package_ids: Iterable[int] | None = None) -> dict[int, Drift]:
        """Give every drift that nobody has accepted, or those of some packages, by package."""
        sql = "SELECT package_id, found, after_relock, report, digest FROM drift"
        if package_ids is None:
            rows = self._database.execute_sql(sql).fetchall()
        else:
            wanted = list(package_ids)
            rows = []
            for start in range(0, len(wanted), 500):  # SQLite takes a limited number of parameters
                some = wanted[start : start + 500]
                marks = ", ".join("?" * len(some))
                rows += self._database.execute_sql(f"{sql} WHERE package_id IN ({marks})", some).fetchall()
        return {
            number: _drift(found, after, json.loads(report), digest) for number, found, after, report, digest in rows
        }

    @told
    def drift(self, package_id: int) -> KnownDrift | None:
        """Give the drift of one package, or None."""
        row = self._database.execute_sql(
            "SELECT found, after_relock, report, digest, against FROM drift WHERE package_id = ?", (package_id,)
        ).fetchone()
        if row is None:
            return None
        found, after, text, digest, against = row
        report = json.loads(text)
        return KnownDrift(
            _drift(found, after, report, digest),
            bytes(digest),
            bytes(against),
            report.get("shape", ""),
            report.get("entered_us", 0),
            report.get("wait_s", 0),
        )

    @told
    def keep_drift(self, package_id: int, known: KnownDrift) -> Drift:
        """Keep a drift in place of the one before; gives it with its token, as it is read again."""
        drift = known.drift
        report = {
            "added": drift.added,
            "changed": drift.changed,
            "deleted": drift.deleted,
            "count": drift.count,
            "opened": drift.opened,
            "counts": asdict(drift.counts),
            "shape": known.shape,
            "entered_us": known.entered_us,
            "wait_s": known.wait_s,
        }
        DriftRow.insert(
            package_id=package_id,
            found=drift.found_us,
            after_relock=drift.after_relock,
            digest=known.digest,
            against=known.against,
            report=json.dumps(report, ensure_ascii=False),
        ).on_conflict_replace().execute(self._database)
        return replace(drift, token=known.digest.hex())

    @told
    def forget_drift(self, package_id: int) -> bool:
        """Drop a drift; False when there was none."""
        return bool(DriftRow.delete().where(DriftRow.package_id == package_id).execute(self._database))


def _baseline(row: Any) -> Baseline:
    number, digest, taken, boot_us, boot_id, checks = row
    return Baseline(number, bytes(digest), Moment(from_microseconds(taken), boot_us, boot_id), checks)


def _drift(found: int, after_relock: int, report: dict[str, Any], digest: bytes) -> Drift:
    return Drift(
        found,
        bool(after_relock),
        tuple(report["added"]),
        tuple(report["changed"]),
        tuple(report["deleted"]),
        int(report["count"]),
        tuple(report.get("opened", ())),
        Counts(**report.get("counts", {})),
        bytes(digest).hex(),
    )
