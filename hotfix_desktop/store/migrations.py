"""The steps that bring a database to today's form.

Each step is recorded in the same transaction as its effect, is plain SQL, and never imports the models:
they change, a step that was released does not. A test compares the result with the models.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One migration: a number that never changes, a name for people, and its statements."""

    number: int
    name: str
    statements: tuple[str, ...]


APPLICATION_ID = 0x48464458
"""``PRAGMA application_id`` of our databases: "HFDX"; tells our file from any other SQLite file."""
ARCHIVE_MARK = 0x41524348
"""``PRAGMA user_version`` of archive files: "ARCH"; 0 in a database that is written to."""

_FIRST = Step(
    1,
    "the hotfix loop",
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """CREATE TABLE workspace (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            location TEXT NOT NULL,
            title TEXT NOT NULL,
            protection TEXT NOT NULL,
            created BIGINT NOT NULL,
            created_by TEXT NOT NULL,
            log_id BLOB NOT NULL
        )""",
        """CREATE TABLE package (
            id INTEGER NOT NULL PRIMARY KEY,
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            uid TEXT NOT NULL,
            version TEXT NOT NULL,
            maintainer TEXT NOT NULL,
            description TEXT NOT NULL,
            modified BIGINT,
            depends_on TEXT NOT NULL,
            problem TEXT NOT NULL,
            synchronised INTEGER NOT NULL,
            linked_to TEXT NOT NULL,
            kept TEXT NOT NULL,
            files TEXT NOT NULL,
            locked INTEGER NOT NULL,
            missing INTEGER NOT NULL
        )""",
        "CREATE UNIQUE INDEX package_key ON package (key)",
        """CREATE TABLE closing_record (
            package_id INTEGER NOT NULL PRIMARY KEY REFERENCES package (id),
            record BLOB NOT NULL
        )""",
        """CREATE TABLE hotfix (
            id INTEGER NOT NULL PRIMARY KEY,
            package_id INTEGER NOT NULL REFERENCES package (id),
            package_key TEXT NOT NULL,
            package_name TEXT NOT NULL,
            reason TEXT NOT NULL,
            ticket TEXT NOT NULL,
            opened_by TEXT NOT NULL,
            opened_at BIGINT NOT NULL,
            boot_us BIGINT NOT NULL,
            boot_id TEXT NOT NULL,
            deadline BIGINT NOT NULL,
            granted_us BIGINT NOT NULL,
            extended_minutes INTEGER NOT NULL,
            state TEXT NOT NULL,
            closed_at BIGINT,
            closed_by TEXT NOT NULL,
            ending TEXT,
            attempts INTEGER NOT NULL,
            last_error TEXT NOT NULL,
            next_try BIGINT
        )""",
        "CREATE INDEX hotfix_package_id ON hotfix (package_id)",
        # A package is open once or not at all, whatever two windows do at the same moment.
        "CREATE UNIQUE INDEX hotfix_one_open ON hotfix (package_id) WHERE state <> 'closed'",
        "CREATE TABLE setting (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE role (user TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (user, role))",
        """CREATE TABLE audit (
            seq INTEGER NOT NULL PRIMARY KEY,
            at BIGINT NOT NULL,
            type TEXT NOT NULL,
            result TEXT NOT NULL,
            ip_address TEXT NOT NULL,
            owner TEXT NOT NULL,
            description TEXT NOT NULL,
            package TEXT NOT NULL,
            hotfix INTEGER,
            body BLOB NOT NULL,
            hash BLOB NOT NULL
        )""",
        "CREATE INDEX audit_at ON audit (at)",
        "CREATE INDEX audit_hotfix ON audit (hotfix)",
        "CREATE INDEX audit_type_seq ON audit (type, seq)",
        "CREATE INDEX audit_package_seq ON audit (package, seq)",
        "CREATE INDEX audit_owner_seq ON audit (owner, seq)",
        "CREATE INDEX audit_result_seq ON audit (result, seq)",
        """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: no entry can be changed'); END""",
        """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: no entry can be deleted'); END""",
        # The log id is the entry before the first: the chain hangs on it.
        """CREATE TRIGGER workspace_no_new_log_id BEFORE UPDATE OF id, log_id ON workspace
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: its log id cannot be changed'); END""",
        """CREATE TRIGGER workspace_no_delete BEFORE DELETE ON workspace
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: its workspace cannot be deleted'); END""",
        """CREATE TRIGGER workspace_only_one BEFORE INSERT ON workspace WHEN EXISTS (SELECT 1 FROM workspace)
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: a database has one workspace'); END""",
        # INSERT OR REPLACE deletes without firing delete triggers (recursive_triggers is off), so an
        # entry may only be added right after the last one.
        """CREATE TRIGGER audit_no_gap BEFORE INSERT ON audit
            WHEN NEW.seq <> COALESCE((SELECT MAX(seq) FROM audit), 0) + 1
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: entries follow one another'); END""",
    ),
)

_SECOND = Step(
    2,
    "the relock promise",
    (
        "ALTER TABLE hotfix ADD COLUMN writers TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE package ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0",
        # What each closed package contained when it was closed, and how often that was looked at since.
        """CREATE TABLE baseline (
            package_id INTEGER NOT NULL PRIMARY KEY REFERENCES package (id),
            digest BLOB NOT NULL,
            taken BIGINT NOT NULL,
            boot_us BIGINT NOT NULL,
            boot_id TEXT NOT NULL,
            checks INTEGER NOT NULL,
            manifest BLOB NOT NULL
        )""",
        "CREATE INDEX baseline_checks ON baseline (checks)",
        """CREATE TABLE drift (
            package_id INTEGER NOT NULL PRIMARY KEY REFERENCES package (id),
            found BIGINT NOT NULL,
            after_relock INTEGER NOT NULL,
            digest BLOB NOT NULL,
            against BLOB NOT NULL,
            report TEXT NOT NULL
        )""",
        # Records of the side journal that are in the log already: one that is read again is not entered twice.
        "CREATE TABLE drained (journal_id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL)",
    ),
)

_THIRD = Step(
    3,
    "an audit log to trust",
    (
        # Signed notes, and what the Merkle tree needs to grow on from there.
        """CREATE TABLE checkpoint (
            id INTEGER NOT NULL PRIMARY KEY,
            size INTEGER NOT NULL,
            note TEXT NOT NULL,
            frontier BLOB NOT NULL
        )""",
        "CREATE INDEX checkpoint_size ON checkpoint (size)",
        """CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: no checkpoint can be changed'); END""",
        """CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: no checkpoint can be deleted'); END""",
        """CREATE TRIGGER checkpoint_no_gap BEFORE INSERT ON checkpoint
            WHEN NEW.id <> COALESCE((SELECT MAX(id) FROM checkpoint), 0) + 1
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: checkpoints follow one another'); END""",
        # What was moved to archive files: the chain goes on from the last of them.
        """CREATE TABLE archive (
            last INTEGER NOT NULL PRIMARY KEY,
            first INTEGER NOT NULL,
            head BLOB NOT NULL,
            frontier BLOB NOT NULL,
            signed_by TEXT NOT NULL,
            path TEXT NOT NULL,
            sha256 BLOB NOT NULL,
            at BIGINT NOT NULL
        )""",
        # What auditors said of each hotfix, the last word only; the entries keep all of them.
        """CREATE TABLE review (
            hotfix_id INTEGER NOT NULL PRIMARY KEY REFERENCES hotfix (id),
            verdict TEXT NOT NULL,
            remark TEXT NOT NULL,
            reviewed_by TEXT NOT NULL,
            reviewed_at BIGINT NOT NULL
        )""",
    ),
)

_FOURTH = Step(
    4,
    "what hotfixes changed, and where it went",
    (
        # The recorded trees of each hotfix, by the digests under which the content store has them.
        """CREATE TABLE hotfix_tree (
            hotfix_id INTEGER NOT NULL PRIMARY KEY REFERENCES hotfix (id),
            package_id INTEGER NOT NULL REFERENCES package (id),
            before BLOB NOT NULL,
            after BLOB,
            changes INTEGER,
            remark TEXT NOT NULL
        )""",
        "CREATE INDEX hotfix_tree_package ON hotfix_tree (package_id)",
        "CREATE INDEX hotfix_tree_open ON hotfix_tree (hotfix_id) WHERE after IS NULL",
        # Where the changes of a hotfix went: a commit, a letter, somebody's word. Never changed, never deleted.
        """CREATE TABLE delivery (
            id INTEGER NOT NULL PRIMARY KEY,
            hotfix_id INTEGER NOT NULL REFERENCES hotfix (id),
            kind TEXT NOT NULL,
            receipt TEXT NOT NULL,
            delivered_by TEXT NOT NULL,
            delivered_at BIGINT NOT NULL,
            entry INTEGER NOT NULL
        )""",
        "CREATE INDEX delivery_hotfix ON delivery (hotfix_id)",
        # Updates of packages: written before the first folder moves, so that a kill at any point can be finished.
        """CREATE TABLE package_update (
            id INTEGER NOT NULL PRIMARY KEY,
            state TEXT NOT NULL,
            archive TEXT NOT NULL,
            sha256 BLOB NOT NULL,
            begun_by TEXT NOT NULL,
            begun_at BIGINT NOT NULL,
            plan TEXT NOT NULL
        )""",
        "CREATE INDEX package_update_state ON package_update (state) WHERE state <> 'done' AND state <> 'undone'",
        # What each update did to each package, by digests: before, as it was delivered, and as it was left.
        """CREATE TABLE updated_package (
            update_id INTEGER NOT NULL REFERENCES package_update (id),
            package_id INTEGER NOT NULL REFERENCES package (id),
            before BLOB NOT NULL,
            delivered BLOB NOT NULL,
            after BLOB NOT NULL,
            decision TEXT NOT NULL,
            PRIMARY KEY (update_id, package_id)
        )""",
        "CREATE INDEX updated_package_package ON updated_package (package_id, update_id)",
        # To whom the fixes of a maintainer's packages are told.
        """CREATE TABLE contact (
            maintainer TEXT NOT NULL PRIMARY KEY,
            address TEXT NOT NULL
        )""",
    ),
)

_FIFTH = Step(
    5,
    "what nobody touched is not read again",
    (
        # What each open package contained before it was opened, and what tells which files were not touched since.
        """CREATE TABLE opening (
            package_id INTEGER NOT NULL PRIMARY KEY REFERENCES package (id),
            proof BLOB NOT NULL,
            manifest BLOB NOT NULL
        )""",
    ),
)

STEPS: tuple[Step, ...] = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH)
