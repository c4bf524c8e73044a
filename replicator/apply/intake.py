"""Reading ahead: one thread consumes and decodes while the target works on the batch before."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Message

from model.errors import ForeignRecord, Gap
from model.state import Checkpoint, TrackedTable
from replicator.apply.batch import Group
from replicator.apply.gates import OPENED, Gates
from replicator.apply.lane import Lane
from topics.reader import TopicReader
from topics.record import Record, RecordDecoder
from topics.settings import KafkaSettings
from topics.writer import Place

_READ: Final = 2000
_READ_S: Final = 0.05
_SHOW_S: Final = 5.0
_log = logging.getLogger("replicator.apply")


@dataclass(frozen=True, slots=True)
class _Foreign:
    """A record that is not ours, of so many bytes."""

    offset: int
    size: int
    error: ForeignRecord


class Intake:
    """The partitions that one connection serves, and what was read ahead of them.

    `lock` guards every lane. Read ahead are at most about `limit` bytes.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        gates: Gates,
        *,
        migration: str,
        instance: str,
        limit: int,
    ) -> None:
        self._gates = gates
        self._migration = migration
        self._limit = limit
        self._tables = {table.topic: table for table in gates.tables.values()}
        self._version = 0
        self._turn = 0
        self._shown_at = monotonic()
        self._failure: Exception | None = None
        self._doubted: set[Place] = set()
        self._ended = threading.Event()
        self.lock = threading.Condition()
        self.lanes: dict[Place, Lane] = {}
        self._reader = TopicReader(
            kafka,
            group=f"{kafka.topic_prefix}.apply",
            instance=instance,
            topics=list(self._tables),
            starts=self._assigned,
            revoked=self._revoked,
        )
        self._thread = threading.Thread(target=self._serve, name=f"intake {instance}", daemon=True)

    def start(self) -> None:
        """Read ahead in a thread of its own until `close`."""
        self._thread.start()

    def turn(self) -> None:
        """Follow the gates, read once, and decode: what the thread does again and again."""
        self._follow_gates()
        self._show()
        if self._room():
            self._accept(self._reader.read(_READ, _READ_S))
            self._look_for_gaps()

    def take(self, rows: int, size: int, wait_s: float, linger_s: float) -> Group:
        """The next records of all ready partitions, within the bounds; empty after `wait_s`.

        Raises what the reading thread failed with.
        """
        with self.lock:
            if not self.lock.wait_for(lambda: self._failure or self._ready(), wait_s):
                return []
            if self._failure is not None:
                raise self._failure
            if linger_s and sum(len(lane.queue) for lane in self.lanes.values()) < rows // 2:
                self.lock.wait(linger_s)
            return self._fill(rows, size)

    def stand_at(self, lanes: Iterable[Lane], checkpoints: dict[Place, Checkpoint]) -> None:
        """Someone else moved these checkpoints: go on from where they are now."""
        with self.lock:
            for lane in lanes:
                if lane.place in checkpoints:
                    lane.stand_at(checkpoints[lane.place])
                else:  # its table was removed
                    lane.open = False

    def close(self) -> None:
        """Leave the group's partitions to the next start of this instance."""
        self._ended.set()
        with self.lock:
            self.lock.notify_all()
        self._thread.join()

    def _ready(self) -> list[Lane]:
        return [lane for lane in self.lanes.values() if lane.ready()]

    def _fill(self, rows: int, size: int) -> Group:
        ready = self._ready()
        if not ready:
            return []
        # Another partition goes first each time, so that a busy one cannot starve the rest.
        self._turn += 1
        first = self._turn % len(ready)
        group: Group = []
        for lane in ready[first:] + ready[:first]:
            if rows <= 0 or size <= 0:
                break
            taken = lane.take(rows, size)
            rows -= len(taken.records)
            size -= taken.size
            group.append(taken)
        self.lock.notify_all()
        return group

    def _serve(self) -> None:
        try:
            while not self._ended.is_set():
                self.turn()
        except Exception as error:  # noqa: BLE001 - handed to the thread that applies
            with self.lock:
                self._failure = error
                self.lock.notify_all()
        finally:
            self._reader.close()

    def _room(self) -> bool:
        with self.lock:
            return self.lock.wait_for(
                lambda: (
                    self._ended.is_set()
                    or sum(lane.queued_bytes for lane in self.lanes.values()) < self._limit
                ),
                _READ_S,
            )

    def _accept(self, messages: list[Message]) -> None:
        decoded: list[tuple[Lane, Record | _Foreign]] = []
        for message in messages:
            topic, partition, offset = message.topic(), message.partition(), message.offset()
            assert topic is not None
            assert partition is not None
            assert offset is not None
            lane = self.lanes.get((topic, partition))
            if lane is None or not lane.open or lane.seeking or lane.trouble is not None:
                continue
            key, value = message.key(), message.value()
            try:
                decoded.append((lane, lane.decoder.decode(partition, offset, key, value)))
            except ForeignRecord as error:
                decoded.append((lane, _Foreign(offset, len(key or b"") + len(value or b""), error)))
        if decoded:
            with self.lock:
                for lane, record in decoded:
                    if isinstance(record, _Foreign):
                        lane.foreign(record.offset, record.size, record.error)
                    else:
                        lane.append(record)
                self.lock.notify_all()

    def _look_for_gaps(self) -> None:
        """What the broker says is gone stops its table; the others go on."""
        for topic, numbers in self._reader.gone().items():
            table = self._tables.get(topic)
            all_of_them = range(table.partitions if table else 0)
            self._doubted.update((topic, n) for n in (all_of_them if min(numbers) < 0 else numbers))
        if self._doubted:
            tables = {table.topic: table for table in self._gates.tables.values()}
            for place in sorted(self._doubted):
                table = tables.get(place[0])
                if table is not None and table.state in OPENED:
                    self._judge(place, table)

    def _judge(self, place: Place, table: TrackedTable) -> None:
        """Stop the partition's lane where the broker holds nothing to go on with; a broker that
        only was late to know is asked again."""
        lane = self.lanes.get(place)
        if lane is not None and (not lane.open or lane.trouble is not None):
            return
        bounds = self._reader.bounds(place)
        with self.lock:
            if bounds is None:
                if lane is None:  # a topic that is gone is assigned to nobody
                    lane = self.lanes[place] = Lane(place, table, self._decoder(table))
                    lane.stand_at(self._gates.checkpoints[place])
                    lane.open = True
                lane.lost("the topic or this partition of it is gone")
            elif lane is None or bounds[0] <= lane.tail <= bounds[1]:
                self._doubted.discard(place)
                if lane is not None:
                    lane.seeking = True
            else:
                lane.lost(
                    f"offset {lane.tail} is wanted, and the partition holds {bounds[0]} to "
                    f"{bounds[1]}: records were removed, or the target or Kafka was restored",
                    first=bounds[0],
                    end=bounds[1],
                )
            self.lock.notify_all()

    def _follow_gates(self) -> None:
        """Open and close lanes as the tables' gates say, and read where the lanes stand."""
        if self._version != self._gates.version:
            self._version = self._gates.version
            tables, checkpoints = self._gates.tables, self._gates.checkpoints
            self._subscribe({table.topic: table for table in tables.values()})
            with self.lock:
                for lane in self.lanes.values():
                    table = tables.get(lane.table.source)
                    if table is not None and lane.place in checkpoints:
                        self._follow(lane, table, checkpoints[lane.place])
        for lane in list(self.lanes.values()):
            if lane.open and lane.seeking:
                offset = lane.tail
                if self._reader.read_from(lane.place, offset):
                    with self.lock:
                        lane.seeking = lane.tail != offset

    def _subscribe(self, tables: dict[str, TrackedTable]) -> None:
        """Tables joined or left: read their topics too, or no more, while the others go on."""
        if tables.keys() != self._tables.keys():
            self._tables = tables
            self._reader.subscribe(sorted(tables))

    def _follow(self, lane: Lane, table: TrackedTable, checkpoint: Checkpoint) -> None:
        lane.table = table
        wanted = table.state in OPENED and not checkpoint.closed
        if lane.open and (not wanted or lane.closed):
            lane.open = False
        if wanted and not lane.open:
            lane.decoder = self._decoder(table)
            lane.stand_at(checkpoint)
            lane.open = True
        elif not lane.open:
            self._reader.pause([lane.place])

    def _show(self) -> None:
        if monotonic() - self._shown_at >= _SHOW_S:
            self._shown_at = monotonic()
            self._reader.show({lane.place: lane.next for lane in self.lanes.values() if lane.open})

    def _assigned(self, places: list[Place]) -> dict[Place, int]:
        checkpoints = self._gates.read_checkpoints()
        if any(place not in checkpoints for place in places):
            self._gates.poll()  # a table that was removed meanwhile has none
            checkpoints = dict(self._gates.checkpoints)
        tables = {table.topic: table for table in self._gates.tables.values()}
        lost = [place for place in places if place not in checkpoints and place[0] in tables]
        if lost:
            raise Gap(
                f"partition {lost[0][1]} has no checkpoint in the target",
                object=lost[0][0],
                hint="deploy again: it makes a checkpoint for every partition",
            )
        with self.lock:
            for place in places:
                if place in checkpoints and place[0] in tables:
                    table = tables[place[0]]
                    self.lanes[place] = Lane(place, table, self._decoder(table))
                    self.lanes[place].stand_at(checkpoints[place])
        self._version = 0
        return {place: self._first_offset(place) for place in places}

    def _first_offset(self, place: Place) -> int:
        """Where the client is to stand before we seek. A table that is not open may stand where
        its topic has nothing yet: refused there, the client would not always follow us elsewhere.
        One that nobody tracks has no lane: it stays paused, and is taken away soon.
        """
        lane = self.lanes.get(place)
        return OFFSET_BEGINNING if lane is None or lane.table.state not in OPENED else lane.next

    def _decoder(self, table: TrackedTable) -> RecordDecoder:
        return RecordDecoder(
            self._migration, table.topic, table.source, table.key, self._gates.start
        )

    def _revoked(self, places: list[Place]) -> None:
        with self.lock:
            for place in places:
                lane = self.lanes.pop(place, None)
                if lane is not None:
                    lane.open = False
