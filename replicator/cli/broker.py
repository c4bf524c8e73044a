"""Reading the topics by kafka-python, which the data path does not use: a second opinion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
)

from model.errors import ConfigurationError, LoginRefused, ReplicatorError, Unreachable
from replicator.config.file import Config
from topics.settings import Mechanism, SecuritySettings

_TIMEOUT_MS = 10_000


def held(config: Config) -> list[dict[str, Any]]:
    """Topic, partitions, first and next offsets of everything under the prefix."""
    prefix = config.kafka.topic_prefix + "."
    with _consumer(config) as consumer:
        names = sorted(name for name in consumer.topics() if name.startswith(prefix))
        rows = []
        for name in names:
            places = [TopicPartition(name, n) for n in consumer.partitions_for_topic(name) or ()]
            first, end = consumer.beginning_offsets(places), consumer.end_offsets(places)
            rows.append(
                {
                    "topic": name,
                    "partitions": len(places),
                    "records": sum(end[place] - first[place] for place in places),
                }
            )
    return rows


def ends(config: Config, topics: list[str]) -> dict[tuple[str, int], int]:
    """The next offset of every partition; a topic that is gone has none."""
    with _consumer(config) as consumer:
        present = consumer.topics()
        places = [
            TopicPartition(name, number)
            for name in topics
            if name in present
            for number in consumer.partitions_for_topic(name) or ()
        ]
        found = consumer.end_offsets(places) if places else {}
    return {(place.topic, place.partition): offset for place, offset in found.items()}


def latest(config: Config, topic: str, count: int) -> list[dict[str, Any]]:
    """The last records of each partition, in order."""
    with _consumer(config) as consumer:
        if topic not in consumer.topics():
            raise ConfigurationError(
                "there is no such topic", object=topic, hint="see `replicator topics list`"
            )
        numbers = sorted(consumer.partitions_for_topic(topic) or ())
        return [
            record
            for number in numbers
            for record in _tail(consumer, TopicPartition(topic, number), count)
        ]


def _tail(consumer: Any, place: Any, count: int) -> list[dict[str, Any]]:
    consumer.assign([place])
    first, end = consumer.beginning_offsets([place])[place], consumer.end_offsets([place])[place]
    consumer.seek(place, max(first, end - count))
    records: list[dict[str, Any]] = []
    while consumer.position(place) < end:
        batch = consumer.poll(timeout_ms=_TIMEOUT_MS, max_records=count)
        if not batch:
            break
        records += [
            {
                "partition": message.partition,
                "offset": message.offset,
                "key": _text(message.key),
                "value": _text(message.value),
            }
            for messages in batch.values()
            for message in messages
        ]
    return records


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


@contextmanager
def _consumer(config: Config) -> Iterator[Any]:
    servers = config.kafka.bootstrap_servers
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=servers.split(","),
            enable_auto_commit=False,
            bootstrap_timeout_ms=_TIMEOUT_MS,
            **_security(config.kafka.security),
        )
    except KafkaError as error:
        raise _translated(error, servers) from error
    try:
        yield consumer
    except KafkaError as error:
        raise _translated(error, servers) from error
    finally:
        consumer.close()


def _translated(error: KafkaError, servers: str) -> ReplicatorError:
    if isinstance(error, SaslAuthenticationFailedError):
        return LoginRefused(
            "the broker refused the login", object=servers, hint="check kafka.security"
        )
    if isinstance(error, KafkaConnectionError | KafkaTimeoutError):
        return Unreachable(
            "no broker answers", object=servers, hint="check kafka.bootstrap_servers"
        )
    return ReplicatorError(f"the broker answered {type(error).__name__}", object=servers)


def _security(security: SecuritySettings) -> dict[str, Any]:
    """kafka-python's words for our settings. OAUTHBEARER needs a token provider of its own."""
    if security.mechanism is Mechanism.OAUTHBEARER:
        raise ConfigurationError(
            "these commands cannot log in with OAUTHBEARER",
            object="kafka.security.mechanism",
            hint="use Kafka's own console tools",
        )
    named = {
        "security_protocol": security.protocol.upper(),
        "sasl_mechanism": str(security.mechanism) if security.mechanism else None,
        "sasl_plain_username": security.username,
        "sasl_plain_password": security.password and security.password.get_secret_value(),
        "ssl_cafile": security.ca_file and str(security.ca_file),
        "ssl_certfile": security.certificate_file and str(security.certificate_file),
        "ssl_keyfile": security.key_file and str(security.key_file),
    }
    return {name: value for name, value in named.items() if value is not None}
