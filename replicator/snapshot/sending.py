"""One chunk on its way into the target: its attempts, its doubt, its halves."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from model.catalog import TableName
from model.errors import DataRefused, Retryable, TooLarge
from model.ports import SnapshotReader, State, Target
from model.state import Chunk, ChunkState
from replicator.config.file import Config
from replicator.snapshot.counting import CountedStream
from replicator.snapshot.messages import Event, Job, Told
from replicator.snapshot.meter import Meter
from replicator.snapshot.patience import Patience
from replicator.snapshot.readahead import ReadAhead
from replicator.snapshot.sessions import application

_log = logging.getLogger("replicator.load")
_TOO_LARGE: Final = "a single row is more than one transaction of the target may hold"


class Sender:
    """Sends chunks of one job, one after the other. `sleep` waits for so many seconds, `stopped`
    too, but for the parent's word to end at most: True when it came."""

    def __init__(
        self,
        config: Config,
        owner: str,
        job: Job,
        target: Target,
        state: State,
        meter: Meter,
        tell: Callable[[Told], object],
        stopped: Callable[[float], bool],
        sleep: Callable[[float], object],
    ) -> None:
        self._config = config
        self._owner = owner
        self._job = job
        self._target = target
        self._state = state
        self._meter = meter
        self._tell = tell
        self._stopped = stopped
        self._sleep = sleep
        self._patience: dict[TableName, Patience] = {}

    def send(self, reader: SnapshotReader, chunk: Chunk) -> Told:
        """DONE, PASSED or DOUBT. Its probe stands in the target before its first row is sent.

        Raises what no attempt got past. Told to stop, it tries no further: the next start settles
        what is in doubt.
        """
        table, _ = self._job.tables[chunk.table]
        probe = reader.first_key(table, chunk)
        chunk = replace(chunk, probe=probe, high=reader.high, owner=self._owner)
        if table.key and probe is None:
            return self._done(chunk)
        self._state.mark_chunk(chunk)
        sent: CountedStream | None = None
        while True:
            try:
                if sent is not None and self._committed(chunk):
                    return self._done(replace(chunk, rows=sent.rows, bytes=sent.bytes))
                sent = CountedStream(reader.read(table, chunk), self._meter, self._sleep)
                return self._done(self._written(chunk, sent))
            except TooLarge as refusal:
                return self._split(reader, chunk, refusal)
            except Retryable as failure:
                if sent is not None and sent.failure is not None:
                    raise  # the reader's session is gone, and its snapshot with it
                if not self._waited(chunk, failure):
                    return Told(self._owner, Event.PASSED)
                if sent is not None and not table.key:
                    counted = replace(chunk, rows=sent.rows, bytes=sent.bytes)
                    return Told(self._owner, Event.DOUBT, counted, failure)

    def _written(self, chunk: Chunk, stream: CountedStream) -> Chunk:
        _, target = self._job.tables[chunk.table]
        with ReadAhead(stream, self._config.load.read_ahead) as ahead:
            try:
                rows = self._target.bulk(self._session(chunk)).write(target, ahead)
            except Exception as error:  # what a failed reader looks like from there is text
                if stream.failure is not None:
                    raise stream.failure from error
                raise
        if rows != stream.rows:
            raise Retryable(
                f"the reader sent {stream.rows} rows and the writer confirmed {rows}",
                object=f"{chunk.table} chunk {chunk.number}",
            )
        return replace(chunk, rows=rows, bytes=stream.bytes)

    def _done(self, chunk: Chunk) -> Told:
        done = replace(chunk, state=ChunkState.DONE)
        self._state.mark_chunk(done)
        self._patience.pop(chunk.table, None)
        return Told(self._owner, Event.DONE, done)

    def _waited(self, chunk: Chunk, failure: Retryable) -> bool:
        """True when the next attempt may begin, False when told to stop meanwhile."""
        patience = self._patience.setdefault(chunk.table, Patience(self._config.load.attempts))
        fields = {"chunk": chunk.number, "attempt": patience.faults + 1, "why": str(failure)}
        _log.warning("chunk fails", extra={"fields": {"table": str(chunk.table)} | fields})
        wait = patience.failed(failure)
        if wait is None:
            raise failure
        self._tell(Told(self._owner, Event.WAITS, chunk, failure, wait))
        return not self._stopped(wait)

    def _committed(self, chunk: Chunk) -> bool:
        """Settle a chunk in doubt: once its session is gone, its first key tells."""
        _, target = self._job.tables[chunk.table]
        self._target.end_bulk_sessions(self._session(chunk))
        return chunk.probe is not None and self._target.probe(target, chunk.probe)

    def _split(self, reader: SnapshotReader, chunk: Chunk, refusal: TooLarge) -> Told:
        """Two chunks in place of one that the target cannot take at once."""
        table, _ = self._job.tables[chunk.table]
        bound = reader.middle(table, chunk)
        if bound is None:
            raise DataRefused(
                _TOO_LARGE,
                object=str(chunk.table),
                hint="leave the row out, or raise the target's service objective",
                number=refusal.number,
            ) from refusal
        self._state.split_chunk(chunk, bound)
        fields = {"table": str(chunk.table), "chunk": chunk.number, "why": str(refusal)}
        _log.info("chunk split", extra={"fields": fields})
        return Told(self._owner, Event.PASSED, chunk, refusal)

    def _session(self, chunk: Chunk) -> str:
        return application(self._config.migration, chunk.table, self._owner)
