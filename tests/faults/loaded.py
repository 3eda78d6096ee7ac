"""Everything that a headless window needs, so that its server has it loaded before it forks."""

import PySide6.QtCore  # noqa: F401

import hotfix_desktop.app
import hotfix_desktop.runtime.guard
import hotfix_desktop.runtime.session
import hotfix_desktop.services.relocking
import hotfix_desktop.store.store
import hotfix_desktop.workspaces.folder  # noqa: F401
