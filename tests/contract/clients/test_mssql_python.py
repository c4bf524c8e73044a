"""mssql-python, Microsoft's own driver for Python: the scenarios, bulk loads and Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import mssql_python
import pyarrow as pa
import pytest

from sandbox.databases import connection_words
from tests.contract.clients.edges import Edge
from tests.contract.clients.scenarios import Place, Scenarios
from tests.contract.clients.test_pyodbc import odbc_text


def python_text(place: Place, *, encrypt: bool = True) -> str:
    """It brings its own driver, and names the application itself."""
    words = connection_words(odbc_text(place, encrypt=encrypt))
    return ";".join(f"{n}={v}" for n, v in words.items() if n not in ("driver", "app"))


_SYNTAX = "Syntax error or access violation"
_INTEGRITY = "Integrity constraint violation"
_STATES = {
    102: _SYNTAX,
    208: "Base table or view not found",
    245: "Invalid character value for cast specification",
    515: _INTEGRITY,
    547: _INTEGRITY,
    2627: _INTEGRITY,
    2628: _SYNTAX,
    8134: "Division by zero",
    18456: "Invalid authorization specification",
    50001: _SYNTAX,
}


class TestMssqlPython(Scenarios):
    application = "MSSQL-Python"
    no_database = 18456

    def connect(self, place: Place, *, encrypt: bool = True, limit_s: int = 0) -> Any:
        connection = mssql_python.connect(python_text(place, encrypt=encrypt))
        connection.timeout = limit_s
        return connection

    def check_number(self, error: Exception, number: int) -> None:
        """It keeps no number: the words that it has for SQLSTATE stand in for it."""
        said, _, _ = str(error).partition(";")
        assert said == f"Driver Error: {_STATES[number]}"

    def sent(self, edge: Edge) -> Any:
        """It refuses dates before 1753 by itself, though `date` begins in year one."""
        return edge.text if edge.type == "date" else edge.value


@pytest.fixture
def connection(place: Place) -> Iterator[Any]:
    with closing(mssql_python.connect(python_text(place), autocommit=True)) as opened:
        yield opened


_ROWS = [(n, f"row {n} é😀" if n % 3 else None, n / 8) for n in range(5_000)]


def _create(connection: Any, name: str) -> None:
    connection.execute(
        f"CREATE TABLE dbo.{name} (n int NOT NULL, t nvarchar(40) NULL, f float NULL)"
    )


def _read(connection: Any, name: str) -> list[tuple[Any, ...]]:
    found = connection.execute(f"SELECT n, t, f FROM dbo.{name} ORDER BY n").fetchall()
    return [tuple(row) for row in found]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [0, 700])
def test_bulkcopy(connection: Any, batch: int) -> None:
    _create(connection, f"bulk{batch}")
    done = connection.cursor().bulkcopy(f"dbo.bulk{batch}", _ROWS, batch_size=batch)
    assert done["rows_copied"] == len(_ROWS)
    assert _read(connection, f"bulk{batch}") == _ROWS


@pytest.mark.slow
def test_bulkcopy_arrow(connection: Any) -> None:
    _create(connection, "arrows")
    table = pa.table(
        {
            "n": pa.array([row[0] for row in _ROWS], pa.int32()),
            "t": pa.array([row[1] for row in _ROWS], pa.string()),
            "f": pa.array([row[2] for row in _ROWS], pa.float64()),
        }
    )
    done = connection.cursor().bulkcopy_arrow("dbo.arrows", table)
    assert done["rows_copied"] == len(_ROWS)
    assert _read(connection, "arrows") == _ROWS


@pytest.mark.slow
def test_a_result_as_arrow(connection: Any) -> None:
    _create(connection, "columnar")
    connection.cursor().bulkcopy("dbo.columnar", _ROWS)
    cursor = connection.execute("SELECT n, t, f FROM dbo.columnar ORDER BY n")
    table = cursor.arrow()
    assert table.column_names == ["n", "t", "f"]
    assert [tuple(row.values()) for row in table.to_pylist()] == _ROWS
