"""Letters to the support of another maintainer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.lease import Lease
from hotfix_desktop.core.letters import (
    LISTED,
    MAILTO_LIMIT,
    Letter,
    as_mail,
    checked_letter,
    drafted,
    is_mail_address,
    letter_id,
    mailto,
    portal_of,
)
from hotfix_desktop.core.lifecycle import Hotfix, HotfixState
from hotfix_desktop.core.packages import FoundPackage

AT = datetime(2026, 11, 23, 14, 32, 5, tzinfo=UTC)
FOUND = FoundPackage("CrtNUI", "CrtNUI", "u-nui", "8.1.0", "Creatio")


def hotfix(number: int = 7, reason: str = "wrong VAT rounding", ticket: str = "INC-4821") -> Hotfix:
    lease = Lease.starting(Moment(AT - timedelta(minutes=30), 0, "boot"), 30)
    return Hotfix(number, 1, "CrtNUI", "CrtNUI", reason, ticket, "ann", lease, HotfixState.CLOSED, closed_at=AT)


def letter(**more: str) -> Letter:
    fields = {"id": "HF-1", "to": "support@creatio.example", "subject": "Hotfix of CrtNUI", "body": "Dear all\n"}
    return Letter(**{**fields, **more})


def test_the_letter_names_package_reason_ticket_window_and_files():
    made = drafted("HF-9", FOUND, [hotfix()], [("Modified", "Schemas/A/A.js"), ("Added", "Files/b.cs")], "ann", "x@y.z")
    assert made.subject == "Hotfix of CrtNUI 8.1.0 in production: wrong VAT rounding (INC-4821)"
    for part in ("UId u-nui", "2026-11-23 14:02 to 2026-11-23 14:32 UTC", "INC-4821", "Schemas/A/A.js", "HF-9.zip"):
        assert part in made.body
    assert "What we changed (2 files)" in made.body
    assert made.body.endswith("Kind regards\nann\n")


def test_prose_is_wrapped_and_paths_are_not():
    uid = "5e2a1c10-0000-4000-8000-aaaaaaaaaaaa"
    found = FoundPackage("UsrLongishPackageName", "UsrLongishPackageName", uid, "8.1.0", "Creatio")
    reason, path = "wrong VAT rounding in every invoice " * 5, "Schemas/" + "VeryLong" * 12 + ".js"
    lines = drafted("HF-9", found, [hotfix(reason=reason.strip())], [("Added", path)], "ann", "x@y.z").body.split("\n")
    assert [line for line in lines if len(line) > 76] == [f"  Added     {path}"]
    assert f"we had to repair your package UsrLongishPackageName 8.1.0 (UId {uid})" in " ".join(lines)
    assert f"UTC: {reason}(ticket INC-4821)" in " ".join(line.strip() for line in lines)


def test_a_file_stays_on_its_line_whatever_its_name():
    body = drafted("HF-9", FOUND, [hotfix()], [("Added", "Files/a\nDeleted b.txt")], "ann", "").body
    assert "\n  Added     Files/a\\nDeleted b.txt\n" in body


def test_many_files_are_counted():
    files = [("Modified", f"Files/{number}.cs") for number in range(LISTED + 12)]
    body = drafted("HF-9", FOUND, [hotfix()], files, "ann", "").body
    assert "and 12 more" in body
    assert f"Files/{LISTED}.cs" not in body


def test_the_number_names_time_and_hotfixes():
    assert letter_id(AT, [9, 7]) == "HF-20261123-143205-7-9"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("contact", {"to": "  "}),
        ("contact", {"to": "x" * 300}),
        ("subject", {"subject": "\n"}),
        ("subject", {"subject": "half \ud800"}),
        ("body", {"body": " \n "}),
        ("body", {"body": "x" * 50_001}),
        ("body", {"body": "a\0b"}),
        ("body", {"body": "half \udfff"}),
    ],
)
def test_nonsense_is_refused_at_its_field(field, fields):
    with pytest.raises(InvalidInput) as refused:
        checked_letter(letter(**fields))
    assert refused.value.field == field


def test_a_subject_cannot_bring_a_header_with_it():
    checked = checked_letter(letter(subject="Hotfix\r\nBcc: evil@example.com"))
    mail = message_from_bytes(as_mail(checked, AT), policy=default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hotfix Bcc: evil@example.com"


@pytest.mark.parametrize("text", ["a b@c.d", "a@b\r\nBcc: x@y", "<a@b.c>", "a@b,c@d", "é@b.c", ""])
def test_what_is_no_single_address_opens_no_mail(text):
    assert not is_mail_address(text)
    assert mailto(letter(to=text)) == ""


def test_an_address_cannot_bring_questions_with_it():
    address = mailto(letter(to="a@b.c?cc=evil"))
    assert "cc=evil" not in address
    assert set(parse_qs(urlsplit(address).query)) == {"subject", "body"}


def test_a_portal_is_an_address_of_the_web():
    assert portal_of("https://support.creatio.example/new") == "https://support.creatio.example/new"
    assert portal_of("file:///etc/passwd") == portal_of("javascript:alert(1)") == portal_of("a@b.c") == ""
    assert not letter(to="https://x.example").is_mail


def test_mailto_says_the_letter_and_a_long_one_its_file():
    asked = parse_qs(urlsplit(mailto(letter(body="Größe & Maß\n"))).query)
    assert asked == {"subject": ["Hotfix of CrtNUI"], "body": ["Größe & Maß\r\n"]}
    long = mailto(letter(body="x" * 5000))
    assert len(long) <= MAILTO_LIMIT
    assert "HF-1.eml" in unquote(long)


def test_the_draft_holds_letter_and_archive_and_is_the_same_each_time():
    first = as_mail(letter(body="Größe\n"), AT, b"PK\0\1")
    assert first == as_mail(letter(body="Größe\n"), AT, b"PK\0\1")
    mail = message_from_bytes(first, policy=default)
    assert (mail["X-Unsent"], mail["To"], mail["Subject"]) == ("1", "support@creatio.example", "Hotfix of CrtNUI")
    assert mail.get_body().get_content().replace("\r\n", "\n") == "Größe\n"
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("HF-1.zip", b"PK\0\1")


def test_a_letter_to_a_portal_has_no_addressee():
    assert message_from_bytes(as_mail(letter(to="https://x.example"), AT), policy=default)["To"] is None
