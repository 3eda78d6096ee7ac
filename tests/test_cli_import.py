"""``hotfix-desktop import``: what it shows, refuses and does, as a script sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotfix_desktop.__main__ import main
from hotfix_desktop.services.workbench import OwnHeartbeat
from tests.services.update_world import PAGE, archive, files_of, page, write


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Runs the program on a folder with one package; gives exit code, output and errors."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("hotfix_desktop.cli.detached_guard", lambda home: lambda store, workspace: OwnHeartbeat())
    folder = tmp_path / "Pkg"
    write(folder / "UsrA", files_of("UsrA"))

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["--home", str(tmp_path / "home"), words[0], str(folder), *words[1:]])
        said = capsys.readouterr()
        return code, said.out, said.err

    assert run("protect")[0] == 0
    return run


def test_an_update_is_shown_and_done(call, tmp_path: Path):
    path = archive(tmp_path / "a.gz", files_of("UsrA", "1.1.0") | {PAGE: page(line_2="new;")})
    code, out, err = call("import", str(path))
    assert (code, err) == (0, "")
    assert out == "UsrA: 1.0.0 → 1.1.0, 2 modified\n1 package updated.\n"
    code, out, _ = call("import", str(path))
    assert (code, out) == (0, "UsrA: 1.1.0 is there already\n1 package unchanged.\n")
    code, out, _ = call("import", str(archive(tmp_path / "n.gz", files_of("UsrNew"))))
    assert (code, out) == (0, "UsrNew: new, 1.0.0, 4 files\n1 package installed.\n")


def test_an_undelivered_fix_stops_it_until_it_is_decided(call, tmp_path: Path):
    assert call("unlock", "UsrA", "--reason", "Broken")[0] == 0
    (tmp_path / "Pkg" / "UsrA" / PAGE).write_bytes(page(line_3="fixed;"))
    assert call("lock", "UsrA")[0] == 0
    path = archive(tmp_path / "a.gz", files_of("UsrA", "1.1.0"))
    code, out, err = call("import", str(path))
    assert code == 1
    assert f"  fix would be lost: {PAGE} (hotfix 1)" in out
    assert "would overwrite fixes in UsrA" in err
    assert "--take ours" in err
    assert (tmp_path / "Pkg" / "UsrA" / PAGE).read_bytes() == page(line_3="fixed;")
    assert call("import", str(path), "--take", "ours")[0] == 0
    assert (tmp_path / "Pkg" / "UsrA" / PAGE).read_bytes() == page(line_3="fixed;")
    code, out, _ = call("import", str(archive(tmp_path / "b.gz", files_of("UsrA", "1.2.0"))), "--take", "theirs")
    assert code == 0
    assert "Hotfix 1 of UsrA has not come home, though UsrA is Blocked" in out
    assert (tmp_path / "Pkg" / "UsrA" / PAGE).read_bytes() == page()


def test_an_older_version_needs_its_word_and_nonsense_is_told(call, tmp_path: Path):
    path = archive(tmp_path / "a.gz", files_of("UsrA", "0.9"))
    code, _, err = call("import", str(path))
    assert code == 1
    assert "0.9 is older than 1.0.0" in err
    assert call("import", str(path), "--older")[0] == 0
    (tmp_path / "x.gz").write_bytes(b"")
    code, out, err = call("import", str(tmp_path / "x.gz"))
    assert (code, out) == (1, "")
    assert err.startswith("hotfix-desktop: ")
    assert call("import", str(tmp_path / "missing.gz"))[0] == 1
