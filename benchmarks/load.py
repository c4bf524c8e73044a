"""Bulk load of two tables: the load role as it runs, and the two raw paths that bound it.

The raw paths get the same chunks (so the same batches and transactions) in as many processes as
the role has workers: one reads them through ADBC to nowhere, the other sends them by
`bulkcopy_arrow` from memory. Each is timed from when all processes are ready.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, Final

import psycopg
import pyarrow as pa

from benchmarks.harness import Report, Servers
from connectors.registry import open_source, open_target
from model.catalog import TableName
from model.ports import State
from model.state import Chunk, MigrationState
from monitoring.metrics import Metrics
from replicator.config.file import Config, parse_config
from replicator.coordination import opened
from replicator.coordinator import Coordinator
from replicator.phases.context import Context
from replicator.snapshot import Loader

_ROWS: Final = 2_000_000
_PATIENCE_S: Final = 1800.0
_TABLES: Final = ("load_bench_a", "load_bench_b")

_TABLE: Final = """
CREATE TABLE public.{name} (
    id bigint PRIMARY KEY, author integer NOT NULL, handle varchar(40) NOT NULL,
    score numeric(12, 3), seen boolean NOT NULL, created timestamptz NOT NULL,
    token uuid NOT NULL, day date, value double precision, body text
)
"""
_FILL: Final = """
INSERT INTO public.{name}
SELECT n, mod(n, 997), 'user_' || mod(n, 50021), n / 7.0, mod(n, 2) = 0,
       timestamptz '2024-01-01 00:00:00+00' + n * interval '1 second', md5(n::text)::uuid,
       DATE '2024-01-01' + mod(n, 300), n * 1.5, repeat('lorem ipsum ', 1 + mod(n, 8))
FROM generate_series(1, {rows}) AS n
"""


def run(report: Report, servers: Servers) -> None:
    """`load.rows_per_s` of the role, what reader and writer reach alone, and the ratio."""
    rows = int(os.environ.get("BENCH_ROWS", str(_ROWS)))
    with servers.source_database() as dsn, servers.target_database() as odbc:
        _fill(dsn, rows)
        config = _config(dsn, odbc, servers.kafka())
        with opened(config, threading.Event()) as context:
            _to_loading(context)
            read, read_cpu = _raw(config, _read)
            write, write_cpu = _raw(config, _write)
            for name in _TABLES:
                context.target.truncate(TableName("dbo", name))
            seconds, cpu, detail = _load(config, context.state)
            context.source.drop()
            context.topics.delete(context.state.tables())
    _figures(report, rows, config.load.workers, detail, read, write)
    report.add("load.seconds", seconds, "s", note="whole role: start of processes, plan, gate")
    report.add("load.cpu_us_per_row", cpu / rows * 1e6, "µs", note="all processes of the role")
    raw = (read_cpu + write_cpu) / rows * 1e6
    report.add("load.raw_cpu_us_per_row", raw, "µs", note="reading alone and sending alone")


def _figures(
    report: Report, rows: int, workers: int, detail: dict[str, Any], read: float, write: float
) -> None:
    rate = detail["rows_per_s"]
    note = f"{rows} rows of 10 columns in 2 tables, {workers} workers, from job to last chunk"
    report.add("load.rows_per_s", rate, "rows/s", at_least=35_000, note=note)
    report.add("load.read_alone_rows_per_s", rows / read, "rows/s", note="ADBC to nowhere")
    report.add(
        "load.write_alone_rows_per_s", rows / write, "rows/s", note="bulkcopy_arrow from memory"
    )
    slower = rows / max(read, write)
    report.add(
        "load.ratio_to_raw", rate / slower, "ratio", at_least=0.8, note="to the slower raw path"
    )
    report.add("load.peak_rss_mib", detail["peak_rss_mib"], "MiB", below=400, note="all processes")


def _fill(dsn: str, rows: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name in _TABLES:
            connection.execute(_TABLE.format(name=name).encode())
            connection.execute(_FILL.format(name=name, rows=rows // len(_TABLES)).encode())
            connection.execute(f"VACUUM ANALYZE public.{name}".encode())


def _config(dsn: str, odbc: str, kafka: str) -> Config:
    name = f"bench_{secrets.token_hex(4)}"
    workers = int(os.environ.get("BENCH_WORKERS", "1"))
    text = f"""
migration: {name}
source: {{kind: postgresql, dsn: "${{env:SOURCE}}"}}
kafka:
  bootstrap_servers: "{kafka}"
  topic_prefix: {name.replace("_", "-")}
  topics: {{replication_factor: 1, min_insync_replicas: 1, accept_lower_replication: true}}
target: {{kind: azuresql, connection: "${{env:TARGET}}"}}
load: {{workers: {workers}, max_workers: {workers}}}
"""
    return parse_config(text, origin="benchmark", environ={"SOURCE": dsn, "TARGET": odbc})


def _to_loading(context: Context) -> None:
    Coordinator(context).deploy()
    migration = context.state.migration()
    assert migration is not None
    context.journal.enter(migration, MigrationState.LOADING)


def _load(config: Config, state: State) -> tuple[float, float, dict[str, Any]]:
    """Seconds of the whole role, its CPU seconds, and what it said of itself."""
    before, start = _cpu(), time.monotonic()
    Loader(config, Metrics("load", config.migration), threading.Event()).run()
    seconds, cpu = time.monotonic() - start, _cpu() - before
    return seconds, cpu, next(each.detail for each in state.statuses() if each.role == "load")


def _cpu() -> float:
    """Of this process and its children that have ended."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, who))


Lane = Callable[[Config, int, Any, Any], None]
"""What one process does: its configuration, its turn, the barrier, where its CPU seconds go."""


def _raw(config: Config, lane: Lane) -> tuple[float, float]:
    """Wall seconds until the last process is done, and the CPU seconds of all."""
    context = multiprocessing.get_context("spawn")
    workers = config.load.workers
    barrier, spent = context.Barrier(workers + 1, timeout=_PATIENCE_S), context.Queue()
    processes = [
        context.Process(target=lane, args=(config, turn, barrier, spent)) for turn in range(workers)
    ]
    for process in processes:
        process.start()
    barrier.wait()
    start = time.monotonic()
    cpu = sum(spent.get(timeout=_PATIENCE_S) for _ in processes)
    seconds = time.monotonic() - start
    for process in processes:
        process.join()
    return seconds, cpu


def _read(config: Config, turn: int, barrier: Any, spent: Any) -> None:
    with closing(open_source(config.source, config.migration)) as source:
        catalog = source.catalog(["public.*"], [])
        with closing(source.snapshot(None)) as reader:
            mine = list(_chunks(config, catalog, reader, turn))
            barrier.wait()
            before = time.process_time()
            for chunk in mine:
                stream = reader.read(catalog.table(chunk.table), chunk)
                for _ in pa.RecordBatchReader.from_stream(stream):
                    pass
            spent.put(time.process_time() - before)


def _write(config: Config, turn: int, barrier: Any, spent: Any) -> None:
    with closing(open_source(config.source, config.migration)) as source:
        catalog = source.catalog(["public.*"], [])
        with closing(source.snapshot(None)) as reader:
            mine = [
                (
                    chunk.table.name,
                    pa.RecordBatchReader.from_stream(
                        reader.read(catalog.table(chunk.table), chunk)
                    ).read_all(),
                )
                for chunk in _chunks(config, catalog, reader, turn)
            ]
    with closing(open_target(config.target)) as target:
        shapes = {name: target.describe(TableName("dbo", name)) for name in _TABLES}
        barrier.wait()
        before = time.process_time()
        for name, rows in mine:
            shape = shapes[name]
            assert shape is not None
            target.bulk("replicator:benchmark").write(shape, rows.to_reader())
        spent.put(time.process_time() - before)


def _chunks(config: Config, catalog: Any, reader: Any, turn: int) -> Iterator[Chunk]:
    """Every so-many-th chunk of the role's own plan."""
    number = 0
    for name in _TABLES:
        table = catalog.table(TableName("public", name))
        for chunk in reader.plan(table, config.load.rows_per_chunk):
            if number % config.load.workers == turn:
                yield chunk
            number += 1
