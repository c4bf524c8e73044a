"""SCRAM over TLS, against the sandbox's broker."""

from __future__ import annotations

from time import monotonic

import pytest
from pydantic import SecretStr

from model.errors import LoginRefused, ReplicatorError
from sandbox.kafka import KafkaBroker
from tests.integration.topics.conftest import settings_for, tracked_in
from tests.servers import KAFKA_PASSWORD, KAFKA_USER
from topics.admin import TopicAdmin
from topics.control_reader import ControlReader
from topics.settings import KafkaSettings, Mechanism, SecurityProtocol, SecuritySettings
from topics.writer import TopicWriter


def _settings(broker: KafkaBroker, mechanism: Mechanism, password: str) -> KafkaSettings:
    security = SecuritySettings(
        protocol=SecurityProtocol.SASL_SSL,
        mechanism=mechanism,
        username=KAFKA_USER,
        password=SecretStr(password),
        ca_file=broker.ca_file,
    )
    return settings_for(broker.secure_bootstrap).model_copy(update={"security": security})


@pytest.mark.parametrize("mechanism", [Mechanism.SCRAM_SHA_256, Mechanism.SCRAM_SHA_512])
def test_create_write_and_read(own_kafka: KafkaBroker, mechanism: Mechanism) -> None:
    kafka = _settings(own_kafka, mechanism, KAFKA_PASSWORD)
    table = tracked_in(kafka, "users", 1)
    admin = TopicAdmin(kafka)
    admin.create([table])
    writer = TopicWriter(
        kafka, admin.ends([(table.topic, 0)]), notify=lambda: None, clock=monotonic
    )
    writer.send(table.topic, 0, [{"key": None, "value": b"{}"}], 2)
    writer.close()
    assert admin.ends([(table.topic, 0)]) == {(table.topic, 0): 1}
    control = ControlReader(kafka)
    assert control.last_progress({}) is None
    control.close()


def test_a_wrong_password_is_said_to_be_one_and_not_shown(own_kafka: KafkaBroker) -> None:
    kafka = _settings(own_kafka, Mechanism.SCRAM_SHA_512, "wrong battery")
    with pytest.raises(LoginRefused) as caught:
        TopicAdmin(kafka).verify([])
    assert "wrong battery" not in str(caught.value)
    assert "kafka.security" in caught.value.hint
    assert "wrong battery" not in repr(kafka)


def test_an_unknown_authority_is_refused(own_kafka: KafkaBroker) -> None:
    kafka = _settings(own_kafka, Mechanism.SCRAM_SHA_512, KAFKA_PASSWORD)
    blind = kafka.model_copy(
        update={"security": kafka.security.model_copy(update={"ca_file": None})}
    )
    with pytest.raises(ReplicatorError):
        TopicAdmin(blind).verify([])
