"""From slices of partitions to what the target is asked to do, and back when it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from model.catalog import TableName
from model.errors import DataRefused
from model.ports import Advance, TableBatch
from model.position import Position
from model.state import Checkpoint, TableState, TrackedTable
from replicator.apply.lane import Slice
from replicator.apply.reduction import keyless, moves, reduce
from topics.record import Record

Group = list[Slice]
"""Slices that go into one transaction."""

_SHOWN_BYTES: Final = 64 * 1024


def table_batches(group: Group, tracked: Mapping[TableName, TrackedTable]) -> list[TableBatch]:
    """One batch for each table that has records. Raises DataRefused as `reduce` does, and for what
    cannot be told from a replay."""
    records: dict[TableName, list[Record]] = {}
    for each in group:
        if each.records:
            records.setdefault(each.lane.table.source, []).extend(each.records)
    batches = []
    for name, found in records.items():
        table = tracked[name]
        batch = TableBatch(table, table.state is TableState.CONSISTENT)
        if table.key:
            _whole_or_after(found, table)
            batch.keyed = reduce(found, str(name), strict=batch.strict)
        else:
            batch.keyless = keyless(found)
        batches.append(batch)
    return batches


def _whole_or_after(records: Iterable[Record], table: TrackedTable) -> None:
    """Raises DataRefused for a key change that lacks values and lies below the table's `high`.

    Chunks of a resumed load are read at different positions. The row may be in none of them: where
    it came to was read before, where it came from after. Or another one has its old key by now.
    """
    for record in records:
        if moves(record) and record.position < table.high.text:
            raise DataRefused(
                f"a key changed at {record.position} while the table was being loaded, and the log "
                f"did not carry {', '.join(record.unchanged)}",
                object=str(table.source),
                hint=f"load it anew, in one snapshot: `replicator table reload {table.source}`",
            )


def split(group: Group, refused: str) -> list[Group]:
    """Smaller groups, to be tried in this order, after the target refused this one.

    `refused` names the source table at fault, or is empty. Other tables go first, together; the
    table itself is halved until one record is left. A group of one record cannot be split: the
    result is empty.
    """
    if refused:
        others = [each for each in group if str(each.lane.table.source) != refused]
        fault = [each for each in group if str(each.lane.table.source) == refused]
        if others and fault:
            return [others, fault]
    if len(group) > 1:
        middle = len(group) // 2
        return [group[:middle], group[middle:]]
    if len(group[0].records) < 2:
        return []
    return [[half] for half in group[0].halves()]


def landed(advances: Sequence[Advance], checkpoints: Sequence[Checkpoint]) -> bool:
    """Whether the transaction with these advances was committed, told by the checkpoints."""
    at = {(each.topic, each.partition): each.next_offset for each in checkpoints}
    return all(at.get((each.topic, each.partition), -1) >= each.next for each in advances)


def truncate_moves(
    table: TrackedTable, place: tuple[str, int], position: str, checkpoints: Sequence[Checkpoint]
) -> list[Advance]:
    """How every partition gets past the truncate, empty while not all of them wait at it.

    A truncate takes one index in each partition in turn, so one position tells the others'.
    """
    waiting = {each.partition: each for each in checkpoints if each.waiting_at is not None}
    if len(waiting) < table.partitions:
        return []
    boundary, _, index = position.partition("/")
    base = int(index, 16) - place[1]
    return [
        Advance(
            table.topic,
            number,
            each.next_offset,
            each.next_offset + 1,
            Position(f"{boundary}/{base + number:08x}"),
            each.position,
        )
        for number, each in sorted(waiting.items())
    ]


def shown(group: Group) -> dict[str, Any]:
    """The record that could not be applied, for the operator; large values are left out."""
    each = group[0]
    topic, partition = each.lane.place
    if not each.records:
        return {"topic": topic, "partition": partition, "offset": each.expected}
    record = each.records[0]
    if record.size > _SHOWN_BYTES:
        record = replace(record, before=None, after=None)
    return {
        "topic": topic,
        "partition": partition,
        "offset": record.offset,
        "position": record.position,
        "op": record.op.value,
        "key": record.key,
        "before": record.before,
        "after": record.after,
        "bytes": record.size,
    }
