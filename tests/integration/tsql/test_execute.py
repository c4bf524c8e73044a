"""EXECUTE rights, and what the catalog tells of procedures and functions."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, number, rows
from tests.servers import AzureSqlAddress

PASSWORD = f"Aa1!{secrets.token_hex(8)}"

MODULES = (
    "CREATE TABLE dbo.secret (id int)",
    "CREATE PROCEDURE dbo.Adds @id int, @seen nvarchar(20) OUTPUT AS "
    "INSERT INTO dbo.secret VALUES (@id); SET @seen = N'seen'; RETURN 3",
    "CREATE FUNCTION dbo.Twice (@n decimal(9, 2)) RETURNS decimal(10, 2) AS "
    "BEGIN RETURN @n * 2 END",
)


@pytest.fixture(scope="module")
def user(azuresql: AzureSqlAddress, database: str) -> Iterator[pyodbc.Connection]:
    """A connection of a user who may do nothing, in a database with a procedure and a function."""
    with closing(pyodbc.connect(database, autocommit=True)) as owner:
        for module in MODULES:
            owner.execute(module)
        owner.execute(f"CREATE USER caller WITH PASSWORD = '{PASSWORD}'")
        name = owner.execute("SELECT DB_NAME()").fetchval()
    with closing(pyodbc.connect(azuresql.dsn(name, "caller", PASSWORD), autocommit=True)) as opened:
        yield opened


def outcome(connection: pyodbc.Connection, batch: str) -> int:
    """0, or the number of the error."""
    try:
        rows(connection, batch)
    except pyodbc.Error as error:
        return number(error)
    return 0


CALL = "DECLARE @seen nvarchar(20); EXEC dbo.Adds 1, @seen OUTPUT"


def test_execute_reaches_what_the_owner_owns(user: pyodbc.Connection, run: Run) -> None:
    assert outcome(user, CALL) == 229
    run("GRANT EXECUTE ON dbo.Adds TO caller")
    assert outcome(user, CALL) == 0
    assert outcome(user, "SELECT id FROM dbo.secret") == 229
    run("DENY EXECUTE ON SCHEMA::dbo TO caller")
    assert outcome(user, CALL) == 229
    run("REVOKE EXECUTE ON SCHEMA::dbo FROM caller; REVOKE EXECUTE ON dbo.Adds FROM caller")
    assert outcome(user, CALL) == 229


def test_rows_of_a_procedure_cannot_be_granted(user: pyodbc.Connection, run: Run) -> None:
    with pytest.raises(pyodbc.Error) as raised:
        run("GRANT SELECT ON dbo.Adds TO caller")
    assert number(raised.value) == 4606


def test_the_catalog_tells_their_parameters(user: pyodbc.Connection, run: Run) -> None:
    assert run(
        "SELECT o.name, o.type, p.parameter_id, p.name, TYPE_NAME(p.user_type_id), p.max_length, "
        "p.precision, p.scale, p.is_output FROM sys.parameters AS p JOIN sys.objects AS o "
        "ON o.object_id = p.object_id ORDER BY o.name, p.parameter_id"
    ) == [
        ("Adds", "P ", 1, "@id", "int", 4, 10, 0, False),
        ("Adds", "P ", 2, "@seen", "nvarchar", 40, 0, 0, True),
        ("Twice", "FN", 0, "", "decimal", 9, 10, 2, True),
        ("Twice", "FN", 1, "@n", "decimal", 5, 9, 2, False),
    ]
    assert run("SELECT name FROM sys.procedures") == [("Adds",)]
    assert run("SELECT OBJECT_DEFINITION(OBJECT_ID(N'dbo.Adds'))") == [(MODULES[1],)]
    assert run(
        "SELECT ROUTINE_NAME, ROUTINE_TYPE, DATA_TYPE FROM INFORMATION_SCHEMA.ROUTINES "
        "ORDER BY ROUTINE_NAME"
    ) == [("Adds", "PROCEDURE", None), ("Twice", "FUNCTION", "decimal")]


def test_odbc_finds_procedures_and_their_columns(user: pyodbc.Connection, database: str) -> None:
    with closing(pyodbc.connect(database)) as owner, closing(owner.cursor()) as cursor:
        assert [row[2] for row in cursor.procedures(schema="dbo").fetchall()] == [
            "Adds;1",
            "Twice;0",
        ]
        columns = cursor.procedureColumns(procedure="Adds").fetchall()
        assert [(row[3], row[4], row[5], row[17]) for row in columns] == [
            ("@RETURN_VALUE", 5, 4, 0),
            ("@id", 1, 4, 1),
            ("@seen", 2, -9, 2),
        ]


def test_a_row_takes_one_number_of_a_sequence(run: Run) -> None:
    run("CREATE SEQUENCE dbo.one_each AS int START WITH 1")
    assert run(
        "SELECT NEXT VALUE FOR dbo.one_each, NEXT VALUE FOR dbo.one_each FROM (VALUES (1), (2)) "
        "AS r (v)"
    ) == [(1, 1), (2, 2)]
    run(
        "CREATE TABLE dbo.numbered (a int, b int); INSERT INTO dbo.numbered VALUES "
        "(NEXT VALUE FOR dbo.one_each, NEXT VALUE FOR dbo.one_each), (NEXT VALUE FOR dbo.one_each, "
        "0)"
    )
    assert run("SELECT a, b FROM dbo.numbered ORDER BY a") == [(3, 3), (4, 0)]


def test_json_is_given_back_as_it_was_written(run: Run) -> None:
    assert run(
        """SELECT "z", JSON_QUERY(N'{"o": {"z":1,"a": [2,1]}}', '$.o') FROM OPENJSON("""
        """N'[{"z":{"b":1,"a":2},"y":3}]') WITH (z nvarchar(max) AS JSON, y int)"""
    ) == [('{"b":1,"a":2}', '{"z":1,"a": [2,1]}')]
    assert run("""SELECT [key], value FROM OPENJSON(N'{"b":{"d":1,"c":2},"a":[1,2]}')""") == [
        ("b", '{"d":1,"c":2}'),
        ("a", "[1,2]"),
    ]
