"""Errors by number, each raised by its real cause."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, number, rows
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module", autouse=True)
def tables(database: str) -> None:
    with pyodbc.connect(database, autocommit=True) as connection:
        rows(
            connection,
            "CREATE TABLE dbo.a (id int NOT NULL CONSTRAINT pk_a PRIMARY KEY, u nvarchar(5) "
            "CONSTRAINT uq_a UNIQUE, n int NOT NULL DEFAULT 0, d decimal(4, 2), "
            "CONSTRAINT ck_a CHECK (n >= 0)); "
            "CREATE UNIQUE INDEX ix_a ON dbo.a (d) WHERE d IS NOT NULL; "
            "CREATE TABLE dbo.b (id int IDENTITY PRIMARY KEY, "
            "a int CONSTRAINT fk_b REFERENCES dbo.a (id)); "
            "INSERT INTO dbo.a VALUES (1, N'x', 0, 1), (2, N'y', 0, 2); "
            "INSERT INTO dbo.b VALUES (1)",
        )


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ("INSERT INTO dbo.a (id, u) VALUES (1, N'z')", 2627),
        ("INSERT INTO dbo.a (id, u) VALUES (3, N'X ')", 2627),
        ("INSERT INTO dbo.a (id, u, d) VALUES (3, N'z', 1)", 2601),
        ("INSERT INTO dbo.b VALUES (99)", 547),
        ("DELETE FROM dbo.a WHERE id = 1", 547),
        ("UPDATE dbo.a SET n = -1", 547),
        ("INSERT INTO dbo.a (id, n) VALUES (3, NULL)", 515),
        ("INSERT INTO dbo.a (id, u) VALUES (3, N'toolong')", 2628),
        ("INSERT INTO dbo.a (id, u, d) VALUES (3, N'q', 100)", 8115),
        ("SELECT 2147483647 + n + 1 FROM dbo.a", 8115),
        ("DECLARE @t tinyint = 256", 220),
        ("SELECT CAST('x' AS int)", 245),
        ("SELECT CAST('x' AS decimal(4, 2))", 8114),
        ("SELECT CAST('x' AS datetime2)", 241),
        ("SELECT CAST('x' AS uniqueidentifier)", 8169),
        ("SELECT 1 / (n - n) FROM dbo.a", 8134),
        ("SELECT * FROM dbo.nix", 208),
        ("SELECT nix FROM dbo.a", 207),
        ("SELECT 1 FROM", 102),
        ("SELECT @nix", 137),
        ("EXEC dbo.nix", 2812),
        ("CREATE TABLE dbo.a (id int)", 2714),
        ("CREATE SCHEMA dbo", 2714),
        ("CREATE INDEX ix_a ON dbo.a (n)", 1913),
        ("CREATE UNIQUE INDEX ix_n ON dbo.a (n)", 1505),
        ("ALTER TABLE dbo.a ADD CONSTRAINT uq_n UNIQUE (n)", 1505),
        ("SELECT SUM(CAST(n AS bit)) FROM dbo.a", 8117),
        ("SELECT id, COUNT(*) FROM dbo.a GROUP BY n", 8120),
        ("SELECT id FROM dbo.a WHERE COUNT(*) > 1", 147),
        ("SELECT SUM(COUNT(*)) FROM dbo.a", 130),
        ("SELECT id FROM dbo.a WHERE ROW_NUMBER() OVER (ORDER BY id) = 1", 4108),
        ("SELECT ROW_NUMBER() OVER (PARTITION BY n) FROM dbo.a", 4112),
        ("SELECT id FROM dbo.a WHERE id IN (SELECT id, n FROM dbo.a)", 116),
        ("SELECT 1 FROM dbo.a JOIN dbo.a ON 1 = 1", 1013),
        ("INSERT INTO dbo.a (id, id) VALUES (8, 8)", 264),
        ("INSERT INTO dbo.a VALUES (8)", 213),
        ("SELECT DISTINCT u FROM dbo.a ORDER BY id", 145),
        ("SELECT u FROM dbo.a ORDER BY 2", 108),
        ("SELECT TOP (1) WITH TIES u FROM dbo.a", 1062),
        ("SELECT TOP (1) u FROM dbo.a ORDER BY id OFFSET 1 ROWS", 10741),
        ("SELECT u FROM dbo.a ORDER BY id OFFSET -1 ROWS", 10742),
        ("SELECT CAST('2147483648' AS int)", 248),
        ("SELECT CAST(1 AS date)", 529),
        ("SELECT CAST('2020-01-01' AS date) + 1", 206),
        ("SELECT DATEFROMPARTS(2010, 2, 30)", 289),
        ("SELECT SQRT(-1)", 3623),
        ("SELECT LEN('a', 'b')", 174),
        ("DECLARE @d decimal(5, 6)", 192),
        ("SELECT 1 FOR JSON PATH", 13605),
        ("DROP TABLE dbo.nix", 3701),
        ("DROP TABLE dbo.a", 3726),
        ("TRUNCATE TABLE dbo.a", 4712),
        ("ALTER TABLE dbo.a DROP CONSTRAINT nix", 3728),
        ("INSERT INTO dbo.b (id, a) VALUES (7, 1)", 544),
        ("SELECT (SELECT id FROM dbo.a)", 512),
        ("COMMIT", 3902),
        ("ROLLBACK", 3903),
        ("THROW 50123, N'mine', 1", 50123),
        ("RAISERROR (N'x %d', 16, 1, 5)", 50000),
        ("USE master", 40508),
        ("CREATE INDEX i ON dbo.a (nix)", 1911),
        ("SELECT * FROM OPENJSON(N'x') WITH (a int)", 13609),
        ("WITH q AS (SELECT id FROM dbo.a) DELETE FROM q", 547),
    ],
)
def test_the_cause_decides_the_number(
    refused: Callable[..., int], batch: str, expected: int
) -> None:
    assert refused(batch) == expected


def test_messages_name_what_they_concern(connection: pyodbc.Connection) -> None:
    with pytest.raises(pyodbc.Error) as raised:
        rows(connection, "INSERT INTO dbo.A (ID, u) VALUES (1, N'z')")
    text = str(raised.value)
    assert "Violation of PRIMARY KEY constraint 'pk_a'" in text
    assert "'dbo.a'. The duplicate key value is (1)" in text
    with pytest.raises(pyodbc.Error) as raised:
        rows(connection, "INSERT INTO dbo.a (id, u) VALUES (3, N'toolong')")
    assert "column 'u'. Truncated value: 'toolo'" in str(raised.value)


def test_the_line_is_the_statements(run: Run) -> None:
    assert run(
        "BEGIN TRY\n  SELECT 1;\n\n  INSERT INTO dbo.a (id) VALUES (1);\nEND TRY\n"
        "BEGIN CATCH SELECT ERROR_NUMBER(), ERROR_LINE(), ERROR_SEVERITY() END CATCH"
    ) == [(2627, 4, 14)]


def test_a_lock_that_is_not_given_in_time(
    connection: pyodbc.Connection, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    rows(second, "BEGIN TRANSACTION; UPDATE dbo.a SET n = 5 WHERE id = 2")
    assert refused("SET LOCK_TIMEOUT 50; UPDATE dbo.a SET n = 6 WHERE id = 2") == 1222
    rows(second, "ROLLBACK")


def test_two_that_wait_for_each_other(
    connection: pyodbc.Connection, second: pyodbc.Connection
) -> None:
    rows(connection, "BEGIN TRANSACTION; UPDATE dbo.a SET n = 1 WHERE id = 1")
    rows(second, "BEGIN TRANSACTION; UPDATE dbo.a SET n = 1 WHERE id = 2")
    numbers: list[int] = []

    def cross(own: pyodbc.Connection, id: int) -> None:
        try:
            rows(own, f"UPDATE dbo.a SET n = 1 WHERE id = {id}")
        except pyodbc.Error as error:
            numbers.append(number(error))

    other = threading.Thread(target=cross, args=(second, 1))
    other.start()
    cross(connection, 2)
    other.join(timeout=PATIENCE_S)
    assert numbers == [1205]
    states = sorted(rows(c, "SELECT @@TRANCOUNT")[0][0] for c in (connection, second))
    assert states == [0, 1]


def test_a_snapshot_that_is_overtaken(
    connection: pyodbc.Connection, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    rows(
        connection,
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION; SELECT COUNT(*) FROM dbo.a",
    )
    rows(second, "UPDATE dbo.a SET n = n + 1 WHERE id = 2")
    assert refused("UPDATE dbo.a SET n = n + 1 WHERE id = 2") == 3960
