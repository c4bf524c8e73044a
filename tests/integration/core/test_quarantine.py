"""A table that cannot go on stops alone, and goes on when a person has mended its cause."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from model.state import MigrationState, TableState
from replicator.cli.roles import ROLES
from replicator.coordination import opened
from tests.integration.core.journey import Journey
from tests.patience import until

PEOPLE = "public.people"


def state(journey: Journey, name: str = "people") -> tuple[str, str]:
    """The table's state and why it is there, as the target remembers."""
    ((state, reason),) = journey.target(
        f"SELECT state, reason FROM replicator.tracked WHERE source_name = N'{name}'"
    )
    return state, reason


def until_quarantined(journey: Journey, name: str = "people") -> None:
    until(lambda: state(journey, name)[0] == "quarantined", lambda: state(journey, name))


def until_rows(journey: Journey, sql: str, *rows: object) -> None:
    until(lambda: [row[0] for row in journey.target(sql)] == list(rows), sql)


def decided(journey: Journey, what: str, name: str, code: int = 0) -> str:
    ended = journey.replicator("table", what, name)
    assert ended.returncode == code, ended.stderr
    return (ended.stderr if code else ended.stdout).strip()


def retried(journey: Journey, name: str, code: int = 0) -> str:
    return decided(journey, "retry", name, code)


def until_equal(journey: Journey, *names: str) -> None:
    """Both ends hold the same rows: no change is missing and none was applied twice."""

    def differences() -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for name in names:
            here = Counter(journey.target(f"SELECT id, note FROM dbo.{name}"))
            here.subtract(Counter(journey.sql(f"SELECT id, note FROM {name}")))
            found += [(name, row, count) for row, count in here.items() if count]
        return found

    until(lambda: not differences(), differences)


@contextmanager
def writing(journey: Journey, *names: str) -> Iterator[None]:
    """An application that inserts, updates and deletes in these tables until the block ends, and
    holds a transaction open across every moment at which a snapshot could be taken."""
    stop = threading.Event()

    def write(name: str) -> None:
        dsn = make_conninfo(journey.dsn, user=journey.app, password="app-secret")
        with psycopg.connect(dsn) as connection:
            number = 10_000
            while not stop.is_set():
                number += 1
                connection.execute(f"INSERT INTO {name} (id, note) VALUES (%s, 'new')", [number])
                connection.execute(f"UPDATE {name} SET note = 'old' WHERE id = %s", [number - 2])
                connection.execute(f"DELETE FROM {name} WHERE id = %s", [number - 5])
                stop.wait(0.5)
                connection.commit()

    with ThreadPoolExecutor(len(names)) as pool:
        running = [pool.submit(write, name) for name in names]
        try:
            yield
        finally:
            stop.set()
            for each in running:
                each.result(60)


def test_a_quarantined_table_is_mended_and_catches_up(journey: Journey) -> None:
    journey.people(50)
    with opened(journey.config, threading.Event()) as context, journey.roles(*ROLES):
        journey.until(MigrationState.IN_SYNC)
        assert retried(journey, PEOPLE) == f"{PEOPLE} is not quarantined: nothing was changed"
        said = retried(journey, "public.peopel", code=2)
        assert "public.peopel: no such table is captured" in said
        assert f"did you mean '{PEOPLE}'?" in said

        journey.target("ALTER TABLE dbo.people ADD CONSTRAINT short CHECK (LEN(name) < 30)")
        journey.sql("UPDATE people SET name = repeat('x', 30) WHERE id = 7")
        journey.sql("UPDATE people SET name = 'behind it' WHERE id = 8")
        journey.sql("UPDATE visits SET note = 'goes on' WHERE id = 1")
        until_quarantined(journey)
        assert "[547]" in state(journey)[1]
        until_rows(journey, "SELECT note FROM dbo.visits WHERE id = 1", "goes on")
        blocked = journey.replicator("cutover", "--confirm", journey.name)
        assert blocked.returncode == 3, blocked.stdout + blocked.stderr
        assert f"{PEOPLE} is quarantined" in blocked.stdout

        # Nothing was mended yet: what was refused is tried first, and refused again.
        assert retried(journey, PEOPLE) == f"{PEOPLE} is consistent again"
        until_quarantined(journey)

        journey.target("ALTER TABLE dbo.people DROP CONSTRAINT short")
        assert retried(journey, PEOPLE) == f"{PEOPLE} is consistent again"
        names = "SELECT name FROM dbo.people WHERE id IN (7, 8) ORDER BY id"
        until_rows(journey, names, "x" * 30, "behind it")
        assert state(journey)[0] == "consistent"
        noted = [entry for entry in context.state.entries() if entry.event == "table retry"]
        assert [entry.detail["table"] for entry in noted] == [PEOPLE, PEOPLE]


@pytest.mark.slow
def test_one_record_is_dropped_and_tables_are_loaded_anew_under_writes(journey: Journey) -> None:
    """✗ A reload that reads a plain snapshot loses what commits around it or applies it twice: the
    keyless table shows it."""
    journey.more["apply"] = {"batch_rows": 50}
    journey.people(50)
    journey.sql("CREATE TABLE notes (id bigint PRIMARY KEY, note varchar(200))")
    journey.sql("CREATE TABLE lines (id bigint, note varchar(200))")
    journey.sql("ALTER TABLE lines REPLICA IDENTITY FULL")
    for name in ("notes", "lines"):
        journey.sql(f"INSERT INTO {name} SELECT n, 'n' FROM generate_series(1, 120) AS n")
    with opened(journey.config, threading.Event()) as context, journey.roles(*ROLES):
        journey.until(MigrationState.IN_SYNC)
        journey.target("ALTER TABLE dbo.notes ADD CONSTRAINT short CHECK (LEN(note) < 30)")
        journey.sql("UPDATE notes SET note = repeat('secret', 6) WHERE id = 7")
        until_quarantined(journey, "notes")
        journey.sql("UPDATE notes SET note = 'behind it' WHERE id IN (7, 8)")
        shown = decided(journey, "show", "public.notes")
        assert "op: u" in shown
        assert "after: id = a number of 1 digits, note = a text of 36 characters" in shown
        assert "secret" not in shown

        assert decided(journey, "skip", "public.notes") == "public.notes is consistent again"
        until_equal(journey, "notes")
        (skipped,) = (each for each in context.state.entries() if each.event == "table skip")
        assert skipped.detail["table"] == "public.notes"
        assert (skipped.detail["op"], skipped.detail["topic"]) == (
            "u",
            f"{journey.prefix}.public.notes",
        )

        journey.sql("UPDATE notes SET note = repeat('secret', 6) WHERE id = 9")
        until_quarantined(journey, "notes")
        journey.target("ALTER TABLE dbo.notes DROP CONSTRAINT short")
        journey.target("DELETE FROM dbo.notes WHERE id < 100")
        with writing(journey, "notes", "lines"):
            for name in ("public.notes", "public.lines"):
                said = f"{name} is loaded anew; `replicator status` shows how far"
                assert decided(journey, "reload", name) == said
            journey.until_tables(TableState.CONSISTENT)
        until_equal(journey, "notes", "lines", "visits")
        begun = {each.source.name for each in context.tracked() if each.anew}
        assert begun == {"notes", "lines"}
