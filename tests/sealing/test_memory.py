"""What anchors there are, remembered outside of the database."""

from __future__ import annotations

import pytest

from hotfix_desktop.sealing.memory import KnownPlaces, Memory


def test_it_gives_back_what_was_saved_last(tmp_path):
    memory = Memory(tmp_path / "known" / "w.json")
    assert memory.load() == KnownPlaces()
    memory.save(KnownPlaces({"/a": 3}))
    kept = KnownPlaces({"/b": 5}, True, frozenset({"ann", "Ганна"}))
    memory.save(kept)
    assert Memory(tmp_path / "known" / "w.json").load() == kept
    assert [path.name for path in (tmp_path / "known").iterdir()] == ["w.json"]


def test_what_an_older_version_remembered_is_taken(tmp_path):
    (tmp_path / "w.json").write_text('{"folders": {"/a": 3}, "journal": true}', "utf-8")
    assert Memory(tmp_path / "w.json").load() == KnownPlaces({"/a": 3}, True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"folders": 5, "journal": true}', '{"folders": {"/a": "x"}}'])
def test_nonsense_is_nothing_and_is_said(tmp_path, text, expected_log):
    (tmp_path / "w.json").write_text(text, "utf-8")
    assert Memory(tmp_path / "w.json").load() == KnownPlaces()
    assert "not remembered" in expected_log.messages[0]


def test_a_place_that_takes_nothing_stops_nobody(tmp_path, expected_log):
    (tmp_path / "known").write_text("a file", "utf-8")
    Memory(tmp_path / "known" / "w.json").save(KnownPlaces({"/a": 3}))
    assert "cannot be remembered" in expected_log.messages[0]
