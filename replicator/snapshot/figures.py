"""What the load has done so far, in figures."""

from __future__ import annotations

import time
from typing import Any

from model.ports import Clock
from model.state import Chunk
from monitoring.metrics import Metrics, peak_rss_bytes

_MIB = 1024 * 1024


class Figures:
    """Rows, bytes and rates of this run; memory of the parent and of all its workers together."""

    def __init__(self, metrics: Metrics, clock: Clock = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._began: float | None = None
        self._last = 0.0
        self._workers: dict[str, int] = {}
        self.rows = 0
        self.bytes = 0
        self.chunks = 0

    def begin(self) -> None:
        """The workers have their job now."""
        self._began = self._last = self._clock()

    def add(self, chunk: Chunk) -> None:
        """A chunk was confirmed."""
        self.rows += chunk.rows
        self.bytes += chunk.bytes
        self.chunks += 1
        self._last = self._clock()
        self._metrics.add_rows(chunk.rows)
        self._metrics.add_bytes(chunk.bytes)

    def note_memory(self, owner: str, peak_rss: int) -> None:
        """A worker's greatest resident memory so far, in bytes."""
        self._workers[owner] = peak_rss

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
        }
