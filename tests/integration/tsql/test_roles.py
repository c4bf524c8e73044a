"""What users may do: fixed roles, grants on, definitions, and passwords of their own."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, number, rows
from tests.servers import AzureSqlAddress

PASSWORD = f"Aa1!{secrets.token_hex(8)}"


@pytest.fixture(scope="module")
def name(database: str) -> str:
    with closing(pyodbc.connect(database, autocommit=True)) as opened:
        found: str = opened.execute("SELECT DB_NAME()").fetchval()
        opened.execute("CREATE TABLE dbo.t (id int); CREATE TABLE dbo.other (id int)")
        opened.execute("CREATE VIEW dbo.v AS SELECT id FROM dbo.t")
        return found


User = Callable[..., pyodbc.Connection]


@pytest.fixture
def user(azuresql: AzureSqlAddress, name: str, run: Run) -> Iterator[User]:
    """Makes a user with a password of its own, gives it what is said, and logs in as it."""
    opened: list[pyodbc.Connection] = []

    def make(*rights: str) -> pyodbc.Connection:
        user = f"u_{secrets.token_hex(4)}"
        run(f"CREATE USER {user} WITH PASSWORD = '{PASSWORD}'")
        for right in rights:
            run(right.format(user=user))
        connection = pyodbc.connect(azuresql.dsn(name, user, PASSWORD), autocommit=True)
        opened.append(connection)
        return connection

    yield make
    for connection in opened:
        connection.close()


def outcome(connection: pyodbc.Connection, batch: str) -> int:
    """0, or the number of the error."""
    try:
        rows(connection, batch)
    except pyodbc.Error as error:
        return number(error)
    return 0


def numbers(connection: pyodbc.Connection, *batches: str) -> list[int]:
    return [outcome(connection, batch) for batch in batches]


SELECT, INSERT, UPDATE = (
    "SELECT id FROM dbo.t",
    "INSERT INTO dbo.t VALUES (1)",
    "UPDATE dbo.t SET id = 2",
)
DELETE = "DELETE FROM dbo.t"
CREATE = "CREATE TABLE dbo.made (id int)"


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        ("db_datareader", [0, 229, 229, 229, 262]),
        ("db_datawriter", [229, 0, 229, 229, 262]),
        ("db_ddladmin", [229, 229, 229, 229, 0]),
        ("db_owner", [0, 0, 0, 0, 2714]),
    ],
)
def test_a_fixed_role_may_what_it_is_for(user: User, role: str, wanted: list[int]) -> None:
    """UPDATE and DELETE without a condition need no SELECT; with columns read they do."""
    member = user(f"ALTER ROLE {role} ADD MEMBER {{user}}")
    expected = wanted if role != "db_datawriter" else [229, 0, 0, 0, 262]
    assert numbers(member, SELECT, INSERT, UPDATE, DELETE, CREATE) == expected


def test_a_denying_role_wins_over_a_grant(user: User) -> None:
    member = user(
        "GRANT SELECT, INSERT ON dbo.t TO {user}",
        "ALTER ROLE db_denydatawriter ADD MEMBER {user}",
    )
    assert numbers(member, SELECT, INSERT) == [0, 229]


def test_a_change_that_reads_columns_needs_select(user: User) -> None:
    member = user("GRANT UPDATE, DELETE ON dbo.t TO {user}")
    assert numbers(
        member,
        "UPDATE dbo.t SET id = 3",
        "UPDATE dbo.t SET id = id + 1",
        "UPDATE dbo.t SET id = 3 WHERE id = 2",
        "DELETE FROM dbo.t WHERE id = 2",
        "DELETE FROM dbo.t WHERE 1 = 0",
    ) == [0, 229, 229, 229, 0]


def test_a_grant_is_of_one_object(user: User) -> None:
    member = user("GRANT SELECT ON dbo.t TO {user}")
    assert numbers(member, SELECT, "SELECT id FROM dbo.other") == [0, 229]


def test_a_view_lends_its_owners_right(user: User) -> None:
    member = user("GRANT SELECT ON dbo.v TO {user}")
    assert numbers(member, "SELECT id FROM dbo.v", SELECT) == [0, 229]


def test_control_of_the_schema_gives_everything_in_it(user: User) -> None:
    member = user("GRANT CONTROL ON SCHEMA::dbo TO {user}", "DENY DELETE ON dbo.t TO {user}")
    assert numbers(member, SELECT, INSERT, DELETE, "ALTER TABLE dbo.other ADD c int") == [
        *(0, 0, 229, 0)
    ]


def test_a_table_needs_create_and_alter_on_its_schema(user: User) -> None:
    member = user("GRANT CREATE TABLE TO {user}")
    batch = "CREATE TABLE dbo.theirs (id int)"
    assert outcome(member, batch) == 2760
    member = user("GRANT CREATE TABLE TO {user}", "GRANT ALTER ON SCHEMA::dbo TO {user}")
    assert outcome(member, batch) == 0


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ("CREATE VIEW dbo.mine AS SELECT 1 AS one", 262),
        ("CREATE SCHEMA mine", 262),
        ("CREATE SEQUENCE dbo.mine", 262),
        ("ALTER TABLE dbo.t ADD c int NULL", 1088),
        ("CREATE INDEX ix ON dbo.t (id)", 1088),
        ("TRUNCATE TABLE dbo.t", 1088),
        ("DROP TABLE dbo.t", 3701),
        ("DROP VIEW dbo.v", 3701),
        ("CREATE USER mine WITHOUT LOGIN", 15247),
        ("CREATE ROLE mine", 15247),
        ("ALTER ROLE db_owner ADD MEMBER guest", 15151),
        ("DROP USER guest", 15151),
        ("GRANT SELECT ON dbo.t TO public", 15151),
        ("GRANT CREATE TABLE TO public", 4613),
        ("CREATE DATABASE mine", 262),
        ("DROP DATABASE master", 3701),
        ("ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON", 5011),
        ("KILL 32000", 6102),
        ("EXECUTE AS USER = N'guest'", 15517),
        ("SELECT * FROM sys.dm_db_resource_stats", 262),
        ("SELECT * FROM sys.dm_tran_locks", 262),
    ],
)
def test_without_a_right_a_definition_is_refused(user: User, batch: str, error: int) -> None:
    assert outcome(user(), batch) == error


def test_a_temporary_table_needs_no_right(user: User) -> None:
    assert outcome(user(), "CREATE TABLE #mine (id int); INSERT INTO #mine VALUES (1)") == 0


def test_state_is_seen_with_the_right_to(user: User) -> None:
    assert rows(user(), "SELECT COUNT(*) FROM sys.dm_exec_sessions") == [(1,)]
    watcher = user("GRANT VIEW DATABASE STATE TO {user}")
    assert rows(watcher, "SELECT COUNT(*) FROM sys.dm_exec_sessions")[0][0] > 1
    assert outcome(watcher, "SELECT * FROM sys.dm_db_resource_stats") == 0


def test_a_right_is_passed_on_with_grant_option(user: User, run: Run, refused: Any) -> None:
    run("CREATE ROLE passed")
    member = user("GRANT SELECT ON dbo.t TO {user} WITH GRANT OPTION")
    assert numbers(
        member, "GRANT SELECT ON dbo.t TO passed", "GRANT INSERT ON dbo.t TO passed"
    ) == [0, 15151]
    name = rows(member, "SELECT USER_NAME()")[0][0]
    assert refused(f"REVOKE SELECT ON dbo.t FROM {name}") == 4611
    run(f"REVOKE GRANT OPTION FOR SELECT ON dbo.t FROM {name} CASCADE")
    assert numbers(member, SELECT, "GRANT SELECT ON dbo.t TO passed") == [0, 15151]


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ("GRANT SELECT ON dbo.t TO dbo", 4624),
        ("GRANT SELECT ON dbo.t TO db_datareader", 4617),
        ("GRANT SELECT ON dbo.t TO nobody", 15151),
        ("GRANT SELECT ON dbo.nothing TO public", 15151),
        ("GRANT EXECUTE ON dbo.t TO public", 4606),
        ("ALTER ROLE [public] ADD MEMBER guest", 15081),
        ("ALTER ROLE nothing ADD MEMBER guest", 15151),
        ("DROP ROLE db_owner", 15150),
        ("DROP USER dbo", 15150),
        ("CREATE USER nobody FOR LOGIN nobody_at_all", 15007),
        ("CREATE ROLE db_owner", 15023),
        ("CREATE LOGIN here WITH PASSWORD = 'Aa1!aaaaaaaa'", 5001),
    ],
)
def test_what_the_owner_may_not_either(
    name: str, refused: Callable[..., int], batch: str, error: int
) -> None:
    assert refused(batch) == error


def test_a_role_with_members_stays(run: Run, refused: Callable[..., int]) -> None:
    run("CREATE ROLE filled; CREATE ROLE inner_role; ALTER ROLE filled ADD MEMBER inner_role")
    assert refused("DROP ROLE filled") == 15144
    run("ALTER ROLE filled DROP MEMBER inner_role; DROP ROLE filled")


def test_a_users_own_password_opens_one_database(
    azuresql: AzureSqlAddress, name: str, run: Run
) -> None:
    run(f"CREATE USER alone WITH PASSWORD = '{PASSWORD}'")
    assert run(
        "SELECT authentication_type_desc FROM sys.database_principals WHERE name = N'alone'"
    ) == [("DATABASE",)]
    with closing(pyodbc.connect(azuresql.dsn(name, "alone", PASSWORD))) as opened:
        assert rows(opened, "SELECT USER_NAME(), SUSER_SNAME()") == [("alone", "alone")]
    with pytest.raises(pyodbc.Error) as raised:
        pyodbc.connect(azuresql.dsn("master", "alone", PASSWORD))
    assert "18456" in str(raised.value)
    run("ALTER USER alone WITH PASSWORD = 'Bb2?changed-now'")
    with pytest.raises(pyodbc.Error) as raised:
        pyodbc.connect(azuresql.dsn(name, "alone", PASSWORD))
    assert "18456" in str(raised.value)
    pyodbc.connect(azuresql.dsn(name, "alone", "Bb2?changed-now")).close()


def first_error(host: str, port: int, user: str, database: str) -> int:
    """The first error of a refused login, which ODBC does not show. In a process of its own:
    pymssql keeps the number of the last one that was as severe, whatever connection it was of."""
    program = (
        "import pymssql, sys\n"
        "try: pymssql.connect(*sys.argv[1:4], sys.argv[4], port=sys.argv[5])\n"
        "except pymssql.OperationalError as exc: print(exc.args[0][0])\n"
    )
    command = [sys.executable, "-c", program, host, user, PASSWORD, database, str(port)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int(said)


def test_a_login_without_a_user_is_told_916(azuresql: AzureSqlAddress, name: str) -> None:
    login = f"stranger_{secrets.token_hex(4)}"
    with closing(pyodbc.connect(azuresql.dsn("master"), autocommit=True)) as master:
        rows(master, f"CREATE LOGIN {login} WITH PASSWORD = '{PASSWORD}'")
        try:
            assert first_error(azuresql.host, azuresql.port, login, name) == 916
            rows(master, f"ALTER LOGIN {login} WITH PASSWORD = 'Bb2?changed-now'")
            pyodbc.connect(azuresql.dsn("master", login, "Bb2?changed-now")).close()
        finally:
            rows(master, f"DROP LOGIN {login}")
