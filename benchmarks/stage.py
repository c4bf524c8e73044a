"""The stage of the stream's benchmarks: one table deployed, and the roles as processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import secrets
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from time import monotonic, sleep
from typing import Any, Final

import psycopg
from pydantic import SecretStr

from benchmarks.harness import Servers
from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.target import AzureSqlTarget
from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from model.catalog import Table, TableName
from model.state import JournalEntry, TableState, TrackedTable
from monitoring.metrics import Metrics, peak_rss_bytes
from replicator.apply import apply
from replicator.capture import capture
from replicator.config.sections import ApplyOptions, CaptureOptions
from topics.admin import TopicAdmin, partitions_for
from topics.naming import data_topic
from topics.settings import KafkaSettings, TopicSettings

MIGRATION: Final = "bench"
_READY_S: Final = 60.0

SOURCE_TABLE: Final = """
CREATE TABLE readings (
  id bigint PRIMARY KEY, device int NOT NULL, label text, at timestamptz NOT NULL,
  amount numeric(12,2), token uuid, good boolean, note text, day date, value double precision)
"""
TARGET_TABLE: Final = """
CREATE TABLE [dbo].[readings] (
  [id] bigint NOT NULL PRIMARY KEY, [device] int NOT NULL, [label] nvarchar(max) NULL,
  [at] datetimeoffset(6) NOT NULL, [amount] decimal(12,2) NULL, [token] uniqueidentifier NULL,
  [good] bit NULL, [note] nvarchar(max) NULL, [day] date NULL, [value] float(53) NULL)
"""
INSERT: Final = """
INSERT INTO readings
SELECT n, mod(n, 100), 'label of row ' || n, now(), mod(n, 99999) / 7.0, gen_random_uuid(),
       mod(n, 2) = 0, 'a note, ünïcode too: ' || n, DATE '2024-01-01' + mod(n, 300), n * 1.5
FROM generate_series({first}, {last}) AS n
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """One migration of one table, deployed and open; `dsn` and `odbc` name its two databases."""

    dsn: str
    odbc: str
    kafka: KafkaSettings
    table: Table
    tracked: TrackedTable

    def source(self) -> PostgresqlSource:
        return PostgresqlSource(
            PostgresqlSettings(kind="postgresql", dsn=SecretStr(self.dsn)), MIGRATION
        )

    def target(self) -> AzureSqlTarget:
        return AzureSqlTarget(AzureSqlSettings(kind="azuresql", connection=SecretStr(self.odbc)))

    def execute(self, *statements: str) -> None:
        """Each statement in a transaction of its own."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def deployed(servers: Servers) -> Iterator[Stage]:
    """Fresh databases and topics, with a slot that holds all that comes from now on."""
    kafka = kafka_of(servers, f"bench-{secrets.token_hex(4)}")
    with servers.source_database() as dsn, servers.target_database() as odbc:
        with psycopg.connect(dsn) as connection:
            connection.execute(SOURCE_TABLE)
        name = TableName("public", "readings")
        topic = data_topic(kafka.topic_prefix, name)
        empty = TrackedTable(name, TableName("dbo", "readings"), topic, 1, ("id",))
        stage = Stage(dsn, odbc, kafka, Table(name, ()), empty)
        source = stage.source()
        try:
            table = source.catalog(["public.*"], []).table(name)
            tracked = replace(empty, partitions=partitions_for(table, kafka), state=TableState.OPEN)
            stage = replace(stage, table=table, tracked=tracked)
            opened(stage, source, [table], [tracked], TARGET_TABLE)
            TopicAdmin(kafka).create([tracked])
            yield stage
        finally:
            source.drop()
            source.close()


def kafka_of(servers: Servers, prefix: str) -> KafkaSettings:
    """One broker's settings: nothing is replicated."""
    return KafkaSettings(
        bootstrap_servers=servers.kafka(),
        topic_prefix=prefix,
        topics=TopicSettings(
            replication_factor=1, min_insync_replicas=1, accept_lower_replication=True
        ),
    )


def opened(
    stage: Stage,
    source: PostgresqlSource,
    tables: Sequence[Table],
    tracked: Sequence[TrackedTable],
    script: str,
) -> None:
    """Publication, slot, the target's tables and the state, as after a load; no topics."""
    source.prepare(tables)
    anchor = source.anchor()
    target = stage.target()
    for _ in target.run_script(script):
        pass
    state = target.state(MIGRATION)
    state.install()
    state.create(source.identity(), JournalEntry("created", "deploy", "benchmark"))
    state.set_start(anchor.start)
    state.save_tables(tracked)
    for each in tracked:
        state.initialise_checkpoints(each.topic, each.partitions)
    state.close()
    target.close()
    anchor.close()


def applied(stage: Stage, total: int, patience_s: float) -> float:
    """Records per second from the first commit to the last of `total`. Raises TimeoutError."""
    target = stage.target()
    state = target.state(MIGRATION)
    deadline = monotonic() + patience_s
    begun = first = 0.0
    try:
        while True:
            at = sum(each.next_offset for each in state.checkpoints())
            now = monotonic()
            if at >= total:
                return (total - first) / (now - begun)
            if at and not begun:
                begun, first = now, at
            if now > deadline:
                raise TimeoutError(f"applied {at} of {total} within {patience_s:.0f} s")
            sleep(0.02)
    finally:
        state.close()
        target.close()


def status(stage: Stage, role: str) -> dict[str, Any]:
    """What the role last said of itself."""
    target = stage.target()
    state = target.state(MIGRATION)
    try:
        return next((each.detail for each in state.statuses() if each.role == role), {})
    finally:
        state.close()
        target.close()


class Role:
    """`capture` or `apply` in a process of its own, as `replicator run` has it."""

    def __init__(self, name: str, stage: Stage) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, end = context.Pipe()
        self._process: BaseProcess = context.Process(target=_role, args=(name, stage, end))
        self._process.start()
        end.close()
        if not self._pipe.poll(_READY_S):
            raise TimeoutError(f"{name} did not start within {_READY_S:.0f} s")
        self._pipe.recv()

    def kill(self) -> None:
        """As `kill -9` does."""
        self._process.kill()
        self._process.join()

    def stop(self) -> tuple[float, float]:
        """End it in order; its peak of resident memory in MiB, and the CPU seconds of its work."""
        self._process.terminate()
        if not self._pipe.poll(_READY_S):
            raise TimeoutError("the role did not stop")
        peak, cpu = self._pipe.recv()
        self._process.join()
        return float(peak), float(cpu)


def _role(name: str, stage: Stage, pipe: Any) -> None:
    asyncio.run(_serve(name, stage, pipe))


async def _serve(name: str, stage: Stage, pipe: Any) -> None:
    before = _cpu_s()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    pipe.send("started")
    if name == "capture":
        await capture(
            stage.source(),
            stage.target(),
            stage.kafka,
            migration=MIGRATION,
            options=CaptureOptions(),
            metrics=Metrics(name, MIGRATION),
            stop=stop,
        )
    else:
        await apply(
            stage.target(),
            stage.kafka,
            migration=MIGRATION,
            instance="bench",
            options=ApplyOptions(),
            metrics=Metrics(name, MIGRATION),
            stop=stop,
        )
    pipe.send((peak_rss_bytes() / (1024 * 1024), _cpu_s() - before))


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
