"""The settings: every name, its default, what it takes and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.errors import InvalidInput
from hotfix_desktop.core.settings import SPECS, Settings, check_ticket, normal_text, spec_of


def test_out_of_the_box_the_settings_are_those_of_the_contract():
    assert Settings.from_texts({}) == Settings()
    assert Settings() == Settings(30, (5, 1), 15, 60, False, "", "Customer", False, False, "", False)


def test_the_names_are_public_and_stay():
    assert [spec.name for spec in SPECS] == [
        "PackageHotfixTimeout",
        "HotfixWarnings",
        "HotfixExtensionStep",
        "HotfixExtensionLimit",
        "HotfixTicketRequired",
        "HotfixTicketPattern",
        "Maintainer",
        "HotfixExtensionReason",
        "HotfixImmutable",
        "AuditAnchorFolder",
        "AuditAnchorJournal",
        "DeliveryBranch",
        "ArchiveMegabytes",
    ]
    assert spec_of("PackageHotfixTimeout").caption == "Duration of package hotfix status"


def test_stored_texts_become_values():
    texts = {
        "PackageHotfixTimeout": "45",
        "HotfixWarnings": "10, 2",
        "HotfixExtensionStep": "5",
        "HotfixExtensionLimit": "0",
        "HotfixTicketRequired": "yes",
        "HotfixTicketPattern": r"RND-\d+",
        "Maintainer": "Ours",
        "HotfixExtensionReason": "on",
        "HotfixImmutable": "true",
        "AuditAnchorFolder": " /srv/anchors ",
        "AuditAnchorJournal": "on",
    }
    assert Settings.from_texts(texts) == Settings(
        45, (10, 2), 5, 0, True, r"RND-\d+", "Ours", True, True, "/srv/anchors", True
    )


@pytest.mark.parametrize(
    ("name", "text", "stored"),
    [
        ("PackageHotfixTimeout", " 045 ", "45"),
        ("PackageHotfixTimeout", "1", "1"),
        ("PackageHotfixTimeout", "1440", "1440"),
        ("HotfixWarnings", "1;5 10\n5", "10, 5, 1"),
        ("HotfixWarnings", "", ""),
        ("HotfixWarnings", "1,2,3,4,5", "5, 4, 3, 2, 1"),
        ("HotfixExtensionStep", "+15", "15"),
        ("HotfixExtensionLimit", "0", "0"),
        ("HotfixTicketRequired", " TRUE ", "yes"),
        ("HotfixTicketRequired", "off", "no"),
        ("HotfixTicketRequired", "1", "yes"),
        ("HotfixTicketPattern", "", ""),
        ("HotfixTicketPattern", r"[A-Z]+-\d{1,6}", r"[A-Z]+-\d{1,6}"),
        ("Maintainer", "  Our  Company ", "Our Company"),
        ("Maintainer", "x" * 250, "x" * 250),
        ("HotfixExtensionReason", "TRUE", "yes"),
        ("HotfixImmutable", "0", "no"),
        ("AuditAnchorFolder", "", ""),
        ("AuditAnchorFolder", " /srv/two  blanks ", "/srv/two  blanks"),
        ("AuditAnchorFolder", "\\\\server\\share", "\\\\server\\share"),
        ("AuditAnchorJournal", "On", "yes"),
    ],
)
def test_what_makes_sense_is_stored_in_one_form(name, text, stored):
    spec = spec_of(name)
    assert normal_text(spec, text) == stored
    assert normal_text(spec, stored) == stored
    assert spec.parse(stored) == spec.parse(text)


LONG = "9" * 100_000
NONSENSE = {
    "PackageHotfixTimeout": ["0", "-1", "1441", "1e9", "abc", "", "５", "30 minutes", "1.5", LONG],
    "HotfixWarnings": ["abc", "0", "-1", "1441", "1,2,3,4,5,6", "1 two", "５", LONG, "1," * 50_000],
    "HotfixExtensionStep": ["0", "-1", "1441", "", "abc", LONG],
    "HotfixExtensionLimit": ["-1", "1441", "", "abc", LONG],
    "HotfixTicketRequired": ["", "maybe", "2", "ja", LONG],
    "HotfixTicketPattern": ["(", "[", "a**", r"(?P<n", "x" * 251, LONG, "\ud800", "a{99999999999999999999}"],
    "HotfixExtensionReason": ["", "maybe", LONG],
    "HotfixImmutable": ["", "2", LONG],
    "Maintainer": ["", "   ", "\n", "x" * 251, LONG, "\udfff"],
    "AuditAnchorFolder": ["anchors", "../anchors", "/a\nb", "/a\x00b", "/\udfff", "/" + LONG],
    "AuditAnchorJournal": ["", "2", LONG],
    "DeliveryBranch": ["", "a b", "a..b", "-x", "/x", "x/", "x.", "a~b", "a^b", "a:b", "a\\b", "{name}", "{"],
    "ArchiveMegabytes": ["", "0", "-1", "1.5", "1048577", "9" * 10, "２", LONG],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NONSENSE.items() for text in texts])
def test_nonsense_is_refused_in_place_with_a_short_sentence(name, text):
    with pytest.raises(InvalidInput) as caught:
        normal_text(spec_of(name), text)
    assert caught.value.field == name
    assert caught.value.sentence.endswith(".")
    assert len(caught.value.sentence) < 200


def test_every_setting_has_nonsense_to_refuse():
    assert set(NONSENSE) == {spec.name for spec in SPECS}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@given(text=st.text(max_size=20))
def test_any_text_is_a_value_or_a_sentence_for_its_field(spec, text):
    field = spec.name
    try:
        stored = normal_text(spec, text)
    except InvalidInput as error:
        stored, field = spec.default, error.field
    assert field == spec.name
    assert normal_text(spec, stored) == stored


@pytest.mark.parametrize("name", ["packagehotfixtimeout", " PackageHotfixTimeout ", "PACKAGEHOTFIXTIMEOUT"])
def test_a_setting_is_found_in_any_case(name):
    assert spec_of(name) is SPECS[0]


def test_an_unknown_setting_is_refused_with_the_names_that_there_are():
    with pytest.raises(InvalidInput, match="“Nonsense”. The settings are PackageHotfixTimeout, ") as e:  # noqa: RUF043
        spec_of("Nonsense")
    assert e.value.field == "name"
    with pytest.raises(InvalidInput) as e:
        spec_of("x" * 100_000)
    assert len(e.value.sentence) < 400


def test_nonsense_in_the_database_shuts_nobody_out_of_the_program():
    texts = {"PackageHotfixTimeout": "soon", "HotfixExtensionLimit": "20", "HotfixTicketPattern": "(a+)+"}
    assert Settings.from_texts(texts) == Settings(extension_limit=20)


def test_a_ticket_may_have_a_hundred_characters():
    assert check_ticket("x" * 100, Settings()) == "x" * 100
    with pytest.raises(InvalidInput, match="at most 100 characters; this one has 101"):
        check_ticket("x" * 101, Settings())
