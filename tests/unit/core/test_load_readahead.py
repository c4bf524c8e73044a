"""Reading ahead: never more bytes than allowed, never a batch too few, an end in every case."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicator.snapshot.readahead import ReadAhead
from tests.patience import until

SCHEMA = pa.schema({"n": pa.int64()})
ROW = 8


class Watched:
    """Batches of so many rows, and how many have been asked for."""

    def __init__(self, rows: list[int], *, breaks: bool = False) -> None:
        self.rows = rows
        self.breaks = breaks
        self.read = 0

    def stream(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(SCHEMA, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for count in self.rows:
            self.read += 1
            yield pa.RecordBatch.from_pydict({"n": list(range(count))}, schema=SCHEMA)
        if self.breaks:
            raise ValueError("the source is gone")


def test_a_consumer_that_stands_still_stops_the_reader_at_the_limit() -> None:
    watched = Watched([100] * 50)
    with ReadAhead(watched.stream(), 5 * 100 * ROW) as ahead:
        reader = pa.RecordBatchReader.from_stream(ahead)
        until(lambda: watched.read == 5, lambda: f"five batches, not {watched.read}")
        reader.read_next_batch()  # the first is being sent: it still counts
        reader.read_next_batch()  # it has been sent
        until(lambda: watched.read == 6, lambda: f"six batches, not {watched.read}")
    assert watched.read == 6


@given(
    rows=st.lists(st.integers(0, 300), max_size=30),
    most=st.integers(0, 3000),
)
def test_all_batches_come_in_order_and_what_is_held_is_bounded(rows: list[int], most: int) -> None:
    watched = Watched(rows)
    sent = 0
    with ReadAhead(watched.stream(), most) as ahead:
        for number, batch in enumerate(pa.RecordBatchReader.from_stream(ahead)):
            assert batch.num_rows == rows[number]
            held = rows[number : watched.read]
            if len(held) >= 2:  # before its last batch was read, there was room for one like it
                assert sum(held[:-1]) * ROW <= most
            sent += 1
    assert sent == len(rows)


def test_what_breaks_the_reader_reaches_the_consumer_behind_the_batches_before_it() -> None:
    watched = Watched([1, 2], breaks=True)
    with ReadAhead(watched.stream(), 10**6) as ahead:
        reader = pa.RecordBatchReader.from_stream(ahead)
        assert [reader.read_next_batch().num_rows for _ in range(2)] == [1, 2]
        with pytest.raises(Exception, match="the source is gone"):
            reader.read_next_batch()


def test_a_consumer_that_gives_up_ends_the_thread() -> None:
    before = threading.active_count()
    with ReadAhead(Watched([10] * 1000).stream(), 1) as ahead:
        pa.RecordBatchReader.from_stream(ahead).read_next_batch()
    until(lambda: threading.active_count() == before)
