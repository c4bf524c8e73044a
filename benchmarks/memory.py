"""The greatest memory of each role: many rows, one great transaction, large values."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import psycopg
import pyodbc
from pydantic import SecretStr

from benchmarks.harness import Report, Servers
from benchmarks.stage import INSERT, SOURCE_TABLE
from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from sandbox.demo.migration import Migration

_ROWS: Final = int(os.environ.get("BENCH_ROWS", "500000"))
_TIMES: Final = 10
_CHANGES: Final = 2 * _ROWS
_MIB: Final = 2**20
_VALUES: Final = 8
_PATIENCE_S: Final = 900.0
_VALUE: Final = """
INSERT INTO readings (id, device, at, note)
VALUES (%s, 0, now(), rpad('ünïcode', %s - 2, 'value'))
"""

Peaks = dict[str, float]


def run(report: Report, servers: Servers) -> None:
    """A whole `replicator run` for each figure: loaded, then the changes, then the last of them."""
    small, large = (_peaks(servers, rows, 16 * _MIB) for rows in (_ROWS, _TIMES * _ROWS))
    values = _peaks(servers, 1000, 64 * _MIB, changes=1000)
    note = f"{_TIMES * _ROWS:,} rows, a transaction of {_CHANGES:,}, values of 16 MiB"
    report.add("memory.peak_mib", max(large.values()), "MiB", below=400, note=note)
    growth = max(large[role] / small[role] for role in large)
    report.add("memory.growth", growth, "ratio", below=1.1, note=f"from {_ROWS:,} rows")
    report.add("memory.large_value_mib", max(values.values()), "MiB", below=1024, note="64 MiB")
    for role in sorted(large):
        words = f"{small[role]:.0f} at {_ROWS:,} rows, {values[role]:.0f} with values of 64 MiB"
        report.add(f"memory.{role}_mib", large[role], "MiB", note=words)


def _peaks(servers: Servers, rows: int, size: int, changes: int = _CHANGES) -> Peaks:
    """MiB of each role, its workers included. `size`: bytes of the `_VALUES` large values."""
    with (
        servers.source_database() as dsn,
        servers.target_database() as odbc,
        psycopg.connect(dsn, autocommit=True) as source,
    ):
        source.execute(SOURCE_TABLE)
        source.execute(INSERT.format(first=1, last=rows).encode())
        _large_values(source, -_VALUES, size)
        with _migrating(servers, dsn, odbc) as migration:
            source.execute(INSERT.format(first=rows + 1, last=rows + changes).encode())
            _large_values(source, -3 * _VALUES, size)
            source.execute("INSERT INTO readings (id, device, at) VALUES (-999, 0, now())")
            _wait_for_last(odbc, migration)
            return migration.observed.peak_rss_mib


def _large_values(source: psycopg.Connection, first: int, size: int) -> None:
    for key in range(first, first + _VALUES):
        source.execute(_VALUE, (key, size))


@contextmanager
def _migrating(servers: Servers, dsn: str, odbc: str) -> Iterator[Migration]:
    """`replicator run` from nothing to in sync; ended and cleaned away afterwards."""
    name = f"bench_{secrets.token_hex(4)}"
    # One partition: what is applied last was written last.
    text = f"""
migration: {name}
source: {{kind: postgresql, dsn: "${{env:SOURCE}}"}}
kafka:
  bootstrap_servers: "{servers.kafka()}"
  topic_prefix: {name.replace("_", "-")}
  topics: {{partitions: 1, replication_factor: 1, min_insync_replicas: 1,
            accept_lower_replication: true, max_record_bytes: {72 * _MIB}}}
target: {{kind: azuresql, connection: "${{env:TARGET}}"}}
"""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "replicator.yaml"
        settings.write_text(text)
        migration = Migration(settings, {"SOURCE": dsn, "TARGET": odbc}, Path(folder))
        try:
            migration.wait_for(lambda seen: seen.state == "in-sync", _PATIENCE_S, lambda: None)
            yield migration
        finally:
            migration.stop()
            source = PostgresqlSource(
                PostgresqlSettings(kind="postgresql", dsn=SecretStr(dsn)), name
            )
            source.drop()
            source.close()


def _wait_for_last(odbc: str, migration: Migration) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    with closing(pyodbc.connect(odbc, autocommit=True)) as target:
        while not target.execute("SELECT 1 FROM readings WHERE id = -999").fetchall():
            migration.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"the last change was not applied within {_PATIENCE_S:.0f} s")
            time.sleep(0.2)
    time.sleep(2.0)  # the status is written once a second
