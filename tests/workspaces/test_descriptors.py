"""Descriptors as servers and people write them, and damaged ones."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest

from hotfix_desktop.core.packages import Dependency, FoundPackage
from hotfix_desktop.workspaces import descriptors
from hotfix_desktop.workspaces.descriptors import (
    Unsound,
    mark_doubles,
    parse_date,
    parse_element,
    parse_package,
    read_descriptor,
)
from hotfix_desktop.workspaces.discovery import scan_packages


def test_server_form(builder):
    data = builder.descriptor("Päckchen", UId=builder.uid_of("Päckchen").upper())
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    assert b"\\/Date(" in data
    assert parse_package(data, "key", "/real") == FoundPackage(
        key="key",
        name="Päckchen",
        uid=builder.uid_of("Päckchen"),
        version="7.8.0",
        maintainer="Customer",
        description="Ein Päckchen",
        modified=datetime(2021, 11, 16, 15, 41, 52, tzinfo=UTC),
        depends_on=(Dependency("Base", builder.uid_of("Base"), "8.1.0"),),
        linked_to="/real",
    )


def test_plain_form_and_wrong_types_where_they_do_no_harm(builder):
    values = {"UId": builder.uid_of("A"), "Name": "A", "Maintainer": 3, "DependsOn": [1, {"Name": "B"}]}
    package = parse_package(json.dumps({"Descriptor": values}).encode(), "A")
    assert (package.maintainer, package.depends_on) == ("", (Dependency("B"),))
    values["DependsOn"] = "B"
    assert parse_package(json.dumps({"Descriptor": values}).encode(), "A").depends_on == ()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("/Date(0)/", datetime(1970, 1, 1, tzinfo=UTC)),
        ("/Date(1500)/", datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)),
        ("/Date(-1000)/", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("/Date(1000+0200)/", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        ("/Date(999999999999999)/", None),
        ("/Date(99999999999999999999)/", None),
        ("2021-01-01", None),
        (5, None),
        (None, None),
    ],
)
def test_dates(text, time):
    assert parse_date(text) == time


def _with(**more):
    values = {"UId": "11111111-1111-1111-1111-111111111111", "Name": "A", **more}
    return json.dumps({"Descriptor": values}).encode()


DAMAGED = [
    (b"", "not valid JSON"),
    (b"{", "not valid JSON"),
    (b'{"Descriptor": ' + b"9" * 5000 + b"}", "not valid JSON"),
    (b"\xff\xfe", "not text in UTF-8"),
    (b"[]", "holds no object"),
    (b"{}", "no Descriptor section"),
    (b'{"Descriptor": []}', "no Descriptor section"),
    (b"[" * 500_000, "nested too deeply"),
    (b'{"a":' * 500_000, "nested too deeply"),
    (_with(UId=""), "has no UId"),
    (_with(UId=None), "has no UId"),
    (_with(UId="00000000-0000-0000-0000-000000000000"), "not a GUID"),
    (_with(UId="abc"), "not a GUID"),
    (_with(Name=""), "has no name"),
    (_with(Name="  "), "has no name"),
    (_with(Name=7), "has no name"),
    (_with(Name="a\nb"), "control characters"),
    (_with(Name="a" * 251), "too long"),
]


@pytest.mark.parametrize(("data", "sentence"), DAMAGED)
def test_damaged_descriptor_is_the_packages_problem(pkg, builder, data, sentence):
    builder.bare(pkg / "Good")
    builder.package(pkg / "Folder", content={"descriptor.json": data})
    found = {package.key: package for package in scan_packages(str(pkg))}
    assert found["Good"].problem == ""
    assert sentence in found["Folder"].problem
    assert (found["Folder"].name, found["Folder"].uid, found["Folder"].synchronised) == ("Folder", "", True)


def test_half_a_surrogate_pair_becomes_printable():
    package = parse_package(_with(Description="a\ud800b"), "A")
    assert package.description == "a\\ud800b"


def test_what_is_no_file_is_a_problem(pkg, tmp_path, builder, monkeypatch):
    (pkg / "Folder" / "descriptor.json").mkdir(parents=True)
    (pkg / "Pipe").mkdir()
    os.mkfifo(pkg / "Pipe" / "descriptor.json")
    (pkg / "Link").mkdir()
    (pkg / "Link" / "descriptor.json").symlink_to(builder.bare(tmp_path / "Other") / "descriptor.json")
    builder.bare(pkg / "Large", Description="x" * 2000)
    monkeypatch.setattr(descriptors, "SIZE_LIMIT", 1000)
    found = {package.key: package.problem for package in scan_packages(str(pkg))}
    assert "is not a file" in found["Folder"]
    assert "is not a file" in found["Pipe"]
    assert "is a link" in found["Link"]
    assert "too large" in found["Large"]


def test_unreadable_file_is_a_problem(tmp_path, monkeypatch):
    def refuse(*_args, **_more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Unsound, match="permission denied"):
        read_descriptor(str(tmp_path / "descriptor.json"))


def test_doubled_uid_is_the_problem_of_each(builder, pkg):
    for name in ("One", "Two", "Three"):
        builder.bare(pkg / name, UId=builder.uid_of("same"))
    builder.bare(pkg / "Other")
    found = {package.key: package for package in scan_packages(str(pkg))}
    assert found["Other"].problem == ""
    for name, others in (("One", ("Two", "Three")), ("Two", ("One", "Three")), ("Three", ("One", "Two"))):
        assert "UId" in found[name].problem
        assert all(other in found[name].problem for other in others)
        assert name not in found[name].problem


def test_doubled_name_whatever_its_case(builder, pkg):
    builder.bare(pkg / "first", "Größe")
    builder.bare(pkg / "second", "GRÖSSE")
    found = {package.key: package.problem for package in scan_packages(str(pkg))}
    assert "name" in found["first"]
    assert "second" in found["first"]
    assert "first" in found["second"]


def test_many_doubles_stay_one_short_sentence_and_an_earlier_problem_stays():
    packages = [FoundPackage(f"k{n}", f"n{n}", "u") for n in range(1000)]
    packages[5] = FoundPackage("k5", "n5", "u", problem="Broken.")
    marked = mark_doubles(packages)
    assert "996 more packages" in marked[0].problem
    assert len(marked[999].problem) < 200
    assert marked[5].problem == "Broken."


def test_elements_descriptor(builder):
    values = {"Name": "A", "ManagerName": "M", "Caption": "C", "ModifiedOnUtc": "/Date(0)/"}
    said = parse_element(builder.as_server({"SqlScript": values}), "SqlScript")
    assert (said.name, said.manager, said.caption) == ("A", "M", "C")
    assert said.modified == datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(Unsound, match="no Descriptor section"):
        parse_element(builder.as_server({"SqlScript": values}))
