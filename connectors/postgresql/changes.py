"""The log reader: `pgoutput` over a walsender's session, decoded to `model.change`."""

from __future__ import annotations

import asyncio
import ctypes
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import psycopg

from connectors.postgresql import messages, position
from connectors.postgresql.errors import translated
from connectors.postgresql.relation import RelationCatalog
from connectors.postgresql.transaction import Transaction
from model.change import LogEvent
from model.errors import Retryable, Unreachable
from model.position import SourceIdentity

_TELL_EVERY_S: Final = 10.0
_NOTHING_NEW: Final = 0
_DATA: Final = ord("w")
_KEEPALIVE: Final = ord("k")


_M_TRIM_THRESHOLD: Final = -1
_KEPT_BYTES: Final = 64 << 20


def keep_freed_memory() -> None:
    """Let the C library keep up to `_KEPT_BYTES` of freed memory instead of giving it back.

    Each read allocates some 10,000 values that are freed together. By default that memory goes back
    to the system and is faulted in again by the next read, which cost more than the decoding:
    11.4 µs a row of 10 columns without, 4.6 µs with (292,000 page faults against 8,500). Without
    effect where the C library is not glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


class PostgresqlLogReader:
    """Reads from a session that is already streaming (`model.ports.LogReader`).

    Decoding happens in the caller's task: `max_bytes` bounds how long one `read` keeps the loop.
    """

    def __init__(
        self,
        session: psycopg.Connection[tuple[Any, ...]],
        object: str,
        identity: SourceIdentity,
        catalog: RelationCatalog,
        marker_prefix: str,
        clock: Callable[[], float] = time.time,
        *,
        silent_after: float = 60.0,
    ) -> None:
        self._session = session
        self._pgconn = session.pgconn
        self._pgconn.nonblocking = 1
        self.identity = identity
        self._object = object
        self._catalog = catalog
        self._transaction = Transaction(catalog, marker_prefix)
        self._clock = clock
        self._silent_after = silent_after
        self._received = 0
        self._acknowledged = 0
        self._ticker: asyncio.Task[None] | None = None
        keep_freed_memory()

    async def read(self, max_bytes: int) -> Sequence[LogEvent]:
        """As the port says. Cancelling it loses nothing: what was taken is handed out next."""
        if self._ticker is None:
            self._ticker = asyncio.create_task(self._tell_regularly())
        while True:
            with self._session_errors():
                self._take(max_bytes)
            if self._transaction.events:
                return self._transaction.hand_over()
            unknown = self._transaction.unknown
            if unknown is not None:
                self._transaction.learnt(*await asyncio.to_thread(self._catalog.learn, unknown))
            else:
                await self._readable()

    def acknowledge(self, boundary: str) -> None:
        """As the port says; told to the server at once."""
        self._acknowledged = max(self._acknowledged, position.lsn(boundary) + 1)
        with self._session_errors():
            self._tell(self._acknowledged)

    async def close(self) -> None:
        """End the session: what was not acknowledged will be sent again. Idempotent."""
        self.end()

    def end(self) -> None:
        """The same, for callers without a loop."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        self._session.close()

    def _take(self, max_bytes: int) -> None:
        """Decode what has arrived, up to about `max_bytes`; stops at an unknown relation."""
        get, transaction = self._pgconn.get_copy_data, self._transaction
        decode = transaction.decode
        taken = 0
        pulled = False
        while taken < max_bytes and transaction.unknown is None:
            length, frame = get(1)
            if length == 0:
                if pulled:
                    return
                self._pgconn.consume_input()
                pulled = True
                continue
            if length < 0:
                self._ended()
            pulled = False
            data = bytes(frame)
            if data[0] == _DATA:
                decode(data)
                taken += length
            elif data[0] == _KEEPALIVE:
                end, answer_wanted = messages.keepalive(data)
                self._received = max(self._received, end)
                if answer_wanted:
                    self._tell()

    def _tell(self, flushed: int = _NOTHING_NEW, *, answer: bool = False) -> None:
        """A status update. Nothing beyond the acknowledged boundary is ever called flushed.

        An answer to a keepalive names no flushed position, which leaves the slot where it is: a
        server that shuts down waits until all it sent is flushed, for ever while Kafka is away,
        but without such a position it is content with what was received.
        """
        now = int(self._clock() * 1000)
        written = max(self._received, self._acknowledged)
        self._pgconn.put_copy_data(messages.status(written, flushed, now, answer=answer))
        self._pgconn.flush()

    async def _tell_regularly(self) -> None:
        """Keeps the session alive while nobody reads (backpressure), and has the server speak."""
        while True:
            # Its rhythm, far below wal_sender_timeout.
            await asyncio.sleep(min(_TELL_EVERY_S, self._silent_after / 3))
            try:
                with self._session_errors():
                    self._tell(answer=True)
            except Retryable:
                return

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[None] = loop.create_future()
        socket = self._pgconn.socket
        loop.add_reader(socket, _settle, arrived)
        try:
            async with asyncio.timeout(self._silent_after):
                await arrived
        except TimeoutError as error:
            raise Retryable(
                f"the server has said nothing for {self._silent_after:g} s, and was asked to",
                object=self._object,
            ) from error
        finally:
            loop.remove_reader(socket)

    def _ended(self) -> NoReturn:
        """The server has ended the stream: with an error, or because it shuts down."""
        result = self._pgconn.get_result()
        if result is not None and result.error_message:
            raise psycopg.errors.error_from_result(result)
        raise Retryable("the server ended the stream", object=self._object, wait=1.0)

    @contextmanager
    def _session_errors(self) -> Iterator[None]:
        """A broken session is worth another try: the slot has kept everything."""
        try:
            with translated(self._object):
                yield
        except Unreachable as error:
            raise Retryable(error.what, object=self._object, wait=1.0) from error


def _settle(arrived: asyncio.Future[None]) -> None:
    if not arrived.done():
        arrived.set_result(None)
