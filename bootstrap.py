#!/usr/bin/env python3
"""Set Hotfix Desktop up on a fresh machine, with nothing but Python's standard library.

    python3 bootstrap.py           set up only
    python3 bootstrap.py demo      ... and show the main job on a sample workspace
    python3 bootstrap.py test      ... and run the test suite, offscreen; further arguments go to pytest

Everything goes into .venv beside this file. On Debian and Ubuntu, libraries that Qt misses are installed
through apt-get (as root, or through sudo); --no-system leaves the system alone.
"""

import argparse
import ctypes
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "bootstrap.stamp"
PICTURE = ROOT / "demo.png"
APT_LISTS = Path("/var/lib/apt/lists")
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}
GROUPS_PIP = (25, 1)  # the first pip that knows --group; Debian 12 brings 23.0

# What the loader must find, and the Debian packages that bring it: the first that this release has is taken.
# Ubuntu 24.04 and Debian 13 renamed glib's for the 64-bit time_t.
QT_LIBRARIES = {
    "libglib-2.0.so.0": ["libglib2.0-0t64", "libglib2.0-0"],
    "libEGL.so.1": ["libegl1"],
    "libGL.so.1": ["libgl1"],
    "libxkbcommon.so.0": ["libxkbcommon0"],
    "libdbus-1.so.3": ["libdbus-1-3"],
    "libfontconfig.so.1": ["libfontconfig1"],
}
WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": ["libxcb-cursor0"],
    "libxkbcommon-x11.so.0": ["libxkbcommon-x11-0"],
    "libxcb-icccm.so.4": ["libxcb-icccm4"],
    "libxcb-keysyms.so.1": ["libxcb-keysyms1"],
    "libxcb-shape.so.0": ["libxcb-shape0"],
}

SELF_TEST = """
from PySide6.QtCore import QTimer, qVersion
from PySide6.QtWidgets import QApplication, QLabel
from hotfix_desktop.runtime.qt_pair import bad_pair_sentence
bad = bad_pair_sentence()
if bad:
    raise SystemExit(bad)
app = QApplication(["self-test"])
label = QLabel("Hotfix Desktop")
label.show()
QTimer.singleShot(100, app.quit)
app.exec()
if label.grab().isNull():
    raise SystemExit("Qt runs, but it draws nothing.")
print(qVersion())
"""


class Failed(Exception):
    """Tells what could not be done, and what to do now."""


def refuse_old_python(version: "tuple[int, int]") -> None:
    """Leave with the remedy when this Python is too old for the program."""
    if version >= (3, 11):
        return
    remedy = "Debian 12 and Ubuntu 24.04 bring a newer one; https://www.python.org/downloads/ has it, too."
    newer = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    if newer:
        remedy = "There is a newer one on this machine; run:  %s bootstrap.py" % newer[0]
    sys.exit("Hotfix Desktop needs Python 3.11 or newer; this is %d.%d.\n%s" % (*version, remedy))


refuse_old_python(sys.version_info[:2])  # before the first definition that an old Python would stumble over


def say(text: str) -> None:
    """Print one line at once, so that it stands before what the next program prints."""
    print(text, flush=True)


def listen(command: list[str], more: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a short program; gives its exit code, output and complaint. ``more`` goes into its environment."""
    environ = {**os.environ, **more}
    try:
        answer = subprocess.run(command, capture_output=True, errors="replace", env=environ, timeout=99, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, "", str(error)
    return answer.returncode, answer.stdout.strip(), answer.stderr.strip()


def has_display(platform: str, environ: Mapping[str, str]) -> bool:
    """Whether a window can be shown; only Linux and its like can be without."""
    return platform in ("win32", "darwin") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def venv_program(name: str, platform: str = sys.platform) -> str:
    """Where a program of the virtual environment lies."""
    return str(VENV / "Scripts" / (name + ".exe") if platform == "win32" else VENV / "bin" / name)


# --- What the system must bring


def loads(library: str) -> bool:
    """Whether the loader finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def wanted_libraries(command: str, platform: str, display: bool) -> dict[str, list[str]]:
    """Which libraries Qt needs from the system for this command, with the packages that bring them."""
    if not platform.startswith("linux"):
        return {}
    return {**QT_LIBRARIES, **WINDOW_LIBRARIES} if display and command != "test" else QT_LIBRARIES


def missing_parts(wanted: dict[str, list[str]], probe: Callable[[str], bool] = loads) -> dict[str, list[str]]:
    """Which of these libraries are not there; and ensurepip, which a virtual environment needs."""
    missing = {library: packages for library, packages in wanted.items() if not probe(library)}
    if sys.platform.startswith("linux") and importlib.util.find_spec("ensurepip") is None:
        missing["ensurepip"] = ["python3.%d-venv" % sys.version_info[1], "python3-venv"]
    return missing


def apt_knows(package: str) -> bool:
    """Whether apt could install a package of this name."""
    answer = listen(["apt-cache", "policy", package], {"LC_ALL": "C"})[1]
    return "Candidate:" in answer and "Candidate: (none)" not in answer


def choose_packages(missing: dict[str, list[str]], known: Callable[[str], bool] = apt_knows) -> list[str]:
    """For each missing part the first package that this release has; the last name where it has none."""
    return [next((name for name in names if known(name)), names[-1]) for names in missing.values()]


def install_system_packages(missing: dict[str, list[str]]) -> None:
    """Install what is missing through apt-get; raises ``Failed`` with what to do by hand."""
    parts = ", ".join(missing)
    if not shutil.which("apt-get"):
        raise Failed(
            "Missing on this machine: %s.\nInstall them with its package manager and run this again, or go "
            "on without them:  python3 bootstrap.py --no-system" % parts
        )
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and shutil.which("sudo"):
        say("Missing on this machine: %s. sudo will run apt-get to install them." % parts)
    if not any(APT_LISTS.glob("*_Packages*")):
        run_apt(sudo, "update")  # should it fail, the installation says what is wrong
    packages = choose_packages(missing)
    install = ["install", "-y", "--no-install-recommends", *packages]
    if not run_apt(sudo, *install) and not (run_apt(sudo, "update") and run_apt(sudo, *install)):
        raise Failed(
            "apt-get, which has to run as root, could not install what brings %s (its own words, if any, are "
            "above).\nRun this as root, then python3 bootstrap.py again:\n"
            "  apt-get update && apt-get install -y %s" % (parts, " ".join(packages))
        )


def run_apt(sudo: list[str], *arguments: str) -> bool:
    """Run apt-get, saying so, and tell whether it did its work."""
    command = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *arguments]
    if not shutil.which(command[0]):
        return False
    say("$ " + shlex.join(command))
    return subprocess.call(command) == 0


def set_up_system(command: str, *, leave_alone: bool) -> None:
    """Make sure that the system brings what Qt and the virtual environment need."""
    missing = missing_parts(wanted_libraries(command, sys.platform, has_display(sys.platform, os.environ)))
    if missing and leave_alone:
        say("Missing on this machine, and left alone because of --no-system: %s." % ", ".join(missing))
    elif missing:
        install_system_packages(missing)
        importlib.invalidate_caches()
        still = missing_parts({library: missing[library] for library in missing if library != "ensurepip"})
        if still:
            raise Failed("apt-get did its work, and yet these are missing: %s." % ", ".join(still))


# --- The virtual environment


def stamp(project: bytes, version: str, place: Path) -> str:
    """What the virtual environment depends on, as one line: while it stays, nothing has to be installed."""
    return hashlib.sha256(b"\0".join([project, version.encode(), os.fsencode(place)])).hexdigest()


def is_ours(config: Path) -> bool:
    """Whether a virtual environment was made by this Python for this place; no other one would work here."""
    text = config.read_text("utf-8", "replace") if config.is_file() else ""
    return "version = %d.%d." % sys.version_info[:2] in text and str(VENV) in text


def pip_version() -> tuple[int, ...]:
    """The version of the pip in the virtual environment; empty when there is none."""
    words = listen([venv_program("python"), "-m", "pip", "--version"], {})[1].split()  # pip 26.3 from ...
    return tuple(int(n) for n in words[1].split(".") if n.isdigit()) if len(words) > 1 else ()


def run_pip(*arguments: str) -> None:
    """Run the pip of the virtual environment; raises ``Failed``."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = [venv_program("python"), "-m", "pip", "--disable-pip-version-check", *arguments, *quiet]
    if subprocess.call(command, cwd=str(ROOT)) != 0:
        raise Failed(
            "pip could not install what the program needs; its own words are above.\n"
            "If it is the network or its proxy (HTTPS_PROXY): mend it and run this again.\n"
            "If it found no PySide6: Qt needs Windows 10, macOS 13, or Linux with glibc 2.34 (on ARM 2.39)."
        )


def set_up_venv() -> bool:
    """Make .venv and install the program with its development group; gives False when all of it is there."""
    today = stamp((ROOT / "pyproject.toml").read_bytes(), sys.version, ROOT)
    if Path(venv_program("python")).exists() and STAMP.is_file() and STAMP.read_text() == today:
        return False
    say("Setting up %s with Python %d.%d ..." % (VENV, *sys.version_info[:2]))
    STAMP.unlink(missing_ok=True)
    usable = is_ours(VENV / "pyvenv.cfg") and pip_version()
    if not usable and subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]) != 0:
        raise Failed("Python could not make the folder %s; its own words are above." % VENV)
    if pip_version() < GROUPS_PIP:
        run_pip("install", "--upgrade", "pip")
    say("Installing the program, Qt and the test tools (some 100 MB to load the first time) ...")
    run_pip("install", "--editable", ".", "--group", "dev")
    STAMP.write_text(today)
    return True


def self_test() -> None:
    """Draw a small window offscreen with what was installed; raises ``Failed``."""
    code, said, complaint = listen([venv_program("python"), "-c", SELF_TEST], OFFSCREEN)
    if code != 0:
        STAMP.unlink(missing_ok=True)  # the next run installs again
        raise Failed(
            "All is installed, but the self-test failed: %s\nRun python3 bootstrap.py again, without "
            "--no-system; if that does not help, remove the folder .venv first."
            % (complaint.splitlines() or ["exit code %d" % code])[-1]
        )
    say("Self-test passed: Qt %s draws." % said)


# --- The commands


def demo_command(platform: str, environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The call that shows the demo, or draws it where there is no display, and what its environment needs."""
    program = [venv_program("hotfix-desktop", platform), "--demo"]
    seen = has_display(platform, environ)
    return (program, {}) if seen else ([*program, "--screenshot", str(PICTURE)], OFFSCREEN)


def start(command: list[str], more: Mapping[str, str]) -> int:
    """Run a program in the project's folder, saying so, and give its exit code."""
    say("$ " + shlex.join([*("%s=%s" % pair for pair in more.items()), *command]))
    return subprocess.call(command, env={**os.environ, **more}, cwd=str(ROOT))


def demo(arguments: list[str]) -> int:
    """Show the demo, or draw it where there is no display."""
    command, more = demo_command(sys.platform, os.environ)
    if "--screenshot" not in command:
        return start([*command, *arguments], more)
    say("This machine has no display, so the window is drawn to a picture.")
    PICTURE.unlink(missing_ok=True)
    code = start([*command, *arguments], more)
    if code != 0:
        return code
    if not PICTURE.is_file():
        raise Failed("The demo ended without a picture; run the line above by hand to see why.")
    say("The picture is here: %s" % PICTURE)
    return 0


def read_arguments(argv: list[str]) -> tuple[str, bool, list[str]]:
    """Give the command, whether to leave the system alone, and the arguments to pass on."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form, allow_abbrev=False)
    parser.add_argument("command", nargs="?", choices=["demo", "test"], help="what to do once all is set up")
    parser.add_argument("--no-system", action="store_true", help="never call apt-get")
    known, rest = parser.parse_known_args(argv)
    if rest and known.command is None:
        parser.error("unknown: " + " ".join(rest))
    return known.command or "", known.no_system, rest


def main(argv: list[str]) -> int:
    """Set up what is missing, then do what was asked."""
    command, leave_alone, rest = read_arguments(argv)
    began = time.monotonic()
    try:
        set_up_system(command, leave_alone=leave_alone)
        fresh = set_up_venv()
        if fresh or not command:
            self_test()
            say("Set up in %.0f s." % (time.monotonic() - began))
        if command == "demo":
            return demo(rest)
        if command == "test":
            return start([venv_program("python"), "-m", "pytest", *rest], OFFSCREEN)
    except Failed as failure:
        print("\n%s" % failure, file=sys.stderr)
        return 1
    python = {"win32": "py"}.get(sys.platform, "python3")
    say("Next:  %s bootstrap.py demo     or     %s" % (python, venv_program("hotfix-desktop")))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
