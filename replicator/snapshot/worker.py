"""One process of the load role: takes chunks, reads them in the snapshot, sends them in bulk."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, Final

from connectors.registry import open_source, open_target
from model.catalog import Table, TableName
from model.errors import DataRefused, Overtaken, ReplicatorError, Retryable
from model.ports import SnapshotReader, Source, State, Target, TargetTable
from model.state import Chunk, ChunkState
from monitoring.logs import configure
from monitoring.metrics import peak_rss_bytes
from replicator.config.file import Config
from replicator.processes import die_with_parent
from replicator.snapshot.counting import CountedStream
from replicator.snapshot.sessions import application

_log = logging.getLogger("replicator.load")
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker loads, in this order.

    `tables` maps a source table to its shape on both ends, `snapshots` to the name of the snapshot
    that it is read in: None is a fresh one of the worker's own.
    """

    tables: dict[TableName, tuple[Table, TargetTable]]
    snapshots: dict[TableName, str | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a worker tells its parent after each chunk, and at its end (`chunk` is None then)."""

    owner: str
    chunk: Chunk | None
    peak_rss: int
    error: ReplicatorError | None = None


def run(config: Config, owner: str, parent: int, connection: Connection) -> None:
    """The worker process. Imports are done before the job comes, so that none waits for them."""
    die_with_parent(parent)
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent decides when a worker stops
        signal.signal(number, signal.SIG_IGN)
    log = config.monitoring.log
    configure(log.format, log.level, config.secrets, role=f"load[{os.getpid()}]")
    try:
        job = connection.recv()
    except EOFError:  # there is nothing to load
        return
    error: ReplicatorError | None = None
    try:
        worker = Worker(config, owner, job)
        try:
            worker.work(connection.send, connection.poll)
        finally:
            worker.close()
    except ReplicatorError as failure:
        error = failure
    connection.send(Progress(owner, None, peak_rss_bytes(), error))


class Worker:
    """Loads chunks until none is planned."""

    def __init__(self, config: Config, owner: str, job: Job) -> None:
        self._config = config
        self._owner = owner
        self._job = job
        self._source: Source = open_source(config.source, config.migration)
        self._target: Target = open_target(config.target)
        self._state: State = self._target.state(config.migration)
        self._readers: dict[str | None, SnapshotReader] = {}

    def close(self) -> None:
        """End every session."""
        for reader in self._readers.values():
            reader.close()
        self._state.close()
        self._target.close()
        self._source.close()

    def work(self, tell: Callable[[Progress], Any], stopped: Callable[[float], bool]) -> None:
        """Take chunk after chunk. Raises when one cannot be loaded by any of its attempts.

        `stopped` waits for the parent's word for so many seconds at most.
        """
        while not stopped(0.0) and (chunk := self._taken()) is not None:
            try:
                done = self._loaded(chunk, stopped)
            except Overtaken as anew:
                _log.info("chunk given up", extra={"fields": {"why": str(anew)}})
                continue
            except DataRefused as refusal:
                _log.error("quarantined", extra={"fields": {"table": str(chunk.table)}})
                self._state.quarantine(chunk.table, str(refusal), {"chunk": chunk.number})
                continue
            tell(Progress(self._owner, done, peak_rss_bytes()))

    def _taken(self) -> Chunk | None:
        return self._state.take_chunk(self._owner, list(self._job.tables))

    def _loaded(self, chunk: Chunk, stopped: Callable[[float], bool]) -> Chunk:
        """The chunk as done. Its probe stands in the target before its first row is sent.

        Told to stop, it tries no further: the next start settles what is in doubt.
        """
        table, _ = self._job.tables[chunk.table]
        reader = self._reader(self._job.snapshots[chunk.table])
        probe = reader.first_key(table, chunk)
        chunk = replace(chunk, probe=probe, high=reader.high, owner=self._owner)
        if table.key and probe is None:
            return self._done(chunk, 0, 0)
        self._state.mark_chunk(chunk)
        attempt, wait = 1, _FIRST_WAIT_S
        while True:
            stream = CountedStream(reader.read(table, chunk))
            try:
                return self._sent(chunk, stream)
            except Retryable as failure:
                if self._committed(chunk):
                    return self._done(chunk, stream.rows, stream.bytes)
                fields = {"chunk": chunk.number, "attempt": attempt, "why": str(failure)}
                _log.warning("chunk fails", extra={"fields": {"table": str(table.name)} | fields})
                last = attempt == self._config.load.attempts
                if last or stopped(max(wait, failure.wait)):
                    raise
                attempt, wait = attempt + 1, min(wait * 2, _LONGEST_WAIT_S)

    def _sent(self, chunk: Chunk, stream: CountedStream) -> Chunk:
        _, target = self._job.tables[chunk.table]
        name = application(self._config.migration, chunk.table, self._owner)
        rows = self._target.bulk(name).write(target, stream)
        if rows != stream.rows:
            raise Retryable(
                f"the reader sent {stream.rows} rows and the writer confirmed {rows}",
                object=f"{chunk.table} chunk {chunk.number}",
            )
        return self._done(chunk, rows, stream.bytes)

    def _done(self, chunk: Chunk, rows: int, size: int) -> Chunk:
        done = replace(chunk, state=ChunkState.DONE, rows=rows, bytes=size)
        self._state.mark_chunk(done)
        return done

    def _committed(self, chunk: Chunk) -> bool:
        """Settle a chunk in doubt: once its session is gone, its first key tells."""
        table, target = self._job.tables[chunk.table]
        name = application(self._config.migration, chunk.table, self._owner)
        self._target.end_bulk_sessions(name)
        if not table.key:
            self._target.truncate(target.name)
            return False
        return chunk.probe is not None and self._target.probe(target, chunk.probe)

    def _reader(self, snapshot: str | None) -> SnapshotReader:
        if snapshot not in self._readers:
            self._readers[snapshot] = self._source.snapshot(snapshot)
        return self._readers[snapshot]
