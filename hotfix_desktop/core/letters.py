"""Letters to the support of another maintainer: a hotfix of their package is told, not committed (``product.md`` 2.1).

A letter is plain text that somebody may edit; as a file it is a draft that mail programs open for sending.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.lifecycle import Hotfix
from hotfix_desktop.core.packages import FoundPackage
from hotfix_desktop.core.texts import NAME_LIMIT, clean_line, one_line, plural, wrapped

BODY_LIMIT = 50_000
"""Characters of a letter."""
LISTED = 30
"""Files that a letter names one by one."""
MAILTO_LIMIT = 1900
"""Characters of a mailto address that every system hands on (Windows cuts at 2,048)."""
_MAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it goes out.

    Attributes:
        id: its number, which stands in it: HF-20261123-143205-7.
        to: an e-mail address, or the address of a support portal.
    """

    id: str
    to: str
    subject: str
    body: str

    @property
    def is_mail(self) -> bool:
        """Whether it goes to an e-mail address."""
        return is_mail_address(self.to)

    @property
    def text(self) -> str:
        """The whole letter, to be copied into a form."""
        return f"{self.subject}\n\n{self.body}"


def letter_id(at: datetime, hotfixes: Sequence[int]) -> str:
    """Give the number of a letter about these hotfixes."""
    return f"HF-{at:%Y%m%d-%H%M%S}-{'-'.join(str(number) for number in sorted(hotfixes))}"


def drafted(
    number: str, found: FoundPackage, hotfixes: Sequence[Hotfix], files: Sequence[tuple[str, str]], by: str, to: str
) -> Letter:
    """Write the letter about hotfixes of one package; ``files`` are words and paths: ("Modified", "Schemas/…")."""
    package = f"{found.name} {found.version}".strip()
    tickets = list(dict.fromkeys(hotfix.ticket for hotfix in hotfixes if hotfix.ticket))
    ticket = f" ({', '.join(tickets)})" if tickets else ""
    told = [line for hotfix in hotfixes for line in wrapped(line_of(hotfix), "  ")]
    listed = [f"  {word:<9} {one_line(path)}" for word, path in files[:LISTED]]
    if len(files) > LISTED:
        listed.append(f"  and {len(files) - LISTED:,} more")
    body = "\n".join(
        [
            *wrapped(f"Dear support team of {found.maintainer or found.name},"),
            "",
            *wrapped(
                f"we had to repair your package {package} (UId {found.uid or 'not known'}) in our production"
                " environment, because our users could not wait for an update:"
            ),
            "",
            *told,
            "",
            f"What we changed ({plural(len(files), 'file')}):",
            "",
            *listed,
            "",
            *wrapped(
                "Please take this, or a repair of your own, into the next version of the package: otherwise the next"
                " update brings the fault back. Please tell us which version will have it."
            ),
            "",
            *wrapped(
                f"The archive {number}.zip that goes with this letter has the change as a patch, each file before and"
                " after it, and the versions of our environment."
            ),
            "",
            *wrapped(f"Our number of this letter is {number}."),
            "",
            "Kind regards",
            by,
            "",
        ]
    )
    return Letter(number, to, f"Hotfix of {package} in production: {_short(hotfixes[0].reason)}{ticket}", body)


def checked_letter(letter: Letter) -> Letter:
    """Give a letter that somebody edited, with a clean subject and address.

    Raises ``InvalidInput`` with the field ``contact``, ``subject`` or ``body``.
    """
    to = clean_line(letter.to, "contact", "The contact", NAME_LIMIT)
    if not to:
        raise InvalidInput(
            "contact", "Say to whom the letter goes: an e-mail address, or the address of a support portal."
        )
    subject = clean_line(letter.subject, "subject", "The subject", NAME_LIMIT)
    if not subject:
        raise InvalidInput("subject", "A letter needs a subject.")
    body = letter.body.replace("\r\n", "\n").replace("\r", "\n")
    if len(body) > BODY_LIMIT:
        raise InvalidInput("body", f"A letter can have at most {BODY_LIMIT:,} characters; this one has {len(body):,}.")
    if any(0xD800 <= ord(c) <= 0xDFFF or c == "\0" for c in body):
        raise InvalidInput("body", "The letter holds a character that cannot be stored.")
    if not body.strip():
        raise InvalidInput("body", "The letter is empty.")
    return Letter(letter.id, to, subject, body.rstrip() + "\n")


def is_mail_address(text: str) -> bool:
    """Whether this can stand as it is behind ``mailto:`` and in the header of a mail."""
    return bool(_MAIL.fullmatch(text)) and text.isascii()


def portal_of(text: str) -> str:
    """Give the address of a support portal; empty for what is none."""
    return text if re.fullmatch(r"https?://[^\s<>\"]+", text) else ""


def mailto(letter: Letter) -> str:
    """Give the address that opens a mail program with the letter; empty when there is no e-mail address.

    A letter that is too long for that is left to its file.
    """
    if not letter.is_mail:
        return ""
    start = f"mailto:{quote(letter.to, safe='@')}?subject={quote(letter.subject)}&body="
    body = quote(letter.body.replace("\n", "\r\n"))
    if len(start) + len(body) > MAILTO_LIMIT:
        body = quote(f"The letter is in the file {letter.id}.eml; please attach {letter.id}.zip.\r\n")
    return start + body


def as_mail(letter: Letter, at: datetime, attachment: bytes | None = None) -> bytes:
    """Give the letter as a draft (RFC 5322, with ``X-Unsent``) with its archive, the same bytes each time."""
    mail = EmailMessage(SMTP)
    mail["X-Unsent"] = "1"
    if letter.is_mail:
        mail["To"] = letter.to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{letter.id}@hotfix-desktop.invalid>"
    mail.set_content(letter.body, cte="quoted-printable")
    if attachment is not None:
        mail.add_attachment(attachment, maintype="application", subtype="zip", filename=f"{letter.id}.zip")
        mail.set_boundary(f"=={letter.id}==")
    return mail.as_bytes()


def line_of(hotfix: Hotfix) -> str:
    """Give a hotfix in one line: its window in UTC, reason and ticket."""
    opened = hotfix.lease.opened.utc
    until = f" to {hotfix.closed_at:%Y-%m-%d %H:%M}" if hotfix.closed_at else ""
    ticket = f" (ticket {hotfix.ticket})" if hotfix.ticket else ""
    return f"* {opened:%Y-%m-%d %H:%M}{until} UTC: {hotfix.reason}{ticket}"


def _short(reason: str) -> str:
    return reason if len(reason) <= 100 else reason[:99].rstrip() + "…"
