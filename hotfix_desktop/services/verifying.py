"""Verifies the audit log of a database: from the last good checkpoint on, or every entry.

From a checkpoint only when it is good in itself: signed with the key in force, its working copy leads to the signed
root, the entry that it ends with has the signed chain hash, the entries begin where they must, and those that the
newest checkpoints end with are the ones that were signed. Else everything is verified, which finds out why. Whoever
asks for everything has the schema, the indexes and the lists of hotfixes and reviews compared with the entries, too;
the few records of archives always are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from hotfix_desktop.core.audit import AuditResult, AuditType, fields_of
from hotfix_desktop.core.checkpoints import fingerprint, parse_note
from hotfix_desktop.core.key_chain import KeyChain, announced_in
from hotfix_desktop.core.merkle import Frontier
from hotfix_desktop.core.progress import NOBODY, Progress
from hotfix_desktop.core.roles import Act
from hotfix_desktop.core.verdict import AnchorSeen, Break, Finding, Verdict
from hotfix_desktop.core.verification import Kept, Verifier, earlier
from hotfix_desktop.sealing.signing import is_signed
from hotfix_desktop.services.archive_records import odd_record
from hotfix_desktop.services.beside_log import odd_beside
from hotfix_desktop.services.sealing import key_place, seal
from hotfix_desktop.services.standing import standing
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.chain_reader import Beginning, ChainReader

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """What the anchors say: each as it was met, and what is wrong according to them."""

    anchors: tuple[AnchorSeen, ...] = ()
    finding: Finding | None = None


NOWHERE = Outside()
NEWEST = 256
"""Checkpoints that are compared with their entries even by default; some milliseconds."""


def verify(
    path: Path,
    now: datetime,
    *,
    everything: bool = False,
    progress: Progress = NOBODY,
    outside: Callable[[], Outside] = lambda: NOWHERE,
    key_place: str = "",
) -> Verdict:
    """Verify the log in a database or an archive file, which is opened read-only and not changed.

    Args:
        now: UTC, for the verdict.
        everything: every entry; else those after the last good checkpoint, if there is one.
        progress: hears how many entries are done, of how many, every few milliseconds; a cancel is heard there.
        outside: asks the anchors; called after the entries were read, because somebody may go on writing.
        key_place: where the private key is kept, for people.

    Raises:
        StoreError: when the database cannot be read.
        Cancelled: from ``progress``.
    """
    with closing(ChainReader(path)) as reader:
        verdict, untold = _verified(reader, now, everything, progress)
    met = outside()
    # Who cut the log off, or brought an older one back, has taken away what told of the last archive, too.
    finding = earlier(verdict.finding, met.finding) or untold or odd_record(path)
    return replace(verdict, finding=finding, anchors=met.anchors, key_place=key_place)


def verify_and_enter(bench: Workbench, *, everything: bool, progress: Progress = NOBODY) -> Verdict:
    """Verify the log of a workbench because somebody asked for it; that is an entry, and sealed.

    Raises ``Denied``, ``StoreError`` and ``Cancelled``; one that was cancelled is no entry.
    """
    bench.demand(Act.READ_AUDIT, AuditType.AUDIT_VERIFIED, "verify the audit log")
    verdict = verify(
        bench.store.path, bench.clock.now().utc, everything=everything, progress=progress, key_place=key_place(bench)
    )
    return enter(bench, verdict, everything=everything)


def enter(bench: Workbench, verdict: Verdict, *, everything: bool) -> Verdict:
    """Enter and seal a verification that was made elsewhere; gives the verdict with what the anchors say.

    Raises ``StoreError``.
    """
    met = standing(bench)
    merged = replace(
        verdict,
        finding=earlier(verdict.finding, met.finding),
        anchors=met.anchors,
        key_place=verdict.key_place or key_place(bench),
    )
    result = AuditResult.SUCCESS if merged.is_whole else AuditResult.FAILURE
    with bench.store.transaction():
        if verdict.finding is not None and not _is_told(bench, verdict.finding):
            bench.enter(
                bench.event(
                    AuditType.AUDIT_BROKEN,
                    verdict.finding.sentence,
                    result=AuditResult.FAILURE,
                    by_program=True,
                    finding=verdict.finding.kind.value,
                    seq=verdict.finding.seq,
                    until=verdict.finding.until,
                )
            )
        bench.enter(
            bench.event(
                AuditType.AUDIT_VERIFIED,
                f"{bench.person.user} verified the audit log: {summary(merged)}",
                result=result,
                everything=everything,
                since=merged.since,
                upto=merged.upto,
            )
        )
    seal(bench)
    return merged


def summary(verdict: Verdict) -> str:
    """Say in a clause how a log was found, for people and for the log itself."""
    finding = verdict.finding
    if finding is None:
        return f"whole up to entry {verdict.upto:,}"
    if finding.until > finding.seq:
        return f"broken between entries {finding.seq:,} and {finding.until:,}: {finding.kind.value}"
    return f"broken at entry {finding.seq:,}: {finding.kind.value}"


def _is_told(bench: Workbench, finding: Finding) -> bool:
    wanted = (finding.kind.value, finding.seq, finding.until)
    for entry in bench.store.ledger.recent(AuditType.AUDIT_BROKEN, 1000):
        detail = _detail(entry.event.detail)
        if (detail.get("finding"), detail.get("seq"), detail.get("until")) == wanted:
            return True
    return False


def _detail(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _verified(
    reader: ChainReader, now: datetime, everything: bool, progress: Progress
) -> tuple[Verdict, Finding | None]:
    beginning = reader.beginning()
    start = None if everything else _last_good(reader, beginning)
    if start is None:
        start = _from_the_beginning(reader, beginning)
    verifier, untold = start
    first = verifier.upto + 1
    after = None if first == beginning.last + 1 else first - 1
    count = reader.newest - first + 1
    # To look for an entry in the indexes takes about two thirds as long as to verify it.
    total = count + 2 * count // 3 if everything else count
    finding = None
    progress.step(0, total)
    if untold is None or verifier.upto == beginning.last:
        for rows in reader.chunks(after):
            if not verifier.feed(rows):
                break
            progress.step(verifier.upto - first + 1, total)
        finding = verifier.end()
    if everything and finding is None and untold is None:
        untold = odd_beside(
            reader.beside,
            beginning.last,
            reader.newest,
            is_archive=reader.is_archive,
            hear=lambda done: progress.step(count + min(2 * done, 2 * count) // 3, total),
        )
    progress.step(total, total)
    keys = verifier.keys
    signed = verifier.sealed
    key = keys.in_force(signed.checkpoint.size) if signed else None
    verdict = Verdict(
        log_id=reader.log_id.hex(),
        first=beginning.last + 1,
        since=first,
        upto=verifier.upto,
        at=now,
        finding=finding,
        signed_upto=signed.checkpoint.size if signed else 0,
        signed_at=signed.checkpoint.at if signed else None,
        signed_by=fingerprint(key.public) if key else "",
        renewed_at=keys.renewed_at,
    )
    return verdict, untold


def _keys(reader: ChainReader, beginning: Beginning, trusted_upto: int | None = None) -> KeyChain:
    before = None
    if beginning.signed_by:
        try:
            before = announced_in(0, beginning.signed_by)
        except ValueError:
            log.info("the key in force before the first entry cannot be read")
    keys = KeyChain(reader.log_id, is_signed, before)
    # An index may lie: who reads everything does not ask it.
    announcing = reader.of_type(AuditType.SIGNING_KEY, through_index=trusted_upto is not None)
    keys.read(announcing, trusted_upto=trusted_upto or 0)
    return keys


def _from_the_beginning(reader: ChainReader, beginning: Beginning) -> tuple[Verifier, Finding | None]:
    broken = None
    sentence = f"The entries up to {beginning.last:,} are not here, and no entry says that they were archived."
    try:
        tree = Frontier.from_bytes(beginning.last, beginning.frontier)
    except ValueError:
        tree = Frontier()
        sentence = "The record of the last archive is damaged, so that nothing after it can be verified."
    if beginning.last and (tree.size != beginning.last or not _is_entered(reader, beginning)):
        broken = Finding(Break.MISSING, beginning.last, beginning.last, sentence)
    keys = _keys(reader, beginning)
    checkpoints = reader.checkpoints(beginning.last)
    return Verifier(reader.log_id, beginning.head, tree, reader, keys, checkpoints), broken


def _is_entered(reader: ChainReader, beginning: Beginning, *, through_index: bool = False) -> bool:
    """Whether an entry says that everything before the first one was archived.

    That entry lies behind what was archived, so that an archive file need not have the one of the file before.
    """
    if reader.is_archive:
        return True
    for _, body in reversed(reader.of_type(AuditType.AUDIT_ARCHIVED, through_index=through_index)):
        try:
            fields = fields_of(body)
        except (ValueError, TypeError):
            continue
        if fields.type != AuditType.AUDIT_ARCHIVED.value:
            continue
        detail = _detail(fields.detail)
        if detail.get("last") == beginning.last and detail.get("head") == beginning.head.hex():
            return True
    return False


def _last_good(reader: ChainReader, beginning: Beginning) -> tuple[Verifier, Finding | None] | None:
    """Give a verification of what follows the newest checkpoint; None when that one is not good in itself."""
    newest = reader.newest_checkpoints(NEWEST)
    kept = newest[0] if newest else None
    if kept is None or not all(_is_number(one) for one in newest) or not beginning.last <= kept.size <= reader.newest:
        return None
    if reader.first() != beginning.last + 1 or not _begins_well(reader, beginning):
        return None
    if not all(_stands(reader, beginning, older) for older in newest[1:]):
        return None
    try:
        note = parse_note(kept.note)
        tree = Frontier.from_bytes(kept.size, kept.frontier)
    except (ValueError, TypeError, AttributeError):
        return None
    stands = note.checkpoint
    head = reader.hash_of(kept.size) if kept.size > beginning.last else beginning.head
    if (stands.size, stands.root, stands.head) != (kept.size, tree.root(), head):
        return None
    keys = _keys(reader, beginning, trusted_upto=kept.size)
    if keys.fault(note) is not None:
        return None
    verifier = Verifier(
        reader.log_id, stands.head, tree, reader, keys, reader.checkpoints(kept.size + 1, through_index=True)
    )
    verifier.sealed = note
    return verifier, None


def _begins_well(reader: ChainReader, beginning: Beginning) -> bool:
    return not beginning.last or _is_entered(reader, beginning, through_index=True)


def _stands(reader: ChainReader, beginning: Beginning, kept: Kept) -> bool:
    """Whether a checkpoint ends with the entry that was signed: an end that was cut off may have grown again."""
    try:
        stands = parse_note(kept.note).checkpoint
    except (ValueError, TypeError, AttributeError):
        return False
    if stands.size != kept.size:
        return False
    return kept.size <= beginning.last or stands.head == reader.hash_of(kept.size)


def _is_number(kept: Kept) -> bool:
    size: object = kept.size  # whatever somebody has put there
    return isinstance(size, int)
