"""Packets: the eight-byte header, cutting what arrives, slicing what leaves ([MS-TDS] 2.2.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

HEADER_BYTES: Final = 8
DEFAULT_SIZE: Final = 4096
MIN_SIZE: Final = 512
MAX_SIZE: Final = 32767

END_OF_MESSAGE: Final = 0x01
IGNORE: Final = 0x02
RESET_CONNECTION: Final = 0x08
RESET_KEEPING_TRANSACTION: Final = 0x10

_HEADER: Final = struct.Struct(">BBHHBB")


class PacketType(IntEnum):
    BATCH = 0x01
    RPC = 0x03
    REPLY = 0x04
    ATTENTION = 0x06
    BULK = 0x07
    FEDERATED_TOKEN = 0x08
    TRANSACTION = 0x0E
    LOGIN = 0x10
    PRELOGIN = 0x12


_FROM_CLIENT: Final = {int(kind): kind for kind in PacketType if kind is not PacketType.REPLY}


class ProtocolError(Exception):
    """The bytes are not TDS, or end too early; the connection they came on is closed."""


class Packet(NamedTuple):
    type: PacketType
    status: int
    payload: bytes

    @property
    def last(self) -> bool:
        """It ends its message."""
        return bool(self.status & END_OF_MESSAGE)


class PacketReader:
    """Cuts a byte stream into packets, however the stream was split on its way."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that `data` completes. Raises ProtocolError on a header no client sends."""
        buffer = self._pending + data if self._pending else data
        position, end = 0, len(buffer)
        while end - position >= HEADER_BYTES:
            code, status, length = _HEADER.unpack_from(buffer, position)[:3]
            kind = _FROM_CLIENT.get(code)
            if kind is None:
                raise ProtocolError(f"packet type 0x{code:02x} is not one that a client sends")
            if not HEADER_BYTES <= length <= MAX_SIZE:
                raise ProtocolError(f"a packet of {length} bytes")
            if end - position < length:
                break
            payload = buffer[position + HEADER_BYTES : position + length]
            position += length
            yield Packet(kind, status, payload)
        self._pending = buffer[position:]


def packets(kind: PacketType, message: bytes, size: int) -> bytes:
    """A whole message as packets of at most `size` bytes."""
    writer = PacketWriter(kind, size)
    writer.write(message)
    return writer.finish()


class PacketWriter:
    """Slices one message into packets while it is being written."""

    def __init__(self, kind: PacketType, size: int) -> None:
        self._kind = kind
        self._room = size - HEADER_BYTES
        self._number = 1
        self._pending = bytearray()

    @property
    def pending(self) -> int:
        """Bytes written that no packet has taken yet."""
        return len(self._pending)

    def write(self, data: bytes) -> None:
        self._pending += data

    def full(self) -> bytes:
        """Full packets of what was written so far; at least a byte stays for the last packet."""
        return self._cut(keep_last=True)

    def finish(self) -> bytes:
        """All that is left, the last packet marked as the end of the message."""
        return self._cut(keep_last=False)

    def _cut(self, keep_last: bool) -> bytes:
        data, room, out = bytes(self._pending), self._room, []
        position, end = 0, len(data)
        while end - position > room:
            out.append(self._header(room, 0))
            out.append(data[position : position + room])
            position += room
        if keep_last:
            self._pending = bytearray(data[position:])
        else:
            out += [self._header(end - position, END_OF_MESSAGE), data[position:]]
            self._pending = bytearray()
        return b"".join(out)

    def _header(self, length: int, status: int) -> bytes:
        header = _HEADER.pack(self._kind, status, length + HEADER_BYTES, 0, self._number & 0xFF, 0)
        self._number += 1
        return header
