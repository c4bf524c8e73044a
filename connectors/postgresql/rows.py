"""Any row message as a change: what the log carried, and what the old row adds to it."""

from __future__ import annotations

from typing import Final

from connectors.postgresql.messages import PAYLOAD
from connectors.postgresql.relation import Relation
from connectors.postgresql.values import Row
from model.change import Change, Op

_INSERT, _UPDATE = ord("I"), ord("U")
_OLD_ROW, _OLD_KEY = ord("O"), ord("K")
_TUPLE: Final = PAYLOAD + 6
"""Where the first tuple starts: after tag, OID and the tuple's kind."""


def changed_row(relation: Relation, d: bytes) -> Change:
    """The change that an insert, update or delete tells. Raises ColumnUnrepresentable."""
    if d[PAYLOAD] == _UPDATE:
        return _update(relation, d)
    row, _ = relation.row(d, _TUPLE)
    if d[PAYLOAD] == _INSERT:
        return _new(relation, Op.CREATE, row)
    before = relation.object(row) if d[PAYLOAD + 5] == _OLD_ROW else None
    return Change(relation.table, Op.DELETE, relation.key(row), before=before)


def _new(relation: Relation, op: Op, row: Row) -> Change:
    after = relation.object(row)
    return Change(relation.table, op, relation.key(row), None, None, after, _lacking(relation, row))


def _update(relation: Relation, d: bytes) -> Change:
    kind = d[PAYLOAD + 5]
    if kind not in (_OLD_ROW, _OLD_KEY):
        row, _ = relation.row(d, _TUPLE)
        return _new(relation, Op.UPDATE, row)
    old, at = relation.row(d, _TUPLE)
    row, _ = relation.row(d, at + 1)
    whole = kind == _OLD_ROW
    change = _new(relation, Op.UPDATE, _filled(relation, row, old, whole=whole))
    key_before = relation.key(old)
    return change._replace(
        key_before=None if key_before == change.key else key_before,
        before=relation.object(old) if whole else None,
    )


def _filled(relation: Relation, row: Row, old: Row, *, whole: bool) -> Row:
    """Unchanged values taken from the old tuple: all of a whole row, the key's of a key."""
    if None not in row:
        return row
    table = relation.table
    return tuple(
        before if value is None and (whole or column.name in table.key) else value
        for value, before, column in zip(row, old, table.carried, strict=True)
    )


def _lacking(relation: Relation, row: Row) -> tuple[str, ...]:
    """The columns whose values are not known."""
    if None not in row:
        return ()
    carried = relation.table.carried
    return tuple(c.name for c, value in zip(carried, row, strict=True) if value is None)
