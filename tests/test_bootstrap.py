"""bootstrap.py: what it decides and what it says. Nothing here installs anything or asks the network."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap

SCRIPT = Path(bootstrap.__file__)
HEADLESS = {}
DESKTOP = {"DISPLAY": ":0"}


@pytest.fixture
def calls(monkeypatch):
    """What would have been run; everything succeeds and nothing is run."""
    made = []

    def call(command, **_options):
        made.append(command)
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    return made


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """A checkout in a folder of its own."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "bootstrap.stamp")
    monkeypatch.setattr(bootstrap, "PICTURE", tmp_path / "demo.png")
    return tmp_path


def make_venv(checkout, version=sys.version_info):
    python = Path(bootstrap.venv_program("python"))
    python.parent.mkdir(parents=True)
    python.touch()
    (checkout / ".venv" / "pyvenv.cfg").write_text(
        f"version = {version[0]}.{version[1]}.0\ncommand = python3 -m venv {checkout / '.venv'}\n"
    )


# Old Pythons


@pytest.mark.parametrize("version", [(3, 10), (3, 6), (2, 7)])
def test_an_old_python_is_refused_with_the_remedy(version):
    with pytest.raises(SystemExit) as refusal:
        bootstrap.refuse_old_python(version)
    sentence = str(refusal.value)
    assert "needs Python 3.11 or newer" in sentence
    assert f"this is {version[0]}.{version[1]}." in sentence
    assert "bootstrap.py" in sentence or "python.org" in sentence
    assert "pip" not in sentence


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 14)])
def test_a_new_python_is_welcome(version):
    bootstrap.refuse_old_python(version)


def test_a_newer_python_on_the_machine_is_named(monkeypatch):
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name if name == "python3.12" else None)
    with pytest.raises(SystemExit, match=r"run:  python3\.12 bootstrap\.py"):
        bootstrap.refuse_old_python((3, 9))


def test_the_script_refuses_before_it_does_anything_else(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        runpy.run_path(str(SCRIPT), run_name="__main__")


def test_old_pythons_can_read_it_as_far_as_the_refusal():
    tree = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 7))
    refusal = next(i for i, node in enumerate(tree.body) if isinstance(node, ast.Expr) and i > 0)
    evaluated = [n for node in tree.body[:refusal] for n in ast.walk(node) if isinstance(n, ast.arg | ast.FunctionDef)]
    for node in evaluated:
        hint = node.annotation if isinstance(node, ast.arg) else node.returns
        assert hint is None or isinstance(hint, ast.Constant), "list[str] is an error before 3.9"
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.JoinedStr)]


def test_it_needs_the_standard_library_alone():
    tree = ast.parse(SCRIPT.read_text("utf-8"))
    modules = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    modules |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert modules <= sys.stdlib_module_names


# Libraries and packages


@pytest.mark.parametrize(
    ("command", "display", "count"),
    [
        ("", False, 6),
        ("demo", False, 6),
        ("test", False, 6),
        ("test", True, 6),
        ("demo", True, 11),
        ("", True, 11),
    ],
)
def test_a_window_needs_five_more(command, display, count):
    assert len(bootstrap.wanted_libraries(command, "linux", display)) == count


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_need_nothing(platform):
    assert bootstrap.wanted_libraries("demo", platform, True) == {}


def test_only_what_does_not_load_is_missing():
    wanted = bootstrap.wanted_libraries("", "linux", True)
    there = {"libGL.so.1", "libglib-2.0.so.0"}
    assert set(bootstrap.missing_parts(wanted, lambda name: name in there)) == set(wanted) - there


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Debian splits it off")
def test_a_python_without_ensurepip_misses_it(monkeypatch):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda _name: None)
    missing = bootstrap.missing_parts({})
    assert bootstrap.choose_packages(missing, lambda name: name == "python3-venv") == ["python3-venv"]


def test_a_library_that_is_not_there_does_not_load():
    assert not bootstrap.loads("libthere-is-none.so.99")


@pytest.mark.parametrize(
    ("release", "glib"),
    [
        ({"libglib2.0-0"}, "libglib2.0-0"),  # Debian 12, Ubuntu 22.04
        ({"libglib2.0-0t64"}, "libglib2.0-0t64"),  # Debian 13, Ubuntu 24.04
        (set(), "libglib2.0-0"),
    ],
)
def test_the_release_decides_the_name(release, glib):
    rest = {"libegl1", "libgl1", "libxkbcommon0", "libdbus-1-3", "libfontconfig1"}
    chosen = bootstrap.choose_packages(bootstrap.QT_LIBRARIES, lambda name: name in release | rest)
    assert chosen == [glib, "libegl1", "libgl1", "libxkbcommon0", "libdbus-1-3", "libfontconfig1"]


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        ("libegl1:\n  Installed: (none)\n  Candidate: 1.6.0-1\n", True),
        ("x:\n  Candidate: (none)\n", False),
        ("", False),
    ],
)
def test_apt_is_asked_for_a_candidate(monkeypatch, answer, known):
    monkeypatch.setattr(bootstrap, "listen", lambda _command, _more: (0, answer, ""))
    assert bootstrap.apt_knows("libegl1") is known


# apt-get


@pytest.fixture
def debian(monkeypatch, tmp_path):
    """A Debian with package lists, run by root."""
    (tmp_path / "deb_main_Packages").touch()
    monkeypatch.setattr(bootstrap, "APT_LISTS", tmp_path)
    monkeypatch.setattr(bootstrap, "apt_knows", lambda name: not name.endswith("t64"))
    monkeypatch.setattr(bootstrap, "choose_packages", lambda missing: [names[-1] for names in missing.values()])
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0, raising=False)
    return tmp_path


MISSING = {"libEGL.so.1": ["libegl1"], "libGL.so.1": ["libgl1"]}


def verbs(made):
    return [next(word for word in command if word in ("update", "install")) for command in made]


def test_root_installs_and_nothing_is_asked(debian, calls):
    bootstrap.install_system_packages(MISSING)
    assert verbs(calls) == ["install"]
    assert calls[0][-2:] == ["libegl1", "libgl1"]
    assert "DEBIAN_FRONTEND=noninteractive" in calls[0]
    assert "sudo" not in calls[0]


def test_without_package_lists_they_are_loaded_first(debian, calls):
    (debian / "deb_main_Packages").unlink()
    bootstrap.install_system_packages(MISSING)
    assert verbs(calls) == ["update", "install"]


def test_old_package_lists_are_renewed_when_the_installation_fails(debian, monkeypatch):
    made = []
    codes = iter([100, 0, 0])
    monkeypatch.setattr(subprocess, "call", lambda command: made.append(command) or next(codes))
    bootstrap.install_system_packages(MISSING)
    assert verbs(made) == ["install", "update", "install"]


def test_sudo_is_announced(debian, calls, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000, raising=False)
    bootstrap.install_system_packages(MISSING)
    assert calls[0][0] == "sudo"
    said = capsys.readouterr().out
    assert said.index("sudo will run apt-get") < said.index("$ sudo")


def test_an_apt_get_that_fails_says_what_and_what_to_do(debian, monkeypatch):
    monkeypatch.setattr(subprocess, "call", lambda _command: 100)
    with pytest.raises(bootstrap.Failed) as failure:
        bootstrap.install_system_packages(MISSING)
    assert "apt-get" in str(failure.value)
    assert "libEGL.so.1" in str(failure.value)
    assert "apt-get update && apt-get install -y libegl1 libgl1" in str(failure.value)


def test_neither_root_nor_sudo_ends_with_the_line_to_run(debian, calls, monkeypatch):
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None if name == "sudo" else name)
    with pytest.raises(bootstrap.Failed, match="apt-get install -y libegl1 libgl1"):
        bootstrap.install_system_packages(MISSING)
    assert calls == []


def test_other_linuxes_are_told_the_names(debian, calls, monkeypatch):
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    with pytest.raises(bootstrap.Failed, match=r"libEGL\.so\.1, libGL\.so\.1"):
        bootstrap.install_system_packages(MISSING)
    assert calls == []


def test_no_system_leaves_the_system_alone(monkeypatch, calls, capsys):
    monkeypatch.setattr(bootstrap, "missing_parts", lambda _wanted: MISSING)
    bootstrap.set_up_system("demo", leave_alone=True)
    assert calls == []
    assert "libEGL.so.1" in capsys.readouterr().out


def test_a_system_that_has_all_is_left_alone(monkeypatch, calls, capsys):
    monkeypatch.setattr(bootstrap, "missing_parts", lambda _wanted: {})
    bootstrap.set_up_system("demo", leave_alone=False)
    assert (calls, capsys.readouterr().out) == ([], "")


# The virtual environment


def test_the_stamp_knows_the_project_the_python_and_the_place():
    stamps = {
        bootstrap.stamp(project, version, place)
        for project in (b"a", b"b")
        for version in ("3.11.7", "3.12.1")
        for place in (Path("here"), Path("there"))
    }
    assert len(stamps) == 8
    assert bootstrap.stamp(b"a", "3.11.7", Path("here")) in stamps


def test_the_first_time_all_is_installed_and_the_second_time_nothing(checkout, calls, monkeypatch):
    monkeypatch.setattr(bootstrap, "pip_version", lambda: (23, 0, 1))
    (checkout / ".venv").mkdir()
    assert bootstrap.set_up_venv() is True
    assert calls[0][1:4] == ["-m", "venv", "--clear"]
    assert [c[c.index("install") :] for c in (calls[1][:7], calls[2][:9])] == [
        ["install", "--upgrade", "pip"],
        ["install", "--editable", ".", "--group", "dev"],
    ]
    make_venv(checkout)
    calls.clear()
    assert bootstrap.set_up_venv() is False
    assert calls == []


def test_a_changed_project_is_installed_again_in_the_same_folder(checkout, calls, monkeypatch):
    monkeypatch.setattr(bootstrap, "pip_version", lambda: (26, 3))
    make_venv(checkout)
    bootstrap.set_up_venv()
    (checkout / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    calls.clear()
    assert bootstrap.set_up_venv() is True
    assert len(calls) == 1
    assert "--editable" in calls[0]


def test_a_folder_of_another_python_is_made_anew(checkout, calls, monkeypatch):
    monkeypatch.setattr(bootstrap, "pip_version", lambda: (26, 3))
    make_venv(checkout, version=(3, 2))
    bootstrap.set_up_venv()
    assert "--clear" in calls[0]


def test_a_folder_that_was_moved_is_made_anew(checkout, calls, monkeypatch):
    monkeypatch.setattr(bootstrap, "pip_version", lambda: (26, 3))
    make_venv(checkout)
    config = checkout / ".venv" / "pyvenv.cfg"
    config.write_text(config.read_text().replace(str(checkout), "elsewhere"))
    bootstrap.set_up_venv()
    assert "--clear" in calls[0]


def test_a_pip_that_fails_leaves_no_stamp_and_says_what_to_do(checkout, monkeypatch):
    make_venv(checkout)
    monkeypatch.setattr(bootstrap, "pip_version", lambda: (26, 3))
    monkeypatch.setattr(subprocess, "call", lambda _command, **_options: 1)
    with pytest.raises(bootstrap.Failed, match=r"(?s)pip could not install.*run this again"):
        bootstrap.set_up_venv()
    assert not bootstrap.STAMP.exists()


@pytest.mark.parametrize(
    ("said", "version"),
    [("pip 25.1.1 from x (python 3.11)", (25, 1, 1)), ("pip 26.0b1 from x", (26,)), ("", ())],
)
def test_the_version_of_pip_is_read(monkeypatch, said, version):
    monkeypatch.setattr(bootstrap, "listen", lambda _command, _more: (0, said, ""))
    assert bootstrap.pip_version() == version


def test_a_failing_self_test_says_why_and_what_to_do(checkout, monkeypatch):
    complaint = "Traceback\nImportError: libEGL.so.1: cannot open shared object file"
    monkeypatch.setattr(bootstrap, "listen", lambda _command, _more: (1, "", complaint))
    make_venv(checkout)
    bootstrap.STAMP.touch()
    with pytest.raises(bootstrap.Failed, match=r"ImportError: libEGL\.so\.1"):
        bootstrap.self_test()
    assert not bootstrap.STAMP.exists()


# The commands


@pytest.mark.parametrize(
    ("argv", "meaning"),
    [
        ([], ("", False, [])),
        (["--no-system"], ("", True, [])),
        (["demo"], ("demo", False, [])),
        (["test", "-q", "tests/core", "-k", "demo"], ("test", False, ["-q", "tests/core", "-k", "demo"])),
        (["test", "--no-system", "-x"], ("test", True, ["-x"])),
    ],
)
def test_arguments_are_read(argv, meaning):
    assert bootstrap.read_arguments(argv) == meaning


@pytest.mark.parametrize("argv", [["tset"], ["-q"], ["--no-sys"]])
def test_wrong_arguments_are_refused(argv, capsys):
    with pytest.raises(SystemExit) as refusal:
        bootstrap.read_arguments(argv)
    assert refusal.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("platform", "environ", "display"),
    [
        ("linux", HEADLESS, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", DESKTOP, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("freebsd14", HEADLESS, False),
        ("win32", HEADLESS, True),
        ("darwin", HEADLESS, True),
    ],
)
def test_where_a_window_can_be_shown(platform, environ, display):
    assert bootstrap.has_display(platform, environ) is display


@pytest.mark.parametrize(
    ("platform", "program"), [("win32", "Scripts/hotfix-desktop.exe"), ("darwin", "bin/hotfix-desktop")]
)
def test_the_demo_on_a_desktop(checkout, platform, program):
    command, more = bootstrap.demo_command(platform, HEADLESS)
    assert command == [str(checkout / ".venv" / program), "--demo"]
    assert more == {}


def test_the_demo_on_a_linux_desktop_is_a_window():
    command, more = bootstrap.demo_command("linux", DESKTOP)
    assert command[1:] == ["--demo"]
    assert more == {}


def test_the_demo_without_a_display_is_a_picture(checkout):
    command, more = bootstrap.demo_command("linux", HEADLESS)
    assert command[1:] == ["--demo", "--screenshot", str(checkout / "demo.png")]
    assert more == {"QT_QPA_PLATFORM": "offscreen"}


@pytest.fixture
def ready(checkout, monkeypatch):
    """A checkout in which all is set up, on a Linux without a display."""
    monkeypatch.setattr(bootstrap, "set_up_system", lambda _command, leave_alone: None)
    monkeypatch.setattr(bootstrap, "set_up_venv", lambda: False)
    monkeypatch.setattr(bootstrap, "self_test", lambda: None)
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return checkout


def test_the_demo_says_where_the_picture_is(ready, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "start", lambda _command, _more: (ready / "demo.png").touch() or 0)
    assert bootstrap.main(["demo"]) == 0
    assert str(ready / "demo.png") in capsys.readouterr().out.splitlines()[-1]


def test_a_demo_without_a_picture_is_a_failure(ready, monkeypatch, capsys):
    (ready / "demo.png").touch()  # an old one does not count
    monkeypatch.setattr(bootstrap, "start", lambda _command, _more: 0)
    assert bootstrap.main(["demo"]) == 1
    assert "without a picture" in capsys.readouterr().err


def test_the_tests_are_run_offscreen_and_their_exit_code_is_given_back(ready, monkeypatch):
    made = []
    monkeypatch.setattr(subprocess, "call", lambda command, **options: made.append((command, options)) or 5)
    assert bootstrap.main(["test", "-q", "tests/core"]) == 5
    ((command, options),) = made
    assert command == [bootstrap.venv_program("python"), "-m", "pytest", "-q", "tests/core"]
    assert options["env"]["QT_QPA_PLATFORM"] == "offscreen"
    assert options["cwd"] == str(ready)


def test_setting_up_alone_names_the_next_command(ready, capsys):
    assert bootstrap.main([]) == 0
    assert "bootstrap.py demo" in capsys.readouterr().out.splitlines()[-1]


def test_a_failure_is_told_on_standard_error_without_a_traceback(ready, monkeypatch, capsys):
    def broken():
        raise bootstrap.Failed("No room.\nMake some.")

    monkeypatch.setattr(bootstrap, "set_up_venv", broken)
    assert bootstrap.main(["test"]) == 1
    assert capsys.readouterr().err == "\nNo room.\nMake some.\n"


def test_pip_is_never_suggested_outside_the_virtual_environment():
    assert "pip install" not in SCRIPT.read_text("utf-8")
