"""Table types, and the values that clients send of them."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, number

_ROWS = [(n, None if n % 2 else f"é {n}", Decimal(n).scaleb(-2)) for n in range(1200)]


@pytest.fixture
def pairs(run: Run) -> None:
    run("DROP TYPE IF EXISTS dbo.pairs")
    run(
        "CREATE TYPE dbo.pairs AS TABLE"
        " (n int NOT NULL PRIMARY KEY, t nvarchar(20) NULL, d decimal(9,2) NULL)"
    )


def test_a_table_value_is_read_like_a_table(
    connection: pyodbc.Connection, run: Run, pairs: None
) -> None:
    run("CREATE TABLE dbo.paired (n int NOT NULL, t nvarchar(20) NULL, d decimal(9,2) NULL)")
    for count in (3, 1200, 0):
        run("TRUNCATE TABLE dbo.paired")
        with closing(connection.cursor()) as cursor:
            value = ["pairs", "dbo", *_ROWS[:count]]
            statement = "INSERT INTO dbo.paired SELECT p.n, p.t, p.d FROM ? AS p"
            assert cursor.execute(statement, (value,)).rowcount == count
        assert run("SELECT n, t, d FROM dbo.paired ORDER BY n") == _ROWS[:count]


def test_a_table_value_stands_beside_other_parameters(
    connection: pyodbc.Connection, pairs: None
) -> None:
    value = ["pairs", "dbo", *_ROWS[:10]]
    statement = "SELECT p.n, p.t FROM ? AS p WHERE p.n >= ? AND p.t IS NOT NULL"
    with closing(connection.cursor()) as cursor:
        found = cursor.execute(statement, (value, 7)).fetchall()
    assert [tuple(row) for row in found] == [(8, "é 8")]


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([(1, "a", None), (1, "b", None)], 2627),
        ([(1, "x" * 21, None)], 2628),
        ([(1, "a", None, 5)], 500),
    ],
)
def test_a_table_value_is_refused_by_its_type(
    connection: pyodbc.Connection,
    run: Run,
    pairs: None,
    rows: list[tuple[object, ...]],
    refused: int,
) -> None:
    with closing(connection.cursor()) as cursor, pytest.raises(pyodbc.Error) as caught:
        cursor.execute("SELECT p.n FROM ? AS p", (["pairs", "dbo", *rows],))
    assert number(caught.value) == refused
    assert run("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("CREATE TYPE dbo.pairs AS TABLE (n int NULL)", 219),
        ("CREATE TYPE dbo.broken AS TABLE (n nonsense NULL)", 2715),
        ("DROP TYPE dbo.nothing", 218),
    ],
)
def test_what_is_no_table_type_is_refused(
    run: Run, pairs: None, statement: str, refused: int
) -> None:
    with pytest.raises(pyodbc.Error) as caught:
        run(statement)
    assert number(caught.value) == refused


def test_a_dropped_type_is_gone(connection: pyodbc.Connection, run: Run, pairs: None) -> None:
    run("DROP TYPE dbo.pairs")
    run("DROP TYPE IF EXISTS dbo.pairs")
    with closing(connection.cursor()) as cursor, pytest.raises(pyodbc.Error) as caught:
        cursor.execute("SELECT p.n FROM ? AS p", (["pairs", "dbo", (1, "a", None)],))
    assert number(caught.value) == 2715
