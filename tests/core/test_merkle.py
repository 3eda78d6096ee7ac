"""The Merkle tree against the test vectors of Certificate Transparency (RFC 6962, 2.1.3) and its own laws."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.audit import leaf_hash
from hotfix_desktop.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    inclusion_path,
    node_hash,
    root_from_path,
    root_of,
    subtree_root,
)

# The inputs and roots of the reference implementation's tests (certificate-transparency, merkletree).
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# leaf (from 0), size, path
PATHS = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
LEAVES = [leaf_hash(data) for data in INPUTS]
leaf_lists = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def grown(leaves) -> Frontier:
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree


def plain_root(leaves) -> bytes:
    """The definition of RFC 6962, 2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_reference(size):
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size - 1]


def test_the_tree_over_nothing_is_the_hash_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == Frontier().root() == EMPTY_ROOT


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_the_paths_are_those_of_the_reference(index, size, path):
    assert [node.hex() for node in inclusion_path(index, LEAVES[:size])] == path
    assert root_from_path(LEAVES[index], index, size, [bytes.fromhex(node) for node in path]).hex() == ROOTS[size - 1]


@given(leaf_lists)
def test_every_way_to_the_root_is_the_definition(leaves):
    assert root_of(leaves) == grown(leaves).root() == plain_root(leaves)


@given(leaf_lists, leaf_lists)
def test_to_extend_is_to_append_one_by_one(first, more):
    one, other = grown(first), grown(first)
    one.extend(more)
    for leaf in more:
        other.append(leaf)
    assert (one.size, one.to_bytes(), one.root()) == (other.size, other.to_bytes(), other.root())


@given(leaf_lists, leaf_lists)
def test_a_tree_goes_on_from_its_bytes(first, more):
    tree = grown(first)
    again = Frontier.from_bytes(tree.size, tree.to_bytes())
    again.extend(more)
    assert again.root() == plain_root(first + more)
    assert tree.size == len(first), "the copy grew apart"


def test_a_copy_grows_apart():
    tree = grown(LEAVES[:3])
    copy = tree.copy()
    copy.append(LEAVES[3])
    assert (tree.size, tree.root().hex()) == (3, ROOTS[2])
    assert (copy.size, copy.root().hex()) == (4, ROOTS[3])


@pytest.mark.parametrize(
    ("size", "data"),
    [(-1, b""), (0, bytes(32)), (1, b""), (3, bytes(32)), (2, bytes(64)), (1, bytes(31)), (1, bytes(33))],
)
def test_bytes_that_are_no_tree_of_this_size_are_refused(size, data):
    with pytest.raises(ValueError, match="do not fit"):
        Frontier.from_bytes(size, data)


@given(leaf_lists.filter(bool), st.data())
def test_each_path_leads_to_the_root_and_from_no_other_place(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(index, leaves)
    assert root_from_path(leaves[index], index, len(leaves), path) == root_of(leaves)
    wrong = bytes(byte ^ 1 for byte in leaves[index])
    assert root_from_path(wrong, index, len(leaves), path) != root_of(leaves)


@given(leaf_lists.filter(bool), st.data())
def test_a_path_that_is_too_long_or_too_short_is_refused(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(index, leaves)
    with pytest.raises(ValueError, match="too long"):
        root_from_path(leaves[index], index, len(leaves), [*path, bytes(32)])
    if path:
        with pytest.raises(ValueError, match="too short"):
            root_from_path(leaves[index], index, len(leaves), path[:-1])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_is_not_in_the_tree_has_no_path(index, size):
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_path(index, LEAVES[:size])
    with pytest.raises(ValueError, match="outside"):
        root_from_path(LEAVES[0], index, size, [])


def test_nodes_and_leaves_are_told_apart():
    assert node_hash(LEAVES[0], LEAVES[1]) != leaf_hash(LEAVES[0] + LEAVES[1])
    assert node_hash(LEAVES[0], LEAVES[1]) != node_hash(LEAVES[1], LEAVES[0])


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_a_subtree_is_the_tree_over_its_leaves(count):
    assert subtree_root(LEAVES[:count]) == root_of(LEAVES[:count])
