"""pyodbc with Microsoft's ODBC driver against the whole stand-in."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyodbc
import pytest

_TABLE = """CREATE TABLE dbo.every (
    id bigint NOT NULL PRIMARY KEY, name nvarchar(100) NULL, amount decimal(38, 10) NULL,
    at datetimeoffset(7) NULL, note nvarchar(max) NULL, flag bit NULL, score float NULL,
    uid uniqueidentifier NULL, day date NULL, moment datetime2(7) NULL, clock time(7) NULL,
    raw varbinary(max) NULL, small smallint NULL, tiny tinyint NULL, price money NULL)"""

_ROW: dict[str, Any] = {
    "id": 1,
    "name": "Ünïcode 😀",
    "amount": Decimal("-1234567890123456789012345678.0123456789"),
    "note": "long " * 5000,
    "flag": True,
    "score": 0.1,
    "uid": UUID("00112233-4455-6677-8899-aabbccddeeff"),
    "day": dt.date(9999, 12, 31),
    "moment": dt.datetime(2024, 2, 29, 23, 59, 59, 123456),
    "clock": dt.time(23, 59, 59),
    "raw": bytes(range(256)) * 40,
    "small": -32768,
    "tiny": 255,
    "price": Decimal("-922337203685477.5808"),
}


def test_every_type_goes_in_as_a_parameter_and_comes_back(connection: pyodbc.Connection) -> None:
    connection.execute(_TABLE)
    names = ", ".join(_ROW)
    marks = ", ".join("?" * len(_ROW))
    connection.execute(f"INSERT INTO dbo.every ({names}) VALUES ({marks})", *_ROW.values())
    row = connection.execute(f"SELECT {names} FROM dbo.every").fetchone()
    assert row is not None
    came = dict(zip(_ROW, row, strict=True))
    came["uid"] = UUID(came["uid"])
    assert came == _ROW


def test_seven_digits_come_back_as_text(connection: pyodbc.Connection) -> None:
    row = connection.execute(
        "SELECT CONVERT(varchar(34), CAST(? AS datetimeoffset(7)), 121),"
        " CONVERT(varchar(27), CAST(? AS datetime2(7)), 121)",
        "2024-02-29 23:59:59.1234567 +02:00",
        "0001-01-01 00:00:00.0000001",
    ).fetchone()
    assert row is not None
    assert tuple(row) == ("2024-02-29 23:59:59.1234567 +02:00", "0001-01-01 00:00:00.0000001")


def test_parameter_arrays_arrive_row_by_row(connection: pyodbc.Connection) -> None:
    connection.execute("CREATE TABLE dbo.arrays (n int NOT NULL PRIMARY KEY, t nvarchar(50) NULL)")
    rows = [(n, None if n % 5 == 4 else f"row {n} é") for n in range(500)]
    connection.autocommit = False
    cursor = connection.cursor()
    cursor.fast_executemany = True
    cursor.executemany("INSERT INTO dbo.arrays (n, t) VALUES (?, ?)", rows)
    connection.commit()
    connection.autocommit = True
    read = connection.execute("SELECT n, t FROM dbo.arrays ORDER BY n").fetchall()
    assert [tuple(row) for row in read] == rows


def test_every_result_of_a_batch_has_its_columns(connection: pyodbc.Connection) -> None:
    """For a NULL parameter ODBC describes the batch first, and then asks for no more columns."""
    connection.execute("CREATE TABLE dbo.counted (id int NOT NULL, n int NULL)")
    connection.execute("INSERT INTO dbo.counted VALUES (1, 7)")
    batch = "UPDATE dbo.counted SET n = COALESCE(?, n) WHERE id = ?; SELECT @@ROWCOUNT"
    for value in (5, None):
        cursor = connection.execute(batch, value, 1)
        assert cursor.rowcount == 1
        assert cursor.nextset()
        assert cursor.fetchval() == 1
        assert not cursor.nextset()
    assert connection.execute("SELECT n FROM dbo.counted").fetchval() == 5


def test_a_rolled_back_transaction_leaves_nothing(connection: pyodbc.Connection) -> None:
    connection.execute("CREATE TABLE dbo.kept (n int NOT NULL)")
    connection.autocommit = False
    connection.execute("INSERT INTO dbo.kept VALUES (1)")
    connection.rollback()
    connection.execute("INSERT INTO dbo.kept VALUES (2)")
    connection.commit()
    connection.autocommit = True
    assert [row.n for row in connection.execute("SELECT n FROM dbo.kept")] == [2]


def test_a_statement_that_waits_is_cancelled_and_its_connection_goes_on(
    target_database: str, connection: pyodbc.Connection
) -> None:
    connection.execute("CREATE TABLE dbo.locked (n int NOT NULL)")
    connection.execute("INSERT INTO dbo.locked VALUES (1)")
    with (
        closing(pyodbc.connect(target_database)) as holding,
        closing(pyodbc.connect(target_database, autocommit=True)) as waiting,
    ):
        holding.execute("UPDATE dbo.locked SET n = 2")
        waiting.timeout = 1
        with pytest.raises(pyodbc.Error, match="HYT00"):
            waiting.execute("UPDATE dbo.locked SET n = 3")
        waiting.timeout = 0
        assert waiting.execute("SELECT n FROM dbo.locked").fetchval() == 1
        holding.commit()
        assert waiting.execute("UPDATE dbo.locked SET n = 4").rowcount == 1
