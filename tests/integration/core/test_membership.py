"""Tables join a running migration and leave it."""

from __future__ import annotations

import getpass
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from model.catalog import TableName
from model.state import MigrationState, TableState
from replicator.cli.roles import ROLES
from replicator.coordination import opened
from replicator.coordinator import Coordinator
from replicator.phases import decisions, membership
from replicator.phases.context import Context
from tests.integration.core.journey import Journey
from tests.integration.core.test_quarantine import decided, until_equal, until_rows, writing
from tests.integration.core.test_run import status
from tests.patience import until

PUBLISHED = "SELECT tablename FROM pg_publication_tables ORDER BY 1"
ME = f"{getpass.getuser()}@{socket.gethostname()}"


def published(journey: Journey) -> list[str]:
    return [row[0] for row in journey.admin(PUBLISHED)]


def states(context: Context) -> dict[str, TableState]:
    return {table.source.name: table.state for table in context.tracked()}


def two_late_tables(journey: Journey) -> None:
    """With a key that references another table, and without any."""
    journey.sql("CREATE TABLE late (id bigint PRIMARY KEY, note varchar(200))")
    journey.sql("ALTER TABLE late ADD COLUMN person bigint REFERENCES people (id)")
    journey.sql("CREATE UNIQUE INDEX late_note ON late (note, id)")
    journey.sql("CREATE TABLE lines (id bigint, note varchar(200))")
    journey.sql("ALTER TABLE lines REPLICA IDENTITY FULL")
    for name in ("late", "lines"):
        journey.sql(f"INSERT INTO {name} SELECT n, 'n' FROM generate_series(1, 300) AS n")


@pytest.mark.slow
def test_tables_join_under_writes(journey: Journey) -> None:
    """✗ A plain snapshot after the publication's change loses what spans the two, or applies it
    twice: the keyless table shows it."""
    journey.people(20)
    with opened(journey.config, threading.Event()) as context, journey.roles(*ROLES):
        journey.until(MigrationState.IN_SYNC)
        two_late_tables(journey)
        with writing(journey, "late", "lines"):
            for name in ("late", "lines"):
                context.state.ask("table add", "ann@there", {"table": f"public.{name}"})
            until(lambda: not context.state.requests(), lambda: states(context))
            journey.until_tables(TableState.CONSISTENT)
        until_equal(journey, "late", "lines", "visits")
        assert published(journey) == ["late", "lines", "people", "visits"]
        keys = "SELECT name FROM sys.foreign_keys WHERE name LIKE N'late%'"
        assert journey.target(keys) == [("late_person_fkey",)]


@pytest.mark.slow
def test_tables_join_and_leave_and_come_back_by_command(journey: Journey) -> None:
    """✗ A capture that asks for the offsets of a topic that left takes it for lost."""
    journey.people(50)
    with opened(journey.config, threading.Event()) as context:
        with journey.roles(*ROLES):
            journey.until(MigrationState.IN_SYNC)
            two_late_tables(journey)
            assert "did you mean 'public.late'?" in decided(journey, "add", "public.lat", code=2)
            for name in ("public.late", "public.lines"):
                said = decided(journey, "add", name)
                assert said == f"{name} is loaded; `replicator status` shows how far"
            journey.until_tables(TableState.CONSISTENT)
            said = decided(journey, "add", "public.late")
            assert said == "public.late is captured already: nothing was changed"

            said = decided(journey, "remove", "public.people", code=3)
            assert "public.late, public.visits references it" in said
            said = decided(journey, "remove", "public.visits")
            assert "dbo.visits keeps its rows as they are" in said
            assert f"topic {journey.prefix}.public.visits stays" in said
            assert decided(journey, "remove", "public.visits") == said
            assert published(journey) == ["late", "lines", "people"]
            assert states(context).keys() == {"late", "lines", "people"}
            journey.sql("UPDATE visits SET note = 'not captured'")
        assert [*status(journey)["removed"]] == ["public.visits"]
        with journey.roles(*ROLES):
            journey.sql("UPDATE people SET name = 'goes on' WHERE id = 7")
            until_rows(journey, "SELECT name FROM dbo.people WHERE id = 7", "goes on")
            stale = "SELECT COUNT(*) FROM dbo.visits WHERE note <> N'not captured'"
            assert journey.target(stale) == [(100,)]
            said = decided(journey, "add", "public.visits", code=3)
            assert "the target's table holds 100 rows" in said
            journey.target("DELETE FROM dbo.visits")
            decided(journey, "add", "public.visits")
            journey.until_tables(TableState.CONSISTENT)
            journey.sql("UPDATE visits SET note = 'captured again' WHERE id = 3")
            until_equal(journey, "visits")
            blocked = journey.replicator("cutover", "--confirm", journey.name, "--format", "json")
            assert json.loads(blocked.stdout)["state"] == "switched", blocked.stdout
        deeds = [each for each in context.state.entries() if each.event.startswith("table ")]
        assert [(each.event[6:], each.detail["table"][7:]) for each in deeds] == [
            ("add", "late"),
            ("add", "lines"),
            ("remove", "visits"),
            ("add", "visits"),
        ]
        assert {each.actor for each in deeds} == {ME}


# --- without roles: what a coordinator does, and what it leaves when it dies ---------------------


class Killed(BaseException):
    """Nothing of ours catches it: the coordinator is gone."""


def begun(journey: Journey, context: Context) -> None:
    """Deployed, and its start fixed: tables may join."""
    Coordinator(context).deploy()
    row = context.state.migration()
    assert row is not None
    context.journal.enter(row, MigrationState.LOADING)
    context.state.set_start(context.source.write_marker("start", 1))


def asked(context: Context, kind: str, name: str) -> dict[str, Any] | None:
    """Leave a request, let a coordinator look once; its answer, None when there is none yet."""
    request = context.state.ask(f"table {kind}", "ann@there", {"table": name})
    decisions.serve(context)
    found = context.state.outcome(request)
    return None if found is None else dict(json.loads(found))


def capture_knows(context: Context) -> None:
    """What capture says of tables that begin anew, once a session of it has begun with them."""
    told = {
        str(each.source): {"since": each.since.text, "ends": [0] * each.partitions}
        for each in context.tracked()
        if each.anew
    }
    context.state.report_status("capture", "c", {"anew": told})


def test_a_table_is_carried_only_when_capture_knows_it(journey: Journey) -> None:
    """✗ A capture that does not know a table leaves its records uncounted: read again by one that
    does, the others' records get other positions."""
    journey.people(5)
    with opened(journey.config, threading.Event()) as context:
        begun(journey, context)
        two_late_tables(journey)
        assert asked(context, "add", "public.late") is None
        assert states(context)["late"] is TableState.JOINING
        assert "late" not in published(journey)
        decisions.serve(context)
        assert "late" not in published(journey)
        assert status(journey)["joining"] == ["public.late"]
        shown = journey.replicator("status").stdout
        assert "joining  public.late" in shown
        assert "capture does not know it yet" in shown

        capture_knows(context)
        decisions.serve(context)
        assert states(context)["late"] is TableState.PENDING
        assert "late" in published(journey)
        assert not context.state.requests()


def test_who_waits_for_a_table_to_join_is_told_when_it_is_removed(journey: Journey) -> None:
    """✗ The request that waits would add it again at the next look."""
    journey.people(5)
    with opened(journey.config, threading.Event()) as context:
        begun(journey, context)
        two_late_tables(journey)
        assert asked(context, "add", "public.late") is None
        [waiting] = context.state.requests()
        answer = asked(context, "remove", "public.late")
        assert answer is not None
        assert answer["state"] is None
        told = json.loads(context.state.outcome(waiting.id) or "")
        assert told["what"] == "ann@there removed the table before it had joined"
        decisions.serve(context)
        assert "late" not in states(context)


def test_the_operators_word_goes_beyond_include_but_not_against_exclude(journey: Journey) -> None:
    journey.more["source"] = {"tables": {"include": ["public.people"], "exclude": ["*.late"]}}
    journey.people(5)
    with opened(journey.config, threading.Event()) as context:
        begun(journey, context)
        two_late_tables(journey)
        answer = asked(context, "add", "public.late")
        assert answer is not None
        assert (answer["code"], answer["what"]) == (2, "source.tables.exclude leaves it out")
        answer = asked(context, "remove", "public.people")
        assert answer is not None
        assert (answer["code"], answer["what"]) == (3, "it is the only table")
        assert asked(context, "add", "public.visits") is None
        capture_knows(context)
        decisions.serve(context)
        assert published(journey) == ["people", "visits"]
        assert {table.name.name for table in context.catalog().tables} == {"people", "visits"}


HINDRANCES = [
    ("(id int)", "", 3, "neither a primary key nor a usable replica identity"),
    ("(id int PRIMARY KEY, n numeric(5, 2)); INSERT INTO late VALUES (1, 'NaN')", "", 3, "late.n"),
    ("(id int PRIMARY KEY, note text)", "note int", 3, "note is int, it should be nvarchar(max)"),
    ("(id int PRIMARY KEY)", "more int); INSERT dbo.late VALUES (1, 2", 3, "holds 1 rows"),
]


def test_what_hinders_is_said_before_anything_is_changed(journey: Journey) -> None:
    journey.people(5)
    with opened(journey.config, threading.Event()) as context:
        begun(journey, context)
        before = len(context.state.entries())
        for there, here, code, words in HINDRANCES:
            journey.sql(f"DROP TABLE IF EXISTS late; CREATE TABLE late {there}")
            journey.target("DROP TABLE IF EXISTS dbo.late")
            if here:
                journey.target(f"CREATE TABLE dbo.late (id int NOT NULL PRIMARY KEY, {here})")
            answer = asked(context, "add", "public.late")
            assert answer is not None, words
            assert answer["code"] == code
            assert words in f"{answer['object']}: {answer['what']}", answer
            assert answer["hint"]
            found = bool(journey.target("SELECT 1 FROM sys.tables WHERE name = N'late'"))
            assert found is bool(here)
        assert len(context.state.entries()) == before
        assert states(context).keys() == {"people", "visits"}
        assert published(journey) == ["people", "visits"]


def dying_before(step: str, context: Context) -> Callable[[], None]:
    """The coordinator dies right before this step; the function lets the next one live."""

    def die(*_: object, **__: object) -> None:
        raise Killed(step)

    part, _, name = step.rpartition(".")
    patch = pytest.MonkeyPatch()
    patch.setattr(type(getattr(context, part)) if part else membership, name, die)
    return patch.undo


STEPS = {
    "add": ["topics.create", "make", "state.save_tables", "publish", "state.set_table"],
    "remove": ["publish", "state.forget_table", "target.end_bulk_sessions"],
}


@pytest.mark.slow
def test_a_coordinator_that_dies_in_the_middle_is_followed_by_one_that_finishes(
    journey: Journey,
) -> None:
    journey.people(5)
    with opened(journey.config, threading.Event()) as context:
        begun(journey, context)
    for kind, steps in STEPS.items():
        for number, step in enumerate(steps):
            name = f"late{number}"
            journey.sql(f"CREATE TABLE IF NOT EXISTS {name} (id int PRIMARY KEY)")
            with opened(journey.config, threading.Event()) as context:
                live = dying_before(step, context)
                try:
                    with pytest.raises(Killed):  # noqa: PT012 - at one of its looks
                        asked(context, kind, f"public.{name}")
                        capture_knows(context)
                        decisions.serve(context)
                finally:
                    live()
            with opened(journey.config, threading.Event()) as context:
                decisions.serve(context)
                capture_knows(context)
                decisions.serve(context)
                assert not context.state.requests(), step
                topics = {each.topic.rpartition(".")[2] for each in context.state.checkpoints()}
                assert states(context).keys() == topics == set(published(journey)), step
                assert (name in topics) is (kind == "add"), step
                assert states(context).get(name, TableState.PENDING) is TableState.PENDING
                assert context.target.describe(TableName("dbo", name)) is not None
    with opened(journey.config, threading.Event()) as context:
        assert states(context).keys() == {"people", "visits", "late3", "late4"}
        done = [each for each in context.state.entries() if each.event.startswith("table ")]
        assert {each.actor for each in done} == {"ann@there"}
