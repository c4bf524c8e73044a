"""PostgreSQL → capture → Kafka → apply, with the target's side in memory so that it can fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg

from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from model.catalog import TableName
from model.ports import Source, Target
from model.state import TableState, TrackedTable
from monitoring.metrics import Metrics
from replicator.apply import apply
from replicator.capture import capture
from replicator.config.sections import ApplyOptions, CaptureOptions
from tests.memory_target import Memory, MemoryTarget, started
from tests.patience import PATIENCE_S
from topics.admin import TopicAdmin, partitions_for
from topics.control import Marker
from topics.control_reader import ControlReader
from topics.naming import data_topic
from topics.settings import KafkaSettings


@dataclass
class Journey:
    """A deployed migration. `tables` are open from the beginning: they were empty at L0."""

    dsn: str
    kafka: KafkaSettings
    source: PostgresqlSource
    memory: Memory = field(default_factory=Memory)
    running: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = field(default_factory=dict)

    @classmethod
    def deploy(cls, dsn: str, kafka: KafkaSettings, ddl: str) -> Self:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(ddl)
        source = PostgresqlSource(PostgresqlSettings(kind="postgresql", dsn=dsn), "m")  # type: ignore[arg-type]
        journey = cls(dsn, kafka, source)
        catalog = source.catalog(["public.*"], [])
        source.prepare(catalog.tables)
        anchor = source.anchor()
        for table in catalog.tables:
            topic = data_topic(kafka.topic_prefix, table.name)
            count = partitions_for(table, kafka)
            journey.memory.track(
                TrackedTable(table.name, table.name, topic, count, table.key, TableState.OPEN)
            )
        journey.memory.migration = started(str(source.identity()), anchor.start.text)
        anchor.close()
        TopicAdmin(kafka).create(journey.tracked)
        return journey

    @property
    def tracked(self) -> list[TrackedTable]:
        return list(self.memory.tracked.values())

    def status(self, role: str) -> dict[str, Any]:
        """What the role said of itself last; empty until it has said anything."""
        return self.memory.statuses.get(role, {})

    def topic(self, table: str) -> str:
        return self.memory.tracked[TableName("public", table)].topic

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.dsn) as connection:
            for statement in statements:
                connection.execute(statement)

    def start(self, role: str, **options: Any) -> asyncio.Task[None]:
        stop = asyncio.Event()
        source: Source = self.source
        target: Target = MemoryTarget(self.memory)  # type: ignore[assignment]
        work: Awaitable[None]
        if role == "capture":
            work = capture(
                source,
                target,
                self.kafka,
                migration="m",
                options=CaptureOptions(
                    **{"progress_interval": 0.1, "heartbeat_interval": 0.1, **options}
                ),
                metrics=Metrics("capture", "m"),
                stop=stop,
            )
        else:
            work = apply(
                target,
                self.kafka,
                migration="m",
                instance=role,
                options=ApplyOptions(**{"gate_interval": 0.1, "member": role, **options}),
                metrics=Metrics("apply", "m"),
                stop=stop,
            )
        task = asyncio.ensure_future(work)
        self.running[role] = (stop, task)
        return task

    async def stop(self, *roles: str) -> None:
        for role in roles or tuple(self.running):
            stop, task = self.running.pop(role)
            stop.set()
            await asyncio.wait_for(task, PATIENCE_S)

    async def kill(self, role: str) -> None:
        """End a role without its consent."""
        _, task = self.running.pop(role)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def until(self, what: Callable[[], bool]) -> None:
        """Wait for something; a role that fails meanwhile fails the test."""
        deadline = time.monotonic() + PATIENCE_S
        while not await asyncio.to_thread(what):
            for _, task in self.running.values():
                if task.done():
                    task.result()
            assert time.monotonic() < deadline, f"did not happen: {self.memory.statuses}"
            await asyncio.sleep(0.02)

    async def marker(self, id: str) -> Marker:
        """Write a marker into the source's log; the marker as capture met it."""
        await asyncio.to_thread(self.source.write_marker, id, int(time.time() * 1000))
        reader = await asyncio.to_thread(ControlReader, self.kafka)
        try:
            found: list[Marker] = []

            def there() -> bool:
                marker = reader.find_marker(id, 0.1)
                found.extend([marker] if marker else [])
                return bool(found)

            await self.until(there)
            return found[0]
        finally:
            await asyncio.to_thread(reader.close)

    async def drained(self, id: str = "drain") -> None:
        """Everything that is in the source's log now is in the target."""
        marker = await self.marker(id)
        await self.until(
            lambda: all(
                self.memory.checkpoints[place].next_offset >= offset
                for place, offset in marker.offsets.items()
            )
        )

    def differences(self, table: str) -> list[str]:
        """Rows that are not alike on both sides, as text."""
        name = TableName("public", table)
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute(f"SELECT to_jsonb(t) FROM public.{table} t").fetchall()
        there = sorted(repr(sorted(row.items())) for (row,) in found)
        memory = [*self.memory.rows[name].values(), *self.memory.keyless[name]]
        here = sorted(repr(sorted(row.items())) for row in memory)
        return sorted(set(there) ^ set(here)) + [""] * abs(len(there) - len(here))
