"""What a report states about the log itself: whether it is whole, what that rests on, and its newest checkpoint."""

from __future__ import annotations

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.core.verdict import NEEDS_ACKNOWLEDGING, AnchorSeen, Verdict
from hotfix_desktop.services.report_facts import ReportFacts
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.report_parts import (
    Column,
    Heading,
    Paragraph,
    Part,
    Row,
    Sign,
    Statement,
    Table,
    Text,
    Tone,
    Verbatim,
)
from hotfix_desktop.ui.report_words import at_second, many, short


def integrity(facts: ReportFacts) -> list[Part]:
    """Give the section about the log's integrity."""
    parts: list[Part] = [Heading("Integrity of the log"), _statement(facts)]
    verdict = facts.verdict
    if verdict is not None and verdict.anchors:
        columns = (Column("Copy outside of the database", 55), Column("Covers", 17, True), Column("Made", 28))
        parts.append(Table(columns, tuple(_anchor(seen) for seen in verdict.anchors)))
    if facts.note:
        parts += [
            Paragraph(
                (
                    Text("The newest checkpoint, as it was signed. ", Tone.STRONG),
                    Text(
                        "Whoever keeps this page keeps a copy outside of the computer: the second line is the number "
                        "of entries that it covers, “chain” the hash of the newest of them. A log that has another "
                        "hash at this number, or fewer entries, is not the one that this report is about."
                    ),
                ),
                keep=True,
            ),
            Verbatim(tuple(short(line) for line in facts.note.rstrip("\n").split("\n"))),
        ]
    return parts


def integrity_words(facts: ReportFacts) -> str:
    """Give the same in a few words, for the top of every page."""
    verdict = facts.verdict
    if verdict is None:
        return "Log not verified"
    if verdict.finding is not None:
        return f"Log broken at entry {number(verdict.finding.seq)}"
    return f"Log whole up to entry {number(verdict.upto)}"


def _statement(facts: ReportFacts) -> Statement:
    verdict = facts.verdict
    if verdict is None:
        return Statement(
            Sign.UNKNOWN,
            "The log was not verified for this report.",
            ("Verify it in the audit log window, or with hotfix-desktop audit verify, and make the report again.",),
        )
    if verdict.finding is not None:
        return _broken(verdict)
    read = f"Entries {number(verdict.first)} to {number(verdict.upto)} form one unbroken chain"
    if verdict.since > verdict.first:
        read += f"; those from {number(verdict.since)} on were read again, the others when they were verified before"
    lines = [f"{read}. Verified at {at_second(verdict.at)} UTC.", *_grounds(verdict)]
    keys = sum(count.entries - count.failed for count in facts.types if count.type == AuditType.SIGNING_KEY.value)
    if keys:
        lines.append(f"{many(keys, 'signing key')} came into force in this period; each is good for one day of use.")
    lines += _not_covered(facts, verdict)
    if not verdict.signed_upto:
        return Statement(Sign.UNKNOWN, "The chain of the log is whole, but nothing has signed it.", tuple(lines))
    return Statement(Sign.GOOD, f"The log is whole up to entry {number(verdict.upto)}.", tuple(lines))


def _broken(verdict: Verdict) -> Statement:
    finding = verdict.finding
    assert finding is not None
    where = f"entry {number(finding.seq)}"
    if finding.until > finding.seq:
        where = f"an entry from {number(finding.seq)} to {number(finding.until)}"
    lines = [short(finding.sentence), f"Found at {at_second(verdict.at)} UTC."]
    if finding.seq > verdict.first:
        lines.append(f"The entries before {number(finding.seq)} are as they were entered.")
    if finding.kind in NEEDS_ACKNOWLEDGING:
        lines.append("No package can be unlocked until an administrator and an auditor have acknowledged this.")
    return Statement(Sign.BAD, f"The log is broken at {where}: {finding.kind.value}.", (*lines, *_grounds(verdict)))


def _grounds(verdict: Verdict) -> list[str]:
    lines = []
    if verdict.signed_upto and verdict.signed_at is not None:
        kept = f", which is kept in {verdict.key_place}" if verdict.key_place else ""
        lines.append(
            f"Signed up to entry {number(verdict.signed_upto)} at {at_second(verdict.signed_at)} UTC "
            f"by the key {verdict.signed_by}{short(kept)}."
        )
    elif not verdict.signed_upto:
        lines.append("Without a signature whoever can write to the database could have written the whole chain anew.")
    seen = verdict.anchored
    if seen is not None and seen.at is not None:
        lines.append(f"A copy up to entry {number(seen.size)} was compared: {short(seen.name)}.")
    else:
        lines.append(
            "No copy outside of the database was compared, so newest entries that are missing would go unnoticed."
        )
    if verdict.renewed_at:
        lines.append(
            f"At entry {number(verdict.renewed_at)} the signing keys began anew without the one before. That happens "
            "when a database is moved to another computer, and is what a forger would have to do: ask who moved it."
        )
    return lines


def _not_covered(facts: ReportFacts, verdict: Verdict) -> list[str]:
    behind = facts.last - verdict.upto
    if behind <= 0:
        return []
    newer = f"{many(behind, 'entry', 'entries')} of this period {'is' if behind == 1 else 'are'} newer than that"
    return [f"{newer}, as the entry of every verification is, and not verified."]


def _anchor(seen: AnchorSeen) -> Row:
    remarks = ((Text(short(seen.problem)),),) if seen.problem else ()
    if seen.problem and not seen.size:
        return Row((Text(short(seen.name)), Text("–"), Text("no copy compared", Tone.ALARM)), remarks)
    made = f"{at_second(seen.at)} UTC" if seen.at is not None else "–"
    return Row((Text(short(seen.name)), Text(number(seen.size) if seen.size else "none yet"), Text(made)), remarks)
