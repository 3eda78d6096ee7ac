"""The jobs of archives: what they give, on which packages, and that what is done is never told as a failure."""

import pytest

from hotfix_desktop.core.errors import Cancelled, Denied, Refused, StoreError
from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.update_plan import Take
from hotfix_desktop.runtime.session import WorkspaceSession
from hotfix_desktop.runtime.update_jobs import UpdateJobs
from hotfix_desktop.services import catalogue, updating, upkeep
from hotfix_desktop.workspaces.archives import CreatioArchives
from tests.services.update_world import PAGE, Site, archive, bundle, files_of, page
from tests.services.world import entries

PATIENCE = 10_000


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.world.close()


@pytest.fixture
def session(qapp, site):
    made = WorkspaceSession(site.world.bench)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def jobs(session) -> UpdateJobs:
    return UpdateJobs(session)


def answer(qtbot, job):
    with qtbot.waitSignal(job.done, timeout=PATIENCE) as waiting:
        pass
    return waiting.args[0]


def failure(qtbot, job):
    with qtbot.waitSignal(job.failed, timeout=PATIENCE) as waiting:
        pass
    return waiting.args[0]


def brings(site, **lines: str):
    """Give an archive of UsrA in which these lines of the page are others."""
    return archive(site.tmp / "UsrA.gz", {**files_of("UsrA", "1.1.0"), PAGE: page(**lines)})


def test_a_plan_is_done_and_says_what_became_of_the_packages(qtbot, site, session, jobs):
    site.hotfix("UsrA", {PAGE: page(line_3="ours")})
    shown: list[catalogue.Catalogue] = []
    session.catalogue_changed.connect(shown.append)
    file = bundle(
        site.tmp / "two.zip",
        {"UsrA": {**files_of("UsrA", "1.1.0"), PAGE: page(line_9="theirs")}, "UsrNew": files_of("UsrNew")},
    )
    plan = answer(qtbot, jobs.plan(file))
    assert [(p.name, p.needs_decision) for p in plan.packages] == [("UsrA", True), ("UsrNew", False)]
    result = answer(qtbot, jobs.update(plan, {"UsrA": Take.OURS}, older=False, modifiable=False))
    assert site.read("UsrA")[PAGE] == page(line_3="ours", line_9="theirs")
    assert [(p.name, p.state) for p in result.packages] == [
        ("UsrA", PackageState.LOCKED),
        ("UsrNew", PackageState.BLOCKED),
    ]
    told = {line.seq: line.type for line in entries(site.bench)}
    assert [told[number] for number in result.entries] == ["Package updated", "Package installed"]
    qtbot.waitUntil(lambda: any(p.name == "UsrNew" for c in shown for p in c.packages), timeout=PATIENCE)


def test_only_the_entries_of_this_update_are_named(qtbot, site, jobs):
    plan = answer(qtbot, jobs.plan(brings(site, line_1="one")))
    first = answer(qtbot, jobs.update(plan, {}, older=False, modifiable=False))
    plan = answer(qtbot, jobs.plan(brings(site, line_1="two")))
    second = answer(qtbot, jobs.update(plan, {}, older=False, modifiable=False))
    assert (len(first.entries), len(second.entries)) == (1, 1)
    assert first.entries != second.entries


def test_an_update_that_is_done_is_not_told_as_a_failure(qtbot, site, jobs, monkeypatch, expected_log):
    def broken(bench):
        raise StoreError("The database is busy.")

    plan = answer(qtbot, jobs.plan(brings(site, line_1="one")))
    monkeypatch.setattr(catalogue, "remembered", broken)
    result = answer(qtbot, jobs.update(plan, {}, older=False, modifiable=False))
    assert (result.updated.updated, result.packages, result.entries) == (("UsrA",), (), ())
    assert "what became of an update could not be read: The database is busy." in expected_log.messages


def test_a_preview_has_the_fix_only_where_there_is_one(qtbot, site, jobs):
    site.hotfix("UsrA", {PAGE: page(line_3="ours")})
    plan = answer(qtbot, jobs.plan(brings(site, line_9="theirs")))
    (package,) = plan.packages
    shown = answer(qtbot, jobs.preview(plan, package, PAGE.encode()))
    for one, before, after in (
        (shown.update, page(line_3="ours"), page(line_9="theirs")),
        (shown.fix, page(), page(line_3="ours")),
        (shown.on_top, page(line_3="ours"), page(line_3="ours", line_9="theirs")),
    ):
        assert (one.before.text.lines, one.after.text.lines) == (
            before.decode().split("\r\n")[:-1],
            after.decode().split("\r\n")[:-1],
        )
    plain = answer(qtbot, jobs.preview(plan, package, b"descriptor.json"))
    assert (plain.fix, plain.on_top) == (None, None)
    assert plain.update.before != plain.update.after


def test_an_archive_is_read_once_and_let_go_when_nobody_looks_at_it_any_more(qtbot, site, jobs, monkeypatch):
    read: list[object] = []
    opens = CreatioArchives.open

    def reading(*args):
        read.append(opens(*args))
        return read[-1]

    monkeypatch.setattr(CreatioArchives, "open", reading)
    plan = answer(qtbot, jobs.plan(brings(site, line_9="theirs")))
    (package,) = plan.packages
    for path in (PAGE.encode(), b"descriptor.json"):
        answer(qtbot, jobs.preview(plan, package, path))
    assert len(read) == 1
    again = answer(qtbot, jobs.plan(brings(site, line_9="others")))
    assert isinstance(failure(qtbot, jobs.preview(plan, package, PAGE.encode())), Refused)
    jobs.forget()
    assert isinstance(failure(qtbot, jobs.preview(again, again.packages[0], PAGE.encode())), Refused)
    answer(qtbot, jobs.compute(lambda progress: None))  # what was asked before it is done
    assert all(archive._spool.closed for archive in read)


def test_a_look_that_nobody_waits_for_leaves_nothing_open(qtbot, site, jobs, monkeypatch):
    opened = []
    opens = updating.open_view

    def leaving(*args):
        jobs.forget()
        opened.append(opens(*args))
        return opened[-1]

    monkeypatch.setattr(updating, "open_view", leaving)
    assert isinstance(failure(qtbot, jobs.plan(brings(site, line_9="theirs"))), Cancelled)
    assert opened[0]._is_closed


def test_export_and_care_of_the_store(qtbot, site, jobs):
    made = answer(qtbot, jobs.export(site.id("UsrB"), site.tmp / "UsrB.gz"))
    assert made.path == site.tmp / "UsrB.gz"
    assert made.path.is_file()
    site.hotfix("UsrA", {PAGE: page(line_3="ours")})
    assert answer(qtbot, jobs.verify_contents()).is_sound
    assert answer(qtbot, jobs.clean_contents()).trees == 0
    assert upkeep.verify_contents(site.bench).trees >= 2


def test_somebody_without_the_role_is_denied(qtbot, qapp, site):
    session = WorkspaceSession(lambda: site.world.bench("eve"))
    try:
        assert isinstance(failure(qtbot, UpdateJobs(session).plan(brings(site))), Denied)
    finally:
        session.close()
        session.deleteLater()
