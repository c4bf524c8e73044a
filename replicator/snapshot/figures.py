"""What the load has done so far, and what holds it back, in figures."""

from __future__ import annotations

import time
from typing import Any

from model.errors import ReplicatorError
from model.ports import Clock
from model.state import Chunk
from monitoring.metrics import Metrics, peak_rss_bytes
from replicator.snapshot.messages import Event, Told
from replicator.snapshot.staffing import Staffing

_MIB = 1024 * 1024


class Figures:
    """Rows, bytes and rates of this run; memory of the parent and of all its workers together."""

    def __init__(self, metrics: Metrics, clock: Clock = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._began: float | None = None
        self._last = 0.0
        self._workers: dict[str, int] = {}
        self._waits: dict[str, tuple[float, ReplicatorError]] = {}
        self._staffing: Staffing | None = None
        self.rows = 0
        self.bytes = 0
        self.chunks = 0

    def begin(self, staffing: Staffing) -> None:
        """The workers have their job now."""
        self._began = self._last = self._clock()
        self._staffing = staffing
        self._waits.clear()

    def hear(self, told: Told) -> None:
        """A worker has said something."""
        if told.peak_rss:
            self._workers[told.owner] = told.peak_rss
        if told.event is Event.WAITS and told.error is not None:
            self._waits[told.owner] = (self._clock() + told.wait, told.error)
        else:
            self._waits.pop(told.owner, None)
        if told.event is Event.DONE and told.chunk is not None:
            self.add(told.chunk)

    def add(self, chunk: Chunk) -> None:
        """A chunk was confirmed."""
        self.rows += chunk.rows
        self.bytes += chunk.bytes
        self.chunks += 1
        self._last = self._clock()
        self._metrics.add_rows(chunk.rows)
        self._metrics.add_bytes(chunk.bytes)

    def detail(self, phase: str) -> dict[str, Any]:
        """For the role's status; the rate runs from the job's start to the last confirmed chunk."""
        seconds = self._last - self._began if self._began is not None else 0.0
        memory = peak_rss_bytes() + sum(self._workers.values())
        return {
            "phase": phase,
            "rows": self.rows,
            "rows_per_s": round(self.rows / seconds, 1) if seconds > 0 else None,
            "seconds": round(seconds, 3),
            "bytes": self.bytes,
            "chunks": self.chunks,
            "peak_rss_mib": round(memory / _MIB, 1),
            **self._pace(),
        }

    def _pace(self) -> dict[str, Any]:
        """How many workers, why not more, and who waits for another attempt and why."""
        if self._staffing is None:
            return {}
        cap = self._staffing.log_rate
        now = self._clock()
        waits = {
            owner: {"seconds": round(until - now, 1), "number": error.number, "why": str(error)}
            for owner, (until, error) in self._waits.items()
            if until > now
        }
        return {
            "workers": self._staffing.allowed,
            "held_by": str(self._staffing.why),
            "log_rate_cap": cap.cap if cap else None,
            "log_rate_used_percent": cap.used if cap else None,
            "waits": waits,
        }
