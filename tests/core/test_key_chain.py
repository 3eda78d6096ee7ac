"""What an entry announces of a signing key, and what is no announcement."""

from __future__ import annotations

import base64
import json

import pytest

from hotfix_desktop.core.key_chain import announced_in

PUBLIC = bytes(range(32))
GOOD = {"epoch": 2, "day": "2026-11-23", "public": base64.b64encode(PUBLIC).decode(), "note": "n"}


def test_an_announcement_is_read():
    key = announced_in(7, json.dumps(GOOD))
    assert (key.seq, key.epoch, key.day, key.public, key.note) == (7, 2, "2026-11-23", PUBLIC, "n")


@pytest.mark.parametrize(
    "detail",
    [
        "",
        "[]",
        "null",
        "{}",
        json.dumps({**GOOD, "public": "*"}),
        json.dumps({**GOOD, "public": 7}),
        json.dumps({**GOOD, "public": base64.b64encode(b"short").decode()}),
        json.dumps({**GOOD, "epoch": "two"}),
        json.dumps({**GOOD, "epoch": None}),
        json.dumps(GOOD).replace('"epoch": 2', '"epoch": 1e999'),
        '{"public": ' + "[" * 100_000,
    ],
)
def test_nonsense_is_no_announcement(detail):
    with pytest.raises(ValueError):
        announced_in(7, detail)
