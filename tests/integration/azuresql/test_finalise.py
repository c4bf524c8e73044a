"""Constraints, triggers and numbers at the end, and back again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing

import pyodbc
import pytest

from connectors.azuresql.finalise import statistics
from connectors.azuresql.target import AzureSqlTarget
from model.catalog import TableName
from model.errors import DataRefused, ReplicatorError
from tests.integration.azuresql.conftest import Look
from tests.patience import PATIENCE_S

USERS = TableName("dbo", "users")
POSTS = TableName("dbo", "posts")
TABLES = [USERS, POSTS]
FLAGS = (
    "SELECT name, CAST(is_disabled AS int), CAST(is_not_trusted AS int) "
    "FROM sys.foreign_keys ORDER BY name"
)

LOOKS_FOR_DEADLOCKS_AFTER_S = 1.2
WAITING = (
    "SELECT 1 FROM sys.dm_tran_locks WHERE request_status = 'WAIT' "
    "AND resource_database_id = DB_ID()"
)


@pytest.fixture
def tables(sql: Look) -> None:
    sql("CREATE TABLE dbo.users (id int IDENTITY(1, 1) NOT NULL PRIMARY KEY, name nvarchar(9))")
    sql(
        "CREATE TABLE dbo.posts (id int NOT NULL PRIMARY KEY, author int NULL, n int NULL "
        "CONSTRAINT ck_n CHECK (n > 0))"
    )


def foreign_key(sql: Look, name: str, *, ours: bool) -> None:
    sql(
        f"ALTER TABLE dbo.posts WITH {'NOCHECK' if ours else 'CHECK'} ADD CONSTRAINT {name} "
        "FOREIGN KEY (author) REFERENCES dbo.users (id)"
    )
    if ours:
        sql(f"ALTER TABLE dbo.posts NOCHECK CONSTRAINT {name}")


@pytest.mark.usefixtures("tables")
def test_our_foreign_keys_are_enforced_at_once_and_trusted_afterwards(
    target: AzureSqlTarget, sql: Look
) -> None:
    foreign_key(sql, "fk_ours", ours=True)
    assert sql(FLAGS) == [("fk_ours", 1, 1)]
    lines = target.finalise(TABLES, {})
    assert "dbo.posts foreign key fk_ours: enabled, not trusted" in lines
    assert sql(FLAGS) == [("fk_ours", 0, 1)]
    with pytest.raises(Exception, match="547"):
        sql("INSERT INTO dbo.posts VALUES (1, 99, 1)")
    lines = target.retrust(TABLES)
    assert "dbo.posts foreign key fk_ours: enabled, trusted" in lines
    assert sql(FLAGS) == [("fk_ours", 0, 0)]
    assert target.finalise(TABLES, {}) is not None
    assert sql(FLAGS) == [("fk_ours", 0, 0)]


@pytest.mark.usefixtures("tables")
def test_what_was_there_is_off_for_the_sync_and_then_exactly_as_before(
    target: AzureSqlTarget, sql: Look
) -> None:
    foreign_key(sql, "fk_on", ours=False)
    foreign_key(sql, "fk_off", ours=True)
    before = sql(FLAGS)
    assert before == [("fk_off", 1, 1), ("fk_on", 0, 0)]
    target.unfinalise(TABLES)
    target.unfinalise(TABLES)
    assert [row[:2] for row in sql(FLAGS)] == [("fk_off", 1), ("fk_on", 1)]
    sql("INSERT INTO dbo.posts VALUES (1, NULL, 1)")
    target.finalise(TABLES, {}, True)
    assert sql(FLAGS) == before


@pytest.mark.usefixtures("tables")
def test_finalise_has_an_inverse(target: AzureSqlTarget, sql: Look) -> None:
    foreign_key(sql, "fk_ours", ours=True)
    target.finalise(TABLES, {}, True)
    assert sql(FLAGS) == [("fk_ours", 0, 0)]
    lines = target.unfinalise(TABLES)
    assert "dbo.posts foreign key fk_ours: disabled" in lines
    sql("INSERT INTO dbo.posts VALUES (1, 99, 1)")
    with pytest.raises(DataRefused) as raised:
        target.finalise(TABLES, {}, True)
    assert raised.value.number == 547
    sql("DELETE FROM dbo.posts")
    target.finalise(TABLES, {}, True)
    assert sql(FLAGS) == [("fk_ours", 0, 0)]


@pytest.mark.usefixtures("tables")
def test_after_the_switch_a_broken_row_is_told_not_raised(
    target: AzureSqlTarget, sql: Look
) -> None:
    foreign_key(sql, "fk_ours", ours=True)
    sql("INSERT INTO dbo.posts VALUES (1, 99, 1)")
    target.finalise(TABLES, {})
    told = [line for line in target.retrust(TABLES) if "fk_ours" in line]
    assert len(told) == 1
    assert told[0].startswith("dbo.posts foreign key fk_ours: enabled, not trusted: ")
    assert "[547]" in told[0]


@pytest.mark.usefixtures("tables")
def test_old_rows_are_checked_while_the_application_writes(
    target: AzureSqlTarget, sql: Look, target_database: str
) -> None:
    """✗ Its transaction holds the parent and wants the child: it must not be the victim."""
    foreign_key(sql, "fk_ours", ours=True)
    sql("INSERT INTO dbo.users (name) VALUES (N'a')")
    target.finalise(TABLES, {})
    application = pyodbc.connect(target_database, autocommit=False)
    with closing(application), ThreadPoolExecutor(1) as pool:
        application.execute("UPDATE dbo.users SET name = N'b' WHERE id = 1")
        checking = pool.submit(target.retrust, TABLES)
        while not checking.done() and not sql(WAITING):
            pass
        # Whoever waits when the server looks for deadlocks would find none yet: the next to wait
        # would be the victim.
        wait([checking], LOOKS_FOR_DEADLOCKS_AFTER_S)
        application.execute("INSERT INTO dbo.posts VALUES (1, 1, 1)")
        application.commit()
        assert "dbo.posts foreign key fk_ours: enabled, trusted" in checking.result(PATIENCE_S)
    assert sql(FLAGS) == [("fk_ours", 0, 0)]


@pytest.mark.usefixtures("tables")
def test_numbers_go_on_where_the_source_stopped(target: AzureSqlTarget, sql: Look) -> None:
    """✗ An identity that only knows its rows gives a number of a deleted row again."""
    sql("CREATE SEQUENCE dbo.orders AS bigint START WITH 1 INCREMENT BY 1")
    sql("SET IDENTITY_INSERT dbo.users ON; INSERT INTO dbo.users (id, name) VALUES (5, N'e')")
    sql("SET IDENTITY_INSERT dbo.users OFF")
    given = {"dbo.users.id": 40, "dbo.orders": 99, "dbo.unknown": 1}
    lines = target.finalise(TABLES, given)
    assert "dbo.users.id identity: reseeded" in lines
    assert "dbo.orders sequence: restarted" in lines
    assert "dbo.unknown: the target has no such sequence or identity" in lines
    assert sql("INSERT INTO dbo.users (name) OUTPUT inserted.id VALUES (N'f')") == [(41,)]
    assert [int(r[0]) for r in sql("SELECT NEXT VALUE FOR dbo.orders")] == [100]
    lines = target.finalise(TABLES, given)
    assert "dbo.users.id identity: in place" in lines
    assert sql("INSERT INTO dbo.users (name) OUTPUT inserted.id VALUES (N'g')") == [(42,)]
    assert [int(r[0]) for r in sql("SELECT NEXT VALUE FOR dbo.orders")] == [101]


@pytest.mark.usefixtures("tables")
def test_a_table_that_never_had_a_row_starts_after_the_sources_last_number(
    target: AzureSqlTarget, sql: Look
) -> None:
    target.finalise(TABLES, {"dbo.users.id": 40})
    assert sql("INSERT INTO dbo.users (name) OUTPUT inserted.id VALUES (N'a')") == [(41,)]


def test_statistics_are_fresh_and_a_missing_table_is_named(
    target: AzureSqlTarget, sql: Look
) -> None:
    sql("CREATE TABLE dbo.users (id int NOT NULL PRIMARY KEY)")
    target.update_statistics([USERS])
    with pytest.raises(ReplicatorError) as refused:
        target.update_statistics([USERS, POSTS])
    assert refused.value.object == "dbo.posts"


def test_statistics_are_asked_for_by_table() -> None:
    assert statistics(TableName("dbo", "a]b")) == (
        "/* replicator:statistics */ UPDATE STATISTICS [dbo].[a]]b]"
    )
