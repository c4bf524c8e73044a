"""Logins, users, roles, GRANT and DENY, and that a DENY wins."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, number, rows
from tests.servers import AzureSqlAddress


@pytest.fixture(scope="module")
def login(azuresql: AzureSqlAddress) -> Iterator[tuple[str, str]]:
    name, password = f"app_{secrets.token_hex(4)}", f"Aa1!{secrets.token_hex(8)}"
    with closing(pyodbc.connect(azuresql.dsn("master"), autocommit=True)) as master:
        rows(master, f"CREATE LOGIN [{name}] WITH PASSWORD = '{password}'")
        yield name, password
        rows(master, f"DROP LOGIN [{name}]")


@pytest.fixture
def app(
    azuresql: AzureSqlAddress, database: str, login: tuple[str, str], run: Run
) -> Iterator[pyodbc.Connection]:
    """A connection of the application's own user, which owns nothing."""
    run(
        f"DROP USER IF EXISTS [{login[0]}]; DROP ROLE IF EXISTS denied; DROP TABLE IF "
        "EXISTS dbo.t; "
        f"CREATE TABLE dbo.t (id int); CREATE USER [{login[0]}] FOR LOGIN [{login[0]}]"
    )
    name = run("SELECT DB_NAME()")[0][0]
    with closing(pyodbc.connect(azuresql.dsn(name, *login), autocommit=True)) as opened:
        yield opened


def outcome(connection: pyodbc.Connection, batch: str) -> int:
    """0, or the number of the error."""
    try:
        rows(connection, batch)
    except pyodbc.Error as error:
        return number(error)
    return 0


def test_without_a_grant_nothing_goes(app: pyodbc.Connection) -> None:
    assert outcome(app, "SELECT * FROM dbo.t") == 229
    assert outcome(app, "INSERT INTO dbo.t VALUES (1)") == 229
    assert outcome(app, "CREATE TABLE dbo.mine (id int)") in (229, 262)


def test_a_schemas_grant_covers_its_tables(
    app: pyodbc.Connection, run: Run, login: tuple[str, str]
) -> None:
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::dbo TO [{login[0]}]")
    assert (
        outcome(app, "INSERT INTO dbo.t VALUES (1); UPDATE dbo.t SET id = 2; DELETE FROM dbo.t")
        == 0
    )


def test_a_denial_through_a_role_wins(
    app: pyodbc.Connection, run: Run, login: tuple[str, str]
) -> None:
    run(
        f"GRANT SELECT, INSERT ON SCHEMA::dbo TO [{login[0]}]; ALTER ROLE db_datawriter "
        f"ADD MEMBER [{login[0]}]"
    )
    assert outcome(app, "INSERT INTO dbo.t VALUES (1)") == 0
    run("CREATE ROLE denied; DENY INSERT, UPDATE, DELETE, EXECUTE TO denied")
    run(f"ALTER ROLE denied ADD MEMBER [{login[0]}]")
    assert outcome(app, "INSERT INTO dbo.t VALUES (1)") == 229
    assert outcome(app, "DELETE FROM dbo.t WHERE 1 = 0") == 229
    assert outcome(app, "SELECT * FROM dbo.t") == 0
    run(f"ALTER ROLE denied DROP MEMBER [{login[0]}]")
    assert outcome(app, "INSERT INTO dbo.t VALUES (1)") == 0


def test_one_may_look_through_anothers_eyes(
    app: pyodbc.Connection, run: Run, login: tuple[str, str]
) -> None:
    run(f"GRANT SELECT ON dbo.t TO [{login[0]}]")
    assert run(
        f"EXECUTE AS USER = N'{login[0]}'; SELECT HAS_PERMS_BY_NAME(N'dbo.t', "
        "N'OBJECT', N'SELECT'), "
        "HAS_PERMS_BY_NAME(N'dbo.t', N'OBJECT', N'DELETE'), USER_NAME(); REVERT"
    ) == [(1, 0, login[0])]
    assert run("SELECT USER_NAME()") == [("dbo",)]


def test_a_wrong_password_is_18456(azuresql: AzureSqlAddress, login: tuple[str, str]) -> None:
    with pytest.raises(pyodbc.Error) as raised:
        pyodbc.connect(azuresql.dsn("master", login[0], "wrong"), timeout=10)
    assert "18456" in str(raised.value)


def test_a_session_is_found_and_ended(database: str, run: Run) -> None:
    with closing(pyodbc.connect(f"{database};APP=replicator-test", autocommit=True)) as victim:
        (own,) = rows(victim, "SELECT @@SPID")[0]
        assert run(
            "SELECT session_id FROM sys.dm_exec_sessions WHERE program_name = N'replicator-test'"
        ) == [(own,)]
        run(f"KILL {own}")
        with pytest.raises(pyodbc.Error):
            rows(victim, "SELECT 1")
    assert (
        run("SELECT session_id FROM sys.dm_exec_sessions WHERE program_name = N'replicator-test'")
        == []
    )
