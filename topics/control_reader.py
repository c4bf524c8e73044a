"""Reading what capture says beside the data: the whole control or heartbeat topic, in order."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from model import ways_out
from model.errors import Gap, Retryable
from model.ports import Clock
from model.position import Position
from topics.control import Marker, Progress, decode, last_progress
from topics.errors import translate
from topics.naming import control_topic
from topics.reader import PASSING, consumer_properties
from topics.settings import KafkaSettings

_TIMEOUT_S: Final = 10.0
_log = logging.getLogger("replicator.topics")


class ControlReader:
    """Reads a control or heartbeat topic from its first record on; belongs to no group.

    One thread at a time. Raises Gap when the topic is gone.
    """

    def __init__(self, settings: KafkaSettings, topic: str | None = None) -> None:
        self._topic = topic = topic or control_topic(settings.topic_prefix)
        self._seen: dict[str, Marker] = {}
        self._consumer = Consumer(
            {**consumer_properties(settings), "group.id": f"{settings.topic_prefix}-scan"},
            logger=_log,
        )
        try:
            first, self._end = self._bounds()
            self._consumer.assign([TopicPartition(topic, 0, first)])
        except BaseException:
            self._consumer.close()
            raise
        self._next = first
        self._missing = (0, first) if first > 0 else None

    def existing(self) -> Iterator[Progress | Marker]:
        """All records that stood in the topic when this was made."""
        while self._next < self._end:
            records = self.read(_TIMEOUT_S)
            if not records and self._next < self._end:
                raise Retryable(
                    f"offset {self._next} of {self._end} did not come within {_TIMEOUT_S:.0f} s",
                    object=self._topic,
                    hint="check the brokers",
                )
            yield from records

    def read(self, timeout_s: float) -> list[Progress | Marker]:
        """What has come since, within the time; empty when nothing has."""
        records = []
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        for message in [first, *self._consumer.consume(10_000, 0)]:
            error = message.error()
            if error is not None:
                if error.code() in PASSING:
                    continue
                raise translate(error, self._topic, "read the topic")
            offset = message.offset()
            assert offset is not None
            if offset > self._next:
                self._missing = (self._next, offset)
            self._next = offset + 1
            record = decode(self._topic, offset, message.value())
            if isinstance(record, Marker):
                self._seen.setdefault(record.id, record)
            records.append(record)
        return records

    def last_progress(self, since: Mapping[str, Position]) -> Progress | None:
        """The greatest progress by position, None when capture has never written one. See
        `control.last_progress`. Raises Gap when records of the topic are gone."""
        found = (each for each in self.existing() if isinstance(each, Progress))
        progress = last_progress(found, since)
        if self._missing is not None:
            first, end = self._missing
            raise Gap(
                f"its records from offset {first} to {end - 1} are gone, and with them how far "
                "each topic had been written",
                object=self._topic,
                hint=ways_out.ANEW,
            )
        return progress

    def find_marker(self, id: str, timeout_s: float, clock: Clock = monotonic) -> Marker | None:
        """The marker of that id as capture first met it; None when it has not come in time."""
        deadline = clock() + timeout_s
        while id not in self._seen:
            left = deadline - clock()
            if left <= 0 and self._next >= self._end:
                return None
            self.read(min(max(left, 0.01), 0.1))
        return self._seen[id]

    def close(self) -> None:
        self._consumer.close()

    def _bounds(self) -> tuple[int, int]:
        try:
            bounds = self._consumer.get_watermark_offsets(
                TopicPartition(self._topic, 0), timeout=_TIMEOUT_S
            )
        except KafkaException as error:
            raise translate(error.args[0], self._topic, "read the topic's bounds") from error
        if bounds is None:
            raise Gap("its bounds are unknown", object=self._topic, hint="check the brokers")
        return bounds
