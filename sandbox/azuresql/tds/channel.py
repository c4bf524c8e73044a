"""The byte channel below the packets: plain, or TLS with its handshake inside PRELOGIN packets.

TDS 7.4 wraps only the handshake in packets; the records after it carry packets directly. Where only
the login is encrypted, TLS ends again after the first message ([MS-TDS] 3.2.5.2). TDS 8.0 begins
with TLS itself, which carries everything.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

from sandbox.azuresql.tds.packet import (
    DEFAULT_SIZE,
    PacketReader,
    PacketType,
    ProtocolError,
    packets,
)

READ_BYTES: Final = 1 << 18
_RECORD_BYTES: Final = 1 << 14
_HANDSHAKE_RECORD: Final = 0x16
"""The first byte of a TLS connection; a PRELOGIN packet begins with 0x12."""

_CLOSE_TIMEOUT_S: Final = 5.0


class Channel:
    """Reads and writes what clients mean, whatever protects it on the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._tls: _Tls | None = None
        self._early = b""

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
        early, self._early = self._early, b""
        return early or await self._reader.read(READ_BYTES)

    async def begins_with_tls(self) -> bool:
        """Whether the client's first byte opens a TLS connection, as that of TDS 8.0 does."""
        self._early = await self._reader.read(READ_BYTES)
        return self._early[:1] == bytes([_HANDSHAKE_RECORD])

    def write(self, data: bytes) -> None:
        self._writer.write(data if self._tls is None else self._tls.sealed(data))

    async def drain(self) -> None:
        """Wait until the client has read enough. Raises ConnectionError when it has gone."""
        await self._writer.drain()

    async def start_strict(self, context: ssl.SSLContext) -> None:
        """The handshake of TDS 8.0, on the bare socket. Raises ProtocolError when it fails."""
        tls = _Tls(context)
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
        tls, wrapped = _Tls(context), PacketReader()
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
        self._writer.transport.abort()

    async def close(self) -> None:
        """Say what is still to be said; a client that does not read it is dropped."""
        self._writer.close()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._writer.wait_closed()
        except TimeoutError:
            self.abort()
        except OSError:
            return

    async def _send_bare(self, tls: _Tls) -> None:
        if tls.outgoing.pending:
            self._writer.write(tls.outgoing.read())
            await self._writer.drain()

    async def _send_wrapped(self, tls: _Tls) -> None:
        if tls.outgoing.pending:
            self._writer.write(packets(PacketType.PRELOGIN, tls.outgoing.read(), DEFAULT_SIZE))
            await self._writer.drain()


class _Tls:
    """TLS over memory: what the socket brought goes in, what the socket is to carry comes out."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def handshake(self) -> bool:
        """One step; True when it is complete."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise ProtocolError(f"TLS handshake: {error.reason}") from error
        return True

    def opened(self) -> bytes:
        """All plain bytes that arrived so far."""
        parts = []
        try:
            while part := self._object.read(_RECORD_BYTES):
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise ProtocolError(f"TLS record: {error.reason}") from error
        return b"".join(parts)

    def sealed(self, data: bytes) -> bytes:
        self._object.write(data)
        return self.outgoing.read()
