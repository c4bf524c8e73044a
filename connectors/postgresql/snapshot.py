"""Reading tables inside one snapshot, as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa

from connectors.postgresql import chunks, position, selection
from connectors.postgresql.arrow import BatchConverter
from connectors.postgresql.decoder import row_decoder
from connectors.postgresql.errors import by_sqlstate, connect_sqlstate
from connectors.postgresql.forms import LogColumn
from connectors.postgresql.names import literal
from connectors.postgresql.objects import key_writer
from connectors.postgresql.sessions import Sessions, late_settings
from connectors.postgresql.types import SourceType
from connectors.postgresql.values import Policies
from model.catalog import Table, TableName
from model.errors import ReplicatorError, Retryable
from model.position import Position
from model.state import Chunk
from model.types import Kind, LogicalType

_JSON_TEXT: Final = frozenset({Kind.ARRAY, Kind.COMPOSITE, Kind.RANGE, Kind.KEYVALUE})


def named(snapshot: str, start: Position) -> str:
    """An exported snapshot with its consistent point, for `PostgresqlSnapshotReader`."""
    return f"{snapshot}@{start}"


class Stream:
    """An Arrow C stream that remembers its own failure, of which its consumer sees only text."""

    def __init__(self, schema: Any, batches: Iterator[Any]) -> None:
        self.failure: ReplicatorError | None = None
        self._reader = pa.RecordBatchReader.from_batches(schema, self._watched(batches))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._reader.__arrow_c_stream__(requested_schema)

    def _watched(self, batches: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from batches
        except ReplicatorError as error:
            self.failure = error
            raise


class ArrowSession:
    """One ADBC session in one read-only transaction with one snapshot."""

    def __init__(self, sessions: Sessions, purpose: str, batch_bytes: int) -> None:
        self.address = sessions.address
        self._batch_bytes = batch_bytes
        self._cursor: Any = None
        conninfo = sessions.conninfo(purpose)
        try:
            self._connection = adbc.connect(conninfo, autocommit=True)
        except adbc_driver_manager.Error as error:
            state = connect_sqlstate(conninfo)
            raise by_sqlstate(state, "the login was refused", self.address) from error
        [[self.version]] = self.rows("SELECT current_setting('server_version_num')::int")
        for name, value in late_settings(self.version):
            self.run(f"SET {name} = {value}")

    def begin(self, exported: str | None) -> None:
        """Start the transaction, importing a snapshot or taking a fresh one."""
        self.run("/* replicator:snapshot */ BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if exported is None:
            self.rows("/* replicator:snapshot */ SELECT pg_current_snapshot()::text")
        else:
            self.run(f"/* replicator:snapshot */ SET TRANSACTION SNAPSHOT {literal(exported)}")

    def run(self, text: str) -> None:
        """A statement without a result."""
        with self._translated():
            self._execute(text)

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        """A small result."""
        with self._translated():
            return list(self._execute(text).fetchall())

    def batches(self, text: str) -> Iterator[Any]:
        """A result of any size; the session's next statement ends it."""
        with self._translated():
            yield from self._execute(text).fetch_record_batch()

    def _execute(self, text: str) -> Any:
        """One statement at a time: a result that was left half read must not outlive its use."""
        self._end_statement()
        self._cursor = self._connection.cursor()
        self._cursor.adbc_statement.set_options(
            **{"adbc.postgresql.batch_size_hint_bytes": str(self._batch_bytes)}
        )
        self._cursor.execute(text)
        return self._cursor

    def _end_statement(self) -> None:
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None

    def stream(self, text: str) -> Any:
        """The result as the driver types it."""
        batches = self.batches(text)
        first = next(batches)
        return Stream(first.schema, _chained(first, batches))

    def close(self) -> None:
        """End the transaction and the session. Idempotent."""
        with self._translated():
            self._end_statement()
            self._connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except adbc_driver_manager.Error as error:
            code = (error.sqlstate or "").strip("\0") or None
            raise by_sqlstate(code, "a read failed", self.address) from error


def _chained(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


class PostgresqlSnapshotReader:
    """As `model.ports.SnapshotReader` says. Belongs to one thread at a time."""

    def __init__(
        self, sessions: Sessions, exported: str | None, policies: Policies, batch_bytes: int
    ) -> None:
        name, _, start = (exported or "").partition("@")
        self._policies = policies
        self._partitioned: dict[TableName, bool] = {}
        self._session = ArrowSession(sessions, "snapshot", batch_bytes)
        try:
            self._session.begin(name or None)
            self.high = Position(start) if start else self._insert_position()
        except BaseException:  # also when cancelled: nothing else will ever close it
            self._session.close()
            raise

    def _insert_position(self) -> Position:
        """Where the log's next record goes, read after the snapshot was taken.

        Not where it was written to: with `synchronous_commit=off` that lies below commits which
        the snapshot has seen.
        """
        text = "/* replicator:high */ SELECT pg_current_wal_insert_lsn()::text"
        [[lsn]] = self._session.rows(text)
        return position.at(position.parse_lsn(lsn))

    def plan(self, table: Table, rows_per_chunk: int) -> list[Chunk]:
        """As the port says: bounds come from a sample and are ordered by the server."""
        return chunks.planned(self._session.rows, self._session.version, table, rows_per_chunk)

    def middle(self, table: Table, chunk: Chunk) -> str | None:
        """As the port says."""
        partitioned = self._held(table)
        return chunks.middle(self._session.rows, table, chunk, partitioned=partitioned)

    def first_key(self, table: Table, chunk: Chunk) -> str | None:
        """As the port says. None for a keyless table, which has nothing to be looked up by."""
        if not table.key:
            return None
        text = selection.first_key(table, chunk, partitioned=self._held(table))
        found = self._session.rows(text)
        return key_object(table, found[0], self._policies) if found else None

    def read(self, table: Table, chunk: Chunk) -> Stream:
        """As the port says; `failure` of the stream tells what broke it."""
        converter = BatchConverter(table, self._policies)
        text = selection.read_chunk(table, chunk, partitioned=self._held(table))
        batches = self._session.batches(text)
        return Stream(converter.schema, map(converter.convert, batches))

    def close(self) -> None:
        """End the transaction and the session. Idempotent."""
        self._session.close()

    def _held(self, table: Table) -> bool:
        """Keep the table as the snapshot sees it, until the end; True when it is partitioned.

        TRUNCATE and an ALTER TABLE that rewrites leave nothing for a snapshot that is older than
        they are: it sees an empty table, and a rewrite writes no row to the log. The lock keeps
        them out from now on; who came before it is known by the table's file. Raises Retryable:
        a fresh snapshot sees the table as it is.
        """
        if table.name not in self._partitioned:
            [[_, partitioned]] = self._session.rows(selection.size(table.name))
            self._session.run(selection.hold(table.name, partitioned=partitioned))
            [[replaced]] = self._session.rows(selection.replaced(table.name))
            if replaced:
                raise Retryable(
                    "the table was truncated or rewritten after the snapshot was taken",
                    object=str(table.name),
                    hint="the load starts again with a fresh snapshot",
                )
            self._partitioned[table.name] = partitioned
        return self._partitioned[table.name]


def key_object(table: Table, texts: tuple[str, ...], policies: Policies) -> str:
    """A JSON object of the key in canonical wire form, from the text of its columns."""
    columns = []
    for number, name in enumerate(table.key):
        logical = table.column(name).type
        if logical.kind in _JSON_TEXT:
            logical = LogicalType(Kind.TEXT)
        columns.append(LogColumn(name, SourceType("", logical), number))
    message = len(texts).to_bytes(2) + b"".join(
        b"t" + len(value).to_bytes(4) + value for value in (text.encode() for text in texts)
    )
    row, _ = row_decoder(columns, policies)(message, 0)
    alone = Table(table.name, tuple(table.column(name) for name in table.key), key=table.key)
    return (key_writer(alone)(row) or b"{}").decode()
