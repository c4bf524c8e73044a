"""What capture says beside the data: progress, markers and heartbeats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from model.errors import ForeignRecord
from model.position import Position, SourceIdentity
from model.state import Checkpoint
from topics.admin import Offsets

HEARTBEAT_PREFIX: Final = "heartbeat:"
"""Ids of the markers that capture writes for itself."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything up to `position` is in Kafka. `offsets` names only partitions that grew."""

    position: Position
    source_ts: int
    identity: SourceIdentity
    offsets: Offsets = field(default_factory=dict)


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
        document = orjson.loads(value or b"")
        kind, body = next(iter(document.items()))
        return _DECODERS[kind](body)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise ForeignRecord(
            f"the record at offset {offset} is neither progress nor marker",
            object=topic,
            hint="find out who else writes to this topic",
        ) from error


def last_progress(records: Iterable[Progress]) -> Progress | None:
    """The greatest by position, with the greatest offsets that any record gives.

    Not the last written: a capture that was overtaken may have written a lower one after it.
    """
    best: Progress | None = None
    offsets: Offsets = {}
    for progress in records:
        for place, offset in progress.offsets.items():
            offsets[place] = max(offset, offsets.get(place, 0))
        if best is None or progress.position > best.position:
            best = progress
    if best is None:
        return None
    return Progress(best.position, best.source_ts, best.identity, offsets)


def _nested(offsets: Offsets) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (topic, partition), offset in offsets.items():
        nested.setdefault(topic, {})[str(partition)] = offset
    return nested


def _flat(nested: dict[str, dict[str, int]]) -> Offsets:
    return {
        (topic, int(partition)): offset
        for topic, partitions in nested.items()
        for partition, offset in partitions.items()
    }


def _progress(body: dict[str, Any]) -> Progress:
    identity = SourceIdentity(body["system"], body["timeline"])
    return Progress(Position(body["position"]), body["source_ts"], identity, _flat(body["offsets"]))


def _marker(body: dict[str, Any]) -> Marker:
    return Marker(
        body["id"],
        Position(body["position"]),
        body["source_ts"],
        body["written_ts"],
        body["captured_ts"],
        body["confirmed_ts"],
        _flat(body["offsets"]),
        body["full"],
    )


_DECODERS: Final[dict[str, Callable[[dict[str, Any]], Progress | Marker]]] = {
    "progress": _progress,
    "marker": _marker,
}
