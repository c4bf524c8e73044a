"""Decisions about tables and the load, as commands, and killed in their middle."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pyodbc
import pytest

from model.state import MigrationState, TableState
from replicator.coordination import opened
from replicator.phases.context import Context
from tests.integration.core.journey import Journey
from tests.integration.core.test_quarantine import decided, until_equal, writing
from tests.integration.core.test_run import in_sync, running, status
from tests.integration.core.test_run import until as until_status
from tests.patience import PATIENCE_S, until


def commanded(journey: Journey, command: str) -> str:
    ended = journey.replicator(command)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.slow
def test_the_load_is_paused_and_resumed_by_command(journey: Journey) -> None:
    journey.people(50)
    with opened(journey.config, threading.Event()) as context:
        with journey.roles("coordinate"):
            journey.until(MigrationState.LOADING)
            said = "the load is paused: `replicator resume` lets it go on"
            assert commanded(journey, "pause") == said
            assert commanded(journey, "pause") == "the load is paused already: nothing was changed"
        with journey.roles("coordinate", "load", "capture", "apply"):
            until(lambda: _loader_looked(context), "the loader has looked for work")
            assert {each.state for each in context.tracked()} == {TableState.PENDING}
            until(lambda: "the load is paused" in status(journey)["reason"], "the reason")
            assert commanded(journey, "resume") == "the load goes on"
            journey.until(MigrationState.IN_SYNC)
            assert journey.target("SELECT COUNT(*) FROM dbo.visits") == [(100,)]
            assert commanded(journey, "resume") == "the load is not paused: nothing was changed"
        noted = [each for each in context.state.entries() if each.event.startswith("load ")]
        assert [each.event for each in noted] == ["load paused", "load resumed"]


def _loader_looked(context: Context) -> bool:
    told = [each.detail for each in context.state.statuses() if each.role == "load"]
    return any(each.get("phase") == "done" and each.get("rows") == 0 for each in told)


@contextmanager
def held(journey: Journey, topic: str) -> Iterator[None]:
    """Whoever wants to move the topic's checkpoints waits until the block ends."""
    connection = pyodbc.connect(journey.odbc, autocommit=False)
    try:
        connection.execute(
            "UPDATE replicator.[checkpoint] SET waiting_at = NULL WHERE topic = ?", topic
        )
        yield
        connection.rollback()
    finally:
        connection.close()


@pytest.mark.slow
def test_a_coordinator_killed_inside_a_reload_is_followed_by_one_that_finishes(
    journey: Journey,
) -> None:
    journey.more["run"] = {"lease": "3s"}
    journey.people(50)
    journey.sql("CREATE TABLE notes (id bigint PRIMARY KEY, note varchar(200))")
    journey.sql("INSERT INTO notes SELECT n, 'n' FROM generate_series(1, 200) AS n")
    with opened(journey.config, threading.Event()) as context, running(journey) as run:
        found = until_status(journey, run, in_sync)
        [notes] = [each for each in context.tracked() if each.source.name == "notes"]
        with writing(journey, "notes"):
            with held(journey, notes.topic):
                context.state.ask("table reload", "ann@there", {"table": "public.notes"})
                until(lambda: _noted(context, "table reload") == 1, "the reload has begun")
                assert context.state.requests()
                os.kill(found["roles"]["coordinate"]["pid"], signal.SIGKILL)
            until(lambda: not context.state.requests(), "an answer")
            journey.until_tables(TableState.CONSISTENT)
        until_equal(journey, "notes", "visits")
        [notes] = [each for each in context.tracked() if each.source.name == "notes"]
        assert notes.anew
        run.send_signal(signal.SIGTERM)
        assert run.wait(PATIENCE_S) == 143


def _noted(context: Context, event: str) -> int:
    return len([each for each in context.state.entries() if each.event == event])


@pytest.mark.slow
@pytest.mark.parametrize("when", ["joining", "loading"])
def test_roles_killed_while_tables_join_come_back_and_finish(journey: Journey, when: str) -> None:
    journey.more["run"] = {"lease": "3s"}
    journey.more["capture"] = {"lease": "3s"}
    journey.more["load"] = {"rows_per_chunk": 100, "lease": "3s"}
    journey.people(50)
    journey.sql("CREATE TABLE late (id bigint PRIMARY KEY, note varchar(200))")
    journey.sql("CREATE TABLE lines (id bigint, note varchar(200))")
    journey.sql("ALTER TABLE lines REPLICA IDENTITY FULL")
    for name in ("late", "lines"):
        journey.sql(f"INSERT INTO {name} SELECT n, 'n' FROM generate_series(1, 300) AS n")
    journey.more["source"] = {"tables": {"include": ["public.people", "public.visits"]}}
    with opened(journey.config, threading.Event()) as context, running(journey) as run:
        found = until_status(journey, run, in_sync)
        pids = {role: found["roles"][role]["pid"] for role in ("capture", "apply", "coordinate")}
        with writing(journey, "late", "lines"):
            for name in ("late", "lines"):
                context.state.ask("table add", "ann@there", {"table": f"public.{name}"})
            if when == "joining":
                until(lambda: len(context.tracked()) == 3, "the first has begun to join")
            else:
                until(lambda: not context.state.requests(), "both are loaded")
                pids["load"] = status(journey)["roles"]["load"]["pid"]
            for pid in pids.values():
                os.kill(pid, signal.SIGKILL)
            until(lambda: not context.state.requests(), "answers")
            journey.until_tables(TableState.CONSISTENT)
        until_equal(journey, "late", "lines", "visits")
        assert decided(journey, "add", "public.late").endswith("nothing was changed")
        run.send_signal(signal.SIGTERM)
        assert run.wait(PATIENCE_S) == 143
