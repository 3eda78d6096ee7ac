"""What open packages contained: kept for each, whole, and gone when it is forgotten."""

from __future__ import annotations

import sqlite3

import pytest

from hotfix_desktop.core.manifest import Fact, Kind, Manifest
from hotfix_desktop.core.packages import FoundPackage

TREE = Manifest({b"a": Fact(Kind.FILE, 0o444, 1, (1, 2, 3), b"\x01" * 32)})


@pytest.fixture
def two(store) -> list[int]:
    store.packages.remember([FoundPackage("Base", "Base"), FoundPackage("Case", "Case")], {})
    return [package.package_id for package in store.packages.all()]


def test_what_is_kept_of_a_package_comes_back(store, two):
    one, other = two
    assert (store.openings.proof(one), store.openings.manifest(one)) == (b"", None)
    store.openings.keep(one, b"older", b"old")
    store.openings.keep(one, TREE.encode(), b"proof")
    assert (store.openings.proof(one), store.openings.manifest(one)) == (b"proof", TREE)
    assert (store.openings.proof(other), store.openings.manifest(other)) == (b"", None)


def test_what_is_forgotten_is_gone(store, two):
    for number in two:
        store.openings.keep(number, TREE.encode(), b"proof")
    store.openings.forget(two[0])
    store.openings.forget(two[0])
    assert [store.openings.proof(number) for number in two] == [b"", b"proof"]


def test_damaged_bytes_are_nothing(store, two):
    store.openings.keep(two[0], TREE.encode(), b"proof")
    plain = sqlite3.connect(store.path)
    plain.execute("UPDATE opening SET manifest = x'00'")
    plain.commit()
    plain.close()
    assert store.openings.manifest(two[0]) is None
