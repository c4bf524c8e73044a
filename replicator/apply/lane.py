"""One partition as the applier sees it: where it stands, what waits, what a batch takes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model import ways_out
from model.change import Op
from model.errors import ForeignRecord, Gap, ReplicatorError
from model.ports import Advance
from model.position import Position
from model.state import Checkpoint, TrackedTable
from replicator.apply.reduction import moves
from topics.record import Record, RecordDecoder
from topics.writer import Place


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a partition cannot be read on: a record that is not ours stands there, or ours is gone.
    `found` is what the operator sees of it."""

    error: ReplicatorError
    found: dict[str, Any]


@dataclass(slots=True)
class Lane:
    """`next` and `position` are the checkpoint's as we know it; `tail` is the next offset to read.

    `seeking` is True from the wish to read elsewhere until the reader has done so: what arrives
    between is not ours to take. `trouble` stands at `tail`: nothing behind it is read.
    """

    place: Place
    table: TrackedTable
    decoder: RecordDecoder
    next: int = 0
    position: str = ""
    tail: int = 0
    queue: deque[Record] = field(default_factory=deque)
    queued_bytes: int = 0
    open: bool = False
    seeking: bool = True
    closed: bool = False
    waiting: bool = False
    trouble: Trouble | None = None

    def stand_at(self, checkpoint: Checkpoint) -> None:
        """Forget what was read ahead; the next record to read is the checkpoint's."""
        self.next = self.tail = checkpoint.next_offset
        self.position = checkpoint.position.text
        self.closed = checkpoint.closed
        self.waiting = False
        self.trouble = None
        self.queue.clear()
        self.queued_bytes = 0
        self.seeking = True

    def append(self, record: Record) -> None:
        """The next record of the topic."""
        if self._awaits(record.offset):
            self.tail = record.offset + 1
            self.queue.append(record)
            self.queued_bytes += record.size

    def foreign(self, offset: int, size: int, error: ForeignRecord) -> None:
        """The next record of the topic is not ours."""
        if self._awaits(offset):
            self.trouble = Trouble(error, {"op": "none of ours", "bytes": size})

    def lost(self, what: str, **found: Any) -> None:
        """The records from `tail` on are gone: only a reload helps. `found` is what is there."""
        topic, partition = self.place
        gap = Gap(what, object=f"{topic}[{partition}]", hint=ways_out.reload(self.table.source))
        self.trouble = Trouble(gap, found)

    def refused(self) -> dict[str, Any] | None:
        """What the trouble is about, once everything before it is applied; a record that may be
        passed over has the position that the checkpoint then keeps."""
        if self.trouble is None or not self.open or self.queue or self.next != self.tail:
            return None
        topic, partition = self.place
        place = {"topic": topic, "partition": partition, "offset": self.tail}
        passable = isinstance(self.trouble.error, ForeignRecord)
        return place | ({"position": self.position} if passable else {}) | self.trouble.found

    def _awaits(self, offset: int) -> bool:
        if not self.open or self.seeking or self.trouble is not None or offset < self.tail:
            return False
        if offset > self.tail:
            self.lost(
                f"the next record stands at offset {offset}, and {self.tail} was expected: what "
                "stood between was removed, as compaction does",
                found=offset,
            )
            return False
        return True

    def at_truncate(self) -> bool:
        """Whether everything before a truncate is applied, so that it is next."""
        head = self.queue[0] if self.queue else None
        return head is not None and head.op is Op.TRUNCATE and self._fresh(head, self.position)

    def ready(self) -> bool:
        """Whether a batch can take something."""
        usable = self.open and not self.closed
        return usable and bool(self.queue) and not self.at_truncate()

    def take(self, rows: int, size: int) -> Slice:
        """The next records within the bounds, at least one; none of them a truncate's.

        Dropped are records whose position is not greater than the greatest seen in this partition:
        the checkpoint's, then each kept record's in turn. A record that moves a key is taken
        alone.
        """
        start = self.queue[0].offset
        taken = Slice(self, start, start, self.position, self.position)
        while self.queue and len(taken.records) < rows and taken.size < size:
            record = self.queue[0]
            fresh = self._fresh(record, taken.position)
            if fresh and (record.op is Op.TRUNCATE or (moves(record) and taken.records)):
                break
            self.queue.popleft()
            self.queued_bytes -= record.size
            taken.next = record.offset + 1
            if not fresh:
                taken.dropped += 1
                continue
            taken.position = record.position
            taken.records.append(record)
            taken.size += record.size
            if moves(record):
                break
        return taken

    def settled(self, checkpoint: Checkpoint) -> None:
        """Follow a checkpoint that others may have moved, past a truncate above all."""
        same = checkpoint.position.text == self.position
        if checkpoint.next_offset == self.next and same and not checkpoint.closed:
            return
        head = self.queue[0] if self.queue else None
        if head is None or checkpoint.closed or checkpoint.next_offset != head.offset + 1:
            self.stand_at(checkpoint)
            return
        self.queued_bytes -= self.queue.popleft().size
        self.next = checkpoint.next_offset
        self.position = checkpoint.position.text
        self.waiting = False

    def _fresh(self, record: Record, greatest: str) -> bool:
        """Whether a record is neither a replay nor held by a keyless table's exact snapshot.

        Changes of a keyless table cannot be told from replays: nothing below its snapshot's
        boundary may reach it.
        """
        if record.position <= greatest:
            return False
        return bool(self.table.key) or record.position >= self.table.high.boundary


@dataclass(slots=True)
class Slice:
    """What one batch does to one partition: it moves from `expected` to `next`, and from the
    position `before` to `position`."""

    lane: Lane
    expected: int
    next: int
    before: str
    position: str
    records: list[Record] = field(default_factory=list)
    size: int = 0
    dropped: int = 0

    @property
    def advance(self) -> Advance:
        topic, partition = self.lane.place
        position, before = Position(self.position), Position(self.before)
        return Advance(topic, partition, self.expected, self.next, position, before)

    def halves(self) -> tuple[Slice, Slice]:
        """Two slices that do the same one after the other. Needs two records at least."""
        middle = len(self.records) // 2
        return self._part(self.records[:middle], None), self._part(
            self.records[middle:], self.records[middle - 1]
        )

    def _part(self, records: Sequence[Record], after: Record | None) -> Slice:
        part = Slice(self.lane, self.expected, self.next, self.before, self.position, list(records))
        part.size = sum(record.size for record in records)
        if after is None:
            part.next = records[-1].offset + 1
            part.position = records[-1].position
        else:
            part.expected = after.offset + 1
            part.before = after.position
            part.dropped = self.dropped
        return part
