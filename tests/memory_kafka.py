"""A broker kept in this process, behind the faces of confluent-kafka's clients that we use.

What is ours (writer, readers, administration) runs on it unchanged. Time stands still: a record
that a producer was given arrives, and is confirmed, when the test says so.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from confluent_kafka import KafkaError, TopicPartition

import topics.admin
import topics.control_reader
import topics.reader
import topics.writer
from tests.life import Life

Place = tuple[str, int]
Callback = Callable[[KafkaError | None, "MemoryMessage"], None]


@dataclass(slots=True)
class MemoryMessage:
    """What a client is handed: a record, or where one has got to."""

    place: Place
    at: int
    record: tuple[bytes | None, bytes] = (None, b"")

    def topic(self) -> str:
        return self.place[0]

    def partition(self) -> int:
        return self.place[1]

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes | None:
        return self.record[0]

    def value(self) -> bytes:
        return self.record[1]

    def error(self) -> None:
        return None


@dataclass
class MemoryKafka:
    """`life` is the process that runs now: clients made meanwhile belong to it. `room` is how many
    records a producer's local queue takes; `fetch` how many a consumer gets at once."""

    logs: dict[Place, list[tuple[bytes | None, bytes]]] = field(default_factory=dict)
    partitions: dict[str, int] = field(default_factory=dict)
    life: Life = field(default_factory=Life)
    room: int = 1_000_000
    fetch: int = 1_000_000
    producers: list[MemoryProducer] = field(default_factory=list)
    members: dict[Life, list[MemoryConsumer]] = field(default_factory=dict)

    def create(self, topic: str, partitions: int) -> None:
        self.partitions[topic] = partitions
        for number in range(partitions):
            self.logs[topic, number] = []

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Our code meets this broker instead of a real one."""
        with ExitStack() as stack:
            for module, name, made in (
                (topics.writer, "Producer", self._producer),
                (topics.reader, "Consumer", self._consumer),
                (topics.reader, "Assignment", _Assigned),
                (topics.control_reader, "Consumer", self._consumer),
                (topics.admin, "AdminClient", self._admin),
            ):
                stack.enter_context(patch.object(module, name, made))
            yield

    def _producer(self, properties: Mapping[str, Any], **_: Any) -> MemoryProducer:
        producer = MemoryProducer(self, self.life, properties)
        self.producers.append(producer)
        return producer

    def _consumer(self, properties: Mapping[str, Any], **_: Any) -> MemoryConsumer:
        return MemoryConsumer(self, self.life)

    def _admin(self, properties: Mapping[str, Any], **_: Any) -> MemoryAdmin:
        return MemoryAdmin(self)


class MemoryProducer:
    """Idempotent and gapless: a partition's records arrive in order, and are confirmed in order.

    With a `message.timeout.ms` it is as blind as librdkafka: what waited too long is gone, and
    nobody hears of it but the record's own callback.
    """

    def __init__(self, kafka: MemoryKafka, life: Life, properties: Mapping[str, Any]) -> None:
        self.life = life
        self._kafka = kafka
        self._timeout = int(properties["message.timeout.ms"])
        self._queued: dict[Place, deque[tuple[bytes | None, bytes, Callback | None]]] = {}
        self._arrived: dict[Place, deque[tuple[int, Callback | None]]] = {}
        self._closing = threading.Event()

    def produce_batch(
        self, topic: str, messages: Sequence[dict[str, Any]], *, partition: int
    ) -> int:
        queue = self._queued.setdefault((topic, partition), deque())
        room = self._kafka.room - sum(map(len, self._queued.values()))
        for message in messages[: max(0, room)]:
            queue.append((message["key"], message["value"], message.get("callback")))
        for message in messages[max(0, room) :]:
            message["_error"] = KafkaError(KafkaError._QUEUE_FULL)
        return min(max(0, room), len(messages))

    def arrive(self, place: Place, most: int) -> None:
        """Records reach the broker, which has not answered yet."""
        queue = self._queued.get(place, deque())
        for _ in range(min(most, len(queue))):
            key, value, callback = queue.popleft()
            log = self._kafka.logs[place]
            self._arrived.setdefault(place, deque()).append((len(log), callback))
            log.append((key, value))

    def confirm(self, place: Place, most: int) -> None:
        """The broker's answers come home."""
        arrived = self._arrived.get(place, deque())
        for _ in range(min(most, len(arrived))):
            offset, callback = arrived.popleft()
            if callback is not None:
                callback(None, MemoryMessage(place, offset))

    def settle(self) -> None:
        """Everything arrives and is confirmed."""
        for place in list(self._queued):
            self.arrive(place, 1_000_000)
        for place in list(self._arrived):
            self.confirm(place, 1_000_000)

    def wait_in_vain(self) -> None:
        """The broker is away for long."""
        if self._timeout:
            for queue in self._queued.values():
                for _ in range(len(queue) // 2):
                    queue.popleft()

    def poll(self, timeout: float) -> int:
        self._closing.wait(timeout)
        return 0

    def flush(self, timeout: float) -> int:
        if self.life.alive:
            self.settle()
        self._closing.set()
        return 0

    def purge(self) -> None:
        self._queued.clear()


class MemoryConsumer:
    """A member of a group whose partitions the test hands out, or a reader of what it chose."""

    def __init__(self, kafka: MemoryKafka, life: Life) -> None:
        self._kafka = kafka
        self._life = life
        self._at: dict[Place, int] = {}
        self._paused: set[Place] = set()
        self._news: list[tuple[Callable[..., None], list[Place]]] = []
        self._turn = 0
        self._told: tuple[Callable[..., None], Callable[..., None]] | None = None

    def subscribe(
        self,
        names: Sequence[str],
        *,
        on_assign: Callable[..., None],
        on_revoke: Callable[..., None],
        on_lost: Callable[..., None],
    ) -> None:
        self._told = (on_assign, on_revoke)
        members = self._kafka.members.setdefault(self._life, [])
        if self not in members:
            members.append(self)

    def give(self, places: Sequence[Place]) -> None:
        """The group gives it these; it hears of it in its next poll."""
        if self._told and places:
            self._news.append((self._told[0], list(places)))

    def take_away(self, places: Sequence[Place]) -> None:
        if self._told and places:
            self._news.append((self._told[1], list(places)))

    def poll(self, timeout: float) -> MemoryMessage | None:
        self._life.touch("poll")
        news, self._news = self._news, []
        for tell, places in news:
            tell(self, [TopicPartition(*place) for place in places])
        found = self._fetched(1)
        return found[0] if found else None

    def consume(self, most: int, timeout: float) -> list[MemoryMessage]:
        return self._fetched(min(most, self._kafka.fetch - 1))

    def _fetched(self, most: int) -> list[MemoryMessage]:
        """Some of one partition, then some of the next, as a real fetch would bring them."""
        found: list[MemoryMessage] = []
        places = sorted(place for place in self._at if place not in self._paused)
        self._turn += 1
        first = self._turn % max(1, len(places))
        for place in places[first:] + places[:first]:
            log, at = self._kafka.logs[place], self._at[place]
            end = min(len(log), at + most - len(found))
            found += [MemoryMessage(place, offset, log[offset]) for offset in range(at, end)]
            self._at[place] = max(at, end)
        return found

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        self._at = {(each.topic, each.partition): each.offset for each in partitions}

    def incremental_assign(self, partitions: Sequence[TopicPartition]) -> None:
        self._at.update({(each.topic, each.partition): each.offset for each in partitions})

    def incremental_unassign(self, partitions: Sequence[TopicPartition]) -> None:
        for each in partitions:
            self._at.pop((each.topic, each.partition), None)

    def pause(self, partitions: Sequence[TopicPartition]) -> None:
        self._paused.update((each.topic, each.partition) for each in partitions)

    def resume(self, partitions: Sequence[TopicPartition]) -> None:
        self._paused.difference_update((each.topic, each.partition) for each in partitions)

    def seek(self, partition: TopicPartition) -> None:
        self._at[partition.topic, partition.partition] = partition.offset

    def commit(self, *, offsets: Sequence[TopicPartition], asynchronous: bool) -> None:
        """For dashboards only: nothing of ours reads them."""

    def get_watermark_offsets(
        self, partition: TopicPartition, *, timeout: float
    ) -> tuple[int, int]:
        self._life.touch("watermarks")
        return 0, len(self._kafka.logs[partition.topic, partition.partition])

    def close(self) -> None:
        self._at = {}
        members = self._kafka.members.get(self._life, [])
        if self in members:
            members.remove(self)


class _Assigned:
    """Every topic is somebody's: the test hands out the partitions."""

    def __init__(self, *_: Any) -> None:
        pass

    def expect(self, names: Collection[str]) -> None:
        pass

    def lacking(self) -> frozenset[str]:
        return frozenset()


class MemoryAdmin:
    """What `TopicAdmin` asks while a migration runs."""

    def __init__(self, kafka: MemoryKafka) -> None:
        self._kafka = kafka
        self._life = kafka.life

    def list_topics(self, *, timeout: float) -> Any:
        self._life.touch("list_topics")
        found = {
            name: SimpleNamespace(partitions=dict.fromkeys(range(count)))
            for name, count in self._kafka.partitions.items()
        }
        return SimpleNamespace(topics=found, brokers={1: None})

    def list_offsets(
        self, wanted: Mapping[TopicPartition, Any], *, request_timeout: float
    ) -> dict[TopicPartition, Future[Any]]:
        self._life.touch("list_offsets")
        found = {}
        for place in wanted:
            answer: Future[Any] = Future()
            end = len(self._kafka.logs[place.topic, place.partition])
            answer.set_result(SimpleNamespace(offset=end))
            found[place] = answer
        return found

    def describe_configs(self, resources: Sequence[Any]) -> dict[Any, Future[Any]]:
        """Topics keep what they hold."""
        self._life.touch("describe_configs")
        kept = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
        found = {}
        for resource in resources:
            answer: Future[Any] = Future()
            answer.set_result({n: SimpleNamespace(value=value) for n, value in kept.items()})
            found[resource] = answer
        return found

    def poll(self, timeout: float) -> int:
        return 0
