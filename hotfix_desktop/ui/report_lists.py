"""The lists of a report: entries with their numbers, and what falls to each person, package and type."""

from __future__ import annotations

from hotfix_desktop.services.report_facts import Listed, ReportFacts, Share
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.report_parts import Column, Heading, Paragraph, Part, Row, Table, Text, Tone
from hotfix_desktop.ui.report_words import LONGEST_CELL, at_us, length, many, short


def only(shown: int, total: int, one: str, several: str = "") -> list[Part]:
    """Say that a list has not all, where it has not."""
    if shown >= total:
        return []
    return [
        Paragraph(
            (
                Text(
                    f"Only the newest {number(shown)} of {many(total, one, several)} are listed; the figures count "
                    "all of them, and the export as CSV or as evidence bundle has every entry.",
                    Tone.QUIET,
                ),
            )
        )
    ]


def lists(facts: ReportFacts) -> list[Part]:
    """Give the entries of some kinds, with their numbers."""
    parts: list[Part] = []
    for title, listed, none in (
        ("Drift", facts.drift, "No package was found changed while it was not unlocked."),
        ("Refused attempts", facts.denied, "Nothing was refused."),
        ("Settings, roles and protection", facts.settings, "Nothing was changed."),
        ("The log itself", facts.log_events, "No break, archive, changed clock or restarted guard was entered."),
    ):
        parts += [Heading(title), *_listed(listed, none)]
    return parts


def _listed(listed: Listed, none: str) -> list[Part]:
    if not listed.lines:
        return [Paragraph((Text(none),))]
    columns = (
        Column("Entry", 10.5, right=True),
        Column("Event date", 23.5),
        Column("Type", 24),
        Column("Package", 26),
        Column("Owner", 16),
    )
    rows = tuple(
        Row(
            (
                Text(str(entry.seq), Tone.QUIET),
                Text(at_us(entry.utc_us)),
                Text(short(entry.type, LONGEST_CELL), Tone.STRONG),
                Text(short(entry.package, LONGEST_CELL) or "–"),
                Text(short(entry.owner, LONGEST_CELL)),
            ),
            ((Text(short(entry.description)),),),
        )
        for entry in listed.lines
    )
    return [*only(len(rows), listed.total, "entry", "entries"), Table(columns, rows)]


def shares(facts: ReportFacts) -> list[Part]:
    """Give what each person and each package had to do with the hotfixes."""
    parts: list[Part] = []
    if facts.people:
        parts += [Heading("People"), _share_table("Person", facts.people, entries=True)]
    if facts.packages:
        parts += [Heading("Packages"), *only(len(facts.packages), facts.packages_total, "package")]
        parts.append(_share_table("Package", facts.packages, entries=False))
    return parts


def _share_table(title: str, shares: tuple[Share, ...], *, entries: bool) -> Table:
    columns = [
        Column(title, 44),
        Column("Hotfixes", 14, True),
        Column("Open for", 14, True),
        Column("Overruns", 14, True),
    ]
    if entries:
        columns.append(Column("Entries", 14, True))
    else:
        columns[0] = Column(title, 58)
    rows = []
    for share in shares:
        cells = [
            Text(short(share.name, LONGEST_CELL)),
            Text(number(share.hotfixes)),
            Text(length(share.open_for) if share.hotfixes else "–"),
            Text(number(share.overruns), Tone.ALARM if share.overruns else Tone.PLAIN),
        ]
        rows.append(Row((*cells, Text(number(share.entries))) if entries else tuple(cells)))
    return Table(tuple(columns), tuple(rows))


def types(facts: ReportFacts) -> list[Part]:
    """Give how many entries of each type there are."""
    parts: list[Part] = [Heading("Entries by type")]
    if not facts.types:
        return [*parts, Paragraph((Text("The log has no entry of this period."),))]
    columns = (Column("Type", 58), Column("Entries", 14, True), Column("Failed", 14, True), Column("Denied", 14, True))
    rows = tuple(
        Row(
            (
                Text(short(count.type, LONGEST_CELL)),
                Text(number(count.entries)),
                Text(number(count.failed), Tone.ALARM if count.failed else Tone.QUIET),
                Text(number(count.denied), Tone.ALARM if count.denied else Tone.QUIET),
            )
        )
        for count in facts.types
    )
    return [*parts, Table(columns, rows)]
