"""aioodbc: pyodbc in a thread for each connection, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import aioodbc
import pyodbc

from tests.contract.clients.edges import Edge
from tests.contract.clients.scenarios import Place, Scenarios
from tests.contract.clients.test_pyodbc import (
    SQL_SS_TIMESTAMPOFFSET,
    moment_with_offset,
    odbc_number,
    odbc_sent,
    odbc_text,
)


class _Awaited:
    """A connection or cursor whose coroutines run to their end on a loop of their own."""

    def __init__(self, inner: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._inner = inner
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*given: Any) -> Any:
            made = found(*given)
            if isinstance(made, Coroutine) or hasattr(made, "__await__"):
                made = self._loop.run_until_complete(_finished(made))
            return _Awaited(made, self._loop) if name == "cursor" else made

        return call

    def close(self) -> None:
        self._loop.run_until_complete(_finished(self._inner.close()))
        if isinstance(self._inner, aioodbc.Connection):
            self._loop.close()


async def _finished(awaitable: Any) -> Any:
    return await awaitable


class TestAioodbc(Scenarios):
    def connect(self, place: Place, *, encrypt: bool = True, limit_s: int = 0) -> Any:
        loop = asyncio.new_event_loop()

        async def prepare(connection: pyodbc.Connection) -> None:
            connection.add_output_converter(SQL_SS_TIMESTAMPOFFSET, moment_with_offset)
            connection.timeout = limit_s

        text = odbc_text(place, encrypt=encrypt)
        connecting = aioodbc.connect(dsn=text, timeout=20, after_created=prepare)
        try:
            connection = loop.run_until_complete(_finished(connecting))
        except BaseException:
            loop.close()
            raise
        return _Awaited(connection, loop)

    def number(self, error: Exception) -> int:
        return odbc_number(error)

    def sent(self, edge: Edge) -> Any:
        return odbc_sent(edge)

    def seen(self, edge: Edge) -> Any:
        return edge.text if edge.type == "uniqueidentifier" else edge.value
