"""Bulk load of one table: the load role as it runs, and the two raw paths that bound it."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import pyarrow as pa

from benchmarks.harness import Report, Servers
from model.catalog import TableName
from model.ports import Source, State, Target
from model.state import MigrationState
from monitoring.metrics import Metrics
from replicator.config.file import Config, parse_config
from replicator.coordination import opened
from replicator.coordinator import Coordinator
from replicator.phases.context import Context
from replicator.snapshot import Loader

_ROWS: Final = int(os.environ.get("BENCH_ROWS", "300000"))
_NAME: Final = TableName("public", "load_bench")
_TARGET: Final = TableName("dbo", "load_bench")

_TABLE: Final = """
CREATE TABLE public.load_bench (
    id bigint PRIMARY KEY, author integer NOT NULL, handle varchar(40) NOT NULL,
    score numeric(12, 3), seen boolean NOT NULL, created timestamptz NOT NULL,
    token uuid NOT NULL, body text
)
"""
_FILL: Final = """
INSERT INTO public.load_bench
SELECT n, mod(n, 997), 'user_' || mod(n, 50021), n / 7.0, mod(n, 2) = 0,
       timestamptz '2024-01-01 00:00:00+00' + n * interval '1 second',
       md5(n::text)::uuid, repeat('lorem ipsum ', 1 + mod(n, 8))
FROM generate_series(1, %s) AS n
"""


def run(report: Report, servers: Servers) -> None:
    """`load.rows_per_s` of the role; what the reader and the writer reach alone; the ratio."""
    with servers.source_database() as dsn, servers.target_database() as odbc:
        _fill(dsn)
        config = _config(dsn, odbc, servers.kafka())
        with opened(config, threading.Event()) as context:
            _to_loading(context)
            seconds, detail = _load(config, context.state)
            read = _read_alone(context.source)
            write = _write_alone(context.source, context.target)
            context.source.drop()
            context.topics.delete(context.state.tables())
    rate = detail["rows_per_s"]
    report.add(
        "load.rows_per_s",
        rate,
        "rows/s",
        at_least=25_000,
        note=f"{_ROWS} rows of 8 columns, {config.load.workers} workers, from job to last chunk",
    )
    report.add("load.seconds", seconds, "s", note="whole role: start of processes, plan, gate")
    report.add("load.peak_rss_mib", detail["peak_rss_mib"], "MiB", below=400, note="all processes")
    report.add("load.read_alone_rows_per_s", read, "rows/s", note="snapshot into Arrow, one reader")
    report.add("load.write_alone_rows_per_s", write, "rows/s", note="bulk copy from memory alone")
    report.add("load.ratio_to_raw", rate / min(read, write), "ratio", note="to the slower raw path")


def _fill(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_TABLE)
        connection.execute(_FILL, (_ROWS,))
        connection.execute("ANALYZE public.load_bench")


def _config(dsn: str, odbc: str, kafka: str) -> Config:
    name = f"bench_{secrets.token_hex(4)}"
    text = f"""
migration: {name}
source: {{kind: postgresql, dsn: "${{env:SOURCE}}"}}
kafka:
  bootstrap_servers: "{kafka}"
  topic_prefix: {name.replace("_", "-")}
  topics: {{replication_factor: 1, min_insync_replicas: 1, accept_lower_replication: true}}
target: {{kind: azuresql, connection: "${{env:TARGET}}"}}
"""
    return parse_config(text, origin="benchmark", environ={"SOURCE": dsn, "TARGET": odbc})


def _to_loading(context: Context) -> None:
    Coordinator(context).deploy()
    migration = context.state.migration()
    assert migration is not None
    context.journal.enter(migration, MigrationState.LOADING)


def _load(config: Config, state: State) -> tuple[float, dict[str, Any]]:
    start = time.monotonic()
    Loader(config, Metrics("load", config.migration), threading.Event()).run()
    seconds = time.monotonic() - start
    return seconds, next(each.detail for each in state.statuses() if each.role == "load")


def _read_alone(source: Source) -> float:
    with _timed() as clock:
        rows = sum(batch.num_rows for batch in _batches(source))
    return float(rows / clock[0])


def _write_alone(source: Source, target: Target) -> float:
    """The same rows, read before; one bulk copy, as the role sends a chunk."""
    table = pa.Table.from_batches(list(_batches(source))).slice(0, 200_000)
    target.truncate(_TARGET)
    shape = target.describe(_TARGET)
    assert shape is not None
    writer = target.bulk("replicator:benchmark")
    with _timed() as clock:
        rows = writer.write(shape, table.to_reader(max_chunksize=10_000))
    return float(rows / clock[0])


def _batches(source: Source) -> Iterator[Any]:
    catalog = source.catalog([str(_NAME)], [])
    reader = source.snapshot(None)
    try:
        table = catalog.table(_NAME)
        for chunk in reader.plan(table, _ROWS * 2):
            yield from pa.RecordBatchReader.from_stream(reader.read(table, chunk))
    finally:
        reader.close()


@contextmanager
def _timed() -> Iterator[list[float]]:
    """The seconds of the block, in a list that is filled at its end."""
    seconds: list[float] = []
    start = time.monotonic()
    yield seconds
    seconds.append(time.monotonic() - start)
