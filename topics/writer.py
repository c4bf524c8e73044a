"""The idempotent writer, whose confirmation is as strict as the protocol wants.

Delivery is confirmed once for each batch and partition, by the callback of the batch's last record.
That is enough because the producer is idempotent and gapless and never gives up by time
(`message.timeout.ms=0`), because `send` sends no later record of a partition before an earlier one,
and because the confirmed offset must equal the previous one plus the records sent.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException, Producer

from model.errors import Gap, ReplicatorError, Retryable
from model.ports import Clock
from topics.errors import translate
from topics.settings import BATCH_OVERHEAD, KafkaSettings

Place = tuple[str, int]
"""Topic and partition."""

Message = dict[str, Any]
"""A record as `produce_batch` takes it: `key` (or None) and `value`."""

_POLL_S: Final = 0.2
_log = logging.getLogger("replicator.topics.writer")
# The client calls `enable.gapless.guarantee` experimental each time; what it does not cover is
# covered here.
_log.addFilter(lambda record: "CONFWARN" not in record.getMessage())


@dataclass(slots=True)
class _Lane:
    """One partition: what was sent, what is confirmed, and what Kafka's queue refused so far."""

    sent: int
    confirmed: int
    batches: deque[tuple[int, int, float]] = field(default_factory=deque)
    """For each batch under way: the offset after it, its bytes, when it was sent."""
    held: list[Message] = field(default_factory=list)


class TopicWriter:
    """Sends batches and knows which are confirmed. `send` and `resend` belong to one thread.

    `ends` gives the next offset of every partition that will be written, as the broker has it:
    the first confirmation is held against it. `notify` is called from the writer's own thread when
    something was confirmed or failed. `clock` is monotonic seconds. `renewed` are topics that are
    made anew when they are gone: a gap in them is worth another try.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        ends: Mapping[Place, int],
        *,
        notify: Callable[[], None],
        clock: Clock,
        queue_bytes: int = 128 * 1024 * 1024,
        renewed: Container[str] = (),
    ) -> None:
        self._lanes = {place: _Lane(end, end) for place, end in ends.items()}
        self._notify = notify
        self._clock = clock
        self._renewed = renewed
        self._failure: ReplicatorError | None = None
        self._outstanding = 0
        self._holding: set[Place] = set()
        self._lock = threading.Lock()
        self._servers = settings.bootstrap_servers
        self._producer = Producer(
            {**producer_properties(settings, queue_bytes), "error_cb": self._broken},
            logger=_log,
        )
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="kafka deliveries", daemon=True)
        self._thread.start()

    @property
    def outstanding_bytes(self) -> int:
        """Bytes that were handed in and that Kafka has not confirmed yet."""
        return self._outstanding

    @property
    def holding(self) -> bool:
        """Whether Kafka's local queue was full: `resend` must be called before the next `send`."""
        return bool(self._holding)

    def send(self, topic: str, partition: int, messages: list[Message], size: int) -> None:
        """Send records to one partition, after all that was sent to it before; keeps the list.

        `size` is the bytes of all keys and values. What the full local queue does not take is kept
        and sent by `resend`. Raises what has failed since the last call, and at once when a record
        is refused for any reason but a full queue.
        """
        self.raise_failure()
        place = (topic, partition)
        lane = self._lanes[place]
        lane.sent += len(messages)
        end = lane.sent
        messages[-1]["callback"] = self._confirmation(place, end)
        with self._lock:
            lane.batches.append((end, size, self._clock()))
            self._outstanding += size
        if lane.held:
            lane.held.extend(messages)
        else:
            lane.held = messages
        self._push(place, lane)

    def resend(self) -> bool:
        """Send again what the full queue refused; True when nothing is held any more."""
        self.raise_failure()
        for place in list(self._holding):
            self._push(place, self._lanes[place])
        return not self._holding

    def sent(self) -> dict[Place, int]:
        """The next offset of each partition once everything handed in is confirmed."""
        return {place: lane.sent for place, lane in self._lanes.items()}

    def confirmed(self, place: Place) -> int:
        """Everything below this offset is in Kafka."""
        return self._lanes[place].confirmed

    def all_confirmed(self, offsets: Mapping[Place, int]) -> bool:
        """Whether every one of these partitions is confirmed up to its offset."""
        lanes = self._lanes
        return all(lanes[place].confirmed >= offset for place, offset in offsets.items())

    def oldest_age(self) -> float:
        """Seconds since the oldest batch that is not confirmed was sent; 0 when there is none."""
        with self._lock:
            started = [lane.batches[0][2] for lane in self._lanes.values() if lane.batches]
        return self._clock() - min(started) if started else 0.0

    def raise_failure(self) -> None:
        """Raise what a delivery failed with, if any has."""
        if self._failure is not None:
            raise self._failure

    def close(self, timeout_s: float = 10.0) -> None:
        """Let deliveries under way end, up to the timeout, then drop them. Idempotent."""
        if not self._closed.is_set():
            # A fatal error is raised here once more, in place of the one that we end with; purging
            # what is in flight is one to a gapless producer. All of it is read from the log again.
            with suppress(KafkaException):
                if self._failure is None:
                    self._producer.flush(timeout_s)
            self._closed.set()
            self._thread.join()
            with suppress(KafkaException):  # a client that has failed says so again
                self._producer.purge()
                self._producer.flush(1.0)

    def _push(self, place: Place, lane: _Lane) -> None:
        topic, partition = place
        messages = lane.held
        try:
            taken = self._producer.produce_batch(topic, messages, partition=partition)
        except KafkaException as raised:
            raise self._fail(translate(raised.args[0], topic, "hand records to Kafka")) from raised
        if taken == len(messages):
            lane.held = []
            self._holding.discard(place)
            return
        refused = next(n for n, each in enumerate(messages) if "_error" in each)
        error = messages[refused]["_error"]
        # What follows a refused record may have been taken: only a full queue refuses the rest too.
        if error.code() != KafkaError._QUEUE_FULL or refused != taken:
            raise self._fail(translate(error, topic, "hand a record to Kafka"))
        lane.held = messages[taken:]
        for message in lane.held:
            message.pop("_error", None)
        self._holding.add(place)

    def _confirmation(
        self, place: Place, end: int
    ) -> Callable[[KafkaError | None, confluent_kafka.Message], None]:
        def confirm(error: KafkaError | None, message: confluent_kafka.Message) -> None:
            if self._closed.is_set():
                return
            if error is not None:
                failure = translate(error, f"{place[0]}[{place[1]}]", "deliver records")
                self._fail(self._passing(place, failure))
            else:
                self._check(place, end, message.offset())
            self._notify()

        return confirm

    def _check(self, place: Place, end: int, offset: int | None) -> None:
        lane = self._lanes[place]
        where = f"{place[0]}[{place[1]}]"
        if offset is None or offset < 0:
            self._fail(
                Retryable(
                    "Kafka confirmed a batch without saying where it stands",
                    object=where,
                    hint="capture starts again from its last progress",
                )
            )
            return
        if offset != end - 1:
            self._fail(self._passing(place, _displaced(where, offset, end - 1)))
            return
        with self._lock:
            while lane.batches and lane.batches[0][0] <= end:
                self._outstanding -= lane.batches.popleft()[1]
        lane.confirmed = end

    def _passing(self, place: Place, error: ReplicatorError) -> ReplicatorError:
        if place[0] not in self._renewed or not isinstance(error, Gap):
            return error
        return Retryable(error.what, object=error.object, hint="it is made anew", wait=1.0)

    def _fail(self, error: ReplicatorError) -> ReplicatorError:
        if self._failure is None:
            self._failure = error
        return error

    def _broken(self, error: KafkaError) -> None:
        """Errors that belong to no record. Brokers that are away come back: the alarm tells."""
        if error.fatal() or error.code() == KafkaError._AUTHENTICATION:
            self._fail(translate(error, self._servers, "write to Kafka"))
            self._notify()

    def _serve(self) -> None:
        try:
            while not self._closed.is_set():
                self._producer.poll(_POLL_S)
        except KafkaException as raised:  # fatal: the client delivers nothing any more
            self._fail(translate(raised.args[0], self._servers, "write to Kafka"))
            self._notify()


def _displaced(where: str, offset: int, expected: int) -> Gap | Retryable:
    """A batch that was confirmed elsewhere: behind records of another writer, or before its place.

    The other writer may be a capture that was stopped, overtaken and woken: what it still held is
    in the log too, and comes twice from the last progress on, which the applier drops. A foreign
    one's records are refused by the applier.
    """
    what = f"Kafka confirmed a batch at offset {offset} where {expected} was expected"
    if offset > expected:
        hint = "capture starts again from its last progress; make sure that nobody else writes here"
        return Retryable(f"{what}: somebody else wrote to the topic", object=where, hint=hint)
    hint = "start capture again: it goes on where nothing was lost, and names what was"
    return Gap(f"{what}: records were lost", object=where, hint=hint)


def producer_properties(settings: KafkaSettings, queue_bytes: int) -> dict[str, Any]:
    """What the guarantees above rest on. The result holds secrets: never log it."""
    largest = settings.topics.max_record_bytes
    return {
        "linger.ms": 0,
        "batch.num.messages": 100_000,
        **settings.connection(),
        "acks": "all",
        "enable.idempotence": True,
        "enable.gapless.guarantee": True,
        "message.timeout.ms": 0,
        "compression.type": settings.topics.compression,
        "message.max.bytes": largest,
        # Bounded in bytes, never in records; one record of the largest size must fit.
        "queue.buffering.max.messages": 0,
        "queue.buffering.max.kbytes": max(queue_bytes, largest + BATCH_OVERHEAD) // 1024 + 1,
    }
