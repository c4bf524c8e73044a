"""One PostgreSQL connection through libpq: parameters and results are raw binary values."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import generators, pq
from psycopg.pq import ExecStatus

from sandbox.azuresql.tsql.exchange import Pieces, ServerError, Value, rows_of
from sandbox.azuresql.tsql.prepared import Prepared, shape_of
from sandbox.azuresql.tsql.readiness import Readiness

_CHUNK: Final = 512
"""Rows that libpq hands over at once while a result streams."""


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """A result that is being read, behind those of `in_front` commands."""

    in_front: int


class Link:
    """Calls must not overlap; `cancel` may come from another task."""

    def __init__(self, connection: psycopg.AsyncConnection[object]) -> None:
        self._connection = connection
        self._ready = Readiness(connection.pgconn)
        self._prepared = Prepared()
        self._generation: tuple[int, int] = (0, 0)
        self._waiting: list[str] = []
        self._reading: _Reading | None = None
        self._settling = asyncio.Lock()

    @classmethod
    async def connect(cls, dsn: str, database: str, application: str, search: str) -> Link:
        """Open a connection whose unqualified operators are found in `search`."""
        connection = await psycopg.AsyncConnection.connect(
            dsn,
            dbname=database,
            autocommit=True,
            application_name=application[:63],
            options=f"-c search_path={search} -c DateStyle=ISO,MDY -c IntervalStyle=iso_8601 "
            "-c TimeZone=UTC -c extra_float_digits=3 -c allow_system_table_mods=on "
            "-c plan_cache_mode=auto -c client_min_messages=error -c jit=off",
        )
        return cls(connection)

    @property
    def process(self) -> int:
        return self._connection.pgconn.backend_pid

    @property
    def failed(self) -> bool:
        """Whether the transaction takes nothing but a rollback."""
        return self._connection.pgconn.transaction_status == pq.TransactionStatus.INERROR

    async def close(self) -> None:
        self._ready.close()
        await self._connection.close()

    async def cancel(self) -> None:
        """Ask the server to end what runs; a connection that is gone needs none."""
        with contextlib.suppress(psycopg.OperationalError):
            await self._connection.cancel_safe(timeout=5.0)

    def before(self, commands: Sequence[str]) -> None:
        """Commands to send in front of the next statement, in the same round trip."""
        self._waiting = list(commands)

    def _taken(self) -> list[str]:
        waiting, self._waiting = self._waiting, []
        return waiting

    async def _send_waiting(self) -> None:
        if self._waiting:
            await self.run("")

    async def run(self, sql: str) -> None:
        """Statements without parameters, as one simple query. Raises ServerError."""
        await self._settle()
        connection = self._connection.pgconn
        with _lost():
            connection.send_query("; ".join([*self._taken(), sql]).encode())
            results = await self._ready.drive(generators.execute(connection))
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise ServerError(result)

    async def fetch(
        self, sql: str, values: Sequence[Value] = ()
    ) -> tuple[list[list[bytes | None]], int]:
        """All rows of a small result, and the rows affected. Raises ServerError."""
        rows: list[list[bytes | None]] = []
        affected = 0
        async for result in self.stream(sql, values):
            rows.extend(rows_of(result))
            affected = result.command_tuples or 0
        return rows, affected

    @property
    def forgotten(self) -> int:
        """How often the prepared statements were dropped."""
        return self._prepared.forgotten

    def prepared(self, sql: str, oids: tuple[int, ...]) -> bytes | None:
        """The name of a statement that ran before, which holds while `forgotten` stays."""
        return self._prepared.name((sql, oids))

    async def repeat(
        self, name: bytes, values: Sequence[Value]
    ) -> tuple[list[pq.abc.PGresult], Pieces | None]:
        """Run what `prepared` named: all of its result, or a first piece and the others.

        Raises ServerError.
        """
        if self._waiting:
            pieces = self.stream("", values, name)
            return [await anext(pieces)], pieces
        await self._settle()
        with _lost():
            self._send(name, "", values)
            self._connection.pgconn.set_chunked_rows_mode(_CHUNK)
            await self._ready.flush()
        reading = self._reading = _Reading(0)
        try:
            with _lost():
                first = second = await self._ready.result()
                if first is not None and first.status == ExecStatus.TUPLES_CHUNK:
                    second = await self._ready.result()
                    if second is not None and second.status != ExecStatus.TUPLES_OK:
                        return [first], self._pieces(reading, second)
            await self._drain()
            self._reading = None
        except BaseException:  # also when cancelled: what is left would meet the next statement
            await self._settle()
            raise
        assert first is not None, "a statement has a result"
        if first.status == ExecStatus.FATAL_ERROR:
            raise ServerError(first)
        return [first], None

    async def stream(
        self, sql: str, values: Sequence[Value] = (), name: bytes | None = None
    ) -> Pieces:
        """The result in pieces, the last one with the command's tag. Closing early ends it.

        `name` is that of a prepared statement, where it is known.
        """
        await self._settle()
        connection = self._connection.pgconn
        fresh = False
        if name is None:
            name, fresh = await self._name(sql, values)
        first = self._taken()
        in_front = len(first) + fresh if first else 0
        with _lost():
            if fresh and not first:
                await self._prepare(name, sql, values)
            if first:
                connection.enter_pipeline_mode()
                for command in first:
                    connection.send_query_params(command.encode(), None)
            if fresh and first:
                connection.send_prepare(name or b"", sql.encode(), [value.oid for value in values])
            self._send(name, sql, values)
            if first:
                connection.pipeline_sync()
            else:
                connection.set_chunked_rows_mode(_CHUNK)
            await self._ready.flush()
        reading = self._reading = _Reading(in_front)
        try:
            failed = await self._skip(in_front)
        except BaseException:  # also when cancelled: what is left would meet the next statement
            await self._settle()
            raise
        if fresh and failed is None and name is not None:
            self._prepared.keep(shape_of(sql, values), name)
        async with contextlib.aclosing(self._pieces(reading, failed)) as pieces:
            async for piece in pieces:
                yield piece

    async def _pieces(self, reading: _Reading, ahead: pq.abc.PGresult | None) -> Pieces:
        """The results of a statement, the one that was read ahead first."""
        in_front = reading.in_front
        try:
            while True:
                with _lost():
                    result, ahead = ahead or await self._ready.result(), None
                if result is None:
                    await self._end(in_front)
                    self._reading = None
                    return
                if result.status == ExecStatus.FATAL_ERROR:
                    await self._drain()
                    await self._end(in_front)
                    self._reading = None
                    raise ServerError(result)
                yield result
        finally:
            if self._reading is reading:
                await self._settle()

    async def _settle(self) -> None:
        """End a result whose reader has left it.

        A generator may be closed long after the next statement came, or after the connection was
        closed; so whoever comes first, the generator or the next statement, ends the result.
        """
        if self._reading is None and not self._settling.locked():
            return
        async with self._settling:
            reading, self._reading = self._reading, None
            if reading is None or self._connection.closed:
                return
            # A connection that is lost says so to the next statement.
            with contextlib.suppress(psycopg.OperationalError, ConnectionError):
                await self.cancel()
                await self._drain()
                await self._end(reading.in_front)

    async def _skip(self, commands: int) -> pq.abc.PGresult | None:
        """Past the results of what was sent in front; the one that failed, if one did."""
        connection = self._connection.pgconn
        for _ in range(commands):
            with _lost():
                result: pq.abc.PGresult | None = await self._ready.result()
            if result is not None and result.status == ExecStatus.FATAL_ERROR:
                return result
            await self._drain()
        if commands:
            connection.set_chunked_rows_mode(_CHUNK)
        return None

    async def _end(self, commands: int) -> None:
        """Past the pipeline's end, which a statement with commands in front has.

        Nothing comes twice in a row when nothing will come any more: the connection was closed, or
        is out of step. Asking on would keep the loop for ever.
        """
        if not commands:
            return
        with _lost():
            result = await self._ready.result()
            while result is None or result.status != ExecStatus.PIPELINE_SYNC:
                before, result = result, await self._ready.result()
                if before is None and result is None:
                    raise psycopg.OperationalError("the end of a pipeline did not come")
        self._connection.pgconn.exit_pipeline_mode()

    def _send(self, name: bytes | None, sql: str, values: Sequence[Value]) -> None:
        connection = self._connection.pgconn
        data = [value.data for value in values]
        formats = [1] * len(values)
        if name is not None:
            connection.send_query_prepared(name, data, formats, 1)
        else:
            oids = [value.oid for value in values]
            connection.send_query_params(sql.encode(), data, oids, formats, 1)

    async def _name(self, sql: str, values: Sequence[Value]) -> tuple[bytes | None, bool]:
        """The statement's name where it is worth one, and whether it is still to be prepared."""
        shape = shape_of(sql, values)
        found = self._prepared.name(shape)
        if found is not None:
            return found, False
        if not self._prepared.comes_again(shape):
            return None, False
        if self._prepared.full:
            await self.forget()
        return self._prepared.new_name(), True

    async def _prepare(self, name: bytes | None, sql: str, values: Sequence[Value]) -> None:
        connection = self._connection.pgconn
        connection.send_prepare(name or b"", sql.encode(), [value.oid for value in values])
        results = await self._ready.drive(generators.execute(connection))
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise ServerError(result)

    async def definitions(self, generation: tuple[int, int]) -> None:
        """Prepared statements of an older generation of definitions are dropped."""
        if generation != self._generation:
            self._generation = generation
            await self.forget()

    async def forget(self) -> None:
        """Drop the prepared statements (tables may have changed their shape)."""
        if self._prepared.forget():
            await self.run("DEALLOCATE ALL")

    async def describe(
        self, sql: str, oids: Sequence[int] = ()
    ) -> tuple[pq.abc.PGresult, list[int]]:
        """What a statement would return, without running it, and its parameters' types."""
        await self._settle()
        await self._send_waiting()
        connection = self._connection.pgconn
        with _lost():
            connection.send_prepare(b"", sql.encode(), list(oids))
            (prepared,) = await self._ready.drive(generators.execute(connection))
            if prepared.status == ExecStatus.FATAL_ERROR:
                raise ServerError(prepared)
            connection.send_describe_prepared(b"")
            (described,) = await self._ready.drive(generators.execute(connection))
        if described.status == ExecStatus.FATAL_ERROR:
            raise ServerError(described)
        return described, [described.param_type(n) for n in range(described.nparams)]

    async def copy_begin(self, sql: str) -> None:
        """Start `COPY … FROM STDIN`. Raises ServerError."""
        await self._settle()
        await self._send_waiting()
        connection = self._connection.pgconn
        with _lost():
            connection.send_query(sql.encode())
            await self._ready.flush()
            result = await self._ready.result()
        if result is not None and result.status == ExecStatus.FATAL_ERROR:
            await self._drain()
            raise ServerError(result)

    async def copy_data(self, data: bytes) -> None:
        with _lost():
            connection = self._connection.pgconn
            if connection.put_copy_data(data):
                await self._ready.flush()
            else:
                await self._ready.drive(generators.copy_to(connection, data))

    async def copy_end(self, fault: str | None = None) -> int:
        """End the COPY, or abandon it with `fault`. Returns the rows. Raises ServerError."""
        reason = fault.encode() if fault is not None else None
        with _lost():
            try:
                result = await self._ready.drive(
                    generators.copy_end(self._connection.pgconn, reason)
                )
            except psycopg.Error as error:
                # An abandoned COPY is one of psycopg's operational errors; the connection goes on.
                lost = self._connection.pgconn.status != pq.ConnStatus.OK
                if error.pgresult is None or lost:
                    raise
                raise ServerError(error.pgresult) from None
        return result.command_tuples or 0

    async def _drain(self) -> None:
        while True:
            result = await self._ready.result()
            if result is None:
                return


class _lost(contextlib.AbstractContextManager[None]):  # noqa: N801 (reads as a statement)
    """libpq's "connection lost" as the builtin ConnectionError."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, psycopg.OperationalError):
            raise ConnectionError(f"the embedded PostgreSQL is gone: {error}") from error
