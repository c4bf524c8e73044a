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
from model.errors import Overtaken, Retryable
from model.ports import Anchor, Source, State, Target
from model.state import MigrationState, TableState, TrackedTable
from monitoring.metrics import Metrics
from replicator.config.file import Config
from replicator.journal import Journal, actor
from replicator.lease import Lease
from replicator.pairing import paired
from replicator.snapshot.anchoring import fix_start
from replicator.snapshot.crew import Crew
from replicator.snapshot.figures import Figures
from replicator.snapshot.gate import open_if_loaded
from replicator.snapshot.planning import exact_anchor, plan
from replicator.snapshot.settling import settle
from replicator.snapshot.worker import Job, Progress

_log = logging.getLogger("replicator.load")

_UNLOADED = (TableState.PENDING, TableState.LOADING, TableState.LOADED)
_BEFORE = (MigrationState.CREATED, MigrationState.ASSESSED, MigrationState.DEPLOYED)
_REPORT_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class _Ends:
    """What the parent itself talks to; every worker has its own."""

    source: Source
    target: Target
    state: State


class Loader:
    """Loads every table of one migration once. Blocking; belongs to one thread."""

    def __init__(self, config: Config, metrics: Metrics, stop: threading.Event) -> None:
        self._config = config
        self._metrics = metrics
        self._stop = stop
        self._figures = Figures(metrics)
        self._owner = f"{socket.gethostname()}.{os.getpid()}"
        self._reported = 0.0

    def run(self) -> None:
        """Return when every table is open, or when stopped. Raises Blocked, Retryable, …

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
        waiting = [table for table in state.tables() if table.state in _UNLOADED]
        if not waiting:
            return
        job = self._planned(ends, waiting, stack)
        for table in waiting:
            open_if_loaded(target, state, migration, table.source)

        def told(progress: Progress) -> None:
            self._figures.note_memory(progress.owner, progress.peak_rss)
            if progress.chunk is not None:
                self._figures.add(progress.chunk)
                open_if_loaded(target, state, migration, progress.chunk.table)

        def idle() -> None:
            if lease.lost.is_set():
                raise Overtaken("another loader has taken over", object=migration)
            self._report(state, "loading")

        self._figures.begin()
        crew.work(job, self._stop, told, idle)

    def _planned(self, ends: _Ends, waiting: list[TrackedTable], stack: ExitStack) -> Job:
        """Fix L0 or settle what a lost loader left, then plan. Snapshots live until the end."""
        source, target, state = ends.source, ends.target, ends.state
        selection = self._config.source.tables
        catalog = source.catalog(selection.include, selection.exclude)
        pairs = paired(catalog, target, waiting)
        journal = Journal(state, actor())
        anchor = fix_start(source, state, journal, catalog.tables)
        if anchor is not None:
            stack.callback(anchor.close)
            exact: Anchor | None = anchor
        else:
            settle(target, state, journal, self._config.migration, pairs)
            exact = exact_anchor(source, state, waiting)
            if exact is not None:
                stack.callback(exact.close)
        keyed = anchor.snapshot if anchor else None
        plan(source, target, state, pairs, self._config.load.rows_per_chunk, keyed, exact)
        return Job(dict(pairs), keyed, exact.snapshot if exact else None)

    def _report(self, state: State, phase: str) -> None:
        now = time.monotonic()
        if phase == "loading" and now - self._reported < _REPORT_EVERY_S:
            return
        self._reported = now
        try:
            state.report_status("load", self._owner, self._figures.detail(phase))
        except Retryable as error:
            _log.warning("status not written", extra={"fields": {"why": str(error)}})
