"""The side journal: a relock is remembered on a full disk, without its folder, through damage and beside others."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.store.journal import FILE, SIZE, Journal, JournalRecord

ROOT = Path(__file__).resolve().parents[2]
AT = Moment(datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC), 10**9, "boot")
WHY = "The disk that holds the audit database is full, so nothing was changed"

TEXTS = st.text() | st.sampled_from(["😀", "\ud800", "\udcff", "a\0b\nc\r\n", '"\\ud800', "\x1a"])
RECORDS = st.builds(
    JournalRecord,
    hotfix=st.integers(0, 2**63 - 1),
    at=st.builds(Moment, st.datetimes(timezones=st.just(UTC)), st.integers(0, 2**63 - 1), TEXTS),
    why=TEXTS,
    writers=st.lists(st.builds(Writer, st.integers(0, 2**31), TEXTS, TEXTS, st.booleans()), max_size=2).map(tuple),
    late=st.integers(0, 10**9),
)

on_posix = pytest.mark.skipif(os.name == "nt", reason="it has no such limits or modes")


def record(number: int, why: str = WHY) -> JournalRecord:
    return JournalRecord(number, AT, why, (Writer(812, "python3", "Größe/😀"),), 3)


def numbers(journal: Journal) -> list[int]:
    return [found.hotfix for found in journal.pending()]


@pytest.fixture(autouse=True)
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What each flush of this process found in its file, without the wait for the disk."""
    found: list[bytes] = []

    def note(file: int) -> None:
        if stat.S_ISREG(os.fstat(file).st_mode):
            found.append(os.pread(file, 10**6, 0))

    if hasattr(os, "pread"):
        monkeypatch.setattr(os, "fsync", note)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the database."""
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


@pytest.fixture
def journal(folder: Path) -> Journal:
    """A journal without a spare folder, with its file."""
    made = Journal(folder)
    made.prepare()
    return made


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in another process; it knows this module's names as ``t``."""
    head = "import sys, tests.store.test_journal as t\nfrom pathlib import Path\n"
    return subprocess.run(
        [sys.executable, "-c", head + code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# Made before it is needed


def test_it_is_made_at_its_full_size_with_nothing_waiting(folder, journal):
    assert (folder / FILE).stat().st_size == SIZE
    assert journal.is_empty()
    assert journal.pending() == []


def test_its_room_is_for_two_hundred_usual_records(folder, journal):
    for number in range(200):
        journal.append(record(number))
    assert len(numbers(journal)) == 200
    assert (folder / FILE).stat().st_size == SIZE


@on_posix
def test_its_room_is_really_taken_from_the_disk(folder, journal):
    assert (folder / FILE).stat().st_blocks * 512 >= SIZE, "a file with holes would need room later"


def test_making_it_again_keeps_what_waits(folder, journal):
    journal.append(record(1))
    journal.prepare()
    os.truncate(folder / FILE, 2000)  # of an older version that kept less room
    journal.prepare()
    assert numbers(journal) == [1]
    assert (folder / FILE).stat().st_size == SIZE


def test_when_it_cannot_be_made_that_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"journal .* cannot be made"):
        Journal(tmp_path / "file" / "workspace").prepare()


def test_no_file_is_nothing_that_waits(folder):
    assert Journal(folder).is_empty()
    assert Journal(folder).pending() == []
    Journal(folder).clear({"x"})
    assert not (folder / FILE).exists()


# What goes in comes out


@on_posix
def test_a_record_is_flushed_before_it_counts_as_recorded(folder, journal, flushed):
    journal.append(record(1))
    assert flushed[-1] == (folder / FILE).read_bytes()
    assert WHY.encode() in flushed[-1]
    journal.clear({found.journal_id for found in journal.pending()})
    assert WHY.encode() not in flushed[-1]


@given(st.lists(RECORDS, min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_records_come_back_in_their_order_whatever_is_in_them(tmp_path_factory, records):
    journal = Journal(tmp_path_factory.mktemp("journal"))
    for each in records:
        journal.append(each)
    assert journal.pending() == records
    assert not journal.is_empty()


def test_a_record_that_follows_two_halves_of_a_character_does_not_damage_it(journal):
    # They come back as one whole character, which is shorter than what stands in the file.
    journal.append(record(1, "\ud83d\ude00"))
    journal.append(record(2))
    journal.append(record(3))
    assert numbers(journal) == [1, 2, 3]


def test_a_record_that_is_read_twice_is_the_same_and_two_are_never_the_same(folder, journal):
    journal.append(record(1))
    journal.append(record(1))
    first, second = journal.pending()
    assert [first, second] == journal.pending() == Journal(folder).pending()
    assert first.journal_id != second.journal_id


def test_more_records_than_the_room_that_was_kept_are_kept_too(folder, journal):
    many = 40
    for number in range(many):
        journal.append(record(number, "x" * (SIZE // 16)))
    assert numbers(journal) == list(range(many))
    assert (folder / FILE).stat().st_size > 2 * SIZE
    ids = [found.journal_id for found in journal.pending()]
    journal.clear(set(ids[:-1]))
    assert numbers(journal) == [many - 1]
    journal.clear({ids[-1]})
    assert journal.is_empty()
    journal.append(record(7))
    assert numbers(journal) == [7]


# Cleared


def test_what_was_entered_is_dropped_and_the_room_is_kept(folder, journal):
    for number in range(5):
        journal.append(record(number))
    journal.clear({found.journal_id for found in journal.pending()})
    assert journal.pending() == []
    assert journal.is_empty()
    assert (folder / FILE).read_bytes()[4:] == bytes(SIZE - 4)


def test_what_came_meanwhile_stays(folder, journal):
    journal.append(record(1))
    entered = {found.journal_id for found in journal.pending()}
    Journal(folder).append(record(2))
    journal.clear(entered)
    assert numbers(journal) == [2]
    assert not journal.is_empty()
    journal.append(record(3))
    assert numbers(journal) == [2, 3]


# A full disk


LIMITED = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
spare = (lambda: Path(sys.argv[3])) if len(sys.argv) > 3 else None
journal = t.Journal(Path(sys.argv[1]), spare)
done = 0
try:
    for number in range(1000):
        journal.append(t.record(number, 'x' * 3000))
        done += 1
except t.StoreError as error:
    print(error.details, file=sys.stderr)
print(done)
"""


@on_posix
def test_on_a_full_disk_it_takes_what_fits_into_its_room_and_then_says_so(folder, journal):
    """No file can grow: what was made beforehand is all there is."""
    answer = run(LIMITED, folder, SIZE)
    done = int(answer.stdout)
    assert 15 < done <= SIZE // 3000, answer.stderr
    assert os.strerror(errno.EFBIG) in answer.stderr
    # The one that did not fit is torn or, when only its end mark is missing, there; it was not acknowledged.
    assert numbers(journal)[:done] == list(range(done))
    assert len(numbers(journal)) <= done + 1
    journal.append(record(1000))
    assert numbers(journal)[-1] == 1000, "there is room again"


@on_posix
def test_on_a_full_disk_the_spare_folder_takes_what_does_not_fit(tmp_path, folder, journal):
    spare = tmp_path / "spare"
    spare.mkdir()
    Journal(spare).append(record(10_000))
    answer = run(LIMITED, folder, SIZE, spare)
    done = int(answer.stdout)
    assert done > SIZE // 3000, answer.stderr
    both = Journal(folder, lambda: spare)
    assert set(numbers(both)) >= {10_000, *range(done)}


@on_posix
def test_a_journal_that_a_full_disk_kept_from_being_made_is_whole_when_there_is_room(folder):
    making = (
        "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "try:\n    t.Journal(Path(sys.argv[1])).prepare()\nexcept t.StoreError as error:\n    print(error.remedy)\n"
    )
    answer = run(making, folder)
    assert "Free some space" in answer.stdout, answer.stderr
    journal = Journal(folder)
    assert journal.is_empty()
    journal.prepare()
    journal.append(record(1))
    assert numbers(journal) == [1]


def test_a_file_that_a_power_cut_left_empty_takes_records(folder):
    (folder / FILE).touch()
    journal = Journal(folder)
    journal.append(record(1))
    assert numbers(journal) == [1]


@pytest.mark.parametrize("junk", [bytes(SIZE), b"\xff" * SIZE, b"something else", b"HFJ"])
def test_a_file_that_is_no_journal_is_made_anew_and_takes_records(folder, junk):
    (folder / FILE).write_bytes(junk)
    journal = Journal(folder)
    assert journal.pending() == []
    journal.prepare()
    journal.append(record(1))
    journal.append(record(2))
    assert numbers(journal) == [1, 2]


# The spare folder


@pytest.fixture
def spare(tmp_path: Path) -> Path:
    """Where the spare folder will be; not made yet."""
    return tmp_path / "state" / "spare"


@pytest.fixture
def both(folder: Path, spare: Path) -> Journal:
    """A journal that has a spare folder, with its file."""
    made = Journal(folder, lambda: spare)
    made.prepare()
    return made


def test_the_spare_folder_is_not_touched_while_the_first_one_works(both, spare):
    both.append(record(1))
    both.clear({found.journal_id for found in both.pending()})
    assert both.is_empty()
    assert not spare.exists()


def test_the_spare_folder_takes_what_comes_while_the_first_one_is_gone(both, folder, spare):
    both.append(record(1))
    away = folder.with_name("away")
    folder.rename(away)
    both.append(record(2))
    assert not folder.exists(), "what is made where a share is not mounted is hidden when it is"
    assert numbers(both) == [2]
    assert not both.is_empty()
    away.rename(folder)
    both.append(record(3))
    later = Journal(folder, lambda: spare)
    for journal in (both, later):
        assert sorted(numbers(journal)) == [1, 2, 3]
    later.clear({found.journal_id for found in later.pending()})
    for journal in (both, later):
        assert journal.pending() == []
        assert journal.is_empty()


def test_the_spare_folder_takes_what_the_first_one_refuses(both, folder):
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    both.append(record(1))
    assert numbers(both) == [1]


def test_a_folder_that_its_user_may_not_write_to_any_more_hands_over_to_the_spare_one(open_folder, as_nobody):
    folder = open_folder / "workspace"
    folder.mkdir()
    Journal(folder).prepare()
    for path in (folder, *folder.iterdir()):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o555 | 0o444)
    (open_folder / "spare").mkdir()
    (open_folder / "spare").chmod(0o777)
    code = (
        "import sys\nfrom pathlib import Path\nfrom datetime import UTC, datetime\n"
        "from hotfix_desktop.core.clock import Moment\n"
        "from hotfix_desktop.store.journal import Journal, JournalRecord\n"
        "place = Path(sys.argv[1])\njournal = Journal(place / 'workspace', lambda: place / 'spare')\n"
        "journal.append(JournalRecord(7, Moment(datetime(2026, 1, 1, tzinfo=UTC), 1, 'boot'), 'read-only'))\n"
        "print([r.hotfix for r in journal.pending()])\n"
    )
    answer = as_nobody(code, open_folder)
    assert answer.stdout == "[7]\n", answer.stderr
    assert numbers(Journal(folder)) == []


def test_when_no_folder_takes_it_both_reasons_are_told(folder, spare):
    folder.rmdir()
    spare.parent.mkdir()
    spare.touch()
    with pytest.raises(StoreError, match="could not be recorded anywhere") as caught:
        Journal(folder, lambda: spare).append(record(1))
    assert str(folder) in caught.value.details
    assert str(spare) in caught.value.details
    with pytest.raises(StoreError, match="could not be recorded anywhere"):
        Journal(folder).append(record(1))


def test_a_spare_folder_that_cannot_be_looked_into_does_not_matter_while_the_first_one_works(open_folder, as_nobody):
    (open_folder / "workspace").mkdir()
    (open_folder / "workspace").chmod(0o777)
    (open_folder / "closed").mkdir(mode=0o700)
    answer = as_nobody(
        "import sys\nfrom pathlib import Path\nfrom hotfix_desktop.store.journal import Journal\n"
        "place = Path(sys.argv[1])\njournal = Journal(place / 'workspace', lambda: place / 'closed' / 'spare')\n"
        "journal.prepare()\nprint(journal.is_empty(), journal.pending())\njournal.clear(set())\n",
        open_folder,
    )
    assert answer.stdout == "True []\n", answer.stderr
    assert answer.returncode == 0, answer.stderr


# Damage


def test_a_record_that_was_torn_at_the_end_is_left_out_and_written_over(folder, journal):
    journal.append(record(1))
    begin = len((folder / FILE).read_bytes().rstrip(b"\0"))
    journal.append(record(2))
    whole = (folder / FILE).read_bytes()
    end = len(whole.rstrip(b"\0"))
    for cut in range(begin, end):
        (folder / FILE).write_bytes(whole[:cut].ljust(SIZE, b"\0"))
        assert numbers(journal) == [1], f"torn at {cut}"
    journal.append(record(3, "short"))
    assert numbers(journal) == [1, 3]


def test_what_a_longer_torn_record_left_behind_is_no_record(folder, journal):
    journal.append(record(1))
    data = bytearray((folder / FILE).read_bytes())
    data[4 + 8] ^= 1
    (folder / FILE).write_bytes(data)
    journal.append(record(2, ""))
    assert numbers(journal) == [2]


def test_a_file_that_was_cut_anywhere_gives_the_records_before(folder, journal):
    for number in range(3):
        journal.append(record(number))
    whole = (folder / FILE).read_bytes()
    for cut in range(len(whole.rstrip(b"\0")) + 20):
        (folder / FILE).write_bytes(whole[:cut])
        found = numbers(journal)
        assert found == list(range(len(found)))


def test_a_flipped_bit_anywhere_never_raises_and_never_gives_a_wrong_record(folder, journal):
    for number in range(2):
        journal.append(record(number))
    right = journal.pending()
    whole = (folder / FILE).read_bytes()
    for at in range(len(whole.rstrip(b"\0")) + 9):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        (folder / FILE).write_bytes(damaged)
        found = journal.pending()
        assert found == right[: len(found)], f"byte {at}"


@pytest.mark.parametrize("at", [0, 3, 4, 7, 11, 12, 60])
def test_after_a_flipped_bit_new_records_are_kept(folder, journal, at):
    journal.append(record(1))
    damaged = bytearray((folder / FILE).read_bytes())
    damaged[at] ^= 1
    (folder / FILE).write_bytes(damaged)
    journal.append(record(2))
    assert numbers(journal) == [2]


@pytest.mark.parametrize("payload", [b"null", b"[]", b"{}", b'{"at":[1,2]}', b"\xff", b"no JSON"])
def test_a_record_of_another_form_with_a_right_check_sum_does_not_raise(folder, journal, payload):
    # Of a later version, for instance, that another window of this home has.
    journal.append(record(1))
    data = (folder / FILE).read_bytes().rstrip(b"\0")
    foreign = len(payload).to_bytes(4, "big") + zlib.crc32(payload).to_bytes(4, "big") + payload
    (folder / FILE).write_bytes((data + foreign).ljust(SIZE, b"\0"))
    assert numbers(journal) == [1]


# Several programs


APPENDER = """
journal = t.Journal(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 40):
    while True:
        try:
            journal.append(t.record(number))
            break
        except t.StoreError:
            continue
"""


def test_two_programs_that_append_at_the_same_time_lose_nothing(folder, journal):
    code = "import sys, tests.store.test_journal as t\nfrom pathlib import Path\n" + APPENDER
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    programs = [
        subprocess.Popen([sys.executable, "-c", code, str(folder), str(start)], cwd=ROOT, env=environment)
        for start in (0, 100)
    ]
    cleared: list[int] = []
    while any(program.poll() is None for program in programs):
        found = journal.pending()
        cleared += [each.hotfix for each in found]
        if found:
            journal.clear({each.journal_id for each in found})
    assert [program.returncode for program in programs] == [0, 0]
    cleared += numbers(journal)
    assert sorted(cleared) == [*range(40), *range(100, 140)]
    assert [n for n in cleared if n < 100] == list(range(40)), "each in its own order"


def test_while_another_program_holds_it_that_is_told(folder, journal):
    import filelock

    journal.append(record(1))
    with filelock.FileLock(folder / f"{FILE}.lock"):
        with pytest.raises(StoreError, match="could not be recorded anywhere") as caught:
            journal.append(record(2))
        assert "another program holds" in caught.value.details
        with pytest.raises(StoreError, match="cannot be written"):
            journal.clear(set())
        assert numbers(journal) == [1]
    journal.append(record(3))
    assert numbers(journal) == [1, 3]


# Rights


@pytest.fixture
def umask() -> Iterator[None]:
    """The usual umask, which lets the group only read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@on_posix
@pytest.mark.parametrize(("of_folder", "of_files"), [(0o2770, 0o660), (0o700, 0o600)])
def test_its_files_are_the_groups_in_a_shared_home_and_else_the_owners_alone(folder, umask, of_folder, of_files):
    folder.chmod(of_folder)
    Journal(folder).prepare()
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {of_files}
    assert len(list(folder.iterdir())) == 2


@on_posix
def test_a_link_in_its_place_is_not_followed(folder, tmp_path):
    target = tmp_path / "precious"
    target.write_text("precious")
    (folder / FILE).symlink_to(target)
    with pytest.raises(StoreError):
        Journal(folder).prepare()
    with pytest.raises(StoreError):
        Journal(folder).append(record(1))
    assert target.read_text() == "precious"
