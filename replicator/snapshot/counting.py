"""Counting what a reader sends, and holding it back to the rate, without touching a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pyarrow as pa

from model.ports import ArrowStream
from replicator.snapshot.meter import Meter


class CountedStream:
    """A stream that knows how many rows and bytes have gone through it so far."""

    def __init__(self, stream: ArrowStream, meter: Meter, sleep: Callable[[float], object]) -> None:
        reader = pa.RecordBatchReader.from_stream(stream)
        self.rows = 0
        self.bytes = 0
        self._meter = meter
        self._sleep = sleep
        self._passed = pa.RecordBatchReader.from_batches(reader.schema, self._counted(reader))

    def _counted(self, reader: Any) -> Iterator[Any]:
        for batch in reader:
            if wait := self._meter.take(batch.num_rows, batch.nbytes):
                self._sleep(wait)
            self.rows += batch.num_rows
            self.bytes += batch.nbytes
            yield batch

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return cast(object, self._passed.__arrow_c_stream__(requested_schema))
