"""The tables, declared unbound: each query names its database, so two open stores never mix.

Only this floor sees these classes; frozen values of ``core`` cross to the floors above.
"""

from __future__ import annotations

from datetime import datetime

import peewee

from hotfix_desktop.core.clock import from_microseconds, to_microseconds


class UtcField(peewee.BigIntegerField):
    """An aware time, kept as whole microseconds since 1970 UTC; a naive time is a ``ValueError``."""

    def db_value(self, value: datetime | int | None) -> int | None:
        """Give what is stored."""
        if value is None or isinstance(value, int):
            return value
        return to_microseconds(value)

    def python_value(self, value: int | None) -> datetime | None:
        """Give an aware time in UTC."""
        return None if value is None else from_microseconds(value)


class SchemaStep(peewee.Model):
    """A migration that was applied."""

    number = peewee.IntegerField(primary_key=True)
    name = peewee.TextField()
    applied = UtcField()

    class Meta:
        """Where it is kept."""

        table_name = "schema_step"


class WorkspaceRow(peewee.Model):
    """The one workspace that this database belongs to."""

    id = peewee.IntegerField(primary_key=True)
    location = peewee.TextField()
    title = peewee.TextField()
    protection = peewee.TextField()
    created = UtcField()
    created_by = peewee.TextField()
    log_id = peewee.BlobField()

    class Meta:
        """Where it is kept."""

        table_name = "workspace"


class PackageRow(peewee.Model):
    """A package, as its workspace reported it last, and how far its closing has come."""

    id = peewee.AutoField()
    key = peewee.TextField(unique=True)
    name = peewee.TextField()
    uid = peewee.TextField(default="")
    version = peewee.TextField(default="")
    maintainer = peewee.TextField(default="")
    description = peewee.TextField(default="")
    modified = UtcField(null=True)
    depends_on = peewee.TextField(default="[]")
    problem = peewee.TextField(default="")
    synchronised = peewee.BooleanField(default=True)
    linked_to = peewee.TextField(default="")
    kept = peewee.TextField(default="")
    files = peewee.TextField(default="open")
    locked = peewee.BooleanField(default=False)
    missing = peewee.BooleanField(default=False)
    frozen = peewee.BooleanField(default=False)

    class Meta:
        """Where it is kept."""

        table_name = "package"


class ClosingRecord(peewee.Model):
    """What the workspace needs to give a closed package back; apart, so that listings stay small."""

    package_id = peewee.IntegerField(primary_key=True)
    record = peewee.BlobField()

    class Meta:
        """Where it is kept."""

        table_name = "closing_record"


class HotfixRow(peewee.Model):
    """One window from unlock to lock."""

    id = peewee.AutoField()
    package_id = peewee.IntegerField(index=True)
    package_key = peewee.TextField()
    package_name = peewee.TextField()
    reason = peewee.TextField()
    ticket = peewee.TextField()
    opened_by = peewee.TextField()
    opened_at = UtcField()
    boot_us = peewee.BigIntegerField()
    boot_id = peewee.TextField()
    deadline = UtcField()
    granted_us = peewee.BigIntegerField()
    extended_minutes = peewee.IntegerField(default=0)
    state = peewee.TextField()
    closed_at = UtcField(null=True)
    closed_by = peewee.TextField(default="")
    ending = peewee.TextField(null=True)
    attempts = peewee.IntegerField(default=0)
    last_error = peewee.TextField(default="")
    next_try = UtcField(null=True)
    writers = peewee.TextField(default="")

    class Meta:
        """Where it is kept; the partial unique index is in the migration."""

        table_name = "hotfix"


class BaselineRow(peewee.Model):
    """What a closed package contained when it was closed."""

    package_id = peewee.IntegerField(primary_key=True)
    digest = peewee.BlobField()
    taken = UtcField()
    boot_us = peewee.BigIntegerField()
    boot_id = peewee.TextField()
    checks = peewee.IntegerField(index=True)
    # Last: whoever asks for the others must not be led through its pages.
    manifest = peewee.BlobField()

    class Meta:
        """Where it is kept."""

        table_name = "baseline"


class OpeningRow(peewee.Model):
    """What an open package contained before it was opened."""

    package_id = peewee.IntegerField(primary_key=True)
    proof = peewee.BlobField()
    # Last, as in a baseline.
    manifest = peewee.BlobField()

    class Meta:
        """Where it is kept."""

        table_name = "opening"


class DriftRow(peewee.Model):
    """How a closed package differs from its baseline, until somebody accepts that."""

    package_id = peewee.IntegerField(primary_key=True)
    found = UtcField()
    after_relock = peewee.BooleanField()
    digest = peewee.BlobField()
    against = peewee.BlobField()
    report = peewee.TextField()

    class Meta:
        """Where it is kept."""

        table_name = "drift"


class DrainedRow(peewee.Model):
    """A record of the side journal that is in the log."""

    journal_id = peewee.TextField(primary_key=True)
    at = UtcField()

    class Meta:
        """Where it is kept."""

        table_name = "drained"


class SettingRow(peewee.Model):
    """A setting that somebody changed."""

    name = peewee.TextField(primary_key=True)
    value = peewee.TextField()

    class Meta:
        """Where it is kept."""

        table_name = "setting"


class RoleRow(peewee.Model):
    """A role of a user."""

    user = peewee.TextField()
    role = peewee.TextField()

    class Meta:
        """Where it is kept."""

        table_name = "role"
        primary_key = peewee.CompositeKey("user", "role")


class AuditRow(peewee.Model):
    """An entry of the audit log: canonical bytes, chain hash, and copies of what is searched."""

    seq = peewee.IntegerField(primary_key=True)
    at = UtcField(index=True)
    type = peewee.TextField()
    result = peewee.TextField()
    ip_address = peewee.TextField()
    owner = peewee.TextField()
    description = peewee.TextField()
    package = peewee.TextField()
    hotfix = peewee.IntegerField(null=True, index=True)
    body = peewee.BlobField()
    hash = peewee.BlobField()

    class Meta:
        """Where it is kept."""

        table_name = "audit"
        indexes = (
            (("type", "seq"), False),
            (("package", "seq"), False),
            (("owner", "seq"), False),
            (("result", "seq"), False),
        )


class CheckpointRow(peewee.Model):
    """A signed note, and the roots of the Merkle tree that it signs."""

    id = peewee.IntegerField(primary_key=True)
    size = peewee.IntegerField(index=True)
    note = peewee.TextField()
    frontier = peewee.BlobField()

    class Meta:
        """Where it is kept."""

        table_name = "checkpoint"


class ArchiveRow(peewee.Model):
    """A prefix of the log that was moved to a file of its own."""

    last = peewee.IntegerField(primary_key=True)
    first = peewee.IntegerField()
    head = peewee.BlobField()
    frontier = peewee.BlobField()
    signed_by = peewee.TextField()
    path = peewee.TextField()
    sha256 = peewee.BlobField()
    at = UtcField()

    class Meta:
        """Where it is kept."""

        table_name = "archive"


class ReviewRow(peewee.Model):
    """What an auditor said of a hotfix last."""

    hotfix_id = peewee.IntegerField(primary_key=True)
    verdict = peewee.TextField()
    remark = peewee.TextField()
    reviewed_by = peewee.TextField()
    reviewed_at = UtcField()

    class Meta:
        """Where it is kept."""

        table_name = "review"


class HotfixTreeRow(peewee.Model):
    """What a package contained before and after a hotfix, by the digests of the recorded trees."""

    hotfix_id = peewee.IntegerField(primary_key=True)
    package_id = peewee.IntegerField(index=True)
    before = peewee.BlobField()
    after = peewee.BlobField(null=True)
    changes = peewee.IntegerField(null=True)
    remark = peewee.TextField()

    class Meta:
        """Where it is kept; the partial index is in the migration."""

        table_name = "hotfix_tree"


class DeliveryRow(peewee.Model):
    """Where the changes of a hotfix went."""

    id = peewee.IntegerField(primary_key=True)
    hotfix_id = peewee.IntegerField(index=True)
    kind = peewee.TextField()
    receipt = peewee.TextField()
    delivered_by = peewee.TextField()
    delivered_at = UtcField()
    entry = peewee.IntegerField()

    class Meta:
        """Where it is kept."""

        table_name = "delivery"


class PackageUpdateRow(peewee.Model):
    """An update of packages from an archive, and how far it has come."""

    id = peewee.IntegerField(primary_key=True)
    state = peewee.TextField()
    archive = peewee.TextField()
    sha256 = peewee.BlobField()
    begun_by = peewee.TextField()
    begun_at = UtcField()
    plan = peewee.TextField()

    class Meta:
        """Where it is kept; the partial index is in the migration."""

        table_name = "package_update"


class UpdatedPackageRow(peewee.Model):
    """What an update did to one package."""

    update_id = peewee.IntegerField()
    package_id = peewee.IntegerField()
    before = peewee.BlobField()
    delivered = peewee.BlobField()
    after = peewee.BlobField()
    decision = peewee.TextField()

    class Meta:
        """Where it is kept."""

        table_name = "updated_package"
        primary_key = peewee.CompositeKey("update_id", "package_id")
        indexes = ((("package_id", "update_id"), False),)


class ContactRow(peewee.Model):
    """To whom the fixes of a maintainer's packages are told."""

    maintainer = peewee.TextField(primary_key=True)
    address = peewee.TextField()

    class Meta:
        """Where it is kept."""

        table_name = "contact"


MODELS: tuple[type[peewee.Model], ...] = (
    SchemaStep,
    WorkspaceRow,
    PackageRow,
    ClosingRecord,
    HotfixRow,
    BaselineRow,
    OpeningRow,
    DriftRow,
    DrainedRow,
    SettingRow,
    RoleRow,
    AuditRow,
    CheckpointRow,
    ArchiveRow,
    ReviewRow,
    HotfixTreeRow,
    DeliveryRow,
    PackageUpdateRow,
    UpdatedPackageRow,
    ContactRow,
)
