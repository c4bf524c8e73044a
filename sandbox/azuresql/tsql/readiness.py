"""When the socket of a PostgreSQL connection is ready: what libpq's calls wait for.

psycopg registers the socket, starts a task and sets a timer for each wait; here the socket stays
registered for reading, and a wait is one future.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

import psycopg
from psycopg import pq
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

_T = TypeVar("_T")


class Readiness:
    """Waits on one connection for one task at a time.

    What arrives while nobody waits for it, such as the end of the connection, stops the watch until
    somebody does: neither must the loop turn for it, nor may it pile up in libpq.
    """

    def __init__(self, connection: pq.abc.PGconn) -> None:
        self._connection = connection
        self._socket = connection.socket
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[Ready] | None = None
        self._for_reading = True
        self._watched = False

    async def drive(self, generator: PQGen[_T]) -> _T:
        """What one of psycopg's generators returns. Raises what it raises."""
        try:
            wanted = next(generator)
            while True:
                wanted = generator.send(await self._ready(wanted))
        except StopIteration as end:
            returned: _T = end.value
            return returned

    async def flush(self) -> None:
        """Until the server has taken what was sent; reads on, lest both wait for the other."""
        while self._connection.flush():
            await self._ready(Wait.RW)

    async def result(self) -> pq.abc.PGresult | None:
        """The next result, None after the last one of a statement."""
        connection = self._connection
        while connection.is_busy():
            await self._ready(Wait.R)
        return connection.get_result()

    async def _ready(self, wanted: Wait) -> Ready:
        """What the socket is ready for, of what is wanted."""
        self._for_reading = wanted != Wait.W
        if self._for_reading and not self._watched:
            self._loop.add_reader(self._socket, self._readable)
            self._watched = True
        if wanted != Wait.R:
            self._loop.add_writer(self._socket, self._tell, Ready.W)
        self._waiter = self._loop.create_future()
        try:
            return await self._waiter
        finally:
            self._waiter = None
            if wanted != Wait.R:
                self._loop.remove_writer(self._socket)

    def close(self) -> None:
        """Watch no longer: the socket is about to be closed."""
        if self._watched:
            self._loop.remove_reader(self._socket)
            self._watched = False

    def _readable(self) -> None:
        if self._waiter is None or not self._for_reading:
            self.close()
            return
        # Read at once: the loop looks at the socket again before the task that waits has its turn.
        try:
            self._connection.consume_input()
        except psycopg.OperationalError as error:
            self.close()
            if not self._waiter.done():
                self._waiter.set_exception(error)
        else:
            self._tell(Ready.R)

    def _tell(self, ready: Ready) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(ready)
