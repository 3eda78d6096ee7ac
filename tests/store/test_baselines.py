"""Baselines and drifts: one of each for a package, kept whole, and read without their bulk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import peewee
import pytest

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.manifest import Counts, Drift, Fact, Kind, Manifest
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.store.baselines import Baseline, KnownDrift
from hotfix_desktop.store.store import Store

NOW = Moment(datetime(2026, 1, 1, 12, 30, 0, 123456, tzinfo=UTC), 10**9, "boot")
LATER = Moment(NOW.utc + timedelta(hours=1), 2 * 10**9, "boot 2")


def manifest(content: bytes = b"\x01", stamp: int = 1) -> Manifest:
    file = Fact(Kind.FILE, 0o444, 5, (stamp, stamp, 7), content * 32)
    return Manifest({b"Schemas": Fact(Kind.FOLDER, 0o555, 0, (0, 0, 0), b""), b"Schemas/A\xff\n.js": file})


DRIFT = Drift(
    1_700_000_000_000_001,
    True,
    ("neu Größe 😀", "n"),
    ("a\\xff\n",),
    ("d", '"', "'"),
    6000,
    ("o",),
    Counts(2, 5000, 998, 7),
    b"now".hex(),
)
OTHER = Drift(1, token=b"x".hex())


@pytest.fixture
def case(store) -> int:
    """The number of a package; there is another one beside it."""
    store.packages.remember([FoundPackage("Base", "Base"), FoundPackage("Case", "Case")], {})
    return next(p.package_id for p in store.packages.all() if p.found.key == "Case")


@pytest.fixture
def base(store, case) -> int:
    """The number of the other package, which has a baseline and a drift that nobody may touch."""
    number = next(p.package_id for p in store.packages.all() if p.found.key == "Base")
    store.baselines.keep(number, manifest(b"\x09"), NOW, 3)
    store.baselines.keep_drift(number, KnownDrift(OTHER, b"x", b"y"))
    return number


def test_a_baseline_comes_back_with_its_manifest(store, case):
    kept = store.baselines.keep(case, manifest(), NOW, 2)
    assert kept == Baseline(case, manifest().digest(), NOW, 2)
    assert store.baselines.get(case) == kept
    assert store.baselines.manifest(case) == manifest()


def test_a_package_that_has_none_has_none(store, case, base):
    assert store.baselines.get(case) is None
    assert store.baselines.manifest(case) is None
    assert store.baselines.drift(case) is None


def test_a_new_baseline_replaces_the_one_before(store, case, base):
    store.baselines.keep(case, manifest(), NOW, 3)
    kept = store.baselines.keep(case, manifest(b"\x02"), LATER, 0)
    assert store.baselines.get(case) == kept == Baseline(case, manifest(b"\x02").digest(), LATER, 0)
    assert store.baselines.manifest(case) == manifest(b"\x02")
    assert store.baselines.manifest(base) == manifest(b"\x09")


def test_a_baseline_whose_bytes_are_damaged_is_as_if_there_were_none(store, case):
    store.baselines.keep(case, manifest(), NOW, 0)
    store._database.execute_sql("UPDATE baseline SET manifest = ?", (manifest().encode()[:-1],))
    assert store.baselines.manifest(case) is None
    assert store.baselines.get(case) is not None


def test_a_baseline_belongs_to_a_package_that_is_known(store, case):
    with pytest.raises(peewee.IntegrityError):
        store.baselines.keep(99, manifest(), NOW, 0)


def test_unchecked_are_those_that_were_looked_at_less_often(store, case, base):
    store.baselines.keep(case, manifest(), NOW, 1)
    assert store.baselines.unchecked(1) == []
    assert store.baselines.unchecked(2) == [Baseline(case, manifest().digest(), NOW, 1)]
    assert {b.package_id for b in store.baselines.unchecked(4)} == {case, base}


def test_a_check_is_counted_by_one_caller_only(store, case, base):
    store.baselines.keep(case, manifest(), NOW, 0)
    other = Store(store.path)
    assert other.baselines.checked(case, 0)
    assert not store.baselines.checked(case, 0)
    assert store.baselines.get(case).checks == 1
    assert store.baselines.checked(case, 1)
    assert (store.baselines.get(case).checks, store.baselines.get(base).checks) == (2, 3)
    other.close()


def test_newer_stamps_of_the_same_contents_are_kept_without_being_a_new_baseline(store, case, base):
    kept = store.baselines.keep(case, manifest(stamp=1), NOW, 1)
    store.baselines.renew_stamps(case, manifest(stamp=2))
    assert store.baselines.manifest(case) == manifest(stamp=2)
    assert store.baselines.get(case) == kept


def test_stamps_of_other_contents_are_not_kept(store, case):
    store.baselines.keep(case, manifest(), NOW, 1)
    store.baselines.renew_stamps(case, manifest(b"\x02", stamp=2))
    assert store.baselines.manifest(case) == manifest()


def test_stamps_are_not_kept_where_there_is_no_baseline(store, case, base):
    store.baselines.renew_stamps(case, manifest())
    assert store.baselines.get(case) is None
    store.baselines.renew_stamps(case, manifest(b"\x09", stamp=2))
    assert store.baselines.manifest(base) == manifest(b"\x09")


def test_a_baseline_is_forgotten_without_the_others_and_without_its_drift(store, case, base):
    store.baselines.keep(case, manifest(), NOW, 1)
    store.baselines.keep_drift(case, KnownDrift(DRIFT, b"now", b"before"))
    store.baselines.forget(case)
    store.baselines.forget(case)
    assert store.baselines.get(case) is None
    assert store.baselines.get(base) is not None
    assert set(store.baselines.drifts()) == {case, base}


# Drifts


def test_a_drift_comes_back_as_it_was_found(store, case, base):
    known = KnownDrift(DRIFT, b"now", b"before\x00\xff", "shape", 1_700_000_000_000_002, 600)
    assert store.baselines.keep_drift(case, known) == DRIFT
    assert store.baselines.drift(case) == known
    assert store.baselines.drifts() == {case: DRIFT, base: OTHER}


def test_the_drifts_of_some_packages_are_read_without_the_others(store, case, base):
    store.baselines.keep_drift(case, KnownDrift(DRIFT, b"now", b"before"))
    store._database.execute_sql("UPDATE drift SET report = 'nobody reads this' WHERE package_id = ?", (base,))
    assert store.baselines.drifts([case]) == {case: DRIFT}
    assert store.baselines.drifts([case, *range(1000, 2500)]) == {case: DRIFT}
    assert store.baselines.drifts([]) == {}


def test_the_token_is_that_of_the_contents_that_were_found(store, case):
    told = store.baselines.keep_drift(case, KnownDrift(DRIFT, b"\x00now\xff", b""))
    assert told.token == "006e6f77ff" == store.baselines.drifts()[case].token


def test_a_drift_that_differs_from_no_baseline_keeps_an_empty_digest(store, case):
    store.baselines.keep_drift(case, KnownDrift(Drift(1), b"now", b""))
    assert store.baselines.drift(case).against == b""


def test_a_new_drift_replaces_the_one_before(store, case, base):
    store.baselines.keep_drift(case, KnownDrift(DRIFT, b"now", b"before"))
    newer = KnownDrift(Drift(2, False, ("x",), (), (), 1, token=b"later".hex()), b"later", b"then")
    store.baselines.keep_drift(case, newer)
    assert store.baselines.drift(case) == newer
    assert len(store.baselines.drifts()) == 2


def test_a_drift_is_accepted_once_and_alone(store, case, base):
    store.baselines.keep_drift(case, KnownDrift(DRIFT, b"now", b"before"))
    assert store.baselines.forget_drift(case)
    assert not store.baselines.forget_drift(case)
    assert store.baselines.drifts() == {base: OTHER}


def test_a_table_that_is_gone_is_told_in_a_sentence(store, case):
    store._database.execute_sql("DROP TABLE baseline")
    store._database.execute_sql("DROP TABLE drift")
    for ask in (store.baselines.get, store.baselines.manifest, store.baselines.unchecked, store.baselines.forget_drift):
        with pytest.raises(StoreError, match="cannot be read"):
            ask(case)
