"""Every verb of the program once, as a ``QAction``: menu, toolbar and context menu share it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from hotfix_desktop.ui.formats import tr
from hotfix_desktop.ui.icons import Icons


@dataclass(frozen=True, slots=True)
class Verb:
    """One action.

    Attributes:
        name: its object name, which scripts, tests and automation rely on.
        menu: the top menu that it stands in.
        does: one sentence for the status bar.
        icon: a name in ``resources/icons``; empty for none.
    """

    name: str
    menu: str
    text: str
    does: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False


# Ctrl+E and Ctrl+U are missing on purpose: on X11 a line edit swallows them (product.md 2.3).
VERBS = (
    Verb("actionOpenWorkspace", "File", "&Open package folder…", "Opens a folder of packages", ("Ctrl+O",), "folder"),
    Verb("actionDemo", "File", "Open &demo workspace", "Opens a sample workspace, made fresh", (), "demo"),
    Verb(
        "actionProtectFolder",
        "File",
        "&Protect folder…",
        "Makes the files of all packages read-only until they are unlocked",
        (),
        "lock",
    ),
    Verb(
        "actionReleaseFolder",
        "File",
        "Re&lease folder…",
        "Gives every file its original rights back",
        (),
        "unlock",
    ),
    Verb(
        "actionImportArchive",
        "File",
        "&Import archive…",
        "Shows what an archive of packages would change here, and updates them",
        ("Ctrl+I",),
        "add",
    ),
    Verb(
        "actionExportArchive",
        "File",
        "&Export archive…",
        "Writes the selected package to a file that a Creatio can install",
        ("Ctrl+Shift+S",),
        "deliver",
    ),
    Verb("actionCloseWorkspace", "File", "&Close workspace", "Goes back to the welcome page", ("Ctrl+W",)),
    Verb("actionQuit", "File", "&Quit", "Ends the program", ("Ctrl+Q",)),
    Verb(
        "actionUnlockForHotfix",
        "Package",
        "&Unlock for hotfix…",
        "Opens the selected package for a limited time",
        ("Ctrl+Shift+H",),
        "unlock",
    ),
    Verb(
        "actionLockAfterHotfix",
        "Package",
        "&Lock after hotfix",
        "Closes the selected package now",
        ("Ctrl+L",),
        "lock",
    ),
    Verb(
        "actionExtendHotfix",
        "Package",
        "E&xtend…",
        "Gives the selected package more time",
        ("Ctrl+Shift+X",),
        "extend",
    ),
    Verb(
        "actionShowChanges",
        "Package",
        "Chan&ges",
        "Shows what the hotfix of the selected package changed, line by line",
        ("Ctrl+D",),
        "changes",
    ),
    Verb("actionLockAll", "Package", "Lock &all", "Closes every unlocked package now", ("Ctrl+Shift+L",), "lock"),
    Verb(
        "actionDeliver",
        "Package",
        "Deli&ver…",
        "Carries the changes of the selected package's hotfixes to development, or tells its maintainer",
        ("Ctrl+Shift+D",),
        "deliver",
    ),
    Verb(
        "actionMarkDelivered",
        "Package",
        "&Mark as delivered…",
        "Says, with a reason, that the selected package's hotfixes went to development in another way",
        ("Ctrl+Shift+M",),
    ),
    Verb(
        "actionShowDrift",
        "Package",
        "&Show drift…",
        "Shows what was changed in the selected package while it was not unlocked",
        (),
        "changes",
    ),
    Verb(
        "actionAcceptBaseline",
        "Package",
        "Accept as &baseline…",
        "Takes what the selected package holds now for right, after showing what differs",
        (),
        "success",
    ),
    Verb(
        "actionKeepModifiable",
        "Package",
        "&Keep modifiable",
        "Marks the selected package as your own: it is never closed",
        (),
        "",
        True,
    ),
    Verb(
        "actionOpenFolder",
        "Package",
        "Open &folder",
        "Shows the files of the selected package in the file manager",
        ("Ctrl+Shift+O",),
        "folder",
    ),
    Verb(
        "actionOpenInEditor",
        "Package",
        "Open in &editor",
        "Opens the files of the selected package in your editor, while it is unlocked",
        ("Ctrl+Shift+E",),
    ),
    Verb(
        "actionPackageAudit",
        "Package",
        "Au&dit entries of this package",
        "Shows what the audit log has about the selected package",
        ("Ctrl+Shift+J",),
        "audit",
    ),
    Verb("actionCopyName", "Package", "&Copy name", "Copies the name of the selected package"),
    Verb("actionProperties", "Package", "P&roperties", "Shows the details of the selected package", ("Alt+Return",)),
    Verb("actionRefresh", "View", "&Refresh", "Looks at the packages again", ("F5", "Ctrl+R"), "refresh"),
    Verb(
        "actionShowUndelivered",
        "View",
        "Show &undelivered",
        "Shows only the packages with hotfixes that are not delivered",
        ("Ctrl+Shift+N",),
    ),
    Verb("actionFilter", "View", "&Filter packages", "Puts the cursor into the filter", ("Ctrl+F",), "search"),
    Verb("actionDetails", "View", "&Details", "Shows or hides the details", ("F9",), "", True),
    Verb("actionCycle", "View", "&Next pane", "Goes from banners to packages to details", ("F6",)),
    Verb("actionCompact", "View", "Co&mpact rows", "Shows more packages at once", (), "", True),
    Verb("actionResetWindow", "View", "Reset &window", "Puts panes and columns back where they were at first"),
    Verb("actionAuditLog", "Tools", "&Audit log", "Shows who did what, and when", ("Ctrl+J",), "audit"),
    Verb("actionReviews", "Tools", "Re&views…", "Shows the closed hotfixes that wait for an auditor", (), "success"),
    Verb(
        "actionArchiveAudit",
        "Tools",
        "Ar&chive audit log…",
        "Moves the entries before a day to a signed file of their own",
        (),
        "folder",
    ),
    Verb(
        "actionContentStore",
        "Tools",
        "Co&ntent store…",
        "Verifies and cleans what is kept of every hotfix and update",
        ("Ctrl+Shift+K",),
    ),
    Verb("actionRoles", "Tools", "&Users and roles…", "Says who are System administrators and Auditors", (), "users"),
    Verb("actionSettings", "Tools", "&Settings…", "Changes the duration of hotfixes and more", ("Ctrl+,",), "settings"),
    Verb("actionLogFolder", "Tools", "Open &log folder", "Shows the log files of this program"),
    Verb("actionHelp", "Help", "&Help", "Explains the first steps", ("F1",), "help"),
    Verb("actionShortcuts", "Help", "&Keyboard shortcuts", "Lists every shortcut", ("Ctrl+/",)),
    Verb("actionAbout", "Help", "&About Hotfix Desktop", "Shows the versions"),
)
MENUS = ("File", "Package", "View", "Tools", "Help")


class ActionCollection:
    """The actions of one window, by name."""

    def __init__(self, window: QWidget, icons: Icons) -> None:
        """Make every action; they are enabled and do nothing yet."""
        self._actions: dict[str, QAction] = {}
        self._verbs = {verb.name: verb for verb in VERBS}
        self._refusals: dict[str, str] = {}
        for verb in VERBS:
            action = QAction(tr(verb.text), window)
            action.setObjectName(verb.name)
            action.setShortcuts([QKeySequence(keys) for keys in verb.shortcuts])
            action.setCheckable(verb.checkable)
            # Qt would take the dots away that say that something is asked first.
            action.setIconText(tr(verb.text).replace("&", ""))
            if verb.icon:
                icons.dress(action, verb.icon)
            # In the window as well as in menus: a shortcut works even while the menu bar is hidden.
            window.addAction(action)
            self._actions[verb.name] = action
            self.allow(verb.name, "")

    def __getitem__(self, name: str) -> QAction:
        """Give an action by its object name."""
        return self._actions[name]

    def allow(self, name: str, why_not: str) -> None:
        """Enable an action, or disable it and say why."""
        if self._refusals.get(name) == why_not:
            return
        self._refusals[name] = why_not
        action, verb = self._actions[name], self._verbs[name]
        action.setEnabled(not why_not)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        title = tr(verb.text).replace("&", "").rstrip("…")
        action.setStatusTip(why_not or tr(verb.does))
        action.setToolTip(f"{title}: {why_not}" if why_not else f"{tr(verb.does)}" + (f" ({keys})" if keys else ""))

    def of_menu(self, menu: str) -> list[QAction]:
        """Give the actions of a menu, in their order."""
        return [self._actions[verb.name] for verb in VERBS if verb.menu == menu]

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Give menu, text and shortcut of every action that has one, for the list of shortcuts."""
        for verb in VERBS:
            action = self._actions[verb.name]
            keys = ", ".join(k.toString(QKeySequence.SequenceFormat.NativeText) for k in action.shortcuts())
            if keys:
                yield tr(verb.menu), tr(verb.text).replace("&", "").rstrip("…"), keys
