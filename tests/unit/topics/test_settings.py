"""What a configuration may say about Kafka, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from topics.settings import KafkaSettings
from topics.writer import producer_properties

_LEAST: dict[str, Any] = {"bootstrap_servers": "localhost:9092", "topic_prefix": "app"}
_SCRAM = {"protocol": "sasl_ssl", "mechanism": "SCRAM-SHA-512", "username": "u"}


def _settings(**more: Any) -> KafkaSettings:
    return KafkaSettings.model_validate({**_LEAST, **more})


def test_what_is_safe_is_the_default() -> None:
    topics = _settings().topics
    assert (topics.partitions, topics.replication_factor, topics.min_insync_replicas) == (4, 3, 2)
    assert topics.max_record_bytes == 64 * 1024 * 1024
    assert not topics.accept_lower_replication


def test_sizes_are_written_as_people_write_them() -> None:
    assert _settings(topics={"max_record_bytes": "1MiB"}).topics.max_record_bytes == 1 << 20


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"bootstrap": "x"}, "bootstrap"),
        ({"topic_prefix": "a_b"}, "topic_prefix"),
        ({"topics": {"min_insync_replicas": 4}}, "nothing could be written"),
        ({"topics": {"compression": "none"}}, "compression"),
        ({"client": {"acks": "1"}}, "client may not set acks"),
        ({"client": {"message.timeout.ms": 5}}, "client may not set message.timeout.ms"),
        ({"security": {"protocol": "sasl_ssl"}}, "needs a mechanism"),
        ({"security": {"mechanism": "PLAIN"}}, "needs protocol sasl_ssl"),
        ({"security": _SCRAM}, "needs password"),
        (
            {"security": {"protocol": "sasl_ssl", "mechanism": "OAUTHBEARER", "client_id": "c"}},
            "needs token_endpoint_url and client_secret",
        ),
    ],
)
def test_mistakes_are_named(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        _settings(**more)


def test_scram_over_tls() -> None:
    kafka = _settings(security={**_SCRAM, "password": "hidden", "ca_file": "/ca.pem"})
    assert kafka.connection() == {
        "bootstrap.servers": "localhost:9092",
        "security.protocol": "sasl_ssl",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": "u",
        "sasl.password": "hidden",
        "ssl.ca.location": "/ca.pem",
    }
    assert "hidden" not in repr(kafka)
    assert "hidden" not in kafka.model_dump_json()


def test_oauthbearer_asks_the_token_endpoint() -> None:
    kafka = _settings(
        security={
            "protocol": "sasl_ssl",
            "mechanism": "OAUTHBEARER",
            "token_endpoint_url": "https://login.example/token",
            "client_id": "c",
            "client_secret": "hidden",
            "scope": "kafka",
        }
    )
    found = kafka.connection()
    assert found["sasl.oauthbearer.method"] == "oidc"
    assert found["sasl.oauthbearer.token.endpoint.url"] == "https://login.example/token"
    assert found["sasl.oauthbearer.client.secret"] == "hidden"
    assert found["sasl.oauthbearer.scope"] == "kafka"


def test_client_properties_pass_through_and_guarantees_do_not() -> None:
    found = producer_properties(_settings(client={"linger.ms": 20, "client.rack": "a"}), 1 << 20)
    assert (found["linger.ms"], found["client.rack"]) == (20, "a")
    assert found["acks"] == "all"
    assert found["enable.idempotence"] is True
    assert found["enable.gapless.guarantee"] is True
    assert found["message.timeout.ms"] == 0
    assert found["queue.buffering.max.messages"] == 0, "bounded in bytes, never in records"
