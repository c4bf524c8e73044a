"""How many workers send at once: one more only while the last one paid."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Final

from model.ports import Clock, LogRate

_SETTLES_S: Final = 4.0
"""After a change: a process starts, and chunks that were begun under the old number end."""
_MEASURES_S: Final = 6.0
_PAYS: Final = 1.1
"""One more must bring more than so many times what there was before, or it goes again."""
_NEAR: Final = 0.9
"""From this part of the target's log rate on, nobody more can bring anything."""
_FIRST_REST_S: Final = 60.0
_LONGEST_REST_S: Final = 960.0


class Held(StrEnum):
    """Why there are not more workers, in words for people."""

    MOST = "load.max_workers"
    MEASURING = "measuring"
    LOG_RATE = "the target's log rate"
    NO_GAIN = "one more brought nothing"
    THROTTLED = "the target throttles"


class Staffing:
    """Told how much has passed, it says how many workers may be given a chunk (`allowed`).

    It tries one more, compares the throughput with that before, and takes it back unless that has
    grown by a tenth; then it rests before it tries again, each time twice as long. When the target
    throttles, half of them go at once. Knows no clock but the one it is given.
    """

    def __init__(self, first: int, most: int, clock: Clock = time.monotonic) -> None:
        self._most = max(first, most)
        self._clock = clock
        self.allowed = first
        self.why = Held.MOST if first == self._most else Held.MEASURING
        self.log_rate: LogRate | None = None
        """None when it is not known."""
        self.rate: float | None = None
        """Bytes/s of the last measurement."""
        self._before: float | None = None
        """What was reached without the newest worker, while it is on trial."""
        self._from: tuple[float, int] | None = None
        self._begins_at = clock() + _SETTLES_S
        self._rest = _FIRST_REST_S
        self._rests_until = clock()

    def passed(self, total: int) -> None:
        """So many bytes have passed since the beginning."""
        now = self._clock()
        if now < self._begins_at:
            return
        if self._from is None:
            self._from = (now, total)
            return
        since, already = self._from
        if now - since >= _MEASURES_S:
            self.rate = (total - already) / (now - since)
            self._from = (now, total)
            self._decide(now, self.rate)

    def throttled(self) -> None:
        """The target refused work because there was too much of it."""
        now = self._clock()
        if self.why is Held.THROTTLED and now < self._begins_at:
            return  # the same news from another worker
        self._change(now, max(1, self.allowed // 2))
        self._rest_from(now, Held.THROTTLED)

    def _decide(self, now: float, rate: float) -> None:
        before, self._before = self._before, None
        if before is not None and rate <= before * _PAYS:
            self._change(now, self.allowed - 1)
            self._rest_from(now, Held.NO_GAIN)
        elif now >= self._rests_until:
            if before is not None:
                self._rest = _FIRST_REST_S
            self._grow(now, rate)

    def _grow(self, now: float, rate: float) -> None:
        if self.allowed == self._most:
            self.why = Held.MOST
        elif self.log_rate is not None and _near(self.log_rate, rate):
            self.why = Held.LOG_RATE
        elif rate > 0:
            self.why = Held.MEASURING
            self._change(now, self.allowed + 1)
            self._before = rate

    def _change(self, now: float, allowed: int) -> None:
        self.allowed = allowed
        self._before = None
        self._from = None
        self._begins_at = now + _SETTLES_S

    def _rest_from(self, now: float, why: Held) -> None:
        self.why = why
        self._rests_until = now + self._rest
        self._rest = min(self._rest * 2, _LONGEST_REST_S)


def _near(allowed: LogRate, rate: float) -> bool:
    """Others write too: what is in use counts, where it is told."""
    return rate >= allowed.cap * _NEAR or (allowed.used or 0.0) >= 100 * _NEAR
