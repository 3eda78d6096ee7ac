"""The house as a test: imports go downhill (``design.md`` 7), and a few habits are kept (``taste.md`` 4).

``FLOORS`` reads like the drawing of the house. A name stands for itself and all that lies below it, so that
"PySide6.QtCore" lets in QtCore and nothing else of Qt.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "hotfix_desktop"

FLOORS: dict[str, set[str]] = {
    # floor 0: words and rules. Standard library only
    "core": set(),
    # floor 1: the database; where packages live; what was changed; the seals. They never see each other
    "store": {"core", "peewee", "playhouse", "filelock"},
    "workspaces": {"core"},
    "changes": {"core"},
    # the seals of the audit log: signing keys, and copies of checkpoints outside the database
    "sealing": {"core", "cryptography", "keyring"},
    # development repositories, through the user's own git
    "repositories": {"core"},
    # floor 2: use cases, no Qt; of the workspaces only the port
    "services": {"core", "store", "workspaces.port", "changes", "sealing", "repositories"},
    # floor 3: QtCore only, and the local socket on which a second start rings for the first window
    "runtime": {"core", "services", "PySide6.QtCore", "PySide6.QtNetwork"},
    # floor 4: windows
    "ui": {"core", "services", "runtime", "PySide6", "shiboken6"},
}
OUTSIDE = {"PySide6", "shiboken6", "peewee", "playhouse", "platformdirs", "filelock", "cryptography", "keyring"}
DOORS: dict[str, set[str]] = {
    # the command line is read before Qt is imported, so nothing at the door may bring Qt with it
    "__main__": {"cli", "cli_audit", "cli_import", "gui"},
    # the command line's verbs
    "cli": {
        "core",
        "services",
        "app",
        "processes",
        "cli_audit",
        "cli_changes",
        "cli_packages",
        "cli_deliver",
        "cli_import",
    },
    "cli_audit": {"store.home"},
    "cli_verify": {"core", "services", "app"},
    "cli_archive": {"core", "services", "app"},
    "cli_export": {"core", "services", "app", "pdf"},
    "cli_tail": {"core", "services", "app", "cli_export"},
    "cli_packages": {"core", "services", "app"},
    "cli_deliver": {"core", "services"},
    "cli_import": {"core", "services"},
    "cli_changes": {"core", "services"},
    # the PDF report: offscreen, so that a process of its own can write it
    "pdf": {"core", "services", "runtime.qt_pair", "ui", "PySide6"},
    # the composition root builds every part; its half with the windows is imported when one is wanted
    "app": {*FLOORS, *OUTSIDE},
    # ... and the half with the processes that this program starts
    "processes": {*FLOORS, *OUTSIDE, "app"},
    "gui": {*FLOORS, *OUTSIDE, "app", "processes", "demo"},
    # ... and the sample workspace
    "demo": {*FLOORS, *OUTSIDE, "app"},
}
WATCHED = {*FLOORS, *DOORS, *OUTSIDE}


def imports(source: str, package: str) -> Iterator[str]:
    """The watched names that a module imports, in functions too; ours without "hotfix_desktop.".

    ``package`` is where the module lies ("hotfix_desktop.core"), which relative imports start from.
    """
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            names += [f"{base}.{alias.name}" for alias in node.names]
    for name in names:
        inside = name.removeprefix("hotfix_desktop.")
        if inside.split(".")[0] in WATCHED and (inside != name or inside.split(".")[0] in OUTSIDE):
            yield inside


def uphill(source: str, package: str, allowed: set[str]) -> list[str]:
    """The imports of a module that its floor does not allow."""
    return [
        name
        for name in imports(source, package)
        if not any(name == good or name.startswith(good + ".") for good in allowed)
    ]


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_go_downhill(floor):
    found = {}
    for path in modules(HOUSE / floor):
        package = ".".join(path.parent.relative_to(ROOT).parts)
        bad = uphill(path.read_text("utf-8"), package, {floor, *FLOORS[floor]})
        if bad:
            found[shown(path)] = bad
    assert not found


@pytest.mark.parametrize("door", DOORS)
def test_the_doors_open_only_where_they_lead(door):
    path = HOUSE / f"{door}.py"
    if not path.exists():
        pytest.skip(f"{door}.py is not there yet")
    assert uphill(path.read_text("utf-8"), "hotfix_desktop", {door, *DOORS[door]}) == []


def test_every_module_stands_on_a_floor_or_at_a_door():
    places = {p.relative_to(HOUSE).parts[0].removesuffix(".py") for p in modules(HOUSE)}
    assert places <= {*FLOORS, *DOORS, "__init__"}


def test_the_command_line_is_read_before_qt_is_imported():
    if not (HOUSE / "__main__.py").exists():
        pytest.skip("hotfix_desktop/__main__.py is not there yet")
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "hotfix_desktop", "--help"],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert "usage" in answer.stdout.lower()
    loaded = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines() if "|" in line}
    assert "hotfix_desktop" in loaded, "the list of imports cannot be read"
    assert not {name for name in loaded if name.split(".")[0] in ("PySide6", "shiboken6", "peewee")}


PLANTED_IMPORTS = [
    ("core", "import peewee"),
    ("core", "from hotfix_desktop import store"),
    ("core", "from ..ui import window"),
    ("core", "from .. import ui"),
    ("core", "def late():\n    from hotfix_desktop.services.hotfixes import unlock"),
    ("store", "import hotfix_desktop.workspaces.port"),
    ("store", "from PySide6.QtCore import QObject"),
    ("workspaces", "from hotfix_desktop.store.store import Store"),
    ("changes", "from hotfix_desktop.workspaces.port import PackageWorkspace"),
    ("services", "from hotfix_desktop.workspaces.folder import PackageFolder"),
    ("services", "from hotfix_desktop.workspaces import folder"),
    ("services", "from PySide6 import QtCore"),
    ("services", "from hotfix_desktop.app import build"),
    ("runtime", "from PySide6.QtWidgets import QApplication"),
    ("runtime", "from PySide6 import QtWidgets"),
    ("runtime", "import PySide6.QtGui"),
    ("runtime", "from hotfix_desktop.store.store import Store"),
    ("ui", "from hotfix_desktop.store.store import Store"),
    ("ui", "import peewee as p"),
    ("ui", "from hotfix_desktop.__main__ import main"),
]


@pytest.mark.parametrize(("floor", "source"), PLANTED_IMPORTS)
def test_an_import_uphill_is_found(floor, source):
    assert uphill(source, f"hotfix_desktop.{floor}", {floor, *FLOORS[floor]})


@pytest.mark.parametrize(
    ("floor", "source"),
    [
        ("core", "import store, os\nfrom hotfix_desktop import __version__\nfrom .lease import Lease"),
        ("services", "from hotfix_desktop.workspaces.port import PackageWorkspace"),
        ("services", "from hotfix_desktop.workspaces import port"),
        ("runtime", "from PySide6.QtCore import QObject\nfrom PySide6 import QtCore\nimport PySide6.QtCore"),
        ("ui", "from PySide6.QtWidgets import QWidget\nfrom hotfix_desktop.ui.icons import Icons"),
    ],
)
def test_an_import_downhill_is_left_alone(floor, source):
    assert uphill(source, f"hotfix_desktop.{floor}", {floor, *FLOORS[floor]}) == []


# House rules: what is looked for, why, and where

PROGRAM = [HOUSE]
EVERYWHERE = [HOUSE, ROOT / "tests", ROOT / "benchmarks", ROOT / "bootstrap.py"]

PATTERNS: dict[str, tuple[str, str, list[Path]]] = {
    "processEvents": (
        r"\bprocessEvents\b",
        "it re-enters the event loop: use a job and signals (T16)",
        PROGRAM,
    ),
    "sleep": (
        r"\b(?:time|QThread)\.m?sleep\b|\bfrom time import .*\bsleep\b|\bqtbot\.wait\(|\bQTest\.qWait\(",
        "wait for what you wait for: a signal, a condition, an injected clock",
        [HOUSE, ROOT / "tests"],
    ),
    "machine path": (
        r"""["'](?:/root/|/home/|/Users/|/tmp/|[A-Za-z]:\\+Users\\)""",
        "it exists on one machine only: use tmp_path, platformdirs or Path.home()",
        EVERYWHERE,
    ),
    "chained comparison of a column": (
        r"-?\d+ <=? [A-Z]\w*\.\w+ <=? -?\d+",
        "peewee drops the first half of it: use .between() (T9)",
        PROGRAM,
    ),
    "exec of a dialog": (
        r"(?i:dialog|box|wizard)\w*(?:\(.*\))?\.exec\(",
        "it re-enters the event loop: open() and signals (T16)",
        PROGRAM,
    ),
}


def swallowed(source: str) -> list[int]:
    """The lines where everything is caught: bare, or ``Exception`` with nothing done about it."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        idle = all(isinstance(s, ast.Pass | ast.Continue) or _is_text(s) for s in node.body)
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
        if node.type is None or (idle and names & {"Exception", "BaseException"}):
            lines.append(node.lineno)
    return lines


def _is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring or ``...``."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def matches(source: str, pattern: str) -> list[int]:
    """The lines in which a pattern stands."""
    return [number for number, line in enumerate(source.splitlines(), 1) if re.search(pattern, line)]


def sources(places: list[Path]) -> Iterator[Path]:
    """The Python files of these places, without this one, which is full of bad examples."""
    for place in places:
        found = [place] if place.is_file() else modules(place)
        yield from (path for path in found if path != Path(__file__).resolve())


@pytest.mark.parametrize("rule", PATTERNS)
def test_the_house_rules_are_kept(rule):
    pattern, reason, places = PATTERNS[rule]
    found = [f"{shown(p)}:{n}" for p in sources(places) for n in matches(p.read_text("utf-8"), pattern)]
    assert not found, f"{rule}: {reason}"


def test_no_error_is_swallowed():
    found = [f"{shown(p)}:{n}" for p in sources(EVERYWHERE) for n in swallowed(p.read_text("utf-8"))]
    assert not found, "name what you expect, and log what you drop (T21)"


PLANTED_LINES = [
    ("processEvents", "QApplication.processEvents()"),
    ("sleep", "time.sleep(1)"),
    ("sleep", "from time import monotonic, sleep"),
    ("sleep", "QThread.msleep(5)"),
    ("sleep", "qtbot.wait(100)"),
    ("machine path", 'folder = Path("/home/ann/demo")'),
    ("machine path", "folder = '/home/ann'"),
    ("machine path", r'folder = "C:\\Users\\ann"'),
    ("chained comparison of a column", "query.where(0 <= Run.code <= 1)"),
    ("exec of a dialog", "    dialog.exec()"),
    ("exec of a dialog", "QMessageBox(self).exec()"),
]


@pytest.mark.parametrize(("rule", "line"), PLANTED_LINES)
def test_a_broken_house_rule_is_found(rule, line):
    assert matches(line, PATTERNS[rule][0])


def test_each_house_rule_has_a_planted_line():
    assert {rule for rule, _ in PLANTED_LINES} == set(PATTERNS)


@pytest.mark.parametrize(
    "handler",
    [
        "except:\n    log()",
        "except Exception:\n    pass",
        "except BaseException:\n    ...",
        "except (ValueError, Exception):\n    'never mind'",
    ],
)
def test_a_swallowed_error_is_found(handler):
    assert swallowed(f"try:\n    work()\n{handler}\n") == [3]


@pytest.mark.parametrize("handler", ["except ValueError:\n    pass", "except Exception:\n    log()"])
def test_an_error_that_is_named_or_told_is_left_alone(handler):
    assert swallowed(f"try:\n    work()\n{handler}\n") == []


def test_ordinary_lines_keep_every_house_rule():
    ordinary = 'app.exec()\nqtbot.waitUntil(lambda: done)\nPath("/proc/self/fd")\nif 0 <= row <= 5:\n    pass\n'
    assert not [rule for rule, (pattern, _, _) in PATTERNS.items() if matches(ordinary, pattern)]
