"""From the log's events to records: what is written where, and under which position.

Free of input and output. The index in a position counts the records that a transaction *would*
write, also those of a table that is no longer written: so a transaction that is read again, after
a table was quarantined in its middle, gives every other record the position that it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from model.catalog import Table, TableName
from model.change import (
    Begin,
    Change,
    Commit,
    LogEvent,
    MarkerSeen,
    Op,
    Undecodable,
)
from model.errors import Blocked, Unsupported
from model.position import Position
from replicator.capture.shape import Followed, Shape, Shapes, judged
from topics.envelope import LAST_INDEX, Origin, TableEncoder, TransactionPart, moment
from topics.partition import partition_of
from topics.writer import Message, Place

_TRUNCATE: Final = Op.TRUNCATE
"""An enumeration's members are slow to look up, and this is asked for every change."""


@dataclass(slots=True)
class Lane:
    """Records of one partition that wait to be sent. `next` is the offset after the last one."""

    place: Place
    next: int
    messages: list[Message] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class Cut:
    """A boundary to be confirmed: progress, or a marker when `marker` is set.

    `offsets` are the next offsets of all data partitions at that boundary.
    """

    position: Position
    source_ts: int
    offsets: dict[Place, int]
    marker: MarkerSeen | None = None
    met_ms: int = 0


@dataclass(frozen=True, slots=True)
class Dropped:
    """A table that capture cannot go on writing. `record` shows the operator what came."""

    table: TableName
    position: Position
    reason: str
    record: dict[str, Any]


@dataclass(slots=True)
class _Route:
    table: Table
    encoder: TableEncoder
    lanes: list[Lane]


class Recording:
    """`routes` gives each captured table's topic and number of partitions, `ends` the next offset
    of each partition, `start` the position that capture resumes after. `since` names tables whose
    story begins at a position: no record of theirs below it is written. `shapes` are those in
    which tables were written so far: another is judged when the first change comes in it, and
    `followed` then says what the target needs before that record is sent. `removed` tables are
    captured no more and had so many partitions: their records are counted, and not written."""

    def __init__(
        self,
        origin: Origin,
        routes: Mapping[TableName, tuple[str, int]],
        ends: Mapping[Place, int],
        start: Position,
        largest: int,
        dropped: Iterable[TableName] = (),
        since: Mapping[TableName, Position] = MappingProxyType({}),
        shapes: Shapes | None = None,
        removed: Mapping[TableName, int] = MappingProxyType({}),
    ) -> None:
        self._origin = origin
        self._largest = largest
        self._lanes = {
            name: [Lane((topic, n), ends[topic, n]) for n in range(partitions)]
            for name, (topic, partitions) in routes.items()
        }
        self._routes: dict[int, _Route] = {}
        self.shapes = shapes or Shapes()
        self._awaited = {name: position for name, position in since.items() if position > start}
        self._removed = removed
        self._unwritten = {*dropped, *self._awaited, *removed}
        self._transaction = TransactionPart("", 0, start.boundary)
        self._index = 0
        self._open = False
        self._committed: Commit | None = None
        self._boundary = start.boundary
        self.cut_wanted = False
        self.cuts: list[Cut] = []
        self.dropped: list[Dropped] = []
        self.followed: list[Followed] = []

    @property
    def boundary(self) -> str:
        """The last commit that was read."""
        return self._boundary

    def take(self, events: Sequence[LogEvent], now_ms: int) -> int:
        """Make records of the events; returns how many changes there were.

        Raises Blocked, naming both positions, when the log goes back.
        """
        end = moment(now_ms)
        changes = 0
        for event in events:
            if type(event) is Change:
                changes += 1
                self._change(event, end)
            elif type(event) is Begin:
                self._forward(event.boundary)
                if self._awaited:
                    self._begin_stories(event.boundary)
                self._transaction = TransactionPart(
                    event.transaction, event.source_ts, event.boundary
                )
                self._index = 0
                self._open = True
            elif type(event) is Commit:
                self._commit(event)
            elif type(event) is MarkerSeen:
                self._marker(event, now_ms)
            else:
                self._trouble(event)
        if self._index > LAST_INDEX:
            raise Blocked(
                f"transaction {self._transaction.boundary} has more than {LAST_INDEX} records",
                object="capture",
                hint="positions cannot tell them apart: reload the tables that it changed",
            )
        return changes

    def lanes(self) -> list[Lane]:
        """The partitions that have records waiting."""
        return [lane for lanes in self._lanes.values() for lane in lanes if lane.messages]

    def cut(self) -> bool:
        """Cut at the last commit, when no transaction is open; False when there is nothing new."""
        if self._open or self._committed is None:
            return False
        commit, self._committed = self._committed, None
        self.cuts.append(Cut(self._here(commit.boundary), commit.source_ts, self._offsets()))
        self.cut_wanted = False
        return True

    def _change(self, change: Change, end: bytes) -> None:
        table, op, key, key_before, _, _, _ = change
        route = self._routes.get(id(table)) or self._route(table)
        if op is _TRUNCATE:
            self._truncate(route, change, end)
        elif key_before is not None:
            self._move(route, change, end)
        else:
            index = self._index
            self._index = index + 1
            if not self._unwritten or table.name not in self._unwritten:
                value = route.encoder.value(change, self._transaction, index, end)
                self._append(route, key, value, index)

    def _append(self, route: _Route, key: bytes | None, value: bytes, index: int) -> None:
        lanes = route.lanes
        if key is None:
            size, lane = len(value), lanes[0]
        else:
            size, lane = len(value) + len(key), lanes[partition_of(key, len(lanes))]
        if size > self._largest:
            self._too_large(route.table, key, size, index)
            return
        lane.messages.append({"key": key, "value": value})
        lane.size += size
        lane.next += 1

    def _too_large(self, table: Table, key: bytes | None, size: int, index: int) -> None:
        self._drop(
            table.name,
            index,
            f"a record of {size} bytes is larger than the {self._largest} that "
            "kafka.topics.max_record_bytes allows",
            {"key": None if key is None else key.decode(), "bytes": size},
        )

    def _move(self, route: _Route, change: Change, end: bytes) -> None:
        """A changed key: `d` and `c`, or one `u` when values are missing and the key stays here."""
        encoder, index = route.encoder, self._index
        assert change.key_before is not None
        whole = not change.unchanged
        self._index = index + (2 if whole else 1)
        if route.table.name in self._unwritten:
            return
        key, old = change.key, change.key_before
        if whole:
            deleted = encoder.deleted(old, self._transaction, index, end)
            self._append(route, old, deleted, index)
            if route.table.name not in self._unwritten:
                created = change._replace(op=Op.CREATE, key_before=None, before=None)
                value = encoder.value(created, self._transaction, index + 1, end)
                self._append(route, key, value, index + 1)
            return
        count = len(route.lanes)
        if partition_of(key, count) == partition_of(old, count):
            self._append(route, key, encoder.value(change, self._transaction, index, end), index)
            return
        self._drop(
            route.table.name,
            index,
            "a key changed while the log did not carry "
            f"{', '.join(change.unchanged)}, and the new key belongs to another partition",
            {"key": (key or b"").decode(), "key_before": old.decode()},
            hint=f"ALTER TABLE {route.table.name} REPLICA IDENTITY FULL, then "
            f"`replicator table reload {route.table.name}`",
        )

    def _truncate(self, route: _Route, change: Change, end: bytes) -> None:
        for lane in route.lanes:
            index = self._index
            self._index = index + 1
            if route.table.name not in self._unwritten:
                value = route.encoder.value(change, self._transaction, index, end)
                lane.messages.append({"key": None, "value": value})
                lane.size += len(value)
                lane.next += 1

    def _commit(self, event: Commit) -> None:
        self._open = False
        self._boundary = event.boundary
        self._committed = event
        if self.cut_wanted:
            self.cut()

    def _marker(self, event: MarkerSeen, now_ms: int) -> None:
        self._forward(event.boundary)
        self._boundary = event.boundary
        self._index = 0
        self._committed = Commit(event.boundary, event.source_ts)
        position = Position(f"{event.boundary}/{0:08x}")
        self.cuts.append(Cut(position, event.source_ts, self._offsets(), event, now_ms))

    def _trouble(self, event: LogEvent) -> None:
        if isinstance(event, Undecodable):
            index = self._index
            self._index = index + 1
            if event.table not in self._unwritten:
                reason = f"column {event.column}: {event.reason}"
                self._drop(event.table, index, reason, {"column": event.column})

    def _drop(
        self, table: TableName, index: int, reason: str, record: dict[str, Any], hint: str = ""
    ) -> None:
        self._unwritten.add(table)
        position = Position(self._at(index))
        hint = hint or f"once the cause is gone: `replicator table reload {table}`"
        self.dropped.append(
            Dropped(table, position, f"{reason} → {hint}", {**record, "position": position.text})
        )

    def _judge(self, table: Table) -> None:
        """Whether the table may be written in this shape after the one that was accepted.

        By the first change that comes so: only then its position is known.
        """
        position = self._at(self._index)
        accepted = self.shapes.accepted(table.name, position)
        try:
            followed = judged(accepted or Shape.of(table), table)
        except Unsupported as error:
            self._drop(table.name, self._index, error.what, {"version": table.version})
            return
        if followed is not None or accepted is None:
            self.shapes.accept(table, position if accepted else "")
        if followed is not None:
            self.followed.append(replace(followed, position=Position(position)))

    def _begin_stories(self, boundary: str) -> None:
        """Tables whose story begins with this transaction, or before it, are written from now."""
        for name, position in list(self._awaited.items()):
            if position.boundary <= boundary:
                del self._awaited[name]
                self._unwritten.discard(name)
                # The shapes of the former story are forgotten: the next change is judged.
                self._routes = {k: r for k, r in self._routes.items() if r.table.name != name}

    def _forward(self, boundary: str) -> None:
        if boundary <= self._boundary or self._open:
            raise Blocked(
                f"the source's log went back: {boundary} came after {self._boundary}",
                object="capture",
                hint="the source was restored or replaced; do not go on with this migration",
            )

    def _here(self, boundary: str) -> Position:
        return Position(f"{boundary}/{self._index:08x}")

    def _at(self, index: int) -> str:
        return f"{self._transaction.boundary}/{index:08x}"

    def _offsets(self) -> dict[Place, int]:
        return {lane.place: lane.next for lanes in self._lanes.values() for lane in lanes}

    def _route(self, table: Table) -> _Route:
        lanes = self._lanes.get(table.name)
        if lanes is None and table.name in self._removed:
            lanes = [Lane(("", number), 0) for number in range(self._removed[table.name])]
        if lanes is None:
            raise Blocked(
                "the log carries a table that this migration does not capture",
                object=str(table.name),
                hint="the publication was changed: drop the table from it",
            )
        if table.name not in self._unwritten:
            self._judge(table)
        # The route keeps the table alive, so its id stays its own.
        route = self._routes[id(table)] = _Route(table, TableEncoder(table, self._origin), lanes)
        return route
