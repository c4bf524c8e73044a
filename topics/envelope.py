"""The record: Debezium's envelope around rows that the log reader wrote as JSON already.

Key: `{"id":42}`, canonical values in key order; no key for a keyless table. Value: `op`, `before`,
`after`, `source`, `ts_ms`. What is constant for a version of a table is made once, so that a record
costs one join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from model.catalog import Table
from model.change import Change, JsonObject, Op

LAST_INDEX: Final = 0xFFFFFFFF
"""The greatest index that eight hexadecimal digits hold."""

_CREATE, _DELETE = Op.CREATE, Op.DELETE
"""An enumeration's members are slow to look up, and these are asked for every change."""
_CREATED: Final = b'{"op":"c","before":null,"after":'
_UPDATED: Final = b'{"op":"u","before":null,"after":'


@dataclass(frozen=True, slots=True)
class Origin:
    """What every record of a migration says of its source: `connector`, `name` and `db`."""

    connector: str
    name: str
    database: str


class TransactionPart:
    """The bytes that all records of one transaction share: `txId`, `ts_ms`, `position`."""

    __slots__ = ("boundary", "head", "source_ts")

    def __init__(self, transaction: str, source_ts: int, boundary: str) -> None:
        self.boundary = boundary
        self.source_ts = source_ts
        self.head = b'"txId":%b,"ts_ms":%d,"position":"%b/' % (
            orjson.dumps(transaction),
            source_ts,
            boundary.encode(),
        )


class TableEncoder:
    """Writes the values of one version of one table's records."""

    def __init__(self, table: Table, origin: Origin) -> None:
        self._source = (
            b',"source":{"connector":%b,"name":%b,"db":%b,"schema":%b,"table":%b,'
            b'"schema_version":%d,'
            % (
                orjson.dumps(origin.connector),
                orjson.dumps(origin.name),
                orjson.dumps(origin.database),
                orjson.dumps(table.name.schema),
                orjson.dumps(table.name.name),
                table.version,
            )
        )

    def value(self, change: Change, transaction: TransactionPart, index: int, end: bytes) -> bytes:
        """The record's value. `end` is what `moment` made of the time of writing.

        Columns that `after` lacks are named in `source.unchanged`. A delete shows at least its key
        as `before`. A change that moves a key (`key_before`) is told by `source.key_before`.
        """
        _, op, key, key_before, before, after, unchanged = change
        if before is None and after is not None:
            start = _CREATED if op is _CREATE else _UPDATED
        else:
            shown = before or (key if op is _DELETE else None) or b"null"
            start = b'{"op":"%b","before":%b,"after":' % (op.encode(), shown)
        source = self._source
        if unchanged:
            source += b'"unchanged":%b,' % orjson.dumps(unchanged)
        if key_before is not None:
            source += b'"key_before":%b,' % key_before
        return b"".join((start, after or b"null", source, transaction.head, b'%08x"' % index, end))

    def deleted(
        self, key: JsonObject, transaction: TransactionPart, index: int, end: bytes
    ) -> bytes:
        """The delete that a key change starts with: `before` holds the old key."""
        start = b'{"op":"d","before":%b,"after":null' % key
        return b"".join((start, self._source, transaction.head, b'%08x"' % index, end))


def moment(written_ms: int) -> bytes:
    """The end of every value written at this time, in milliseconds since 1970 UTC."""
    return b'},"ts_ms":%d}' % written_ms
