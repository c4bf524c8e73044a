"""Counting what a reader sends, and holding it back to the rate, without touching a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pyarrow as pa

from model.errors import ReplicatorError
from model.ports import SnapshotStream
from replicator.snapshot.meter import Meter


class CountedStream:
    """A stream that knows how many rows and bytes have gone through it so far."""

    def __init__(
        self, stream: SnapshotStream, meter: Meter, sleep: Callable[[float], object]
    ) -> None:
        reader = pa.RecordBatchReader.from_stream(stream)
        self.rows = 0
        self.bytes = 0
        self._stream = stream
        self._meter = meter
        self._sleep = sleep
        self._passed = pa.RecordBatchReader.from_batches(reader.schema, self._counted(reader))

    @property
    def failure(self) -> ReplicatorError | None:
        """What broke the reader, of which the writer sees only text."""
        return self._stream.failure

    def _counted(self, reader: Any) -> Iterator[Any]:
        for batch in reader:
            if wait := self._meter.take(batch.num_rows, batch.nbytes):
                self._sleep(wait)
            self.rows += batch.num_rows
            self.bytes += batch.nbytes
            yield batch

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return cast(object, self._passed.__arrow_c_stream__(requested_schema))
