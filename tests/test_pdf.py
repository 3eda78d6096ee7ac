"""The door of the PDF report: a file that is there whole or not at all, and an entry of who took it away."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotfix_desktop import pdf
from hotfix_desktop.__main__ import main
from hotfix_desktop.core.errors import Cancelled, Denied, HotfixError
from hotfix_desktop.core.log_query import LogQuery
from hotfix_desktop.core.progress import Progress
from hotfix_desktop.core.roles import Person
from hotfix_desktop.core.verdict import Verdict
from hotfix_desktop.pdf import write_report
from hotfix_desktop.services.auditing import AuditDesk
from hotfix_desktop.services.workbench import Workbench
from hotfix_desktop.store.store import Store
from hotfix_desktop.ui.report_text import report_of
from tests.services.world import World, entries, protected

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def bench(world: World) -> Workbench:
    return protected(world.bench("ann"))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "report.pdf"


class CancelAt(Progress):
    def __init__(self, what: str) -> None:
        self._what = what

    def step(self, done: int, total: int = 0, what: str = "") -> None:
        if what == self._what:
            raise Cancelled


def test_a_report_is_a_file_and_an_entry(bench: Workbench, target: Path):
    made = write_report(bench, LogQuery(text="of no account"), target)
    assert target.read_bytes().startswith(b"%PDF-")
    assert (made.path, made.entered) == (target, True)
    (entry,) = entries(bench, type="Audit log exported")
    assert made.count == entry.seq - 1
    assert entry.description == f"ann exported {made.count} entries of the audit log as a PDF report: every entry"
    detail = json.loads(entry.entry().event.detail)
    assert (detail["sha256"], detail["file"], detail["format"]) == (made.sha256, "report.pdf", "pdf")
    assert list(target.parent.iterdir()) == [target]


def test_the_log_is_verified_for_it_unless_that_was_done(
    bench: Workbench, target: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[Verdict | None] = []
    written = report_of
    monkeypatch.setattr(pdf, "whole_report", lambda facts: (seen.append(facts.verdict), written(facts))[1])
    write_report(bench, LogQuery(), target)
    assert len(entries(bench, type="Audit log verified")) == 1
    (verdict,) = seen
    assert verdict is not None
    assert verdict.is_whole
    write_report(bench, LogQuery(), target, verdict)
    assert len(entries(bench, type="Audit log verified")) == 1
    assert seen[1] == verdict


@pytest.mark.parametrize(
    "at", ["Verifying the log", "Counting the entries", "Laying out the pages", "Writing the pages"]
)
def test_one_that_was_cancelled_leaves_the_old_file_and_no_entry(bench: Workbench, target: Path, at: str):
    target.write_bytes(b"the old one")
    with pytest.raises(Cancelled):
        write_report(bench, LogQuery(), target, progress=CancelAt(at))
    assert target.read_bytes() == b"the old one"
    assert list(target.parent.iterdir()) == [target]
    assert entries(bench, type="Audit log exported") == []


def test_a_refused_person_gets_no_file_and_is_entered(world: World, bench: Workbench, target: Path):
    with pytest.raises(Denied, match="bob may not export"):
        write_report(world.bench("bob"), LogQuery(), target)
    assert list(target.parent.iterdir()) == []
    assert [(line.owner, line.result) for line in entries(bench, type="Audit log exported")] == [("bob", "Denied")]


def test_a_log_that_is_read_only_gets_no_entry(world: World, bench: Workbench, target: Path):
    bench.store.close()
    store = Store(world.database, read_only=True)
    try:
        made = write_report(AuditDesk(store, world.clock, Person("ann", "10.0.0.1")), LogQuery(), target)
    finally:
        store.close()
    assert not made.entered
    assert target.stat().st_size > 5000
    connection = sqlite3.connect(world.database)
    assert connection.execute("SELECT max(seq) FROM audit").fetchone() == (2,)
    connection.close()


def test_a_place_that_cannot_be_written_is_named(bench: Workbench, tmp_path: Path):
    with pytest.raises(HotfixError, match="cannot be written"):
        write_report(bench, LogQuery(), tmp_path / "nowhere" / "report.pdf")
    assert entries(bench, type="Audit log exported") == []


def test_no_display_is_needed(world: World, bench: Workbench, target: Path):
    bench.store.close()
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from hotfix_desktop.core.clock import SystemClock\n"
        "from hotfix_desktop.core.log_query import LogQuery\n"
        "from hotfix_desktop.core.roles import Person\n"
        "from hotfix_desktop.pdf import write_report\n"
        "from hotfix_desktop.services.auditing import AuditDesk\n"
        "from hotfix_desktop.store.store import Store\n"
        "store = Store(Path(sys.argv[1]), read_only=True)\n"
        "write_report(AuditDesk(store, SystemClock(), Person('ann', '')), LogQuery(), Path(sys.argv[2]))\n"
        "store.close()\n"
    )
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in screens}
    root = Path(__file__).resolve().parent.parent
    answer = subprocess.run(
        [sys.executable, "-c", program, str(world.database), str(target)],
        env=environment,
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert target.read_bytes().startswith(b"%PDF-")


def test_the_command_writes_one(tmp_path: Path, target: Path, capsys: pytest.CaptureFixture[str]):
    package = tmp_path / "Pkg" / "Case"
    package.mkdir(parents=True)
    (package / "descriptor.json").write_text('{"Descriptor": {"UId": "u", "Name": "Case"}}', "utf-8")
    folder = str(tmp_path / "Pkg")
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["protect", folder]) == 0
        command = ["audit", "export", folder, "--format", "pdf", "-o", str(target), "--since", "2026-01-01"]
        assert main(command) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
        main(["release", folder])
    assert target.read_bytes().startswith(b"%PDF-")
    assert f"exported to {target}" in capsys.readouterr().out
