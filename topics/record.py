"""Reading a record back: strictly, so that nothing foreign ever reaches the target."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import orjson

from model.catalog import TableName
from model.change import Op
from model.errors import ForeignRecord
from model.position import START, Position

_OPS: Final = {op.value: op for op in Op}
_HAS_AFTER: Final = {Op.CREATE: True, Op.UPDATE: True, Op.DELETE: False, Op.TRUNCATE: False}
_NO_BEFORE: Final = frozenset({Op.CREATE, Op.TRUNCATE})
_OLD_ROW: Final = frozenset({Op.UPDATE, Op.DELETE})
_ANY_FORM: Final = re.compile("[0-9a-f/]*/[0-9a-f]+")


@dataclass(slots=True)
class Record:
    """One record of a data topic. `position` is its text; `size` counts bytes of key and value.

    `key` is None for a keyless table and a truncate. `unchanged` names the columns that `after`
    lacks. `source_ts` is the commit's time in milliseconds since 1970 UTC.
    """

    offset: int
    op: Op
    position: str
    key: dict[str, Any] | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    key_before: dict[str, Any] | None
    unchanged: tuple[str, ...]
    source_ts: int
    version: int
    size: int


class _Malformed(Exception):
    """What is wrong with a record, in a few words."""


class RecordDecoder:
    """Decodes the records of one table's topic. `name` is the migration that wrote them, `like` a
    position of its log (START: any form passes)."""

    def __init__(
        self,
        name: str,
        topic: str,
        table: TableName,
        key: tuple[str, ...],
        like: Position = START,
    ) -> None:
        self._name = name
        self._topic = topic
        self._schema = table.schema
        self._table = table.name
        self._key = list(key)
        self._form = (like.form if like.text else _ANY_FORM).fullmatch

    def decode(self, partition: int, offset: int, key: bytes | None, value: bytes | None) -> Record:
        """Raises ForeignRecord naming topic, partition and offset of a record that is not ours.

        No value of it is told.
        """
        try:
            return self._decode(offset, key, value)
        except _Malformed as error:
            reason = str(error)
        except orjson.JSONDecodeError:
            reason = "it is not JSON"
        except (KeyError, TypeError, AttributeError):
            reason = "it lacks parts of our envelope"
        raise ForeignRecord(
            f"the record at offset {offset} of partition {partition} is not ours: {reason}",
            object=self._topic,
            hint=f"find out who else writes to this topic; nothing of it was applied. "
            f"`replicator table skip {self._schema}.{self._table}` passes over it, if nothing of "
            f"ours stood there; else `replicator table reload {self._schema}.{self._table}`",
        )

    def _decode(self, offset: int, key: bytes | None, value: bytes | None) -> Record:
        if value is None:
            raise _Malformed("it has no value")
        envelope = orjson.loads(value)
        source = envelope["source"]
        op = _OPS.get(envelope["op"])
        if op is None:
            raise _Malformed("its op is none of c, u, d, t")
        if source["name"] != self._name:
            raise _Malformed("its source.name is another migration")
        if source["table"] != self._table or source["schema"] != self._schema:
            raise _Malformed("its source is another table")
        position, moment, version = source["position"], source["ts_ms"], source["schema_version"]
        if type(position) is not str or self._form(position) is None:
            raise _Malformed("its source.position is no position of this source's log")
        if type(moment) is not int or type(version) is not int:
            raise _Malformed("its source.ts_ms or schema_version is no number")
        before, after = envelope["before"], envelope["after"]
        if (type(after) is dict) is not _HAS_AFTER[op] or (after is None) is _HAS_AFTER[op]:
            raise _Malformed(f"op {op} and after do not belong together")
        if before is not None and (type(before) is not dict or op in _NO_BEFORE):
            raise _Malformed(f"op {op} and before do not belong together")
        record = Record(
            offset, op, position, None, before, after, None, (), moment, version,
            len(value) + (len(key) if key is not None else 0),
        )  # fmt: skip
        if "unchanged" in source or "key_before" in source:
            self._read_partial(record, source)
        self._read_key(record, key)
        return record

    def _read_partial(self, record: Record, source: dict[str, Any]) -> None:
        if record.op is not Op.UPDATE:
            raise _Malformed("only an update may lack values or move its key")
        if not self._key:
            raise _Malformed("a table without a key carries every value")
        unchanged, key_before = source.get("unchanged", []), source.get("key_before")
        if type(unchanged) is not list or not all(type(name) is str for name in unchanged):
            raise _Malformed("its source.unchanged is no list of columns")
        assert record.after is not None
        if not record.after.keys().isdisjoint(unchanged):
            raise _Malformed("its source.unchanged names a value that is there")
        record.unchanged = tuple(unchanged)
        if "key_before" in source:
            if type(key_before) is not dict or list(key_before) != self._key:
                raise _Malformed("its source.key_before has other columns")
            record.key_before = key_before

    def _read_key(self, record: Record, key: bytes | None) -> None:
        if not self._key or record.op is Op.TRUNCATE:
            if key is not None:
                raise _Malformed("it has a key where there is none")
            if record.op in _OLD_ROW and record.before is None:
                raise _Malformed("a table without a key needs the whole old row")
            return
        if key is None:
            raise _Malformed("it has no key")
        record.key = found = orjson.loads(key)
        if type(found) is not dict or list(found) != self._key:
            raise _Malformed("its key has other columns")
        row = record.after if record.after is not None else record.before
        if row is None:
            raise _Malformed("a delete needs the row's key")
        for name, value in found.items():
            if row[name] != value and not _same_number(row[name], value):
                raise _Malformed(f"its key is not that of its row: {name} differs")


def _same_number(value: Any, canonical: Any) -> bool:
    """Whether a row's value is written otherwise in the key: numbers are canonical there."""
    try:
        return Decimal(value) == Decimal(canonical)
    except (ArithmeticError, TypeError, ValueError):
        return False
