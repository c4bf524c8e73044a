"""Reading a source's log in tests: to a marker, never to a guess of time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import psycopg

from connectors.postgresql.changes import PostgresqlLogReader
from connectors.postgresql.source import PostgresqlSource
from model.catalog import Table, TableName
from model.change import Change, LogEvent, MarkerSeen
from model.ports import Anchor
from tests.patience import until

_READ_BYTES = 1 << 20


async def to_marker(reader: PostgresqlLogReader, marker: str) -> list[LogEvent]:
    """All events up to this marker, which comes last."""
    events: list[LogEvent] = []
    while not any(isinstance(event, MarkerSeen) and event.id == marker for event in events):
        events += await reader.read(_READ_BYTES)
    return events


class Log:
    """What happens to these tables of `public` from now on."""

    def __init__(self, source: PostgresqlSource, *names: str) -> None:
        self._source = source
        self.tables = captured(source, *names)
        self.anchor = source.anchor()

    def reader(self) -> AbstractContextManager[PostgresqlLogReader]:
        """A session that begins where the log does."""
        return self._source.log_reader(self.anchor.start, self._source.identity(), self.tables)

    async def changes(self) -> list[LogEvent]:
        """Everything until now."""
        return await changes(self._source, self.anchor, self.tables)


async def changes(
    source: PostgresqlSource, anchor: Anchor, tables: Sequence[Table]
) -> list[LogEvent]:
    """Everything from the anchor to now."""
    source.write_marker("end", 0)
    with source.log_reader(anchor.start, source.identity(), tables) as reader:
        return await to_marker(reader, "end")


def only_changes(events: Sequence[LogEvent]) -> list[Change]:
    """The changes among the events."""
    return [event for event in events if isinstance(event, Change)]


def captured(source: PostgresqlSource, *names: str) -> tuple[Table, ...]:
    """These tables of `public`, published."""
    tables = source.catalog([f"public.{name}" for name in names], []).tables
    assert [table.name for table in tables] == sorted(TableName("public", name) for name in names)
    source.prepare(tables)
    return tables


def until_free(admin: psycopg.Connection[Any]) -> None:
    """Wait until the server has noticed that the last reader of its slots is gone."""
    until(lambda: not admin.execute("SELECT 1 FROM pg_replication_slots WHERE active").fetchall())
