"""Tokens that the server sends ([MS-TDS] 2.2.7)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sandbox.azuresql.session import Notice, OutputValue, ResultColumn, SqlType
from sandbox.azuresql.tds import types
from sandbox.azuresql.tds.collation import DEFAULT_BYTES
from sandbox.azuresql.tds.prelogin import SERVER_VERSION
from sandbox.azuresql.tds.result_cells import cell_encoder, null_cell
from sandbox.azuresql.tds.types import Token, WireType

COLMETADATA: Final = 0x81
RETURN_STATUS: Final = 0x79
ERROR, INFO, RETURN_VALUE, LOGIN_ACK = 0xAA, 0xAB, 0xAC, 0xAD
FEATURE_ACK: Final = 0xAE
ENV_CHANGE: Final = 0xE3
DONE, DONE_PROC, DONE_IN_PROC = 0xFD, 0xFE, 0xFF

DONE_MORE, DONE_ERROR, DONE_COUNT, DONE_ATTENTION = 0x01, 0x02, 0x10, 0x20

_NULLABLE, _IDENTITY, _COMPUTED, _UPDATABLE_UNKNOWN = 0x01, 0x10, 0x20, 0x08
_USER_TYPES: Final = {"rowversion": 0x50, "timestamp": 0x50}
_PROGRAM: Final = "Microsoft SQL Server"
_SERVER: Final = "standin"

_ENV_DATABASE, _ENV_LANGUAGE, _ENV_PACKET_SIZE, _ENV_COLLATION = 1, 2, 4, 7
_ENV_BEGIN, _ENV_COMMIT, _ENV_ROLLBACK, _ENV_RESET = 8, 9, 10, 18
_TRANSACTION: Final = {"begin": _ENV_BEGIN, "commit": _ENV_COMMIT, "rollback": _ENV_ROLLBACK}


def _text8(text: str) -> bytes:
    raw = text.encode("utf-16-le", "surrogatepass")
    return bytes([len(raw) // 2]) + raw


def _text16(text: str) -> bytes:
    raw = text.encode("utf-16-le", "surrogatepass")
    return struct.pack("<H", len(raw) // 2) + raw


def done(kind: int, status: int, command: int = 0, count: int | None = None) -> bytes:
    """DONE, DONEPROC or DONEINPROC; a count is announced in its status."""
    if count is not None:
        status |= DONE_COUNT
    return struct.pack("<BHHQ", kind, status, command, count or 0)


def notice(said: Notice) -> bytes:
    """An ERROR, or below severity 11 an INFO."""
    body = (
        struct.pack("<iBB", said.number, said.state, said.severity)
        + _text16(said.text[:4000])
        + _text8(_SERVER)
        + _text8(said.procedure)
        + struct.pack("<I", said.line)
    )
    token = ERROR if said.severity > 10 else INFO
    return struct.pack("<BH", token, len(body)) + body


def return_status(value: int) -> bytes:
    return struct.pack("<Bi", RETURN_STATUS, value)


def login_ack(tds_version: int) -> bytes:
    major, minor, build = SERVER_VERSION
    version = struct.pack(">BBH", major, minor, build)
    body = b"\x01" + struct.pack(">I", tds_version) + _text8(_PROGRAM) + version
    return struct.pack("<BH", LOGIN_ACK, len(body)) + body


def features_ack(features: Sequence[tuple[int, bytes]]) -> bytes:
    body = b"".join(struct.pack("<BI", number, len(data)) + data for number, data in features)
    return bytes([FEATURE_ACK]) + body + b"\xff"


def _env(kind: int, new: bytes, old: bytes) -> bytes:
    return struct.pack("<BHB", ENV_CHANGE, len(new) + len(old) + 1, kind) + new + old


def database_changed(new: str, old: str) -> bytes:
    return _env(_ENV_DATABASE, _text8(new), _text8(old))


def language_changed(new: str) -> bytes:
    return _env(_ENV_LANGUAGE, _text8(new), _text8(""))


def packet_size_changed(new: int, old: int) -> bytes:
    return _env(_ENV_PACKET_SIZE, _text8(str(new)), _text8(str(old)))


def collation_changed() -> bytes:
    return _env(_ENV_COLLATION, b"\x05" + DEFAULT_BYTES, b"\x00")


def transaction_changed(kind: str, descriptor: int) -> bytes:
    """Begin announces the descriptor as the new value, the ends of a transaction as the old one."""
    value = b"\x08" + struct.pack("<Q", descriptor)
    new, old = (value, b"\x00") if kind == "begin" else (b"\x00", value)
    return _env(_TRANSACTION[kind], new, old)


def reset_acknowledged() -> bytes:
    return _env(_ENV_RESET, b"\x00", b"\x00")


def columns(described: Sequence[ResultColumn]) -> bytes:
    """COLMETADATA. Raises UnknownType."""
    return _columns(tuple(described))


@lru_cache(maxsize=512)
def _columns(described: tuple[ResultColumn, ...]) -> bytes:
    parts = [struct.pack("<BH", COLMETADATA, len(described))]
    for column in described:
        kind = types.wire_type(column.type)
        flags = _UPDATABLE_UNKNOWN
        flags |= _NULLABLE if column.nullable else 0
        flags |= _IDENTITY if column.identity else 0
        flags |= _COMPUTED if column.computed else 0
        parts.append(struct.pack("<IH", _USER_TYPES.get(column.type.name, 0), flags))
        parts.append(types.write(kind))
        if kind.token in (Token.TEXT, Token.NTEXT, Token.IMAGE):
            parts.append(b"\x01" + _text16(""))
        parts.append(_text8(column.name))
    return b"".join(parts)


def output_value(ordinal: int, value: OutputValue) -> bytes:
    """RETURNVALUE of an output parameter. Raises UnknownType."""
    head, kind = _output(ordinal, value.name, value.type)
    if value.value is None:
        return head + null_cell(kind)
    return head + cell_encoder(kind, value.oid)(value.value)


@lru_cache(maxsize=512)
def _output(ordinal: int, name: str, type: SqlType) -> tuple[bytes, WireType]:
    kind = types.wire_type(type)
    head = struct.pack("<BH", RETURN_VALUE, ordinal) + _text8(name)
    return head + struct.pack("<BIH", 1, 0, _NULLABLE) + types.write(kind), kind
