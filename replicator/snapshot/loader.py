"""The parent of the load's workers: fixes L0, plans chunks, opens each table's gate."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass

from connectors.registry import open_source, open_target
from model.catalog import Catalog
from model.errors import Overtaken, Retryable, Throttled
from model.ports import Anchor, Source, State, Target
from model.state import ChunkState, MigrationState, TableState, TrackedTable
from monitoring.metrics import Metrics
from replicator.config.file import Config
from replicator.dropped import gone
from replicator.journal import Journal, actor
from replicator.lease import Lease
from replicator.pairing import captured, paired
from replicator.snapshot import anew
from replicator.snapshot.anchoring import fix_start
from replicator.snapshot.crew import Crew
from replicator.snapshot.figures import Figures
from replicator.snapshot.gate import open_if_loaded
from replicator.snapshot.governing import Governor
from replicator.snapshot.messages import Event, Job, Told
from replicator.snapshot.order import Hold, in_turn, paused
from replicator.snapshot.planning import plan, unfinished
from replicator.snapshot.settling import settle, settle_by_count
from replicator.snapshot.staffing import Staffing

_log = logging.getLogger("replicator.load")

_UNLOADED = (TableState.PENDING, TableState.LOADING, TableState.LOADED)
_BEFORE = (MigrationState.CREATED, MigrationState.ASSESSED, MigrationState.DEPLOYED)
_REPORT_EVERY_S = 1.0
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class _Ends:
    """What the parent itself talks to; every worker has its own."""

    source: Source
    target: Target
    state: State


class Loader:
    """Loads the tables of one migration. Blocking; belongs to one thread."""

    def __init__(self, config: Config, metrics: Metrics, stop: threading.Event) -> None:
        self._config = config
        self._metrics = metrics
        self._stop = stop
        self._figures = Figures(metrics)
        self._owner = f"{socket.gethostname()}.{os.getpid()}"
        self._reported = 0.0

    def run(self) -> None:
        """Return when all that can be loaded is open, or when stopped. Raises Blocked, Retryable, …

        A worker that dies ends the run: the next one settles what it left.
        """
        with ExitStack() as stack:
            crew = stack.enter_context(Crew(self._config, self._owner))
            ends = self._opened(stack)
            if not self._awaited(ends.state):
                return
            lease = self._lease(ends.target)
            stack.callback(lease.release)
            if lease.acquire(self._stop):
                self._metrics.set_phase("loading")
                self._load(crew, ends, lease, stack)
                self._metrics.set_phase("done")
                self._report(ends.state, "stopped" if self._stop.is_set() else "done")

    def stay(self) -> None:
        """As `run`, and again whenever a table is to be loaded anew, until stopped."""
        self.run()
        with ExitStack() as stack:
            state = self._opened(stack).state
            while not self._stop.wait(_LOOK_EVERY_S):
                if not paused(state) and self._waiting(state):
                    self._metrics.set_phase("loading")
                    self.run()

    def _opened(self, stack: ExitStack) -> _Ends:
        source = open_source(self._config.source, self._config.migration)
        stack.callback(source.close)
        target = open_target(self._config.target)
        stack.callback(target.close)
        state = target.state(self._config.migration)
        stack.callback(state.close)
        return _Ends(source, target, state)

    def _lease(self, target: Target) -> Lease:
        """One loader at a time: another one would settle what this one is sending."""
        migration = self._config.migration
        return Lease(lambda: target.state(migration), "load", self._owner, self._config.load.lease)

    def _awaited(self, state: State) -> bool:
        """Wait for the coordinator to come to the load; False when stopped before."""
        self._metrics.set_phase("waiting")
        while True:
            migration = state.migration()
            if migration is not None and migration.state not in _BEFORE:
                return True
            if self._stop.wait(0.25):
                return False

    def _load(self, crew: Crew, ends: _Ends, lease: Lease, stack: ExitStack) -> None:
        target, state, migration = ends.target, ends.state, self._config.migration
        waiting = self._waiting(state)
        if not waiting or paused(state):
            return
        hold = Hold(state, self._stop)
        job = self._planned(ends, waiting, stack)
        for table in waiting:
            open_if_loaded(target, state, migration, table.source)
        staffing = Staffing(self._config.load.workers, self._config.load.max_workers)
        governor = Governor(target, staffing)

        def told(news: Told) -> None:
            self._figures.hear(news)
            if news.event is Event.WAITS and isinstance(news.error, Throttled):
                staffing.throttled()
            if news.event is Event.DONE and news.chunk is not None:
                open_if_loaded(target, state, migration, news.chunk.table)

        def settle_doubts(doubts: list[Told]) -> None:
            chunks = [each.chunk for each in doubts if each.chunk is not None]
            for chunk in settle_by_count(target, state, migration, job.tables, chunks):
                if chunk.state is ChunkState.DONE:
                    told(Told(chunk.owner, Event.DONE, chunk))

        def idle() -> None:
            if lease.lost.is_set():
                raise Overtaken("another loader has taken over", object=migration)
            hold.look()
            governor.look()
            self._report(state, "loading")

        self._figures.begin(staffing)
        crew.work(job, hold.event, staffing, told, settle_doubts, idle)

    def _waiting(self, state: State) -> list[TrackedTable]:
        """Tables that can be loaded now, in their order."""
        tables = [table for table in state.tables() if table.state in _UNLOADED]
        if any(table.anew for table in tables):
            statuses = state.statuses()
            tables = [table for table in tables if anew.ready(table, statuses)]
        return in_turn(tables, self._config.load.first)

    def _planned(self, ends: _Ends, waiting: list[TrackedTable], stack: ExitStack) -> Job:
        """Fix L0 or settle what a lost loader left, then plan. Snapshots live until the end."""
        source, target, state = ends.source, ends.target, ends.state
        catalog = captured(source, [table.source for table in state.tables()])
        waiting = self._present(state, catalog, waiting)
        pairs = paired(catalog, target, waiting)
        journal = Journal(state, actor())
        anchor = fix_start(source, state, journal, catalog.tables)
        if anchor is None:
            begun = {each.source: pairs[each.source] for each in waiting if not each.anew}
            settle(target, state, journal, self._config.migration, begun)
        else:
            stack.callback(anchor.close)
        exact = [each for each in waiting if anchor is not None or self._exactly(state, each)]
        own = self._exact_point(ends, exact, anchor, stack)
        names = {each.source for each in exact}
        rows = self._config.load.rows_per_chunk
        for chosen, point in ((names, own), (pairs.keys() - names, None)):
            part = {name: pair for name, pair in pairs.items() if name in chosen}
            snapshot = point.snapshot if point else None
            plan(source, target, state, part, rows, snapshot, point.start if point else None)
        snapshots = {name: own.snapshot if own and name in names else None for name in pairs}
        return Job(dict(pairs), snapshots)

    def _present(
        self, state: State, catalog: Catalog, waiting: list[TrackedTable]
    ) -> list[TrackedTable]:
        """Those that the source still has; one that is gone stops alone."""
        found = {table.name for table in catalog.tables}
        for table in waiting:
            if table.source not in found:
                state.quarantine(table.source, gone(table.source), {})
                _log.error("%s is quarantined: %s", table.source, gone(table.source))
        return [table for table in waiting if table.source in found]

    def _exactly(self, state: State, table: TrackedTable) -> bool:
        """Whether the table is read in a snapshot of its own with an exact point: its story begins
        anew, or it has no key and nothing could tell replays from changes."""
        return (table.anew or not table.key) and unfinished(state, table)

    def _exact_point(
        self, ends: _Ends, exact: list[TrackedTable], anchor: Anchor | None, stack: ExitStack
    ) -> Anchor | None:
        """L0 while its snapshot is there, else a later point; None when nobody needs one."""
        if anchor is not None or not exact:
            return anchor
        afresh = [table for table in exact if table.anew]
        behind = anew.ends(ends.state, afresh)
        for table in afresh:
            anew.empty(ends.target, ends.state, self._config.migration, table)
        point = ends.source.exact_snapshot()
        stack.callback(point.close)
        for table in afresh:
            ends.state.place_checkpoints(table.topic, behind[table.source], point.start)
        return point

    def _report(self, state: State, phase: str) -> None:
        now = time.monotonic()
        if phase == "loading" and now - self._reported < _REPORT_EVERY_S:
            return
        self._reported = now
        try:
            state.report_status("load", self._owner, self._figures.detail(phase))
        except Retryable as error:
            _log.warning("status not written", extra={"fields": {"why": str(error)}})
