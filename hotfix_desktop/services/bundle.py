"""The evidence bundle: a selection of the log that anybody can check with ``verify.py``, which is in it.

Order of steps: check the role → seal what is new → verify the log → write the entries, marking each → read the whole
log once more for the proof → the texts for people, made by ``bundle_verify``, which makes them again and compares →
enter the export → give the file its name. Evidence of a broken log is made, too, and says so; ``verify.py`` refuses it.

The entries stand in the order of their numbers, whatever the question is sorted by. What people read is what is
proven: the plain fields, from which the canonical bytes are made again, are the only form in which entries stand there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hotfix_desktop import __version__
from hotfix_desktop.core.audit import AuditType, leaf_hash
from hotfix_desktop.core.checkpoints import SignedNote, parse_note
from hotfix_desktop.core.log_query import LogColumn, LogQuery
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.verdict import AnchorSeen, Break, Finding, Verdict
from hotfix_desktop.services import bundle_verify
from hotfix_desktop.services.auditing import AuditDesk
from hotfix_desktop.services.bundle_proof import Marks, Prover
from hotfix_desktop.services.bundle_zip import BundleZip
from hotfix_desktop.services.entry_fields import entry_fields
from hotfix_desktop.services.export_place import check_place
from hotfix_desktop.services.exporting import Exported, ExportFormat, demand_export, enter_export
from hotfix_desktop.services.landing import Landing
from hotfix_desktop.services.log_reading import checked_query
from hotfix_desktop.services.sealing import seal
from hotfix_desktop.services.standing import anchors_seen
from hotfix_desktop.services.verifying import Outside, verify
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.log_export import LogExport

AROUND = 8
"""Entries before and after a break that are taken as they lie in the database."""
MOST_BROKEN = 1000
_dump = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


@dataclass(slots=True)
class _Chosen:
    """The entries of the bundle, as they are written."""

    marks: Marks
    count: int = 0
    first: int = 0
    last: int = 0
    since: int = 0
    until: int = 0
    upto: int = 0
    proven: int = 0
    shown: list[list[Any]] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Seal:
    """What vouches for the entries.

    Attributes:
        notes: the newest checkpoint, and the first that covers the selection if that is another one.
        keys: the keys of the log.
        rows: the entries that announce them.
        before: the key in force where the entries of the database begin, as JSON; empty where they begin at 1.
    """

    notes: tuple[SignedNote, ...]
    keys: bundle_verify.Keys
    rows: list[list[Any]]
    before: str

    @property
    def size(self) -> int:
        """How many entries are covered; 0 for none."""
        return self.notes[0].checkpoint.size if self.notes else 0


def make_bundle(
    desk: Workbench | AuditDesk,
    query: LogQuery,
    target: Path,
    progress: Progress = NOBODY,
    verdict: Verdict | None = None,
) -> Exported:
    """Write the entries that fit, with their proof, to a zip, which is replaced if there is one.

    Args:
        verdict: what a verification of everything found; without one the log is verified first.

    Of a log that is opened read-only (an ``AuditDesk``) nothing is sealed and nothing entered. Raises ``Denied``,
    ``InvalidInput``, ``StoreError``, ``ExportFailed`` and ``Cancelled``.
    """
    demand_export(desk)
    check_place(desk, target)
    query = checked_query(query)
    now = desk.clock.now().utc
    if isinstance(desk, Workbench):
        seal(desk)
    anchors: tuple[AnchorSeen, ...] = anchors_seen(desk) if isinstance(desk, Workbench) else ()
    with Landing(target) as landing, closing(LogExport(desk.store.path)) as log:
        if verdict is None:
            verdict = verify(
                desk.store.path,
                now,
                everything=True,
                progress=_Phase(progress, 0, "Verifying the log"),
                outside=lambda: Outside(anchors),
            )
        made = _written(desk, query, landing, log, verdict, now, progress)
        return enter_export(desk, query, ExportFormat.BUNDLE, made, landing)


def _written(
    desk: Workbench | AuditDesk,
    query: LogQuery,
    landing: Landing,
    log: LogExport,
    verdict: Verdict,
    now: datetime,
    progress: Progress,
) -> Exported:
    record = desk.store.administration.workspace()
    assert record is not None  # demand_export has looked
    zipped = BundleZip(landing)
    sealed = _sealed(log, record.log_id)
    chosen = _Chosen(Marks(log.bounds.last), upto=sealed.size)
    zipped.add("entries.jsonl", _entries(log, query, chosen, _Phase(progress, 1, "Writing the entries")))
    sealed = _with_covering(log, sealed, chosen.last)
    finding = verdict.finding
    proof: list[bytes] | None = []
    if sealed.notes:
        proof = _proof(log, sealed, chosen, _Phase(progress, 2, "Proving them"))
    if finding is None and (proof is None or chosen.damaged):
        place = chosen.damaged[0] if chosen.damaged else log.bounds.first
        finding = Finding(Break.CHANGED, place, sealed.size, "The entries do not lead to the root that was signed.")
    zipped.add("keys.jsonl", (_lines(sealed.rows),))
    zipped.add("broken.jsonl", _raw(log, finding, chosen))
    zipped.add("checkpoints.txt", ("---\n".join(note.note() for note in sealed.notes).encode(),))
    heading = f"hotfix-desktop proof 1, over {sealed.size} entries\n" if sealed.notes and proof is not None else ""
    zipped.add("proof.txt", (heading.encode(), *(f"{node.hex()}\n".encode() for node in proof or ())))
    zipped.add("keys.txt", (_text(bundle_verify.keys_text(f"hotfix-desktop/{record.log_id.hex()}", sealed.keys)),))
    zipped.add("verify.py", (Path(bundle_verify.__file__).read_bytes(),))
    manifest: dict[str, Any] = {
        "format": bundle_verify.FORMAT,
        "version": bundle_verify.VERSION,
        "log_id": record.log_id.hex(),
        "first": log.bounds.first,
        "filter": query.sentence(),
        "query": json.loads(query.as_json()),
        "order": "number, ascending",
        "entry_fields": list(bundle_verify.FIELDS),
        "entries": chosen.count,
        "first_number": chosen.first,
        "last_number": chosen.last,
        "since": chosen.since,
        "until": chosen.until,
        "complete": chosen.count > 0 and chosen.last - chosen.first + 1 == chosen.count,
        "unproven": chosen.count - chosen.proven,
        "signed": _signed(sealed),
        "keys": [bundle_verify.fingerprint(key.public) for key in sealed.keys.keys],
        "key_before": sealed.before,
        "finding": {**asdict(finding), "kind": finding.kind.value} if finding else None,
        bundle_verify.SAID: {
            "program": __version__,
            "made": _iso(now),
            "made_by": desk.person.user,
            "workspace": record.title,
            "newest": log.bounds.last,
            "anchors": [
                {"name": seen.name, "size": seen.size, "at": _iso(seen.at) if seen.at else ""}
                for seen in verdict.anchors
            ],
            "verdict": verdict.as_json(),
        },
    }
    manifest["proven"], manifest["not_proven"] = bundle_verify.statements(manifest)
    zipped.add("README.txt", (_text(bundle_verify.readme_text(manifest)),))
    zipped.add("report.html", (_text(bundle_verify.report_html(manifest, chosen.shown)),))
    manifest["files"] = dict(zipped.files)
    zipped.add("manifest.json", (_text(json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"),))
    zipped.add("manifest.sha256", (f"{zipped.files['manifest.json']['sha256']}  manifest.json\n".encode(),))
    zipped.close()
    broken = finding.sentence if finding else ""
    return Exported(landing.target, chosen.count, landing.finish(), chosen.count - chosen.proven, broken)


def _entries(log: LogExport, query: LogQuery, chosen: _Chosen, progress: Progress) -> Iterator[bytes]:
    selection = log.select(query)
    for upto, rows in log.entries(selection):
        found = []
        for seq, body, _ in rows:
            try:
                fields = entry_fields(body)
            except (ValueError, TypeError):
                chosen.damaged.append(seq)
                continue
            if fields[0] != seq:
                chosen.damaged.append(seq)
                continue
            found.append(fields)
            chosen.marks.add(seq - 1)
        if found:
            _count(chosen, found)
            yield _lines(found)
        progress.step(upto - selection.low + 1, selection.high - selection.low + 1)


def _count(chosen: _Chosen, found: list[list[Any]]) -> None:
    times = [fields[1] for fields in found]
    if not chosen.count:
        chosen.first, chosen.since, chosen.until = found[0][0], times[0], times[0]
    chosen.count += len(found)
    chosen.last = found[-1][0]
    chosen.since, chosen.until = min(chosen.since, *times), max(chosen.until, *times)
    chosen.proven += sum(1 for fields in found if fields[0] <= chosen.upto)
    chosen.shown += found[: max(0, bundle_verify.SHOWN - len(chosen.shown))]


def _lines(rows: Sequence[list[Any]]) -> bytes:
    return "".join([_dump(row) + "\n" for row in rows]).encode()


def _sealed(log: LogExport, log_id: bytes) -> _Seal:
    """Find what vouches for the log: the newest checkpoint and the keys up to it."""
    archive = log.archives.last()
    before = bundle_verify.readable(archive.signed_by) if archive is not None else ""
    stored = log.checkpoints.within(log.bounds.last)
    notes = []
    if stored is not None and stored.size >= log.bounds.first:
        try:
            notes.append(parse_note(stored.note))
        except ValueError:
            notes = []  # the verdict says so
    rows = []
    if notes:
        announcing = LogQuery(only=((LogColumn.TYPE, AuditType.SIGNING_KEY.value),))
        for _, found in log.entries(log.select(announcing, notes[0].checkpoint.size)):
            for _, body, _ in found:
                try:
                    rows.append(entry_fields(body))
                except (ValueError, TypeError):
                    continue  # the verdict says so
    from hotfix_desktop.sealing.signing import is_signed  # it loads a library that is seldom needed

    def is_by(note: bundle_verify.Note, public: bytes) -> bool:
        try:
            return is_signed(parse_note(note.text), public)
        except ValueError:
            return False

    keys = bundle_verify.Keys(f"hotfix-desktop/{log_id.hex()}", before, rows, is_by)
    return _Seal(tuple(notes), keys, rows, before)


def _with_covering(log: LogExport, sealed: _Seal, last: int) -> _Seal:
    """Add the checkpoint that was made first after the newest entry of the selection: it dates it best."""
    stored = log.checkpoints.covering(last) if last else None
    if not sealed.notes or stored is None or stored.size >= sealed.size:
        return sealed
    try:
        note = parse_note(stored.note)
    except ValueError:
        return sealed
    return _Seal((*sealed.notes, note), sealed.keys, sealed.rows, sealed.before)


def _proof(log: LogExport, sealed: _Seal, chosen: _Chosen, progress: Progress) -> list[bytes] | None:
    """Give the hashes of the proof; None where the log does not lead to the roots that were signed."""
    archive = log.archives.last()
    try:
        beginning = Frontier.from_bytes(archive.last, archive.frontier) if archive is not None else Frontier()
    except ValueError:
        return None
    first, newest = log.bounds.first, sealed.size
    announcing = {row[0] for row in sealed.rows}
    for seq in announcing:
        chosen.marks.add(seq - 1)
    sizes = {note.checkpoint.size for note in sealed.notes}
    sizes |= {note.size for note in sealed.keys.notes if first <= note.size < newest}
    wanted = [size - 1 for size in sizes if size - 1 not in chosen.marks]
    for place in wanted:
        chosen.marks.add(place)
    prover = Prover(beginning, chosen.marks, wanted)
    for upto, rows in log.entries(log.select(LogQuery(), newest)):
        if rows and (rows[0][0], rows[-1][0]) != (prover.size + 1, prover.size + len(rows)):
            return None
        try:
            prover.extend([leaf_hash(body) for _, body, _ in rows])
        except TypeError:
            return None
        progress.step(upto - first + 1, newest - first + 1)
    if prover.size != newest or prover.root() != sealed.notes[0].checkpoint.root:
        return None
    return prover.hashes()


def _raw(log: LogExport, finding: Finding | None, chosen: _Chosen) -> Iterable[bytes]:
    if finding is None:
        return
    last = min(max(finding.seq, finding.until), finding.seq + MOST_BROKEN) + AROUND
    wanted = {row[0]: row for row in log.raw(finding.seq - AROUND, last)}
    for seq in chosen.damaged[:MOST_BROKEN]:
        wanted.update({row[0]: row for row in log.raw(seq, seq)})
    for seq in sorted(wanted):
        yield (_dump([_plain(value) for value in wanted[seq]]) + "\n").encode("utf-8", "backslashreplace")


def _plain(value: object) -> object:
    return {"base64": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value


def _signed(sealed: _Seal) -> dict[str, object] | None:
    key = sealed.keys.in_force(sealed.size)
    if not sealed.notes:
        return None
    note = bundle_verify.Note(sealed.notes[0].note())
    return {
        "size": note.size,
        "time": note.time,
        "fingerprint": bundle_verify.fingerprint(key.public) if key is not None else "",
    }


def _text(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class _Phase(Progress):
    """One of the three readings of the log, as a part of the whole."""

    def __init__(self, whole: Progress, number: int, what: str) -> None:
        self._whole, self._number, self._what = whole, number, what

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        """Pass it on in thousandths."""
        self._whole.step(1000 * self._number + (1000 * done // total if total > 0 else 0), 3000, self._what)
