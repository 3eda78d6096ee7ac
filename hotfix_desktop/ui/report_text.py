"""A report in words: the facts of a period as titles, sentences and tables."""

from __future__ import annotations

from hotfix_desktop.core.audit import AuditType
from hotfix_desktop.services.report_facts import ReportFacts
from hotfix_desktop.ui.formats import number
from hotfix_desktop.ui.report_integrity import integrity, integrity_words
from hotfix_desktop.ui.report_lists import lists, only, shares, types
from hotfix_desktop.ui.report_parts import (
    Bullets,
    Column,
    Facts,
    Heading,
    Line,
    Paragraph,
    Part,
    Picture,
    Report,
    Row,
    Table,
    Text,
    Tile,
    Tiles,
    Title,
    Tone,
)
from hotfix_desktop.ui.report_words import (
    LONGEST_CELL,
    at,
    at_second,
    happened,
    length,
    locked,
    many,
    remarks,
    short,
    why,
)

NAME = "Hotfix audit report"
NO_HOTFIX = "No package was unlocked in this period."
_FOUND = AuditType.DRIFT_FOUND.value


def report_of(facts: ReportFacts, timeline: tuple[Picture, ...] = (), signing: Picture | None = None) -> Report:
    """Write a report; ``timeline`` are the pictures of its windows, ``signing`` the place for a signature."""
    workspace = short(facts.workspace, LONGEST_CELL)
    parts: list[Part] = [Title(NAME, workspace), _head(facts), *_summary(facts), *integrity(facts)]
    if timeline:
        parts += [Heading("Timeline"), *timeline]
    parts += [*_hotfixes(facts), *_notable(facts), *_waiting(facts), *_reviews(facts)]
    parts += lists(facts)
    parts += [*shares(facts), *types(facts)]
    if signing is not None:
        parts.append(signing)
    return Report(
        f"{NAME}: {workspace}, {_period(facts)}",
        (f"{NAME} · {workspace}", integrity_words(facts)),
        f"Made {at(facts.made_at)} UTC by {short(facts.made_by, LONGEST_CELL)} · Hotfix Desktop {facts.version}",
        tuple(parts),
    )


def _period(facts: ReportFacts) -> str:
    return f"{at(facts.since)} to {at(facts.until)} UTC"


def _head(facts: ReportFacts) -> Facts:
    entries = f"none of {number(facts.newest)}"
    if facts.entries:
        entries = f"{number(facts.entries)}, numbers {number(facts.first)} to {number(facts.last)}"
    pairs = [
        ("Workspace", short(facts.location)),
        ("Period", f"{_period(facts)} (all times are UTC)"),
        ("Entries", entries),
        ("Filter", f"{short(facts.sentence)[:1].upper()}{short(facts.sentence)[1:]}; nothing is left out"),
        ("Log", facts.log_id or "not known"),
        ("Made", f"{at_second(facts.made_at)} UTC by {short(facts.made_by, LONGEST_CELL)}"),
        ("Program", f"Hotfix Desktop {facts.version}"),
    ]
    if facts.archives:
        first, last = facts.archives[0].first, facts.archives[-1].last
        pairs.append(
            ("Archived", f"entries {number(first)} to {number(last)} are in archive files, not in this report")
        )
    return Facts(tuple(pairs))


def _count(facts: ReportFacts, kind: str) -> int:
    return sum(count.entries - count.denied for count in facts.types if count.type == kind)


def _summary(facts: ReportFacts) -> list[Part]:
    sums, drift = facts.sums, _count(facts, _FOUND)
    tiles = (
        Tile(number(sums.opened), "hotfixes"),
        Tile(length(sums.open_for), "open in all"),
        Tile(length(sums.longest), "longest window"),
        Tile(number(sums.still_open), "still open", sums.still_open > 0),
        Tile(number(sums.overruns), "overruns", sums.overruns > 0),
        Tile(number(sums.extended), "extended"),
        Tile(number(sums.failed_relocks), "failed relocks", sums.failed_relocks > 0),
        Tile(number(sums.late_writes), "changed after relock", sums.late_writes > 0),
        Tile(number(drift), "drift found", drift > 0),
        Tile(number(facts.denied.total), "refused attempts", facts.denied.total > 0),
        Tile(number(len(facts.waiting)), "undelivered", bool(facts.waiting)),
        Tile(number(sums.to_review), "to review"),
    )
    parts: list[Part] = [Heading("Summary"), Paragraph((Text(_told(facts)),)), Tiles(tiles)]
    attention = _attention(facts)
    if attention:
        parts += [Paragraph((Text("What to look at", Tone.STRONG),), keep=True), Bullets(attention)]
    else:
        parts.append(Paragraph((Text("Nothing in this period needs attention."),)))
    return parts


def _told(facts: ReportFacts) -> str:
    sums = facts.sums
    if not sums.hotfixes:
        return NO_HOTFIX
    if not sums.opened:
        return f"{NO_HOTFIX} {many(sums.not_opened, 'unlock')} failed or {_were(sums.not_opened)} cancelled."
    verb = "was" if sums.opened == 1 else "were"
    text = f"{many(sums.opened, 'hotfix', 'hotfixes')} {verb} open in this period"
    text += f", together for {length(sums.open_for)}." if sums.opened > 1 else f", for {length(sums.open_for)}."
    text += f" {number(sums.relocked)} of them {_were(sums.relocked)} locked by the program"
    text += f", {number(sums.extended)} {_were(sums.extended)} extended"
    text += f" (by {many(sums.extension_minutes, 'minute')} in all)." if sums.extended else "."
    if sums.not_opened:
        text += f" {many(sums.not_opened, 'further unlock')} failed or {_were(sums.not_opened)} cancelled."
    return text


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _attention(facts: ReportFacts) -> tuple[Line, ...]:
    sums, drift = facts.sums, _count(facts, _FOUND)
    said = []
    if facts.verdict is not None and facts.verdict.finding is not None:
        said.append("The log is broken: nothing below is proven from the first bad entry on.")
    if facts.damaged:
        said.append(f"{many(facts.damaged, 'entry', 'entries')} cannot be read and {_were(facts.damaged)} left out.")
    if sums.still_open:
        said.append(f"{many(sums.still_open, 'package')} {_is(sums.still_open)} still open.")
    if sums.overruns:
        worst = length(sums.worst_overrun)
        hotfixes = many(sums.overruns, "hotfix", "hotfixes")
        said.append(f"{hotfixes} {_were(sums.overruns)} open past the deadline, by at most {worst}.")
    if sums.failed_relocks:
        said.append(f"{many(sums.failed_relocks, 'hotfix', 'hotfixes')} could not be locked at the first try.")
    if sums.late_writes:
        hotfixes = many(sums.late_writes, "hotfix", "hotfixes")
        said.append(f"Files were changed after the lock of {hotfixes}, by a program that still had them open.")
    if sums.with_writers > sums.late_writes:
        hotfixes = many(sums.with_writers, "hotfix", "hotfixes")
        said.append(f"At the lock of {hotfixes} a program still had files open for writing.")
    if drift:
        said.append(f"A package was found changed while it was not unlocked: {many(drift, 'time')}.")
    if facts.denied.total:
        said.append(f"{many(facts.denied.total, 'attempt')} {_were(facts.denied.total)} refused.")
    if facts.waiting:
        said.append(
            f"{many(len(facts.waiting), 'hotfix', 'hotfixes')} {_is(len(facts.waiting))} undelivered: "
            "the next update of production may overwrite what was repaired."
        )
    if sums.objected:
        said.append(f"Auditors object to {many(sums.objected, 'hotfix', 'hotfixes')}.")
    if sums.to_review:
        said.append(f"{many(sums.to_review, 'hotfix', 'hotfixes')} {_is(sums.to_review)} to be reviewed.")
    return tuple((Text(text),) for text in said)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


_HOTFIX_COLUMNS = (
    Column("No.", 8, right=True),
    Column("Package", 25),
    Column("Unlocked", 20),
    Column("By", 14),
    Column("Locked", 20),
    Column("Open for", 13, right=True),
)


def _hotfixes(facts: ReportFacts) -> list[Part]:
    parts: list[Part] = [Heading("Hotfixes")]
    if not facts.hotfixes:
        return [*parts, Paragraph((Text(NO_HOTFIX),))]
    rows = []
    for told in facts.hotfixes:
        window = told.window
        lasted = length(told.open_for(facts.made_at)) if told.was_open else "–"
        cells = (
            Text(str(window.hotfix), Tone.QUIET),
            Text(short(window.package, LONGEST_CELL), Tone.STRONG),
            Text(at(window.opened)),
            Text(short(window.opened_by, LONGEST_CELL)),
            Text(locked(told), Tone.PLAIN if window.closed_us is not None else Tone.ALARM),
            Text(lasted),
        )
        remark = remarks(told, facts.made_at)
        rows.append(Row(cells, (why(told), remark) if remark else (why(told),)))
    few = only(len(facts.hotfixes), facts.sums.hotfixes, "hotfix", "hotfixes")
    return [*parts, *few, Table(_HOTFIX_COLUMNS, tuple(rows))]


def _notable(facts: ReportFacts) -> list[Part]:
    parts: list[Part] = [Heading("Overruns, failed relocks and late writes")]
    if not facts.notable:
        none = "Every hotfix of this period ended as it should."
        return [*parts, Paragraph((Text(none if facts.sums.hotfixes else NO_HOTFIX),))]
    columns = (Column("No.", 8, right=True), Column("Package", 42), Column("Unlocked", 25), Column("By", 25))
    rows = tuple(
        Row(
            (
                Text(str(told.window.hotfix), Tone.QUIET),
                Text(short(told.window.package, LONGEST_CELL), Tone.STRONG),
                Text(at_second(told.window.opened)),
                Text(short(told.window.opened_by, LONGEST_CELL)),
            ),
            happened(told, facts.made_at),
        )
        for told in facts.notable
    )
    return [*parts, *only(len(rows), facts.notable_total, "hotfix", "hotfixes"), Table(columns, rows)]


def _waiting(facts: ReportFacts) -> list[Part]:
    parts: list[Part] = [Heading("Undelivered")]
    if not facts.waiting:
        return [*parts, Paragraph((Text(f"On {at(facts.made_at)} UTC no hotfix was undelivered."),))]
    columns = (
        Column("No.", 8, right=True),
        Column("Package", 34),
        Column("Files", 8, right=True),
        Column("Locked", 25),
        Column("By", 25),
    )
    rows = []
    for each in facts.waiting:
        reason = (Text(f"{short(each.ticket)}  ", Tone.STRONG),) if each.ticket else ()
        rows.append(
            Row(
                (
                    Text("" if each.hotfix is None else str(each.hotfix), Tone.QUIET),
                    Text(short(each.package, LONGEST_CELL), Tone.STRONG),
                    Text("?" if each.changes is None else number(each.changes)),
                    Text("" if each.closed_at is None else at_second(each.closed_at)),
                    Text(short(each.opened_by, LONGEST_CELL)),
                ),
                ((*reason, Text(short(each.reason))),) if each.reason else (),
            )
        )
    said = f"As the program knew it on {at(facts.made_at)} UTC, whatever the period of this report."
    return [*parts, Paragraph((Text(said, Tone.QUIET),)), Table(columns, tuple(rows))]


def _reviews(facts: ReportFacts) -> list[Part]:
    sums = facts.sums
    if not sums.hotfixes:
        return []
    said = (
        f"Of the hotfixes of this period {number(sums.reviewed)} {_were(sums.reviewed)} reviewed, "
        f"{number(sums.objected)} {_were(sums.objected)} objected to, and {number(sums.to_review)} "
        f"{'waits' if sums.to_review == 1 else 'wait'} for an auditor."
    )
    if sums.objected:
        said += " The objections stand with the hotfixes above."
    return [Heading("Reviews"), Paragraph((Text(said),))]
