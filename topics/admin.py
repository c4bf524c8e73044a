"""Creating our topics with everything said, and finding out when somebody changed them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec

from model import ways_out
from model.catalog import Table
from model.errors import Blocked, Gap, ReplicatorError, Retryable, Unreachable
from model.ports import CheckResult
from model.state import TrackedTable
from topics.errors import translate
from topics.naming import control_topic, heartbeat_topic
from topics.settings import KafkaSettings

Offsets = dict[tuple[str, int], int]
"""Topic and partition → offset of the next record."""

_TIMEOUT_S: Final = 10.0
_ASK_S: Final = 1.0
_DECISIVE: Final = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError._RESOLVE})
"""Reasons that waiting does not change."""

_POLL_S: Final = 0.05
_TOPICS_AT_ONCE: Final = 50
_LEADERS_S: Final = 60.0
"""Fifty topics of four partitions took more than ten on a busy machine."""

_HOUR_MS: Final = 3_600_000
_SAFE_REPLICAS: Final = 3
_SAFE_INSYNC: Final = 2
_KEEPING: Final = ("cleanup.policy", "retention.ms", "retention.bytes")
"""Settings by which a broker removes records, or does not."""

_log = logging.getLogger("replicator.topics")


@dataclass(frozen=True, slots=True)
class _Plan:
    name: str
    partitions: int
    settings: Mapping[str, str]


class TopicAdmin:
    """Blocking; one connection to the brokers, made when it is first needed."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._reported: list[KafkaError] = []
        properties: dict[str, Any] = {
            **settings.connection(),
            "socket.timeout.ms": 10_000,
            "error_cb": self._reported.append,
        }
        self._client = AdminClient(properties, logger=_log)

    def check(self) -> list[CheckResult]:
        """Reachability, number of brokers, and whether the replication is safe."""
        shape = self._settings.topics
        try:
            brokers = len(self._metadata().brokers)
        except ReplicatorError as error:
            return [CheckResult("kafka reachable", False, str(error), error.hint)]
        results = [CheckResult("kafka reachable", True, f"{brokers} brokers")]
        enough = brokers >= shape.replication_factor
        results.append(
            CheckResult(
                "kafka brokers",
                enough,
                f"{brokers} brokers for replication factor {shape.replication_factor}",
                "" if enough else "add brokers or lower kafka.topics.replication_factor",
            )
        )
        safe = (
            shape.replication_factor >= _SAFE_REPLICAS and shape.min_insync_replicas >= _SAFE_INSYNC
        )
        results.append(
            CheckResult(
                "kafka replication",
                safe or shape.accept_lower_replication,
                f"{shape.replication_factor} replicas, {shape.min_insync_replicas} in sync",
                ""
                if safe or shape.accept_lower_replication
                else "set replication_factor 3 and min_insync_replicas 2, or "
                "kafka.topics.accept_lower_replication: true",
            )
        )
        return results

    def create(
        self, tracked: Sequence[TrackedTable], *, may_hold_records: bool = False
    ) -> list[str]:
        """Create what is missing of data, control and heartbeat topics; returns their names.

        Idempotent. Raises Blocked when a topic of that name is there with another number of
        partitions, with other settings, or (unless `may_hold_records`) with records in it.
        """
        plans = self._plans(tracked)
        existing = self._metadata().topics
        present = [plan for plan in plans if plan.name in existing]
        for plan in present:
            _same_partitions(plan.name, plan.partitions, len(existing[plan.name].partitions))
        self._same_settings(present)
        if not may_hold_records:
            self._empty({(plan.name, n) for plan in present for n in range(plan.partitions)})
        missing = [plan for plan in plans if plan.name not in existing]
        # A broker makes a folder for each partition: hundreds at once would outlast any patience.
        for first in range(0, len(missing), _TOPICS_AT_ONCE):
            self._create(missing[first : first + _TOPICS_AT_ONCE])
        return [plan.name for plan in missing]

    def restore(self, tracked: Sequence[TrackedTable]) -> list[str]:
        """Create those of the tables' topics that are gone, for a story that begins anew."""
        existing = self._metadata().topics
        missing = [plan for plan in self._data_plans(tracked) if plan.name not in existing]
        if missing:
            self._create(missing)
        return [plan.name for plan in missing]

    def verify(self, tracked: Sequence[TrackedTable]) -> None:
        """Raises Gap when a topic is gone, Blocked when its number of partitions changed or a
        setting that keeps its records. A heartbeat topic that is gone is made anew: it holds
        nothing that is missed later."""
        existing = self._metadata().topics
        tables = {table.topic: table.source for table in tracked}
        heartbeat = heartbeat_topic(self._settings.topic_prefix)
        plans = self._plans(tracked)
        for plan in plans:
            if plan.name in existing:
                _same_partitions(plan.name, plan.partitions, len(existing[plan.name].partitions))
            elif plan.name == heartbeat:
                _log.warning("%s is gone: it is made anew", plan.name)
                self._create([plan])
            elif plan.name in tables:
                raise Gap(
                    "the topic is gone and with it the changes that it held",
                    object=plan.name,
                    hint=f"{ways_out.reload(tables[plan.name])}, which makes it anew",
                )
            else:
                raise Gap(
                    "the topic is gone and with it what says how far the log was captured",
                    object=plan.name,
                    hint=ways_out.ANEW,
                )
        self._same_settings([plan for plan in plans if plan.name != heartbeat], _KEEPING)

    def ends(self, partitions: Iterable[tuple[str, int]]) -> Offsets:
        """The next offset of each partition, as the broker has it. Raises Gap when one is gone."""
        wanted = {TopicPartition(topic, n): OffsetSpec.latest() for topic, n in partitions}
        if not wanted:
            return {}
        found = self._client.list_offsets(wanted, request_timeout=_TIMEOUT_S)
        return {
            (place.topic, place.partition): self._result(
                future, f"{place.topic}[{place.partition}]", "read its end"
            ).offset
            for place, future in found.items()
        }

    def delete(self, tracked: Sequence[TrackedTable]) -> list[str]:
        """Delete our topics (`finish`); returns those that were there. Idempotent."""
        existing = self._metadata().topics
        names = [plan.name for plan in self._plans(tracked) if plan.name in existing]
        if names:
            for name, future in self._client.delete_topics(names).items():
                self._result(future, name, "delete the topic")
            self._wait_until_gone(names)
        return names

    def _wait_until_gone(self, names: Sequence[str]) -> None:
        # A broker answers that a topic was deleted before it has stopped listing it: who makes the
        # topic anew in that moment would take the old one for it.
        deadline = monotonic() + _TIMEOUT_S
        while listed := [name for name in names if name in self._metadata().topics]:
            if monotonic() > deadline:
                raise Retryable(
                    "the topic was deleted, and a broker still lists it",
                    object=listed[0],
                    hint="delete again a little later: what is gone already does no harm",
                )
            sleep(_POLL_S)

    def _plans(self, tracked: Sequence[TrackedTable]) -> list[_Plan]:
        prefix = self._settings.topic_prefix
        kept = self._kept()
        hour = {**kept, "retention.ms": str(_HOUR_MS), "segment.ms": str(_HOUR_MS // 6)}
        return [
            _Plan(control_topic(prefix), 1, kept),
            _Plan(heartbeat_topic(prefix), 1, hour),
            *self._data_plans(tracked),
        ]

    def _data_plans(self, tracked: Sequence[TrackedTable]) -> list[_Plan]:
        return [_Plan(table.topic, table.partitions, self._kept()) for table in tracked]

    def _kept(self) -> dict[str, str]:
        """Settings of a topic whose records stay until we delete them."""
        shape = self._settings.topics
        return {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "max.message.bytes": str(shape.max_record_bytes),
            "min.insync.replicas": str(shape.min_insync_replicas),
            "unclean.leader.election.enable": "false",
            # A broker refuses records whose producer's clock is far ahead of its own.
            "message.timestamp.type": "LogAppendTime",
        }

    def _create(self, plans: Sequence[_Plan]) -> None:
        futures = self._client.create_topics(
            [
                NewTopic(
                    plan.name,
                    plan.partitions,
                    self._settings.topics.replication_factor,
                    config=dict(plan.settings),
                )
                for plan in plans
            ],
            operation_timeout=_TIMEOUT_S,
        )
        for name, future in futures.items():
            self._result(future, name, "create the topic")
        self._wait_for_leaders([(plan.name, n) for plan in plans for n in range(plan.partitions)])

    def _wait_for_leaders(self, places: Sequence[tuple[str, int]]) -> None:
        # A broker answers that a topic was created before its partitions have leaders; and the
        # client goes on believing that there is none until it asks for metadata again.
        deadline, wait = monotonic() + _LEADERS_S, _POLL_S
        while True:
            try:
                self._metadata()
                self.ends(places)
                return
            except (Retryable, Gap):
                if monotonic() > deadline:
                    raise
            sleep(wait)
            wait = min(2 * wait, _ASK_S)

    def _same_settings(self, plans: Sequence[_Plan], names: Sequence[str] | None = None) -> None:
        if not plans:
            return
        futures = self._client.describe_configs(
            [ConfigResource(ConfigResource.Type.TOPIC, plan.name) for plan in plans]
        )
        has = {
            resource.name: self._result(future, resource.name, "read its settings")
            for resource, future in futures.items()
        }
        for plan in plans:
            for setting in names or plan.settings:
                value = plan.settings[setting]
                found = has[plan.name][setting].value
                if found != value:
                    raise Blocked(
                        f"the topic exists with {setting}={found}, and we need {value}",
                        object=plan.name,
                        hint=f"`kafka-configs --alter --topic {plan.name} --add-config "
                        f"{setting}={value}`, or choose another kafka.topic_prefix",
                    )

    def _empty(self, partitions: set[tuple[str, int]]) -> None:
        for (topic, partition), end in self.ends(sorted(partitions)).items():
            if end > 0:
                raise Blocked(
                    f"the topic exists and partition {partition} holds records, up to {end}",
                    object=topic,
                    hint="it belongs to another or an earlier migration: delete it, or choose "
                    "another kafka.topic_prefix",
                )

    def _metadata(self) -> Any:
        # All topics, always: asking for one by name may create it on a broker that allows that.
        deadline = monotonic() + _TIMEOUT_S
        while True:
            try:
                return self._client.list_topics(timeout=_ASK_S)
            except KafkaException as error:
                self._raise_cause(error, last=monotonic() > deadline)

    def _raise_cause(self, error: KafkaException, *, last: bool) -> None:
        # The question itself only ever times out: why is reported apart, when we poll for it.
        self._client.poll(0)
        cause = next((each for each in self._reported if each.code() in _DECISIVE), None)
        if cause is not None:
            raise translate(cause, self._settings.bootstrap_servers, "reach the brokers") from error
        if last:
            raise Unreachable(
                f"no broker answered within {_TIMEOUT_S:.0f} s",
                object=self._settings.bootstrap_servers,
                hint="check kafka.bootstrap_servers and that the brokers run",
            ) from error

    @staticmethod
    def _result(future: Future[Any], name: str, doing: str) -> Any:
        try:
            return future.result(timeout=_TIMEOUT_S * 2)
        except KafkaException as error:
            raise translate(error.args[0], name, doing) from error


def partitions_for(table: Table, settings: KafkaSettings) -> int:
    """One for a table whose changes must stay in order, else `kafka.topics.partitions`."""
    return 1 if table.ordered else settings.topics.partitions


def _same_partitions(topic: str, expected: int, found: int) -> None:
    if found != expected:
        raise Blocked(
            f"the topic has {found} partitions, and this migration recorded {expected}: a key's "
            "changes would no longer stay in order",
            object=topic,
            hint="delete the topic, then `replicator table reload` its table, which makes it anew",
        )
