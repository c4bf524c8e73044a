"""Topics are made with everything said, and a change by somebody else is noticed."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions

from model.errors import Blocked, Gap, Unreachable
from model.state import TrackedTable
from sandbox.children import free_port
from tests.integration.topics.conftest import settings_for, tracked_in
from tests.patience import PATIENCE_S
from topics import admin as asking
from topics.admin import TopicAdmin
from topics.settings import KafkaSettings, TopicSettings


def _client(kafka: KafkaSettings) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka.bootstrap_servers})


def _settings(kafka: KafkaSettings, topic: str) -> dict[str, str]:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    # The client must outlive its answer.
    client = _client(kafka)
    [future] = client.describe_configs([resource]).values()
    return {name: entry.value for name, entry in future.result(PATIENCE_S).items()}


def test_nothing_is_left_to_the_brokers_defaults(kafka: KafkaSettings, users: TrackedTable) -> None:
    for topic in (users.topic, f"{kafka.topic_prefix}.control"):
        found = _settings(kafka, topic)
        assert found["cleanup.policy"] == "delete"
        assert found["retention.ms"] == "-1"
        assert found["retention.bytes"] == "-1"
        assert found["max.message.bytes"] == str(64 * 1024 * 1024)
        assert found["min.insync.replicas"] == "1"
        assert found["unclean.leader.election.enable"] == "false"
        assert found["message.timestamp.type"] == "LogAppendTime"
    assert _settings(kafka, f"{kafka.topic_prefix}.heartbeat")["retention.ms"] == "3600000"


@pytest.mark.parametrize("ahead_s", [-90_000, 90_000])
def test_a_producer_whose_clock_is_wrong_is_not_refused(
    kafka: KafkaSettings, users: TrackedTable, ahead_s: int
) -> None:
    """✗ A broker refuses a record whose producer's clock is an hour ahead: capture would stop."""
    refused: list[KafkaError | None] = []
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    producer.produce(
        f"{kafka.topic_prefix}.heartbeat",
        b"x",
        timestamp=int((time.time() + ahead_s) * 1000),
        on_delivery=lambda error, _: refused.append(error),
    )
    assert producer.flush(PATIENCE_S) == 0
    assert refused == [None]


def test_creating_again_changes_nothing(kafka: KafkaSettings, users: TrackedTable) -> None:
    admin = TopicAdmin(kafka)
    assert admin.create([users]) == []
    more = tracked_in(kafka, "posts", 1)
    assert admin.create([users, more]) == [more.topic]
    admin.verify([users, more])
    assert admin.ends([(users.topic, 0), (users.topic, 1)]) == {
        (users.topic, 0): 0,
        (users.topic, 1): 0,
    }


@pytest.mark.slow
def test_more_tables_than_are_made_at_once(kafka: KafkaSettings) -> None:
    """✗ Hundreds of partitions asked for at once outlast any wait for their leaders."""
    tables = [tracked_in(kafka, f"t{number}", 2) for number in range(120)]
    admin = TopicAdmin(kafka)
    assert set(admin.create(tables)) > {table.topic for table in tables}
    admin.verify(tables)
    places = [(table.topic, number) for table in tables for number in range(2)]
    assert set(admin.ends(places).values()) == {0}
    admin.delete(tables)


def test_a_topic_that_holds_records_belongs_to_somebody_else(
    kafka: KafkaSettings, users: TrackedTable
) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    producer.produce(users.topic, b"x", partition=1)
    assert producer.flush(PATIENCE_S) == 0
    with pytest.raises(Blocked, match="holds records") as caught:
        TopicAdmin(kafka).create([users])
    assert caught.value.object == users.topic
    assert TopicAdmin(kafka).create([users], may_hold_records=True) == []


def test_other_settings_are_named(kafka: KafkaSettings, users: TrackedTable) -> None:
    larger = kafka.model_copy(
        update={"topics": kafka.topics.model_copy(update={"max_record_bytes": 1 << 20})}
    )
    with pytest.raises(Blocked, match=r"max\.message\.bytes=67108864, and we need 1048576"):
        TopicAdmin(larger).create([users])


def test_a_deleted_topic_is_a_gap(kafka: KafkaSettings, users: TrackedTable) -> None:
    admin = TopicAdmin(kafka)
    assert users.topic in admin.delete([users])
    with pytest.raises(Gap) as caught:
        admin.verify([users])
    assert caught.value.object.startswith(kafka.topic_prefix)
    assert caught.value.exit_code == 3


def test_a_deletion_is_over_when_the_topic_is_no_longer_listed(
    kafka: KafkaSettings, users: TrackedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """✗ A broker that has agreed goes on listing it for a moment (once in 60 deletions): created
    anew in that moment, the topic would be found there and never be made."""
    admin = TopicAdmin(kafka)
    ask, stale = admin._metadata, [admin._metadata()] * 3
    monkeypatch.setattr(admin, "_metadata", lambda: stale.pop() if stale else ask())
    admin.delete([users])
    assert not stale
    assert users.topic not in ask().topics


def test_another_number_of_partitions_stops(kafka: KafkaSettings, users: TrackedTable) -> None:
    client = _client(kafka)
    [future] = client.create_partitions([NewPartitions(users.topic, 3)]).values()
    future.result(PATIENCE_S)
    with pytest.raises(Blocked, match="has 3 partitions, and this migration recorded 2"):
        TopicAdmin(kafka).verify([users])


def test_check_passes_a_single_broker_only_when_that_is_accepted(kafka_bootstrap: str) -> None:
    accepted = TopicAdmin(settings_for(kafka_bootstrap)).check()
    assert [(each.name, each.passed) for each in accepted] == [
        ("kafka reachable", True),
        ("kafka brokers", True),
        ("kafka replication", True),
    ]
    plain = KafkaSettings(
        bootstrap_servers=kafka_bootstrap, topic_prefix="x", topics=TopicSettings()
    )
    failed = [each for each in TopicAdmin(plain).check() if not each.passed]
    assert [each.name for each in failed] == ["kafka brokers"]
    lower = TopicSettings(replication_factor=1, min_insync_replicas=1)
    [risky] = [
        each
        for each in TopicAdmin(plain.model_copy(update={"topics": lower})).check()
        if not each.passed
    ]
    assert "accept_lower_replication" in risky.fix


def test_no_broker_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_TIMEOUT_S", 1.0)
    nowhere = settings_for(f"127.0.0.1:{free_port()}")
    [result] = TopicAdmin(nowhere).check()
    assert not result.passed
    assert "kafka.bootstrap_servers" in result.fix
    with pytest.raises(Unreachable):
        TopicAdmin(nowhere).verify([])
