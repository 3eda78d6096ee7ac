"""Writing archives: any names and bytes come back, the same files are the same bytes, and a server would take them."""

import gzip
import os
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.progress import CancellableProgress
from hotfix_desktop.workspaces import archive_gz
from hotfix_desktop.workspaces.archive_names import name_problem, names_problem
from hotfix_desktop.workspaces.archives import CreatioArchives, open_archive
from hotfix_desktop.workspaces.port import BadArchive
from tests.packed import FILES, UID, bundle, descriptor, package, stream

LIMIT = 1 << 26
ARCHIVES = CreatioArchives()
CONTENTS = {name.replace("\\", "/").encode(): content for name, content in FILES.items()}


def written(files: dict[bytes, bytes]) -> bytes:
    made = BytesIO()
    ARCHIVES.write_package(made, ((path, [content]) for path, content in files.items()))
    return made.getvalue()


def read(folder: Path, data: bytes) -> dict[str, dict[bytes, bytes]]:
    path = folder / "archive"
    path.write_bytes(data)
    with open_archive(path, LIMIT) as archive:
        return {
            found.found.name: {p: b"".join(pieces) for p, pieces in archive.read(found, list(found.files))}
            for found in archive.packages
        }


parts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)
files = st.dictionaries(paths, st.binary(max_size=300), max_size=8)


@given(names=files)
@settings(max_examples=300, deadline=None)
def test_any_names_and_bytes_come_back_or_are_refused(tmp_path_factory, names):
    folder = tmp_path_factory.getbasetemp()
    given_files = {**names, "descriptor.json": descriptor()}
    packed = {name.encode(): data for name, data in given_files.items()}
    bad = names_problem(given_files) or next((problem for name in given_files if (problem := name_problem(name))), "")
    if bad:
        with pytest.raises(BadArchive, match="No archive can hold"):
            written(packed)
        return
    data = written(packed)
    assert read(folder, data) == {"UsrPage": packed}
    assert written(packed) == data


letters = st.characters(categories=["L", "N", "So"], include_characters=" .-_()")
good_paths = st.lists(st.text(letters, min_size=1, max_size=12), min_size=1, max_size=4).map("/".join)


@given(names=st.dictionaries(good_paths, st.binary(max_size=300), max_size=8), order=st.randoms())
@settings(max_examples=200, deadline=None)
def test_good_names_come_back_in_their_order(tmp_path_factory, names, order):
    assume(not any(map(name_problem, names)) and not names_problem([*names, "descriptor.json"]))
    shuffled = [*names.items(), ("descriptor.json", descriptor())]
    order.shuffle(shuffled)
    packed = {name.encode(): data for name, data in shuffled}
    found = read(tmp_path_factory.getbasetemp(), written(packed))["UsrPage"]
    assert list(found.items()) == list(packed.items())


def test_what_was_read_is_written_to_the_same_records(tmp_path):
    data = package()
    assert gzip.decompress(written(read(tmp_path, data)["UsrPage"])) == gzip.decompress(data) == stream()


def test_the_header_is_that_of_a_server():
    data = written(CONTENTS)
    assert data[:10].hex() == "1f8b0800000000000400"
    assert data[-8:] == struct.pack("<II", zlib.crc32(stream()), len(stream()))


def test_the_order_of_most_archives():
    ordered = [
        b"descriptor.json",
        b"a.txt",
        b"B.txt",
        b"Data/b/x.json",
        b"Files/z.txt",
        b"Files/a/y.txt",
        b"files.d/x",
        b"Schemas/A/metadata.json",
    ]
    assert ARCHIVES.ordered(reversed(ordered)) == ordered
    assert ARCHIVES.ordered([b"a/x", b"A/x", b"a/X"]) == ARCHIVES.ordered([b"a/X", b"A/x", b"a/x"])


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (b"Files/\xff.txt", "“Files/\\xff.txt”: its name is not UTF-8."),
        (b"Files/a\nb", "“Files/a\\nb”: its name holds control characters."),
        (b"Files/a\\b", "its name holds a slash or backslash that separates no folders."),
        (b"Files/con", "for a device"),
        (b"", "its name is empty"),
    ],
)
def test_a_name_that_no_reader_takes_is_not_written(path, says):
    with pytest.raises(BadArchive) as caught:
        written({**CONTENTS, path: b""})
    assert caught.value.sentence.startswith("No archive can hold the file “")
    assert says in caught.value.sentence
    assert str(caught.value).isprintable()


def test_names_that_are_one_on_windows_are_not_written():
    with pytest.raises(BadArchive, match="No archive can hold this package: “Files/a” and “Files/A”"):
        written({**CONTENTS, b"Files/a": b"", b"Files/A": b""})


def test_a_file_too_large_for_an_int_is_not_written(monkeypatch):
    monkeypatch.setattr(archive_gz, "CONTENT_LIMIT", 100)
    assert written({b"descriptor.json": bytes(100)})
    with pytest.raises(BadArchive, match="is larger than 2 GB"):
        written({b"descriptor.json": bytes(101)})


def test_large_contents_wait_on_disk_and_come_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_gz, "_SMALL", 1000)
    large = os.urandom(700)
    made = BytesIO()
    ARCHIVES.write_package(made, [(b"descriptor.json", [descriptor()]), (b"Files/large", [large] * 9)])
    assert read(tmp_path, made.getvalue())["UsrPage"][b"Files/large"] == large * 9


def test_writing_can_be_cancelled_within_a_file():
    progress = CancellableProgress()

    def pieces():
        yield b"a"
        progress.cancel()
        yield b"b"

    with pytest.raises(Cancelled):
        ARCHIVES.write_package(BytesIO(), [(b"descriptor.json", pieces())], progress)


def test_what_the_contents_raise_is_passed_on():
    def failing():
        yield b"a"
        raise WorkspaceError("The disk gives an error.")

    with pytest.raises(WorkspaceError, match="The disk gives an error"):
        ARCHIVES.write_package(BytesIO(), [(b"descriptor.json", failing())])


def test_a_bundle_is_a_zip_of_packages(tmp_path):
    other = {b"descriptor.json": descriptor("Other", UID[:-1] + "0"), b"Files/x": b"x"}

    def make() -> bytes:
        made = BytesIO()
        packages = [("UsrPage", CONTENTS), ("Other", other)]
        ARCHIVES.write_bundle(made, [(name, ((p, [c]) for p, c in held.items())) for name, held in packages])
        return made.getvalue()

    data = make()
    assert read(tmp_path, data) == {"UsrPage": CONTENTS, "Other": other}
    assert data == make()
    with zipfile.ZipFile(BytesIO(data)) as zipped:
        assert zipped.testzip() is None
        assert zipped.namelist() == ["UsrPage.gz", "Other.gz"]
        assert {entry.create_system for entry in zipped.infolist()} == {0}
        assert zipped.read("UsrPage.gz") == written(CONTENTS)


def test_a_bundle_that_was_read_is_written_again_with_the_same_contents(tmp_path):
    first = read(tmp_path, bundle({"UsrPage.gz": package()}))
    made = BytesIO()
    ARCHIVES.write_bundle(made, [(name, ((p, [c]) for p, c in held.items())) for name, held in first.items()])
    assert read(tmp_path, made.getvalue()) == first


def test_a_package_whose_name_is_no_name_of_a_file_is_not_bundled():
    with pytest.raises(BadArchive, match="No archive can hold the package “a/b”"):
        ARCHIVES.write_bundle(BytesIO(), [("a/b", [])])
