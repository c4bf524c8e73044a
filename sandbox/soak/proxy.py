"""A TCP proxy on loopback that can be slow, narrow, deaf, or gone with a reset."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, Self, TypeVar

from sandbox.children import LOOPBACK

_CHUNK: Final = 64 * 1024
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends RST."""
_SERVER_NOTICES_S: Final = 3.0
"""After so long the server's end of a deaf connection is closed, as its own keepalive would."""

T = TypeVar("T")


class Proxy:
    """Forwards what connects to `port` to a port on loopback that is named by `towards`.

    Works on an event loop of its own thread, from `with` on; every method may be called from
    others.
    """

    host: Final = LOOPBACK

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._ways: set[_Way] = set()
        self._upstream = 0
        self._latency_s = 0.0
        self._bytes_per_s = 0.0
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._accepted, LOOPBACK, 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def towards(self, port: int) -> None:
        """Forward new connections there."""
        self._upstream = port

    def slow(self, latency_s: float = 0.0, bytes_per_s: float = 0.0) -> None:
        """Hold every piece back for so long; pass at most so many bytes a second each way and
        connection. Zeros: as fast as it goes."""
        self._latency_s, self._bytes_per_s = latency_s, bytes_per_s

    def reset(self) -> int:
        """End every connection with RST, on both sides; how many there were."""
        return self._run(self._each(lambda way: way.reset()))

    def deafen(self) -> int:
        """From now on nothing passes on the connections that are open, in either direction and for
        ever; new ones work. How many there were."""
        return self._run(self._each(lambda way: way.deafen()))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _each(self, act: Callable[[_Way], None]) -> int:
        ways = list(self._ways)
        for way in ways:
            act(way)
        return len(ways)

    async def _end(self) -> None:
        """Every connection ends by itself once it is reset."""
        self._server.close()
        await self._each(lambda way: way.reset())
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream = await asyncio.open_connection(LOOPBACK, self._upstream)
        except OSError:
            writer.transport.abort()
            return
        way = _Way(writer, upstream[1])
        self._ways.add(way)
        try:
            await asyncio.gather(
                self._pump(way, reader, upstream[1]), self._pump(way, upstream[0], writer)
            )
        finally:
            self._ways.discard(way)
            way.close()

    async def _pump(
        self, way: _Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_CHUNK):
                if self._latency_s:
                    await asyncio.sleep(self._latency_s)
                if self._bytes_per_s:
                    await asyncio.sleep(len(piece) / self._bytes_per_s)
                if not way.deaf:
                    writer.write(piece)
                    await writer.drain()
        if not way.deaf:
            with contextlib.suppress(OSError):
                writer.close()


class _Way:
    """One connection: its client's side and its server's."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._client = client
        self._server = server
        self.deaf = False

    def deafen(self) -> None:
        self.deaf = True
        asyncio.get_running_loop().call_later(_SERVER_NOTICES_S, self._server.transport.abort)

    def reset(self) -> None:
        for writer in (self._client, self._server):
            end: socket.socket = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    def close(self) -> None:
        self._client.close()
        self._server.close()
