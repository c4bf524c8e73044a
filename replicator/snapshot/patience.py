"""When a chunk is tried again, and how often."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from model.errors import Retryable, Throttled

_FIRST_S: Final = 0.5
_LONGEST_S: Final = 60.0


class Patience:
    """Growing waits for attempts at one piece of work, with jitter so that many do not meet.

    `attempts` bounds the faults, never the refusals of a target that is asked too much: those end
    by themselves. `jitter` gives 0 ≤ x < 1.
    """

    def __init__(self, attempts: int, jitter: Callable[[], float] = random.random) -> None:
        self._attempts = attempts
        self._jitter = jitter
        self.faults = 0
        self.throttled = 0

    def failed(self, failure: Retryable) -> float | None:
        """Seconds until the next attempt, None when there is none.

        Never less than the error asks for; throttled again and again, the wait grows from there.
        """
        if isinstance(failure, Throttled):
            self.throttled += 1
            first, times = max(failure.wait, _FIRST_S), self.throttled
        else:
            self.faults += 1
            if self.faults >= self._attempts:
                return None
            first, times = _FIRST_S, self.faults
        grown = min(first * 2.0 ** min(times - 1, 30), _LONGEST_S)
        return max(failure.wait, grown) * (1.0 + self._jitter() / 2.0)
