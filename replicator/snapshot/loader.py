"""The parent of the load's workers: fixes L0, plans chunks, opens each table's gate."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from contextlib import ExitStack

from connectors.registry import open_source, open_target
from model.errors import Overtaken, Retryable
from model.ports import Source, State, Target
from model.state import MigrationState, TableState
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
        with ExitStack() as ends:
            crew = ends.enter_context(Crew(self._config, self._owner))
            source = open_source(self._config.source, self._config.migration)
            ends.callback(source.close)
            target = open_target(self._config.target)
            ends.callback(target.close)
            state = target.state(self._config.migration)
            ends.callback(state.close)
            if self._awaited(state):
                lease = Lease(
                    lambda: target.state(self._config.migration),
                    "load",
                    self._owner,
                    self._config.load.lease,
                )
                ends.callback(lease.release)
                if lease.acquire(self._stop):
                    self._metrics.set_phase("loading")
                    self._load(crew, source, target, state, lease, ends)
                    self._metrics.set_phase("done")
                    self._report(state, "stopped" if self._stop.is_set() else "done")

    def _awaited(self, state: State) -> bool:
        """Wait for the coordinator to come to the load; False when stopped before."""
        self._metrics.set_phase("waiting")
        while True:
            migration = state.migration()
            if migration is not None and migration.state not in _BEFORE:
                return True
            if self._stop.wait(0.25):
                return False

    def _load(
        self,
        crew: Crew,
        source: Source,
        target: Target,
        state: State,
        lease: Lease,
        ends: ExitStack,
    ) -> None:
        waiting = [table for table in state.tables() if table.state in _UNLOADED]
        if not waiting:
            return
        migration = self._config.migration
        selection = self._config.source.tables
        catalog = source.catalog(selection.include, selection.exclude)
        pairs = paired(catalog, target, waiting)
        journal = Journal(state, actor())
        anchor = fix_start(source, state, journal, catalog.tables)
        if anchor is None:
            settle(target, state, journal, migration, pairs)
            exact = exact_anchor(source, state, waiting)
        else:
            exact = anchor
        for each in {id(held): held for held in (anchor, exact) if held is not None}.values():
            ends.callback(each.close)
        keyed = anchor.snapshot if anchor else None
        rows_per_chunk = self._config.load.rows_per_chunk
        plan(source, target, state, pairs, rows_per_chunk, keyed, exact)

        def told(progress: Progress) -> None:
            self._figures.note_memory(progress.owner, progress.peak_rss)
            if progress.chunk is not None:
                self._figures.add(progress.chunk)
                open_if_loaded(target, state, migration, progress.chunk.table)

        for table in waiting:
            open_if_loaded(target, state, migration, table.source)
        self._figures.begin()
        job = Job(dict(pairs), keyed, exact.snapshot if exact else None)

        def idle() -> None:
            if lease.lost.is_set():
                raise Overtaken("another loader has taken over", object=migration)
            self._report(state, "loading")

        crew.work(job, self._stop, told, idle)

    def _report(self, state: State, phase: str) -> None:
        now = time.monotonic()
        if phase == "loading" and now - self._reported < _REPORT_EVERY_S:
            return
        self._reported = now
        try:
            state.report_status("load", self._owner, self._figures.detail(phase))
        except Retryable as error:
            _log.warning("status not written", extra={"fields": {"why": str(error)}})
