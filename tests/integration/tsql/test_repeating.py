"""A text that runs again and again, and everything around it that may change meanwhile.

From the third time on the server takes short cuts (`sandbox/azuresql/tsql/plans.py`); nobody may
notice them.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import closing

import pyodbc
import pytest

from tests.integration.tsql.conftest import Rows, number, rows
from tests.servers import AzureSqlAddress

WARM = 4
BY_ID = "SELECT * FROM dbo.things WHERE id = ?"
INSERT = "INSERT INTO dbo.things (id, name) VALUES (?, ?)"


@pytest.fixture
def things(second: pyodbc.Connection) -> Iterator[pyodbc.Connection]:
    """A connection that changes definitions, beside the one whose texts repeat."""
    second.execute("CREATE TABLE dbo.things (id int PRIMARY KEY, name nvarchar(20) NOT NULL)")
    second.execute("INSERT INTO dbo.things VALUES (1, N'one'), (2, N'two')")
    yield second
    second.execute("DROP TABLE IF EXISTS dbo.things")


@pytest.fixture
def cursor(connection: pyodbc.Connection, things: pyodbc.Connection) -> pyodbc.Cursor:
    """Has read a thing so often that the server knows the text."""
    cursor = connection.cursor()
    for _ in range(WARM):
        assert read(cursor) == [(1, "one")]
    return cursor


def read(cursor: pyodbc.Cursor, id: object = 1) -> Rows:
    return [tuple(row) for row in cursor.execute(BY_ID, id).fetchall()]


def refusal(cursor: pyodbc.Cursor, text: str, *values: object) -> int:
    with pytest.raises(pyodbc.Error) as raised:
        cursor.execute(text, *values)
    return number(raised.value)


def test_other_values_give_other_rows(cursor: pyodbc.Cursor) -> None:
    assert read(cursor, 2) == [(2, "two")]
    assert read(cursor, 3) == []
    assert read(cursor, None) == []
    assert read(cursor, 2) == [(2, "two")]


def test_a_column_that_another_session_adds(
    cursor: pyodbc.Cursor, things: pyodbc.Connection
) -> None:
    things.execute("ALTER TABLE dbo.things ADD more decimal(9, 2) NOT NULL DEFAULT 1.5")
    (row,) = cursor.execute(BY_ID, 1).fetchall()
    assert [column[0] for column in cursor.description] == ["id", "name", "more"]
    assert str(row[2]) == "1.50"


def test_a_column_whose_type_another_session_changes(
    cursor: pyodbc.Cursor, things: pyodbc.Connection
) -> None:
    things.execute("ALTER TABLE dbo.things ALTER COLUMN name varchar(90) NULL")
    cursor.execute(BY_ID, 1).fetchall()
    assert (cursor.description[1][3], cursor.description[1][6]) == (90, True)


def test_a_table_dropped_and_made_anew(cursor: pyodbc.Cursor, things: pyodbc.Connection) -> None:
    things.execute("DROP TABLE dbo.things")
    assert refusal(cursor, BY_ID, 1) == 208
    things.execute("CREATE TABLE dbo.things (id bigint, at date)")
    things.execute("INSERT INTO dbo.things VALUES (1, NULL)")
    assert read(cursor) == [(1, None)]


def test_a_definition_that_is_rolled_back(
    cursor: pyodbc.Cursor, connection: pyodbc.Connection
) -> None:
    connection.autocommit = False
    cursor.execute("ALTER TABLE dbo.things ADD more int")
    for _ in range(WARM):
        assert read(cursor) == [(1, "one", None)]
    connection.rollback()
    connection.autocommit = True
    assert read(cursor) == [(1, "one")]


def test_a_temporary_table_of_another_shape(connection: pyodbc.Connection) -> None:
    text = "SELECT * FROM #t WHERE id > ?"
    with closing(connection.cursor()) as cursor:
        for columns, row in (("id int", (1,)), ("id int, b bigint", (1, 2)), ("id bigint", (1,))):
            cursor.execute(f"CREATE TABLE #t ({columns})")
            cursor.execute(f"INSERT INTO #t VALUES ({', '.join(map(str, row))})")
            for _ in range(WARM):
                assert [tuple(found) for found in cursor.execute(text, 0).fetchall()] == [row]
            cursor.execute("DROP TABLE #t")
            assert refusal(cursor, text, 0) == 208


def test_a_right_that_is_taken_away(
    azuresql: AzureSqlAddress, things: pyodbc.Connection, database: str
) -> None:
    password = f"Aa1!{secrets.token_hex(8)}"
    things.execute(f"CREATE USER reader WITH PASSWORD = '{password}'")
    things.execute("GRANT SELECT ON dbo.things TO reader")
    name = things.execute("SELECT DB_NAME()").fetchval()
    with closing(pyodbc.connect(azuresql.dsn(name, "reader", password), autocommit=True)) as user:
        cursor = user.cursor()
        for _ in range(WARM):
            assert read(cursor) == [(1, "one")]
        things.execute("REVOKE SELECT ON dbo.things FROM reader")
        assert refusal(cursor, BY_ID, 1) == 229
        things.execute("GRANT SELECT ON dbo.things TO reader")
        assert read(cursor) == [(1, "one")]


def test_another_user_in_the_same_session(cursor: pyodbc.Cursor, things: pyodbc.Connection) -> None:
    things.execute("CREATE USER nobody WITHOUT LOGIN")
    cursor.execute("EXECUTE AS USER = N'nobody'")
    assert refusal(cursor, BY_ID, 1) == 229
    cursor.execute("REVERT")
    assert read(cursor) == [(1, "one")]


def test_options_that_say_what_a_statement_gives(cursor: pyodbc.Cursor) -> None:
    text = "SELECT id FROM dbo.things WHERE id > ? ORDER BY id"
    for _ in range(WARM):
        assert len(cursor.execute(text, 0).fetchall()) == 2
    cursor.execute("SET ROWCOUNT 1")
    assert len(cursor.execute(text, 0).fetchall()) == 1
    cursor.execute("SET ROWCOUNT 0")
    cursor.execute("SET FMTONLY ON")
    assert cursor.execute(text, 0).fetchall() == []
    cursor.execute("SET FMTONLY OFF")
    assert len(cursor.execute(text, 0).fetchall()) == 2


def test_changes_are_counted_until_nobody_wants_it(cursor: pyodbc.Cursor) -> None:
    text = "UPDATE dbo.things SET name = ? WHERE id > ?"
    for n in range(WARM):
        assert cursor.execute(text, f"name {n}", 0).rowcount == 2
        assert tuple(cursor.execute("SELECT @@ROWCOUNT, @@ERROR").fetchone()) == (2, 0)
    cursor.execute("SET NOCOUNT ON")
    assert cursor.execute(text, "last", 0).rowcount == -1
    assert cursor.execute("SELECT @@ROWCOUNT").fetchval() == 2
    cursor.execute("SET NOCOUNT OFF")
    assert cursor.execute(text, "last", 0).rowcount == 2
    assert read(cursor) == [(1, "last")]


def test_implicit_transactions_begin_with_a_repeated_read(cursor: pyodbc.Cursor) -> None:
    cursor.execute("SET IMPLICIT_TRANSACTIONS ON")
    read(cursor)
    assert cursor.execute("SELECT @@TRANCOUNT").fetchval() == 1
    cursor.execute("ROLLBACK; SET IMPLICIT_TRANSACTIONS OFF")


def test_a_trigger_that_comes_later(cursor: pyodbc.Cursor, things: pyodbc.Connection) -> None:
    for n in range(10, 10 + WARM):
        cursor.execute(INSERT, n, "new")
    things.execute(
        "CREATE TRIGGER dbo.renames ON dbo.things AFTER INSERT AS UPDATE t SET name = N'seen' "
        "FROM dbo.things AS t JOIN inserted AS i ON i.id = t.id"
    )
    cursor.execute(INSERT, 20, "new")
    assert read(cursor, 20) == [(20, "seen")]


def test_identities_of_repeated_inserts(connection: pyodbc.Connection) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute("CREATE TABLE dbo.numbered (id int IDENTITY PRIMARY KEY, n int UNIQUE)")
        text = "INSERT INTO dbo.numbered (n) VALUES (?)"
        for n in range(1, 2 + WARM):
            cursor.execute(text, n)
            assert cursor.execute("SELECT @@IDENTITY").fetchval() == n
        cursor.execute("SET IDENTITY_INSERT dbo.numbered ON")
        assert refusal(cursor, text, 99) == 545
        cursor.execute("SET IDENTITY_INSERT dbo.numbered OFF; DROP TABLE dbo.numbered")


def test_a_failing_change_undoes_itself_alone(
    cursor: pyodbc.Cursor, connection: pyodbc.Connection
) -> None:
    connection.autocommit = False
    for n in range(10, 10 + WARM):
        cursor.execute(INSERT, n, "kept")
    assert refusal(cursor, INSERT, 10, "again") == 2627
    assert refusal(cursor, INSERT, 99, "x" * 21) == 2628
    cursor.execute(INSERT, 98, "kept")
    assert cursor.execute("SELECT @@TRANCOUNT").fetchval() == 1
    connection.commit()
    connection.autocommit = True
    kept = cursor.execute("SELECT COUNT(*) FROM dbo.things WHERE name = N'kept'").fetchval()
    assert kept == WARM + 1


def test_a_failing_change_under_xact_abort_undoes_everything(
    cursor: pyodbc.Cursor, connection: pyodbc.Connection
) -> None:
    cursor.execute("SET XACT_ABORT ON")
    connection.autocommit = False
    for n in range(10, 10 + WARM):
        cursor.execute(INSERT, n, "lost")
    assert refusal(cursor, INSERT, 10, "again") == 2627
    connection.commit()
    connection.autocommit = True
    cursor.execute("SET XACT_ABORT OFF")
    lost = cursor.execute("SELECT COUNT(*) FROM dbo.things WHERE name = N'lost'").fetchval()
    assert lost == 0


def test_an_error_inside_a_repeated_text(cursor: pyodbc.Cursor) -> None:
    text = "EXEC sp_executesql N'SELECT 1 / @n', N'@n int', @n = ?"
    for _ in range(WARM):
        assert cursor.execute(text, 1).fetchval() == 1
    assert refusal(cursor, text, 0) == 8134
    assert cursor.execute(text, 1).fetchval() == 1


def test_an_error_in_the_middle_of_the_rows(cursor: pyodbc.Cursor, things: object) -> None:
    text = "SELECT 10 / (id - ?) FROM dbo.things ORDER BY id"
    for _ in range(WARM):
        assert [row[0] for row in cursor.execute(text, 0).fetchall()] == [10, 5]
    with pytest.raises(pyodbc.Error) as raised:
        cursor.execute(text, 2).fetchall()
    assert number(raised.value) == 8134
    assert [row[0] for row in cursor.execute(text, 0).fetchall()] == [10, 5]


@pytest.mark.parametrize("count", [511, 512, 513, 1024, 5000])
def test_long_results_arrive_whole(connection: pyodbc.Connection, count: int) -> None:
    text = "SELECT value FROM GENERATE_SERIES(1, CAST(? AS int)) ORDER BY value"
    with closing(connection.cursor()) as cursor:
        for _ in range(WARM):
            found = cursor.execute(text, count).fetchall()
            assert [row[0] for row in found] == list(range(1, count + 1))
        cursor.execute(text, count).fetchone()
        assert cursor.execute("SELECT 1").fetchval() == 1


def test_a_repeated_change_that_waits_can_be_cancelled(
    cursor: pyodbc.Cursor, things: pyodbc.Connection
) -> None:
    text = "UPDATE dbo.things SET name = ? WHERE id = ?"
    for _ in range(WARM):
        cursor.execute(text, "mine", 1)
    things.autocommit = False
    things.execute("UPDATE dbo.things SET name = N'theirs' WHERE id = 1")
    waits = threading.Timer(0.3, cursor.cancel)
    waits.start()
    with pytest.raises(pyodbc.Error) as raised:
        cursor.execute(text, "mine", 1)
    waits.join()
    assert raised.value.args[0] == "HY008"
    things.commit()
    things.autocommit = True
    assert read(cursor) == [(1, "theirs")]
    assert cursor.execute(text, "mine", 1).rowcount == 1


def test_a_lock_timeout_of_a_repeated_change(
    cursor: pyodbc.Cursor, things: pyodbc.Connection
) -> None:
    text = "UPDATE dbo.things SET name = ? WHERE id = ?"
    for _ in range(WARM):
        cursor.execute(text, "mine", 1)
    things.autocommit = False
    things.execute("UPDATE dbo.things SET name = N'theirs' WHERE id = 1")
    cursor.execute("SET LOCK_TIMEOUT 10")
    assert refusal(cursor, text, "mine", 1) == 1222
    things.rollback()
    things.autocommit = True
    cursor.execute("SET LOCK_TIMEOUT -1")
    assert cursor.execute(text, "mine", 1).rowcount == 1


def test_handles_outlive_the_short_cut(connection: pyodbc.Connection) -> None:
    """A new sp_prepexec gives its own handle, and the others go on."""
    with closing(connection.cursor()) as first, closing(connection.cursor()) as other:
        for n in range(WARM):
            assert first.execute("SELECT CAST(? AS int) + 1", n).fetchval() == n + 1
            assert other.execute("SELECT CAST(? AS int) + 2", n).fetchval() == n + 2
    assert rows(connection, "SELECT CAST(? AS int) + 1", 5) == [(6,)]
