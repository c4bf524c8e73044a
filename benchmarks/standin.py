"""The Azure SQL stand-in as its clients feel it, beside PostgreSQL alone with the same rows."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Final

import mssql_python
import psutil
import psycopg
import pyodbc

from benchmarks import standin_loop as loop
from benchmarks import standin_raw as raw
from benchmarks import standin_rows as rows
from benchmarks.harness import Report, Servers
from benchmarks.standin_reader import SELECT
from sandbox.databases import connection_words, create_target_database
from sandbox.standin import AzureSqlStandIn

_ROWS: Final = int(os.environ.get("BENCH_ROWS", "500000"))
_EXISTING: Final = 2 * _ROWS
_SMALL, _LARGE = 2 * _ROWS // 5, 4 * _ROWS
_DOCUMENTS: Final = 200
_SECONDS: Final = 5


def run(report: Report, servers: Servers) -> None:
    """Bulk load, upserts, selects, reading back, each with its ratio; then memory."""
    with servers.target_database() as target, closing(_connect(target)) as connection:
        connection.execute(rows.TABLE)
        bulk = _load(target, _ROWS)
        read = _read(connection)
        _load(target, _EXISTING - _ROWS, first=_ROWS)
        upserts = _upserts(target)
        selects = _selects(connection)
        p50, p99 = loop.latencies("odbc", target, _EXISTING)
    with servers.source_database() as dsn, psycopg.connect(dsn, autocommit=True) as source:
        raw_bulk = raw.copy(source, _ROWS)
        raw_read = raw.read(source)
        raw_upserts = raw.upserts(source, _ROWS, _DOCUMENTS // 4)
        raw_selects = raw.selects(source, _ROWS, _SECONDS)
        raw_p50, raw_p99 = loop.latencies("postgresql", dsn, _ROWS)
    _add(report, "bulk_rows_per_s", bulk, raw_bulk, 80_000, "rows/s", f"{_ROWS} rows in one call")
    _add(report, "openjson_rows_per_s", upserts, raw_upserts, 20_000, "rows/s", "1,000 a call")
    _add(report, "selects_per_s", selects, raw_selects, 2_500, "selects/s", "one connection")
    _add(report, "readback_rows_per_s", read, raw_read, 120_000, "rows/s", "pyodbc")
    report.add("standin.select_p50_ms", p50, "ms", note=f"PostgreSQL alone: {raw_p50:.2f}")
    report.add("standin.select_p99_ms", p99, "ms", below=5, note=loop.NOTE)
    report.add("standin.select_p99_raw_ms", raw_p99, "ms", note="PostgreSQL alone, the same loop")
    small, large = _peak(_SMALL), _peak(_LARGE)
    report.add("standin.memory_mib", large, "MiB", below=400, note=f"{_LARGE} rows, no PostgreSQL")
    report.add("standin.memory_growth", large / small, "ratio", below=1.1, note=f"to {_SMALL} rows")


def _add(
    report: Report, name: str, value: float, bound: float, target: float, unit: str, note: str
) -> None:
    report.add(f"standin.{name}", value, unit, at_least=target, note=note)
    ratio = name.replace("_rows_per_s", "").replace("_per_s", "") + "_ratio_to_raw"
    report.add(f"standin.{ratio}", value / bound, "ratio", note=f"PostgreSQL alone: {bound:,.0f}")


def _connect(target: str) -> pyodbc.Connection:
    return pyodbc.connect(target, autocommit=True)


def _load(target: str, count: int, first: int = 0) -> float:
    """One native bulk load from Arrow; rows/s."""
    words = connection_words(target)
    text = ";".join(f"{name}={value}" for name, value in words.items() if name != "driver")
    mappings = list(enumerate(rows.NAMES))
    with closing(mssql_python.connect(text)) as client:
        begun = time.monotonic()
        result = client.cursor().bulkcopy_arrow(
            "dbo.rows", rows.batches(count, first), column_mappings=mappings, timeout=0
        )
        seconds = time.monotonic() - begun
    assert result["rows_copied"] == count
    return count / seconds


def _read(connection: pyodbc.Connection) -> float:
    begun, count = time.monotonic(), 0
    cursor = connection.execute(f"SELECT {rows.LIST} FROM dbo.rows")
    while part := cursor.fetchmany(10_000):
        count += len(part)
    return count / (time.monotonic() - begun)


def _upserts(target: str) -> float:
    """Documents one after the other, a transaction each; rows/s."""
    texts = rows.documents(_EXISTING, _DOCUMENTS)
    with closing(pyodbc.connect(target)) as connection:
        cursor = connection.cursor()
        cursor.execute(rows.STAGE)
        connection.commit()
        begun = time.monotonic()
        for text in texts:
            cursor.execute(rows.UPSERT, text)
            while cursor.nextset():
                pass
            connection.commit()
        return _DOCUMENTS * 1000 / (time.monotonic() - begun)


def _selects(connection: pyodbc.Connection) -> float:
    cursor, number, begun = connection.cursor(), 0, time.monotonic()
    while time.monotonic() - begun < _SECONDS:
        cursor.execute(SELECT, number * 7919 % _EXISTING).fetchall()
        number += 1
    return number / (time.monotonic() - begun)


def _peak(count: int) -> float:
    """What a fresh server's processes needed to take `count` rows and to give them back, in MiB."""
    with AzureSqlStandIn(durable=True) as server:
        create_target_database(server.dsn(), "memory")
        target = server.dsn("memory")
        with closing(_connect(target)) as connection:
            connection.execute(rows.TABLE)
            _load(target, count)
            _read(connection)
        family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        own = [process.pid for process in family if process.name() != "postgres"]
        return sum(map(_high_water, own)) / 1024


def _high_water(pid: int) -> int:
    """The most memory that a process ever held, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise ValueError(f"process {pid} tells no VmHWM")
