"""A table that goes from the source, or from its publication, stops alone and is brought back."""

from __future__ import annotations

import json
import threading
import urllib.request
from typing import Any

import pytest

from model.state import MigrationState, TableState
from replicator.cli.roles import ROLES
from replicator.coordination import opened
from replicator.phases.context import Context
from tests.integration.core.journey import Journey
from tests.integration.core.test_quarantine import (
    decided,
    state,
    until_equal,
    until_quarantined,
    until_rows,
)
from tests.integration.core.test_run import status
from tests.patience import until


def metrics(context: Context) -> str:
    """What the coordinator tells Prometheus."""
    [told] = [each for each in context.state.statuses() if each.role == "coordinate/process"]
    address = f"http://127.0.0.1:{told.detail['metrics_port']}/metrics"
    with urllib.request.urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
def test_a_table_that_was_made_again_stops_and_is_loaded_anew(journey: Journey) -> None:
    """✗ Its changes since are captured by nobody, and the log shows nothing of it. Trying it again
    would go on behind a hole."""
    journey.people(20)
    journey.sql("CREATE TABLE notes (id bigint PRIMARY KEY, note varchar(200))")
    journey.sql("INSERT INTO notes VALUES (1, 'one'), (2, 'two')")
    with opened(journey.config, threading.Event()) as context, journey.roles(*ROLES):
        journey.until(MigrationState.IN_SYNC)
        journey.sql("DROP TABLE notes")
        journey.sql("CREATE TABLE notes (id bigint PRIMARY KEY, note varchar(200))")
        journey.sql("INSERT INTO notes VALUES (3, 'unseen')")
        until_quarantined(journey, "notes")
        assert "the source's log carries it no more" in state(journey, "notes")[1]
        journey.sql("UPDATE visits SET note = 'goes on' WHERE id = 1")
        until_rows(journey, "SELECT note FROM dbo.visits WHERE id = 1", "goes on")

        found = status(journey)
        assert found["quarantined"] == ["public.notes"]
        assert "quarantined: public.notes" in found["reason"]
        labels = f'migration="{journey.name}",role="coordinate"'
        lines = (
            f'replicator_tables{{{labels},state="quarantined"}} 1.0',
            f'replicator_tables{{{labels},state="consistent"}} 2.0',
            f'replicator_table{{{labels},state="quarantined",table="public.notes"}} 1.0',
        )
        until(lambda: all(line in metrics(context) for line in lines), lambda: metrics(context))

        said = decided(journey, "retry", "public.notes", code=3)
        assert "capture has left this table's changes out" in said
        assert decided(journey, "reload", "public.notes").startswith("public.notes is loaded anew")
        journey.until_tables(TableState.CONSISTENT)
        journey.sql("UPDATE notes SET note = 'seen' WHERE id = 3")
        until_equal(journey, "notes", "visits")


@pytest.mark.slow
def test_a_table_that_is_gone_for_good_is_let_go_and_the_cut_over_goes_on(
    journey: Journey,
) -> None:
    journey.people(20)
    journey.sql("CREATE TABLE notes (id bigint PRIMARY KEY, note varchar(200))")
    with (
        opened(journey.config, threading.Event()) as context,
        journey.roles("coordinate", "load"),
    ):
        with journey.roles("capture", "apply"):
            journey.until(MigrationState.IN_SYNC)
        journey.sql("INSERT INTO notes VALUES (1, 'captured by nobody')")
        journey.sql("DROP TABLE notes")
        with journey.roles("capture", "apply"):
            until_quarantined(journey, "notes")
            answer: Any = journey.ask(context)
            assert answer["state"] == "blocked", answer
            said = decided(journey, "reload", "public.notes", code=3)
            assert "the table is gone from the source" in said
            said = decided(journey, "remove", "public.notes")
            assert "dbo.notes keeps its rows as they are" in said
            shown = journey.replicator("status").stdout
            assert f"removed  public.notes (kept: dbo.notes, topic {journey.prefix}" in shown
            journey.calm(context)
            answer = journey.ask(context)
            assert answer["state"] == "switched", json.dumps(answer)
