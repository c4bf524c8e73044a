"""INSERT BULK through mssql-python: what lands in the table, and what does not."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import mssql_python
import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, rows


def load(database: str, table: str, values: list[tuple[Any, ...]], **options: Any) -> None:
    words = [word for word in database.split(";") if not word.lower().startswith("driver=")]
    with closing(mssql_python.connect(";".join(words), autocommit=True)) as connection:
        connection.cursor().bulkcopy(table, values, **options)


def test_rows_land_with_identity_and_defaults(database: str, run: Run) -> None:
    run(
        "CREATE TABLE dbo.loaded (id int IDENTITY PRIMARY KEY, s nvarchar(5) "
        "CONSTRAINT df_s DEFAULT (N'x'), n int)"
    )
    load(
        database,
        "dbo.loaded",
        [("a", 1), ("b", None)],
        column_mappings=[(0, "s"), (1, "n")],
    )
    assert run("SELECT id, s, n FROM dbo.loaded ORDER BY id") == [(1, "a", 1), (2, "b", None)]
    assert run("INSERT INTO dbo.loaded (n) OUTPUT inserted.id, inserted.s VALUES (3)") == [(3, "x")]


@pytest.mark.parametrize(
    ("definition", "values"),
    [
        ("id int PRIMARY KEY, s nvarchar(5)", [(1, "a"), (1, "b")]),
        ("id int NOT NULL, s nvarchar(5)", [(1, "a"), (None, "b")]),
        ("id int, s nvarchar(5)", [(1, "a"), (2, "toolong")]),
    ],
)
def test_a_refused_row_leaves_nothing(
    database: str, run: Run, definition: str, values: list[tuple[Any, ...]]
) -> None:
    run(f"DROP TABLE IF EXISTS dbo.refused; CREATE TABLE dbo.refused ({definition})")
    with pytest.raises(Exception, match=r"\S"):
        load(database, "dbo.refused", values, use_internal_transaction=True)
    assert run("SELECT COUNT(*) FROM dbo.refused") == [(0,)]


def test_a_load_in_another_session_does_not_wait(
    database: str, connection: pyodbc.Connection, run: Run
) -> None:
    run("CREATE TABLE dbo.beside (id int PRIMARY KEY)")
    rows(connection, "BEGIN TRANSACTION; INSERT INTO dbo.beside VALUES (1)")
    load(database, "dbo.beside", [(2,), (3,)])
    rows(connection, "COMMIT")
    assert run("SELECT COUNT(*) FROM dbo.beside") == [(3,)]
