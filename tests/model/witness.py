"""What must hold after every step, told from the logs alone and one record at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from model.catalog import TableName
from model.change import Change, Op
from model.ports import Advance
from model.position import START, Position
from model.state import TableState, TrackedTable
from replicator.dropped import DROPPED, left_out
from tests.memory_kafka import MemoryKafka, Place
from tests.memory_source import MemorySource
from tests.memory_state import Memory, Row, Rows
from topics.control import Progress, decode
from topics.partition import partition_of
from topics.record import Record, RecordDecoder

_CONFLICTS: Final = ("belongs to another partition", "while the table was being loaded")
"""What a table may be quarantined for: a key change that does not carry the whole row, towards
another partition, or between two chunks' snapshots."""


class Witness:
    """Reads every log for itself; what our code believes is never asked."""

    def __init__(self, kafka: MemoryKafka, source: MemorySource, memory: Memory) -> None:
        self._kafka = kafka
        self._source = source
        self._memory = memory
        self._records: dict[Place, list[Record]] = {}
        self._control = 0
        self._progress = ""
        self._looked = 0

    # What an applier's commit did

    def moved(self, advances: Sequence[Advance], before: Memory, emptied: bool) -> None:
        """A transaction committed: exactly the records between its offsets took effect, each
        once and in order."""
        touched: dict[TableName, tuple[Rows, list[Row]]] = {}
        for each in advances:
            table = self._table(each.topic)
            rows = touched.setdefault(
                table.source,
                (dict(before.rows[table.source]), list(before.keyless[table.source])),
            )
            stood = before.checkpoints[each.topic, each.partition]
            assert each.expected == stood.next_offset, f"{each} found {stood}"
            greatest = stood.position.text
            for record in self._between(table, each):
                if record.position <= greatest or _held(table, record):
                    continue
                greatest = record.position
                if record.op is Op.TRUNCATE:
                    assert emptied, f"{record} was passed without its table being emptied"
                else:
                    _happen(rows, record, table)
            assert each.position.text == greatest, f"{each} should stand at {greatest}"
        for name, (keyed, keyless) in touched.items():
            if emptied:
                keyed, keyless = {}, []
            assert self._memory.rows[name] == keyed
            assert _sorted(self._memory.keyless[name]) == _sorted(keyless)

    def _between(self, table: TrackedTable, advance: Advance) -> list[Record]:
        place = (advance.topic, advance.partition)
        decoder = RecordDecoder("m", table.topic, table.source, table.key)
        known, log = self._records.setdefault(place, []), self._kafka.logs[place]
        for offset in range(len(known), advance.next):
            known.append(decoder.decode(place[1], offset, *log[offset]))
        return known[advance.expected : advance.next]

    # What must hold between two steps

    def check(self) -> None:
        self._check_progress()
        for table in self._memory.tracked.values():
            if table.state is TableState.CONSISTENT:
                self._check_consistent(table)
            if table.state is TableState.QUARANTINED:
                reason, record = self._memory.quarantined[table.source]
                assert any(each in reason for each in _CONFLICTS), (reason, record)

    def _check_progress(self) -> None:
        """What is told to the source is in the control topic, and what that says is in Kafka."""
        log = self._kafka.logs["t.control", 0]
        for offset in range(self._control, len(log)):
            told = decode("t.control", offset, log[offset][1])
            if isinstance(told, Progress):
                self._check_written(told)
                self._progress = max(self._progress, told.position.boundary)
        self._control = len(log)
        confirmed = self._source.confirmed
        start = self._memory.migration.start if self._memory.migration else Position()
        if confirmed is not None and start.text:
            safe = max(self._progress, start.boundary)
            assert confirmed <= int(safe, 16), f"told {confirmed}, and safe is {safe}"

    def _check_written(self, told: Progress) -> None:
        for place, offset in told.offsets.items():
            assert len(self._kafka.logs[place]) >= offset, f"{told} names what is not there"
        start = self._memory.migration.start.boundary if self._memory.migration else ""
        document = self._memory.documents.get(DROPPED)
        written: dict[Place, set[str]] = {}
        for place in self._kafka.logs:
            if any(place[0] == each.topic for each in self._memory.tracked.values()):
                table = self._table(place[0])
                end = Advance(*place, 0, len(self._kafka.logs[place]), Position())
                found = self._between(table, end)
                written[place] = {record.position.partition("/")[0] for record in found}
        for _, events in self._source.log:
            boundary = getattr(events[0], "boundary", "")
            if not start < boundary <= told.position.boundary:
                continue
            for event in events:
                if isinstance(event, Change):
                    table = self._memory.tracked[event.table.name]
                    if _in_snapshot(table, boundary) or left_out(document, table):
                        continue
                    for number in _partitions(event, table):
                        assert boundary in written[table.topic, number], f"{event} is not in Kafka"

    def _check_consistent(self, table: TrackedTable) -> None:
        """Each row is one that its key had when the partition's last record was written, and that
        was not before the table's `high`."""
        if not table.key:
            return
        for (name, key), told in self._source.history.items():
            if name != table.source:
                continue
            number = partition_of(b'{"id":%d}' % key, table.partitions)
            position = self._memory.checkpoints[table.topic, number].position.boundary
            found = self._memory.rows[name].get((key,))
            row = None if found is None else tuple(found.values())
            at = int(max(position, table.high.boundary) or "0", 16)
            allowed = _versions(told, at)
            assert row in allowed, f"{name} {key}: {row} is none of {allowed} at {at}"

    def check_equal(self) -> None:
        """At rest: the target is as the source is."""
        for name, table in self._source.tables.items():
            names = [column.name for column in table.carried]
            if table.key:
                wanted = {
                    (key,): dict(zip(names, row, strict=True))
                    for key, row in self._source.keyed[name].items()
                }
                assert self._memory.rows[name] == wanted
            else:
                bag = [dict(zip(names, row, strict=True)) for row in self._source.keyless[name]]
                assert _sorted(self._memory.keyless[name]) == _sorted(bag)

    def _table(self, topic: str) -> TrackedTable:
        return next(each for each in self._memory.tracked.values() if each.topic == topic)


def _versions(told: Sequence[tuple[int, Any]], at: int) -> list[Any]:
    """The rows that a key had at a commit, those within its own transaction included."""
    before = [row for lsn, row in told if lsn < at]
    within = [row for lsn, row in told if lsn == at]
    return [(before or [None])[-1], *within] if within else [(before or [None])[-1]]


def _partitions(change: Change, table: TrackedTable) -> list[int]:
    if change.op is Op.TRUNCATE:
        return list(range(table.partitions))
    keys = [key for key in (change.key, change.key_before) if key is not None]
    if not keys:
        return [0]
    return [partition_of(key, table.partitions) for key in keys]


def _in_snapshot(table: TrackedTable, boundary: str) -> bool:
    """Whether a table that was begun anew owes nothing to its topic for this commit: its exact
    snapshot holds it, or will, because it is not taken yet."""
    return table.anew and (table.high == START or boundary <= table.high.boundary)


def _held(table: TrackedTable, record: Record) -> bool:
    """Whether a keyless table's exact snapshot holds the change already."""
    return not table.key and record.position < table.high.boundary


def _happen(rows: tuple[Rows, list[Row]], record: Record, table: TrackedTable) -> None:
    """One record's effect, as it is meant."""
    keyed, keyless = rows
    if record.key is None:
        if record.op is not Op.CREATE:
            assert record.before is not None
            keyless.remove(record.before)
        if record.after is not None:
            keyless.append(record.after)
        return
    key = tuple(record.key.values())
    strict = table.state is TableState.CONSISTENT
    if record.op is Op.DELETE:
        assert not strict or key in keyed, record
        keyed.pop(key, None)
        return
    assert record.after is not None
    old = None
    if record.key_before is not None:
        old = keyed.pop(tuple(record.key_before.values()), None)
    found = keyed.get(key, old)
    assert not strict or (found is None) == (record.op is Op.CREATE), record
    if not record.unchanged:
        keyed[key] = dict(record.after)
    elif found is not None:
        keyed[key] = {**found, **record.after}


def _sorted(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=repr)
