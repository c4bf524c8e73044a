"""A cursor over one message's bytes that never reads past their end."""

from __future__ import annotations

import struct

from sandbox.azuresql.tds.packet import ProtocolError


class Cursor:
    """Reads little-endian fields in order; raises ProtocolError when bytes are missing."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    @property
    def left(self) -> int:
        return len(self.data) - self.position

    def take(self, count: int) -> bytes:
        start, end = self.position, self.position + count
        if count < 0 or end > len(self.data):
            raise ProtocolError(f"{count} bytes announced, {self.left} left")
        self.position = end
        return self.data[start:end]

    def rest(self) -> bytes:
        return self.take(self.left)

    def peek(self) -> int:
        if self.position >= len(self.data):
            raise ProtocolError("the message ends too early")
        return self.data[self.position]

    def u8(self) -> int:
        value = self.peek()
        self.position += 1
        return value

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def f32(self) -> float:
        return float(struct.unpack("<f", self.take(4))[0])

    def f64(self) -> float:
        return float(struct.unpack("<d", self.take(8))[0])

    def text8(self) -> str:
        """B_VARCHAR: a byte counts the characters."""
        count = self.u8()
        return self.utf16(count) if count else ""

    def utf16(self, characters: int) -> str:
        return utf16(self.take(2 * characters))


def utf16(data: bytes) -> str:
    """UTF-16LE text; lone surrogates stay, because SQL Server stores them too."""
    try:
        return data.decode("utf-16-le", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"text that is not UTF-16: {error.reason}") from error
