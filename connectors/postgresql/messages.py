"""`pgoutput`'s messages (protocol version 1) inside the frames of the replication protocol."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final

PAYLOAD: Final = 25
"""Where a message starts in an XLogData frame: after `w`, two LSNs and a time."""

_BEGIN: Final = Struct(">QqI").unpack_from
_COMMIT: Final = Struct(">BQQq").unpack_from
_U32: Final = Struct(">I").unpack_from
_ATTRIBUTE: Final = Struct(">Ii").unpack_from
_KEEPALIVE: Final = Struct(">QqB").unpack_from
_STATUS: Final = Struct(">cQQQqB").pack
_EPOCH_US: Final = 946_684_800_000_000
"""2000-01-01, where PostgreSQL's clock starts, in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class RelationMessage:
    """A table's shape in the log: name, OID and modifier of each column that is sent.

    `identity` is `pg_class.relreplident`, `key` the columns that an old row is known by.
    """

    oid: int
    schema: str
    name: str
    identity: str
    columns: tuple[tuple[str, int, int], ...]
    key: frozenset[str]


def begin(d: bytes) -> tuple[int, int, int]:
    """The LSN of the commit to come, its time in milliseconds since 1970, the transaction's id."""
    commit_lsn, at, xid = _BEGIN(d, PAYLOAD + 1)
    return commit_lsn, unix_ms(at), xid


def commit(d: bytes) -> tuple[int, int]:
    """The commit's LSN and time."""
    _, commit_lsn, _, at = _COMMIT(d, PAYLOAD + 1)
    return commit_lsn, unix_ms(at)


def relation(d: bytes) -> RelationMessage:
    """A Relation message."""
    (oid,) = _U32(d, PAYLOAD + 1)
    schema, at = _text(d, PAYLOAD + 5)
    name, at = _text(d, at)
    identity = chr(d[at])
    count = d[at + 1] << 8 | d[at + 2]
    at += 3
    columns = []
    key = set()
    for _ in range(count):
        flagged = d[at] & 1
        column, at = _text(d, at + 1)
        type_, typmod = _ATTRIBUTE(d, at)
        columns.append((column, type_, typmod))
        if flagged:
            key.add(column)
        at += 8
    return RelationMessage(
        oid, schema or "pg_catalog", name, identity, tuple(columns), frozenset(key)
    )


def truncated(d: bytes) -> list[int]:
    """OIDs of the tables that a Truncate message names."""
    (count,) = _U32(d, PAYLOAD + 1)
    return [_U32(d, PAYLOAD + 6 + 4 * place)[0] for place in range(count)]


def logical_message(d: bytes) -> tuple[bool, str, bytes]:
    """Whether it is transactional, its prefix and its content."""
    prefix, at = _text(d, PAYLOAD + 10)
    (length,) = _U32(d, at)
    return bool(d[PAYLOAD + 1] & 1), prefix, d[at + 4 : at + 4 + length]


def keepalive(d: bytes) -> tuple[int, bool]:
    """The end of the server's log and whether it asks for an answer."""
    end, _, wanted = _KEEPALIVE(d, 1)
    return end, bool(wanted)


def status(written: int, flushed: int, now_ms: int, *, answer: bool = False) -> bytes:
    """A standby status update, which may ask for an answer; nothing is ever reported as applied."""
    return _STATUS(b"r", written, flushed, 0, now_ms * 1000 - _EPOCH_US, answer)


def unix_ms(microseconds: int) -> int:
    """PostgreSQL's time as milliseconds since 1970."""
    return (microseconds + _EPOCH_US) // 1000


def _text(d: bytes, at: int) -> tuple[str, int]:
    end = d.index(0, at)
    return d[at:end].decode(), end + 1
