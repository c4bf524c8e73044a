"""From the log's messages to events: what a transaction of ours looks like to its reader."""

from __future__ import annotations

import json
from struct import Struct
from typing import Final

from connectors.postgresql import messages, position
from connectors.postgresql.decoder import ColumnUnrepresentable
from connectors.postgresql.messages import PAYLOAD, RelationMessage
from connectors.postgresql.relation import Relation, RelationCatalog
from model.change import (
    Begin,
    Change,
    Commit,
    LogEvent,
    MarkerSeen,
    Op,
    Row,
    SchemaChanged,
    Undecodable,
)
from model.position import Position

_U32: Final = Struct(">I").unpack_from
_INSERT, _UPDATE, _DELETE, _TRUNCATE = ord("I"), ord("U"), ord("D"), ord("T")
_BEGIN, _COMMIT, _RELATION, _MESSAGE = ord("B"), ord("C"), ord("R"), ord("M")
_OLD_ROW, _OLD_KEY = ord("O"), ord("K")
_ROWS: Final = (_INSERT, _UPDATE, _DELETE)
_TUPLE: Final = PAYLOAD + 6
"""Where the tuple starts in an insert or delete: after tag, OID and the tuple's kind."""


class Transaction:
    """The open transaction, message by message.

    `events` collects what is complete; transactions without a change of ours leave no trace.
    `unknown` holds a relation that must be learnt before the next message.
    """

    def __init__(self, catalog: RelationCatalog, marker_prefix: str) -> None:
        self.events: list[LogEvent] = []
        self.unknown: RelationMessage | None = None
        self._catalog = catalog
        self._prefix = marker_prefix
        self._relations: dict[int, Relation | None] = {}
        self._pending: Begin | None = None
        self._boundary = ""
        self._changes = 0
        self._markers: list[MarkerSeen] = []

    def hand_over(self) -> list[LogEvent]:
        """The events so far, which are then forgotten here."""
        events, self.events = self.events, []
        return events

    def decode(self, d: bytes) -> None:
        """Take one XLogData frame."""
        tag = d[PAYLOAD]
        if tag in _ROWS:
            relation = self._relations[_U32(d, PAYLOAD + 1)[0]]
            if relation is None:
                return
            if self._pending is not None:
                self.events.append(self._pending)
                self._pending = None
            self._changes += 1
            try:
                if tag == _INSERT:
                    row, _ = relation.row(d, _TUPLE)
                    self.events.append(
                        Change(relation.table, Op.CREATE, relation.key(row), None, None, row)
                    )
                elif tag == _UPDATE:
                    self.events.append(_update(relation, d))
                else:
                    self.events.append(_delete(relation, d))
            except ColumnUnrepresentable as error:
                self._undecodable(relation, error)
        elif tag == _BEGIN:
            self._begin(d)
        elif tag == _COMMIT:
            self._commit(d)
        elif tag == _RELATION:
            self._relation(messages.relation(d))
        elif tag == _TRUNCATE:
            self._truncate(d)
        elif tag == _MESSAGE:
            self._message(d)

    def learnt(self, relation: Relation, changed: SchemaChanged | None) -> None:
        """The answer to `unknown`."""
        self._relations[relation.message.oid] = relation
        self.unknown = None
        if changed is not None:
            self.events.append(changed)

    def _begin(self, d: bytes) -> None:
        lsn, at, xid = messages.begin(d)
        self._boundary = position.boundary(lsn)
        self._pending = Begin(self._boundary, at, str(xid))
        self._changes = 0

    def _commit(self, d: bytes) -> None:
        _, at = messages.commit(d)
        if self._pending is None:
            self.events.append(Commit(self._boundary, at))
        self._pending = None
        for marker in self._markers:
            marker.source_ts = at
            self.events.append(marker)
        self._markers.clear()

    def _relation(self, message: RelationMessage) -> None:
        known = self._relations.get(message.oid)
        if known is not None and known.message == message:
            return
        if not self._catalog.captured(message):
            self._relations[message.oid] = None
            return
        relation = self._catalog.match(message)
        if relation is None:
            self.unknown = message
        else:
            self._relations[message.oid] = relation

    def _truncate(self, d: bytes) -> None:
        for oid in messages.truncated(d):
            relation = self._relations[oid]
            if relation is None:
                continue
            if self._pending is not None:
                self.events.append(self._pending)
                self._pending = None
            self._changes += 1
            self.events.append(Change(relation.table, Op.TRUNCATE))

    def _message(self, d: bytes) -> None:
        transactional, prefix, content = messages.logical_message(d)
        if prefix != self._prefix or not transactional:
            return
        marker = json.loads(content)
        self._markers.append(
            MarkerSeen(
                id=str(marker["id"]),
                boundary=self._boundary,
                source_ts=0,
                written_ts=int(marker["written_ts"]),
            )
        )

    def _undecodable(self, relation: Relation, error: ColumnUnrepresentable) -> None:
        place = Position(f"{self._boundary}/{self._changes - 1:08x}")
        self.events.append(Undecodable(relation.table.name, place, error.column, error.reason))


def marker_content(id: str, written_ts: int) -> str:
    """What a marker's message holds."""
    return json.dumps({"id": id, "written_ts": written_ts})


def _update(relation: Relation, d: bytes) -> Change:
    kind = d[PAYLOAD + 5]
    at = _TUPLE
    old: Row | None = None
    if kind in (_OLD_ROW, _OLD_KEY):
        old, at = relation.row(d, at)
        at += 1
    row, _ = relation.row(d, at)
    if old is None:
        return Change(relation.table, Op.UPDATE, relation.key(row), None, None, row)
    whole = kind == _OLD_ROW
    if None in row:
        row = _filled(relation, row, old, whole=whole)
    key, key_before = relation.key(row), relation.key(old)
    return Change(
        relation.table,
        Op.UPDATE,
        key,
        None if key_before == key else key_before,
        old if whole else None,
        row,
    )


def _filled(relation: Relation, row: Row, old: Row, *, whole: bool) -> Row:
    """Unchanged values taken from the old tuple: all of a whole row, the key's of a key."""
    table = relation.table
    return tuple(
        before if value is None and (whole or column.name in table.key) else value
        for value, before, column in zip(row, old, table.carried, strict=True)
    )


def _delete(relation: Relation, d: bytes) -> Change:
    old, _ = relation.row(d, _TUPLE)
    whole = d[PAYLOAD + 5] == _OLD_ROW
    return Change(relation.table, Op.DELETE, relation.key(old), None, old if whole else None, None)
