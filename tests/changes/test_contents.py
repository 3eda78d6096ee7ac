"""The content store: what was recorded comes back to the byte, once, whole, or with a clear sentence."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from hotfix_desktop.changes import packs
from hotfix_desktop.changes.contents import Contents
from hotfix_desktop.core.errors import Cancelled, StoreError, WorkspaceError
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.progress import CancellableProgress

NOISE = random.Random(7).randbytes(700_000)


class Files:
    """Files as a reader reads them; ``asked`` are the paths that it was asked for."""

    def __init__(self, files: dict[bytes, bytes], chunk: int = 1 << 20) -> None:
        self.files = dict(files)
        self.asked: list[bytes] = []
        self._chunk = chunk

    def manifest(self) -> Manifest:
        return Manifest(
            {
                b"": Fact(Kind.FOLDER, 0o755, 0, (0, 0, 0), b""),
                **{
                    path: Fact(Kind.FILE, 0o644, len(data), (1, 2, 3), hashlib.sha256(data).digest())
                    for path, data in self.files.items()
                },
            }
        )

    def read(self, paths: Sequence[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
        for path in paths:
            self.asked.append(path)
            if path in self.files:
                data = self.files[path]
                yield path, iter([data[at : at + self._chunk] for at in range(0, len(data), self._chunk)])


@pytest.fixture
def contents(tmp_path):
    with closing(Contents(tmp_path / "contents.sqlite3")) as made:
        yield made


def names(path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


SHAPES = {
    "empty": {b"a": b""},
    "small": {b"a": b"one", b"b": b"two", b"S/c": b"one", b"\xff\n": b"odd"},
    "just a pack": {b"a": NOISE[: packs.PACK_BYTES - 1], b"b": b"x", b"c": NOISE[:10]},
    "a pack to the byte": {b"a": NOISE[: packs.PACK_BYTES], b"b": b"x"},
    "large between small ones": {b"a": b"first", b"b": NOISE * 4, b"c": b"last", b"d": NOISE[1:]},
    "a piece to the byte": {b"a": (NOISE * 2)[: packs.PIECE_BYTES], b"b": b"x" * (2 * packs.PIECE_BYTES)},
    "many": {b"%04d" % at: NOISE[at : at + 300] for at in range(3000)},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("chunk", [1 << 20, 70_001])
def test_what_was_recorded_comes_back_to_the_byte(contents, tmp_path, shape, chunk):
    files = Files(SHAPES[shape], chunk)
    tree = contents.record(files.manifest(), files.read).digest()
    contents.close()
    with closing(Contents(tmp_path / "contents.sqlite3", read_only=True)) as again:
        found = again.tree(tree)
        assert {path: again.read(fact.digest) for path, fact in found.items.items() if fact.digest} == files.files
        assert found.digest() == tree
        assert {fact.stamp for fact in found.items.values()} == {(0, 0, 0)}
        assert again.verify().is_sound


def test_what_is_kept_already_is_not_read_again(contents):
    files = Files({b"a": b"one", b"b": b"two"})
    contents.record(files.manifest(), files.read)
    files.asked.clear()
    contents.record(files.manifest(), files.read)
    assert files.asked == []
    files.files |= {b"b": b"new", b"c": b"one"}
    contents.record(files.manifest(), files.read)
    assert files.asked == [b"b"]


def test_equal_contents_are_kept_once_and_read_once(contents):
    files = Files({b"%d" % at: b"same" for at in range(20)} | {b"L1": NOISE, b"L2": NOISE})
    contents.record(files.manifest(), files.read)
    assert len(files.asked) == 2
    assert contents.verify().bytes == len(NOISE) + len(b"same")


def test_text_is_compressed_and_noise_is_not(contents, tmp_path):
    text = Files({b"a": b"the same words again and again " * 40_000})
    contents.record(text.manifest(), text.read)
    contents.close()
    assert (tmp_path / "contents.sqlite3").stat().st_size < 300_000
    assert packs.squeezed(NOISE)[2] is NOISE


def test_a_file_that_changes_while_it_is_read_is_recorded_as_it_was_read(contents):
    files = Files({b"a": b"one", b"b": b"one", b"c": b"three"})
    before = files.manifest()
    first = next(path for path in files.files if path == b"a")
    files.files[first] = b"changed meanwhile"
    recorded = contents.record(before, files.read)
    assert contents.read(recorded.items[b"a"].digest) == b"changed meanwhile"
    assert recorded.items[b"a"].size == len(b"changed meanwhile")
    assert contents.read(recorded.items[b"b"].digest) == b"one"  # it was to be the same content, and is read itself
    assert contents.has_tree(recorded.digest())
    assert not contents.has_tree(before.digest())


def test_a_file_that_cannot_be_read_is_unreadable_and_the_others_are_kept(contents):
    files = Files({b"a": b"one", b"b": b"one", b"c": b"three"})
    before = files.manifest()
    del files.files[b"a"]
    recorded = contents.record(before, files.read)
    assert recorded.items[b"a"].digest == UNREADABLE
    assert contents.read(recorded.items[b"b"].digest) == b"one"
    assert contents.verify().is_sound


def test_an_error_in_the_midst_of_a_large_file_leaves_nothing_of_it(contents):
    files = Files({b"a": b"small", b"b": NOISE * 3, b"c": b"after"})
    manifest = files.manifest()

    def read(paths):
        for path, chunks in files.read(paths):
            yield path, failing(chunks) if path == b"b" else chunks

    def failing(chunks):
        yield next(chunks)
        raise WorkspaceError("The disk gives an error.")

    recorded = contents.record(manifest, read)
    assert recorded.items[b"b"].digest == UNREADABLE
    assert [contents.read(recorded.items[path].digest) for path in (b"a", b"c")] == [b"small", b"after"]
    report = contents.verify()
    assert (report.is_sound, report.bytes) == (True, len(b"small") + len(b"after"))


def test_nothing_is_recorded_by_halves(contents):
    files = Files({b"%d" % at: NOISE[at:] for at in range(9)})
    progress = CancellableProgress()

    def read(paths):
        for number, pair in enumerate(files.read(paths)):
            if number == 6:
                progress.cancel()
                progress.check()
            yield pair

    with pytest.raises(Cancelled):
        contents.record(files.manifest(), read, progress)
    assert contents.verify().contents == 0
    assert contents.record(files.manifest(), files.read).digest() == files.manifest().digest()


def test_what_the_reader_refuses_is_told_and_nothing_is_kept(contents):
    files = Files({b"a": b"one"})

    def read(paths):
        raise WorkspaceError("The folder is not there.")
        yield

    with pytest.raises(WorkspaceError, match="not there"):
        contents.record(files.manifest(), read)
    assert not contents.has_tree(files.manifest().digest())


def test_a_question_makes_no_file(tmp_path):
    with closing(Contents(tmp_path / "contents.sqlite3")) as contents:
        assert not contents.has_tree(b"x" * 32)
        assert contents.has([b"x" * 32]) == set()
        assert contents.verify().is_sound
        contents.clean(set())
    assert names(tmp_path) == []


def test_a_file_that_was_made_is_handed_over(tmp_path):
    made = []
    files = Files({b"a": b"one"})
    with closing(Contents(tmp_path / "contents.sqlite3", made=made.append)) as contents:
        contents.record(files.manifest(), files.read)
        contents.close()
        contents.record(Files({b"b": b"two"}).manifest(), Files({b"b": b"two"}).read)
    assert made == [tmp_path / "contents.sqlite3"]


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_store_that_was_removed_or_replaced_is_opened_anew(contents, tmp_path, how):
    files = Files({b"a": b"one"})
    contents.record(files.manifest(), files.read)
    path = tmp_path / "contents.sqlite3"
    if how == "replaced":
        shutil.copy(path, tmp_path / "backup")
        os.replace(tmp_path / "backup", path)
    else:
        path.unlink()
    assert contents.has_tree(files.manifest().digest()) is (how == "replaced")
    more = Files({b"b": b"two"})
    for some in (files, more):
        contents.record(some.manifest(), some.read)
    with closing(Contents(path, read_only=True)) as other:
        assert other.read(hashlib.sha256(b"one").digest()) == b"one"
        assert other.read(hashlib.sha256(b"two").digest()) == b"two"


def test_two_programs_record_at_the_same_time_one_after_the_other(tmp_path):
    one, other = Contents(tmp_path / "contents.sqlite3"), Contents(tmp_path / "contents.sqlite3")
    files, theirs = Files({b"a": b"one"}), Files({b"b": b"two"})
    with closing(one), closing(other):
        one.record(files.manifest(), files.read)

        def read(paths):
            with other.waiting_at_most(0.0), pytest.raises(StoreError, match="Another program"):
                other.record(theirs.manifest(), theirs.read)
            yield from third.read(paths)

        third = Files({b"c": b"three"})
        one.record(third.manifest(), read)
        other.record(theirs.manifest(), theirs.read)
        assert one.read(hashlib.sha256(b"two").digest()) == b"two"


@pytest.mark.parametrize("how", ["flipped", "shorter", "other pack"])
@pytest.mark.parametrize("data", [b"some words " * 100, NOISE * 2], ids=["small", "large"])
def test_damage_is_told_and_never_given_out(contents, tmp_path, how, data):
    files = Files({b"Schemas/a.js": data})
    tree = contents.record(files.manifest(), files.read).digest()
    contents.close()
    with closing(sqlite3.connect(tmp_path / "contents.sqlite3")) as raw, raw:
        (number,) = raw.execute("SELECT max(id) FROM pack").fetchone()
        (packed,) = raw.execute("SELECT data FROM pack WHERE id = ?", (number,)).fetchone()
        if how == "flipped":
            packed = packed[:-9] + bytes([packed[-9] ^ 1]) + packed[-8:]
        elif how == "shorter":
            packed = packed[: len(packed) // 2]
        if how == "other pack":
            raw.execute("DELETE FROM pack WHERE id = ?", (number,))
        else:
            raw.execute("UPDATE pack SET data = ? WHERE id = ?", (packed, number))
    with pytest.raises(StoreError, match="damaged") as told:
        contents.read(hashlib.sha256(data).digest())
    assert "Verify" in told.value.remedy
    report = contents.verify()
    assert report.damaged == 1
    assert "Schemas/a.js" in report.damages[0]
    assert contents.tree(tree).items  # the tree itself is sound


def test_a_damaged_tree_is_told(contents, tmp_path):
    files = Files({b"a": b"one"})
    tree = contents.record(files.manifest(), files.read).digest()
    other = Files({b"b": b"two"})
    contents.close()
    with closing(sqlite3.connect(tmp_path / "contents.sqlite3")) as raw, raw:
        raw.execute("UPDATE tree SET data = ?", (other.manifest().encode(),))
    with pytest.raises(StoreError, match="damaged"):
        contents.tree(tree)
    assert contents.verify().damaged == 1
    with pytest.raises(StoreError, match="damaged"):
        contents.clean({tree})
    assert contents.has([hashlib.sha256(b"one").digest()])  # nobody knows what it needs: nothing is dropped


@pytest.mark.parametrize("column", ["tree.data", "content.size", "content.pack", "pack.data", "pack.size"])
def test_a_row_without_its_values_is_damage(contents, tmp_path, column):
    files = Files({b"a": b"one"})
    tree = contents.record(files.manifest(), files.read).digest()
    contents.close()
    table, name = column.split(".")
    with closing(sqlite3.connect(tmp_path / "contents.sqlite3")) as raw, raw:  # as a damaged page does it
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = ?", (table,))
    with closing(sqlite3.connect(tmp_path / "contents.sqlite3")) as raw, raw:
        raw.execute(f"UPDATE {table} SET {name} = NULL")
    with pytest.raises(StoreError, match="damaged"):
        contents.tree(tree) and contents.read(hashlib.sha256(b"one").digest())
    assert contents.verify().damaged


def test_what_is_not_there_is_told(contents):
    with pytest.raises(StoreError, match="not in the content store"):
        contents.tree(b"x" * 32)
    with pytest.raises(StoreError, match="not in the content store"):
        contents.read(b"x" * 32)


@pytest.mark.parametrize("what", ["text", "another database", "newer"])
def test_a_file_that_is_no_content_store_is_refused_and_not_touched(tmp_path, what):
    path = tmp_path / "contents.sqlite3"
    if what == "text":
        path.write_bytes(b"these are my notes, and they are long enough " * 100)
    else:
        files = Files({b"a": b"one"})
        with closing(Contents(path)) as first:
            first.record(files.manifest(), files.read)
        mark = "application_id = 7" if what == "another database" else "user_version = 99"
        with closing(sqlite3.connect(path)) as raw:
            raw.execute(f"PRAGMA {mark}")
    before = path.read_bytes()
    with closing(Contents(path)) as contents, pytest.raises(StoreError) as told:
        contents.record(Files({b"b": b"two"}).manifest(), Files({b"b": b"two"}).read)
    assert told.value.remedy
    assert path.read_bytes() == before


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_where_nothing_can_be_made_is_told(tmp_path):
    tmp_path.chmod(0o500)
    files = Files({b"a": b"one"})
    with (
        closing(Contents(tmp_path / "contents.sqlite3")) as contents,
        pytest.raises(StoreError, match="cannot be read"),
    ):
        contents.record(files.manifest(), files.read)


def test_a_missing_folder_is_told(tmp_path):
    files = Files({b"a": b"one"})
    with closing(Contents(tmp_path / "gone" / "c.sqlite3")) as contents, pytest.raises(StoreError) as told:
        contents.record(files.manifest(), files.read)
    assert told.value.remedy


def test_a_full_disk_is_told_and_what_was_kept_stays(contents):
    files = Files({b"a": b"one"})
    contents.record(files.manifest(), files.read)
    (pages,) = contents._db.execute("PRAGMA page_count").fetchone()
    contents._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    more = Files({b"b": NOISE})
    with pytest.raises(StoreError, match="full"):
        contents.record(more.manifest(), more.read)
    assert contents.read(hashlib.sha256(b"one").digest()) == b"one"
    assert contents.verify().is_sound
    contents._db.execute("PRAGMA max_page_count = 100000")
    contents.record(more.manifest(), more.read)
    assert contents.has_tree(more.manifest().digest())


class TestClean:
    """Only what nothing refers to goes."""

    @pytest.fixture
    def trees(self, contents):
        """Three trees an hour old: one that is needed, one that is not, and one that is pinned."""
        shared = {b"both": b"shared", b"large": NOISE * 2}
        needed = Files(shared | {b"a": b"needed"})
        dead = Files(shared | {b"a": b"dead", b"b": NOISE[5:] * 2, b"c": NOISE[:500]})
        pinned = Files({b"p": b"pinned"})
        found = [contents.record(files.manifest(), files.read).digest() for files in (needed, dead)]
        found.append(contents.record(pinned.manifest(), pinned.read, pinned=True).digest())
        contents._db.execute("UPDATE tree SET recorded = recorded - 4000")
        return found

    def test_drops_what_nothing_needs(self, contents, trees, tmp_path):
        size = (tmp_path / "contents.sqlite3").stat().st_size
        needed, _, pinned = trees
        done = contents.clean({needed})
        assert (done.trees, done.contents) == (1, 3)
        assert done.bytes == len(b"dead") + 2 * len(NOISE[5:]) + 500
        assert size - (tmp_path / "contents.sqlite3").stat().st_size == done.freed >= len(NOISE)
        assert [contents.has_tree(tree) for tree in trees] == [True, False, True]
        for tree in (needed, pinned):
            for fact in contents.tree(tree).items.values():
                if fact.digest:
                    assert hashlib.sha256(contents.read(fact.digest)).digest() == fact.digest
        assert contents.verify().is_sound

    def test_leaves_what_was_recorded_just_now(self, contents, trees):
        fresh = Files({b"f": b"fresh"})
        tree = contents.record(fresh.manifest(), fresh.read).digest()
        contents.clean(set())
        assert contents.has_tree(tree)
        assert contents.read(hashlib.sha256(b"fresh").digest()) == b"fresh"

    def test_leaves_an_old_tree_that_was_just_recorded_again(self, contents, trees):
        again = Files({b"both": b"shared", b"large": NOISE * 2, b"a": b"needed"})
        assert contents.record(again.manifest(), again.read).digest() == trees[0]
        contents.clean(set())
        assert [contents.has_tree(tree) for tree in trees] == [True, False, True]

    def test_asks_what_is_live_while_nobody_else_can_record(self, contents, trees, tmp_path):
        def live():
            more = Files({b"m": b"more"})
            with (
                closing(Contents(tmp_path / "contents.sqlite3")) as other,
                other.waiting_at_most(0.0),
                pytest.raises(StoreError, match="Another program"),
            ):
                other.record(more.manifest(), more.read)
            return {trees[0]}

        assert contents.clean(live).trees == 1

    def test_refuses_when_what_is_to_go_is_newer_than_what_is_known(self, contents, trees):
        (recorded,) = contents._db.execute("SELECT recorded FROM tree WHERE digest = ?", (trees[1],)).fetchone()
        with pytest.raises(StoreError, match="newer than every hotfix"):
            contents.clean({trees[0]}, known_until=recorded - 1)
        assert all(contents.has_tree(tree) for tree in trees)
        assert contents.clean({trees[0]}, known_until=recorded).trees == 1

    def test_another_program_that_read_before_reads_what_came_after(self, contents, tmp_path):
        path = tmp_path / "contents.sqlite3"
        files, more = Files({b"a": b"1" * 1000}), Files({b"a": b"2" * 1000})
        with closing(Contents(path)) as other:
            contents.record(files.manifest(), files.read)
            assert other.read(hashlib.sha256(b"1" * 1000).digest()) == b"1" * 1000
            contents._db.execute("UPDATE tree SET recorded = 0")
            contents.clean(set())
            contents.record(more.manifest(), more.read)
            assert other.read(hashlib.sha256(b"2" * 1000).digest()) == b"2" * 1000

    def test_what_is_recorded_after_it_comes_back(self, contents, trees):
        contents.clean(set())
        again = Files({b"x": NOISE[5:] * 2, b"y": b"more"})
        contents.record(again.manifest(), again.read)
        assert contents.read(hashlib.sha256(NOISE[5:] * 2).digest()) == NOISE[5:] * 2
        assert contents.verify().is_sound

    def test_cancelled_changes_nothing(self, contents, trees):
        progress = CancellableProgress()
        progress.cancel()
        with pytest.raises(Cancelled):
            contents.clean(set(), progress)
        assert all(contents.has_tree(tree) for tree in trees)
