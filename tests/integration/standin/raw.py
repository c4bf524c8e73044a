"""A client that sends exactly the bytes a test wants, after a login without encryption."""

from __future__ import annotations

import socket
import struct
from types import TracebackType
from typing import Self

from sandbox.azuresql.tds.packet import END_OF_MESSAGE, HEADER_BYTES, PacketType
from tests.integration.standin.scripted import PASSWORD, USER
from tests.unit.tds.test_login import login7

PRELOGIN = struct.pack(">BHHB", 1, 6, 1, 0xFF) + b"\x02"
HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)


def packet(kind: PacketType, payload: bytes, status: int = END_OF_MESSAGE) -> bytes:
    header = struct.pack(">BBHHBB", kind, status, len(payload) + HEADER_BYTES, 0, 1, 0)
    return header + payload


class RawClient:
    """Logged in when it is made."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.send(PacketType.PRELOGIN, PRELOGIN)
        self.receive()
        self.send(PacketType.LOGIN, login7({"user": USER, "password": PASSWORD, "database": "d"}))
        assert self.receive()[0] == 0xE3

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
