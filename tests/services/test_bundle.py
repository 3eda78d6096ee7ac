"""The evidence bundle: what ``verify.py`` proves of it, and that it refuses everything else."""

import ast
import base64
import functools
import hashlib
import json
import random
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.audit import AuditResult, AuditType, Event, encode, leaf_hash
from hotfix_desktop.core.checkpoints import fingerprint
from hotfix_desktop.core.errors import Cancelled
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.merkle import Frontier, root_of
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.sealing.signing import SigningKey
from hotfix_desktop.services import auditing, bundle_verify
from hotfix_desktop.services.archiving import archive
from hotfix_desktop.services.bundle import make_bundle
from hotfix_desktop.services.bundle_proof import Marks, Prover
from hotfix_desktop.services.bundle_verify import Bad, check, node_hash, roots_of
from hotfix_desktop.services.entry_fields import entry_fields
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.signing_keys import announced_keys
from tests.services.sealed import days, enter, sealing
from tests.services.world import World, entries, protected

EVERY = LogQuery()
SOME = LogQuery(text="3.")


@pytest.fixture
def sealed(world):
    """A log of three days, each with its key."""
    bench = protected(sealing(world))
    days(world, bench, 3, entries=20)
    return bench


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A bundle of some entries of a log of three days."""
    folder = tmp_path_factory.mktemp("bundle")
    world = World(folder)
    try:
        bench = protected(sealing(world))
        days(world, bench, 3, entries=20)
        make_bundle(bench, SOME, folder / "bundle.zip")
    finally:
        world.close()
    return folder / "bundle.zip"


def verify(path, *more, own=None):
    """Run verify.py as its user does: nothing but the standard library."""
    with zipfile.ZipFile(path) as zipped:
        own = own or Path(str(path) + ".verify.py")
        own.write_bytes(zipped.read("verify.py"))
    done = subprocess.run(
        [sys.executable, "-I", str(own), str(path), *more],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert not done.stderr
    return done.returncode, done.stdout


def unpacked(path, folder):
    with zipfile.ZipFile(path) as zipped:
        zipped.extractall(folder)
    return folder


def packed(folder, path):
    """Put a folder into a zip as the program does, with whatever is in it."""
    data, table = b"", b""
    for name in bundle_verify.NAMES:
        content = (folder / name).read_bytes()
        crc = zipfile.crc32(content)
        table += bundle_verify.central_header(name, crc, len(content), len(data))
        data += bundle_verify.local_header(name, crc, len(content)) + content
    path.write_bytes(data + table + bundle_verify.end_record(len(bundle_verify.NAMES), len(table), len(data)))
    return path


def relisted(folder):
    """Bring the digests in line with files that were changed, as a forger would."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for name in manifest["files"]:
        data = (folder / name).read_bytes()
        manifest["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    rewritten(folder, manifest)


def rewritten(folder, manifest):
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(text, "utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / "manifest.sha256").write_text(f"{digest}  manifest.json\n", "utf-8")


def retold(folder, **facts):
    """Change facts of the manifest and make all texts anew from them, as a forger who knows the program would."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest.update(facts)
    manifest["filter"] = bundle_verify.sentence(manifest["query"])
    manifest["proven"], manifest["not_proven"] = bundle_verify.statements(manifest)
    rows = [json.loads(line) for line in (folder / "entries.jsonl").read_text("utf-8").splitlines()]
    (folder / "README.txt").write_text(bundle_verify.readme_text(manifest), "utf-8")
    (folder / "report.html").write_text(bundle_verify.report_html(manifest, rows[: bundle_verify.SHOWN]), "utf-8")
    rewritten(folder, manifest)
    relisted(folder)


def rows_of(folder, name="entries.jsonl"):
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def put_rows(folder, rows, name="entries.jsonl"):
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    (folder / name).write_text(text, "utf-8")


def counted(rows):
    times = [row[1] for row in rows]
    return {
        "entries": len(rows),
        "first_number": rows[0][0],
        "last_number": rows[-1][0],
        "since": min(times),
        "until": max(times),
        "complete": rows[-1][0] - rows[0][0] + 1 == len(rows),
    }


# what is proven


def test_a_bundle_is_proven_by_its_own_verify_py(made):
    code, said = verify(made)
    assert code == 0
    assert said.startswith("PROVEN.\n6 entries, with the words “3.”.\nSigned over the first ")


def test_an_unpacked_bundle_is_proven_from_its_folder(made, tmp_path):
    folder = unpacked(made, tmp_path / "unpacked")
    done = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split("\n")[0]) == (0, "PROVEN.")
    (folder / "note.txt").write_text("mine")
    with pytest.raises(Bad, match=r"note\.txt does not belong"):
        check(str(folder))


def test_entries_are_the_ones_of_the_log(sealed, tmp_path):
    make_bundle(sealed, EVERY, tmp_path / "b.zip")
    rows = rows_of(unpacked(tmp_path / "b.zip", tmp_path / "u"))
    lines = [line for line in entries(sealed) if line.seq <= rows[-1][0]]
    assert [row[0] for row in rows] == [line.seq for line in lines]
    assert [row[10] for row in rows] == [line.description for line in lines]
    assert bundle_verify.leaves_of(rows) == [leaf_hash(line.body) for line in lines]


FILTERS = [
    (EVERY, "complete"),
    (LogQuery(text="there is no such entry"), "empty"),
    (LogQuery(only=((LogColumn.TYPE, "Workspace created"),)), "one"),
    (LogQuery(text="3."), "gaps"),
    (LogQuery(without=((LogColumn.TYPE, "Setting changed"),)), "gaps"),
    (LogQuery(only=((LogColumn.OWNER, "ann"), (LogColumn.RESULT, "Success")), sort=LogColumn.TYPE), "gaps"),
]


@pytest.mark.parametrize(("query", "shape"), FILTERS)
def test_every_shape_of_a_selection_is_proven(sealed, tmp_path, query, shape):
    result = make_bundle(sealed, query, tmp_path / "b.zip")
    said, unproven = check(str(tmp_path / "b.zip"))
    rows = rows_of(unpacked(tmp_path / "b.zip", tmp_path / "u"))
    numbers = [row[0] for row in rows]
    whole = bool(numbers) and numbers == list(range(numbers[0], numbers[-1] + 1))
    assert (result.count, unproven, result.unproven) == (len(rows), 0, 0)
    assert {"empty": not numbers, "one": len(numbers) == 1, "complete": whole, "gaps": not whole}[shape]
    assert said[0].endswith(f"{query.sentence()}.")


def test_a_period_is_proven_and_its_bounds_are_checked(sealed, tmp_path):
    start = entries(sealed)[0].at
    query = LogQuery(since=start + timedelta(days=1), until=start + timedelta(days=2))
    make_bundle(sealed, query, tmp_path / "b.zip")
    assert check(str(tmp_path / "b.zip"))[1] == 0
    folder = unpacked(tmp_path / "b.zip", tmp_path / "u")
    asked = json.loads((folder / "manifest.json").read_text("utf-8"))["query"]
    retold(folder, query={**asked, "until": (start + timedelta(hours=25)).astimezone(UTC).isoformat()})
    check(str(folder))
    retold(folder, query={**asked, "until": (start + timedelta(hours=1)).astimezone(UTC).isoformat()})
    with pytest.raises(Bad, match="does not fit the filter"):
        check(str(folder))


def test_each_key_of_the_log_vouches_and_no_other(sealed, tmp_path):
    make_bundle(sealed, SOME, tmp_path / "b.zip")
    keys = announced_keys(sealed.store, 100)
    assert len(keys) == 4
    for key in keys:
        code, said = verify(tmp_path / "b.zip", "--key", fingerprint(key.public).lower())
        assert (code, "The key that you know vouches for it." in said.splitlines()) == (0, True)
    code, said = verify(tmp_path / "b.zip", "--key", fingerprint(SigningKey.new().public))
    assert (code, said.split(". ")[0]) == (1, "REFUSED")


def test_a_chain_of_keys_that_began_anew_is_said(world, tmp_path):
    bench = protected(sealing(world))
    days(world, bench, 2)
    old = announced_keys(bench.store, 10)[-1]
    shutil.rmtree(world.spare / "keys")
    world.clock.go(days=3)
    renewed = sealing(world)
    days(world, renewed, 2)
    make_bundle(renewed, EVERY, tmp_path / "b.zip")
    said, unproven = check(str(tmp_path / "b.zip"))
    assert unproven == 0
    assert any(line.startswith("Careful: a new chain of keys begins at entry") for line in said)
    with pytest.raises(Bad, match="does not vouch for the key"):
        check(str(tmp_path / "b.zip"), fingerprint(old.public))


def test_entries_newer_than_the_last_checkpoint_are_not_proven(world, sealed, tmp_path):
    enter(sealed, 3)
    desk = auditing.open_desk(world.database, world.clock, sealed.person)
    try:
        result = make_bundle(desk, EVERY, tmp_path / "b.zip")
    finally:
        desk.store.close()
    assert (result.unproven, result.entered) == (3, False)
    code, said = verify(tmp_path / "b.zip")
    assert (code, said.splitlines()[0]) == (1, "NOT PROVEN in full.")
    assert "3 entries are newer than the last checkpoint: nothing vouches for them." in said
    assert verify(tmp_path / "b.zip", "--allow-newer")[0] == 0


def test_a_log_that_is_not_signed_proves_nothing(bench, tmp_path):
    result = make_bundle(bench, EVERY, tmp_path / "b.zip")
    code, said = verify(tmp_path / "b.zip")
    assert (code, result.unproven) == (1, result.count)
    assert "The log is not signed" in said


def test_what_follows_an_archive_is_proven(world, tmp_path):
    bench = protected(sealing(world))
    until = days(world, bench, 6, entries=7)
    archive(bench, until - timedelta(days=2), tmp_path)
    days(world, bench, 2, entries=3)
    assert bench.store.archives.bounds()[0] > 1
    for query in (EVERY, SOME, LogQuery(text="no such entry")):
        make_bundle(bench, query, tmp_path / "b.zip")
        said, unproven = check(str(tmp_path / "b.zip"))
        assert unproven == 0
        assert any("those before it are in an archive" in line for line in said)


def test_a_key_that_follows_an_archive_at_once_is_linked_to_the_one_before(world, tmp_path):
    """Its predecessor's last act covers nothing that is still in the database."""
    bench = protected(sealing(world))
    for _ in range(5):
        assert seal(bench) is not None
        enter(bench, 4)
        assert seal(bench) is not None
        world.clock.go(days=1)
    archive(bench, world.clock.wall.date() - timedelta(days=2), tmp_path)
    first, _ = bench.store.archives.bounds()
    assert entries(bench)[0].type == "Signing key changed"
    make_bundle(bench, EVERY, tmp_path / "b.zip")
    said, unproven = check(str(tmp_path / "b.zip"))
    assert (unproven, [line for line in said if line.startswith("Careful")]) == (0, [])
    folder = unpacked(tmp_path / "b.zip", tmp_path / "u")
    assert rows_of(folder, "keys.jsonl")[0][0] == first


def test_a_broken_log_gives_evidence_that_is_refused(sealed, tmp_path):
    sealed.store._database.execute_sql("DROP TRIGGER audit_no_update")
    sealed.store._database.execute_sql("UPDATE audit SET description = 'forged' WHERE seq = 30")
    sealed.store._database.execute_sql(
        "UPDATE audit SET body = CAST(replace(body, 'time', 'tame') AS BLOB) WHERE seq = 40"
    )
    result = make_bundle(sealed, EVERY, tmp_path / "b.zip")
    assert result.broken
    code, said = verify(tmp_path / "b.zip")
    assert code == 1
    assert "THE LOG IS BROKEN: column differs, entry 30." in said
    broken = rows_of(unpacked(tmp_path / "b.zip", tmp_path / "u"), "broken.jsonl")
    assert ("forged" in next(row for row in broken if row[0] == 30)) is True
    assert {22, 30, 38} <= {row[0] for row in broken}


def test_bytes_that_are_no_entry_are_kept_as_they_are(sealed, tmp_path):
    sealed.store._database.execute_sql("DROP TRIGGER audit_no_update")
    sealed.store._database.execute_sql("UPDATE audit SET body = x'ff' WHERE seq = 20")
    make_bundle(sealed, EVERY, tmp_path / "b.zip")
    folder = unpacked(tmp_path / "b.zip", tmp_path / "u")
    assert 20 not in [row[0] for row in rows_of(folder)]
    assert {"base64": "/w=="} in next(row for row in rows_of(folder, "broken.jsonl") if row[0] == 20)
    assert verify(tmp_path / "b.zip")[0] == 1


def test_a_bundle_depends_on_nothing_but_log_filter_and_time(world, sealed, tmp_path):
    desk = auditing.open_desk(world.database, world.clock, sealed.person)
    try:
        for name in ("a.zip", "b.zip"):
            make_bundle(desk, SOME, tmp_path / name)
    finally:
        desk.store.close()
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_bundle_is_an_entry(sealed, tmp_path):
    result = make_bundle(sealed, SOME, tmp_path / "b.zip")
    last = entries(sealed)[-1].entry().event
    assert (last.type, last.result) == (AuditType.AUDIT_EXPORTED, AuditResult.SUCCESS)
    assert last.description == "ann exported 6 entries of the audit log as an evidence bundle: with the words “3.”"
    assert json.loads(last.detail)["sha256"] == hashlib.sha256((tmp_path / "b.zip").read_bytes()).hexdigest()
    assert result.entered


class StopAt(Progress):
    """Cancels at one of its steps."""

    def __init__(self, step):
        self.left = step

    def step(self, done, total=0, what=""):
        assert 0 <= done <= total == 3000
        self.left -= 1
        if self.left <= 0:
            raise Cancelled


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_cancelled_bundle_leaves_everything_as_it_was(sealed, tmp_path, step):
    (tmp_path / "b.zip").write_bytes(b"older")
    newest = sealed.store.ledger.newest()
    with pytest.raises(Cancelled):
        make_bundle(sealed, EVERY, tmp_path / "b.zip", StopAt(step))
    assert (tmp_path / "b.zip").read_bytes() == b"older"
    # The day had changed, so that sealing announced a new key.
    assert [line.type for line in entries(sealed)[newest:]] in ([], ["Signing key changed"])


# what is refused


def edits(data, chance):
    """Positions to change: all of the zip's own bytes, and some of each file."""
    with zipfile.ZipFile(data) as zipped:
        infos = zipped.infolist()
    start = infos[-1].header_offset + 30 + len(infos[-1].filename) + infos[-1].file_size
    yield from range(start, data.stat().st_size)
    for info in infos:
        body = info.header_offset + 30 + len(info.filename)
        yield from range(info.header_offset, body)
        if info.file_size:
            yield from (body + chance.randrange(info.file_size) for _ in range(12))
            yield from (body, body + info.file_size - 1)


def test_every_one_byte_edit_is_refused(made, tmp_path):
    chance = random.Random(1)
    data = made.read_bytes()
    target = tmp_path / "edited.zip"
    let_through = []
    for at in edits(made, chance):
        edited = bytearray(data)
        edited[at] ^= chance.randrange(1, 256)
        target.write_bytes(edited)
        try:
            check(str(target))
        except Bad:
            continue
        let_through.append(at)
    assert not let_through


@pytest.mark.parametrize("name", bundle_verify.NAMES)
def test_an_edited_missing_or_longer_file_of_a_folder_is_refused(made, tmp_path, name):
    folder = unpacked(made, tmp_path / "u")
    data = (folder / name).read_bytes()
    for edited in (data + b" ", data[:-1], data[:1] + b"#" + data[2:]):
        if edited != data:
            (folder / name).write_bytes(edited)
            with pytest.raises(Bad):
                check(str(folder))
    (folder / name).unlink()
    with pytest.raises(Bad, match=f"{name} is missing"):
        check(str(folder))


def test_verify_py_itself_refuses_an_edit(made, tmp_path):
    data = bytearray(made.read_bytes())
    at = data.index(b"Something was set")
    data[at] ^= 1
    (tmp_path / "b.zip").write_bytes(data)
    assert verify(made, own=tmp_path / "v.py")[0] == 0
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "v.py"), str(tmp_path / "b.zip")],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == "REFUSED. The checksum of entries.jsonl in the zip is wrong.\n"


@pytest.mark.parametrize("data", [b"", b"PK", b"\x00" * 1000, b"PK\x05\x06" + b"\x00" * 18])
def test_what_is_no_bundle_is_refused(tmp_path, data):
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(Bad):
        check(str(tmp_path / "b.zip"))


@pytest.mark.parametrize("at", [0, 3, 5])
def test_a_removed_entry_is_refused_although_everything_is_told_anew(made, tmp_path, at):
    folder = unpacked(made, tmp_path / "u")
    rows = rows_of(folder)
    del rows[at]
    put_rows(folder, rows)
    retold(folder, **counted(rows))
    with pytest.raises(Bad, match=r"proof\.txt|Merkle root|proof"):
        check(str(packed(folder, tmp_path / "b.zip")))


def test_a_changed_an_added_and_a_doubled_entry_are_refused_although_everything_is_told_anew(made, tmp_path):
    folder = unpacked(made, tmp_path / "u")
    rows = rows_of(folder)
    changed = [*rows[:2], [*rows[2][:10], rows[2][10] + " 3.", *rows[2][11:]], *rows[3:]]
    added = [*rows[:2], [rows[1][0] + 1, *rows[1][1:]], *rows[2:]]
    renumbered = [*rows[:2], [rows[2][0] - 1, *rows[2][1:]], *rows[3:]]
    for forged in (changed, added, renumbered):
        put_rows(folder, forged)
        retold(folder, **counted(forged))
        with pytest.raises(Bad, match=r"proof\.txt|Merkle root"):
            check(str(folder))
    for forged in ([*rows, rows[-1]], [rows[1], rows[0], *rows[2:]]):
        put_rows(folder, forged)
        retold(folder, **counted(forged))
        with pytest.raises(Bad, match="not in the order of their numbers"):
            check(str(folder))


@pytest.mark.parametrize("cut", [slice(1, None), slice(None, -1), slice(0, 0)])
def test_a_bundle_of_every_entry_holds_every_entry(sealed, tmp_path, cut):
    make_bundle(sealed, EVERY, tmp_path / "b.zip")
    folder = unpacked(tmp_path / "b.zip", tmp_path / "u")
    rows = rows_of(folder)
    put_rows(folder, rows[cut])
    none = {"entries": 0, "first_number": 0, "last_number": 0, "since": 0, "until": 0, "complete": False}
    retold(folder, **(counted(rows[cut]) if rows[cut] else none))
    with pytest.raises(Bad, match="says that it holds every entry, and some are missing"):
        check(str(folder))


def test_what_is_proven_depends_on_what_was_asked(sealed, tmp_path):
    unknown = (
        "That no other entry of the log fits the filter: entries that are not in the bundle show only their hashes."
    )
    said = {}
    for name, query in (("all", EVERY), ("one", LogQuery(only=((LogColumn.TYPE, "Workspace created"),)))):
        make_bundle(sealed, query, tmp_path / "b.zip")
        said[name] = json.loads((unpacked(tmp_path / "b.zip", tmp_path / name) / "manifest.json").read_text("utf-8"))
    assert said["one"]["complete"]
    assert [unknown in said[name]["not_proven"] for name in ("all", "one")] == [False, True]
    assert "The bundle holds every entry from number 1 up to that checkpoint." in said["all"]["proven"]
    assert said["one"]["proven"][0].startswith("The entry stood in the log, exactly as written here, when ")


def test_another_filter_sentence_or_text_for_people_is_refused(made, tmp_path):
    folder = unpacked(made, tmp_path / "u")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    rewritten(folder, {**manifest, "filter": "every entry"})
    with pytest.raises(Bad, match="sentences of the manifest"):
        check(str(folder))
    rewritten(folder, manifest)
    for name in ("README.txt", "report.html", "keys.txt"):
        text = (folder / name).read_text("utf-8")
        (folder / name).write_text(text + "<p>All is well.</p>", "utf-8")
        relisted(folder)
        with pytest.raises(Bad, match=f"{name} does not say what"):
            check(str(folder))
        (folder / name).write_text(text, "utf-8")
        relisted(folder)
    check(str(folder))


def test_a_checkpoint_of_another_key_is_refused_although_everything_is_told_anew(made, tmp_path):
    folder = unpacked(made, tmp_path / "u")
    note = bundle_verify.Note((folder / "checkpoints.txt").read_text("utf-8").split("---\n")[0])
    from hotfix_desktop.core.checkpoints import parse_note

    forged = SigningKey.new().sign(parse_note(note.text).checkpoint)
    (folder / "checkpoints.txt").write_text(forged.note(), "utf-8")
    relisted(folder)
    with pytest.raises(Bad, match="does not bear the signature of the key in force"):
        check(str(folder))


def test_a_log_whose_history_was_rewritten_after_a_checkpoint_is_refused(world, tmp_path):
    """Whoever has today's key signs a new past; the seals of the keys before do not fit it."""
    bench = protected(sealing(world))
    days(world, bench, 3, entries=5)
    make_bundle(bench, EVERY, tmp_path / "b.zip")
    folder = unpacked(tmp_path / "b.zip", tmp_path / "u")
    from hotfix_desktop.services.signing_keys import key_in_force

    key = key_in_force(bench, world.clock.now())
    from hotfix_desktop.core.checkpoints import Checkpoint, parse_note

    rows = rows_of(folder)
    rows[6][10] = "another past"
    put_rows(folder, rows)
    old = parse_note((folder / "checkpoints.txt").read_text("utf-8").split("---\n")[0]).checkpoint
    forged = key.sign(Checkpoint(old.log_id, old.size, root_of(bundle_verify.leaves_of(rows)), old.head, old.at))
    (folder / "checkpoints.txt").write_text(forged.note(), "utf-8")
    retold(folder)
    with pytest.raises(Bad, match="do not lead to the Merkle root of the checkpoint of"):
        check(str(folder))


# the parts


@settings(max_examples=150)
@given(st.integers(1, 1400), st.data())
def test_any_selection_of_any_tree_leads_to_its_root_and_to_those_before(size, data):
    leaves = [hashlib.sha256(str(at).encode()).digest() for at in range(size)]
    archived = data.draw(st.integers(0, size - 1))
    places = st.integers(archived, size - 1)
    dense = data.draw(st.booleans())
    chosen = set(data.draw(st.sets(places, max_size=30)))
    if dense:
        chosen |= set(range(data.draw(places), size))
    sizes = sorted({size, *(at + 1 for at in data.draw(st.sets(places, max_size=4)))})
    beginning = Frontier()
    beginning.extend(leaves[:archived])
    marks = Marks(size)
    for at in chosen | {one - 1 for one in sizes}:
        marks.add(at)
    prover = Prover(beginning, marks, [one - 1 for one in sizes if one - 1 not in chosen])
    at = archived
    while at < size:
        step = data.draw(st.sampled_from([1, 7, 256, 1000]))
        prover.extend(leaves[at : at + step])
        at += step
    assert prover.root() == root_of(leaves)
    proof = iter(prover.hashes())
    known = {place: leaves[place] for place in chosen}
    for one in sizes:
        if one - 1 not in known:
            known[one - 1] = next(proof)
    order = sorted(known)
    found = roots_of(size, order, [known[place] for place in order], proof, sizes)
    assert found == {one: root_of(leaves[:one]) for one in sizes}


def test_a_proof_that_is_too_long_or_too_short_is_refused():
    leaves = [bytes([at]) * 32 for at in range(5)]
    right = node_hash(node_hash(leaves[0], leaves[1]), node_hash(leaves[2], leaves[3]))
    assert roots_of(5, [4], [leaves[4]], iter([right]), [5]) == {5: root_of(leaves)}
    for proof in ([], [right, right]):
        with pytest.raises(Bad, match=r"proof\.txt"):
            roots_of(5, [4], [leaves[4]], iter(proof), [5])


@settings(max_examples=40)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_signatures_are_checked_as_the_library_checks_them(secret, message, bit):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert bundle_verify.is_signed(public, message, signature)
    assert not bundle_verify.is_signed(public, message + b".", signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not bundle_verify.is_signed(public, message, bytes(flipped))


def test_the_signatures_of_rfc_8032():
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert bundle_verify.is_signed(public, b"", signature)
    # The same with the order of the group added to its second half, which RFC 8032 refuses.
    larger = int.from_bytes(signature[32:], "little") + bundle_verify.Q
    assert not bundle_verify.is_signed(public, b"", signature[:32] + larger.to_bytes(32, "little"))
    assert not bundle_verify.is_signed(b"\xff" * 32, b"", signature)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(texts, min_size=6, max_size=6), st.integers(0, 2**63), st.none() | st.integers(0, 10**12))
def test_the_fields_give_the_canonical_bytes_again(said, number, hotfix):
    from hotfix_desktop.core.audit import Entry
    from tests.services.world import HandClock

    event = Event(AuditType.UNLOCKED, AuditResult.DENIED, *said, hotfix=hotfix)
    body = encode(Entry(number, HandClock().now(), event))
    line = json.dumps(entry_fields(body), ensure_ascii=False).encode() + b"\n"
    assert bundle_verify.leaves_of(bundle_verify.parse_lines(line, "x")) == [leaf_hash(body)]


@pytest.mark.parametrize(
    "row",
    [
        [],
        [True, 0, 0, *[""] * 12],
        [1.0, 0, 0, *[""] * 12],
        [-1, 0, 0, *[""] * 12],
        [1, 0, 0, *[""] * 11],
        [1, 0, 0, *[""] * 11, 7],
        [1, 0, 0, *[""] * 11, "\ud800"],
    ],
)
def test_what_is_no_entry_has_no_hash(row):
    with pytest.raises(Bad, match="no entry"):
        bundle_verify.leaves_of([row])


def test_verify_py_is_read_by_python_3_8_and_imports_nothing_else():
    source = Path(bundle_verify.__file__).read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= sys.stdlib_module_names
    newer = {"removeprefix", "removesuffix", "bit_count", "batched", "pairwise"}
    assert not newer & {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_entries_are_read_in_parts_on_several_cores(sealed, tmp_path, monkeypatch):
    make_bundle(sealed, EVERY, tmp_path / "b.zip")
    monkeypatch.setattr(bundle_verify, "CHUNK", 2000)
    bundle = bundle_verify.Bundle(str(tmp_path / "b.zip"))
    query = json.loads(EVERY.as_json())
    parts = bundle_verify.parts_of(bundle, query)
    assert len(parts) > 3
    assert sum(size for _, _, size, _ in parts) == bundle.size("entries.jsonl")
    assert sum(part[2] for part in map(bundle_verify.read_part, parts)) == len(
        rows_of(unpacked(tmp_path / "b.zip", tmp_path / "u"))
    )


def test_entries_that_change_their_order_between_parts_are_refused(made, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_verify, "CHUNK", 1)
    monkeypatch.setattr(bundle_verify.os, "cpu_count", lambda: 1)
    folder = unpacked(made, tmp_path / "u")
    rows = rows_of(folder)
    check(str(folder))
    put_rows(folder, [rows[1], rows[0], *rows[2:]])
    retold(folder, first_number=rows[1][0])
    with pytest.raises(Bad, match="not in the order of their numbers"):
        check(str(folder))


def test_the_report_holds_no_script_and_escapes_what_entries_say(sealed, tmp_path):
    sealed.enter_alone(sealed.event(AuditType.UNLOCKED, "<script>alert(1)</script>", hotfix=None))
    make_bundle(sealed, EVERY, tmp_path / "b.zip")
    page = (unpacked(tmp_path / "b.zip", tmp_path / "u") / "report.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http" not in page


# nonsense, and what nothing proves


@pytest.mark.parametrize("name", [name for name in bundle_verify.NAMES if name != "verify.py"])
def test_nonsense_is_refused_in_a_sentence(made, tmp_path, monkeypatch, capsys, name):
    """Thousands of edits by somebody who writes the digests anew; signatures that were looked at are remembered."""
    monkeypatch.setattr(bundle_verify, "is_signed", functools.lru_cache(None)(bundle_verify.is_signed))
    folder = unpacked(made, tmp_path / "u")
    whole, chance = {one: (folder / one).read_bytes() for one in bundle_verify.NAMES}, random.Random(name)
    for _ in range(300):
        for one in (name, "manifest.json", "manifest.sha256"):
            (folder / one).write_bytes(whole[one])
        edited = mutated(whole[name], chance)
        (folder / name).write_bytes(edited)
        if name not in ("manifest.json", "manifest.sha256"):
            relisted(folder)
        elif name == "manifest.json":
            digest = hashlib.sha256(edited).hexdigest()
            (folder / "manifest.sha256").write_text(f"{digest}  manifest.json\n", "utf-8")
        if edited == whole[name]:
            continue
        code = bundle_verify.main([str(folder)])
        said = capsys.readouterr()
        if code == 0 and name in ("entries.jsonl", "keys.jsonl"):  # the same, with another space between
            assert bundle_verify.parse_lines(edited, name) == bundle_verify.parse_lines(whole[name], name)
            continue
        if code == 0:  # words of whoever made it, which are shown as such
            assert name == "manifest.json"
            told = [json.loads(data) for data in (whole[name], edited)]
            assert [one.pop(bundle_verify.SAID) for one in told]
            assert told[0] == told[1]
            continue
        assert (code, said.err, said.out.count("\n")) == (1, "", 1)
        assert said.out.startswith("REFUSED. ")


def mutated(data, chance):
    """Give it with some of it changed, doubled, cut off, or replaced by what programs stumble over."""
    edited = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 3))):
        at = chance.randrange(len(edited) + 1)
        until = min(len(edited), at + chance.choice((0, 1, 1, 2, 8, 100)))
        stumbles = [b"", bytes([chance.randrange(256)]), b"0", b"-1", b"9" * 30, b"1e999", b"null", b"{}", b"[]", b'""']
        stumbles += [b"\n", b"\x00", b"\xff", b'"\\ud800"', b"[" * 5000, b"9" * 5000, bytes(edited[at:until]) * 2]
        edited[at:until] = chance.choice(stumbles)
    return bytes(edited)


@pytest.mark.parametrize("size", ["0", "-1", "00", "9" * 30, "9" * 5000, "\u00b2"])
def test_a_checkpoint_of_no_size_is_refused(made, tmp_path, size):
    folder = unpacked(made, tmp_path / "u")
    lines = (folder / "checkpoints.txt").read_text("utf-8").split("\n")
    with pytest.raises(Bad):
        bundle_verify.Note("\n".join([lines[0], size, *lines[2:]]))


def test_deep_nesting_and_a_missing_proof_are_told(made, tmp_path):
    for name, data in (("manifest.json", b"[" * 200_000), ("entries.jsonl", b"[" * 200_000 + b"\n")):
        folder = unpacked(made, tmp_path / name)
        (folder / name).write_bytes(data)
        if name == "manifest.json":
            digest = hashlib.sha256(data).hexdigest()
            (folder / "manifest.sha256").write_text(f"{digest}  manifest.json\n", "utf-8")
        else:
            relisted(folder)
        with pytest.raises(Bad):
            check(str(folder))
    folder = unpacked(made, tmp_path / "u")
    (folder / "proof.txt").write_text((folder / "proof.txt").read_text().split("\n")[0] + "\n")
    relisted(folder)
    with pytest.raises(Bad, match=r"proof\.txt is too short"):
        check(str(folder))


def test_what_nothing_proves_is_said_by_whoever_made_the_bundle(made, tmp_path):
    folder = unpacked(made, tmp_path / "u")
    said = json.loads((folder / "manifest.json").read_text("utf-8"))[bundle_verify.SAID]
    claims = {"made_by": "the Auditor General", "workspace": "Another\x1b[2J", "newest": 10**6}
    claims["anchors"] = [{"name": "court.notes", "size": 10**6, "at": ""}]
    retold(folder, **{bundle_verify.SAID: {**said, **claims}})
    told, _ = check(str(folder))
    at = told.index("Said by whoever made this bundle, not proven:")
    assert "  Copy outside: court.notes: up to entry 1,000,000" in told[at:]
    assert not any(word in line for line in told[:at] for word in ("Auditor General", "Another", "court"))
    assert not any("\x1b" in line for line in told)
    for name in ("report.html", "README.txt"):
        before, after = (folder / name).read_text("utf-8").split("Said by whoever made this bundle, not proven")
        for word in ("the Auditor General", "Another", "court.notes: up to entry 1,000,000"):
            assert (word in before, word in after) == (False, True)


class MovesAway(Progress):
    """Archives at the first step of what it is given to."""

    def __init__(self, move):
        self.move = move

    def step(self, done, total=0, what=""):
        move, self.move = self.move, lambda: None
        move()


def test_an_archive_that_is_moved_meanwhile_breaks_no_bundle(world, tmp_path):
    bench, other = protected(sealing(world)), sealing(world)
    until = days(world, bench, 6, entries=7)
    moved = []
    progress = MovesAway(lambda: moved.append(archive(other, until - timedelta(days=2), tmp_path)))
    assert make_bundle(bench, EVERY, tmp_path / "b.zip", progress).broken == ""
    assert moved
    assert check(str(tmp_path / "b.zip"))[1] == 0


def test_program_and_verify_py_know_the_same_keys():
    from hotfix_desktop.core.audit import Entry
    from hotfix_desktop.core.key_chain import KeyChain
    from hotfix_desktop.sealing.signing import is_signed
    from tests.services.world import HandClock

    first, second = SigningKey.new(), SigningKey.new()
    told = [
        (AuditResult.SUCCESS, announcement(first, 1)),
        (AuditResult.FAILURE, announcement(second, 2)),
        (AuditResult.SUCCESS, "nonsense"),
        (AuditResult.SUCCESS, json.dumps({"epoch": 2, "day": "d", "public": "AAAA"})),
        (AuditResult.SUCCESS, announcement(second, 2)),
        (AuditResult.SUCCESS, announcement(first, 3)),
        (AuditResult.DENIED, announcement(SigningKey.new(), 4)),
    ]
    bodies = []
    for seq, (result, detail) in enumerate(told, 1):
        event = Event(AuditType.SIGNING_KEY, result, "ann", "", "", detail=detail)
        bodies.append((seq, encode(Entry(seq, HandClock().now(), event))))
    log_id = bytes(32)
    chain = KeyChain(log_id, is_signed)
    chain.read(bodies)
    keys = bundle_verify.Keys(f"hotfix-desktop/{log_id.hex()}", "", [entry_fields(body) for _, body in bodies])
    for size in range(len(told) + 2):
        ours, theirs = chain.in_force(size), keys.in_force(size)
        assert (ours and (ours.seq, ours.public)) == (theirs and (theirs.seq, theirs.public))
    assert [key.seq for key in keys.keys] == [1, 5]
    assert (keys.renewed[-1], keys.renewed[-1]) == (chain.renewed_at, 5)


def announcement(key, epoch):
    public = base64.b64encode(key.public).decode()
    return json.dumps({"epoch": epoch, "day": "2026-03-29", "public": public, "note": ""})
