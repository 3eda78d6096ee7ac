"""What only one program may do at a time, across threads and processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import Busy, StoreError
from hotfix_desktop.store.exclusive import Exclusive

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from hotfix_desktop.store.exclusive import Exclusive
with Exclusive(Path(sys.argv[1])).holding("package-1", "Case"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def exclusive(tmp_path):
    return Exclusive(tmp_path / "workspace" / "working")


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock ``package-1``."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "workspace" / "working")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_what_one_holds_nobody_else_gets(exclusive, tmp_path):
    other = Exclusive(tmp_path / "workspace" / "working")
    with exclusive.holding("package-1", "Case"):
        assert not other.is_free("package-1")
        with pytest.raises(Busy, match="Another program is working on Case right now"):  # noqa: SIM117
            with other.holding("package-1", "Case"):
                pytest.fail("two hold it")
        with other.holding("package-2", "Base"):
            assert not exclusive.is_free("package-2")
    assert other.is_free("package-1")


def test_one_program_does_not_get_twice_what_it_holds(exclusive):
    with exclusive.holding("package-1", "Case"), pytest.raises(Busy), exclusive.holding("package-1", "Case"):
        pytest.fail("held twice")


def test_it_is_free_again_when_the_work_failed(exclusive):
    with pytest.raises(ZeroDivisionError), exclusive.holding("package-1", "Case"):
        raise ZeroDivisionError
    assert exclusive.is_free("package-1")


def test_asking_whether_it_is_free_does_not_take_it(exclusive):
    assert exclusive.is_free("package-1")
    with exclusive.holding("package-1", "Case"):
        pass
    assert exclusive.is_free("package-1")


def test_what_another_process_holds_is_not_free(exclusive, holder):
    assert not exclusive.is_free("package-1")
    with pytest.raises(Busy), exclusive.holding("package-1", "Case", patience=0.05):
        pytest.fail("two hold it")
    assert exclusive.is_free("package-2")


def test_it_is_free_when_the_process_that_held_it_was_killed(exclusive, holder):
    holder.kill()
    holder.wait()
    assert exclusive.is_free("package-1")
    with exclusive.holding("package-1", "Case"):
        assert not exclusive.is_free("package-1")


def test_somebody_patient_gets_it_when_the_other_process_is_done(exclusive, holder):
    holder.stdin.close()
    with exclusive.holding("package-1", "Case", patience=20):
        assert not exclusive.is_free("package-1")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    broken = Exclusive(tmp_path / "file" / "working")
    with pytest.raises(StoreError, match="cannot be written"), broken.holding("package-1", "Case"):
        pytest.fail("held")
    with pytest.raises(StoreError, match="cannot be written"):
        broken.is_free("package-1")


def test_a_lock_that_cannot_be_made_is_told(tmp_path):
    broken = Exclusive(tmp_path)
    (tmp_path / "package-1.lock").mkdir()
    with pytest.raises(StoreError, match="cannot be written"), broken.holding("package-1", "Case"):
        pytest.fail("held")
    with pytest.raises(StoreError, match="cannot be written"):
        broken.is_free("package-1")
