"""What the steps of one cut-over share: the budget, the fence, the markers, the time they took."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from model.catalog import TableName
from model.errors import Overtaken, ReplicatorError
from model.ports import Clock, Fence, Source
from topics.control import Marker

T = TypeVar("T")

Offsets = Mapping[tuple[str, int], int]
FindMarker = Callable[[str, float], Marker | None]
"""Look for a marker of this id in the control topic for so many seconds."""


class CutoverFailed(ReplicatorError):
    """A step did not succeed, or its success could not be proven: everything is undone."""


class Budget:
    """Seconds that all steps share. It can shrink, never grow."""

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._deadline = clock() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, 0.0 when none is."""
        return max(0.0, self._deadline - self._clock())

    def narrow(self, seconds: float) -> None:
        """From now on at most so many seconds are left."""
        self._deadline = min(self._deadline, self._clock() + seconds)

    def check(self, step: str) -> None:
        """Raises CutoverFailed when nothing is left."""
        if self.remaining <= 0:
            raise CutoverFailed(
                f"the downtime budget ran out during {step}",
                hint="nothing is lost: the source is open again; raise cutover.downtime_budget",
            )


@dataclass(slots=True)
class Attempt:
    """One attempt to cut over, as long as its coordinator lives. A crash loses it: then the fence
    has ended with its session, and the journal says what else must be undone."""

    budget: Budget
    request: int | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    fence: Fence | None = None
    held_ms: int | None = None
    """When the fence's locks were held, milliseconds since 1970 UTC."""
    marker: Marker | None = None
    numbered: dict[TableName, str] = field(default_factory=dict)
    """Sequences that number a column of the target: `schema.table.column`, found in preflight."""
    steps: list[dict[str, Any]] = field(default_factory=list)

    def hold(self) -> None:
        """Keep the fence's session busy. Raises CutoverFailed when its locks are gone."""
        if self.fence is not None and not self.fence.alive():
            raise CutoverFailed(
                "the session that holds the fence has ended, so writes may have happened since",
                hint="see who terminated it, and the source's idle_in_transaction_session_timeout",
            )

    def release(self) -> None:
        """End the fence, if there is one: the source is free at once."""
        if self.fence is not None:
            self.fence.release()
            self.fence = None

    @contextmanager
    def timed(self, step: str, clock: Clock = time.monotonic) -> Iterator[None]:
        """Record how long the step took, however it ends."""
        start = clock()
        try:
            yield
        finally:
            self.steps.append({"step": step, "ms": round((clock() - start) * 1000, 1)})


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def wait_for(
    attempt: Attempt, step: str, poll: Callable[[], T | None], pause: Callable[[], None]
) -> T:
    """Ask `poll` until it gives something, with the fence held and budget left."""
    while (found := poll()) is None:
        attempt.hold()
        attempt.budget.check(step)
        pause()
    return found


def finished(attempt: Attempt, step: str, work: Future[T], pause: Callable[[], None]) -> T:
    """The result of work on another thread; the fence's session stays busy meanwhile."""

    def poll() -> Future[T] | None:
        return work if work.done() else None

    return wait_for(attempt, step, poll, pause).result()


def write_marker(
    attempt: Attempt, step: str, source: Source, find: FindMarker, pause: Callable[[], None]
) -> Marker:
    """Write a marker by a session of its own and wait until capture has met it.

    Never in the fence's own transaction: the log is decoded at commit, so that marker would not
    be seen before the fence ends.
    """
    id = str(uuid.uuid4())
    source.write_marker(id, now_ms())

    def poll() -> Marker | None:
        return find(id, min(0.1, attempt.budget.remaining))

    return wait_for(attempt, step, poll, pause)


def grown(first: Offsets, second: Offsets) -> list[str]:
    """The partitions that got records between two markers, and how many."""
    return [
        f"{topic}[{partition}] by {offset - first.get((topic, partition), 0)}"
        for (topic, partition), offset in sorted(second.items())
        if offset != first.get((topic, partition), 0)
    ]


def overtaken() -> Overtaken:
    """Someone else coordinates this migration now."""
    return Overtaken(
        "the coordinator's lease went to somebody else",
        hint="only one coordinator acts for a migration; this one stops",
    )
