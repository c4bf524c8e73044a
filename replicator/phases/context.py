"""What every phase works with, and how it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

from model.catalog import Catalog, TableName
from model.errors import ReplicatorError
from model.ports import Clock, Source, State, Target
from model.state import JournalEntry, TableState, TrackedTable
from monitoring.metrics import Metrics
from replicator.config.file import Config
from replicator.cutover import Attempt, CutoverFailed, overtaken
from replicator.dropped import REMOVED
from replicator.journal import Journal
from replicator.pairing import patterns
from topics.admin import TopicAdmin
from topics.control import Marker

_LISTEN_EVERY_S: Final = 0.25


class Stopped(ReplicatorError):
    """The role was asked to stop while it waited."""

    exit_code = 143


@dataclass(frozen=True, slots=True)
class Outcome:
    """A phase is done. `detail` goes into the journal with the next transition."""

    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Context:
    """One migration's ends, memory and operator, for one coordinator.

    `open_source` gives a source with a connection of its own, for another thread.
    """

    config: Config
    source: Source
    target: Target
    state: State
    journal: Journal
    topics: TopicAdmin
    find_marker: Callable[[str, float], Marker | None]
    open_source: Callable[[], Source]
    stop: threading.Event
    lease_lost: threading.Event
    pool: ThreadPoolExecutor
    metrics: Metrics
    attempt: Attempt | None = None
    clock: Clock = time.monotonic
    _listen_at: float = 0.0

    @property
    def reason(self) -> str:
        """Why the present phase still waits, for people."""
        return self.metrics.reason

    @reason.setter
    def reason(self, text: str) -> None:
        self.metrics.reason = text

    def pause(self, seconds: float) -> None:
        """Wait. Raises Stopped, or Overtaken when the lease is gone."""
        if self.stop.wait(seconds):
            raise Stopped("stopped while waiting", object=self.config.migration)
        if self.lease_lost.is_set():
            raise overtaken()

    def tracked(self) -> list[TrackedTable]:
        """The captured tables."""
        return self.state.tables()

    def catalog(self) -> Catalog:
        """What the configuration chooses of the source, with the tables that were added and
        without those that were removed."""
        own = self.config.source.tables
        tracked = {table.source for table in self.tracked()}
        catalog = self.source.catalog([*own.include, *patterns(tracked)], own.exclude)
        removed = (self.state.recall(REMOVED) or {}).keys() - {str(name) for name in tracked}
        kept = tuple(table for table in catalog.tables if str(table.name) not in removed)
        return replace(catalog, tables=kept)

    def cutting_over(self) -> Attempt:
        """The attempt under way."""
        if self.attempt is None:
            raise CutoverFailed("this coordinator has no cut-over under way")
        return self.attempt

    def breathe(self, seconds: float = 0.02) -> None:
        """A short wait inside a cut-over. Raises CutoverFailed on an operator's word."""
        self.pause(seconds)
        if self.clock() < self._listen_at:
            return
        self._listen_at = self.clock() + _LISTEN_EVERY_S
        for request in self.state.requests():
            if request.kind == "abort":
                raise CutoverFailed(f"{request.actor} asked to abort")

    def quarantined(self) -> list[TrackedTable]:
        """Tables that wait for a person."""
        return [table for table in self.tracked() if table.state is TableState.QUARANTINED]


@dataclass(frozen=True, slots=True)
class Phase:
    """What one state does.

    `prepare` reads what the journal must know before the state is entered (it changes nothing);
    `undo` is the inverse that the entry names, given that entry: idempotent, and good after a
    crash, when only the journal knows what was done.
    """

    run: Callable[[Context], Outcome]
    prepare: Callable[[Context], dict[str, Any]] | None = None
    inverse: str = ""
    undo: Callable[[Context, JournalEntry], list[str]] | None = None
    after: Callable[[Context], None] | None = None
    """What may follow when everybody has been told that the phase is done."""


def names(tables: list[TrackedTable]) -> list[TableName]:
    """Their names in the source."""
    return [table.source for table in tables]
