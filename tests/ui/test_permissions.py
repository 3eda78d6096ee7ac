"""Which action is possible for whom and in which state, and the sentence when it is not."""

import pytest

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.ui.actions import VERBS
from hotfix_desktop.ui.permissions import NEED_PACKAGE, NEED_WORKSPACE, reasons_against
from tests.ui.sample_catalogue import EVERY_STATE, NOW, after, catalogue, hotfix, package, unlocked

BY_NAME = {status.name: status for status in EVERY_STATE}
AUDITOR = frozenset({Role.AUDITOR})
NOBODY: frozenset[Role] = frozenset()


def possible(shown, status, now=NOW) -> set[str]:
    return {name for name, why in reasons_against(shown, status, now).items() if not why}


def test_every_name_is_a_verb(qapp):
    assert {*NEED_PACKAGE, *NEED_WORKSPACE} <= {verb.name for verb in VERBS}
    assert not set(NEED_PACKAGE) & set(NEED_WORKSPACE)


@pytest.mark.parametrize("status", [None, *EVERY_STATE], ids=lambda s: s.name if s else "none")
@pytest.mark.parametrize("roles", [frozenset({Role.ADMINISTRATOR}), AUDITOR, NOBODY], ids=len)
def test_the_same_actions_are_judged_whatever_is_shown(qapp, status, roles):
    """An action that is left out would stay as the package before left it."""
    reasons = reasons_against(catalogue(*EVERY_STATE, roles=roles), status, NOW)
    assert set(reasons) == {*NEED_PACKAGE, *NEED_WORKSPACE}
    assert set(reasons_against(None, None, NOW)) == set(reasons)


@pytest.mark.parametrize(
    ("name", "verbs"),
    [
        ("Base", {"actionUnlockForHotfix", "actionKeepModifiable"}),
        ("Case", {"actionLockAfterHotfix", "actionExtendHotfix"}),
        ("Deal", {"actionUnlockForHotfix", "actionKeepModifiable"}),
        ("Custom", set()),
        ("Mine", {"actionKeepModifiable"}),
        ("Fresh", {"actionKeepModifiable"}),
        ("Draft", set()),
        ("Old", {"actionLockAfterHotfix"}),
    ],
)
def test_what_an_administrator_may_do_to_a_package_in_each_state(qapp, name, verbs):
    all_verbs = {"actionUnlockForHotfix", "actionLockAfterHotfix", "actionExtendHotfix", "actionKeepModifiable"}
    assert possible(catalogue(*EVERY_STATE), BY_NAME[name]) & all_verbs == verbs


@pytest.mark.parametrize("name", list(BY_NAME))
def test_an_auditor_reads_and_an_outsider_looks(qapp, name):
    harmless = {"actionOpenFolder", "actionCopyName", "actionProperties"}
    anywhere = {"actionCloseWorkspace", "actionRefresh", "actionFilter", "actionRoles", "actionSettings"}
    anywhere |= {"actionShowUndelivered"}  # Deal waits
    reads = {"actionAuditLog", "actionPackageAudit", "actionReviews", "actionExportArchive", "actionContentStore"}
    if BY_NAME[name].state is not PackageState.MODIFIABLE:  # what is always open has no hotfixes
        reads.add("actionShowChanges")
    for roles, more in ((AUDITOR, reads), (NOBODY, set())):
        shown = catalogue(*EVERY_STATE, roles=roles)
        assert possible(shown, BY_NAME[name]) == harmless | anywhere | more


def test_the_role_is_named(qapp):
    why = reasons_against(catalogue(*EVERY_STATE, roles=AUDITOR), BY_NAME["Base"], NOW)
    assert why["actionUnlockForHotfix"] == ("ann may not unlock packages: only members of System administrators may.")
    outsider = reasons_against(catalogue(*EVERY_STATE, roles=NOBODY), BY_NAME["Base"], NOW)
    assert "System administrators or Auditors" in outsider["actionAuditLog"]


def test_an_editor_is_for_open_packages_and_for_those_who_may_open_them(qapp):
    name = "actionOpenInEditor"
    shown = catalogue(*EVERY_STATE)
    assert {status.name for status in EVERY_STATE if name in possible(shown, status)} == {
        *("Case", "Old"),
        *("Custom", "Mine", "Fresh"),
    }
    why = reasons_against(shown, BY_NAME["Base"], NOW)[name]
    assert why == "Base is not unlocked; Open folder shows its files for reading."
    assert "may not unlock" in reasons_against(catalogue(*EVERY_STATE, roles=AUDITOR), BY_NAME["Case"], NOW)[name]
    fresh = catalogue(*EVERY_STATE, registered=False, protected=False, roles=NOBODY)
    assert name in possible(fresh, BY_NAME["Mine"])


def test_archives_are_imported_by_administrators_into_a_protected_folder(qapp):
    name = "actionImportArchive"
    assert name in possible(catalogue(package(1, "Base")), None)
    assert "may not update packages" in reasons_against(catalogue(roles=AUDITOR), None, NOW)[name]
    assert "not protected" in reasons_against(catalogue(protected=False), None, NOW)[name]


def test_a_folder_that_nobody_protected_may_be_protected_by_anybody(qapp):
    fresh = catalogue(*EVERY_STATE, registered=False, protected=False, roles=NOBODY)
    assert "actionProtectFolder" in possible(fresh, None)
    released = catalogue(*EVERY_STATE, protected=False, roles=NOBODY)
    assert "may not" in reasons_against(released, None, NOW)["actionProtectFolder"]
    for shown in (fresh, released):
        assert "not protected" in reasons_against(shown, BY_NAME["Base"], NOW)["actionUnlockForHotfix"]


def test_a_protected_folder_is_released_only_when_nothing_is_open(qapp):
    assert "actionReleaseFolder" in possible(catalogue(package(1, "Base")), None)
    many = [unlocked(n, f"P{n}") for n in range(7)]
    why = reasons_against(catalogue(*many), None, NOW)["actionReleaseFolder"]
    assert why == "Lock the unlocked packages first: P0, P1, P2, P3, P4."


def test_extensions_end_with_the_limit_and_the_deadline(qapp):
    name = "actionExtendHotfix"
    used = package(1, "Case", PackageState.UNLOCKED, hotfix=hotfix("Case", 1, extended_minutes=60))
    assert reasons_against(catalogue(used), used, NOW)[name].startswith("Case has been extended by 60 minutes already")
    case = BY_NAME["Case"]
    assert name in possible(catalogue(case), case, after(minutes=29))
    assert reasons_against(catalogue(case), case, after(minutes=30))[name].startswith("The time of Case is over")
    never = catalogue(case, settings=Settings(extension_limit=0))
    assert reasons_against(never, case, NOW)[name] == "The settings allow no extensions."


def test_a_folder_that_is_gone_cannot_be_opened(qapp):
    gone = package(1, "Base", missing=True)
    why = reasons_against(catalogue(gone), gone, NOW)
    assert why["actionOpenFolder"] == "Its folder is not there."
    assert why["actionUnlockForHotfix"] == "Base cannot be unlocked: its folder is not there."
