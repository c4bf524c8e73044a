"""The source changes its tables while they are captured: followed, or stopped and brought back."""

from __future__ import annotations

import threading

import pytest

from model.state import MigrationState, TableState
from replicator.coordination import opened
from tests.integration.core.journey import Journey
from tests.integration.core.test_quarantine import (
    decided,
    state,
    until_equal,
    until_quarantined,
    until_rows,
)

COLUMNS = (
    "SELECT name FROM sys.columns WHERE object_id = OBJECT_ID(N'dbo.notes') ORDER BY column_id"
)


@pytest.mark.slow
def test_a_new_column_is_followed_and_what_is_not_is_brought_back_by_a_reload(
    journey: Journey,
) -> None:
    journey.sql("CREATE TABLE notes (id bigint PRIMARY KEY, note varchar(200), old int)")
    journey.sql("CREATE TABLE lines (id bigint, note varchar(200))")
    journey.sql("ALTER TABLE lines REPLICA IDENTITY FULL")
    for name, more in (("notes", ", 1"), ("lines", "")):
        journey.sql(f"INSERT INTO {name} SELECT n, 'n'{more} FROM generate_series(1, 300) AS n")
    with opened(journey.config, threading.Event()) as context, journey.roles("coordinate"):
        with journey.roles("capture", "apply", "load"):
            journey.until(MigrationState.IN_SYNC)
            for name in ("notes", "lines"):
                # The applier knows the table in its first shape before the column comes.
                journey.sql(f"UPDATE {name} SET note = 'first' WHERE id = 3")
                until_rows(journey, f"SELECT note FROM dbo.{name} WHERE id = 3", "first")
                journey.sql(f"ALTER TABLE {name} ADD COLUMN extra text")
                journey.sql(f"UPDATE {name} SET extra = 'came later' WHERE id = 7")
                there = f"SELECT COL_LENGTH(N'dbo.{name}', N'extra')"
                until_rows(journey, there, -1)
                query = f"SELECT extra FROM dbo.{name} WHERE extra IS NOT NULL"
                until_rows(journey, query, "came later")
                assert state(journey, name)[0] == "consistent"
            followed = [each for each in context.state.entries() if each.event == "follow"]
            assert [each.detail["table"] for each in followed] == ["public.notes", "public.lines"]
            assert followed[0].detail["text"].endswith("ADD [extra] nvarchar(max) NULL")

            journey.sql("ALTER TABLE notes DROP COLUMN old")
            journey.sql("ALTER TABLE notes ALTER note TYPE text, ADD COLUMN size int DEFAULT 5")
            journey.sql("UPDATE notes SET note = repeat('long ', 100) WHERE id = 8")
            until_quarantined(journey, "notes")
            reason = state(journey, "notes")[1]
            for words in (
                "column old is gone",
                "column note character varying(200) became text",
                "column size integer with default 5 is new",
                "`replicator table reload public.notes`",
            ):
                assert words in reason
            said = decided(journey, "retry", "public.notes", code=3)
            assert "load it again: `replicator table reload public.notes`" in said
        # Nobody captures: what stopped the table may be read again, and must not stop it again.
        said = decided(journey, "reload", "public.notes")
        assert "public.notes is loaded anew in its new shape" in said
        with journey.roles("capture", "apply", "load"):
            journey.until_tables(TableState.CONSISTENT)
            journey.sql("UPDATE notes SET size = 6 WHERE id = 9")
            until_rows(journey, "SELECT size FROM dbo.notes WHERE id IN (8, 9) ORDER BY id", 5, 6)
            until_equal(journey, "notes", "lines")
            names = [row[0] for row in journey.target(COLUMNS)]
            assert names == ["id", "note", "extra", "size"]

            # The log tells of a column with the first change only: a cut-over must not be sooner.
            journey.sql("ALTER TABLE lines ADD COLUMN unseen text")
            ended = journey.replicator("cutover", "--confirm", journey.name)
            assert ended.returncode == 3, ended.stdout + ended.stderr
            assert "public.lines.unseen is new and not in the target yet" in ended.stdout
