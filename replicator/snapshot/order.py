"""Which table is loaded first, and whether anything may be loaded now."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from model.ports import Clock, State
from model.state import TrackedTable
from replicator.quarantine import LOAD

_LOOK_EVERY_S: Final = 0.5


class Hold:
    """`event` is set when no further chunk may be taken: at a stop, and while the load is paused.

    `look` is called often and asks the target now and then. `clock` is monotonic seconds.
    """

    def __init__(self, state: State, stop: threading.Event, clock: Clock = time.monotonic) -> None:
        self._state = state
        self._stop = stop
        self._clock = clock
        self._next = clock()
        self.event = threading.Event()

    def look(self) -> None:
        """See whether it is time to hold."""
        if self._stop.is_set():
            self.event.set()
        elif self._clock() >= self._next:
            self._next = self._clock() + _LOOK_EVERY_S
            if paused(self._state):
                self.event.set()


def in_turn(tables: Sequence[TrackedTable], first: Sequence[str]) -> list[TrackedTable]:
    """Those that a pattern of `first` matches come first, in the order of the patterns."""

    def turn(table: TrackedTable) -> int:
        name = str(table.source)
        return next((at for at, each in enumerate(first) if fnmatchcase(name, each)), len(first))

    return sorted(tables, key=turn)


def paused(state: State) -> bool:
    """Whether an operator has paused the load. What is being sent is finished."""
    return bool((state.recall(LOAD) or {}).get("paused"))
