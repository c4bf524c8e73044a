"""One process of the load role: takes chunks, reads them in the snapshot, sends them in bulk."""

from __future__ import annotations

import logging
import os
import signal
import time
from dataclasses import replace
from multiprocessing.connection import Connection

from connectors.registry import open_source, open_target
from model.errors import DataRefused, Overtaken, ReplicatorError
from model.ports import SnapshotReader, Source, State, Target
from monitoring.logs import configure
from monitoring.metrics import peak_rss_bytes
from replicator.config.file import Config
from replicator.processes import die_with_parent
from replicator.snapshot.messages import Event, Job, Told
from replicator.snapshot.meter import Meter
from replicator.snapshot.sending import Sender

_log = logging.getLogger("replicator.load")


def run(config: Config, owner: str, parent: int, connection: Connection, meter: Meter) -> None:
    """The worker process. Imports are done before the job comes, so that none waits for them."""
    die_with_parent(parent)
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent decides when a worker stops
        signal.signal(number, signal.SIG_IGN)
    log = config.monitoring.log
    configure(log.format, log.level, config.secrets, role=f"load[{os.getpid()}]")
    try:
        job = connection.recv()
        worker = Worker(config, owner, job, connection, meter)
        try:
            worker.work()
        finally:
            worker.close()
    except EOFError:  # there is nothing to load, or no more
        return
    except ReplicatorError as error:
        connection.send(Told(owner, Event.ENDED, error=error))


class Worker:
    """Loads a chunk for each word of its parent."""

    def __init__(
        self, config: Config, owner: str, job: Job, connection: Connection, meter: Meter
    ) -> None:
        self._owner = owner
        self._job = job
        self._connection = connection
        self._source: Source = open_source(config.source, config.migration)
        self._target: Target = open_target(config.target)
        self._state: State = self._target.state(config.migration)
        self._readers: dict[str | None, SnapshotReader] = {}
        self._sender = Sender(
            config, owner, job, self._target, self._state, meter,
            connection.send, connection.poll, time.sleep,
        )  # fmt: skip

    def close(self) -> None:
        """End every session."""
        for reader in self._readers.values():
            reader.close()
        self._state.close()
        self._target.close()
        self._source.close()

    def work(self) -> None:
        """Take chunk after chunk. Raises when one cannot be loaded by any of its attempts."""
        while self._connection.recv() is not None:
            self._connection.send(replace(self._one(), peak_rss=peak_rss_bytes()))

    def _one(self) -> Told:
        chunk = self._state.take_chunk(self._owner, list(self._job.tables))
        if chunk is None:
            return Told(self._owner, Event.NONE)
        passed = Told(self._owner, Event.PASSED, chunk)
        try:
            return self._sender.send(self._reader(self._job.snapshots[chunk.table]), chunk)
        except Overtaken as anew:
            _log.info("chunk given up", extra={"fields": {"why": str(anew)}})
            return passed
        except DataRefused as refusal:
            _log.error("quarantined", extra={"fields": {"table": str(chunk.table)}})
            self._state.quarantine(chunk.table, str(refusal), {"chunk": chunk.number})
            return passed

    def _reader(self, snapshot: str | None) -> SnapshotReader:
        if snapshot not in self._readers:
            self._readers[snapshot] = self._source.snapshot(snapshot)
        return self._readers[snapshot]
