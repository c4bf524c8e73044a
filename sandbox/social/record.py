"""The application's own record: every request, and what follows from them about the switch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sandbox.social.sessions import Side


class Kind(StrEnum):
    """Readers and writers."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Request:
    """One attempt. `due` is when it should have begun (the open loop's time), `sent` when this
    attempt began and `ended` when the answer came, all in seconds of one monotonic clock. `error`
    is empty when the database acknowledged it, else its SQLSTATE or error number, and `words` is
    what the database said."""

    kind: Kind
    side: Side
    due: float
    sent: float
    ended: float
    error: str = ""
    words: str = ""

    @property
    def cause(self) -> str:
        """Side, kind and code of a failure, to count by."""
        return f"{self.side} {self.kind} {self.error}"


@dataclass(frozen=True, slots=True)
class Window:
    """The downtime: from the last write that the source acknowledged to the first of the target."""

    start: float
    end: float

    @property
    def milliseconds(self) -> float:
        return (self.end - self.start) * 1000

    def overlaps(self, request: Request) -> bool:
        """The request was under way, at least in part, while no database took writes."""
        return request.sent <= self.end and request.ended >= self.start


def downtime(requests: Sequence[Request]) -> Window | None:
    """None while one of the two databases has not acknowledged any write."""
    writes = [one for one in requests if one.kind is Kind.WRITE and not one.error]
    source = [one.ended for one in writes if one.side is Side.SOURCE]
    target = [one.ended for one in writes if one.side is Side.TARGET]
    return Window(max(source), min(target)) if source and target else None


@dataclass(frozen=True, slots=True)
class Summary:
    """The workload in figures. Rates and failures are those outside the downtime.

    `writes_asked` were due outside it, `writes_in_time` of these were acknowledged before the end.
    Latencies, of each database apart, count from when a write was due, and leave the downtime out:
    the source's tell what the migration costs its application. `failures` counts by cause,
    `failure_words` has what the database said the first time.
    """

    writes_by_workload: int
    writes_asked: int
    writes_in_time: int
    reads_by_workload: int
    failed_requests: int
    failed_during_downtime: int
    failures: dict[str, int]
    failure_words: dict[str, str]
    downtime_ms: float | None
    seconds_after_switch: float
    latency_ms: dict[str, dict[str, float | None]]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(requests: Sequence[Request], dues: Sequence[float], end: float) -> Summary:
    """`dues` are the times at which all writes were due, `end` is when the last one was."""
    window = downtime(requests)
    writes = [one for one in requests if one.kind is Kind.WRITE and not one.error]
    failed = [one for one in requests if one.error]
    inside = [one for one in failed if window is not None and window.overlaps(one)]
    outside = [one for one in failed if window is None or not window.overlaps(one)]

    def calm(due: float) -> bool:
        return window is None or not window.start <= due <= window.end

    in_time = [one for one in writes if calm(one.due)]
    return Summary(
        writes_by_workload=len(writes),
        writes_asked=sum(1 for due in dues if calm(due)),
        writes_in_time=len(in_time),
        reads_by_workload=sum(1 for one in requests if one.kind is Kind.READ and not one.error),
        failed_requests=len(outside),
        failed_during_downtime=len(inside),
        failures=dict(Counter(one.cause for one in outside)),
        failure_words={one.cause: one.words for one in reversed(outside)},
        downtime_ms=None if window is None else round(window.milliseconds, 1),
        seconds_after_switch=0.0 if window is None else round(end - window.end, 1),
        latency_ms={side.value: _latency(in_time, side) for side in Side},
    )


def _latency(writes: Sequence[Request], side: Side) -> dict[str, float | None]:
    waits = sorted((one.ended - one.due) * 1000 for one in writes if one.side is side)
    return {f"p{rank}": percentile(waits, rank) for rank in (50, 95, 99)}


def percentile(ordered: Sequence[float], rank: int) -> float | None:
    """The nearest-rank percentile of ascending values, None when there are none."""
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(len(ordered) * rank / 100) - 1)], 2)
