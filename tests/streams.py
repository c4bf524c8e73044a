"""Tables, changes and topics in memory, for tests of what capture writes and the applier reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from model.catalog import Column, Key, ReplicaIdentity, Table, TableName
from model.change import Begin, Change, Commit, JsonObject, LogEvent, Op
from model.position import START, Position
from model.state import TableState, TrackedTable
from model.types import Kind, LogicalType
from replicator.capture.recording import Recording
from replicator.capture.shape import Shapes
from topics.envelope import Origin
from topics.record import Record, RecordDecoder
from topics.writer import Place

ORIGIN = Origin("postgresql", "m", "app")
USERS = TableName("public", "users")
NOTES = TableName("public", "notes")


def column(name: str) -> Column:
    return Column(name, LogicalType(Kind.TEXT), nullable=True, native="text")


def table(
    name: TableName = USERS,
    columns: Iterable[str] = ("id", "bio", "avatar"),
    key: tuple[str, ...] = ("id",),
    version: int = 1,
) -> Table:
    return Table(
        name,
        tuple(column(each) for each in columns),
        primary_key=Key("pk", key) if key else None,
        replica_identity=ReplicaIdentity.DEFAULT if key else ReplicaIdentity.FULL,
        key=key,
        version=version,
    )


def tracked(
    of: Table, partitions: int, state: TableState = TableState.OPEN, high: Position = START
) -> TrackedTable:
    return TrackedTable(of.name, of.name, f"t.{of.name}", partitions, of.key, state, high=high)


def boundary(number: int) -> str:
    return f"{number:016x}"


def transaction(number: int, changes: Iterable[Change]) -> list[LogEvent]:
    return [
        Begin(boundary(number), 1_760_000_000_000 + number, str(number)),
        *changes,
        Commit(boundary(number), 1_760_000_000_000 + number),
    ]


def json_object(names: Iterable[str], row: Iterable[bytes | None]) -> JsonObject:
    """The values that are there, each as JSON, under their names."""
    pairs = [(json.dumps(n).encode(), value) for n, value in zip(names, row, strict=True)]
    return b"{%b}" % b",".join(n + b":" + value for n, value in pairs if value is not None)


def create(of: Table, *row: bytes) -> Change:
    return _changed(of, Op.CREATE, row)


def update(of: Table, row: Sequence[bytes | None], key_before: bytes | None = None) -> Change:
    """`None` in the row: the log did not carry the value."""
    before = json_object(of.key, [key_before]) if key_before else None
    return _changed(of, Op.UPDATE, row)._replace(key_before=before)


def delete(of: Table, *key: bytes) -> Change:
    return Change(of, Op.DELETE, json_object(of.key, key))


def _changed(of: Table, op: Op, row: Sequence[bytes | None]) -> Change:
    names = [column.name for column in of.columns]
    known = dict(zip(names, row, strict=True))
    key = json_object(of.key, [known[name] for name in of.key]) if of.key else None
    lacking = tuple(name for name in names if known[name] is None)
    return Change(of, op, key, after=json_object(names, row), unchanged=lacking)


def truncate(of: Table) -> Change:
    return Change(of, Op.TRUNCATE)


class Topics:
    """Partitions as lists of key and value, written by `Recording`, decoded by the applier."""

    def __init__(self, tables: Mapping[Table, int]) -> None:
        self.tracked = {of.name: tracked(of, partitions) for of, partitions in tables.items()}
        self.logs: dict[Place, list[tuple[bytes | None, bytes]]] = {
            (each.topic, number): []
            for each in self.tracked.values()
            for number in range(each.partitions)
        }
        self._decoders = {
            each.topic: RecordDecoder("m", each.topic, each.source, each.key)
            for each in self.tracked.values()
        }

    def recording(
        self,
        start: Position = START,
        largest: int = 1_000_000,
        dropped: Iterable[TableName] = (),
        since: Mapping[TableName, Position] = MappingProxyType({}),
        shapes: Shapes | None = None,
        removed: Mapping[TableName, int] = MappingProxyType({}),
    ) -> Recording:
        routes = {
            name: (each.topic, each.partitions)
            for name, each in self.tracked.items()
            if name not in removed
        }
        topics = {topic for topic, _ in routes.values()}
        ends = {place: len(log) for place, log in self.logs.items() if place[0] in topics}
        return Recording(ORIGIN, routes, ends, start, largest, dropped, since, shapes, removed)

    def write(self, recording: Recording, events: Iterable[LogEvent]) -> None:
        """As a session does: take, then send all lanes."""
        recording.take(list(events), 1_760_000_000_999)
        self.flush(recording)

    def flush(self, recording: Recording) -> None:
        for lane in recording.lanes():
            for message in lane.messages:
                self.logs[lane.place].append((message["key"], message["value"]))
            lane.messages, lane.size = [], 0

    def read(self, place: Place) -> list[Record]:
        decoder = self._decoders[place[0]]
        return [
            decoder.decode(place[1], offset, key, value)
            for offset, (key, value) in enumerate(self.logs[place])
        ]

    def records(self, name: TableName = USERS) -> list[Record]:
        """All records of a table, partition after partition."""
        each = self.tracked[name]
        return [
            record
            for number in range(each.partitions)
            for record in self.read((each.topic, number))
        ]
