"""What differs between two trees, by file and by element."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.changes import (
    Change,
    ChangeKind,
    ElementKey,
    changes_between,
    element_of,
    prefix_of,
)
from hotfix_desktop.core.manifest import UNREADABLE, Fact, Kind, Manifest
from hotfix_desktop.core.packages import ElementKind

ZERO = (0, 0, 0)


def file(contents, mode=0o644, stamp=ZERO):
    if contents is UNREADABLE:
        return Fact(Kind.FILE, mode, 1, stamp, UNREADABLE)
    return Fact(Kind.FILE, mode, len(contents), stamp, hashlib.sha256(contents.encode()).digest())


def link(target):
    return Fact(Kind.LINK, 0o777, 0, ZERO, hashlib.sha256(target.encode()).digest())


FOLDER = Fact(Kind.FOLDER, 0o755, 0, ZERO, b"")
PIPE = Fact(Kind.OTHER, 0o644, 0, ZERO, b"")


def tree(**items):
    return Manifest({path.encode(): file(fact) if isinstance(fact, str) else fact for path, fact in items.items()})


def told(before, after):
    return [(c.kind.value, c.path, c.old_path) for c in changes_between(tree(**before), tree(**after)).changes]


def test_what_was_added_modified_and_deleted():
    before = {"same": "1", "mod": "2", "gone": "3", "a/b": "4"}
    after = {"same": "1", "mod": "two", "new": "5", "a/b": "4"}
    assert told(before, after) == [("Deleted", b"gone", b""), ("Modified", b"mod", b""), ("Added", b"new", b"")]


def test_times_modes_folders_and_pipes_are_no_changes():
    before = {"f": file("x"), "d": FOLDER, "p": PIPE}
    after = {"f": file("x", 0o600, (1, 2, 3)), "e": FOLDER, "q": PIPE}
    found = changes_between(tree(**before), tree(**after))
    assert (found.changes, found.count, found.sentence()) == ((), 0, "nothing changed")
    assert found.before == tree(**before).digest()
    assert found.after == tree(**after).digest()


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (file("x"), link("x"), "Modified"),
        (link("a"), link("b"), "Modified"),
        (file("x"), FOLDER, "Deleted"),
        (FOLDER, file("x"), "Added"),
        (file("x"), PIPE, "Deleted"),
        (PIPE, link("x"), "Added"),
    ],
)
def test_what_became_another_thing(before, after, kind):
    assert told({"x": before}, {"x": after}) == [(kind, b"x", b"")]


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (file(UNREADABLE), file("x"), []),
        (file("x"), file(UNREADABLE), []),
        (file(UNREADABLE), link("x"), ["Modified"]),
        (file(UNREADABLE), None, ["Deleted"]),
        (None, file(UNREADABLE), ["Added"]),
    ],
)
def test_what_nobody_could_read_is_taken_for_the_same(before, after, kinds):
    found = changes_between(tree(**{"x": before} if before else {}), tree(**{"x": after} if after else {}))
    assert [change.kind.value for change in found.changes] == kinds
    assert all(change.is_unreadable for change in found.changes)


def test_a_file_that_moved_is_renamed():
    assert told({"a/x.js": "code"}, {"b/x.js": "code"}) == [("Renamed", b"b/x.js", b"a/x.js")]
    assert told({"a": link("t")}, {"b": link("t")}) == [("Renamed", b"b", b"a")]


def test_a_copy_is_no_renamed_file():
    assert told({"a": "code"}, {"a": "code", "b": "code"}) == [("Added", b"b", b"")]


@pytest.mark.parametrize("fact", [file(""), file(UNREADABLE)])
def test_nothing_is_known_of_where_an_empty_or_unreadable_file_went(fact):
    assert told({"a": fact}, {"b": fact}) == [("Deleted", b"a", b""), ("Added", b"b", b"")]


def test_a_file_and_a_link_with_its_text_as_target_are_not_the_same():
    assert told({"a": "t"}, {"b": link("t")}) == [("Deleted", b"a", b""), ("Added", b"b", b"")]


def test_of_several_the_most_alike_paths_go_together():
    before = {"Schemas/A/resource.xml": "same", "Schemas/A/other.xml": "same"}
    after = {"Schemas/B/other.xml": "same", "Schemas/B/resource.xml": "same"}
    assert told(before, after) == [
        ("Renamed", b"Schemas/B/other.xml", b"Schemas/A/other.xml"),
        ("Renamed", b"Schemas/B/resource.xml", b"Schemas/A/resource.xml"),
    ]


def test_a_folder_of_20_000_equal_files_that_moved_takes_no_time_to_speak_of():
    before = {f"a/{number:05}/filter.json": "same" for number in range(20_000)}
    after = {f"b/{path[2:]}": "same" for path in before}
    one, other = tree(**before), tree(**after)
    started = time.perf_counter()
    found = changes_between(one, other)
    assert time.perf_counter() - started < 20  # all with all would take hours
    assert {change.kind for change in found.changes} == {ChangeKind.RENAMED}
    assert all(change.path[2:] == change.old_path[2:] for change in found.changes)


FACTS = st.sampled_from(["", "1", "2", "3"]).map(file) | st.sampled_from([link("1"), FOLDER, PIPE])
TREES = st.dictionaries(st.binary(min_size=1, max_size=3), FACTS, max_size=8).map(Manifest)


def taken(tree_):
    return {path: fact for path, fact in tree_.items.items() if fact.kind in (Kind.FILE, Kind.LINK)}


@given(TREES, TREES)
def test_the_changes_make_one_tree_of_the_other(before, after):
    made = taken(before)
    found = changes_between(before, after).changes
    for change in found:
        if change.kind in (ChangeKind.DELETED, ChangeKind.RENAMED):
            assert made.pop(change.old_path or change.path) == change.before
    for change in found:
        if change.kind is not ChangeKind.DELETED:
            assert (change.path in made) == (change.kind is ChangeKind.MODIFIED)
            made[change.path] = change.after
    assert made == taken(after)
    assert list(found) == sorted(found, key=lambda change: change.path)
    assert changes_between(before, before).changes == ()


# elements


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        (b"descriptor.json", "", ""),
        (b"README", "", ""),
        (b"Properties/AssemblyInfo.cs", "", ""),
        (b"Schemas/UsrInvoice/metadata.json", ElementKind.SCHEMA, "UsrInvoice"),
        (b"Schemas/stray.txt", "", ""),
        (b"Schemas", "", ""),
        (b"Data/Lookup/Localization/data.en-US.json", ElementKind.DATA, "Lookup"),
        (b"Resources/UsrInvoice.Entity/resource.xml", ElementKind.RESOURCE, "UsrInvoice.Entity"),
        (b"SqlScripts/Fix/Fix.sql", ElementKind.SQL_SCRIPT, "Fix"),
        (b"Assemblies/A/A.dll", ElementKind.ASSEMBLY, "A"),
        (b"Files/src/app.js", ElementKind.FILE, "src/app.js"),
        (b"Schemas/\xff/a", ElementKind.SCHEMA, "\\xff"),
    ],
)
def test_each_file_belongs_to_an_element(path, kind, name):
    assert element_of(path) == ElementKey(kind, name)
    assert element_of(b"branches/7.8/" + path, b"branches/7.8/") == ElementKey(kind, name)


@pytest.mark.parametrize(
    ("paths", "prefix"),
    [
        (["descriptor.json", "branches/7.8/descriptor.json"], b""),
        (["branches/7.8/descriptor.json", "branches/7.8/Schemas/A/a"], b"branches/7.8/"),
        (["branches/7.8/descriptor.json", "branches/7.9/descriptor.json"], b""),
        (["branches/7.8/Schemas/A/a"], b""),
        (["branches/descriptor.json"], b""),
        ([], b""),
    ],
)
def test_where_the_content_of_a_package_lies(paths, prefix):
    assert prefix_of(tree(**dict.fromkeys(paths, "x"))) == prefix


def test_elements_below_branches_are_found():
    here, there = "branches/7.8/", "branches/7.9/"
    before = {here + "descriptor.json": "d", here + "Schemas/A/a.js": "1", here + "Schemas/B/b.js": "2"}
    after = {there + "descriptor.json": "d", there + "Schemas/A/a.js": "one"}
    found = changes_between(tree(**before), tree(**after)).by_element()
    assert [key.name for key in found] == ["", "A", "B"]


def test_changes_are_grouped_by_element_in_the_order_of_the_table():
    after = dict.fromkeys(["Files/z", "Data/D/data.json", "Schemas/b/b.js", "Schemas/A/a.js", "descriptor.json"], "x")
    after["Schemas/A/metadata.json"] = "y"
    grouped = changes_between(tree(), tree(**after)).by_element()
    assert [(str(key.kind), key.name, len(group)) for key, group in grouped.items()] == [
        ("", "", 1),
        ("Schema", "A", 2),
        ("Schema", "b", 1),
        ("Data binding", "D", 1),
        ("File", "z", 1),
    ]


def test_the_sentence_counts_each_kind():
    before = {"m": "1", "n": "2", "d": "3", "r": "4"}
    after = {"m": "one", "n": "two", "a": "5", "s": "4"}
    assert changes_between(tree(**before), tree(**after)).sentence() == "2 modified, 1 added, 1 deleted, 1 renamed"


def test_a_name_that_is_no_text_can_be_shown():
    change = Change(b"a\xff\n", ChangeKind.ADDED, ElementKey("", ""), None, file("x"))
    assert change.shown == "a\\xff\\n"


def test_the_name_of_an_element_is_shown_in_one_line_and_is_still_its_name():
    page, other = (element_of(b"Schemas/Page%b/Page.js" % end) for end in (b"\n", b"\\n"))
    assert (page.name, page.shown, page.shown) == ("Page\n", "Page\\n", other.shown)
    assert page != other, "what looks alike is not the same element"
    assert element_of("Files/Émile – 1.txt".encode()).shown == "Émile – 1.txt"
