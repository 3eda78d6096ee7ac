"""What a delivery is called: its commit message, and the line in it by which this program knows its own commits."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.letters import line_of
from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.texts import one_line, plural, wrapped
from hotfix_desktop.services.workbench import Workbench

TRAILER = "Hotfix-Desktop: "
"""Begins the line that names workspace and hotfixes; git's trailers have this form (git-interpret-trailers)."""
PART = " (part)"
"""Ends that line where files were left out, so that the hotfixes wait for the rest."""
MESSAGE_LIMIT = 20_000
"""Characters of a commit message."""
_SUBJECT = 72
_NAMED = 5
"""Files that a message names of those that stay behind; more of them are only counted."""


def message_of(
    bench: Workbench,
    hotfixes: Sequence[Hotfix],
    found: FoundPackage | None,
    missing: Sequence[str] = (),
    count: int = 0,
) -> str:
    """Give the message of a commit that delivers these hotfixes of one package.

    ``missing`` names the files that stay behind, of ``count`` that there are.
    """
    first = hotfixes[0]
    tickets = list(dict.fromkeys(hotfix.ticket for hotfix in hotfixes if hotfix.ticket))
    ticket = f"{tickets[0]}: " if tickets and tickets[0] not in first.reason else ""
    subject = _cut(ticket + first.reason, _SUBJECT)
    version = f" {found.version}" if found is not None and found.version else ""
    parts = [subject]
    if len(hotfixes) == 1 and subject != ticket + first.reason:
        parts.append(first.reason)
    told = "\n".join(_told(hotfix, len(hotfixes) > 1) for hotfix in hotfixes)
    what = "a hotfix" if len(hotfixes) == 1 else f"{len(hotfixes)} hotfixes"
    if missing:
        what = f"a part of {what}, {count - len(missing):,} of {plural(count, 'file')},"
    parts.append(f"Carries {what} of {first.package_name}{version} in production to development:\n{told}")
    if 0 < len(missing) <= _NAMED:
        parts.append("\n".join(["Not in this commit:", *(f"* {one_line(place)}" for place in missing)]))
    lines = [f"Hotfix: {hotfix.number}" for hotfix in hotfixes]
    lines += [f"Ticket: {name}" for name in tickets]
    for hotfix in hotfixes:
        entry, _ = bench.store.archives.first_of_hotfixes([hotfix.number])
        if entry:
            lines.append(f"Audit-Entry: {entry}")
    numbers = [hotfix.number for hotfix in hotfixes]
    parts.append("\n".join([*lines, trailer_of(bench, numbers, part=bool(missing))]))
    return "\n\n".join(parts) + "\n"


def patch_head(hotfixes: Sequence[Hotfix], found: FoundPackage, name: str) -> list[str]:
    """Give what stands before a patch of these hotfixes that is called ``name``: whose it is, and how it is applied.

    The same hotfixes give the same lines.
    """
    package, patch = _word(f"packages/{found.name}", "packages/NAME"), _word(name, "FILE")
    return [
        f"{found.name} {found.version}".strip() + f" (UId {found.uid})",
        *(line for hotfix in hotfixes for line in wrapped(line_of(hotfix), "  ")),
        "",
        "The paths are below the folder of the package. In a repository that has it in",
        f"{package}, from the top folder:",
        f"  git apply --directory={package} {patch}",
        "Without git, for text files:",
        f"  patch -p1 -d {package} -i {patch}",
        "",
    ]


def checked_message(bench: Workbench, text: str, numbers: Sequence[int], *, part: bool = False) -> str:
    """Give a message that somebody edited, with this program's own line; ``part``: files are left out.

    Raises ``InvalidInput`` (field ``message``) for an empty one, one that is too long, or what is no text.
    """
    if any(0xD800 <= ord(c) <= 0xDFFF or c == "\0" for c in text):
        raise InvalidInput("message", "The message holds a character that git cannot keep.")
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    cleaned = "\n".join(lines).strip("\n")
    trailer = trailer_of(bench, numbers, part=part)
    either = {trailer, trailer_of(bench, numbers, part=not part)}
    said = [line for line in lines if line and not line.startswith(TRAILER)]
    if not any(c for line in said for c in line if unicodedata.category(c)[0] not in "ZC"):
        raise InvalidInput("message", "A commit needs a message.")
    if len(cleaned) > MESSAGE_LIMIT:
        raise InvalidInput("message", f"The message can have at most {MESSAGE_LIMIT:,} characters.")
    if not either.isdisjoint(lines):
        return "\n".join(trailer if line in either else line for line in cleaned.split("\n")) + "\n"
    last = cleaned.rpartition("\n\n")[2]
    glue = "\n" if "\n\n" in cleaned and all(": " in line for line in last.split("\n")) else "\n\n"
    return f"{cleaned}{glue}{trailer}\n"


def trailer_of(bench: Workbench, numbers: Sequence[int], *, part: bool = False) -> str:
    """Give the line that names this workspace (by the id of its log) and the hotfixes, or that files of them miss."""
    return f"{workspace_mark(bench)}{','.join(str(number) for number in sorted(numbers))}{PART if part else ''}"


def has_part_of(bench: Workbench, message: str, numbers: Sequence[int]) -> bool:
    """Whether a commit's message says that it has a part of any of these hotfixes of this workspace."""
    mark = workspace_mark(bench)
    wanted = {str(number) for number in numbers}
    return any(
        line.startswith(mark)
        and line.endswith(PART)
        and not wanted.isdisjoint(line.removeprefix(mark).removesuffix(PART).split(","))
        for line in message.splitlines()
    )


def workspace_mark(bench: Workbench) -> str:
    """Give how that line begins in all deliveries of this workspace."""
    record = bench.store.administration.workspace()
    return f"{TRAILER}{record.log_id.hex()[:16] if record else ''}/"


def _told(hotfix: Hotfix, with_reason: bool) -> str:
    opened = hotfix.lease.opened.utc
    until = f" to {hotfix.closed_at:%Y-%m-%d %H:%M}" if hotfix.closed_at else ""
    told = f"unlocked by {hotfix.opened_by} from {opened:%Y-%m-%d %H:%M}{until} UTC"
    return f"* hotfix {hotfix.number}, {told}: {hotfix.reason}" if with_reason else f"* hotfix {hotfix.number}, {told}"


def _word(text: str, instead: str) -> str:
    """Give a word of a command that somebody may copy; a name that a shell could take for more is not in it."""
    if not all(c.isalnum() or c in "-_./ " for c in text):
        return instead
    return f'"{text}"' if " " in text else text


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
