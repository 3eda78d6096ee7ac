"""*Save filter…* and the menu of the filters that were saved."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from hotfix_desktop.ui.audit_details import ActionButton
from hotfix_desktop.ui.audit_filters import AuditFilterBar
from hotfix_desktop.ui.audit_period import Period
from hotfix_desktop.ui.labels import plain_tooltip
from hotfix_desktop.ui.name_dialog import NameDialog
from hotfix_desktop.ui.saved_filters import SavedFilter, SavedFilters

NONE_YET = "No filter was saved yet"


class FilterMenu(QMenu):
    """Lists, applies, renames and deletes saved filters of a filter bar."""

    def __init__(self, kept: SavedFilters, bar: AuditFilterBar, save: QAction, parent: QWidget) -> None:
        """List what is kept; ``save`` is the action that keeps what the bar shows now.

        Attributes: ``save_button`` and ``button``, for the bar.
        """
        super().__init__("Saved &filters", parent)
        self.setObjectName("savedFilters")
        self.setToolTipsVisible(True)
        self._kept, self._bar, self._save = kept, bar, save
        save.triggered.connect(self._ask_name)
        self._fill()
        self.button = QPushButton("Save&d filters", parent)
        self.button.setAccessibleName("Saved filters")
        self.button.setToolTip("Apply, rename or delete a filter that was saved")
        self.button.setMenu(self)
        self.save_button = ActionButton("S&ave filter…", save, parent)

    def _fill(self) -> None:
        self.clear()
        self.addAction(self._save)
        self.addSeparator()
        kept = self._kept.all()
        for one in kept:
            action = self.addAction(_label(one.name), partial(self._apply, one.name))
            action.setToolTip(plain_tooltip(_sentence(one)))
            action.setStatusTip(_sentence(one))
        if not kept:
            self.addAction(NONE_YET).setEnabled(False)
            return
        self.addSeparator()
        rename, delete = QMenu("&Rename", self), QMenu("&Delete", self)
        for menu, act in ((rename, self._ask_new_name), (delete, self._delete)):
            self.addMenu(menu)
            for one in kept:
                menu.addAction(_label(one.name), partial(act, one.name))

    def _apply(self, name: str) -> None:
        found = self._kept.get(name)
        if found is not None:
            self._bar.take(found.query, found.period)

    @Slot()
    def _ask_name(self) -> None:
        dialog = NameDialog(
            "Save filter",
            "&Save",
            "",
            f"Shows: {self._now('').query.sentence()}",
            self._kept.why_not,
            self.window(),
        )
        dialog.submitted.connect(self._keep)
        dialog.open()

    @Slot(str)
    def _keep(self, name: str) -> None:
        self._kept.keep(self._now(name))
        self._fill()

    def _now(self, name: str) -> SavedFilter:
        period = self._bar.period.period
        return SavedFilter(name, self._bar.wanted(), period if isinstance(period, Period) else None)

    def _ask_new_name(self, name: str) -> None:
        dialog = NameDialog(
            "Rename filter", "&Rename", name, f"Renames the filter “{name}”", self._kept.why_not, self.window()
        )
        dialog.submitted.connect(partial(self._rename, name))
        dialog.open()

    def _rename(self, name: str, wanted: str) -> None:
        self._kept.rename(name, wanted)
        self._fill()

    def _delete(self, name: str) -> None:
        self._kept.delete(name)
        self._fill()


def _label(name: str) -> str:
    return name.replace("&", "&&")


def _sentence(kept: SavedFilter) -> str:
    if kept.period is None:
        return kept.query.sentence()
    if kept.query.is_all:
        return kept.period.value
    return f"{kept.period.value}, {kept.query.sentence()}"
