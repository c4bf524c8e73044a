"""The load: every chunk exactly once, whatever dies in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pyodbc
import pytest

from connectors.postgresql.source import PostgresqlSource
from connectors.registry import open_source, open_target
from model.catalog import TableName
from model.errors import Blocked, Retryable
from model.ports import Anchor
from model.state import Chunk, ChunkState, MigrationState, TableState
from monitoring.metrics import Metrics
from replicator.coordination import opened
from replicator.coordinator import Coordinator
from replicator.phases.context import Context
from replicator.quarantine import LOAD
from replicator.snapshot import Loader, loader, order
from replicator.snapshot.anchoring import fix_start
from replicator.snapshot.figures import Figures
from replicator.snapshot.sessions import application
from tests.integration.core.journey import Journey
from tests.patience import PATIENCE_S

PEOPLE = TableName("public", "people")


@contextmanager
def loading(journey: Journey) -> Iterator[Context]:
    """A migration that is deployed and may load; nothing runs yet."""
    with opened(journey.config, threading.Event()) as context:
        Coordinator(context).deploy()
        row = context.state.migration()
        assert row is not None
        context.journal.enter(row, MigrationState.LOADING)
        yield context


def load(journey: Journey) -> None:
    config = journey.config
    Loader(config, Metrics("load", config.migration), threading.Event()).run()


def states(context: Context) -> dict[str, TableState]:
    return {str(table.source): table.state for table in context.tracked()}


def rows(journey: Journey, table: str) -> int:
    return int(journey.target(f"SELECT COUNT_BIG(*) FROM dbo.{table}")[0][0])


def test_all_tables_are_loaded_and_open(journey: Journey) -> None:
    journey.people(500)
    journey.sql("CREATE TABLE public.nothing (id int PRIMARY KEY)")
    with loading(journey) as context:
        ended = journey.replicator("load")
        assert ended.returncode == 0, ended.stderr
        assert set(states(context).values()) == {TableState.OPEN}
        assert {str(t.source): t.rows_loaded for t in context.tracked()} == {
            "public.nothing": 0,
            "public.people": 500,
            "public.visits": 1000,
        }
        chunks = context.state.chunks(PEOPLE)
        assert len(chunks) == 3
        assert sum(chunk.rows for chunk in chunks) == 500
        status = next(each for each in context.state.statuses() if each.role == "load")
        assert status.detail["rows"] == 1500
        assert status.detail["peak_rss_mib"] < 400
        load(journey)  # again: nothing to do
    assert rows(journey, "people") == 500


def test_a_keyless_table_is_one_unit(journey: Journey) -> None:
    journey.sql("CREATE TABLE public.log_lines (at timestamptz, line text)")
    journey.sql("ALTER TABLE public.log_lines REPLICA IDENTITY FULL")
    journey.sql("INSERT INTO log_lines SELECT now(), 'line ' || n FROM generate_series(1, 700) n")
    with loading(journey) as context:
        load(journey)
        assert states(context) == {"public.log_lines": TableState.OPEN}
        table = context.tracked()[0]
        row = context.state.migration()
        assert row is not None
        assert table.high == row.start
    assert rows(journey, "log_lines") == 700


@pytest.mark.parametrize("committed", [True, False])
def test_a_chunk_in_doubt_is_settled_by_its_probe(journey: Journey, committed: bool) -> None:
    """What a loader that was killed leaves: one chunk SENDING, its transaction done or not."""
    journey.people(500)
    with loading(journey) as context:
        _die_in_the_first_chunk(journey, context, committed)
        journey.sql("INSERT INTO people VALUES (9001, 'after L0', NULL)")
        load(journey)
        assert states(context) == {
            "public.people": TableState.OPEN,
            "public.visits": TableState.OPEN,
        }
        settled = [entry.detail for entry in context.state.entries() if entry.event == "settled"]
        (only,) = settled
        assert (only["found"], only["rows"] > 0) == ("done" if committed else "planned", committed)
    # The remaining chunks came from a fresh snapshot; the last, open one holds the late row.
    assert rows(journey, "people") == 501
    assert rows(journey, "visits") == 1000


def test_a_keyless_table_is_loaded_anew_in_an_exact_snapshot(journey: Journey) -> None:
    journey.sql("CREATE TABLE public.log_lines (at timestamptz, line text)")
    journey.sql("ALTER TABLE public.log_lines REPLICA IDENTITY FULL")
    journey.sql("INSERT INTO log_lines SELECT now(), 'line ' || n FROM generate_series(1, 300) n")
    with loading(journey) as context:
        _die_in_the_first_chunk(journey, context, committed=True)
        first = context.state.migration()
        assert first is not None
        journey.sql("INSERT INTO log_lines VALUES (now(), 'after L0')")
        load(journey)
        high = context.tracked()[0].high
        assert high > first.start
    assert rows(journey, "log_lines") == 301


def test_a_session_that_may_still_commit_is_ended_before_its_chunk_is_settled(
    journey: Journey,
) -> None:
    """✗ The probe does not find what is not committed yet: sent again, the chunk would be there
    twice, or wait for the dead loader's locks."""
    journey.people(500)
    with loading(journey) as context:
        _die_in_the_first_chunk(journey, context, committed=False)
        name = application(journey.name, PEOPLE, "dead")
        zombie = pyodbc.connect(f"{journey.odbc};APP={{{name}}}", autocommit=False)
        zombie.execute("INSERT INTO dbo.people (id, name) VALUES (1, N'not committed')")
        with ThreadPoolExecutor(1) as pool:
            try:
                pool.submit(load, journey).result(PATIENCE_S)
                with pytest.raises(pyodbc.Error):
                    zombie.execute("SELECT 1")
            finally:
                zombie.close()
        (settled,) = (each for each in context.state.entries() if each.event == "settled")
        assert settled.detail["ended"] == 1
    assert rows(journey, "people") == 500
    assert journey.target("SELECT name FROM dbo.people WHERE id = 1") == [("person 1",)]


def test_a_table_that_is_rewritten_before_it_is_read_is_loaded_in_a_fresh_snapshot(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """✗ The anchor's snapshot sees an empty table, and every count agrees on 0 rows."""
    journey.people(500)

    def rewritten_at_once(*arguments: Any) -> Anchor | None:
        anchor = fix_start(*arguments)
        journey.sql("ALTER TABLE people ALTER name TYPE text USING upper(name)")
        return anchor

    with loading(journey) as context:
        with monkeypatch.context() as late:
            late.setattr(loader, "fix_start", rewritten_at_once)
            with pytest.raises(Retryable, match="truncated or rewritten"):
                load(journey)
        load(journey)
        assert set(states(context).values()) == {TableState.OPEN}
        row = context.state.migration()
        assert row is not None
        assert all(table.high > row.start for table in context.tracked() if table.source == PEOPLE)
    assert rows(journey, "people") == 500
    assert rows(journey, "visits") == 1000
    assert journey.target("SELECT name FROM dbo.people WHERE id = 7") == [("PERSON 7",)]


def _die_in_the_first_chunk(journey: Journey, context: Context, committed: bool) -> None:
    """L0 is fixed, all is planned, one chunk is being sent: then the process is gone."""
    config = journey.config
    source = open_source(config.source, config.migration)
    target = open_target(config.target)
    anchor = source.anchor()
    context.state.set_start(anchor.start)
    catalog = context.catalog()
    reader = source.snapshot(anchor.snapshot)
    for table in catalog.tables:
        context.state.save_chunks(reader.plan(table, config.load.rows_per_chunk))
        context.state.set_table(
            table.name,
            TableState.LOADING,
            expected=[TableState.PENDING],
            high=None if table.key else anchor.start,
        )
    chunk = context.state.take_chunk("dead", sorted(table.name for table in catalog.tables))
    assert chunk is not None
    table = catalog.table(chunk.table)
    chunk = replace(chunk, probe=reader.first_key(table, chunk), high=reader.high)
    context.state.mark_chunk(chunk)
    if committed:
        tracked = next(each for each in context.tracked() if each.source == chunk.table)
        there = target.describe(tracked.target)
        assert there is not None
        name = application(config.migration, chunk.table, "dead")
        target.bulk(name).write(there, reader.read(table, chunk))
    reader.close()
    anchor.close()
    source.close()
    target.close()


def test_rows_that_nobody_loaded_block(journey: Journey) -> None:
    journey.people(10)
    with loading(journey) as context:
        journey.target("INSERT INTO dbo.people (id, name) VALUES (77, N'mine')")
        with pytest.raises(Blocked, match="holds 1 rows that this migration did not load"):
            load(journey)
        assert context.state.migration() is not None
    assert rows(journey, "people") == 1


@pytest.mark.slow
def test_a_foreign_row_keeps_the_gate_shut(journey: Journey) -> None:
    journey.people(500)
    with loading(journey) as context:
        _die_in_the_first_chunk(journey, context, committed=False)
        journey.target("INSERT INTO dbo.people (id, name) VALUES (9077, N'mine')")
        with pytest.raises(Blocked, match="holds 501 rows, and 500 were loaded"):
            load(journey)
        assert states(context)["public.people"] is TableState.LOADING


def test_a_slot_that_is_not_ours_is_not_taken(journey: Journey) -> None:
    journey.people(10)
    with loading(journey) as context:
        context.source.anchor().close()
        with pytest.raises(Blocked, match="this migration did not create it"):
            load(journey)


@pytest.mark.slow
def test_a_loader_that_died_before_recording_the_start_begins_anew(journey: Journey) -> None:
    journey.people(10)
    with loading(journey) as context:
        context.journal.note("anchor", "loading")
        context.source.anchor().close()
        load(journey)
        assert set(states(context).values()) == {TableState.OPEN}


@pytest.mark.slow
def test_a_slot_that_is_gone_blocks(journey: Journey) -> None:
    journey.people(500)
    with loading(journey) as context:
        _die_in_the_first_chunk(journey, context, committed=False)
        context.source.drop()
        with pytest.raises(Blocked, match="the slot of this migration is gone"):
            load(journey)


@pytest.mark.slow
def test_planned_chunks_never_overlap(journey: Journey) -> None:
    journey.people(1000)
    with loading(journey) as context:
        load(journey)
        chunks: list[Chunk] = context.state.chunks(PEOPLE)
        assert all(chunk.state is ChunkState.DONE for chunk in chunks)
        bounds = [(chunk.lower, chunk.upper) for chunk in sorted(chunks, key=lambda c: c.number)]
        assert bounds[0][0] is None
        assert bounds[-1][1] is None
        assert all(left[1] == right[0] for left, right in pairwise(bounds))


def test_a_reload_that_a_dead_loader_left_is_begun_again(journey: Journey) -> None:
    """✗ Keeping its chunks would join two snapshots, and only one of them is exact: what commits
    between is dropped as a replay."""
    journey.people(500)
    with loading(journey) as context:
        load(journey)
        table = next(each for each in context.tracked() if each.source == PEOPLE)
        since = context.source.write_marker("anew:test", 1)
        context.state.begin_anew(replace(table, state=TableState.PENDING, since=since))
        load(journey)  # capture has not said yet that it writes the new story: nobody loads
        assert states(context)["public.people"] is TableState.PENDING
        assert rows(journey, "people") == 500

        told = {"anew": {"public.people": {"since": since.text, "ends": [7, 9]}}}
        context.state.report_status("capture", "c", told)
        # What a loader that died in the middle of it leaves.
        context.state.set_table(PEOPLE, TableState.LOADING, expected=[TableState.PENDING])
        chunks = [Chunk(PEOPLE, 0, None, "[250]"), Chunk(PEOPLE, 1, "[250]", None)]
        done = replace(chunks[0], state=ChunkState.DONE, rows=500, high=since)
        context.state.save_chunks([done, replace(chunks[1], state=ChunkState.SENDING)])
        journey.sql("UPDATE people SET name = 'later' WHERE id IN (1, 499)")
        journey.sql("DELETE FROM visits")
        journey.sql("DELETE FROM people WHERE id = 2")
        load(journey)
        assert states(context)["public.people"] is TableState.OPEN
        table = next(each for each in context.tracked() if each.source == PEOPLE)
        assert table.high > since
        found = [each for each in context.state.checkpoints() if each.topic == table.topic]
        assert [(each.next_offset, each.position, each.closed) for each in found] == [
            (7, table.high, False),
            (9, table.high, False),
        ]
    assert rows(journey, "people") == 499
    later = journey.target("SELECT id FROM dbo.people WHERE name = N'later' ORDER BY id")
    assert later == [(1,), (499,)]


def test_a_capture_that_starts_again_during_the_snapshot_moves_nothing(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """✗ The ends that it names now lie behind records which are in no snapshot: standing there
    loses them."""
    journey.people(20)
    with loading(journey) as context:
        load(journey)
        table = next(each for each in context.tracked() if each.source == PEOPLE)
        since = context.source.write_marker("anew:test", 1)
        context.state.begin_anew(replace(table, state=TableState.PENDING, since=since))

        def told(*ends: int) -> None:
            anew = {"public.people": {"since": since.text, "ends": list(ends)}}
            context.state.report_status("capture", "c", {"anew": anew})

        def late(source: PostgresqlSource) -> Anchor:
            point = exact(source)
            told(8, 9)
            return point

        exact = PostgresqlSource.exact_snapshot
        told(3, 4)
        monkeypatch.setattr(PostgresqlSource, "exact_snapshot", late)
        load(journey)
        found = [each for each in context.state.checkpoints() if each.topic == table.topic]
        assert [each.next_offset for each in found] == [3, 4]


def test_a_table_that_is_gone_stops_alone(journey: Journey) -> None:
    """✗ A loader that gives up because of one table loads none, and the whole run ends with it."""
    journey.people(20)
    with loading(journey) as context:
        journey.sql("DROP TABLE visits")
        load(journey)
        found = {each.source.name: each for each in context.tracked()}
        assert found["people"].state is TableState.OPEN
        assert found["visits"].state is TableState.QUARANTINED
        assert "carries it no more" in found["visits"].reason


@pytest.mark.slow
def test_a_paused_load_finishes_its_chunk_and_goes_on_where_it_stood(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey.people(500)
    journey.more["load"] = {"rows_per_chunk": 10, "first": ["*.visits"]}
    monkeypatch.setattr(order, "_LOOK_EVERY_S", 0.0)
    with loading(journey) as context:
        context.state.remember(LOAD, {"paused": True})
        load(journey)
        assert set(states(context).values()) == {TableState.PENDING}

        def pauses(figures: Figures, chunk: Chunk) -> None:
            context.state.remember(LOAD, {"paused": True})

        context.state.remember(LOAD, {"paused": False})
        with monkeypatch.context() as once:
            once.setattr(Figures, "add", pauses)
            load(journey)
        chunks = context.state.chunks()
        done = {each.table.name for each in chunks if each.state is ChunkState.DONE}
        assert done == {"visits"}  # the table that comes first
        assert {each.state for each in chunks} == {ChunkState.DONE, ChunkState.PLANNED}
        journey.sql("INSERT INTO people VALUES (9001, 'while paused', NULL)")

        context.state.remember(LOAD, {"paused": False})
        load(journey)
        assert set(states(context).values()) == {TableState.OPEN}
    assert rows(journey, "people") == 501
    assert rows(journey, "visits") == 1000
