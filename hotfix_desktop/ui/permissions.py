"""Which action is possible now, and if not, why: asked of the same rules as the use cases obey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.lifecycle import (
    Kept,
    PackageState,
    PackageStatus,
    why_not_extend,
    why_not_lock,
    why_not_unlock,
)
from hotfix_desktop.core.roles import Act, why_not
from hotfix_desktop.ui.formats import tr

if TYPE_CHECKING:
    from hotfix_desktop.services.catalogue import Catalogue

NO_WORKSPACE = "No workspace is open."
NO_PACKAGE = "Select a package first."
NOT_PROTECTED = "This folder is not protected; use File › Protect folder…."
NEED_PACKAGE = (
    "actionUnlockForHotfix",
    "actionLockAfterHotfix",
    "actionExtendHotfix",
    "actionShowChanges",
    "actionDeliver",
    "actionMarkDelivered",
    "actionShowDrift",
    "actionAcceptBaseline",
    "actionKeepModifiable",
    "actionOpenFolder",
    "actionOpenInEditor",
    "actionExportArchive",
    "actionPackageAudit",
    "actionCopyName",
    "actionProperties",
)
NEED_WORKSPACE = (
    "actionProtectFolder",
    "actionReleaseFolder",
    "actionImportArchive",
    "actionCloseWorkspace",
    "actionLockAll",
    "actionRefresh",
    "actionFilter",
    "actionShowUndelivered",
    "actionAuditLog",
    "actionReviews",
    "actionArchiveAudit",
    "actionContentStore",
    "actionRoles",
    "actionSettings",
)


def reasons_against(catalogue: Catalogue | None, status: PackageStatus | None, now: Moment) -> dict[str, str]:
    """Give, by action, why it is not possible; empty where it is."""
    if catalogue is None:
        return {name: tr(NO_WORKSPACE) for name in (*NEED_WORKSPACE, *NEED_PACKAGE)}
    against = dict.fromkeys(NEED_WORKSPACE, "")
    against |= _workspace_reasons(catalogue)
    if status is None:
        return against | {name: tr(NO_PACKAGE) for name in NEED_PACKAGE}
    return against | dict.fromkeys(NEED_PACKAGE, "") | _package_reasons(catalogue, status, now)


def _denied(catalogue: Catalogue, act: Act) -> str:
    return why_not(act, catalogue.user, catalogue.roles)


def _workspace_reasons(catalogue: Catalogue) -> dict[str, str]:
    open_now = [p.name for p in catalogue.open_packages]
    # A folder that nobody protects has no roles yet: whoever protects it is its first administrator.
    may_protect = _denied(catalogue, Act.PROTECT) if catalogue.registered else ""
    release = _denied(catalogue, Act.RELEASE)
    if not catalogue.protected:
        release = tr("This folder is not protected.")
    elif open_now and not release:
        release = tr("Lock the unlocked packages first:") + " " + ", ".join(open_now[:5]) + "."
    lock_all = _denied(catalogue, Act.LOCK) if open_now else tr("No package is unlocked.")
    needs_registration = "" if catalogue.registered else tr(NOT_PROTECTED)
    return {
        "actionProtectFolder": tr("This folder is protected already.") if catalogue.protected else may_protect,
        "actionReleaseFolder": release,
        "actionImportArchive": tr(NOT_PROTECTED) if not catalogue.protected else _denied(catalogue, Act.UPDATE),
        "actionLockAll": lock_all,
        "actionShowUndelivered": "" if catalogue.waits else tr("Nothing waits for delivery."),
        "actionAuditLog": needs_registration or _denied(catalogue, Act.READ_AUDIT),
        "actionReviews": needs_registration or _denied(catalogue, Act.READ_AUDIT),
        "actionArchiveAudit": needs_registration or _denied(catalogue, Act.ARCHIVE_AUDIT),
        "actionContentStore": needs_registration or _denied(catalogue, Act.READ_CHANGES),
        "actionRoles": needs_registration,
        "actionSettings": needs_registration,
    }


def _package_reasons(catalogue: Catalogue, status: PackageStatus, now: Moment) -> dict[str, str]:
    unprotected = "" if catalogue.protected else tr(NOT_PROTECTED)
    unregistered = "" if catalogue.registered else tr(NOT_PROTECTED)
    missing = tr("Its folder is not there.") if status.missing else ""
    return {
        "actionUnlockForHotfix": unprotected or why_not_unlock(status) or _denied(catalogue, Act.UNLOCK),
        "actionLockAfterHotfix": why_not_lock(status) or _denied(catalogue, Act.LOCK),
        "actionExtendHotfix": why_not_extend(status, catalogue.settings, now) or _denied(catalogue, Act.EXTEND),
        "actionDeliver": _nothing_waits(status) or _denied(catalogue, Act.DELIVER),
        "actionMarkDelivered": _nothing_waits(status) or _denied(catalogue, Act.DELIVER),
        "actionShowChanges": _no_changes(catalogue, status) or _denied(catalogue, Act.READ_CHANGES),
        "actionShowDrift": _no_drift(status),
        "actionAcceptBaseline": unprotected or _why_not_accept(status) or _denied(catalogue, Act.ACCEPT_DRIFT),
        "actionKeepModifiable": unprotected or _why_not_keep(status) or _denied(catalogue, Act.PROTECT),
        "actionPackageAudit": _denied(catalogue, Act.READ_AUDIT) if catalogue.registered else tr(NOT_PROTECTED),
        "actionOpenFolder": missing,
        "actionOpenInEditor": missing or _why_not_edit(catalogue, status),
        "actionExportArchive": missing or unregistered or _denied(catalogue, Act.EXPORT_PACKAGE),
    }


def _why_not_edit(catalogue: Catalogue, status: PackageStatus) -> str:
    if status.is_open or status.state is PackageState.MODIFIABLE:
        # Who may not open a package may not edit one either; a folder that nobody protects has no roles.
        return _denied(catalogue, Act.UNLOCK) if catalogue.registered else ""
    return f"{status.name} is not unlocked; Open folder shows its files for reading."


def _nothing_waits(status: PackageStatus) -> str:
    if status.waiting is not None:
        return ""
    if status.is_open:
        return f"{status.name} is unlocked; a hotfix is delivered when it is closed."
    return f"Nothing of {status.name} waits for delivery."


def why_not_revert(catalogue: Catalogue) -> str:
    """Say why this person can put nothing back; whether the package is unlocked the window of changes sees itself."""
    return _denied(catalogue, Act.REVERT)


def _no_changes(catalogue: Catalogue, status: PackageStatus) -> str:
    if not catalogue.registered:
        return tr(NOT_PROTECTED)
    if status.state is PackageState.MODIFIABLE:
        return f"{status.name} is modifiable: its changes belong to no hotfix."
    return ""


def _no_drift(status: PackageStatus) -> str:
    return "" if status.drift is not None else f"{status.name} has no drift: nothing was changed while it was closed."


def _why_not_accept(status: PackageStatus) -> str:
    if status.drift is not None and status.is_open:
        return f"{status.name} is unlocked for a hotfix; lock it first."
    return _no_drift(status)


def _why_not_keep(status: PackageStatus) -> str:
    if status.is_open:
        return f"{status.name} is unlocked for a hotfix; lock it first."
    if status.state is PackageState.NOT_SYNCHRONISED:
        return f"{status.name} is not synchronised and is left as it is."
    if status.kept is Kept.CUSTOM:
        return f"{status.name} is Creatio's own package for changes and always stays modifiable."
    return ""
