"""Asking the target now and then how fast it may write its log."""

from __future__ import annotations

import logging
import time
from typing import Final

from model.errors import Retryable
from model.ports import Clock, Target
from replicator.snapshot.staffing import Staffing

_log = logging.getLogger("replicator.load")
_EVERY_S: Final = 30.0
"""The target tells the use of its log for every 15 s."""


class Governor:
    """Keeps `staffing.log_rate` up to date; what cannot be read is unknown and holds nobody."""

    def __init__(self, target: Target, staffing: Staffing, clock: Clock = time.monotonic) -> None:
        self._target = target
        self._staffing = staffing
        self._clock = clock
        self._next = clock()

    def look(self) -> None:
        """Called often; asks seldom."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + _EVERY_S
        try:
            self._staffing.log_rate = self._target.log_rate()
        except Retryable as error:
            self._staffing.log_rate = None
            _log.warning("log rate not read", extra={"fields": {"why": str(error)}})
