"""Patches are taken by git: it makes of the one file exactly the other."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotfix_desktop.core.patches import FILE, LINK, PROGRAM, PatchFile, file_patch, git_mode, left_out, quoted

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is asked whether it takes the patches")


def test_a_patch_reads_as_gits_own():
    before = b"".join(b"%d\n" % n for n in range(1, 21))
    after = before.replace(b"3\n4\n", b"3\nnew\n4\n", 1).replace(b"15\n", b"fifteen\n") + b"end"
    assert file_patch(PatchFile(b"Schemas/A/A.js", before, after)).decode() == (
        "diff --git a/Schemas/A/A.js b/Schemas/A/A.js\n"
        "index 0ff3bbb9c8bba2291654cd64067fa417ff54c508..74b97a426781bf39aa3a76ca3ab963457d74d165 100644\n"
        "--- a/Schemas/A/A.js\n"
        "+++ b/Schemas/A/A.js\n"
        "@@ -1,6 +1,7 @@\n 1\n 2\n 3\n+new\n 4\n 5\n 6\n"
        "@@ -12,9 +13,10 @@\n 12\n 13\n 14\n-15\n+fifteen\n 16\n 17\n 18\n 19\n 20\n+end\n"
        "\\ No newline at end of file\n"
    )


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (b"plain/name with blanks.js", b"plain/name with blanks.js"),
        (b'a"b\\c', b'"a\\"b\\\\c"'),
        (b"tab\tline\nbell\a", b'"tab\\tline\\nbell\\a"'),
        ("Größe".encode(), b'"Gr\\303\\266\\303\\237e"'),
        (b"\x01\x7f\xff", b'"\\001\\177\\377"'),
    ],
)
def test_names_are_quoted_as_git_quotes_them(path, written):
    assert quoted(path) == written


@pytest.mark.parametrize(
    ("is_link", "mode", "expected"),
    [(False, 0o644, FILE), (False, 0o444, FILE), (False, 0o755, PROGRAM), (False, 0o555, PROGRAM), (True, 0o777, LINK)],
)
def test_git_knows_three_modes(is_link, mode, expected):
    assert git_mode(is_link, mode) == expected


def test_what_only_moved_has_no_lines():
    patch = file_patch(PatchFile(b"b", b"x\n", b"x\n", b"a"))
    assert patch == b"diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n"


@pytest.fixture
def repository(tmp_path):
    """An empty repository, in which nothing of the machine's settings counts."""

    def git(*words, stdin=None):
        answer = subprocess.run(
            ["git", "-c", "core.autocrlf=false", "-c", "core.fileMode=true", *words],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"},
        )
        assert answer.returncode == 0, answer.stderr.decode()
        return answer.stdout

    git("init", "-q")
    return tmp_path, git


def there(folder):
    """Everything in a folder but git's own: contents, or the target of a link."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name.startswith(".git/") or name == ".git":
            continue
        if path.is_symlink():
            found[name] = ("link", path.readlink().as_posix())
        elif path.is_file():
            found[name] = (bool(path.stat().st_mode & 0o100), path.read_bytes())
    return found


def put(folder, name, contents, mode=FILE):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode == LINK:
        path.symlink_to(contents.decode())
    else:
        path.write_bytes(contents)
        path.chmod(0o755 if mode == PROGRAM else 0o644)


CASES = {
    "modified": PatchFile(b"a.js", b"1\n2\n3\n", b"1\nzwei\n3\n"),
    "CRLF and no end": PatchFile(b"a.js", b"\xef\xbb\xbf1\r\n2", b"\xef\xbb\xbf1\r\n2\r\n"),
    "added": PatchFile(b"d/e/a.js", None, b"new\n"),
    "added empty": PatchFile(b"d/empty", None, b""),
    "deleted": PatchFile(b"a.js", b"old", None),
    "deleted empty": PatchFile(b"a.js", b"", None),
    "emptied": PatchFile(b"a.js", b"old\n", b""),
    "renamed": PatchFile(b"d/b.js", b"1\n", b"1\n", b"c/a.js"),
    "renamed and changed": PatchFile(b"d/b.js", b"1\n2\n3\n4\n5\n", b"1\n2\n3\n4\nfive\n", b"a.js"),
    "binary": PatchFile(b"a.dll", b"MZ\0" + bytes(range(256)) * 9, b"MZ\0" + bytes(range(255, -1, -1)) * 5),
    "binary added": PatchFile(b"a.dll", None, b"\0"),
    "binary deleted": PatchFile(b"a.dll", b"\0" * 60, None),
    "text to binary": PatchFile(b"a", b"text\n", b"\0bin"),
    "other mode": PatchFile(b"run.sh", b"x\n", b"y\n", old_mode=FILE, new_mode=PROGRAM),
    "new program": PatchFile(b"run.sh", None, b"x\n", new_mode=PROGRAM),
    "link": PatchFile(b"l", b"there", b"elsewhere", old_mode=LINK, new_mode=LINK),
    "file to link": PatchFile(b"l", b"a file\n", b"there", new_mode=LINK),
    "link to file": PatchFile(b"l", b"there", b"a file\n", old_mode=LINK),
    "odd names": PatchFile('Größe "1"\t\\.js'.encode(), b"1\n", b"2\n"),
    "blanks in the name": PatchFile(b"my file.js", b"1\n", b"2\n"),
    "odd new name": PatchFile(b"neu\nzwei.js", b"1\n", b"1\n", b"alt.js"),
}


@needs_git
@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("three_way", [False, True])
def test_git_applies_it(repository, kind, three_way):
    folder, git = repository
    file = CASES[kind]
    if file.before is not None:
        put(folder, (file.old_path or file.path).decode(), file.before, file.old_mode)
        git("add", "-A")
    patch = left_out(b"big.bin", "it is too large") + file_patch(file)
    git("apply", "--whitespace=nowarn", *(["--3way"] if three_way else []), "-", stdin=patch)
    expected = {}
    if file.after is not None:
        contents = ("link", file.after.decode()) if file.new_mode == LINK else (file.new_mode == PROGRAM, file.after)
        expected[file.path.decode()] = contents
    assert there(folder) == expected


LINES = st.lists(st.sampled_from([b"a", b"b", b"{", b"}", b"--- x", b"+++", b"@@", b"\\", b"", b"c\r"]), max_size=30)


@needs_git
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, LINES, st.booleans(), st.booleans())
def test_git_makes_of_any_text_any_other(repository, before, after, end, other_end):
    folder, git = repository
    was = b"\n".join(before) + (b"\n" if end else b"")
    now = b"\n".join(after) + (b"\n" if other_end else b"")
    if was == now:
        return
    put(folder, "file", was)
    git("apply", "--whitespace=nowarn", "-", stdin=file_patch(PatchFile(b"file", was, now)))
    assert (folder / "file").read_bytes() == now
