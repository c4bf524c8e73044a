"""A client that sends exactly the bytes it is told to, after a login without encryption."""

from __future__ import annotations

import socket
import struct
from types import TracebackType
from typing import Self

from sandbox.azuresql.tds.packet import END_OF_MESSAGE, HEADER_BYTES, PacketType
from sandbox.children import LOOPBACK

PRELOGIN = struct.pack(">BHHB", 1, 6, 1, 0xFF) + b"\x02"
"""Encryption is not supported: everything travels in plain."""

HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
"""ALL_HEADERS of a request outside a transaction."""

_ENVIRONMENT_CHANGED = 0xE3
"""What the answer to a successful login begins with."""

_FIELDS = ("host", "user", "password", "application", "server", "extension", "library", "language")


def packet(kind: PacketType, payload: bytes, status: int = END_OF_MESSAGE) -> bytes:
    header = struct.pack(">BBHHBB", kind, status, len(payload) + HEADER_BYTES, 0, 1, 0)
    return header + payload


def login7(
    fields: dict[str, str],
    *,
    size: int = 4096,
    features: bytes | None = None,
    version: int = 0x74000004,
) -> bytes:
    """A LOGIN7 by the book: fixed part, offsets and lengths, data, feature extensions."""
    offset, table, data = 94, b"", b""
    for name in (*_FIELDS, "database"):
        if name == "extension":
            table += struct.pack("<HH", offset + len(data), 4 if features is not None else 0)
            pointer_at = len(data)
            data += bytes(4)
            continue
        raw = fields.get(name, "").encode("utf-16-le", "surrogatepass")
        if name == "password":
            raw = bytes((((b << 4) | (b >> 4)) & 0xFF) ^ 0xA5 for b in raw)
        table += struct.pack("<HH", offset + len(data), len(raw) // 2)
        data += raw
    table = table.ljust(94 - 36, b"\x00")
    if features is not None:
        pointer = struct.pack("<I", offset + len(data))
        data = data[:pointer_at] + pointer + data[pointer_at + 4 :] + features
    third = 0x10 if features is not None else 0
    fixed = struct.pack("<IIIIIBBBBiI", version, size, 7, 1, 0, 0xE0, 3, 0, third, 0, 0x0409)
    body = fixed + table + data
    return struct.pack("<I", len(body) + 4) + body


class RawClient:
    """Logged in when it is made, or not even greeted when it has no user.

    Raises OSError, and ConnectionError when it is not let in.
    """

    def __init__(
        self,
        port: int,
        user: str = "",
        password: str = "",
        database: str = "",
        *,
        timeout_s: float = 10,
    ) -> None:
        self._socket = socket.create_connection((LOOPBACK, port), timeout=timeout_s)
        if not user:
            return
        said = self.log_in({"user": user, "password": password, "database": database})
        if said[0] != _ENVIRONMENT_CHANGED:
            self._socket.close()
            raise ConnectionRefusedError(f"{user} was not let into {database}")

    def log_in(self, who: dict[str, str]) -> bytes:
        """Greet and send a LOGIN7 of these fields; the tokens of the answer."""
        self.send(PacketType.PRELOGIN, PRELOGIN)
        self.receive()
        self.send(PacketType.LOGIN, login7(who))
        return self.receive()

    def send(self, kind: PacketType, payload: bytes, status: int = END_OF_MESSAGE) -> None:
        self.send_bytes(packet(kind, payload, status))

    def send_bytes(self, data: bytes) -> None:
        self._socket.sendall(data)

    def batch(self, text: str, status: int = END_OF_MESSAGE) -> bytes:
        """Send a batch; the tokens of its answer."""
        self.send(PacketType.BATCH, HEADERS + text.encode("utf-16-le"), status)
        return self.receive()

    def receive(self) -> bytes:
        """The tokens of one message. Raises ConnectionError when the server hangs up instead."""
        message = b""
        while True:
            header = self._exactly(HEADER_BYTES)
            message += self._exactly(int.from_bytes(header[2:4], "big") - HEADER_BYTES)
            if header[1] & END_OF_MESSAGE:
                return message

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise ConnectionResetError("the server hung up")
            data += part
        return data

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
