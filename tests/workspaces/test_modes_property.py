"""Any tree with any modes comes back exactly, interrupted or not."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.progress import Progress
from hotfix_desktop.workspaces import modes, records
from hotfix_desktop.workspaces.records import FolderModes

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NAMES = st.binary(min_size=1, max_size=8).filter(lambda b: not {0, 47} & set(b) and b not in (b".", b".."))
FILE_MODES = st.integers(0, 0o7777)
FOLDER_MODES = st.integers(0, 0o7777) if ROOT else st.integers(0, 0o777).map(lambda mode: mode | 0o500)
TREES = st.recursive(
    st.fixed_dictionaries({"mode": FILE_MODES}),
    lambda below: st.fixed_dictionaries({"mode": FOLDER_MODES, "below": st.dictionaries(NAMES, below, max_size=4)}),
    max_leaves=12,
)
PACKAGES = st.fixed_dictionaries({"mode": FOLDER_MODES, "below": st.dictionaries(NAMES, TREES, max_size=4)})


class Crash(BaseException):
    """The program ends here."""


class Cut(Progress):
    """Ends the program at the n-th step."""

    def __init__(self, step):
        self.left = step

    def step(self, done, total=0, what=""):
        self.left -= 1
        if self.left < 0:
            raise Crash


def make(path: bytes, node) -> None:
    if "below" in node:
        os.mkdir(path)
        for name, child in node["below"].items():
            make(os.path.join(path, name), child)
    else:
        with open(path, "wb"):
            pass
    os.chmod(path, node["mode"])


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(modes, "STEP", 1)


def clean(folder: bytes) -> None:
    for base, folders, _ in os.walk(folder):
        for name in folders:
            os.chmod(os.path.join(base, name), 0o700)
    shutil.rmtree(folder)


@settings(deadline=None, max_examples=60)
@given(package=PACKAGES, cut=st.integers(0, 12), cut_opening=st.booleans())
def test_any_tree_comes_back(builder, package, cut, cut_opening):
    base = os.fsencode(tempfile.mkdtemp())
    root = os.path.join(base, b"One")
    name = os.fsdecode(root)
    try:
        make(root, package)
        before = builder.modes(Path(name))
        closed = {path: mode & ~0o222 for path, mode in before.items()}
        taken = modes.record(name, None)
        try:
            if cut_opening:
                modes.close(name, taken)
                modes.open(name, taken, Cut(cut))
            else:
                modes.close(name, taken, Cut(cut))
        except Crash:
            pass
        again = modes.record(name, taken)
        modes.close(name, again)
        assert builder.modes(Path(name)) == closed
        modes.open(name, again)
        assert builder.modes(Path(name)) == before
        modes.close(name, taken)
        modes.open(name, taken)
        assert builder.modes(Path(name)) == before
    finally:
        clean(base)


FOLDERS = st.lists(
    st.builds(
        lambda path, mode, changed, files: FolderModes(
            path, mode, changed, [os.fsdecode(name) for name in files], list(files.values())
        ),
        NAMES.map(os.fsdecode),
        FILE_MODES,
        st.integers(-(2**63), 2**63 - 1),
        st.dictionaries(NAMES, FILE_MODES),
    ),
    unique_by=lambda folder: folder.path,
)


@given(FOLDERS)
def test_record_keeps_what_it_is_given(folders):
    assert list(records.decode(records.encode(folders)).values()) == folders
