"""Whether every topic that a group asks for is somebody's.

✗ A static member that comes back in time gets the partitions that it had, whatever topics it asks
for now: the group makes no new round for it. A topic that came while it was away is nobody's, for
ever, unless a member asks for another round.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from time import monotonic
from typing import Final

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from model.ports import Clock
from topics.settings import KafkaSettings

_FIRST_S: Final = 0.5
_LONGEST_S: Final = 60.0
_TIMEOUT_S: Final = 10.0

_log = logging.getLogger("replicator.topics")


class Assignment:
    """Asks the group's coordinator now and then, until all is well after a change of topics."""

    def __init__(self, settings: KafkaSettings, group: str, clock: Clock = monotonic) -> None:
        self._settings = settings
        self._client: AdminClient | None = None
        self._group = group
        self._clock = clock
        self._topics: frozenset[str] = frozenset()
        self._wait = _FIRST_S
        self._next: float | None = None

    def expect(self, topics: Collection[str]) -> None:
        """These topics are asked for from now on."""
        self._topics = frozenset(topics)
        self._wait = _FIRST_S
        self._next = self._clock() + self._wait

    def lacking(self) -> frozenset[str]:
        """Topics that no member of the group has, in a round that is over; mostly empty, because
        it is not time to ask. Each look that is not the last is followed by a later one."""
        if self._next is None or self._clock() < self._next:
            return frozenset()
        had = self._had()
        lacking = frozenset() if had is None else self._topics - had
        if had is not None and not lacking:
            self._next = self._client = None
            return lacking
        self._next = self._clock() + self._wait
        self._wait = min(self._wait * 2, _LONGEST_S)
        return lacking

    def _had(self) -> frozenset[str] | None:
        """The topics that members have; None while a round is under way or nobody answers."""
        if self._client is None:  # many readers have one each, and need it for a moment only
            self._client = AdminClient(self._settings.connection(), logger=_log)
        asked = self._client.describe_consumer_groups([self._group], request_timeout=_TIMEOUT_S)
        try:
            found = asked[self._group].result()
        except KafkaException as error:
            _log.debug("%s cannot be described: %s", self._group, error)
            return None
        if found.state is not ConsumerGroupState.STABLE:
            return None
        return frozenset(
            place.topic
            for member in found.members
            if member.assignment is not None
            for place in member.assignment.topic_partitions
        )
