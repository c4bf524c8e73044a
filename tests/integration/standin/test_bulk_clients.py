"""Bulk loads by mssql-python, which sends Arrow columns as TDS rows."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from decimal import Decimal
from uuid import UUID

import mssql_python
import pyarrow as pa
import pyodbc
import pytest

from sandbox.databases import connection_words

_TABLE = """CREATE TABLE dbo.every (
    id bigint NOT NULL PRIMARY KEY, name nvarchar(100) NULL, amount decimal(38, 10) NULL,
    at datetimeoffset(7) NULL, note nvarchar(max) NULL, flag bit NULL, score float NULL,
    uid uniqueidentifier NULL, day date NULL, moment datetime2(7) NULL, clock time(7) NULL,
    raw varbinary(max) NULL)"""


def python_words(target_database: str) -> str:
    """The same place in the words of mssql-python, which brings its own driver."""
    words = connection_words(target_database)
    return ";".join(f"{name}={value}" for name, value in words.items() if name != "driver")


def arrow_rows(count: int) -> pa.Table:
    utc = dt.UTC
    return pa.table(
        {
            "id": pa.array(range(count), pa.int64()),
            "name": [None if n % 3 == 2 else f"name {n} 😀" for n in range(count)],
            "amount": pa.array(
                [Decimal(n).scaleb(-10) for n in range(count)], pa.decimal128(38, 10)
            ),
            "at": pa.array(
                [dt.datetime(2024, 1, 2, 3, 4, 5, n % 1_000_000, utc) for n in range(count)],
                pa.timestamp("us", "UTC"),
            ),
            "note": ["note " * (n % 2000) for n in range(count)],
            "flag": [n % 2 == 0 for n in range(count)],
            "score": pa.array([n / 7 for n in range(count)], pa.float64()),
            "uid": [str(UUID(int=n)) for n in range(count)],
            "day": pa.array([dt.date(2024, 1, 1 + n % 28) for n in range(count)]),
            "moment": pa.array(
                [dt.datetime(1, 1, 1, 0, 0, 0, n % 1_000_000) for n in range(count)],
                pa.timestamp("us"),
            ),
            "clock": pa.array(range(count), pa.time64("us")),
            "raw": pa.array([bytes([n % 256]) * (n % 50) for n in range(count)], pa.binary()),
        }
    )


def test_bulkcopy_arrow_brings_every_row_exactly(
    target_database: str, connection: pyodbc.Connection
) -> None:
    connection.execute(_TABLE)
    sent = arrow_rows(2500)
    mappings = [(index, name) for index, name in enumerate(sent.column_names)]
    with closing(mssql_python.connect(python_words(target_database))) as bulk:
        result = bulk.cursor().bulkcopy_arrow("dbo.every", sent, column_mappings=mappings)
    assert result["rows_copied"] == 2500
    plain = [name for name in sent.column_names if name not in ("at", "uid", "moment")]
    read = connection.execute(
        f"SELECT {', '.join(plain)}, LOWER(CONVERT(varchar(36), uid)) AS uid,"
        " CONVERT(varchar(34), at, 121) AS at, CONVERT(varchar(27), moment, 121) AS moment"
        " FROM dbo.every ORDER BY id"
    ).fetchall()
    expected = sent.to_pylist()
    for row, wanted in zip(read, expected, strict=True):
        for name in plain:
            assert getattr(row, name) == wanted[name], name
        assert row.uid == wanted["uid"]
        assert row.at == f"{wanted['at']:%Y-%m-%d %H:%M:%S.%f}0 +00:00"
        assert row.moment == f"0001-01-01 00:00:00.{wanted['moment'].microsecond:06d}0"


def test_a_bulk_load_that_breaks_a_key_stores_nothing(
    target_database: str, connection: pyodbc.Connection
) -> None:
    connection.execute("CREATE TABLE dbo.keyed (id bigint NOT NULL PRIMARY KEY)")
    rows = pa.table({"id": pa.array([*range(3000), 7], pa.int64())})
    with (
        closing(mssql_python.connect(python_words(target_database))) as bulk,
        pytest.raises(Exception, match="keyed"),
    ):
        bulk.cursor().bulkcopy_arrow("dbo.keyed", rows, use_internal_transaction=True)
    assert connection.execute("SELECT COUNT(*) FROM dbo.keyed").fetchval() == 0
