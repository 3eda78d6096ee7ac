"""The receipt of a delivery that leaves files out."""

from __future__ import annotations

from hotfix_desktop.core.deliveries import DeliveryKind, Receipt

RECEIPT = Receipt(DeliveryKind.COMMIT, "Commit 1a2b3c4 on fix in billing", {"branch": "fix"})


def test_a_whole_delivery_has_nothing_to_tell():
    assert RECEIPT.without([], 3, []) is RECEIPT


def test_a_part_names_what_is_missing_and_who_waits_for_it():
    part = RECEIPT.without(["a", "b"], 5, [3, 4])
    assert part.sentence == "Commit 1a2b3c4 on fix in billing, 3 of 5 files; left out: a, b"
    assert part.facts == {"branch": "fix", "left_out": "2: a, b", "waiting": "3, 4"}


def test_of_many_files_the_first_are_named():
    part = RECEIPT.without([f"f{number:02}" for number in range(1234)], 2000, [3])
    assert part.sentence.endswith(", 766 of 2,000 files; left out: f00, f01, f02 and 1,231 more")
    assert part.facts["left_out"].startswith("1234: f00, f01, ")
    assert part.facts["left_out"].endswith(", f19 and 1,214 more")
