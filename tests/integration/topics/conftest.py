"""Topics of this test's own, on the shared broker."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from model.catalog import TableName
from model.state import TableState, TrackedTable
from sandbox.kafka import KafkaBroker
from topics.admin import TopicAdmin
from topics.naming import data_topic
from topics.settings import KafkaSettings, TopicSettings

ONE_BROKER = TopicSettings(
    replication_factor=1, min_insync_replicas=1, accept_lower_replication=True
)


def settings_for(bootstrap: str, **topics: int) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=bootstrap,
        topic_prefix=f"t{secrets.token_hex(6)}",
        topics=ONE_BROKER.model_copy(update=topics),
    )


def tracked_in(kafka: KafkaSettings, name: str, partitions: int) -> TrackedTable:
    table = TableName("public", name)
    topic = data_topic(kafka.topic_prefix, table)
    return TrackedTable(table, table, topic, partitions, ("id",), TableState.OPEN)


@pytest.fixture
def kafka(kafka_bootstrap: str) -> KafkaSettings:
    return settings_for(kafka_bootstrap)


@pytest.fixture
def users(kafka: KafkaSettings) -> TrackedTable:
    """A data topic of two partitions, beside control and heartbeat."""
    table = tracked_in(kafka, "users", 2)
    TopicAdmin(kafka).create([table])
    return table


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaBroker]:
    """A broker that a test may stop for a while."""
    with KafkaBroker() as own:
        yield own
