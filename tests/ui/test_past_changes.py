"""The changes of past hotfixes for whoever reads the log alone: from the database and the contents, read-only."""

from __future__ import annotations

import pytest

from hotfix_desktop.core.errors import Denied, WorkspaceError
from hotfix_desktop.core.roles import Person, Role
from hotfix_desktop.runtime.change_jobs import PastChanges
from hotfix_desktop.services.past_changes import open_past
from hotfix_desktop.ui.changes_view import ChangesView
from hotfix_desktop.ui.changes_views import ChangesViews
from tests.ui.real_window import PATIENCE, Desk


@pytest.fixture
def past(desk: Desk) -> Desk:
    """A hotfix that changed one file, locked; the folder is gone since."""
    desk.protect()
    desk.unlock("Beta", ticket="INC-1")
    (desk.folder / "Beta" / "Files" / "fix.cs").write_text("class Fix {}\n")
    desk.lock("Beta")
    desk.assign("eve", Role.AUDITOR)
    return desk


def test_an_auditor_sees_a_past_hotfix_and_nothing_can_be_changed(past, qtbot):
    database = past.benches[0].store.path
    jobs = PastChanges(lambda: open_past(database, past.clock, Person("eve", "")))
    window = ChangesViews(jobs.jobs, past.theme, past.icons, past.settings, parent := past.window())
    try:
        view = window.show_hotfix(1)
        assert isinstance(view, ChangesView)
        qtbot.waitUntil(lambda: view.pane.difference is not None, timeout=PATIENCE)
        assert [change.shown for change in view.found.changes.changes] == ["Files/fix.cs"]
        assert view.pane.view.lines.after == ["class Fix {}"]
        assert not view.actions_.revert_all.isEnabled()
        assert "open the workspace" in view.actions_.revert_all.toolTip()
        assert window.show_hotfix(1) is view, "the same hotfix comes up again"
    finally:
        window.close()
        jobs.close()
    assert parent.isHidden()


def test_somebody_without_a_role_reads_nothing(past):
    with pytest.raises(Denied):
        open_past(past.benches[0].store.path, past.clock, Person("mallory", ""))


def test_what_an_open_package_contains_is_not_told_from_the_log_alone(past, qtbot):
    past.unlock("Zeta")
    database = past.benches[0].store.path
    jobs = PastChanges(lambda: open_past(database, past.clock, Person("eve", "")))
    told = []
    job = jobs.jobs.of_hotfix(2)
    job.failed.connect(told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE)
    jobs.close()
    assert isinstance(told[0], WorkspaceError)
    assert "still open" in told[0].sentence
