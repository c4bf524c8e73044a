"""Reading a record back: strictly, so that nothing foreign ever reaches the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from model.catalog import TableName
from model.change import Op
from model.errors import ForeignRecord

_OPS: Final = {op.value: op for op in Op}
_HAS_AFTER: Final = {Op.CREATE: True, Op.UPDATE: True, Op.DELETE: False, Op.TRUNCATE: False}


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
    """Decodes the records of one table's topic. `name` is the migration that wrote them."""

    def __init__(self, name: str, topic: str, table: TableName, key: tuple[str, ...]) -> None:
        self._name = name
        self._topic = topic
        self._schema = table.schema
        self._table = table.name
        self._key = list(key)

    def decode(self, partition: int, offset: int, key: bytes | None, value: bytes | None) -> Record:
        """Raises ForeignRecord naming topic, partition and offset of a record that is not ours."""
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
            hint="find out who else writes to this topic; nothing of it was applied",
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
        if type(position) is not str or "/" not in position:
            raise _Malformed("its source.position is no position")
        if type(moment) is not int or type(version) is not int:
            raise _Malformed("its source.ts_ms or schema_version is no number")
        before, after = envelope["before"], envelope["after"]
        if (type(after) is dict) is not _HAS_AFTER[op]:
            raise _Malformed(f"op {op} and after do not belong together")
        record = Record(
            offset, op, position, None, before, after, None, (), moment, version,
            len(value) + (len(key) if key is not None else 0),
        )  # fmt: skip
        self._read_key(record, key, source)
        return record

    def _read_key(self, record: Record, key: bytes | None, source: dict[str, Any]) -> None:
        if "unchanged" in source or "key_before" in source:
            if record.op is not Op.UPDATE:
                raise _Malformed("only an update may lack values or move its key")
            record.unchanged = tuple(source.get("unchanged", ()))
            record.key_before = source.get("key_before")
            if record.key_before is not None and list(record.key_before) != self._key:
                raise _Malformed("its source.key_before has other columns")
        if record.op is Op.TRUNCATE:
            return
        if not self._key:
            if record.op is not Op.CREATE and type(record.before) is not dict:
                raise _Malformed("a table without a key needs the whole old row")
            return
        if key is None:
            raise _Malformed("it has no key")
        record.key = orjson.loads(key)
        if type(record.key) is not dict or list(record.key) != self._key:
            raise _Malformed("its key has other columns")
