"""How long to wait before the next try. Knows no clock: it is fed with the time."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Exponential waits with jitter, for one kind of work.

    `first_s` is the first wait, doubled each time up to `longest_s`; jitter takes off up to half.
    `patience_s` bounds the whole: after it `failed` answers None. `jitter` gives 0 ≤ x < 1.
    """

    def __init__(
        self,
        *,
        first_s: float = 1.0,
        longest_s: float = 60.0,
        patience_s: float | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._first = first_s
        self._longest = longest_s
        self._patience = patience_s
        self._jitter = jitter
        self._failures = 0
        self._since: float | None = None

    def failed(self, now: float, at_least: float = 0.0) -> float | None:
        """Seconds to wait, never under `at_least`; None when patience would end before that.

        `now` is any clock that only grows, in seconds. `at_least` is the error's own demand
        (Azure wants 5 s after a reconfiguration, 10 s after throttling).
        """
        if self._since is None:
            self._since = now
        exponent = min(self._failures, 30)
        self._failures += 1
        wait = min(self._first * 2.0**exponent, self._longest)
        wait = max(at_least, wait * (1.0 - self._jitter() / 2.0))
        if self._patience is not None and now + wait > self._since + self._patience:
            return None
        return wait

    def succeeded(self) -> None:
        """Forget the failures: the next one waits `first_s` again."""
        self._failures = 0
        self._since = None
