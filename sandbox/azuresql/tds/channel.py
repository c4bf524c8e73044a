"""The byte channel below the packets: plain, or TLS with its handshake inside PRELOGIN packets.

TDS 7.4 wraps only the handshake in packets; the records after it carry packets directly. Where only
the login is encrypted, TLS ends again after the first message ([MS-TDS] 3.2.5.2). TDS 8.0 begins
with TLS itself, which carries everything.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, Protocol, cast

from sandbox.azuresql.tds.packet import (
    DEFAULT_SIZE,
    PacketReader,
    PacketType,
    ProtocolError,
    packets,
)
from sandbox.azuresql.tds.tls import Tls

READ_BYTES: Final = 1 << 18
_HANDSHAKE_RECORD: Final = 0x16
"""The first byte of a TLS connection; a PRELOGIN packet begins with 0x12."""

_CLOSE_TIMEOUT_S: Final = 5.0

_room: Final = memoryview(bytearray(READ_BYTES))
"""Where the socket's bytes arrive: one for all connections, because each takes its own at once."""


class Receiver(Protocol):
    """Takes what the client sends, at the moment it arrives."""

    def received(self, data: bytes) -> None: ...

    def ended(self) -> None:
        """The client has gone, or sent what is not TLS; called once."""
        ...


class Channel(asyncio.BufferedProtocol):
    """Reads and writes what clients mean, whatever protects it on the socket.

    Bytes are asked for by `read` until a receiver takes them. `on_connect` is called with the
    channel when the socket is connected.
    """

    def __init__(self, on_connect: Callable[[Channel], object]) -> None:
        self._on_connect = on_connect
        self._tls: Tls | None = None
        self._early = b""
        self._ended = False
        self._receiver: Receiver | None = None
        self._arrival: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # --- what asyncio calls ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._on_connect(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _room

    def buffer_updated(self, nbytes: int) -> None:
        if self._receiver is not None:
            self._hand_over(_room[:nbytes])
            return
        self._early += _room[:nbytes]
        if len(self._early) > READ_BYTES:
            self._transport.pause_reading()
        _done(self._arrival)

    def eof_received(self) -> bool:
        self._end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        _done(self._closed)
        _done(self._drained)

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        _done(self._drained)
        self._drained = None

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        _done(self._arrival)
        if self._receiver is not None:
            self._receiver.ended()

    # --- reading --------------------------------------------------------------------------------

    def deliver_to(self, receiver: Receiver) -> None:
        """From now on whatever arrives goes there, what has already arrived included."""
        self._receiver = receiver
        early, self._early = self._early, b""
        self.resume()
        if early:
            self._hand_over(early)
        if self._ended:
            receiver.ended()

    def _hand_over(self, data: bytes | memoryview) -> None:
        assert self._receiver is not None
        if self._tls is None:
            self._receiver.received(bytes(data))
            return
        self._tls.incoming.write(data)
        try:
            plain = self._tls.opened()
        except ProtocolError:
            self._end()
            self.abort()
            return
        if plain:
            self._receiver.received(plain)

    def pause(self) -> None:
        """Let the client wait with what else it has to send."""
        self._transport.pause_reading()

    def resume(self) -> None:
        self._transport.resume_reading()

    async def read(self) -> bytes:
        """Some bytes, b"" when the client has gone."""
        if self._tls is None:
            return await self._received()
        while not (plain := self._tls.opened()):
            data = await self._received()
            if not data:
                return b""
            self._tls.incoming.write(data)
        return plain

    async def _received(self) -> bytes:
        while not self._early and not self._ended:
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        early, self._early = self._early, b""
        self.resume()
        return early

    async def begins_with_tls(self) -> bool:
        """Whether the client's first byte opens a TLS connection, as that of TDS 8.0 does."""
        self._early = await self._received()
        return self._early[:1] == bytes([_HANDSHAKE_RECORD])

    # --- writing --------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send; what is written once the connection is dropped goes nowhere: `drain` tells."""
        if self._transport.is_closing():
            return
        self._transport.write(data if self._tls is None else self._tls.sealed(data))

    async def drain(self) -> None:
        """Wait until the client has read enough. Raises ConnectionError when it has gone."""
        if self._drained is not None:
            await self._drained
        if self._closed.done():
            raise ConnectionResetError("the client has gone")

    async def start_strict(self, context: ssl.SSLContext) -> None:
        """The handshake of TDS 8.0, on the bare socket. Raises ProtocolError when it fails."""
        tls = Tls(context)
        while not tls.handshake():
            await self._send_bare(tls)
            data = await self._received()
            if not data:
                raise ProtocolError("the client left in the middle of the TLS handshake")
            tls.incoming.write(data)
        await self._send_bare(tls)
        self._tls = tls

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """The handshake, wrapped in PRELOGIN packets. Raises ProtocolError when it fails."""
        tls, wrapped = Tls(context), PacketReader()
        while not tls.handshake():
            await self._send_wrapped(tls)
            data = await self._received()
            if not data:
                raise ProtocolError("the client left in the middle of the TLS handshake")
            for packet in wrapped.feed(data):
                if packet.type is not PacketType.PRELOGIN:
                    raise ProtocolError("a TLS handshake was expected")
                tls.incoming.write(packet.payload)
        await self._send_wrapped(tls)
        self._tls = tls

    def end_tls(self) -> None:
        """Go on in plain: only the login was to be encrypted."""
        self._tls = None

    def abort(self) -> None:
        """Drop the connection at once, as a failing network does."""
        self._transport.abort()

    async def close(self) -> None:
        """Say what is still to be said; a client that does not read it is dropped."""
        self._transport.close()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await asyncio.shield(self._closed)
        except TimeoutError:
            self.abort()

    async def _send_bare(self, tls: Tls) -> None:
        if tls.outgoing.pending:
            self._transport.write(tls.outgoing.read())
            await self.drain()

    async def _send_wrapped(self, tls: Tls) -> None:
        if tls.outgoing.pending:
            self._transport.write(packets(PacketType.PRELOGIN, tls.outgoing.read(), DEFAULT_SIZE))
            await self.drain()


def _done(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
