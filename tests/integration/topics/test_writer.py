"""Confirmed means in Kafka: every record, in order, at the offset where it should be."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from model.errors import Gap, ReplicatorError, Retryable
from model.state import TrackedTable
from sandbox.kafka import KafkaBroker
from tests.integration.topics.conftest import settings_for, tracked_in
from tests.patience import PATIENCE_S, until
from topics.admin import TopicAdmin
from topics.settings import KafkaSettings
from topics.writer import Message, TopicWriter, producer_properties


def _messages(first: int, count: int, size: int = 0) -> list[Message]:
    return [
        {"key": b"%d" % n, "value": b'{"n":%d,"pad":"%b"}' % (n, b"x" * size)}
        for n in range(first, first + count)
    ]


def _bytes(messages: list[Message]) -> int:
    return sum(len(each["key"]) + len(each["value"]) for each in messages)


@contextmanager
def _writer(
    kafka: KafkaSettings, table: TrackedTable, queue_bytes: int = 1 << 20, confirmed: int = 0
) -> Iterator[TopicWriter]:
    places = [(table.topic, number) for number in range(table.partitions)]
    writer = TopicWriter(
        kafka,
        {place: end + confirmed for place, end in TopicAdmin(kafka).ends(places).items()},
        notify=lambda: None,
        clock=monotonic,
        queue_bytes=queue_bytes,
    )
    try:
        yield writer
    finally:
        writer.close(timeout_s=1.0)


def _all_confirmed(writer: TopicWriter) -> None:
    def confirmed() -> bool:
        writer.resend()
        return writer.all_confirmed(writer.sent())

    until(confirmed, "the broker's confirmation")


def _numbers(kafka: KafkaSettings, topic: str, partition: int) -> list[int]:
    """All records' keys, read by a plain consumer."""
    end = TopicAdmin(kafka).ends([(topic, partition)])[topic, partition]
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "test"})
    consumer.assign([TopicPartition(topic, partition, 0)])
    found: list[int] = []
    deadline = monotonic() + PATIENCE_S
    while len(found) < end and monotonic() < deadline:
        for message in consumer.consume(end, 0.5):
            key = message.key()
            assert key is not None
            found.append(int(key))
    consumer.close()
    return found


@contextmanager
def _away(broker: KafkaBroker) -> Iterator[None]:
    """The broker's process stands still: connections stay, nothing answers."""
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.pid, signal.SIGCONT)


def test_confirmed_at_the_expected_offsets(kafka: KafkaSettings, users: TrackedTable) -> None:
    with _writer(kafka, users) as writer:
        for first in range(0, 300, 100):
            for partition in (0, 1):
                messages = _messages(first, 100)
                writer.send(users.topic, partition, messages, _bytes(messages))
        assert writer.sent() == {(users.topic, 0): 300, (users.topic, 1): 300}
        _all_confirmed(writer)
        assert writer.outstanding_bytes == 0
        assert writer.oldest_age() == 0
    assert _numbers(kafka, users.topic, 1) == list(range(300))


def test_a_second_writer_begins_where_the_first_ended(
    kafka: KafkaSettings, users: TrackedTable
) -> None:
    for first in (0, 10):
        with _writer(kafka, users) as writer:
            writer.send(users.topic, 0, _messages(first, 10), 1)
            _all_confirmed(writer)
    assert _numbers(kafka, users.topic, 0) == list(range(20))


def test_a_full_queue_ends_the_batch_and_the_rest_follows_in_order(
    kafka: KafkaSettings, users: TrackedTable
) -> None:
    """✗ `produce_batch` returns fewer than it was given, and a later batch must not overtake."""
    small = kafka.model_copy(
        update={
            "topics": kafka.topics.model_copy(update={"max_record_bytes": 64 * 1024}),
            # Longer than handing them over takes: nothing leaves the queue meanwhile.
            "client": {"linger.ms": 100},
        }
    )
    with _writer(small, users, queue_bytes=1) as writer:
        messages = _messages(0, 300, size=1000)
        writer.send(users.topic, 0, messages, _bytes(messages))
        assert writer.holding
        later = _messages(300, 10)
        writer.send(users.topic, 0, later, _bytes(later))
        _all_confirmed(writer)
        assert not writer.holding
        assert writer.outstanding_bytes == 0
    assert _numbers(kafka, users.topic, 0) == list(range(310))


def test_a_record_that_is_refused_locally_stops_the_writer(
    kafka: KafkaSettings, users: TrackedTable
) -> None:
    """✗ The refused record only carries `_error`, and what follows it goes through."""
    small = kafka.model_copy(
        update={"topics": kafka.topics.model_copy(update={"max_record_bytes": 64 * 1024})}
    )
    with _writer(small, users) as writer:
        messages = [*_messages(0, 1), *_messages(1, 1, size=70_000), *_messages(2, 1)]
        with pytest.raises(ReplicatorError, match="MSG_SIZE_TOO_LARGE"):
            writer.send(users.topic, 0, messages, 1)
        with pytest.raises(ReplicatorError):
            writer.resend()


def test_somebody_elses_record_between_ours_is_noticed(
    kafka: KafkaSettings, users: TrackedTable
) -> None:
    with _writer(kafka, users) as writer:
        writer.send(users.topic, 0, _messages(0, 5), 1)
        _all_confirmed(writer)
        foreign = Producer({"bootstrap.servers": kafka.bootstrap_servers})
        foreign.produce(users.topic, b"x", partition=0)
        assert foreign.flush(PATIENCE_S) == 0
        writer.send(users.topic, 0, _messages(5, 5), 1)
        with pytest.raises(Retryable, match="at offset 10 where 9 was expected"):
            _all_confirmed(writer)
        assert writer.confirmed((users.topic, 0)) == 5


def test_a_batch_before_its_place_is_a_loss(kafka: KafkaSettings, users: TrackedTable) -> None:
    """Two records are gone that Kafka had confirmed: nothing may go on as if they were there."""
    with _writer(kafka, users, confirmed=2) as writer:
        writer.send(users.topic, 0, _messages(0, 5), 1)
        with pytest.raises(Gap, match="at offset 4 where 6 was expected: records were lost"):
            _all_confirmed(writer)


def test_a_deleted_topic_stops_the_writer(kafka: KafkaSettings, users: TrackedTable) -> None:
    quick = kafka.model_copy(update={"client": {"topic.metadata.propagation.max.ms": 500}})
    with _writer(quick, users) as writer:
        writer.send(users.topic, 0, _messages(0, 5), 1)
        _all_confirmed(writer)
        TopicAdmin(kafka).delete([users])
        writer.send(users.topic, 0, _messages(5, 5), 1)
        with pytest.raises(Gap):
            _all_confirmed(writer)


def _unanswered(statistics: str) -> int:
    """Requests for records that wait for their answer, by the client's own statistics."""
    brokers = json.loads(statistics)["brokers"].values()
    return sum(each["waitresp_msg_cnt"] > 0 for each in brokers)


@pytest.mark.slow
def test_a_broker_that_is_away_costs_time_and_no_record(broker: KafkaBroker) -> None:
    """✗ With a message timeout the first records are lost, and the last callback says success."""
    kafka = settings_for(broker.bootstrap)
    table = tracked_in(kafka, "users", 2)
    TopicAdmin(kafka).create([table])

    unanswered: list[int] = []
    naive = Producer(
        {
            **producer_properties(kafka, 1 << 20),
            "message.timeout.ms": 3000,
            "max.in.flight.requests.per.connection": 1,
            "statistics.interval.ms": 50,
            "stats_cb": lambda text: unanswered.append(_unanswered(text)),
        }
    )
    with _writer(kafka, table) as writer:

        def produce(messages: list[Message]) -> list[object]:
            """With both; what becomes of the naive writer's last one: its error, or None."""
            outcome: list[object] = []
            naively = [dict(each) for each in messages]
            naively[-1]["callback"] = lambda error, message: outcome.append(error)
            naive.produce_batch(table.topic, naively, partition=1)
            writer.send(table.topic, 0, messages, 1)
            return outcome

        def told(outcome: list[object]) -> object:
            until(lambda: naive.poll(0.1) >= 0 and bool(outcome), "the naive writer's word")
            return outcome[0]

        assert told(produce(_messages(0, 1))) is None
        _all_confirmed(writer)
        with _away(broker):
            produce(_messages(1, 1))
            # The next ones shall wait behind a request that nobody answers.
            until(lambda: naive.poll(0.1) >= 0 and unanswered[-1:] == [1])
            assert told(produce(_messages(2, 100))) is not None
            assert writer.oldest_age() >= 3, "the alarm sees it, and nothing is given up"
        # The broker answers again before the naive writer's clock starts for the last ones.
        _all_confirmed(writer)
        until(lambda: naive.poll(0.1) >= 0 and unanswered[-1:] == [0])
        assert told(produce(_messages(102, 100))) is None
        _all_confirmed(writer)
    assert _numbers(kafka, table.topic, 0) == list(range(202))
    lost = set(range(202)) - set(_numbers(kafka, table.topic, 1))
    assert lost >= set(range(2, 102)), "the naive writer lost them, and its last callback is glad"


def test_notify_comes_when_a_batch_is_confirmed(kafka: KafkaSettings, users: TrackedTable) -> None:
    told = threading.Event()
    ends = TopicAdmin(kafka).ends([(users.topic, 0)])
    writer = TopicWriter(kafka, ends, notify=told.set, clock=monotonic)
    writer.send(users.topic, 0, _messages(0, 1), 1)
    assert told.wait(PATIENCE_S)
    assert writer.confirmed((users.topic, 0)) == 1
    writer.close()


def test_what_the_broker_refuses_for_good_is_told(
    kafka: KafkaSettings, users: TrackedTable
) -> None:
    """✗ The client raises a fatal error out of its poll: the thread that polls was gone, and nobody
    heard of it."""
    place = ConfigResource(ConfigResource.Type.TOPIC, users.topic)
    for name, value in (
        ("message.timestamp.type", "CreateTime"),
        ("message.timestamp.before.max.ms", "0"),
    ):
        place.add_incremental_config(
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        )
    client = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    [altered] = client.incremental_alter_configs([place]).values()
    altered.result(PATIENCE_S)
    told = threading.Event()
    ends = TopicAdmin(kafka).ends([(users.topic, number) for number in range(users.partitions)])
    writer = TopicWriter(kafka, ends, notify=told.set, clock=monotonic)
    try:
        records = _messages(0, 1)
        writer.send(users.topic, 0, records, _bytes(records))
        assert told.wait(PATIENCE_S)
        with pytest.raises(ReplicatorError):
            writer.resend()
    finally:
        writer.close(timeout_s=1.0)
