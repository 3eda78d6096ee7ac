"""Which names an archive may hold: one sentence for each way in which a name is bad."""

import pytest

from hotfix_desktop.workspaces.archive_names import (
    DEPTH_LIMIT,
    LENGTH_LIMIT,
    folded,
    name_problem,
    names_problem,
    part_problem,
    shown_name,
)

GOOD = (
    "descriptor.json",
    "Schemas/UsrPage/UsrPage.js",
    "Files/.eslintrc",
    "Files/a..b/..c",
    "Files/console/auxiliary/com10/nullable.txt/lpt.cs",
    "Files/Рахунок №5 — копія (2).docx",
    "Files/\U0001f600.png",
    "Files/[a]{b}!~#$%&'@^_`;=,+.txt",
    "Files/.gitignore",
    "Resources/UsrPage.ClientUnit/resource.en-US.xml",
    "x" * 255,
    "/".join(["a"] * DEPTH_LIMIT),
    "/".join(["x" * 199] * 5),
)
BAD = {
    "empty": ("",),
    "outside of the package": ("/etc/passwd", "//server/share"),
    "begins with a drive": ("C:/x", "c:x", "Z:"),
    "leads out of its folder with “..”": ("..", "../x", "a/../../b", "a/.."),
    "with “.”": (".", "./a", "a/./b"),
    "an empty part": ("a//b", "a/"),
    "half of a surrogate pair": ("\ud800", "Files/x\udc00y"),
    "control characters": ("a\0b", "a\nb", "a\tb", "\x1b[2J", "\x7f", "\x85", "a\u2028b"),
    "a slash or backslash": ("a\\b",),
    "a colon": ("Files/a:b", "Files/a.txt:hidden:$DATA"),
    "which Windows does not allow": ("a?", "a*b", 'say "x"', "a<b", "a>b", "a|b"),
    "ends with a dot or a blank": ("a.", "a ", "Files./b", "Files /b", "..."),
    "for a device": ("CON", "con.x", "Files/nul", "aux.js", "Prn.gz", "com1", "LPT9", "COM\u00b2", "conin$", "nul .x"),
    "a git repository": (".git", "Files/.GIT/hooks/pre-commit", "git~1", ".g\u200cit/config"),
    "is longer than 255 bytes": ("x" * 256, "\u00e9" * 128, "Files/" + "\U0001f600" * 64),
    "characters, and 1,000 are allowed": ("/".join(["x" * 100] * 10), "\U0001f600/" * 350),
    "folders deep, and 64 are allowed": ("/".join(["a"] * (DEPTH_LIMIT + 1)),),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_has_no_problem(name):
    assert name_problem(name) == ""


@pytest.mark.parametrize(("says", "name"), [(says, name) for says, names in BAD.items() for name in names])
def test_a_bad_name_has_a_sentence(says, name):
    problem = name_problem(name)
    assert says in problem
    assert problem.isprintable()


def test_a_name_of_exactly_the_limit_is_good():
    name = "/".join(["x" * 99] * 10)
    assert len(name) == LENGTH_LIMIT - 1
    assert name_problem(name + "x") == ""
    assert name_problem(name + "xx") != ""


def test_a_part_holds_no_slash():
    assert part_problem("a/b")
    assert not part_problem("a b.gz")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a", "b", "a"], "“a” is there twice."),
        (["Files/A.txt", "Files/a.TXT"], "“Files/A.txt” and “Files/a.TXT” would be one file on Windows and macOS."),
        (["FILES/a", "Files/A"], "would be one file"),
        (["\u00e9", "e\u0301"], "would be one file"),
        (["\u00c9", "e\u0301"], "would be one file"),
        (["kelvin", "\u212aelvin"], "would be one file"),
        (["stra\u00dfe", "STRASSE"], "would be one file"),
        (["Files", "Files/a"], "“Files” is a file, and the folder of “Files/a”."),
        (["Files/a/b/c", "files"], "“files” is a file, and the folder of “Files/a/b/c”."),
        (["a/b", "A/b/c"], "is a file, and the folder of"),
    ],
)
def test_names_that_cannot_be_together(names, says):
    assert says in names_problem(names)
    assert names_problem(reversed(names))


def test_names_that_can_be_together():
    assert names_problem(["Files/a", "files/b", "Filesa", "Files/ab", "a/b/c", "a/b/d"]) == ""


def test_folding_twice_changes_nothing():
    for name in ("\u0130", "i\u0307", "\u1e9e", "\u212b", "a\u0301\u0327", "\ufb01"):
        assert folded(folded(name)) == folded(name)


def test_a_shown_name_is_short_and_printable():
    for name in ("x" * 5000, "a\0b", "\ud800", "\u202eexe.txt", "a\nb"):
        shown = shown_name(name)
        assert shown.isprintable()
        assert len(shown) < 600
        shown.encode()
    assert shown_name("Files/Рахунок.txt") == "Files/Рахунок.txt"
