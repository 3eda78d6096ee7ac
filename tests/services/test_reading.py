"""What is looked at: the catalogue, the pages of the log, and who sits at the machine."""

from __future__ import annotations

import socket
import sys

import pytest

from hotfix_desktop.core.errors import Refused, WorkspaceError
from hotfix_desktop.core.lifecycle import Kept, PackageState
from hotfix_desktop.core.packages import ElementKind, FoundPackage
from hotfix_desktop.core.roles import Role
from hotfix_desktop.services import auditing, catalogue, hotfixes, identity, protection
from tests.services.world import package_id, status


def states(seen) -> dict[str, str]:
    return {p.name: p.state.value for p in seen.packages}


# The catalogue


def test_before_it_is_protected_every_sound_package_is_modifiable(world):
    seen = catalogue.refresh(world.bench())
    assert states(seen) == {
        "Case": "modifiable",
        "Base": "modifiable",
        "Custom": "modifiable",
        "Draft": "not-synchronised",
        "Twin": "not-synchronised",
    }
    assert (seen.protected, seen.title, seen.location, seen.roles) == (False, "Packages", "/packages", frozenset())


def test_a_protected_workspace_is_blocked_except_for_what_stays_modifiable(bench):
    seen = catalogue.refresh(bench)
    assert states(seen) == {
        "Case": "blocked",
        "Base": "blocked",
        "Custom": "modifiable",
        "Draft": "not-synchronised",
        "Twin": "not-synchronised",
    }
    assert (seen.protected, seen.user, seen.roles) == (True, "ann", frozenset({Role.ADMINISTRATOR}))
    assert seen.settings.package_hotfix_timeout == 30


def test_the_states_follow_the_life_of_a_package(bench, world):
    number = package_id(bench, "Case")
    hotfixes.unlock(bench, number, "why")
    assert states(catalogue.remembered(bench))["Case"] == "unlocked"
    world.clock.go(minutes=30)
    assert states(catalogue.remembered(bench))["Case"] == "overdue"
    world.disk.files["Case"]["Schemas/B/schema.js"] = (0o600, b"repaired")
    hotfixes.lock(bench, number)
    seen = {p.name: p for p in catalogue.remembered(bench).packages}
    assert seen["Case"].state is PackageState.LOCKED
    assert (seen["Case"].undelivered, seen["Base"].undelivered) == (True, False)
    assert seen["Case"].hotfix.reason == "why"


def test_what_was_remembered_is_shown_without_looking_at_the_workspace(bench, world):
    calls = world.disk.calls.copy()
    assert len(catalogue.remembered(bench).packages) == 5
    assert world.disk.calls == calls


def test_a_new_package_appears_as_new_and_modifiable(bench, world):
    world.disk.packages.append(FoundPackage("Fresh", "Fresh"))
    world.disk.files["Fresh"] = {"descriptor.json": (0o644, b"")}
    world.disk.roots["Fresh"] = 0o755
    seen = {p.name: p for p in catalogue.refresh(bench).packages}
    assert (seen["Fresh"].state, seen["Fresh"].kept) == (PackageState.MODIFIABLE, Kept.NEW)
    assert world.disk.roots["Fresh"] == 0o755
    protection.protect_package(bench, seen["Fresh"].package_id)
    assert status(bench, "Fresh").state is PackageState.BLOCKED
    assert world.disk.roots["Fresh"] == 0o555


@pytest.mark.parametrize("name", ["Custom", "custom", "CUSTOM"])
def test_custom_is_never_closed_in_whatever_case_it_is_written(world, name):
    world.disk.packages[2] = FoundPackage("Custom", name)
    protection.protect(world.bench())
    assert world.disk.roots["Custom"] == 0o755
    assert status(world.benches[0], name).kept is Kept.CUSTOM


def test_a_package_that_vanished_is_gone_from_the_tree_unless_it_is_open(bench, world):
    hotfixes.unlock(bench, package_id(bench, "Case"), "why")
    del world.disk.files["Case"]
    del world.disk.files["Base"]
    seen = {p.name: p for p in catalogue.refresh(bench).packages}
    assert "Base" not in seen
    assert (seen["Case"].state, seen["Case"].missing) == (PackageState.UNLOCKED, True)
    assert status(bench, "Base").missing


def test_what_was_odd_about_the_workspace_is_passed_on(bench, world):
    world.disk.remarks = ("A folder could not be read.",)
    assert catalogue.refresh(bench).remarks == ("A folder could not be read.",)
    assert catalogue.remembered(bench).remarks == ()


def test_a_workspace_that_cannot_be_read_is_told_and_what_was_remembered_stays(bench, world):
    world.disk.fail_next("list_packages", WorkspaceError("Cannot read /packages: permission denied."))
    with pytest.raises(WorkspaceError, match="Cannot read"):
        catalogue.refresh(bench)
    assert len(catalogue.remembered(bench).packages) == 5


@pytest.mark.parametrize("wanted", ["Case", "case", " CASE ", "u-case", "U-CASE"])
def test_a_package_is_found_by_its_name_or_uid_in_any_case(bench, wanted):
    assert catalogue.find(bench, wanted).name == "Case"


def test_of_two_names_that_differ_in_case_the_exact_one_is_found(bench, world):
    world.disk.packages.append(FoundPackage("CASE", "CASE"))
    world.disk.files["CASE"] = {}
    catalogue.refresh(bench)
    assert catalogue.find(bench, "CASE").found.key == "CASE"
    assert catalogue.find(bench, "Case").found.key == "Case"


@pytest.mark.parametrize("wanted", ["Nonsense", "", "  ", "\ud800", "x" * 100_000])
def test_an_unknown_name_is_refused_with_a_short_sentence(bench, wanted):
    # Draft has no UId: an empty name must not find it.
    with pytest.raises(Refused, match="There is no package") as caught:
        catalogue.find(bench, wanted)
    assert len(caught.value.sentence) < 300


def test_an_unknown_number_is_refused(bench):
    for ask in (catalogue.status_of, catalogue.elements):
        with pytest.raises(Refused, match="There is no package “99”"):
            ask(bench, 99)


def test_the_elements_of_a_package_come_from_the_workspace(bench):
    found = catalogue.elements(bench, package_id(bench, "Case"))
    assert {(e.kind, e.name) for e in found} == {
        (ElementKind.SCHEMA, "A"),
        (ElementKind.SCHEMA, "B"),
        (ElementKind.FILE, "run.sh"),
        (ElementKind.FILE, "frozen.txt"),
    }


# The log


def test_opening_the_log_is_an_entry(bench):
    auditing.open_log(bench)
    entry = bench.store.ledger.last()
    assert entry is not None
    assert entry.event.description == "ann opened the audit log"


# Who sits here


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks another way")
def test_the_person_is_the_systems_user_whatever_the_environment_says(monkeypatch):
    import os
    import pwd

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody else")
    assert identity.current_person().user == pwd.getpwuid(os.geteuid()).pw_name


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks another way")
def test_a_user_without_a_name_has_a_number(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 4_000_000_000)
    assert identity.current_person().user == "uid 4000000000"


def test_the_address_is_one_of_this_machine_and_nothing_is_sent():
    address = identity.current_person().ip_address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        assert probe.getsockname()[0] == address


def test_without_a_network_the_address_is_the_machine_itself(monkeypatch):
    def unreachable(self, address):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(identity.socket, "socket", type("S", (socket.socket,), {"connect": unreachable}))
    assert identity.current_person().ip_address == "127.0.0.1"
