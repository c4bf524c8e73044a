"""A worker's sender on real servers, without its process: refusals, doubts and halves of chunks."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise

import pyarrow as pa
import pytest

from connectors.azuresql.bulk import AzureSqlBulkWriter
from connectors.azuresql.errors import numbered
from connectors.registry import open_source, open_target
from model.catalog import TableName
from model.errors import DataRefused, Retryable
from model.ports import ArrowStream, SnapshotReader, TargetTable
from model.state import Chunk, ChunkState, TableState
from model.units import rate
from replicator.coordination import opened
from replicator.coordinator import Coordinator
from replicator.phases.context import Context
from replicator.snapshot.messages import Event, Job, Told
from replicator.snapshot.meter import Meter
from replicator.snapshot.sending import Sender
from replicator.snapshot.sessions import table_prefix
from replicator.snapshot.settling import settle_by_count
from sandbox.azuresql.fault_client import FaultClient
from tests.integration.core.journey import Journey
from tests.servers import AzureSqlAddress

LINES = TableName("public", "lines")
Set = Callable[..., None]


class Sending:
    """One table of 600 rows, planned in chunks of 200, and a sender that waits for nothing."""

    def __init__(
        self, journey: Journey, context: Context, key: str, limit: str | None, spoilt: int
    ) -> None:
        journey.sql(f"CREATE TABLE public.lines (n int {key}, line text, score numeric(6, 2))")
        journey.sql("ALTER TABLE public.lines REPLICA IDENTITY FULL")
        journey.sql("INSERT INTO lines SELECT n, 'line ' || n FROM generate_series(1, 600) n")
        Coordinator(context).deploy()
        journey.sql("UPDATE lines SET score = 'NaN' WHERE n = %s", spoilt)
        config, value = journey.config, multiprocessing.Value
        self.journey = journey
        self.state = context.state
        self.told: list[Told] = []
        self.slept: list[float] = []
        self.target = open_target(config.target)
        self.reader: SnapshotReader = open_source(config.source, config.migration).snapshot(None)
        table = context.catalog().table(LINES)
        there = self.target.describe(TableName("dbo", "lines"))
        assert there is not None
        self.job = Job({LINES: (table, there)}, {LINES: None})
        now = [0.0]

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            now[0] += seconds

        meter = Meter((limit and rate(limit)) or None, value("q", 0), value("d"), lambda: now[0])
        self.sender = Sender(
            config, "me", self.job, self.target, self.state, meter,
            self.told.append, lambda _: False, sleep,
        )  # fmt: skip
        self.state.save_chunks(self.reader.plan(table, 200))
        self.state.set_table(LINES, TableState.LOADING, expected=[TableState.PENDING])

    def close(self) -> None:
        self.reader.close()
        self.target.close()

    def one(self) -> Told | None:
        """The next chunk, sent; None when there is none."""
        chunk = self.state.take_chunk("me", [LINES])
        return self.sender.send(self.reader, chunk) if chunk else None

    def all(self) -> list[Event]:
        return [told.event for told in iter(self.one, None) if told is not None]

    def settle(self, doubts: list[Told]) -> list[Chunk]:
        chunks = [each.chunk for each in doubts if each.chunk is not None]
        name = self.journey.name
        return settle_by_count(self.target, self.state, name, self.job.tables, chunks)

    def arrived(self) -> None:
        """Every row is there once, and the chunks are done and say so."""
        found = self.journey.target("SELECT n, line FROM dbo.lines ORDER BY n")
        assert found == [(n, f"line {n}") for n in range(1, 601)]
        chunks = sorted(self.state.chunks(LINES), key=lambda each: each.number)
        assert {each.state for each in chunks} == {ChunkState.DONE}
        assert sum(each.rows for each in chunks) == 600


Make = Callable[..., Sending]


@pytest.fixture
def sending(journey: Journey) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(key: str = "PRIMARY KEY", limit: str | None = None, spoilt: int = 0) -> Sending:
            context = stack.enter_context(opened(journey.config, threading.Event()))
            made = Sending(journey, context, key, limit, spoilt)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def fault(azuresql: AzureSqlAddress, journey: Journey) -> Iterator[Set]:
    """Set faults at the stand-in, for the bulk sessions of this test's table alone."""
    if not azuresql.control:
        pytest.skip("faults are made by the stand-in only")
    client = FaultClient(azuresql.control)
    yield lambda **faults: client.set(**faults, application=table_prefix(journey.name, LINES))
    client.clear()


def test_throttling_is_known_by_its_number_and_waited_out(sending: Make, fault: Set) -> None:
    """A native load does not tell the number; the attempts after it do. None of them counts as one
    of `load.attempts`, and nothing is sent twice."""
    made = sending()
    fault(requests_40501=6)
    assert made.all() == [Event.DONE] * 3
    waits = [each for each in made.told if each.event is Event.WAITS]
    numbers = [each.error.number for each in waits if each.error is not None]
    assert numbers[-1] == 40501
    throttled = [each.wait for each in waits if each.error and each.error.number == 40501]
    assert all(wait >= 10.0 for wait in throttled)
    made.arrived()


@pytest.mark.parametrize("at", ["bulk", "after_commit"])
def test_a_chunk_without_a_key_is_settled_by_the_count(sending: Make, fault: Set, at: str) -> None:
    """✗ Sent again it is there twice; called done it is missing; and no key tells."""
    made = sending(key="")
    assert made.one() is not None
    fault(drops=1, point=at)
    doubt = made.one()
    assert doubt is not None
    assert (doubt.event, doubt.chunk and doubt.chunk.rows) == (Event.DOUBT, 200)
    fault()
    (settled,) = made.settle([doubt])
    assert settled.state is (ChunkState.DONE if at == "after_commit" else ChunkState.PLANNED)
    made.all()
    made.arrived()


def test_doubts_that_a_count_cannot_tell_apart_are_not_guessed(sending: Make, fault: Set) -> None:
    made = sending(key="")
    fault(drops=1, point="after_commit")
    doubts = [made.one()]
    fault(drops=1, point="before_commit")  # row by row by now, which is no bulk load
    doubts.append(made.one())
    fault()
    found = [each for each in doubts if each is not None]
    assert [each.event for each in found] == [Event.DOUBT, Event.DOUBT]
    with pytest.raises(Retryable, match="200 of the 400 rows that were in doubt"):
        made.settle(found)
    states = [each.state for each in made.state.chunks(LINES)]
    assert sorted(states) == [ChunkState.PLANNED, ChunkState.SENDING, ChunkState.SENDING]


def at_most(rows: int) -> Callable[[AzureSqlBulkWriter, TargetTable, ArrowStream], int]:
    """The writer of a target whose transactions hold so many rows: Azure's limit is gigabytes."""
    write = AzureSqlBulkWriter.write

    def limited(writer: AzureSqlBulkWriter, table: TargetTable, stream: ArrowStream) -> int:
        reader = pa.RecordBatchReader.from_stream(stream)
        batches = list(reader)
        if sum(batch.num_rows for batch in batches) > rows:
            raise numbered(40552, "the transaction uses too much of the log")
        return write(writer, table, pa.RecordBatchReader.from_batches(reader.schema, batches))

    return limited


@pytest.mark.parametrize("key", ["PRIMARY KEY", ""], ids=["key", "no key"])
def test_a_chunk_that_no_transaction_holds_is_split(
    sending: Make, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    made = sending(key=key)
    monkeypatch.setattr(AzureSqlBulkWriter, "write", at_most(120))
    assert sorted(made.all()) == [Event.DONE] * 6 + [Event.PASSED] * 3
    made.arrived()
    chunks = made.state.chunks(LINES)
    assert [each.rows for each in chunks] == [100] * 6
    bounds = {each.lower: each.upper for each in chunks}
    walk: list[str | None] = [None]
    while (upper := bounds[walk[-1]]) is not None:
        walk.append(upper)
    assert len(walk) == 6
    assert all(one != other for one, other in pairwise(walk))


def test_a_row_that_no_transaction_holds_is_refused(
    sending: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sending()
    monkeypatch.setattr(AzureSqlBulkWriter, "write", at_most(0))
    with pytest.raises(DataRefused, match="a single row is more than one transaction") as refused:
        made.all()
    assert refused.value.number == 40552


def test_the_rate_holds_the_reader_back(sending: Make) -> None:
    """600 rows at 100 rows/s: what has passed is paid for before the next passes."""
    made = sending(limit="100rows/s")
    made.all()
    made.arrived()
    assert made.slept == [pytest.approx(2.0), pytest.approx(2.0)]


def test_what_the_reader_refuses_is_not_taken_for_the_targets_failure(sending: Make) -> None:
    """✗ Sent again row by row, the same rows end the worker with an error that is not ours."""
    made = sending(spoilt=250)
    assert made.one() is not None
    with pytest.raises(DataRefused, match="column score holds NaN"):
        made.one()
    assert made.told == []
