"""Taking the folder under protection, giving it back, and packages that stay modifiable."""

from __future__ import annotations

import json

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Cancelled, Refused, StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Files, Kept, PackageState
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import catalogue, hotfixes, protection
from hotfix_desktop.services.relocking import Relocker
from hotfix_desktop.store.administration import Protection
from tests.services.world import (
    CLOSED,
    ORIGINAL,
    at_step,
    entries,
    modes,
    package_id,
    protected,
    raising,
    status,
    told,
)

CLOSABLE = ("Case", "Base")
LEFT = ("Custom", "Draft", "Twin")


def protection_of(bench) -> Protection:
    return bench.store.administration.workspace().protection


def add(world, name: str, **facts) -> None:
    world.disk.packages.append(FoundPackage(name, name, **facts))
    world.disk.files[name] = dict(world.disk.files["Custom"])
    world.disk.roots[name] = 0o755


# Protect


def test_protecting_closes_every_sound_package_and_leaves_the_others_alone(world):
    bench = world.bench()
    assert protection.protect(bench) == 2
    assert [modes(bench, name) for name in CLOSABLE] == [CLOSED] * 2
    assert [modes(bench, name) for name in LEFT] == [ORIGINAL] * 3
    assert protection.is_protected(bench)
    assert {p.found.name: (p.kept, p.files) for p in bench.store.packages.all()} == {
        "Case": (Kept.NO, Files.CLOSED),
        "Base": (Kept.NO, Files.CLOSED),
        "Custom": (Kept.CUSTOM, Files.OPEN),
        "Draft": (Kept.NEW, Files.OPEN),
        "Twin": (Kept.NEW, Files.OPEN),
    }


def test_whoever_protects_first_is_the_first_administrator_and_it_is_entered(world):
    bench = protected(world.bench("zoe"))
    assert bench.store.administration.members() == [("zoe", Role.ADMINISTRATOR)]
    assert told(bench) == [("Workspace created", "Success"), ("Folder protected", "Success")]
    created, done = (line.entry().event for line in entries(bench))
    log_id = bench.store.administration.workspace().log_id.hex()
    assert json.loads(created.detail) == {"location": "/packages", "log_id": log_id}
    assert done.description == "2 packages closed: files and folders are read-only"


def test_registering_twice_is_done_once(world):
    first, second = world.bench("ann"), world.bench("bob")
    protection.register(first)
    protection.register(second)
    assert first.store.administration.members() == [("ann", Role.ADMINISTRATOR)]
    assert told(first) == [("Workspace created", "Success")]


def test_of_two_windows_that_register_at_the_same_moment_one_does_it(world, monkeypatch):
    first, second = world.bench("ann"), world.bench("bob")
    asked = first.store.administration.workspace

    def slow():
        record = asked()
        protection.register(second)
        return record

    answers = iter([slow])
    monkeypatch.setattr(first.store.administration, "workspace", lambda: next(answers, asked)())
    protection.register(first)
    assert second.store.administration.members() == [("bob", Role.ADMINISTRATOR)]
    assert told(second) == [("Workspace created", "Success")]


def test_a_protected_folder_is_not_protected_again(bench):
    newest = bench.store.ledger.newest()
    with pytest.raises(Refused, match="This folder is protected already"):
        protection.protect(bench)
    assert bench.store.ledger.newest() == newest


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("error", [WorkspaceError("Cannot change the mode of b: not yours.", "Ask."), Cancelled()])
def test_a_failure_or_cancel_half_way_gives_every_file_its_mode_back_and_says_so(world, step, error):
    bench = world.bench()
    at_step(world.disk, "close", step, raising(error))
    with pytest.raises(type(error), match="The folder was not protected, and every file has its rights back") as e:
        protection.protect(bench)
    assert [modes(bench, name) for name in world.disk.files] == [ORIGINAL] * 5
    assert protection_of(bench) is Protection.NONE
    assert told(bench)[-1] == ("Folder protected", "Failure")
    assert {p.files for p in bench.store.packages.all()} == {Files.OPEN}
    if isinstance(error, WorkspaceError):
        assert "Cannot change the mode of b: not yours." in e.value.sentence
        assert e.value.remedy == "Ask."
    else:
        assert e.value.sentence.startswith("Cancelled. ")
    assert protection.protect(bench) == 2, "it can be tried again"


def test_what_cannot_be_given_back_is_named(world):
    bench = world.bench()
    at_step(world.disk, "close", 8, raising(WorkspaceError("Cannot change b.")))
    world.disk.fail_next("open", WorkspaceError("Cannot change a."))
    with pytest.raises(WorkspaceError, match="every file has its rights back, except for 1 package") as caught:
        protection.protect(bench)
    assert "Case: Cannot change a." in caught.value.details


def test_when_the_protection_cannot_be_entered_every_file_has_its_mode_back(world, log_fails):
    bench = world.bench()
    log_fails(AuditType.FOLDER_PROTECTED)
    with pytest.raises(StoreError, match="The folder was not protected"):
        protection.protect(bench)
    assert [modes(bench, name) for name in world.disk.files] == [ORIGINAL] * 5
    assert not protection.is_protected(bench)


def test_protecting_tells_its_progress_and_can_be_cancelled(world):
    heard = []

    class Listening(Progress):
        def step(self, done, total=0, what=""):
            heard.append((done, total, what))

    bench = protected_with(world, Listening())
    assert (0, 2, "Case") in heard
    assert (1, 2, "Base") in heard
    protection.release(bench)
    progress = CancellableProgress()
    progress.cancel()
    with pytest.raises(Cancelled):
        protection.protect(bench, progress)
    assert [modes(bench, name) for name in world.disk.files] == [ORIGINAL] * 5


def protected_with(world, progress):
    bench = world.bench()
    protection.protect(bench, progress)
    return bench


# Release


def test_releasing_restores_every_mode_exactly(bench):
    assert protection.release(bench) == 2
    assert [modes(bench, name) for name in (*CLOSABLE, *LEFT)] == [ORIGINAL] * 5
    assert protection_of(bench) is Protection.RELEASED
    assert told(bench)[-1] == ("Folder released", "Success")
    assert entries(bench)[-1].description == "2 packages given back with the original rights"


def test_a_released_folder_can_be_protected_and_released_again(bench):
    protection.release(bench)
    assert protection.protect(bench) == 2
    assert modes(bench, "Case") == CLOSED
    protection.release(bench)
    assert modes(bench, "Case") == ORIGINAL


def test_modes_that_were_changed_while_it_was_released_are_the_new_ones(bench, world):
    protection.release(bench)
    world.disk.files["Case"]["Files/run.sh"] = (0o700, b"c")
    protection.protect(bench)
    assert modes(bench, "Case")["Files/run.sh"] == 0o500
    protection.release(bench)
    assert modes(bench, "Case")["Files/run.sh"] == 0o700


def test_a_folder_is_not_released_while_a_package_is_open(bench):
    hotfixes.unlock(bench, package_id(bench, "Case"), "why")
    with pytest.raises(Refused, match="cannot be released while packages are unlocked: Case") as caught:
        protection.release(bench)
    assert caught.value.remedy == "Lock them first."
    assert modes(bench, "Base") == CLOSED


def test_what_is_not_protected_is_not_released(world):
    bench = world.bench()
    with pytest.raises(Refused, match="not protected"):
        protection.release(bench)
    protection.register(bench)
    with pytest.raises(Refused, match="not protected"):
        protection.release(bench)


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("error", [WorkspaceError("Cannot change b."), Cancelled()])
def test_a_release_that_fails_half_way_closes_again_what_was_given_back(bench, world, step, error):
    at_step(world.disk, "open", step, raising(error))
    with pytest.raises(type(error), match="The folder was not released and stays protected"):
        protection.release(bench)
    assert [modes(bench, name) for name in CLOSABLE] == [CLOSED] * 2
    assert [modes(bench, name) for name in LEFT] == [ORIGINAL] * 3
    assert protection_of(bench) is Protection.PROTECTED
    assert told(bench)[-1] == ("Folder released", "Failure")
    assert protection.release(bench) == 2
    assert modes(bench, "Case") == ORIGINAL


def test_when_the_release_cannot_be_entered_the_folder_stays_closed(bench, log_fails):
    log_fails(AuditType.FOLDER_RELEASED)
    with pytest.raises(StoreError, match="stays protected"):
        protection.release(bench)
    assert [modes(bench, name) for name in CLOSABLE] == [CLOSED] * 2
    assert protection.is_protected(bench)


def test_what_cannot_be_closed_again_after_a_failed_release_is_named(bench, world):
    at_step(world.disk, "open", 8, raising(WorkspaceError("Cannot change b.")))
    world.disk.fail_next("close", WorkspaceError("Cannot change a."))
    with pytest.raises(WorkspaceError, match="stays protected, except for 1 package") as caught:
        protection.release(bench)
    assert "Case: Cannot change a." in caught.value.details


# Packages that stay modifiable


def test_a_package_of_our_own_is_opened_for_good(bench, world):
    protection.keep_modifiable(bench, package_id(bench, "Case"))
    assert modes(bench, "Case") == ORIGINAL
    seen = status(bench, "Case")
    assert (seen.state, seen.kept) == (PackageState.MODIFIABLE, Kept.MARKED)
    assert told(bench)[-1] == ("Package made modifiable", "Success")
    world.clock.go(days=99)
    Relocker(bench).reconcile()
    Relocker(bench).beat()
    assert modes(bench, "Case") == ORIGINAL


def test_a_package_that_stays_modifiable_survives_release_and_protect(bench):
    protection.keep_modifiable(bench, package_id(bench, "Case"))
    protection.release(bench)
    assert protection.protect(bench) == 1
    assert modes(bench, "Case") == ORIGINAL


def test_a_package_of_our_own_can_be_protected_again(bench):
    number = package_id(bench, "Case")
    protection.keep_modifiable(bench, number)
    protection.protect_package(bench, number)
    assert modes(bench, "Case") == CLOSED
    assert status(bench, "Case").state is PackageState.BLOCKED
    assert told(bench)[-1] == ("Package protected", "Success")


def test_what_is_modifiable_already_or_open_is_not_made_modifiable(bench):
    with pytest.raises(Refused, match="Custom is modifiable already"):
        protection.keep_modifiable(bench, package_id(bench, "Custom"))
    hotfixes.unlock(bench, package_id(bench, "Case"), "why")
    with pytest.raises(Refused, match="Case is unlocked for a hotfix"):
        protection.keep_modifiable(bench, package_id(bench, "Case"))
    with pytest.raises(Refused, match="There is no package “99”"):
        protection.keep_modifiable(bench, 99)


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("error", [WorkspaceError("Cannot change b."), Cancelled()])
def test_when_making_it_modifiable_fails_half_way_it_stays_closed(bench, world, step, error):
    at_step(world.disk, "open", step, raising(error))
    with pytest.raises(type(error)):
        protection.keep_modifiable(bench, package_id(bench, "Case"))
    assert modes(bench, "Case") == CLOSED
    assert status(bench, "Case").state is PackageState.BLOCKED


def test_when_making_it_modifiable_cannot_be_entered_it_stays_closed(bench, log_fails):
    log_fails(AuditType.PACKAGE_MODIFIABLE)
    with pytest.raises(StoreError):
        protection.keep_modifiable(bench, package_id(bench, "Case"))
    assert modes(bench, "Case") == CLOSED
    assert status(bench, "Case").state is PackageState.BLOCKED


def test_a_new_package_that_cannot_be_marked_stays_as_it_is(bench, world, log_fails):
    add(world, "Fresh")
    catalogue.refresh(bench)
    log_fails(AuditType.PACKAGE_MODIFIABLE)
    with pytest.raises(StoreError):
        protection.keep_modifiable(bench, package_id(bench, "Fresh"))
    assert modes(bench, "Fresh") == ORIGINAL
    assert status(bench, "Fresh").kept is Kept.NEW


def test_a_new_package_can_be_marked_as_our_own_without_touching_it(bench, world):
    add(world, "Fresh")
    catalogue.refresh(bench)
    opened = world.disk.calls["open"]
    protection.keep_modifiable(bench, package_id(bench, "Fresh"))
    assert world.disk.calls["open"] == opened
    assert status(bench, "Fresh").kept is Kept.MARKED


def test_what_is_protected_already_unknown_or_not_synchronised_is_not_protected(bench):
    for name, sentence in (("Case", "protected already"), ("Draft", "not synchronised"), ("Twin", "not synchronised")):
        with pytest.raises(Refused, match=sentence):
            protection.protect_package(bench, package_id(bench, name))
    with pytest.raises(Refused, match="There is no package “99”"):
        protection.protect_package(bench, 99)


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("error", [WorkspaceError("Cannot change b."), Cancelled()])
def test_when_protecting_one_package_fails_half_way_it_stays_modifiable(bench, world, step, error):
    at_step(world.disk, "close", step, raising(error))
    with pytest.raises(type(error)):
        protection.protect_package(bench, package_id(bench, "Custom"))
    assert modes(bench, "Custom") == ORIGINAL
    assert status(bench, "Custom").state is PackageState.MODIFIABLE


def test_when_protecting_one_package_cannot_be_entered_it_stays_modifiable(bench, log_fails):
    log_fails(AuditType.PACKAGE_PROTECTED)
    with pytest.raises(StoreError):
        protection.protect_package(bench, package_id(bench, "Custom"))
    assert modes(bench, "Custom") == ORIGINAL
    assert bench.store.packages.get(package_id(bench, "Custom")).files is Files.OPEN
    assert status(bench, "Custom").state is PackageState.MODIFIABLE


def test_a_package_that_was_away_while_the_folder_was_protected_is_not_called_blocked_when_it_is_back(bench, world):
    # It was given back with the others; nobody has closed it since, so it is new, not blocked.
    protection.release(bench)
    away = world.disk.files.pop("Base")
    protection.protect(bench)
    world.disk.files["Base"] = away
    catalogue.refresh(bench)
    assert modes(bench, "Base") == ORIGINAL
    assert status(bench, "Base").state is PackageState.MODIFIABLE
    assert status(bench, "Base").kept is Kept.NEW


def test_a_package_whose_problem_is_solved_later_is_new_and_not_blocked(bench, world):
    protection.release(bench)
    sound = world.disk.packages[1]
    world.disk.packages[1] = FoundPackage("Base", "Base", problem="Its descriptor is not JSON.")
    protection.protect(bench)
    assert modes(bench, "Base") == ORIGINAL
    world.disk.packages[1] = sound
    catalogue.refresh(bench)
    assert status(bench, "Base").kept is Kept.NEW


def fill(bench) -> None:
    (pages,) = bench.store._database.execute_sql("PRAGMA page_count").fetchone()
    bench.store._database.execute_sql(f"PRAGMA max_page_count = {pages}")


def test_on_a_full_disk_nothing_is_closed_that_could_not_be_given_back(world):
    # Without a record of the modes nobody could restore them.
    bench = world.bench()
    protection.register(bench)
    world.disk.files["Case"].update({f"Files/{n}": (0o640, b"") for n in range(5000)})
    catalogue.refresh(bench)
    before = {name: modes(bench, name) for name in world.disk.files}
    fill(bench)
    with pytest.raises(StoreError, match="full"):
        protection.protect(bench)
    assert {name: modes(bench, name) for name in world.disk.files} == before
    bench.store._database.execute_sql("PRAGMA max_page_count = 100000")
    assert protection.protect(bench) == 2
    protection.release(bench)
    assert {name: modes(bench, name) for name in world.disk.files} == before


def test_a_folder_that_was_made_read_only_by_hand_before_it_is_protected_again_stays_so_after_its_release(bench, world):
    protection.release(bench)
    world.disk.roots["Case"] = 0o555
    world.disk.files["Case"] = {path: (mode & 0o555, data) for path, (mode, data) in world.disk.files["Case"].items()}
    protection.protect(bench)
    protection.release(bench)
    assert modes(bench, "Case") == CLOSED


def test_opening_a_workspace_is_an_entry_if_there_is_a_log(world):
    bench = world.bench()
    protection.opened(bench)
    assert bench.store.ledger.newest() == 0
    protection.protect(bench)
    protection.opened(world.bench("out"))
    assert told(bench)[-1] == ("Workspace opened", "Success")
    assert entries(bench)[-1].description == "out opened the workspace Packages"
