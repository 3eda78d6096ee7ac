"""The settings that administrators change: their names, limits, defaults and what counts as nonsense.

``PackageHotfixTimeout`` and ``Maintainer`` are Creatio's own names (``creatio.md`` 3.4, 4.3); the others
are ours. They are kept in the database, and each change is an audit entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.patterns import compile_safely
from hotfix_desktop.core.texts import NAME_LIMIT, TICKET_LIMIT, clean_line

MINUTES_MAX = 1440
"""The longest hotfix: a day."""
PATH_LIMIT = 4000
"""Characters of a path."""


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One setting.

    Attributes:
        name: the public name, also on the command line.
        caption: the words on the screen.
        default: its value, as text, until somebody changes it.
        parse: gives the value of a text, or raises ``InvalidInput`` with a sentence.
    """

    name: str
    caption: str
    default: str
    parse: Callable[[str], object]


def parse_minutes(text: str, field: str, what: str, least: int = 1, most: int = MINUTES_MAX) -> int:
    """Give whole minutes between ``least`` and ``most``; raises ``InvalidInput`` for anything else."""
    stripped = text.strip()
    wrong = InvalidInput(field, f"{what} must be whole minutes from {least:,} to {most:,}, not “{_short(stripped)}”.")
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", stripped, re.ASCII):
        raise wrong
    minutes = int(stripped)
    if not least <= minutes <= most:
        raise wrong
    return minutes


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"


def _warnings(text: str) -> tuple[int, ...]:
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    if len(parts) > 5:
        raise InvalidInput("HotfixWarnings", "At most five warnings can be given before the end.")
    minutes = {parse_minutes(p, "HotfixWarnings", "A warning before the end") for p in parts}
    return tuple(sorted(minutes, reverse=True))


def _yes_or_no(field: str, what: str) -> Callable[[str], bool]:
    def parse(text: str) -> bool:
        word = text.strip().casefold()
        if word in ("yes", "true", "1", "on"):
            return True
        if word in ("no", "false", "0", "off"):
            return False
        raise InvalidInput(field, f"{what}: yes or no, not “{_short(text)}”.")

    return parse


def _pattern(text: str) -> str:
    pattern = clean_line(text, "HotfixTicketPattern", "The pattern of ticket numbers", NAME_LIMIT)
    try:
        compile_safely(pattern)
    except ValueError as error:
        raise InvalidInput("HotfixTicketPattern", f"The pattern of ticket numbers {error}.") from None
    return pattern


def _anchor_folder(text: str) -> str:
    """Whether it is there is asked when it is set, and by nobody who only reads the settings: a share may hang."""
    path = text.strip()
    if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF for c in path) or len(path) > PATH_LIMIT:
        raise InvalidInput("AuditAnchorFolder", "The folder for copies of the checkpoints is not the path of a folder.")
    if path and not (PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()):
        raise InvalidInput(
            "AuditAnchorFolder", f"The folder for copies of the checkpoints needs its whole path, not “{_short(path)}”."
        )
    return path


def _whole(text: str, field: str, what: str, unit: str, least: int, most: int) -> int:
    stripped = text.strip()
    if not re.fullmatch(r"[0-9]{1,9}", stripped, re.ASCII) or not least <= int(stripped) <= most:
        raise InvalidInput(field, f"{what} must be whole {unit} from {least:,} to {most:,}, not “{_short(stripped)}”.")
    return int(stripped)


def _branch(text: str) -> str:
    """Whether a name made with it is one that git takes is asked when there is a ticket and a package."""
    pattern = clean_line(text, "DeliveryBranch", "The branch of a delivery", NAME_LIMIT)
    left = pattern.replace("{ticket}", "").replace("{package}", "")
    if not pattern or "{" in left or "}" in left or re.search(r"[\s~^:?*\[\\]|\.\.|//|@\{|^[-/.]|[/.]$", pattern):
        raise InvalidInput(
            "DeliveryBranch",
            "The branch of a delivery is a name for git, in which {ticket} and {package} are filled in,"
            f" not “{_short(pattern)}”.",
        )
    return pattern


def _maintainer(text: str) -> str:
    name = clean_line(text, "Maintainer", "The maintainer", NAME_LIMIT)
    if not name:
        raise InvalidInput("Maintainer", "The maintainer cannot be empty: it tells which packages are yours.")
    return name


SPECS: tuple[SettingSpec, ...] = (
    SettingSpec(
        "PackageHotfixTimeout",
        "Duration of package hotfix status",
        "30",
        lambda t: parse_minutes(t, "PackageHotfixTimeout", "The duration of package hotfix status"),
    ),
    SettingSpec("HotfixWarnings", "Warn before the end", "5, 1", _warnings),
    SettingSpec(
        "HotfixExtensionStep",
        "An extension adds",
        "15",
        lambda t: parse_minutes(t, "HotfixExtensionStep", "An extension"),
    ),
    SettingSpec(
        "HotfixExtensionLimit",
        "All extensions of a hotfix together",
        "60",
        lambda t: parse_minutes(t, "HotfixExtensionLimit", "The limit of all extensions", least=0),
    ),
    SettingSpec(
        "HotfixTicketRequired", "A ticket is needed", "no", _yes_or_no("HotfixTicketRequired", "A ticket is needed")
    ),
    SettingSpec("HotfixTicketPattern", "Pattern of ticket numbers", "", _pattern),
    SettingSpec("Maintainer", "Maintainer", "Customer", _maintainer),
    SettingSpec(
        "HotfixExtensionReason",
        "An extension needs a reason of its own",
        "no",
        _yes_or_no("HotfixExtensionReason", "An extension needs a reason of its own"),
    ),
    SettingSpec(
        "HotfixImmutable",
        "Closed files get the immutable flag where this program may set it",
        "no",
        _yes_or_no("HotfixImmutable", "Closed files get the immutable flag"),
    ),
    SettingSpec("AuditAnchorFolder", "Folder for copies of the checkpoints", "", _anchor_folder),
    SettingSpec(
        "AuditAnchorJournal",
        "Copies of the checkpoints go to the system journal",
        "no",
        _yes_or_no("AuditAnchorJournal", "Copies of the checkpoints go to the system journal"),
    ),
    SettingSpec("DeliveryBranch", "Branch of a delivery", "hotfix/{ticket}-{package}", _branch),
    SettingSpec(
        "ArchiveMegabytes",
        "An archive may unpack to so many megabytes",
        "2048",
        lambda t: _whole(t, "ArchiveMegabytes", "The size that an archive may unpack to", "megabytes", 1, 1_048_576),
    ),
)
SPEC_BY_NAME: Mapping[str, SettingSpec] = {spec.name: spec for spec in SPECS}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force.

    Attributes:
        package_hotfix_timeout: minutes that an unlock lasts.
        warn_before: minutes before the end at which the user is warned, the longest first.
        extension_step: minutes that one extension adds.
        extension_limit: minutes that all extensions of one hotfix may add; 0: no extensions.
        ticket_required: whether an unlock needs a ticket number.
        ticket_pattern: the regular expression that a ticket number must match as a whole; empty: any.
        maintainer: who we are; packages of this maintainer are self-developed.
        extension_reason: whether an extension needs a reason of its own.
        immutable: whether closed files get the immutable flag (Linux, with ``CAP_LINUX_IMMUTABLE``), so that even
            a program that has one open cannot write any more (``performance.md`` D2).
        anchor_folder: where copies of the audit log's checkpoints go, a path; empty: to no further folder.
        anchor_journal: whether they also go to the system journal.
        delivery_branch: the branch on which a delivery is made; ``{ticket}`` and ``{package}`` are filled in.
        archive_megabytes: an archive that unpacks to more is refused, in 2**20 bytes.
    """

    package_hotfix_timeout: int = 30
    warn_before: tuple[int, ...] = (5, 1)
    extension_step: int = 15
    extension_limit: int = 60
    ticket_required: bool = False
    ticket_pattern: str = ""
    maintainer: str = "Customer"
    extension_reason: bool = False
    immutable: bool = False
    anchor_folder: str = ""
    anchor_journal: bool = False
    delivery_branch: str = "hotfix/{ticket}-{package}"
    archive_megabytes: int = 2048

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Settings:
        """Give the settings of stored texts, with the default for each that is not there or is nonsense.

        Nonsense cannot be stored through the program; a damaged row must not shut everybody out of it.
        """
        values = []
        for spec in SPECS:
            try:
                values.append(spec.parse(texts.get(spec.name, spec.default)))
            except InvalidInput:
                values.append(spec.parse(spec.default))
        return cls(*values)  # type: ignore[arg-type]


def spec_of(name: str) -> SettingSpec:
    """Give a setting by its public name, in any case; raises ``InvalidInput`` for an unknown one."""
    for spec in SPECS:
        if spec.name.casefold() == name.strip().casefold():
            return spec
    known = ", ".join(spec.name for spec in SPECS)
    raise InvalidInput("name", f"There is no setting “{_short(name)}”. The settings are {known}.")


def normal_text(spec: SettingSpec, text: str) -> str:
    """Give the one text in which a value is stored; raises ``InvalidInput`` for nonsense."""
    value = spec.parse(text)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def check_ticket(ticket: str, settings: Settings) -> str:
    """Give the cleaned ticket number; raises ``InvalidInput`` when the rule of the settings refuses it."""
    cleaned = clean_line(ticket, "ticket", "A ticket number", TICKET_LIMIT)
    if not cleaned:
        if settings.ticket_required:
            raise InvalidInput("ticket", "A ticket number is needed to unlock a package here.")
        return ""
    if settings.ticket_pattern and not compile_safely(settings.ticket_pattern).fullmatch(cleaned):
        raise InvalidInput("ticket", f"The ticket number must look like {settings.ticket_pattern}.")
    return cleaned
