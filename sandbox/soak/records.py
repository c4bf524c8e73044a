"""What the topics hold, read from their beginning and freed of what was written twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition

from model.errors import ReplicatorError

_PATIENCE_S: Final = 20.0

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Fresh:
    """A record whose position is beyond all that stand before it in its partition."""

    op: str
    position: str
    after: Mapping[str, Any]


@dataclass(slots=True)
class Content:
    """A topic's fresh records by partition, and how many were there twice."""

    fresh: dict[int, list[Fresh]] = field(default_factory=dict)
    repeated: int = 0

    @property
    def all(self) -> list[Fresh]:
        return [record for records in self.fresh.values() for record in records]

    def ops(self, since: str = "") -> Counter[str]:
        """How often each operation stands at that position or beyond."""
        return Counter(record.op for record in self.all if record.position >= since)


def read(bootstrap: str, topic: str, ends: Mapping[Place, int]) -> Content:
    """Everything up to the ends. Raises ReplicatorError when a record does not come."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": f"{topic}-judge", "enable.auto.commit": False}
    )
    try:
        places = [TopicPartition(*place, 0) for place in ends if place[0] == topic]
        left = sum(ends[place.topic, place.partition] for place in places)
        consumer.assign(places)
        return content(_next(consumer, topic) for _ in range(left))
    finally:
        consumer.close()


def _next(consumer: Consumer, topic: str) -> tuple[int, bytes]:
    message = consumer.poll(_PATIENCE_S)
    if message is None or message.error() is not None:
        raise ReplicatorError("a record that must be there does not come", object=topic)
    partition, value = message.partition(), message.value()
    assert partition is not None
    assert value is not None
    return partition, value


def content(messages: Iterable[tuple[int, bytes]]) -> Content:
    """What partitions and values say, each partition in its order."""
    found = Content()
    greatest: dict[int, str] = {}
    for partition, value in messages:
        envelope = json.loads(value)
        position = envelope["source"]["position"]
        if position <= greatest.get(partition, ""):
            found.repeated += 1
            continue
        greatest[partition] = position
        fresh = Fresh(envelope["op"], position, envelope["after"] or {})
        found.fresh.setdefault(partition, []).append(fresh)
    return found
