"""Which action does what in the main window: one line for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from hotfix_desktop.core.lifecycle import PackageStatus
from hotfix_desktop.ui.dropping import import_archive
from hotfix_desktop.ui.package_facts import folder_of
from hotfix_desktop.ui.permissions import why_not_revert
from hotfix_desktop.ui.window_bars import context_menu
from hotfix_desktop.ui.window_memory import SIZE
from hotfix_desktop.ui.window_room import take_size

if TYPE_CHECKING:
    from hotfix_desktop.services.log_reading import LogDesk
    from hotfix_desktop.ui.changes_views import ChangesViews
    from hotfix_desktop.ui.main_window import MainWindow
    from hotfix_desktop.ui.opened_workspace import OpenedWorkspace


def wire(window: MainWindow) -> None:
    """Connect every action of the window."""
    actions = window.actions_
    tree = window.tree

    def here() -> OpenedWorkspace:
        return window.here

    def package() -> PackageStatus:
        chosen = tree.chosen
        assert chosen is not None, "an action that needs a package is enabled without one"
        return chosen

    def show_audit(package_name: str = "") -> None:
        here().workspace_verbs.open_audit(lambda desk: _show_audit(window, desk, package_name))

    connections: dict[str, Callable[[], object]] = {
        "actionOpenWorkspace": window.choose_folder,
        "actionDemo": window.open_demo,
        "actionProtectFolder": lambda: here().workspace_verbs.protect(here().known),
        "actionReleaseFolder": lambda: here().workspace_verbs.release(here().known),
        "actionImportArchive": lambda: here().update_verbs.choose_archive(
            lambda path: import_archive(window, path), window.state, here().known
        ),
        "actionExportArchive": lambda: here().update_verbs.export_archive(package(), window.state),
        "actionCloseWorkspace": lambda: window.leave_workspace(),
        "actionQuit": window.close,
        "actionUnlockForHotfix": lambda: here().verbs.unlock(package(), here().known),
        "actionLockAfterHotfix": lambda: here().verbs.lock(package()),
        "actionExtendHotfix": lambda: here().verbs.extend(package(), here().known),
        "actionShowChanges": lambda: _show_changes(window, package()),
        "actionLockAll": lambda: here().verbs.lock_all(),
        "actionDeliver": lambda: here().delivery_verbs.deliver(package(), window.theme, window.state.settings),
        "actionMarkDelivered": lambda: here().delivery_verbs.mark(package()),
        "actionShowUndelivered": lambda: window.filter.show_only("undelivered"),
        "actionShowDrift": lambda: here().verbs.show_drift(package(), here().known),
        # The same dialog: nobody should accept what they have not been shown.
        "actionAcceptBaseline": lambda: here().verbs.show_drift(package(), here().known),
        "actionKeepModifiable": lambda: here().verbs.toggle_modifiable(package()),
        "actionOpenFolder": lambda: _open_folder(window, folder_of(package(), here().known)),
        "actionOpenInEditor": lambda: here().update_verbs.open_in_editor(package(), here().known, window.state),
        "actionPackageAudit": lambda: show_audit(package().name),
        "actionCopyName": lambda: QGuiApplication.clipboard().setText(package().name),
        "actionProperties": lambda: _show_details(window),
        "actionRefresh": lambda: here().refresh(),
        "actionFilter": lambda: _focus_filter(window),
        "actionCycle": lambda: _next_pane(window),
        "actionResetWindow": lambda: _reset_window(window),
        "actionAuditLog": lambda: show_audit(),
        "actionReviews": lambda: here().review_verbs.show(window),
        "actionArchiveAudit": lambda: here().workspace_verbs.archive_audit(window.doors),
        "actionContentStore": lambda: here().update_verbs.show_contents(here().known),
        "actionRoles": lambda: here().workspace_verbs.change_roles(here().known),
        "actionSettings": lambda: here().workspace_verbs.change_settings(here().known, window.this_computer()),
        "actionLogFolder": lambda: _open_folder(window, str(window.doors.logs)),
        "actionHelp": lambda: _show_help(window),
        "actionShortcuts": lambda: _show_shortcuts(window),
        "actionAbout": lambda: _show_about(window),
    }
    for name, slot in connections.items():
        actions[name].triggered.connect(lambda _checked=False, do=slot: do())
    details = actions["actionDetails"]
    details.setChecked(window.state.flag("window/details", True))
    details.toggled.connect(lambda shown: window.dock.setVisible(shown and window.workspace is not None))
    window.dock.visibilityChanged.connect(lambda _visible: _follow_dock(window))
    compact = actions["actionCompact"]
    compact.toggled.connect(tree.set_compact)
    compact.toggled.connect(lambda on: window.state.keep("appearance/compact", on))
    compact.setChecked(window.state.flag("appearance/compact", False))
    tree.menu_wanted.connect(lambda at: _show_menu(window, at))
    tree.package_opened.connect(lambda status: _open_package(window, status))


def _follow_dock(window: MainWindow) -> None:
    if window.workspace is not None:
        window.actions_["actionDetails"].setChecked(not window.dock.isHidden())


def _show_menu(window: MainWindow, at: QPoint) -> None:
    context_menu(window, window.actions_).popup(at)


def _open_package(window: MainWindow, status: PackageStatus) -> None:
    """Enter opens the changes (``product.md`` 2.3), or the details where there was no hotfix."""
    changes = window.actions_["actionShowChanges"]
    if changes.isEnabled() and status.hotfix is not None:
        changes.trigger()
    else:
        _show_details(window)


def _show_details(window: MainWindow) -> None:
    window.actions_["actionDetails"].setChecked(True)
    window.details.element_table.setFocus()


def _focus_filter(window: MainWindow) -> None:
    window.filter.setFocus()
    window.filter.selectAll()


def _next_pane(window: MainWindow) -> None:
    table, in_tree = window.details.element_table, window.tree.hasFocus()
    if in_tree and table.isVisible():
        table.setFocus()
    elif not ((in_tree or table.hasFocus()) and window.banners.focus_first()):
        window.tree.setFocus()


def _reset_window(window: MainWindow) -> None:
    window.tree.reset_columns()
    window.toolbar.show()
    window.dock.setFloating(False)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.dock)
    window.actions_["actionDetails"].setChecked(True)
    take_size(window, SIZE)
    window.dock.take_width()


def _open_folder(window: MainWindow, folder: str) -> None:
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
        from hotfix_desktop.ui.error_dialog import FolderDialog

        FolderDialog(folder, window).open()


def _show_help(window: MainWindow) -> None:
    from hotfix_desktop.ui.help_dialog import HelpDialog

    HelpDialog(window).open()


def _show_shortcuts(window: MainWindow) -> None:
    from hotfix_desktop.ui.shortcuts_dialog import ShortcutsDialog

    ShortcutsDialog(list(window.actions_.rows()), window).open()


def _show_about(window: MainWindow) -> None:
    from hotfix_desktop.ui.about_dialog import AboutDialog
    from hotfix_desktop.ui.facts import program_facts

    AboutDialog(program_facts(), window).open()


def _changes(window: MainWindow) -> ChangesViews:
    return window.here.change_verbs.views(window.theme, window.icons, window.state.settings, window)


def _show_changes(window: MainWindow, status: PackageStatus) -> None:
    _changes(window).show_package(status.package_id, why_not_revert(window.here.known))


def _show_audit(window: MainWindow, desk: LogDesk, package_name: str) -> None:
    here = window.here
    if window.audit is None:
        audit = window.doors.audit_window(here.session, desk, here.known, window)
        window.audit = audit
        audit.closed.connect(lambda: setattr(window, "audit", None))
        here.session.audit_grew.connect(audit.reload_keeping_place)
        audit.changes_wanted.connect(lambda hotfix: _changes(window).show_hotfix(hotfix))
        audit.archive_wanted.connect(lambda: here.workspace_verbs.archive_audit(window.doors))
    if package_name:
        window.audit.show_package(package_name)
    window.audit.show()
    window.audit.raise_()
    window.audit.activateWindow()
