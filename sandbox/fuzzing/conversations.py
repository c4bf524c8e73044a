"""Whole conversations with the server, in memory.

An input is a script of packets, each a byte of kind, a byte of status, two bytes of length (little
endian; the last packet may be shorter) and its payload. With the lowest bit of the first byte set
the client has logged in before; with the second the packets are sent all at once.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Iterator
from typing import Final

from sandbox.azuresql.faults import Faults
from sandbox.azuresql.server import Server
from sandbox.azuresql.tds import certificate
from sandbox.azuresql.tds.channel import Channel
from sandbox.azuresql.tds.packet import END_OF_MESSAGE, PacketType
from sandbox.fuzzing.client import HEADERS, PRELOGIN, login7, packet
from sandbox.fuzzing.engine import AgreeingEngine
from sandbox.fuzzing.messages import recorded

_LOGGED_IN, _AT_ONCE = 0x01, 0x02
_KINDS: Final = tuple(PacketType)
_TURNS: Final = 25
"""Turns of the event loop in which the server takes in what was sent: more than it needs."""

_LEAVING_S: Final = 20.0
_MOST_BYTES: Final = 32_000
_INSERT_BULK: Final = HEADERS + "INSERT BULK dbo.u (a int)".encode("utf-16-le")


class Hung(Exception):
    """The server did not end a connection whose client has gone."""


class _Wire(asyncio.Transport):
    """Takes what the server says, and tells it when the connection is closed."""

    def __init__(self, protocol: asyncio.BufferedProtocol) -> None:
        super().__init__()
        self._protocol = protocol
        self._closing = False
        protocol.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    abort = close

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class _Defects(logging.Handler):
    """What the server caught because nobody foresaw it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.found.append(error or AssertionError(record.getMessage()))


_loop: Final = asyncio.new_event_loop()
_server: Final = Server(
    AgreeingEngine(), certificate.server_context(*certificate.self_signed()), Faults()
)
_defects: Final = _Defects()
_logger: Final = logging.getLogger("sandbox.azuresql")
_logger.addHandler(_defects)
_logger.propagate = False


def attack(data: bytes) -> None:
    """Play one script; whatever is raised from here is a defect of the server."""
    _defects.found.clear()
    _loop.run_until_complete(_converse(data))
    if _defects.found:
        raise _defects.found[0]


async def _converse(data: bytes) -> None:
    served: list[asyncio.Task[None]] = []
    channel = Channel(lambda connected: served.append(_server.accept(connected)))
    wire = _Wire(channel)
    (serving,) = served
    for sent in _sendings(data):
        channel.get_buffer(len(sent))[: len(sent)] = sent
        channel.buffer_updated(len(sent))
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if wire.is_closing():
            break
    else:
        channel.eof_received()
    try:
        await asyncio.wait_for(serving, _LEAVING_S)
    except TimeoutError as error:
        raise Hung(f"{_server.connections} connections left") from error


def _sendings(data: bytes) -> Iterator[bytes]:
    """What the client sends, in the pieces that arrive together."""
    options, script = (data[0], data[1:]) if data else (0, b"")
    if options & _LOGGED_IN:
        yield packet(PacketType.PRELOGIN, PRELOGIN)
        yield packet(PacketType.LOGIN, login7({"user": "sa", "database": "d"}))
    sent = list(_packets(script[:_MOST_BYTES]))
    if options & _AT_ONCE:
        yield b"".join(sent)
    else:
        yield from sent


def _packets(script: bytes) -> Iterator[bytes]:
    position = 0
    while position + 4 <= len(script):
        kind, status, length = struct.unpack_from("<BBH", script, position)
        position += 4
        payload = script[position : position + length]
        position += length
        yield packet(_KINDS[kind % len(_KINDS)], payload, status)


def scripted(*sent: tuple[PacketType, bytes], options: int = _LOGGED_IN) -> bytes:
    """The input that sends these messages."""
    head = bytes([options])
    return head + b"".join(
        struct.pack("<BBH", _KINDS.index(kind), END_OF_MESSAGE, len(payload)) + payload
        for kind, payload in sent
    )


def seeds() -> list[bytes]:
    """Scripts to begin with: what drivers sent."""
    greetings = [
        scripted((PacketType.PRELOGIN, PRELOGIN), (PacketType.LOGIN, login), options=0)
        for login in recorded("login")
    ]
    hellos = [scripted((PacketType.PRELOGIN, hello), options=0) for hello in recorded("prelogin")]
    asked = {"batch": PacketType.BATCH, "rpc": PacketType.RPC}
    requests = [
        scripted((kind, message), (PacketType.ATTENTION, b""))
        for name, kind in asked.items()
        for message in recorded(name)
    ]
    transactions = [scripted((PacketType.TRANSACTION, sent)) for sent in recorded("transaction")]
    loads = [
        scripted((PacketType.BATCH, _INSERT_BULK), (PacketType.BULK, sent))
        for sent in recorded("bulk")
    ]
    return greetings + hellos + requests + transactions + loads
