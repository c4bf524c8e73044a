"""What all workers together have read so far, and how fast they may: shared between processes."""

from __future__ import annotations

import time
from typing import Any, Protocol

from model.ports import Clock
from model.units import Rate, RateUnit


class Cell(Protocol):
    """A number that several processes share: `multiprocessing.Value`."""

    value: Any

    def get_lock(self) -> Any: ...

    def get_obj(self) -> Any: ...


class Meter:
    """Counts what passes and says how long to wait, so that all together keep to one rate.

    `bytes_passed` is a count; `paid` is the moment (of `clock`, which all processes share) at which
    what has passed is paid for. Beyond the rate there is never more than one batch of each worker.
    """

    def __init__(
        self, rate: Rate | None, bytes_passed: Cell, paid: Cell, clock: Clock = time.monotonic
    ) -> None:
        self._rate = rate
        self._bytes_passed = bytes_passed
        self._paid = paid
        self._clock = clock

    @classmethod
    def shared(cls, context: Any, rate: Rate | None) -> Meter:
        """One to hand to the processes of a multiprocessing context when they start."""
        return cls(rate, context.Value("q", 0), context.Value("d", 0.0))

    def total(self) -> int:
        """Bytes so far; read without the lock, which a worker that was killed may hold for ever."""
        return int(self._bytes_passed.get_obj().value)

    def take(self, rows: int, size: int) -> float:
        """A batch of so many rows and bytes is about to pass; seconds to wait before it does."""
        with self._bytes_passed.get_lock():
            self._bytes_passed.value += size
        if self._rate is None:
            return 0.0
        cost = (rows if self._rate.unit is RateUnit.ROWS else size) / self._rate.per_s
        with self._paid.get_lock():
            now = self._clock()
            begins = max(now, float(self._paid.value))
            self._paid.value = begins + cost
        return begins - now
