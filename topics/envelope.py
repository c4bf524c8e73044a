"""The record: Debezium's envelope around values that the log reader wrote as JSON already.

Key: `{"id":42}`, canonical values in key order; no key for a keyless table. Value: `op`, `before`,
`after`, `source`, `ts_ms`. For every version of a table the constant parts are made once as
templates, so that a record costs one formatting and one join.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from model.catalog import Table
from model.change import Change, Fragment, Op, Row

LAST_INDEX: Final = 0xFFFFFFFF
"""The greatest index that eight hexadecimal digits hold."""

_CREATE: Final = Op.CREATE


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

    def at(self, index: int) -> bytes:
        """The shared bytes with the record's index: the position is complete."""
        return b'%b%08x"' % (self.head, index)


class TableEncoder:
    """Writes the records of one version of one table."""

    def __init__(self, table: Table, origin: Origin) -> None:
        self.table = table
        self._columns = tuple(column.name for column in table.carried)
        self._names = tuple(orjson.dumps(name) for name in self._columns)
        self._key = _object(orjson.dumps(name) for name in table.key) if table.key else b""
        row = _object(self._names)
        source = (
            b'"source":{"connector":%b,"name":%b,"db":%b,"schema":%b,"table":%b,'
            % (
                orjson.dumps(origin.connector),
                orjson.dumps(origin.name),
                orjson.dumps(origin.database),
                orjson.dumps(table.name.schema),
                orjson.dumps(table.name.name),
            )
            + b'"schema_version":%d,' % table.version
        )
        self._source = source
        constant = source.replace(b"%", b"%%")
        self._create = b'{"op":"c","before":null,"after":' + row + b"," + constant
        self._update = b'{"op":"u","before":null,"after":' + row + b"," + constant

    def key(self, key: tuple[Fragment, ...] | None) -> bytes | None:
        """The record's key: one JSON object in key order, None for a keyless table."""
        return self._key % key if key is not None else None

    def value(self, change: Change, transaction: TransactionPart, index: int, end: bytes) -> bytes:
        """The record's value. `end` is what `moment` made of the time of writing.

        A value that the log did not carry is taken from the old row when that one is there
        (FULL); else its column is left out of `after` and named in `source.unchanged`.
        """
        after = change.after
        if after is not None and change.before is None:
            template = self._create if change.op is _CREATE else self._update
            try:
                return b'%b%b%08x"%b' % (template % after, transaction.head, index, end)
            except TypeError:
                # Only None cannot be formatted: some value was not carried.
                return self._partial(change, after, transaction.at(index), end)
        return self._whole(change, transaction.at(index), end)

    def moved(self, change: Change, transaction: TransactionPart, index: int, end: bytes) -> bytes:
        """A key change as one `u`: `source.key_before` names the row that gets the new key."""
        assert change.after is not None
        assert change.key_before is not None
        before = b'"key_before":%b,' % (self._key % change.key_before)
        return self._partial(change, change.after, before + transaction.at(index), end)

    def deleted(
        self, key: tuple[Fragment, ...], transaction: TransactionPart, index: int, end: bytes
    ) -> bytes:
        """The delete that a key change starts with: `before` holds the old key."""
        return self._join(b"d", self._key % key, b"null", transaction.at(index), end)

    def complete(self, change: Change) -> bool:
        """Whether every value of the new row is known."""
        return None not in self.filled(change)

    def filled(self, change: Change) -> Row:
        """The new row, with what the old one knows in place of what the log did not carry."""
        return _filled(change.after or (), change.before)

    def unchanged(self, change: Change) -> list[str]:
        """Names of the columns whose values the log did not carry."""
        row = self.filled(change)
        return [name for name, value in zip(self._columns, row, strict=True) if value is None]

    def _whole(self, change: Change, position: bytes, end: bytes) -> bytes:
        before = b"null"
        if change.before is not None:
            before = self._known(change.before)
        elif change.op is Op.DELETE and change.key is not None:
            before = self._key % change.key
        if change.after is None:
            return self._join(change.op.encode(), before, b"null", position, end)
        return self._partial(change, change.after, position, end, before)

    def _partial(
        self, change: Change, after: Row, position: bytes, end: bytes, before: bytes = b"null"
    ) -> bytes:
        row = _filled(after, change.before)
        missing = [name for name, value in zip(self._columns, row, strict=True) if value is None]
        if missing:
            position = b'"unchanged":%b,%b' % (orjson.dumps(missing), position)
        return self._join(change.op.encode(), before, self._known(row), position, end)

    def _known(self, row: Row) -> bytes:
        pairs = zip(self._names, row, strict=True)
        return b"{%b}" % b",".join(
            name + b":" + value for name, value in pairs if value is not None
        )

    def _join(self, op: bytes, before: bytes, after: bytes, position: bytes, end: bytes) -> bytes:
        start = b'{"op":"%b","before":%b,"after":%b,' % (op, before, after)
        return b"".join((start, self._source, position, end))


def moment(written_ms: int) -> bytes:
    """The end of every value written at this time, in milliseconds since 1970 UTC."""
    return b'},"ts_ms":%d}' % written_ms


def _filled(after: Row, before: Row | None) -> Row:
    if before is None or None not in after:
        return after
    return tuple(old if new is None else new for new, old in zip(after, before, strict=True))


def _object(names: Iterable[bytes]) -> bytes:
    """A template for a JSON object: one `%b` for each value."""
    members = [name.replace(b"%", b"%%") + b":%b" for name in names]
    return b"{" + b",".join(members) + b"}"
