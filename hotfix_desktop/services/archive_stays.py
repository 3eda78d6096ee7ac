"""What of the log is not settled and has to stay in the database, and what of it an archive's entry carries on."""

from __future__ import annotations

import json
from collections.abc import Iterable

from hotfix_desktop.core.anchoring import Judgement, unsettled
from hotfix_desktop.core.archiving import Span, Stay
from hotfix_desktop.core.audit import AuditType, fields_of
from hotfix_desktop.core.texts import plural
from hotfix_desktop.core.verdict import Break, Finding
from hotfix_desktop.services.findings import acknowledgements
from hotfix_desktop.services.workbench import Workbench

_FAR = 2**62


def stays(bench: Workbench) -> list[Stay]:
    """Find what is not settled, the earliest entry first. Raises ``StoreError``."""
    found = []
    unreviewed = bench.store.reviews.unsettled()
    seq, number = bench.store.archives.first_of_hotfixes(unreviewed)
    if seq:
        is_open = number in {h.number for h in bench.store.hotfixes.not_closed()}
        what = "is open" if is_open else "is not reviewed yet"
        others = f" ({plural(len(unreviewed) - 1, 'more is', 'more are')} not settled)" if len(unreviewed) > 1 else ""
        found.append(Stay(seq, f"{_name(bench, number)} {what}{others}"))
    waiting = [fix.hotfix for fix in bench.store.deliveries.waiting()]
    seq, number = bench.store.archives.first_of_hotfixes(waiting)
    if seq:
        found.append(Stay(seq, f"{_name(bench, number)} is not delivered"))
    seq = _first_break(bench)
    if seq:
        found.append(Stay(seq, "a break of the audit log is not acknowledged"))
    return sorted(found, key=lambda stay: stay.seq)


def parted_stay(bench: Workbench, span: Span) -> Stay:
    """Say of a hotfix that it goes on behind the end of an archive."""
    return Stay(span.first, f"{_name(bench, span.hotfix)} goes on until entry {span.last:,}, which stays")


def settled_until(bench: Workbench, last: int) -> list[str]:
    """Give the digests that the acknowledgements up to an entry settled, sorted; with those carried on by archives."""
    digests: set[str] = set()
    kinds = {AuditType.BREAK_ACKNOWLEDGED: "notes", AuditType.AUDIT_ARCHIVED: "settled"}
    for kind, name in kinds.items():
        for _, body in bench.store.archives.of_type(kind, last):
            digests |= _strings(_detail(body).get(name))
    return sorted(digests)


def _first_break(bench: Workbench) -> int:
    """Give the number of the first finding that needs acknowledging, and was not by both roles; 0 for none."""
    broken = bench.store.archives.of_type(AuditType.AUDIT_BROKEN, _FAR)
    said = acknowledgements(bench.store) if broken else []
    for seq, body in broken:
        detail = _detail(body)
        notes = _strings(detail.get("notes"))
        try:
            finding = Finding(Break(str(detail.get("finding"))), seq, seq, "")
        except ValueError:
            continue
        # What a verification found has no notes; where it needs acknowledging the anchors' finding stands beside it.
        if notes and unsettled(Judgement(finding, (), notes), said).refuses:
            return seq
    return 0


def _name(bench: Workbench, number: int) -> str:
    hotfix = bench.store.hotfixes.get(number)
    return f"hotfix {number} of {hotfix.package_name}" if hotfix else f"hotfix {number}"


def _detail(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(fields_of(body).detail)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _strings(found: object) -> frozenset[str]:
    return frozenset(map(str, found)) if isinstance(found, Iterable) and not isinstance(found, str) else frozenset()
