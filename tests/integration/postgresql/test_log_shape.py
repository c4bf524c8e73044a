"""Changes of a table's shape, as the log lets them be seen."""

from __future__ import annotations

import pytest

from connectors.postgresql.source import PostgresqlSource
from model.change import SchemaChanged
from model.types import Kind
from tests.integration.postgresql.conftest import Connection
from tests.integration.postgresql.reading import Log, only_changes


async def test_an_added_column_starts_a_new_version(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1)")
    admin.execute("ALTER TABLE t ADD COLUMN note text, ADD COLUMN n int NOT NULL DEFAULT 5")
    admin.execute("INSERT INTO t VALUES (2, 'x')")

    events = await log.changes()

    [changed] = [event for event in events if isinstance(event, SchemaChanged)]
    assert changed.old == log.tables[0]
    assert changed.new.version == 2
    note, number = changed.new.columns[1:]
    assert (note.name, note.type.kind, note.nullable, note.default) == (
        "note",
        Kind.TEXT,
        True,
        None,
    )
    assert (number.nullable, number.default) == (False, "5")
    first, second = only_changes(events)
    assert (first.table, first.after) == (changed.old, b'{"id":1}')
    assert (second.table, second.after) == (changed.new, b'{"id":2,"note":"x","n":5}')


async def test_a_default_that_filled_old_rows_and_went_is_still_seen(
    admin: Connection, source: PostgresqlSource
) -> None:
    """✗ A default fills old rows without a trace in the log."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1)")
    admin.execute("ALTER TABLE t ADD COLUMN n int DEFAULT 5")
    admin.execute("ALTER TABLE t ALTER COLUMN n DROP DEFAULT")
    admin.execute("INSERT INTO t VALUES (2)")

    events = await log.changes()

    [changed] = [event for event in events if isinstance(event, SchemaChanged)]
    assert changed.new.column("n").default is not None


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ("ALTER TABLE t DROP COLUMN v", ["id", "w"]),
        ("ALTER TABLE t RENAME COLUMN v TO u", ["id", "u", "w"]),
        ("ALTER TABLE t ALTER COLUMN v TYPE bigint", ["id", "v", "w"]),
    ],
)
async def test_other_changes_of_shape_are_told(
    change: str, columns: list[str], admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v int, w int)")
    log = Log(source, "t")
    admin.execute(change)
    admin.execute("DELETE FROM t")
    admin.execute("INSERT INTO t (id) VALUES (1)")

    events = await log.changes()

    [changed] = [event for event in events if isinstance(event, SchemaChanged)]
    assert [column.name for column in changed.new.columns] == columns


async def test_a_column_that_is_gone_from_the_catalog_cannot_be_followed(
    admin: Connection, source: PostgresqlSource
) -> None:
    """The log lags behind: what it shows was added and dropped before we read of it."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    admin.execute("ALTER TABLE t ADD COLUMN n int")
    admin.execute("INSERT INTO t VALUES (1, 5)")
    admin.execute("ALTER TABLE t DROP COLUMN n")

    events = await log.changes()

    [changed] = [event for event in events if isinstance(event, SchemaChanged)]
    assert changed.new.column("n").nullable is False
