"""Kafka's errors, by their code, in our vocabulary."""

from __future__ import annotations

from typing import Final

from confluent_kafka import KafkaError

from model import ways_out
from model.errors import (
    Blocked,
    Gap,
    LoginRefused,
    ReplicatorError,
    Retryable,
    RightMissing,
    Unreachable,
)

_UNREACHABLE: Final = frozenset(
    {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE}
)
_LOGIN: Final = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.ILLEGAL_SASL_STATE,
    }
)
_RIGHTS: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
GONE: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNKNOWN_TOPIC_ID,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.OFFSET_OUT_OF_RANGE,
        KafkaError._AUTO_OFFSET_RESET,
    }
)
"""A topic, or the records that were to be read of it, are not there."""

_PASSING: Final = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._MSG_TIMED_OUT,
        KafkaError._STATE,
        KafkaError._NOENT,  # no leader of a new partition yet
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.REBALANCE_IN_PROGRESS,
    }
)


def translate(error: KafkaError, object: str, doing: str) -> ReplicatorError:
    """The error of our vocabulary for a code. `object` is the topic or the servers concerned."""
    code, said = error.code(), error.str()
    what = f"could not {doing}: {said} ({error.name()})"
    if code in _LOGIN:
        return LoginRefused(
            what, object=object, hint="check kafka.security: name, password, mechanism"
        )
    if code in _RIGHTS:
        return RightMissing(what, object=object, hint="grant our principal the right (kafka-acls)")
    if code in GONE:
        return Gap(what, object=object, hint=ways_out.ANEW)
    if code == KafkaError._SSL:
        return Unreachable(what, object=object, hint="check kafka.security.ca_file and the ports")
    if code in _UNREACHABLE:
        return Unreachable(
            what, object=object, hint="check kafka.bootstrap_servers and the brokers"
        )
    if error.fatal():
        hint = "starts again with a fresh producer, from the last progress"
        return Retryable(what, object=object, hint=hint, wait=1.0, number=code)
    if code in _PASSING or error.retriable():
        return Retryable(what, object=object, hint="tried again by itself", wait=1.0, number=code)
    if code == KafkaError.FENCED_INSTANCE_ID:
        return Blocked(
            what, object=object, hint="another applier runs under the same instance name"
        )
    return ReplicatorError(what, object=object, hint="see the broker's log")
