"""Reading data topics in batches, from where the checkpoints are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from model.errors import ReplicatorError
from topics.assignment import Assignment
from topics.errors import GONE, translate
from topics.settings import BATCH_OVERHEAD, KafkaSettings

Place = tuple[str, int]

PASSING: Final = frozenset(
    {KafkaError._PARTITION_EOF, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN}
)
"""Said of a broker that is away for now; the client tries again by itself."""

_FETCH: Final = 16 * 1024 * 1024
_TIMEOUT_S: Final = 10.0

_log = logging.getLogger("replicator.topics")


def consumer_properties(settings: KafkaSettings) -> dict[str, Any]:
    """What every consumer of ours has. The result holds secrets: never log it."""
    largest = settings.topics.max_record_bytes
    return {
        "queued.max.messages.kbytes": 16 * 1024,
        "queued.min.messages": 20_000,
        "fetch.wait.max.ms": 100,
        "fetch.error.backoff.ms": 100,
        **settings.connection(),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        # A record larger than this is sent alone (KIP-74); what is received must have room for it.
        "fetch.max.bytes": _FETCH,
        "receive.message.max.bytes": max(largest, _FETCH) + 1024 * BATCH_OVERHEAD,
    }


class TopicReader:
    """One member of the appliers' group. One thread, in which the callbacks come too.

    `starts` is asked on assignment: it returns the checkpoint's next offset of each partition.
    `revoked` is told what is taken away, after which no record of it is returned. The member is
    static: a restart under the same `instance` gets the same partitions back without a rebalance.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        group: str,
        instance: str,
        topics: Iterable[str],
        starts: Callable[[list[Place]], Mapping[Place, int]],
        revoked: Callable[[list[Place]], None],
    ) -> None:
        self._starts = starts
        self._revoked = revoked
        self._broken: ReplicatorError | None = None
        self._callback_error: BaseException | None = None
        self._paused: set[Place] = set()
        self._assigned: set[Place] = set()
        self._gone: dict[str, set[int]] = {}
        self._dead: set[Place] = set()
        self._servers = settings.bootstrap_servers
        self._consumer = Consumer(
            {
                # How long a member that is gone for good keeps its partitions.
                "session.timeout.ms": 30_000,
                **consumer_properties(settings),
                "group.id": group,
                "group.instance.id": instance,
                "partition.assignment.strategy": "cooperative-sticky",
                # The compare-and-set fences whoever was slow; the group need not.
                "max.poll.interval.ms": 86_400_000,
                "error_cb": self._failed,
            },
            logger=_log,
        )
        self._assignment = Assignment(settings, group)
        self.subscribe(topics)

    def subscribe(self, topics: Iterable[str]) -> None:
        """Be a reader of exactly these topics. Those that stay are read on meanwhile."""
        self._topics = frozenset(topics)
        self._ask_for(self._topics)
        self._assignment.expect(self._topics)

    @property
    def assigned(self) -> frozenset[Place]:
        return frozenset(self._assigned)

    def read(self, most: int, timeout_s: float) -> list[Message]:
        """Up to `most` records within the time, in order in each partition.

        Partitions whose records are gone are told by `gone`; raises what `translate` makes of
        every other error.
        """
        if lacking := self._assignment.lacking():
            _log.info("nobody reads %s yet: another round is asked for", ", ".join(sorted(lacking)))
            self._ask_for(self._topics - lacking)
            self._ask_for(self._topics)
        # `consume` would wait for all of them: wait for the first, then take what is there.
        first = self._consumer.poll(timeout_s)
        messages: list[Message] = [] if first is None else [first]
        if first is not None and most > 1:
            messages += self._consumer.consume(most - 1, 0)
        if self._callback_error is not None:
            raised, self._callback_error = self._callback_error, None
            raise raised
        if self._broken is not None:
            raise self._broken
        good = []
        for message in messages:
            error = message.error()
            if error is None:
                good.append(message)
            elif error.code() in GONE:
                topic, partition = message.topic(), message.partition()
                assert topic is not None
                number = -1 if partition is None else partition
                self._gone.setdefault(topic, set()).add(number)
                self._dead.add((topic, number))
            elif error.code() not in PASSING:
                where = f"{message.topic()}[{message.partition()}]"
                raise translate(error, where, "read the topic")
        return good

    def gone(self) -> dict[str, set[int]]:
        """Topics and partitions of which the broker has said since the last call that they, or
        what was to be read of them, are gone; a negative partition stands for the whole topic."""
        gone, self._gone = self._gone, {}
        return gone

    def bounds(self, place: Place) -> tuple[int, int] | None:
        """The first offset that a partition holds and the one after its last; None when the
        broker has no such partition."""
        try:
            return self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_TIMEOUT_S)
        except KafkaException as raised:
            error = raised.args[0]
            if error.code() in GONE:
                return None
            where = f"{place[0]}[{place[1]}]"
            raise translate(error, where, "read the partition's bounds") from raised

    def pause(self, places: Iterable[Place]) -> None:
        """Read no more of these."""
        chosen = [place for place in places if place in self._assigned - self._paused]
        if chosen:
            self._consumer.pause([TopicPartition(*place) for place in chosen])
            self._paused.update(chosen)

    def read_from(self, place: Place, offset: int) -> bool:
        """Read this partition on from an offset, whether it is paused or not.

        False when it is not ours, or so newly ours that the client cannot seek yet: ask again.
        """
        if place not in self._assigned:
            return False
        if place in self._dead:
            self._assign_again(place, offset)
            return True
        try:
            self._consumer.seek(TopicPartition(*place, offset))
            if place in self._paused:
                self._consumer.resume([TopicPartition(*place)])
                self._paused.discard(place)
        except KafkaException as error:
            if error.args[0].code() == KafkaError._STATE:
                return False
            raise translate(error.args[0], f"{place[0]}[{place[1]}]", "seek") from error
        return True

    def _assign_again(self, place: Place, offset: int) -> None:
        # The client has stopped a partition whose offset was refused: it cannot seek there.
        self._consumer.incremental_unassign([TopicPartition(*place)])
        self._consumer.incremental_assign([TopicPartition(*place, offset)])
        self._dead.discard(place)
        self._paused.discard(place)

    def show(self, offsets: Mapping[Place, int]) -> None:
        """Commit offsets to the group: for dashboards only, nothing of ours reads them."""
        places = [TopicPartition(*place, offset) for place, offset in offsets.items()]
        if places:
            self._consumer.commit(offsets=places, asynchronous=True)

    def close(self) -> None:
        self._consumer.close()

    def _ask_for(self, topics: Iterable[str]) -> None:
        self._consumer.subscribe(
            sorted(topics), on_assign=self._assign, on_revoke=self._revoke, on_lost=self._revoke
        )

    def _assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = [(each.topic, each.partition) for each in partitions]
        # An error that leaves a callback would be reported without its type.
        try:
            starts = self._starts(places)
        except ReplicatorError as error:
            self._callback_error = error
            starts = {}
        consumer.incremental_assign(
            [TopicPartition(*place, starts[place]) for place in places if place in starts]
        )
        # All wait until their gate is open.
        consumer.pause([TopicPartition(*place) for place in places if place in starts])
        self._assigned.update(starts)
        self._paused.update(starts)
        self._dead.difference_update(starts)

    def _revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = [(each.topic, each.partition) for each in partitions]
        consumer.incremental_unassign([TopicPartition(*place) for place in places])
        self._assigned.difference_update(places)
        self._paused.difference_update(places)
        self._revoked(places)

    def _failed(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._AUTHENTICATION:
            self._broken = translate(error, self._servers, "read from Kafka")
