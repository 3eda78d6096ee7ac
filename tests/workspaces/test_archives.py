"""Reading archives: what is in them, and a sentence for everything that is wrong with them."""

import gzip
import hashlib
import os
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest

from hotfix_desktop.core.errors import Cancelled, WorkspaceError
from hotfix_desktop.core.progress import CancellableProgress, Progress
from hotfix_desktop.workspaces import archive_gz, archive_zip, archives
from hotfix_desktop.workspaces.archives import CreatioArchives, open_archive
from hotfix_desktop.workspaces.port import BadArchive
from tests.packed import FILES, UID, bundle, descriptor, package, record, stream

MEGABYTE = 1 << 20
OTHER = "7f1b5f6e-52a1-4c0e-9d52-0b6f1c3a7e45"


@pytest.fixture
def given(tmp_path):
    """Writes an archive into a file of its own."""

    def write(data: bytes, name: str = "given.gz") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def contents(archive) -> list[dict[str, bytes]]:
    return [
        {path.decode(): b"".join(pieces) for path, pieces in archive.read(found, list(found.files))}
        for found in archive.packages
    ]


def refused(path: Path, limit: int = 64 * MEGABYTE) -> BadArchive:
    before = set(os.listdir(path.parent))
    with pytest.raises(BadArchive) as caught:
        open_archive(path, limit, spool=path.parent)
    assert set(os.listdir(path.parent)) == before
    assert caught.value.sentence.endswith(".")
    assert str(caught.value).isprintable()
    return caught.value


# What is in them


def test_a_package_is_what_its_records_say(given):
    data = package()
    with open_archive(given(data), MEGABYTE) as archive:
        (found,) = archive.packages
        assert contents(archive) == [{name.replace("\\", "/"): content for name, content in FILES.items()}]
        assert (found.found.key, found.found.name, found.found.uid) == ("UsrPage", "UsrPage", UID)
        assert (found.found.version, found.found.maintainer) == ("1.0.0", "Customer")
        assert archive.sha256 == hashlib.sha256(data).digest()
        for path, file in found.files.items():
            content = FILES[path.decode().replace("/", "\\")]
            assert (file.path, file.size, file.digest) == (path, len(content), hashlib.sha256(content).digest())


def test_forward_slashes_are_read_too(given):
    files = {name.replace("\\", "/"): content for name, content in FILES.items()}
    with open_archive(given(package(files)), MEGABYTE) as archive:
        assert contents(archive) == [files]


def test_names_beyond_the_first_plane_are_counted_in_code_units(given):
    files = {**FILES, "Files\\\U0001f600 Рахунок.txt": b"x"}
    with open_archive(given(package(files)), MEGABYTE) as archive:
        assert "Files/\U0001f600 Рахунок.txt".encode() in archive.packages[0].files


def test_files_are_read_in_the_order_asked_for_and_as_often(given):
    with open_archive(given(package()), MEGABYTE) as archive:
        asked = [b"Schemas/UsrPage/metadata.json", b"descriptor.json", b"Schemas/UsrPage/metadata.json"]
        found = [(path, b"".join(pieces)) for path, pieces in archive.read(archive.packages[0], asked)]
        assert [path for path, _ in found] == asked
        assert [len(content) for _, content in found] == [2, len(descriptor()), 2]
        with pytest.raises(KeyError):
            list(archive.read(archive.packages[0], [b"elsewhere"]))


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64, 1000])
def test_records_may_be_cut_anywhere(given, monkeypatch, block):
    """Names, lengths and contents go on in the next piece."""
    files = {**FILES, "Files\\large.bin": bytes(range(256)) * 9, "Files\\last": b"z"}
    path = given(package(files))
    monkeypatch.setattr(archive_gz, "BLOCK", block)
    with open_archive(path, MEGABYTE) as archive:
        assert list(contents(archive)[0].values()) == list(files.values())
        assert [f.digest for f in archive.packages[0].files.values()] == [
            hashlib.sha256(content).digest() for content in files.values()
        ]


def test_a_file_larger_than_a_piece_comes_in_pieces(given):
    large = os.urandom(MEGABYTE) * 3 + b"end"
    with open_archive(given(package({**FILES, "Files\\large": large, "Files\\b": b"b"})), 8 * MEGABYTE) as archive:
        found = {path: list(pieces) for path, pieces in archive.read(archive.packages[0], [b"Files/large", b"Files/b"])}
    assert b"".join(found[b"Files/large"]) == large
    assert max(map(len, found[b"Files/large"])) <= MEGABYTE
    assert found[b"Files/b"] == [b"b"]


def test_streams_that_follow_each_other_and_zeros_at_the_end_are_gzip(given):
    whole = stream()
    data = gzip.compress(whole[:40]) + gzip.compress(whole[40:]) + bytes(700)
    with open_archive(given(data), MEGABYTE) as archive:
        assert len(archive.packages[0].files) == len(FILES)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_holds_several_packages(given, method):
    other = {"descriptor.json": descriptor("UsrOther", OTHER), "Files\\x": b"other"}
    data = bundle({"UsrPage.gz": package(), "UsrOther.gz": package(other)}, method)
    with open_archive(given(data, "any name"), MEGABYTE) as archive:
        assert [found.found.name for found in archive.packages] == ["UsrPage", "UsrOther"]
        assert contents(archive)[1]["Files/x"] == b"other"
        assert contents(archive)[0]["Schemas/UsrPage/metadata.json"] == b"{}"
        assert archive.sha256 == hashlib.sha256(data).digest()


def test_nothing_of_an_open_archive_has_a_name_and_closing_twice_is_no_error(given, tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    archive = open_archive(given(bundle({"UsrPage.gz": package()})), MEGABYTE, spool=spool)
    assert not list(spool.iterdir())
    archive.close()
    archive.close()
    with pytest.raises(ValueError, match="closed"):
        contents(archive)


def test_the_archive_may_go_away_once_it_is_open(given):
    path = given(package())
    with open_archive(path, MEGABYTE) as archive:
        path.write_bytes(b"something else")
        path.unlink()
        assert len(contents(archive)[0]) == 3


def test_unpacked_elsewhere_where_the_folder_takes_nothing(given, tmp_path):
    with CreatioArchives(tmp_path / "not there").open(given(package()), MEGABYTE) as archive:
        assert len(contents(archive)[0]) == 3


def test_progress_goes_through_the_packed_file(given):
    heard: list[tuple[int, int]] = []

    class Ears(Progress):
        def step(self, done: int, total: int = 0, what: str = "") -> None:
            heard.append((done, total))

    data = package({**FILES, "Files\\noise": os.urandom(MEGABYTE)})
    open_archive(given(data), 4 * MEGABYTE, Ears()).close()
    assert len(heard) >= 4
    assert heard == sorted(heard)
    assert {total for _, total in heard} == {len(data)}


@pytest.mark.parametrize("zipped", [False, True])
def test_reading_can_be_cancelled(given, tmp_path, zipped):
    data = bundle({"UsrPage.gz": package()}) if zipped else package()
    progress = CancellableProgress()
    progress.cancel()
    path = given(data)
    with pytest.raises(Cancelled):
        open_archive(path, MEGABYTE, progress, spool=tmp_path)
    assert os.listdir(tmp_path) == [path.name]


# What is wrong with them


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file given.gz is empty."),
        (b"hello, I am a text", "The file given.gz is neither a .gz nor a .zip of packages."),
        (b"\x1f\x8bnonsense", "The archive is damaged: it cannot be unpacked."),
        (gzip.compress(b"just a text file, compressed", mtime=0), "The archive is not that of a Creatio package."),
        (gzip.compress(b"", mtime=0), "The archive is empty: it holds no files."),
        (gzip.compress(b"ab", mtime=0), "The archive is not that of a Creatio package."),
        (package()[:-1], "The archive is not complete: it ends in the middle."),
        (package()[:50], "The archive is not complete: it ends in the middle."),
        (package()[:11], "The archive is not complete: it ends in the middle."),
        (package()[:-8] + bytes(8), "The archive is damaged: it cannot be unpacked."),
        (package() + b"trailing", "The archive is damaged: it cannot be unpacked."),
        (package() + gzip.compress(b"", mtime=0) * 1001, "The archive is damaged: it is made of too many pieces."),
        (package(more=struct.pack("<i", 0)), "a file in it has an empty name, behind “Data/Status/filter.json”"),
        (package(more=struct.pack("<i", -5)), "the length of a name is -5, behind"),
        (package(more=struct.pack("<i", 2**30)), "a name has 1,073,741,824 characters, and 1,000 are allowed"),
        (package(more=struct.pack("<i", 10)), "it ends in the middle of a name"),
        (package(more=b"\1"), "it ends in the middle of a name"),
        (package(more=record("a", b"")[:-2]), "it ends in the middle of a name"),
        (package(more=record("a", b"", size=-1)), "the size of “a” is -1 bytes"),
        (package(more=record("a", b"xyz", size=10)), "“a” should have 10 bytes, and 7 bytes of them are missing"),
        (package(more=record("a", b"", size=2**31 - 1)), "The archive unpacks to more than 64 MB"),
        (package(more=record("..\\evil", b"")), "holds “../evil”, which is not allowed: its name leads out"),
        (package(more=record("C:\\evil", b"")), "its name begins with a drive"),
        (package(more=record("\\evil", b"")), "the path of a place outside of the package"),
        (package(more=record("Files\\a:b", b"")), "holds a colon"),
        (package(more=record("Files\\con", b"")), "Windows takes “con” for a device"),
        (package(more=record("Files\\a.", b"")), "ends with a dot or a blank"),
        (package(more=record("Files\\\ud83d", b"")), "holds half of a surrogate pair"),
        (package(more=record("Files\\\ude00a", b"")), "holds half of a surrogate pair"),
        (package(more=record("a\0b", b"")), "control characters"),
        (package(more=record("descriptor.json", b"")), "The archive cannot be used: “descriptor.json” is there twice."),
        (package(more=record("DESCRIPTOR.json", b"")), "would be one file on Windows and macOS"),
        (package(more=record("Data\\Status", b"")), "“Data/Status” is a file, and the folder of “Data/"),
        (package({"Files\\a": b""}), "The archive is not that of a package: it holds no descriptor.json."),
        (package({"a\\descriptor.json": descriptor()}), "it holds no descriptor.json"),
        (package({"descriptor.json": b""}), "The archive cannot be used: its descriptor.json is not valid JSON."),
        (package({"descriptor.json": b"[" * 99_999}), "its descriptor.json is nested too deeply"),
        (package({"descriptor.json": b'{"SqlScript": {}}'}), "its descriptor.json has no Descriptor section"),
        (package({"descriptor.json": descriptor(uid="")}), "its descriptor.json has no UId"),
        (package({"descriptor.json": descriptor(name="")}), "its descriptor.json has no name"),
        (package({"descriptor.json": b" " * (5 << 20)}), "its descriptor.json is too large (5,242,880 bytes)"),
        (package({"descriptor.json": descriptor("..")}), "“..” is no name for a package"),
        (package({"descriptor.json": descriptor(".hidden")}), "is no name for a package: it begins with a dot"),
        (package({"descriptor.json": descriptor("a/b")}), "“a/b” is no name for a package"),
        (package({"descriptor.json": descriptor("Con")}), "“Con” is no name for a package"),
        (bundle({}), "The archive is empty: it holds no packages."),
        (bundle({"readme.txt": b""}), "holds “readme.txt”, and a .zip of packages holds nothing but their .gz files"),
        (bundle({"a/UsrPage.gz": package()}), "holds “a/UsrPage.gz”, and a .zip of packages"),
        (bundle({"folder/": b""}), "holds “folder/”, and a .zip of packages"),
        (bundle({"..gz": package()}), "which is not allowed"),
        (bundle({"con.gz": package()}), "for a device"),
        (bundle({"UsrPage.gz": package(), "usrpage.GZ": package()}), "“usrpage.GZ” is there twice"),
        (bundle({"Other.gz": package()}), "“Other.gz” in the archive holds another package: the descriptor.json in it"),
        (bundle({"UsrPage.gz": package(), "X.gz": package({"descriptor.json": descriptor("X")})}), "are one package"),
        (bundle({"UsrPage.gz": b"no gzip"}), "“UsrPage.gz” in the archive is damaged: it cannot be unpacked"),
        (bundle({"UsrPage.gz": b""}), "“UsrPage.gz” in the archive is not complete"),
        (bundle({"UsrPage.gz": package()}, zipfile.ZIP_LZMA), "is compressed in a way that Creatio does not use"),
        (bundle({"UsrPage.gz": package()})[:-9], "The archive is damaged: it is no sound .zip."),
        (bundle({"UsrPage.gz": package()})[:60], "The archive is damaged: it is no sound .zip."),
        (b"PK\x03\x04 nonsense", "The archive is damaged: it is no sound .zip."),
    ],
)  # fmt: skip
def test_a_bad_archive_has_a_sentence(given, data, says):
    assert says in refused(given(data)).sentence


def changed_zip(number: int, value: int, *, at: int, form: str = "<H") -> bytes:
    """Change a field of a zip's listing, and in the header before the contents where that has it, too."""
    data = bytearray(bundle({"UsrPage.gz": package()}))
    struct.pack_into(form, data, data.index(b"PK\x01\x02") + at, value)
    if number:
        struct.pack_into(form, data, number, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (changed_zip(6, 1, at=8), "The archive is encrypted: “UsrPage.gz” asks for a password."),
        (changed_zip(6, 0x2000, at=8), "The archive is encrypted"),
        (changed_zip(0, 0o120777 << 16, at=38, form="<I"), "holds “UsrPage.gz”, which is a link, and links are not"),
        (changed_zip(14, 7, at=16, form="<I"), "The archive is damaged: it is no sound .zip."),
        (changed_zip(0, 2**31, at=42, form="<I"), "The archive is damaged: it is no sound .zip."),
        (changed_zip(0, 2**31, at=24, form="<I"), "The archive unpacks to more than 64 MB"),
    ],
)  # fmt: skip
def test_tricks_of_zips(given, data, says):
    assert says in refused(given(data)).sentence


def test_a_link_to_an_archive_is_followed_but_a_folder_and_a_pipe_are_none(given, tmp_path):
    path = given(package())
    (tmp_path / "link").symlink_to(path)
    open_archive(tmp_path / "link", MEGABYTE).close()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        assert f"{name} is not a file." in refused(tmp_path / name).sentence
    assert "is not the path of a file" in refused(tmp_path / "a\0b").sentence


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="nobody says what is open")
def test_a_refusal_leaves_nothing_open(given, tmp_path):
    (tmp_path / "folder").mkdir()
    paths = [tmp_path / "folder", *(given(d, f"{n}.gz") for n, d in enumerate((b"", b"x", package()[:50])))]
    paths.append(given(bundle({"UsrPage.gz": package(), "Other.gz": package()}), "other.zip"))
    refused(paths[-1])
    before = len(os.listdir("/proc/self/fd"))
    for path in paths:
        refused(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(WorkspaceError, match=r"Cannot read the archive .*none\.gz: it is not there\."):
        open_archive(tmp_path / "none.gz", MEGABYTE)


# Limits


@pytest.mark.parametrize("zipped", [False, True])
def test_a_bomb_is_refused_long_before_it_is_unpacked(given, tmp_path, monkeypatch, zipped):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = record("Files\\zeros", b"", size=1 << 30)
    bomb = packer.compress(stream() + head) + b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(64))
    bomb += packer.flush()
    written: list[int] = []
    opened = tempfile.TemporaryFile

    def counting(*arguments, **named):
        made = opened(*arguments, **named)
        write = made.write
        made.write = lambda data: written.append(len(data)) or write(data)
        return made

    monkeypatch.setattr(archives.tempfile, "TemporaryFile", counting)
    path = given(bundle({"UsrPage.gz": bomb}) if zipped else bomb)
    error = refused(path, 4 * MEGABYTE)
    assert "The archive unpacks to more than 4 MB" in error.sentence
    assert "ArchiveMegabytes" in error.remedy
    assert sum(written) < 6 * MEGABYTE


def test_the_limit_is_of_what_all_packages_unpack_to(given):
    other = {"descriptor.json": descriptor("Other", OTHER), "Files\\x": bytes(MEGABYTE)}
    path = given(bundle({"UsrPage.gz": package({**FILES, "Files\\x": bytes(MEGABYTE)}), "Other.gz": package(other)}))
    assert "more than 2 MB" in refused(path, 2 * MEGABYTE).sentence
    open_archive(path, 3 * MEGABYTE).close()


def test_an_archive_of_just_the_limit_is_read(given):
    path = given(package())
    open_archive(path, len(stream())).close()
    refused(path, len(stream()) - 1)


def test_so_many_files_are_too_many(given, monkeypatch):
    monkeypatch.setattr(archive_gz, "FILES_LIMIT", 3)
    open_archive(given(package()), MEGABYTE).close()
    assert "holds more than 3 files" in refused(given(package({**FILES, "Files\\4": b""}))).sentence


def test_so_many_packages_are_too_many(given, monkeypatch):
    monkeypatch.setattr(archive_zip, "PACKAGES_LIMIT", 1)
    assert "holds more than 1 packages" in refused(given(bundle({"A.gz": b"", "B.gz": b""}))).sentence


def test_a_long_list_in_a_zip_is_not_read_at_all(given, monkeypatch):
    """Python would read as many bytes at once as the zip says, and make objects of all of them."""
    monkeypatch.setattr(archive_zip, "_AT_ONCE", 70_000)
    many = bundle({f"{'x' * 60}{n}.gz": b"" for n in range(1000)})
    assert refused(given(many)).details == "BadZipFile: 111,890 bytes were to be read at once"


# The world


def test_a_full_disk_is_said_so(given, monkeypatch):
    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    path = given(package())
    monkeypatch.setattr(archives.tempfile, "TemporaryFile", full)
    with pytest.raises(WorkspaceError, match="There is not enough room on the disk to unpack the archive"):
        open_archive(path, MEGABYTE)
