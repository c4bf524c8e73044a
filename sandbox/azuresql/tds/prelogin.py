"""PRELOGIN: both sides say what they can, and agree on encryption ([MS-TDS] 2.2.6.5)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.reading import Cursor

SERVER_VERSION: Final = (12, 0, 2000)
"""Azure SQL Database calls itself 12.0.2000."""

_VERSION, _ENCRYPTION, _INSTANCE, _THREAD, _MARS, _TRACE, _FEDERATED, _NONCE = range(8)
_TERMINATOR: Final = 0xFF


class Encryption(IntEnum):
    LOGIN_ONLY = 0
    ON = 1
    NOT_SUPPORTED = 2
    REQUIRED = 3


@dataclass(frozen=True, slots=True)
class Prelogin:
    encryption: Encryption
    federated: bool
    """The client asks whether a federated token is needed, so it must be told."""
    nonce: bytes
    """What the answer to a federated login repeats; empty when the client sent none."""
    mars: bool = False
    """The client wants several results at once on one connection."""


def parse(message: bytes) -> Prelogin:
    """Read a client's PRELOGIN. Raises ProtocolError on options that point outside the message."""
    options: dict[int, bytes] = {}
    cursor = Cursor(message)
    while (token := cursor.u8()) != _TERMINATOR:
        offset, length = struct.unpack(">HH", cursor.take(4))
        options[token] = Cursor(message, offset).take(length)
    asked = options.get(_ENCRYPTION, b"\x02")
    if len(asked) < 1 or asked[0] not in frozenset(Encryption):
        raise ProtocolError(f"encryption option {asked.hex()}")
    return Prelogin(
        Encryption(asked[0]),
        _FEDERATED in options,
        options.get(_NONCE, b""),
        options.get(_MARS, b"")[:1] == b"\x01",
    )


def agree(asked: Encryption) -> Encryption:
    """What holds on this connection when the client asked for `asked`; we can do everything."""
    return Encryption.ON if asked is Encryption.REQUIRED else asked


def answer(asked: Prelogin, agreed: Encryption) -> bytes:
    """The server's PRELOGIN: the agreed encryption, tokens welcome but not required.

    MARS is promised to who asks for it, so that the login can be refused in words: told no, ODBC
    hangs up without saying why.
    """
    major, minor, build = SERVER_VERSION
    options = [
        (_VERSION, struct.pack(">BBHH", major, minor, build, 0)),
        (_ENCRYPTION, bytes([agreed])),
        (_INSTANCE, b"\x00"),
        (_THREAD, b""),
        (_MARS, bytes([asked.mars])),
    ]
    if asked.federated:
        options.append((_FEDERATED, b"\x01"))
    offset = 5 * len(options) + 1
    head, body = bytearray(), bytearray()
    for token, value in options:
        head += struct.pack(">BHH", token, offset + len(body), len(value))
        body += value
    return bytes(head) + bytes([_TERMINATOR]) + bytes(body)
