"""Lag by stage, from the heartbeats that have passed and the changes that were applied."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from topics.control import Marker
from topics.writer import Place

STAGES: Final = ("total", "source_to_capture", "capture_to_kafka", "kafka_to_applied")

_KEPT: Final = 300
_CHANGES: Final = 10_000
_SILENT_INTERVALS: Final = 3


class LagTracker:
    """Times are milliseconds since 1970 UTC. Safe to use from several threads.

    `ignored` are partitions that nobody applies now (their table is not open, or quarantined): a
    heartbeat passes without them.
    """

    def __init__(self, interval_s: float) -> None:
        self._silence = interval_s * 1000 * _SILENT_INTERVALS
        self._lock = threading.Lock()
        self._next: dict[Place, int] = {}
        self._ignored: frozenset[Place] = frozenset()
        self._waiting: deque[Marker] = deque()
        self._passed: deque[dict[str, int]] = deque(maxlen=_KEPT)
        self._newest: Marker | None = None
        self._heard_at = 0
        self._changes: deque[int] = deque(maxlen=_CHANGES)

    def heard(self, heartbeat: Marker, now_ms: int) -> None:
        """A heartbeat has come from Kafka."""
        with self._lock:
            self._waiting.append(heartbeat)
            self._heard_at = now_ms
            self._settle(now_ms)

    def applied(self, offsets: Mapping[Place, int], now_ms: int) -> None:
        """The target has committed everything before these offsets."""
        with self._lock:
            for place, offset in offsets.items():
                if offset > self._next.get(place, -1):
                    self._next[place] = offset
            self._settle(now_ms)

    def ignore(self, places: Iterable[Place]) -> None:
        with self._lock:
            self._ignored = frozenset(places)

    def changes(self, lags_ms: Iterable[int]) -> None:
        """From the source's commit to the target's, one for each applied change."""
        with self._lock:
            self._changes.extend(lags_ms)

    def now(self, now_ms: int) -> int | None:
        """Age of the newest heartbeat that has passed; None when it is not known."""
        with self._lock:
            if self._newest is None or now_ms - self._heard_at > self._silence:
                return None
            return now_ms - self._newest.source_ts

    def report(self, now_ms: int) -> dict[str, dict[str, float] | None]:
        """For each stage `now`, `p50`, `p95`, `p99` in milliseconds; None when not known."""
        now = self.now(now_ms)
        with self._lock:
            passed = list(self._passed)
        if now is None or not passed:
            return dict.fromkeys(STAGES)
        report: dict[str, dict[str, float] | None] = {}
        for stage in STAGES:
            figures = {"now": float(passed[-1][stage]), **quantiles(p[stage] for p in passed)}
            report[stage] = figures
            if stage == "total":
                figures["now"] = float(now)
        return report

    def change_lag(self) -> dict[str, float] | None:
        """`p50`, `p95`, `p99` of the latest applied changes, in milliseconds."""
        with self._lock:
            values = list(self._changes)
        return quantiles(values) if values else None

    def _settle(self, now_ms: int) -> None:
        while self._waiting and self._has_passed(self._waiting[0]):
            beat = self._newest = self._waiting.popleft()
            self._passed.append(
                {
                    "total": now_ms - beat.source_ts,
                    "source_to_capture": beat.captured_ts - beat.source_ts,
                    "capture_to_kafka": beat.confirmed_ts - beat.captured_ts,
                    "kafka_to_applied": now_ms - beat.confirmed_ts,
                }
            )

    def _has_passed(self, beat: Marker) -> bool:
        return all(
            self._next.get(place, -1) >= offset or place in self._ignored
            for place, offset in beat.offsets.items()
        )


def quantiles(values: Iterable[float]) -> dict[str, float]:
    """`p50`, `p95`, `p99` by nearest rank. Needs one value at least."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return {name: float(ordered[round(last * q)]) for name, q in _QUANTILES}


_QUANTILES: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
