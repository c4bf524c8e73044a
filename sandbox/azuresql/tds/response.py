"""One response: results of the language as tokens, flushed as they grow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Final

from sandbox.azuresql.session import (
    DatabaseChanged,
    Done,
    Notice,
    OutputValue,
    Refused,
    Result,
    Results,
    ResultSet,
    ReturnStatus,
    Rows,
    TransactionChanged,
)
from sandbox.azuresql.tds import tokens
from sandbox.azuresql.tds.channel import Channel
from sandbox.azuresql.tds.numeric import NotRepresentable
from sandbox.azuresql.tds.packet import PacketType, PacketWriter
from sandbox.azuresql.tds.result_rows import RowsEncoder, rows_encoder
from sandbox.azuresql.tds.types import UnknownType

_FLUSH_BYTES: Final = 1 << 15
FATAL: Final = 20
"""From this severity on SQL Server ends the connection."""


class Interrupted(Exception):
    """The client sent an attention; the rest of the response is not wanted."""


class Descriptors:
    """What a connection remembers between responses: its database and its transaction."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.transaction = 0
        self._last = 0

    def changed(self, kind: str) -> int:
        """The descriptor that a begin announces, or that the end of a transaction names."""
        if kind == "begin":
            self._last += 1
            self.transaction = self._last
            return self.transaction
        ended, self.transaction = self.transaction, 0
        return ended


class Response:
    """Writes one response message. A DONE is held back until it is known whether more follows."""

    def __init__(
        self,
        channel: Channel,
        packet_size: int,
        descriptors: Descriptors,
        interrupted: Callable[[], bool] = lambda: False,
        before_flush: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._channel = channel
        self._writer = PacketWriter(PacketType.REPLY, packet_size)
        self._descriptors = descriptors
        self._interrupted = interrupted
        self._before_flush = before_flush
        self._held: tuple[int, int, int, int | None] | None = None
        self._encode: RowsEncoder | None = None
        self._failed = False
        self._errors = 0
        self._status: int | None = None
        self._outputs: list[OutputValue] = []
        self.fatal = False

    def write(self, token: bytes) -> None:
        self._release(tokens.DONE_MORE)
        self._writer.write(token)

    async def batch(self, results: Results) -> None:
        """All results of a batch or a transaction request. Raises Interrupted."""
        await self._consume(results, tokens.DONE)
        if self._failed:
            self._hold(tokens.DONE, tokens.DONE_ERROR, 0, None)

    async def call(self, results: Results | Sequence[Result], outputs: Sequence[int]) -> None:
        """All results of one procedure call, ended by DONEPROC. Raises Interrupted.

        `outputs` are the places of its output parameters: clients find theirs by the place.
        """
        self._status, self._outputs, errors = None, [], self._errors
        await self._consume(results, tokens.DONE_IN_PROC)
        failed = self._failed or self._errors > errors
        if self._status is not None or not failed:
            self.write(tokens.return_status(self._status or 0))
        for place, value in zip(outputs, self._outputs, strict=False):
            self.write(tokens.output_value(place, value))
        self._failed = False
        self._hold(tokens.DONE_PROC, tokens.DONE_ERROR if failed else 0, 0, None)

    def refuse(self, said: Notice) -> None:
        """An error that stands for a whole request."""
        self._notice(said)
        self._hold(tokens.DONE, tokens.DONE_ERROR, 0, None)
        self._failed = False

    def interrupt(self) -> None:
        """The rest does not come."""
        self._hold(tokens.DONE, tokens.DONE_ERROR, 0, None)

    def acknowledge_attention(self) -> None:
        self._hold(tokens.DONE, tokens.DONE_ATTENTION, 0, None)

    async def finish(self) -> None:
        """The last token and the end of the message."""
        if self._held is None:
            self._hold(tokens.DONE, 0, 0, None)
        self._release(0)
        if self._before_flush is not None:
            await self._before_flush()
        self._channel.write(self._writer.finish())
        await self._channel.drain()

    async def _consume(self, results: Results | Sequence[Result], kind: int) -> None:
        try:
            if isinstance(results, Sequence):
                for result in results:
                    self._take(result, kind)
            else:
                await self._stream(results, kind)
        except Refused as refused:
            self._notice(refused.notice)
        except UnknownType as unknown:
            self._notice(Notice(40515, 16, 1, 1, f"The stand-in does not send {unknown}."))
        except (NotRepresentable, OverflowError) as error:
            text = f"Arithmetic overflow error converting to the result's type: {error}."
            self._notice(Notice(8115, 16, 1, 1, text))
        if self._interrupted():
            raise Interrupted

    async def _stream(self, results: Results, kind: int) -> None:
        async with aclosing(results) as stream:
            async for result in stream:
                if self._interrupted():
                    raise Interrupted
                self._take(result, kind)
                if self._writer.pending > _FLUSH_BYTES:
                    await self._flush()

    def _take(self, result: Result, kind: int) -> None:
        if isinstance(result, Rows):
            assert self._encode is not None
            self.write(self._encode(result.rows))
        elif isinstance(result, ResultSet):
            if result.memory is None:
                shape = tuple((column.type, column.oid) for column in result.columns)
                result.memory = tokens.columns(result.columns), rows_encoder(shape)
            described, self._encode = result.memory
            self.write(described)
        elif isinstance(result, Done):
            status = tokens.DONE_ERROR if self._failed else 0
            self._hold(kind, status, result.command, result.count)
            self._failed = False
        elif isinstance(result, Notice):
            self._notice(result)
        elif isinstance(result, ReturnStatus):
            self._status = result.value
        elif isinstance(result, OutputValue):
            self._outputs.append(result)
        elif isinstance(result, TransactionChanged):
            descriptor = self._descriptors.changed(result.kind)
            self.write(tokens.transaction_changed(result.kind, descriptor))
        elif isinstance(result, DatabaseChanged):
            self._database_changed(result.name)

    def _database_changed(self, name: str) -> None:
        self.write(tokens.database_changed(name, self._descriptors.database))
        self._descriptors.database = name
        text = f"Changed database context to '{name}'."
        self.write(tokens.notice(Notice(5701, 0, 2, 1, text)))

    def _notice(self, said: Notice) -> None:
        self.write(tokens.notice(said))
        if said.severity > 10:
            self._failed = True
            self._errors += 1
            self.fatal = self.fatal or said.severity >= FATAL

    def _hold(self, kind: int, status: int, command: int, count: int | None) -> None:
        self._release(tokens.DONE_MORE)
        self._held = (kind, status, command, count)

    def _release(self, more: int) -> None:
        if self._held is not None:
            kind, status, command, count = self._held
            self._held = None
            self._writer.write(tokens.done(kind, status | more, command, count))

    async def _flush(self) -> None:
        if self._before_flush is not None:
            await self._before_flush()
        self._channel.write(self._writer.full())
        await self._channel.drain()
