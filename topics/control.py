"""What capture says beside the data: progress, markers and heartbeats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import orjson

from model import ways_out
from model.errors import ForeignRecord
from model.position import START, Position, SourceIdentity
from model.state import Checkpoint
from topics.admin import Offsets

HEARTBEAT_PREFIX: Final = "heartbeat:"
"""Ids of the markers that capture writes for itself."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything up to `position` is in Kafka. `offsets` names only partitions that grew.

    `broken` names tables whose topics lack records: a story of theirs that began at that position
    or before cannot be read to its end. Kafka keeps what a target that is restored forgets.
    """

    position: Position
    source_ts: int
    identity: SourceIdentity
    offsets: Offsets = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker as capture met it. It has passed when every partition's checkpoint is at its offset.

    Times are milliseconds since 1970 UTC: `written_ts` when it was sent to the source, `source_ts`
    its commit, `captured_ts` when capture met it, `confirmed_ts` when Kafka had all before it.
    A heartbeat is a marker whose `offsets` name only the partitions that grew (`full` False).
    """

    id: str
    position: Position
    source_ts: int
    written_ts: int
    captured_ts: int
    confirmed_ts: int
    offsets: Offsets
    full: bool = True

    @property
    def heartbeat(self) -> bool:
        return self.id.startswith(HEARTBEAT_PREFIX)


def passed(offsets: Mapping[tuple[str, int], int], checkpoints: Iterable[Checkpoint]) -> bool:
    """Whether a marker with these offsets has passed: every partition is at its offset or beyond.

    A partition without a checkpoint has not passed.
    """
    at = {(each.topic, each.partition): each.next_offset for each in checkpoints}
    return all(at.get(place, -1) >= offset for place, offset in offsets.items())


def remaining(offsets: Mapping[tuple[str, int], int], checkpoints: Iterable[Checkpoint]) -> int:
    """How many records stand before a marker with these offsets."""
    at = {(each.topic, each.partition): each.next_offset for each in checkpoints}
    return sum(max(0, offset - at.get(place, 0)) for place, offset in offsets.items())


def encode_progress(progress: Progress) -> bytes:
    return orjson.dumps(
        {
            "progress": {
                "position": progress.position.text,
                "source_ts": progress.source_ts,
                "system": progress.identity.system,
                "timeline": progress.identity.timeline,
                "offsets": _nested(progress.offsets),
                **({"broken": dict(progress.broken)} if progress.broken else {}),
            }
        }
    )


def encode_marker(marker: Marker) -> bytes:
    return orjson.dumps(
        {
            "marker": {
                "id": marker.id,
                "position": marker.position.text,
                "source_ts": marker.source_ts,
                "written_ts": marker.written_ts,
                "captured_ts": marker.captured_ts,
                "confirmed_ts": marker.confirmed_ts,
                "full": marker.full,
                "offsets": _nested(marker.offsets),
            }
        }
    )


def decode(topic: str, offset: int, value: bytes | None) -> Progress | Marker:
    """Raises ForeignRecord naming topic and offset."""
    try:
        [(kind, body)] = orjson.loads(value or b"").items()
        return _DECODERS[kind](body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForeignRecord(
            f"the record at offset {offset} is neither progress nor marker",
            object=topic,
            hint=f"find out who else writes to this topic. {ways_out.DAMAGED}",
        ) from error


def last_progress(
    records: Iterable[Progress], since: Mapping[str, Position] = MappingProxyType({})
) -> Progress | None:
    """The greatest by position, with the greatest offsets that any record gives.

    Not the last written: a capture that was overtaken may have written a lower one after it.
    `since` says where a topic's story began anew: what was confirmed of it before counts no more,
    for the topic itself may have been made anew.
    """
    best: Progress | None = None
    offsets: Offsets = {}
    broken: dict[str, str] = {}
    for progress in records:
        for table, position in progress.broken.items():
            broken[table] = max(position, broken.get(table, ""))
        for place, offset in progress.offsets.items():
            if progress.position.text >= since.get(place[0], START).text:
                offsets[place] = max(offset, offsets.get(place, 0))
        if best is None or progress.position > best.position:
            best = progress
    if best is None:
        return None
    return Progress(best.position, best.source_ts, best.identity, offsets, broken)


def _nested(offsets: Offsets) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (topic, partition), offset in offsets.items():
        nested.setdefault(topic, {})[str(partition)] = offset
    return nested


def _flat(nested: dict[str, dict[str, int]]) -> Offsets:
    flat = {
        (topic, int(partition)): offset
        for topic, partitions in nested.items()
        for partition, offset in partitions.items()
    }
    _all(int, *flat.values())
    return flat


def _all(kind: type, *values: object) -> None:
    """Raises TypeError unless each of them is of exactly this type."""
    for value in values:
        if type(value) is not kind:
            raise TypeError(kind)


def _progress(body: dict[str, Any]) -> Progress:
    position, moment, system = body["position"], body["source_ts"], body["system"]
    timeline = body["timeline"]
    _all(str, position, system)
    _all(int, moment, timeline)
    identity = SourceIdentity(system, timeline)
    broken = body.get("broken", {})
    _all(str, *broken.values())
    return Progress(Position(position), moment, identity, _flat(body["offsets"]), broken)


def _marker(body: dict[str, Any]) -> Marker:
    _all(str, body["id"], body["position"])
    _all(bool, body["full"])
    marker = Marker(
        body["id"],
        Position(body["position"]),
        body["source_ts"],
        body["written_ts"],
        body["captured_ts"],
        body["confirmed_ts"],
        _flat(body["offsets"]),
        body["full"],
    )
    _all(int, marker.source_ts, marker.written_ts, marker.captured_ts, marker.confirmed_ts)
    return marker


_DECODERS: Final[dict[str, Callable[[dict[str, Any]], Progress | Marker]]] = {
    "progress": _progress,
    "marker": _marker,
}
