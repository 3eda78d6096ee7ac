"""The letter to another maintainer, with its archive: written whole and entered, or not at all."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.errors import Denied, InvalidInput, Refused
from hotfix_desktop.services import hotfixes, letters
from hotfix_desktop.services.delivery_steps import what_to_deliver
from hotfix_desktop.services.undelivered import undelivered
from tests.services.delivery_world import BASE, UNREAD, delivery_bench, hotfix
from tests.services.world import entries, package_id, protected

TO = "support@creatio.example"


@pytest.fixture
def bench(world):
    return protected(world.bench())


@pytest.fixture
def number(bench):
    """A hotfix that changed one file and added another."""
    hotfix = hotfixes.unlock(bench, package_id(bench, "Case"), "wrong VAT", "INC-1")
    bench.workspace.files["Case"]["Schemas/B/schema.js"] = (0o600, b"repaired\n")
    bench.workspace.files["Case"]["Files/new.cs"] = (0o644, b"class New {}\n")
    hotfixes.lock(bench, hotfix.package_id)
    return hotfix.number


def letter_of(bench, number, **more):
    return replace(letters.draft_letter(bench, [number]).letter, **{"to": TO, **more})


def test_a_draft_writes_nothing_and_knows_what_was_changed(bench, number, tmp_path):
    draft = letters.draft_letter(bench, [number])
    assert [(file.change.value, file.path) for file in draft.files] == [
        ("Added", "Files/new.cs"),
        ("Modified", "Schemas/B/schema.js"),
    ]
    assert draft.letter.to == ""
    assert "Case 8.1.0" in draft.letter.subject
    assert list(tmp_path.glob("*.zip")) == []


def test_the_archive_has_letter_patch_files_and_versions(bench, number, tmp_path):
    letter = letter_of(bench, number)
    (kept,) = letters.send_letter(bench, [number], letter, tmp_path)
    path = tmp_path / f"{letter.id}.zip"
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        assert sorted(packed.namelist()) == [
            "after/Files/new.cs",
            "after/Schemas/B/schema.js",
            "before/Schemas/B/schema.js",
            "changes.patch",
            "environment.json",
            "letter.txt",
        ]
        assert packed.read("before/Schemas/B/schema.js") == b"b"
        assert packed.read("after/Schemas/B/schema.js") == b"repaired\n"
        patch = packed.read("changes.patch").decode()
        assert patch.startswith("# Case 8.1.0 (UId ")
        assert "# * 2026-" in patch
        assert " UTC: wrong VAT (ticket INC-1)\n" in patch
        assert "+repaired\n" in patch
        told = json.loads(packed.read("environment.json"))
    assert told["package"]["version"] == "8.1.0"
    assert told["hotfixes"][0]["ticket"] == "INC-1"
    assert kept.receipt.facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    mail = message_from_bytes((tmp_path / f"{letter.id}.eml").read_bytes(), policy=default)
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == path.read_bytes()


def test_the_letter_is_a_receipt_and_its_contact_is_remembered(bench, number, tmp_path):
    letter = letter_of(bench, number)
    letters.send_letter(bench, [number], letter, tmp_path)
    assert undelivered(bench) == {}
    event = next(line.entry().event for line in entries(bench) if line.type == AuditType.DELIVERED.value)
    assert event.description.startswith(f"Letter {letter.id} to {TO} (hotfix {number} of Case)")
    assert json.loads(event.detail)["receipt"]["address"] == TO
    assert letters.draft_letter(bench, [number]).letter.to == TO


@pytest.mark.parametrize(
    ("field", "more"), [("contact", {"to": ""}), ("body", {"body": ""}), ("subject", {"subject": " "})]
)
def test_nonsense_writes_nothing(bench, number, tmp_path, field, more):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InvalidInput) as refused:
        letters.send_letter(bench, [number], letter_of(bench, number, **more), tmp_path)
    assert refused.value.field == field
    assert sorted(tmp_path.iterdir()) == before
    assert undelivered(bench)


def test_a_folder_that_is_not_there_is_refused(bench, number, tmp_path):
    with pytest.raises(Refused, match="There is no folder"):
        letters.send_letter(bench, [number], letter_of(bench, number), tmp_path / "away")
    assert undelivered(bench)


def test_a_failure_at_the_very_end_leaves_no_file_and_no_entry(bench, number, tmp_path, monkeypatch):
    before = sorted(tmp_path.iterdir())
    landed = []
    real = letters.Landing.land

    def land(self):
        if landed:
            raise letters.StoreError("the disk is gone")
        landed.append(self.target)
        real(self)

    monkeypatch.setattr(letters.Landing, "land", land)
    with pytest.raises(letters.StoreError, match="the disk is gone"):
        letters.send_letter(bench, [number], letter_of(bench, number), tmp_path)
    assert landed
    assert sorted(tmp_path.iterdir()) == before
    assert undelivered(bench)
    assert bench.store.contacts.get("Customer") == ""


def test_a_failure_at_the_very_end_puts_older_files_back(bench, number, tmp_path, monkeypatch):
    letter = letter_of(bench, number)
    places = [tmp_path / f"{letter.id}{ending}" for ending in (".zip", ".eml")]
    for place in places:
        place.write_text(f"older {place.suffix}")
    before = sorted(tmp_path.iterdir())
    real = letters.Landing.land

    def land(self):
        real(self)
        if self.target.suffix == ".eml":
            raise letters.StoreError("the disk is gone")

    monkeypatch.setattr(letters.Landing, "land", land)
    with pytest.raises(letters.StoreError, match="the disk is gone"):
        letters.send_letter(bench, [number], letter, tmp_path)
    assert [place.read_text() for place in places] == ["older .zip", "older .eml"]
    assert sorted(tmp_path.iterdir()) == before


def test_what_could_not_be_read_is_named_and_the_hotfix_waits(world, tmp_path):
    bench = delivery_bench(world, "Creatio")
    number = hotfix(bench, BASE, {**BASE, "Schemas/A/A.js": b"x", "Schemas/B/B.cs": UNREAD})
    draft = letters.draft_letter(bench, [number])
    assert draft.left == ("Schemas/B/B.cs",)
    (kept,) = letters.send_letter(bench, [number], replace(draft.letter, to=TO), tmp_path)
    assert kept.receipt.sentence.endswith(f" to {TO}, 1 of 2 files; left out: Schemas/B/B.cs")
    assert [fixes.hotfixes for fixes in undelivered(bench).values()] == [(number,)]


def test_nobody_else_may_send_it(world, bench, number, tmp_path):
    before = sorted(tmp_path.iterdir())
    bob = world.bench("bob")
    with pytest.raises(Denied):
        letters.send_letter(bob, [number], letter_of(bench, number), tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_is_shown_before_and_after(bench, number):
    assert letters.versions_of(bench, [number], "Schemas/B/schema.js") == (b"b", b"repaired\n")
    assert letters.versions_of(bench, [number], "Files/new.cs") == (None, b"class New {}\n")
    with pytest.raises(Refused, match="did not change"):
        letters.versions_of(bench, [number], "descriptor.json")


def test_outsiders_read_nothing_and_the_attempt_is_entered(world, bench, number):
    outsider, delivered = world.bench("outsider"), what_to_deliver(bench, [number])
    before = len(entries(bench))
    for attempt in (
        lambda: letters.draft_letter(outsider, [number]),
        lambda: letters.versions_of(outsider, [number], "Schemas/B/schema.js"),
        lambda: list(letters.patch_of(outsider, delivered, "x.patch")),
    ):
        with pytest.raises(Denied):
            attempt()
    assert len(entries(bench)) == before + 3
