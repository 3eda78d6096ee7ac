"""Migrations: from empty, from each step, compared with the models, backed up first, newer refused."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from playhouse.schema_diff import diff_models

from hotfix_desktop.core.errors import StoreError
from hotfix_desktop.store import connection
from hotfix_desktop.store.connection import open_database
from hotfix_desktop.store.migrations import STEPS, Step
from hotfix_desktop.store.models import MODELS
from hotfix_desktop.store.store import Store

ONE = Step(1, "a table", (*STEPS[0].statements, "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"))
TWO = Step(2, "a column", ("ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 7",))
THREE = Step(3, "an index", ("CREATE INDEX thing_size ON thing (size)", "UPDATE thing SET size = size + 1"))
BROKEN = Step(2, "broken", ("ALTER TABLE thing ADD COLUMN size INTEGER", "ALTER TABLE nothing ADD COLUMN x TEXT"))


def applied(path: Path) -> list[tuple[int, str]]:
    plain = sqlite3.connect(path)
    rows = plain.execute("SELECT number, name FROM schema_step ORDER BY number").fetchall()
    plain.close()
    return rows


def schema(path: Path) -> list[str]:
    plain = sqlite3.connect(path)
    rows = plain.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name").fetchall()
    plain.close()
    return [sql for (sql,) in rows]


def made_by(path: Path, *steps: Step) -> None:
    """Make a database as the version of the program with these steps did, with one thing in it."""
    database = open_database(path, steps=steps)
    database.execute_sql("INSERT INTO thing (name) VALUES ('a thing')")
    database.close()


def backups(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir() if ".before-step-" in p.name)


# Ours


def test_the_steps_have_numbers_from_one_on_and_names():
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))
    assert all(step.name and step.statements for step in STEPS)


def test_the_migrations_and_the_models_describe_the_same_tables(path):
    database = open_database(path)
    with database.bind_ctx(MODELS, bind_refs=False, bind_backrefs=False):
        difference = diff_models(database, MODELS)
    # A partial index cannot be said in a model without its database; the migration has it alone.
    partial = {"hotfix_one_open", "hotfix_tree_open", "package_update_state"}
    left = [index for index in difference.drop_indexes if index.name not in partial]
    assert not difference._replace(drop_indexes=left), str(difference)
    database.close()


def test_every_column_has_the_type_and_the_need_for_a_value_that_its_model_says(path):
    database = open_database(path)
    kinds = {"INT": "INTEGER", "AUTO": "INTEGER", "BOOL": "INTEGER"}
    for model in MODELS:
        table = model._meta.table_name
        there = {c.name: c for c in database.get_columns(table)}
        assert sorted(there) == sorted(model._meta.columns)
        for name, field in model._meta.columns.items():
            column = there[name]
            assert column.data_type == kinds.get(field.field_type, field.field_type), f"{table}.{name}"
            assert column.null == field.null, f"{table}.{name}"
            in_key = any(field is key for key in model._meta.get_primary_keys())  # == on a field makes SQL
            assert column.primary_key == in_key, f"{table}.{name}"
    database.close()


def test_no_two_hotfixes_of_one_package_are_ever_open(store):
    plain = sqlite3.connect(store.path)
    package = "1, 'k', 'n', '', '', '', '', NULL, '[]', '', 1, '', '', 'open', 0, 0, 0"
    plain.execute(f"INSERT INTO package VALUES ({package})")
    hotfix = "?, 1, 'k', 'n', 'r', '', 'a', 1, 1, 'b', 1, 1, 0, ?, NULL, '', NULL, 0, '', NULL, ''"
    row = f"INSERT INTO hotfix VALUES ({hotfix})"
    plain.execute(row, (1, "closed"))
    plain.execute(row, (2, "open"))
    for state in ("opening", "open"):
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            plain.execute(row, (3, state))
    plain.execute(row, (3, "closed"))
    plain.close()


def test_there_is_only_one_workspace_in_a_database(store):
    plain = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError, match="has one workspace"):
        plain.execute("INSERT INTO workspace VALUES (2, 'l', 't', 'none', 0, 'a', x'00')")
    plain.close()


def test_opening_again_applies_nothing_twice(path):
    Store(path).close()
    before = (applied(path), schema(path))
    Store(path).close()
    assert (applied(path), schema(path)) == before
    assert [number for number, _ in before[0]] == [step.number for step in STEPS]
    assert backups(path) == []


# Any


@pytest.mark.parametrize("start", [(ONE,), (ONE, TWO)])
def test_a_database_of_every_earlier_version_comes_to_the_form_of_today(path, tmp_path, start):
    fresh = tmp_path / "fresh.sqlite3"
    open_database(fresh, steps=(ONE, TWO, THREE)).close()
    made_by(path, *start)
    open_database(path, steps=(ONE, TWO, THREE)).close()
    assert schema(path) == schema(fresh)
    assert applied(path) == [(1, "a table"), (2, "a column"), (3, "an index")]
    plain = sqlite3.connect(path)
    assert plain.execute("SELECT name, size FROM thing").fetchall() == [("a thing", 8)]
    plain.close()


@pytest.mark.parametrize(("start", "name"), [((ONE,), "before-step-2"), ((ONE, TWO), "before-step-3")])
def test_the_database_is_backed_up_as_it_was_before_the_first_step(path, start, name):
    made_by(path, *start)
    before = schema(path)
    open_database(path, steps=(ONE, TWO, THREE)).close()
    assert backups(path) == [f"{path.name}.{name}"]
    backup = path.with_name(f"{path.name}.{name}")
    assert schema(backup) == before
    assert applied(backup) == [(step.number, step.name) for step in start]
    plain = sqlite3.connect(backup)
    assert plain.execute("SELECT name FROM thing").fetchall() == [("a thing",)]
    assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()


def test_a_new_database_needs_no_backup(path):
    open_database(path, steps=(ONE, TWO, THREE)).close()
    assert backups(path) == []


def test_the_backup_is_made_when_no_other_program_can_migrate_any_more(path, monkeypatch):
    # Else a second program could back up what the first has migrated already, over the good backup.
    made_by(path, ONE)
    made = connection._back_up

    def back_up(*arguments):
        other = sqlite3.connect(path, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        made(*arguments)

    monkeypatch.setattr(connection, "_back_up", back_up)
    open_database(path, steps=(ONE, TWO)).close()
    assert backups(path) == [f"{path.name}.before-step-2"]


def test_a_step_that_fails_leaves_the_database_as_it_was(path):
    made_by(path, ONE)
    before = schema(path)
    with pytest.raises(StoreError):
        open_database(path, steps=(ONE, BROKEN))
    assert schema(path) == before
    assert applied(path) == [(1, "a table")]


def test_nothing_is_migrated_when_the_backup_cannot_be_made(path):
    made_by(path, ONE)
    path.with_name(f"{path.name}.before-step-2").mkdir()
    with pytest.raises(StoreError, match="cannot be read") as caught:
        open_database(path, steps=(ONE, TWO))
    assert "before-step-2" in caught.value.details
    assert applied(path) == [(1, "a table")]


def test_a_newer_database_is_refused_and_not_touched(path):
    made_by(path, ONE, TWO)
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreError, match="written by a newer version of Hotfix Desktop") as caught:
            open_database(path, steps=(ONE,), read_only=read_only)
        assert "not touched" in caught.value.remedy
    assert path.read_bytes() == before
    assert backups(path) == []


def test_a_newer_database_is_not_even_given_another_journal(path):
    made_by(path, ONE, TWO)
    plain = sqlite3.connect(path)
    plain.execute("PRAGMA journal_mode = delete")
    plain.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        open_database(path, steps=(ONE,))
    assert path.read_bytes() == before


def test_a_reader_does_not_migrate_an_older_database(path):
    made_by(path, ONE)
    with pytest.raises(StoreError, match="older than this program") as caught:
        open_database(path, steps=(ONE, TWO), read_only=True)
    assert "administrator" in caught.value.remedy
    assert applied(path) == [(1, "a table")]
    assert backups(path) == []


def together(count: int, work) -> list[BaseException]:
    """Run ``work`` in so many threads that start at the same moment; gives what they raised."""
    barrier, raised = threading.Barrier(count), []

    def run():
        barrier.wait()
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.parametrize("attempt", range(15))
def test_programs_that_make_a_database_at_the_same_moment_all_get_it(path, attempt):
    assert together(4, lambda: Store(path).close()) == []
    assert len(applied(path)) == len(STEPS)


@pytest.mark.parametrize("attempt", range(5))
def test_programs_that_migrate_at_the_same_moment_migrate_once(path, attempt):
    made_by(path, ONE)
    assert together(4, lambda: open_database(path, steps=(ONE, TWO, THREE)).close()) == []
    assert applied(path) == [(1, "a table"), (2, "a column"), (3, "an index")]
    backup = path.with_name(f"{path.name}.before-step-2")
    assert applied(backup) == [(1, "a table")], "the backup is from before"
    plain = sqlite3.connect(path)
    assert plain.execute("SELECT size FROM thing").fetchall() == [(8,)]
    plain.close()
