"""From sent to safe: what is confirmed becomes progress, and progress is told to the source."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from model.ports import Clock
from model.position import SourceIdentity
from replicator.capture.recording import Cut
from topics.control import HEARTBEAT_PREFIX, Marker, Progress, encode_marker, encode_progress
from topics.naming import control_topic, heartbeat_topic
from topics.writer import Message, Place

_FULL_EVERY: Final = 60
"""A heartbeat with all offsets among so many, so that a reader of the last hour knows them all."""


class Writer(Protocol):
    """What `TopicWriter` does for this module."""

    def send(self, topic: str, partition: int, messages: list[Message], size: int) -> None: ...

    def confirmed(self, place: Place) -> int: ...


@dataclass(slots=True)
class _Told:
    """A progress record under way: `end` is the control topic's offset after it."""

    boundary: str
    end: int


class Confirmation:
    """Takes cuts in log order; `settle` moves on all that Kafka has confirmed since.

    `acknowledge` is called with a boundary once everything up to it, and the progress record that
    says so, is in Kafka. `wall_ms` is milliseconds since 1970 UTC. `broken`: see `Progress`.
    """

    def __init__(
        self,
        writer: Writer,
        prefix: str,
        identity: SourceIdentity,
        control_end: int,
        acknowledge: Callable[[str], None],
        wall_ms: Callable[[], int],
        broken: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._writer = writer
        self._control = control_topic(prefix)
        self._heartbeat = heartbeat_topic(prefix)
        self._identity = identity
        self._control_end = control_end
        self._acknowledge = acknowledge
        self._wall_ms = wall_ms
        self._cuts: deque[Cut] = deque()
        self._told: deque[_Told] = deque()
        self._progressed: dict[Place, int] = {}
        self._beaten: dict[Place, int] = {}
        self._beats = 0
        self._broken = dict(broken)

    @property
    def waiting(self) -> bool:
        """Whether a cut or a progress record is not confirmed yet."""
        return bool(self._cuts or self._told)

    def broken(self, table: str, position: str) -> None:
        """The topic of a table lacks records from here on: the next progress says so."""
        self._broken[table] = position

    def add(self, cuts: Iterable[Cut]) -> None:
        self._cuts.extend(cuts)

    def settle(self) -> None:
        """Write what the confirmed cuts stand for, acknowledge what is written."""
        while self._cuts and self._confirmed(self._cuts[0]):
            cut = self._cuts.popleft()
            if cut.marker is None:
                self._tell(cut)
            elif cut.marker.id.startswith(HEARTBEAT_PREFIX):
                self._beat(cut)
            else:
                self._mark(cut, cut.offsets)
        written = self._writer.confirmed((self._control, 0))
        while self._told and self._told[0].end <= written:
            self._acknowledge(self._told.popleft().boundary)

    def _confirmed(self, cut: Cut) -> bool:
        confirmed = self._writer.confirmed
        return all(confirmed(place) >= offset for place, offset in cut.offsets.items())

    def _tell(self, cut: Cut) -> None:
        grown = _grown(cut.offsets, self._progressed)
        self._progressed = cut.offsets
        progress = Progress(cut.position, cut.source_ts, self._identity, grown, self._broken)
        self._broken = {}
        self._write_control(encode_progress(progress))
        self._told.append(_Told(cut.position.boundary, self._control_end))

    def _beat(self, cut: Cut) -> None:
        full = self._beats % _FULL_EVERY == 0
        self._beats += 1
        offsets = cut.offsets if full else _grown(cut.offsets, self._beaten)
        self._beaten = cut.offsets
        value = encode_marker(self._marker(cut, offsets, full))
        self._writer.send(self._heartbeat, 0, [{"key": None, "value": value}], len(value))

    def _mark(self, cut: Cut, offsets: dict[Place, int]) -> None:
        self._write_control(encode_marker(self._marker(cut, offsets, True)))

    def _marker(self, cut: Cut, offsets: dict[Place, int], full: bool) -> Marker:
        assert cut.marker is not None
        return Marker(
            cut.marker.id,
            cut.position,
            cut.source_ts,
            cut.marker.written_ts,
            cut.met_ms,
            self._wall_ms(),
            offsets,
            full,
        )

    def _write_control(self, value: bytes) -> None:
        self._control_end += 1
        self._writer.send(self._control, 0, [{"key": None, "value": value}], len(value))


def _grown(now: dict[Place, int], before: dict[Place, int]) -> dict[Place, int]:
    return {place: offset for place, offset in now.items() if before.get(place) != offset}


class Due:
    """Says once in every interval that it is time. `clock` is monotonic seconds."""

    def __init__(self, interval_s: float, clock: Clock) -> None:
        self._interval = interval_s
        self._clock = clock
        self._next = clock()

    def now(self) -> bool:
        at = self._clock()
        if at < self._next:
            return False
        self._next = at + self._interval
        return True
