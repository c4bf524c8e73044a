"""A batch of records becomes the last state of each key. Free of input and output."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from model.change import Op
from model.errors import DataRefused
from model.ports import KeyedChange, KeylessChange
from topics.record import Record

Identity = tuple[Any, ...]


def reduce(records: Iterable[Record], table: str, *, strict: bool) -> list[KeyedChange]:
    """The last state of each key, in the order in which the keys first appear.

    Values that a record lacks are taken from the records before it, never from beyond a delete or a
    create. With `strict`, a key's records must follow each other as a consistent table's do (no
    create of a row that is there, nothing but a create after a delete); DataRefused otherwise,
    naming the table. A record that moves a key must be alone in its batch (`moves`).
    """
    last: dict[Identity, KeyedChange] = {}
    for record in records:
        assert record.key is not None
        identity = tuple(record.key.values())
        before = last.get(identity)
        if before is None:
            last[identity] = _first(record)
        else:
            if strict:
                _follows(before, record, table)
            _merge(before, record)
    return list(last.values())


def moves(record: Record) -> bool:
    """Whether the record gives a row another key, so that no other record may join its batch."""
    return record.key_before is not None


def keyless(records: Iterable[Record]) -> list[KeylessChange]:
    """The changes of a table without a key: all of them, in order."""
    return [KeylessChange(record.op, record.before, record.after) for record in records]


def _first(record: Record) -> KeyedChange:
    assert record.key is not None
    return KeyedChange(
        record.key, record.after, record.op, bool(record.unchanged), record.key_before
    )


def _merge(change: KeyedChange, record: Record) -> None:
    if record.op is Op.DELETE:
        change.values, change.partial = None, False
    elif not record.unchanged:
        change.values, change.partial = record.after, False
    elif change.values is not None:
        assert record.after is not None
        change.values = {**change.values, **record.after}
    # Else: an update of a deleted row that lacks values. There is no row that it could change.


def _follows(change: KeyedChange, record: Record, table: str) -> None:
    there = change.values is not None
    if there == (record.op is not Op.CREATE):
        return
    state = "is there" if there else "was deleted"
    raise DataRefused(
        f"op {record.op.value} came for a row that {state} (position {record.position})",
        object=table,
        hint="the topic does not tell the source's story: reload the table",
    )
