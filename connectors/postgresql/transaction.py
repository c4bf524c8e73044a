"""From the log's messages to events: what a transaction of ours looks like to its reader."""

from __future__ import annotations

import json
from struct import Struct
from typing import Final

from connectors.postgresql import messages, position
from connectors.postgresql.forms import ColumnUnrepresentable
from connectors.postgresql.messages import PAYLOAD, RelationMessage
from connectors.postgresql.plain import SHORT, MakeChange
from connectors.postgresql.relation import Relation, RelationCatalog
from connectors.postgresql.rows import changed_row
from model.change import Begin, Change, Commit, LogEvent, MarkerSeen, Op, SchemaChanged, Undecodable
from model.position import Position

_U32: Final = Struct(">I").unpack_from
_INSERT, _UPDATE, _DELETE, _TRUNCATE = ord("I"), ord("U"), ord("D"), ord("T")
_BEGIN, _COMMIT, _RELATION, _MESSAGE = ord("B"), ord("C"), ord("R"), ord("M")
_ROWS: Final = (_INSERT, _UPDATE, _DELETE)
_HEAD: Final = slice(PAYLOAD, PAYLOAD + 8)
"""Of an insert, and of an update without an old row: tag, OID, `N`, number of columns."""
_VALUES: Final = slice(PAYLOAD + 8, None)


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
        self._plain: dict[bytes, tuple[MakeChange, Op]] = {}
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
        plain = self._plain.get(d[_HEAD])
        if plain is not None:
            make, op = plain
            change = make(d[_VALUES].split(SHORT), op)
            if change is not None:
                if self._pending is not None:
                    self._begun()
                self._changes += 1
                self.events.append(change)
                return
        tag = d[PAYLOAD]
        if tag in _ROWS:
            self._row(d)
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
        self._know(relation.message, relation)
        self.unknown = None
        if changed is not None:
            self.events.append(changed)

    def _row(self, d: bytes) -> None:
        relation = self._relations[_U32(d, PAYLOAD + 1)[0]]
        if relation is None:
            return
        if self._pending is not None:
            self._begun()
        self._changes += 1
        try:
            self.events.append(changed_row(relation, d))
        except ColumnUnrepresentable as error:
            place = Position(f"{self._boundary}/{self._changes - 1:08x}")
            name = relation.table.name
            self.events.append(Undecodable(name, place, error.column, error.reason))

    def _begin(self, d: bytes) -> None:
        lsn, at, xid = messages.begin(d)
        self._boundary = position.boundary(lsn)
        self._pending = Begin(self._boundary, at, str(xid))
        self._changes = 0

    def _begun(self) -> None:
        """The transaction has a change of ours."""
        assert self._pending is not None
        self.events.append(self._pending)
        self._pending = None

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
            self._know(message, None)
            return
        relation = self._catalog.match(message)
        if relation is None:
            self.unknown = message
        else:
            self._know(message, relation)

    def _know(self, message: RelationMessage, relation: Relation | None) -> None:
        """From now on messages with this OID are of this version of the table."""
        oid = message.oid.to_bytes(4)
        self._relations[message.oid] = relation
        self._plain = {head: made for head, made in self._plain.items() if head[1:5] != oid}
        if relation is not None:
            rest = oid + b"N" + len(message.columns).to_bytes(2)
            self._plain[b"I" + rest] = (relation.plain, Op.CREATE)
            self._plain[b"U" + rest] = (relation.plain, Op.UPDATE)

    def _truncate(self, d: bytes) -> None:
        for oid in messages.truncated(d):
            relation = self._relations[oid]
            if relation is None:
                continue
            if self._pending is not None:
                self._begun()
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


def marker_content(id: str, written_ts: int) -> str:
    """What a marker's message holds."""
    return json.dumps({"id": id, "written_ts": written_ts})
