"""The workspace's own record, its settings and its roles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import peewee

from hotfix_desktop.core.clock import Moment
from hotfix_desktop.core.roles import Role
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.store.errors import told
from hotfix_desktop.store.ledger import new_log_id
from hotfix_desktop.store.migrations import ARCHIVE_MARK
from hotfix_desktop.store.models import RoleRow, SettingRow, WorkspaceRow


class Protection(StrEnum):
    """Whether the workspace's files are in this program's care."""

    NONE = "none"
    PROTECTING = "protecting"
    PROTECTED = "protected"
    RELEASING = "releasing"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class WorkspaceRecord:
    """The workspace that a database belongs to."""

    location: str
    title: str
    protection: Protection
    created_by: str
    log_id: bytes


class Administration:
    """Workspace record, settings and roles of one database."""

    def __init__(self, database: peewee.SqliteDatabase) -> None:
        """Use this database."""
        self._database = database

    @told
    def workspace(self) -> WorkspaceRecord | None:
        """Give the workspace's record, or None in a database that has none yet."""
        row = WorkspaceRow.select().bind(self._database).first()
        if row is None:
            return None
        return WorkspaceRecord(row.location, row.title, Protection(row.protection), row.created_by, bytes(row.log_id))

    @told
    def create_workspace(self, location: str, title: str, user: str, now: Moment) -> WorkspaceRecord:
        """Record the workspace; its creator becomes the first System administrator."""
        with self._database.atomic():
            WorkspaceRow.insert(
                id=1,
                location=location,
                title=title,
                protection=Protection.NONE.value,
                created=now.utc,
                created_by=user,
                log_id=new_log_id(),
            ).execute(self._database)
            self.assign(user, Role.ADMINISTRATOR)
        record = self.workspace()
        assert record is not None
        return record

    @told
    def set_protection(self, protection: Protection) -> None:
        """Say whether the files are in this program's care."""
        WorkspaceRow.update(protection=protection.value).execute(self._database)

    @told
    def setting_texts(self) -> dict[str, str]:
        """Give the stored settings as text."""
        return {row.name: row.value for row in SettingRow.select().bind(self._database)}

    def settings(self) -> Settings:
        """Give the settings in force."""
        return Settings.from_texts(self.setting_texts())

    @told
    def set_setting(self, name: str, text: str) -> None:
        """Keep a setting's text, checked before."""
        SettingRow.insert(name=name, value=text).on_conflict_replace().execute(self._database)

    @told
    def roles_of(self, user: str) -> frozenset[Role]:
        """Give the roles of one user; an archive file makes an auditor of whoever was given it."""
        if self._database.execute_sql("PRAGMA user_version").fetchone() == (ARCHIVE_MARK,):
            return frozenset({Role.AUDITOR})  # perhaps years later, and on another computer: it knows no roles
        rows = RoleRow.select().where(RoleRow.user == user).bind(self._database)
        return frozenset(Role(row.role) for row in rows)

    @told
    def members(self) -> list[tuple[str, Role]]:
        """Give every user with every role, by name."""
        rows = RoleRow.select().order_by(RoleRow.user, RoleRow.role).bind(self._database)
        return [(row.user, Role(row.role)) for row in rows]

    @told
    def assign(self, user: str, role: Role) -> bool:
        """Give a role; False when the user has it already."""
        if role in self.roles_of(user):
            return False
        RoleRow.insert(user=user, role=role.value).execute(self._database)
        return True

    @told
    def remove(self, user: str, role: Role) -> bool:
        """Take a role away; False when the user did not have it."""
        gone = RoleRow.delete().where((RoleRow.user == user) & (RoleRow.role == role.value)).execute(self._database)
        return bool(gone)
