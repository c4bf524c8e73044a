"""How soon a role works: with 500 tables from nothing, and killed among 2,000 partitions."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import psycopg
from confluent_kafka import Producer

from benchmarks.harness import Report, Servers
from benchmarks.stage import MIGRATION, Role, Stage, kafka_of, opened
from model.catalog import Table, TableName
from model.position import Position
from model.state import TableState, TrackedTable
from topics.admin import TopicAdmin
from topics.control import Progress, encode_progress
from topics.control_reader import ControlReader
from topics.naming import control_topic, data_topic

_TABLES: Final = int(os.environ.get("BENCH_TABLES", "500"))
_RECORDS: Final = int(os.environ.get("BENCH_CONTROL_RECORDS", "1000000"))
_PARTITIONS: Final = 4
_PATIENCE_S: Final = 300.0
_FLUSH_EVERY: Final = 50_000


def run(report: Report, servers: Servers) -> None:
    """Topics' creation is part of the start; a recovery ends when a new change has passed."""
    with _deployed(servers) as (stage, tracked):
        begun = time.monotonic()
        TopicAdmin(stage.kafka).create(tracked)
        created = time.monotonic() - begun
        capture = Role("capture", stage)
        _captured(stage, "first")
        report.add("start.tables_500_s", time.monotonic() - begun, "s", below=20, note=_words())
        report.add("start.topics_created_s", created, "s", note="of it")
        applier = Role("apply", stage)
        _applied(stage, tracked)
        capture.kill()
        _fill_control(stage)
        begun = time.monotonic()
        capture = Role("capture", stage)
        _captured(stage, "again")
        of_capture = time.monotonic() - begun
        applier.kill()
        begun = time.monotonic()
        applier = Role("apply", stage)
        _applied(stage, tracked)
        of_apply = time.monotonic() - begun
        capture.stop()
        applier.stop()
    note = f"{_words()}, {_RECORDS:,} control records"
    report.add("start.recovery_s", max(of_capture, of_apply), "s", below=5, note=note)
    report.add("start.capture_recovery_s", of_capture, "s", note="kill -9 to a marker in Kafka")
    report.add("start.apply_recovery_s", of_apply, "s", note="kill -9 to a row in every table")


def _words() -> str:
    return f"{_TABLES} tables, {_TABLES * _PARTITIONS:,} partitions"


def _name(number: int) -> TableName:
    return TableName("public", f"t{number:04}")


@contextmanager
def _deployed(servers: Servers) -> Iterator[tuple[Stage, list[TrackedTable]]]:
    """Tables at both ends, a slot and the state; no topic yet."""
    kafka = kafka_of(servers, f"bench-{secrets.token_hex(4)}")
    names = [_name(number) for number in range(_TABLES)]
    tracked = [
        TrackedTable(
            name,
            TableName("dbo", name.name),
            data_topic(kafka.topic_prefix, name),
            _PARTITIONS,
            ("id",),
            state=TableState.OPEN,
        )
        for name in names
    ]
    with servers.source_database() as dsn, servers.target_database() as odbc:
        with psycopg.connect(dsn) as connection:
            for name in names:
                connection.execute(
                    f"CREATE TABLE {name.name} (id bigint PRIMARY KEY, note text)".encode()
                )
        stage = Stage(dsn, odbc, kafka, Table(names[0], ()), tracked[0])
        source = stage.source()
        try:
            tables = source.catalog(["public.*"], []).tables
            script = "".join(
                f"CREATE TABLE [dbo].[{name.name}] ([id] bigint NOT NULL PRIMARY KEY, "
                "[note] nvarchar(max) NULL);\n"
                for name in names
            )
            opened(stage, source, tables, tracked, script)
            yield replace(stage, table=tables[0]), tracked
        finally:
            source.drop()
            source.close()


def _captured(stage: Stage, id: str) -> None:
    """Write a marker, and wait until capture has met it."""
    source = stage.source()
    source.write_marker(id, 1)
    source.close()
    reader = ControlReader(stage.kafka, control_topic(stage.kafka.topic_prefix))
    if reader.find_marker(id, _PATIENCE_S) is None:
        raise TimeoutError(f"capture did not meet the marker within {_PATIENCE_S:.0f} s")
    reader.close()


def _applied(stage: Stage, tracked: list[TrackedTable]) -> None:
    """Write a row into every table, and wait until each has moved a checkpoint."""
    target = stage.target()
    state = target.state(MIGRATION)
    before = sum(each.next_offset for each in state.checkpoints())
    key = time.monotonic_ns()
    stage.execute(*(f"INSERT INTO {each.source.name} VALUES ({key})" for each in tracked))
    deadline = time.monotonic() + _PATIENCE_S
    while sum(each.next_offset for each in state.checkpoints()) < before + len(tracked):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not every row was applied within {_PATIENCE_S:.0f} s")
        time.sleep(0.05)
    state.close()
    target.close()


def _fill_control(stage: Stage) -> None:
    """Days of progress: older records than the newest one, all of which a restart has to read."""
    source = stage.source()
    identity = source.identity()
    source.close()
    producer = Producer(
        {"bootstrap.servers": stage.kafka.bootstrap_servers, "linger.ms": 20, "acks": "all"}
    )
    topic = control_topic(stage.kafka.topic_prefix)
    for number in range(_RECORDS):
        place = (stage.tracked.topic, number % _PARTITIONS)
        record = Progress(Position(f"{number + 1:016x}/00000000"), number, identity, {place: 0})
        producer.produce(topic, encode_progress(record), partition=0)
        if number % _FLUSH_EVERY == 0:
            producer.flush()
    producer.flush()
