"""Metadata visibility: what a user has no right on is not there for him."""

from __future__ import annotations

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, rows

_TABLES = """
DROP VIEW IF EXISTS dbo.looks; DROP PROCEDURE IF EXISTS dbo.work;
DROP TABLE IF EXISTS dbo.seen, dbo.hidden; DROP USER IF EXISTS viewer; DROP ROLE IF EXISTS lookers;
CREATE TABLE dbo.seen (id int NOT NULL CONSTRAINT PK_seen PRIMARY KEY,
  n int NOT NULL CONSTRAINT DF_seen DEFAULT (1) CONSTRAINT CK_seen CHECK (n > 0), twice AS n * 2);
CREATE INDEX IX_seen ON dbo.seen (n);
CREATE TABLE dbo.hidden (id int NOT NULL CONSTRAINT PK_hidden PRIMARY KEY, n int DEFAULT (1));
CREATE USER viewer WITHOUT LOGIN; CREATE ROLE lookers; ALTER ROLE lookers ADD MEMBER viewer
"""
_COUNTS = {
    "sys.objects": "name IN ('hidden', 'PK_hidden')",
    "sys.tables": "name = 'hidden'",
    "sys.columns": "object_id = {id}",
    "sys.indexes": "object_id = {id}",
    "sys.key_constraints": "parent_object_id = {id}",
    "sys.default_constraints": "parent_object_id = {id}",
    "sys.partitions": "object_id = {id}",
    "INFORMATION_SCHEMA.TABLES": "TABLE_NAME = 'hidden'",
    "INFORMATION_SCHEMA.COLUMNS": "TABLE_NAME = 'hidden'",
    "INFORMATION_SCHEMA.TABLE_CONSTRAINTS": "TABLE_NAME = 'hidden'",
}


@pytest.fixture
def viewer(connection: pyodbc.Connection, run: Run) -> pyodbc.Connection:
    """A session of a user who may read dbo.seen and nothing else."""
    run(_TABLES)
    rows(connection, "CREATE VIEW dbo.looks AS SELECT id FROM dbo.hidden")
    rows(connection, "CREATE PROCEDURE dbo.work AS SELECT id FROM dbo.hidden")
    run("GRANT SELECT ON dbo.seen TO viewer")
    return connection


def _as_viewer(connection: pyodbc.Connection, query: str) -> list[tuple[object, ...]]:
    return rows(connection, f"EXECUTE AS USER = 'viewer'; {query}; REVERT")


@pytest.mark.parametrize("view", _COUNTS)
def test_what_one_has_no_right_on_is_in_no_view(viewer: pyodbc.Connection, view: str) -> None:
    ((number,),) = rows(viewer, "SELECT OBJECT_ID('dbo.hidden')")
    asked = f"SELECT COUNT(*) FROM {view} WHERE {_COUNTS[view].format(id=number)}"
    ((there,),) = rows(viewer, asked)
    assert there > 0
    assert _as_viewer(viewer, asked) == [(0,)]


def test_what_one_may_read_is_there_without_its_definitions(viewer: pyodbc.Connection) -> None:
    seen = "OBJECT_ID('dbo.seen')"
    asked = (
        f"SELECT (SELECT COUNT(*) FROM sys.columns WHERE object_id = {seen}), "
        f"(SELECT COUNT(*) FROM sys.indexes WHERE object_id = {seen}), "
        f"(SELECT COUNT(*) FROM sys.check_constraints WHERE parent_object_id = {seen}), "
        f"(SELECT MAX(definition) FROM sys.check_constraints WHERE parent_object_id = {seen}), "
        f"(SELECT MAX(definition) FROM sys.default_constraints WHERE parent_object_id = {seen}), "
        f"(SELECT MAX(definition) FROM sys.computed_columns WHERE object_id = {seen}), "
        "(SELECT MAX(COLUMN_DEFAULT) FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'seen')"
    )
    assert _as_viewer(viewer, asked) == [(3, 2, 1, None, None, None, None)]
    rows(viewer, "GRANT VIEW DEFINITION ON dbo.seen TO lookers")
    ((*counts, check, default, computed, shown),) = _as_viewer(viewer, asked)
    assert counts == [3, 2, 1]
    assert None not in (check, default, computed, shown)


def test_functions_know_nothing_of_the_others(viewer: pyodbc.Connection) -> None:
    ((number,),) = rows(viewer, "SELECT OBJECT_ID('dbo.hidden')")
    asked = (
        "SELECT OBJECT_ID('dbo.hidden'), OBJECT_ID('dbo.hidden', 'U'), OBJECT_ID('PK_hidden'), "
        f"OBJECT_NAME({number}), OBJECTPROPERTY({number}, 'IsTable'), COL_NAME({number}, 1), "
        "COL_LENGTH('dbo.hidden', 'id'), OBJECT_ID('dbo.work'), OBJECT_ID('dbo.looks')"
    )
    assert _as_viewer(viewer, asked) == [(None,) * 9]
    may = "SELECT HAS_PERMS_BY_NAME('dbo.hidden', 'OBJECT', 'SELECT'), OBJECT_ID('dbo.seen')"
    ((no, seen),) = _as_viewer(viewer, may)
    assert (no, seen is None) == (0, False)
    assert _as_viewer(viewer, "SELECT OBJECT_ID('sys.objects')")[0][0] is not None


@pytest.mark.parametrize(
    ("grant", "there"),
    [
        ("GRANT INSERT ON dbo.hidden TO viewer", 1),
        ("GRANT VIEW DEFINITION ON dbo.hidden TO lookers", 1),
        ("GRANT SELECT ON SCHEMA::dbo TO viewer", 1),
        ("GRANT VIEW DEFINITION TO viewer", 1),
        ("GRANT CREATE TABLE TO viewer", 0),
        ("GRANT EXECUTE TO viewer", 0),
        ("DENY SELECT ON dbo.hidden TO viewer", 0),
        ("GRANT SELECT ON SCHEMA::dbo TO viewer; DENY SELECT ON dbo.hidden TO lookers", 0),
        ("GRANT SELECT ON dbo.hidden TO viewer; DENY VIEW DEFINITION ON dbo.hidden TO viewer", 0),
        ("ALTER ROLE db_datareader ADD MEMBER viewer", 1),
        ("ALTER ROLE db_owner ADD MEMBER viewer", 1),
        ("ALTER ROLE db_denydatareader ADD MEMBER viewer", 0),
    ],
)
def test_some_right_makes_it_seen(viewer: pyodbc.Connection, grant: str, there: int) -> None:
    rows(viewer, grant)
    asked = "SELECT COUNT(*) FROM sys.tables WHERE name = 'hidden'"
    assert _as_viewer(viewer, asked) == [(there,)]


def test_a_procedure_is_seen_by_who_may_run_it_and_read_by_who_may_see_its_text(
    viewer: pyodbc.Connection,
) -> None:
    asked = (
        "SELECT (SELECT COUNT(*) FROM sys.procedures), (SELECT COUNT(*) FROM sys.sql_modules), "
        "(SELECT MAX(definition) FROM sys.sql_modules), OBJECT_DEFINITION(OBJECT_ID('dbo.work')), "
        "(SELECT COUNT(*) FROM INFORMATION_SCHEMA.ROUTINES)"
    )
    assert _as_viewer(viewer, asked) == [(0, 0, None, None, 0)]
    rows(viewer, "GRANT EXECUTE ON dbo.work TO viewer")
    assert _as_viewer(viewer, asked) == [(1, 1, None, None, 1)]
    rows(viewer, "GRANT VIEW DEFINITION ON dbo.work TO viewer")
    ((*_, text, defined, _),) = _as_viewer(viewer, asked)
    assert "dbo.hidden" in str(text)
    assert text == defined


def test_the_rights_of_the_session_come_back(viewer: pyodbc.Connection) -> None:
    asked = "SELECT COUNT(*) FROM sys.tables WHERE name = 'hidden'"
    assert _as_viewer(viewer, asked) == [(0,)]
    assert rows(viewer, asked) == [(1,)]
    undone = f"BEGIN TRANSACTION; EXECUTE AS USER = 'viewer'; ROLLBACK; {asked}; REVERT"
    assert rows(viewer, undone) == [(0,)]
    assert rows(viewer, asked) == [(1,)]
