"""What a role counts, in Prometheus' words. One `Metrics` for each role, with its own registry."""

from __future__ import annotations

import math
import resource
from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

STAGES: Final = ("total", "source_to_capture", "capture_to_kafka", "kafka_to_applied")
"""Stages of lag; `total` runs from the source's commit to the target's."""

_LAG_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Metrics:
    """Figures of one role of one migration.

    An unknown lag is NaN on `/metrics` and None here; it is never zero.
    """

    content_type: Final = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, role: str, migration: str) -> None:
        self.role = role
        self.migration = migration
        self.phase = "starting"
        self.healthy = True
        self.reason = ""
        self.lag: dict[str, float | None] = dict.fromkeys(STAGES)
        self._registry = CollectorRegistry()
        self._labels = {"migration": migration, "role": role}
        self._rows = self._counter("rows", "Rows loaded in bulk")
        self._changes = self._counter("changes", "Changes captured or applied")
        self._bytes = self._counter("bytes", "Bytes of rows or records moved")
        self._dropped = self._counter("dropped", "Replayed records dropped by position")
        self._retries = self._counter("retries", "Work tried again on a fresh connection")
        self._errors = Counter(
            "replicator_errors",
            "Errors by kind",
            [*self._labels, "kind"],
            registry=self._registry,
        )
        self._stage_lag = self._gauge("lag_seconds", "Lag by stage; NaN is unknown", "stage")
        self._lag = Histogram(
            "replicator_change_lag_seconds",
            "From the source's commit to the target's, one for each change",
            list(self._labels),
            buckets=_LAG_BUCKETS,
            registry=self._registry,
        ).labels(**self._labels)
        self._tables = self._gauge("tables", "Tables by state", "state")
        self._stopped = self._gauge(
            "table", "1 for each table that is not in sync", "table", "state"
        )
        self._phase = self._gauge("phase", "1 for the phase that the role is in", "phase")
        self._stalled = self._gauge("stalled", "1 while a delivery to Kafka waits too long")
        self._outstanding = self._gauge("outstanding_bytes", "Sent and not yet confirmed")
        self._rss = self._gauge("peak_rss_bytes", "Greatest resident memory so far")
        ProcessCollector(registry=self._registry)
        for stage in STAGES:
            self.set_lag(stage, None)

    def _counter(self, name: str, text: str) -> Counter:
        counter = Counter(f"replicator_{name}", text, list(self._labels), registry=self._registry)
        return counter.labels(**self._labels)

    def _gauge(self, name: str, text: str, *more: str) -> Gauge:
        gauge = Gauge(f"replicator_{name}", text, [*self._labels, *more], registry=self._registry)
        return gauge if more else gauge.labels(**self._labels)

    def add_rows(self, count: int) -> None:
        """Rows that the target confirmed."""
        self._rows.inc(count)

    def add_changes(self, count: int) -> None:
        """Changes that Kafka (capture) or the target (apply) confirmed."""
        self._changes.inc(count)

    def add_bytes(self, count: int) -> None:
        """Bytes of what was counted as rows or changes."""
        self._bytes.inc(count)

    def add_dropped(self, count: int) -> None:
        """Records that were applied already and came again."""
        self._dropped.inc(count)

    def add_retry(self) -> None:
        """One piece of work is tried again."""
        self._retries.inc()

    def add_error(self, kind: str) -> None:
        """One error; `kind` is its class's name."""
        self._errors.labels(**self._labels, kind=kind).inc()

    def set_lag(self, stage: str, seconds: float | None) -> None:
        """Lag of one of `STAGES`; None when it is not known."""
        self.lag[stage] = seconds
        value = math.nan if seconds is None else seconds
        self._stage_lag.labels(**self._labels, stage=stage).set(value)

    def observe_lag(self, seconds: float) -> None:
        """The lag of one applied change."""
        self._lag.observe(seconds)

    def set_phase(self, name: str) -> None:
        """The role is in the phase `name` now."""
        self._phase.labels(**self._labels, phase=self.phase).set(0)
        self.phase = name
        self._phase.labels(**self._labels, phase=name).set(1)

    def set_tables(self, counts: Mapping[str, int]) -> None:
        """How many tables are in each state; other states have none."""
        self._tables.clear()
        for state, count in counts.items():
            self._tables.labels(**self._labels, state=state).set(count)

    def set_stopped(self, states: Mapping[str, str]) -> None:
        """The tables that are not in sync, each with its state."""
        self._stopped.clear()
        for table, state in states.items():
            self._stopped.labels(**self._labels, table=table, state=state).set(1)

    def set_stalled(self, stalled: bool) -> None:
        """A delivery has been waiting for longer than it should."""
        self._stalled.set(int(stalled))

    def set_outstanding(self, count: int) -> None:
        """Bytes that were sent and not confirmed."""
        self._outstanding.set(count)

    def set_health(self, healthy: bool, reason: str = "") -> None:
        """What `/healthz` answers."""
        self.healthy, self.reason = healthy, reason

    def render(self) -> bytes:
        """The exposition text of `/metrics`."""
        self._rss.set(peak_rss_bytes())
        return generate_latest(self._registry)


def peak_rss_bytes() -> int:
    """The greatest resident memory of this process so far.

    Linux counts `ru_maxrss` in KiB and inherits it over fork and exec, so `VmHWM` is preferred.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
