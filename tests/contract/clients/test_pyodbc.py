"""pyodbc with Microsoft's ODBC Driver 18: the scenarios, and what ODBC can beside them."""

from __future__ import annotations

import datetime as dt
import os
import re
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import pyodbc
import pytest

from sandbox.databases import target_dsn
from tests.contract.clients.edges import Edge
from tests.contract.clients.scenarios import APPLICATION, Place, Scenarios
from tests.patience import until

_RUNS = "SELECT 1 FROM sys.dm_exec_requests WHERE session_id = ?"

SQL_SS_TIMESTAMPOFFSET = -155


def odbc_text(place: Place, *, encrypt: bool = True) -> str:
    """A connection string."""
    login = {"uid": place.user, "pwd": place.password, "database": place.database}
    asked = {"app": APPLICATION, "encrypt": "yes" if encrypt else "no"}
    return target_dsn("", **{**place.words, **login, **asked})


def odbc_number(error: Exception) -> int:
    """The number that the driver writes behind the text of the first error."""
    return int(re.findall(r"\((\d+)\) \(SQL", str(error))[0])


def odbc_sent(edge: Edge) -> Any:
    """pyodbc binds times without their fraction and moments without their offset."""
    if edge.type.startswith(("time(", "datetimeoffset")):
        return edge.text
    return edge.value


def moment_with_offset(raw: bytes) -> dt.datetime:
    """SQL_SS_TIMESTAMPOFFSET_STRUCT, which pyodbc leaves to its user."""
    fields = struct.unpack("<6hI2h", raw)
    year, month, day, hour, minute, second, nanoseconds, hours, minutes = fields
    zone = dt.timezone(dt.timedelta(hours=hours, minutes=minutes))
    return dt.datetime(year, month, day, hour, minute, second, nanoseconds // 1000, zone)


class TestPyodbc(Scenarios):
    def connect(self, place: Place, *, encrypt: bool = True, limit_s: int = 0) -> Any:
        connection = pyodbc.connect(odbc_text(place, encrypt=encrypt), timeout=20)
        connection.add_output_converter(SQL_SS_TIMESTAMPOFFSET, moment_with_offset)
        connection.timeout = limit_s
        return connection

    def number(self, error: Exception) -> int:
        return odbc_number(error)

    def sent(self, edge: Edge) -> Any:
        return odbc_sent(edge)

    def seen(self, edge: Edge) -> Any:
        return edge.text if edge.type == "uniqueidentifier" else edge.value

    @pytest.mark.slow
    def test_another_thread_cancels_a_statement(self, place: Place) -> None:
        """Quickly: within 0.1 s, or as long as 20 simple requests take on this machine just now."""
        waited, asked = [], []
        with (
            self.opened(place) as connection,
            self.opened(place) as looking,
            ThreadPoolExecutor(1) as pool,
        ):
            cursor = connection.cursor()
            own = cursor.execute("SELECT @@SPID").fetchval()

            def runs() -> bool:
                return bool(looking.execute(_RUNS, own).fetchall())

            def stop() -> float:
                until(runs, "the statement")
                start = time.monotonic()
                cursor.cancel()
                return start

            for _ in range(5):
                stopping = pool.submit(stop)
                with pytest.raises(pyodbc.Error, match="HY008"):
                    cursor.execute("WAITFOR DELAY '00:02:00'")
                waited.append(time.monotonic() - stopping.result())
                start = time.monotonic()
                assert cursor.execute("SELECT 1").fetchval() == 1
                asked.append(time.monotonic() - start)
        assert median(waited) < max(0.1, 20 * median(asked)), (waited, asked)

    @pytest.mark.slow
    def test_messages_are_kept_apart_from_errors(self, place: Place) -> None:
        with self.opened(place) as connection:
            cursor = connection.cursor()
            cursor.execute("PRINT N'hello é'; RAISERROR(N'a warning', 10, 1); SELECT 1")
            texts = [text for _, text in cursor.messages]
            while cursor.description is None:
                assert cursor.nextset()
                texts += [text for _, text in cursor.messages]
            assert cursor.fetchval() == 1
            assert [text.rpartition("]")[2] for text in texts] == ["hello é", "a warning"]


@pytest.fixture
def connection(place: Place) -> Any:
    with closing(pyodbc.connect(odbc_text(place), timeout=20)) as opened:
        yield opened


@pytest.mark.slow
def test_the_session_names_its_process(connection: pyodbc.Connection) -> None:
    told = "SELECT host_process_id FROM sys.dm_exec_sessions WHERE session_id = @@SPID"
    assert connection.execute(told).fetchval() == os.getpid()


@pytest.mark.slow
def test_strict_encryption(place: Place, tmp_path: Path) -> None:
    """TDS 8.0, with the server's certificate trusted by name."""
    trusted = tmp_path / "server.pem"
    trusted.write_text(place.certificate())
    words = {**place.words, "encrypt": "strict", "servercertificate": str(trusted)}
    del words["trustservercertificate"]
    with closing(pyodbc.connect(target_dsn("", **words), timeout=20)) as connection:
        assert connection.execute("SELECT ?", "é" * 10_000).fetchval() == "é" * 10_000


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 999, 2500])
def test_fast_executemany(connection: pyodbc.Connection, size: int) -> None:
    connection.execute(
        f"CREATE TABLE dbo.fast{size} (n int NOT NULL, t nvarchar(100) NULL,"
        " d decimal(18,2) NULL, at datetime2(6) NULL, raw varbinary(100) NULL)"
    )
    rows = [
        (
            n,
            None if n % 3 == 0 else f"row {n} é😀",
            Decimal(n).scaleb(-2),
            dt.datetime(2024, 1, 1, microsecond=n),
            bytes([n % 256]) * (n % 50),
        )
        for n in range(size)
    ]
    cursor = connection.cursor()
    cursor.fast_executemany = True
    cursor.setinputsizes(
        [
            (pyodbc.SQL_INTEGER, 0, 0),
            (pyodbc.SQL_WVARCHAR, 100, 0),
            (pyodbc.SQL_DECIMAL, 18, 2),
            (pyodbc.SQL_TYPE_TIMESTAMP, 26, 6),
            (pyodbc.SQL_VARBINARY, 100, 0),
        ]
    )
    cursor.executemany(f"INSERT INTO dbo.fast{size} VALUES (?, ?, ?, ?, ?)", rows)
    connection.commit()
    read = connection.execute(f"SELECT * FROM dbo.fast{size} ORDER BY n").fetchall()
    assert [tuple(row) for row in read] == rows


@pytest.mark.slow
def test_a_table_valued_parameter(connection: pyodbc.Connection) -> None:
    connection.execute("CREATE TYPE dbo.pairs AS TABLE (n int NOT NULL, t nvarchar(20) NULL)")
    connection.execute("CREATE TABLE dbo.paired (n int NOT NULL, t nvarchar(20) NULL)")
    connection.commit()
    rows = [(n, None if n % 2 else f"é {n}") for n in range(300)]
    connection.execute("INSERT INTO dbo.paired SELECT n, t FROM ?", (["pairs", "dbo", *rows],))
    connection.commit()
    read = connection.execute("SELECT n, t FROM dbo.paired ORDER BY n").fetchall()
    assert [tuple(row) for row in read] == rows


@pytest.mark.slow
def test_rows_come_in_pieces(connection: pyodbc.Connection) -> None:
    cursor = connection.execute("SELECT value FROM OPENJSON(N'[1,2,3,4,5]')")
    assert cursor.fetchone()[0] == "1"
    assert [row[0] for row in cursor.fetchmany(2)] == ["2", "3"]
    cursor.skip(1)
    assert [row[0] for row in cursor] == ["5"]


@pytest.mark.slow
def test_the_catalog_functions_of_odbc(connection: pyodbc.Connection) -> None:
    connection.execute(
        "CREATE TABLE dbo.described (id bigint NOT NULL CONSTRAINT pk_described PRIMARY KEY,"
        " name nvarchar(40) NOT NULL, price decimal(9,2) NULL)"
    )
    connection.execute("CREATE UNIQUE INDEX ux_name ON dbo.described (name)")
    connection.commit()
    cursor = connection.cursor()
    tables = cursor.tables(table="described", schema="dbo").fetchall()
    assert [(row.table_schem, row.table_name, row.table_type) for row in tables] == [
        ("dbo", "described", "TABLE")
    ]
    columns = cursor.columns(table="described", schema="dbo").fetchall()
    assert [
        (row.column_name, row.type_name, row.column_size, row.decimal_digits, row.nullable)
        for row in columns
    ] == [
        ("id", "bigint", 19, 0, 0),
        ("name", "nvarchar", 40, None, 0),
        ("price", "decimal", 9, 2, 1),
    ]
    keys = cursor.primaryKeys(table="described", schema="dbo").fetchall()
    assert [(row.column_name, row.key_seq, row.pk_name) for row in keys] == [
        ("id", 1, "pk_described")
    ]
    statistics = cursor.statistics(table="described", schema="dbo", unique=True).fetchall()
    assert {(row.index_name, row.column_name) for row in statistics if row.index_name} == {
        ("pk_described", "id"),
        ("ux_name", "name"),
    }
