"""HOLDLOCK holds the key that a condition names, also where its row is not there, and no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context

import pyodbc
import pytest

from tests.integration.tsql.conftest import Rows, Run, number, rows
from tests.integration.tsql.test_bulk_load import load
from tests.integration.tsql.test_waiting import await_block

HOLDS = [
    "SELECT v FROM dbo.h WITH (UPDLOCK, HOLDLOCK) WHERE id = 5",
    "SELECT v FROM dbo.h AS x WITH (SERIALIZABLE, UPDLOCK) WHERE (x.v = 1 OR 1 = 1) AND x.id = 5",
    "DECLARE @id int = 5; IF NOT EXISTS (SELECT 1 FROM dbo.h WITH (XLOCK, HOLDLOCK) "
    "WHERE id = @id) SELECT 1",
    "UPDATE dbo.h WITH (SERIALIZABLE) SET v = 1 WHERE 5 = id",
    "UPDATE x SET v = 1 FROM dbo.h AS x WITH (HOLDLOCK) WHERE x.id = 5",
    "DELETE FROM dbo.h WITH (HOLDLOCK) WHERE id = 5",
    "MERGE dbo.h WITH (HOLDLOCK) AS t USING (VALUES (5)) AS s (id) ON s.id = t.id "
    "WHEN MATCHED THEN DELETE;",
    "DECLARE @j nvarchar(max) = N'[{\"id\":5}]'; MERGE INTO dbo.h WITH (SERIALIZABLE) AS t "
    "USING OPENJSON(@j) WITH (id int) AS s ON t.id = s.id WHEN MATCHED THEN DELETE;",
]
"""What leaves the absent key 5 held."""

UPSERT = (
    "MERGE dbo.h WITH (HOLDLOCK) AS t USING (VALUES (5, 1)) AS s (id, v) ON s.id = t.id "
    "WHEN MATCHED THEN UPDATE SET v = t.v + s.v WHEN NOT MATCHED THEN INSERT (id, v) "
    "VALUES (s.id, s.v);"
)
Waiting = Callable[[str], "Future[Rows]"]


@pytest.fixture(autouse=True)
def table(run: Run) -> None:
    """A table whose keys have been held before: the first time takes the whole table."""
    run(
        "DROP TABLE IF EXISTS dbo.h; CREATE TABLE dbo.h (id int PRIMARY KEY, v int); "
        "INSERT INTO dbo.h VALUES (1, 10); "
        "UPDATE dbo.h WITH (HOLDLOCK) SET v = 10 WHERE id = 1"
    )


@pytest.fixture
def waiting(second: pyodbc.Connection, watch: Run) -> Iterator[Waiting]:
    """Runs a batch on the second connection and comes back when it waits for the first one."""
    (spid,) = rows(second, "SELECT @@SPID")[0]
    with ThreadPoolExecutor(1) as pool:

        def begin(batch: str) -> Future[Rows]:
            started = pool.submit(rows, second, batch)
            await_block(watch, spid)
            return started

        yield begin


@pytest.fixture
def watch(database: str) -> Iterator[Run]:
    """A session that is in no transaction."""
    with closing(pyodbc.connect(database, autocommit=True, timeout=60)) as opened:
        yield partial(rows, opened)


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO dbo.h VALUES (5, 2)",
        "UPDATE dbo.h SET id = 5 WHERE id = 1",
        UPSERT,
    ],
    ids=["insert", "update", "merge"],
)
def test_an_absent_key_is_held_against_every_writer(
    hold: str, write: str, run: Run, second: pyodbc.Connection
) -> None:
    run(f"BEGIN TRANSACTION; {hold}")
    with pytest.raises(pyodbc.Error) as raised:
        rows(second, f"SET LOCK_TIMEOUT 50; {write}")
    assert number(raised.value) == 1222
    run("COMMIT")
    rows(second, f"SET LOCK_TIMEOUT -1; {write}")
    assert run("SELECT COUNT(*) FROM dbo.h WHERE id = 5") == [(1,)]


@pytest.mark.parametrize("hold", HOLDS)
def test_other_keys_are_free(hold: str, run: Run, second: pyodbc.Connection) -> None:
    run(f"BEGIN TRANSACTION; {hold}")
    rows(
        second,
        "SET LOCK_TIMEOUT 50; INSERT INTO dbo.h VALUES (6, 1); "
        "UPDATE dbo.h SET v = 11 WHERE id = 1; DELETE FROM dbo.h WHERE id = 6; "
        + UPSERT.replace("(5", "(7"),
    )
    run("ROLLBACK")


def test_two_upserts_of_an_absent_key_make_one_row(run: Run, waiting: Waiting) -> None:
    run(f"BEGIN TRANSACTION; {UPSERT}")
    second = waiting(UPSERT)
    run("COMMIT")
    second.result(30)
    assert run("SELECT v FROM dbo.h WHERE id = 5") == [(2,)]


def test_an_upsert_goes_on_when_the_other_is_rolled_back(run: Run, waiting: Waiting) -> None:
    run(f"BEGIN TRANSACTION; {UPSERT}")
    second = waiting(UPSERT)
    run("ROLLBACK")
    second.result(30)
    assert run("SELECT v FROM dbo.h WHERE id = 5") == [(1,)]


def test_upserts_of_several_rows_each_wait_for_their_keys(run: Run, waiting: Waiting) -> None:
    several = UPSERT.replace("(VALUES (5, 1))", "(VALUES (9, 1), (5, 1), (7, 1))")
    run(f"BEGIN TRANSACTION; {UPSERT}")
    second = waiting(several)
    run("COMMIT")
    second.result(30)
    assert run("SELECT id, v FROM dbo.h WHERE id > 1 ORDER BY id") == [(5, 2), (7, 1), (9, 1)]


def test_a_key_of_text_is_held_as_the_collation_compares(
    run: Run, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    run("DROP TABLE IF EXISTS dbo.names; CREATE TABLE dbo.names (n nvarchar(20) PRIMARY KEY)")
    hold = "SELECT n FROM dbo.names WITH (UPDLOCK, HOLDLOCK) WHERE n = N'ann '"
    rows(second, f"BEGIN TRANSACTION; {hold}; COMMIT; BEGIN TRANSACTION; {hold}")
    run("SET LOCK_TIMEOUT 50; INSERT INTO dbo.names VALUES (N'Bob')")
    assert refused("INSERT INTO dbo.names VALUES (N'ANN')") == 1222
    rows(second, "ROLLBACK")


def test_a_key_of_two_columns_is_held_by_both(
    run: Run, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    run(
        "DROP TABLE IF EXISTS dbo.pairs; CREATE TABLE dbo.pairs (a bigint, b uniqueidentifier, "
        "PRIMARY KEY (b, a))"
    )
    one, two = "'11111111-1111-1111-1111-111111111111'", "'22222222-1111-1111-1111-111111111111'"
    hold = f"SELECT a FROM dbo.pairs WITH (UPDLOCK, HOLDLOCK) WHERE a = 3 AND b = {one}"
    rows(second, f"BEGIN TRANSACTION; {hold}; COMMIT; BEGIN TRANSACTION; {hold}")
    run(f"SET LOCK_TIMEOUT 50; INSERT INTO dbo.pairs VALUES (3, {two})")
    assert refused(f"INSERT INTO dbo.pairs VALUES (3, {one})") == 1222
    rows(second, "ROLLBACK")


@pytest.mark.parametrize(
    "hold",
    [
        "SELECT v FROM dbo.h WITH (UPDLOCK, HOLDLOCK) WHERE id > 4",
        "SELECT v FROM dbo.h WITH (UPDLOCK, HOLDLOCK) WHERE id = 5 OR v = 1",
        "SELECT v FROM dbo.h WITH (UPDLOCK, HOLDLOCK) WHERE v = 5",
        "SELECT v FROM dbo.h WITH (HOLDLOCK) WHERE id = 5",
        "MERGE dbo.h WITH (HOLDLOCK) AS t USING dbo.h AS s ON s.id = t.id WHEN MATCHED THEN "
        "DELETE;",
    ],
)
def test_a_range_without_a_key_holds_the_table(
    hold: str, run: Run, second: pyodbc.Connection
) -> None:
    run(f"BEGIN TRANSACTION; {hold}")
    with pytest.raises(pyodbc.Error) as raised:
        rows(second, "SET LOCK_TIMEOUT 50; INSERT INTO dbo.h VALUES (6, 2)")
    assert number(raised.value) == 1222
    run("ROLLBACK")


def test_two_transactions_that_hold_what_the_other_inserts_deadlock(
    run: Run, second: pyodbc.Connection, waiting: Waiting
) -> None:
    hold = "SELECT v FROM dbo.h WITH (UPDLOCK, HOLDLOCK) WHERE id = {}"
    run(f"BEGIN TRANSACTION; {hold.format(5)}")
    rows(second, f"BEGIN TRANSACTION; {hold.format(7)}")
    blocked = waiting("INSERT INTO dbo.h VALUES (5, 1); COMMIT")
    numbers = []
    try:
        run("INSERT INTO dbo.h VALUES (7, 1); COMMIT")
    except pyodbc.Error as error:
        numbers.append(number(error))
    try:
        blocked.result(30)
    except pyodbc.Error as error:
        numbers.append(number(error))
    assert numbers == [1205]


def test_columns_of_a_held_key_can_change(run: Run) -> None:
    run(
        "ALTER TABLE dbo.h ADD w nvarchar(5); ALTER TABLE dbo.h ALTER COLUMN v bigint; "
        "EXEC sp_rename 'dbo.h.id', 'number', 'COLUMN'"
    )
    run(
        "BEGIN TRANSACTION; SELECT v FROM dbo.h WITH (UPDLOCK, HOLDLOCK) WHERE number = 5; "
        "INSERT INTO dbo.h (number) VALUES (5); COMMIT; DROP TABLE dbo.h"
    )


def test_a_bulk_load_waits_for_a_held_key(run: Run, watch: Run, database: str) -> None:
    """The load has a process of its own: its client lets no other thread run while it waits."""
    run(f"BEGIN TRANSACTION; {HOLDS[0]}")
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        loaded = pool.submit(load, database, "dbo.h", [(4, 1), (5, 1)])
        deadline = time.monotonic() + 30
        while not watch("SELECT 1 FROM sys.dm_tran_locks WHERE request_status = N'WAIT'"):
            assert time.monotonic() < deadline, "the load does not wait"
        run("INSERT INTO dbo.h VALUES (5, 2); ROLLBACK")
        loaded.result(30)
    assert run("SELECT id FROM dbo.h ORDER BY id") == [(1,), (4,), (5,)]


def test_a_cascade_waits_for_a_held_key(
    run: Run, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    run(
        "DROP TABLE IF EXISTS dbo.child; DROP TABLE IF EXISTS dbo.parent; "
        "CREATE TABLE dbo.parent (id int PRIMARY KEY); CREATE TABLE dbo.child (id int PRIMARY KEY "
        "REFERENCES dbo.parent (id) ON UPDATE CASCADE); INSERT INTO dbo.parent VALUES (1); "
        "INSERT INTO dbo.child VALUES (1)"
    )
    hold = "SELECT id FROM dbo.child WITH (UPDLOCK, HOLDLOCK) WHERE id = 2"
    rows(second, f"BEGIN TRANSACTION; {hold}; COMMIT; BEGIN TRANSACTION; {hold}")
    assert refused("SET LOCK_TIMEOUT 50; UPDATE dbo.parent SET id = 2") == 1222
    rows(second, "ROLLBACK")


def test_a_branch_of_a_union_locks_its_rows(
    run: Run, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    run("INSERT INTO dbo.h VALUES (2, 20)")
    branch = "SELECT id FROM dbo.h WITH (UPDLOCK) WHERE id = {}"
    found = f"BEGIN TRANSACTION; {branch.format(1)} UNION ALL SELECT 9"
    assert sorted(rows(second, found)) == [(1,), (9,)]
    run("SET LOCK_TIMEOUT 50; UPDATE dbo.h SET v = 0 WHERE id = 2")
    assert refused("UPDATE dbo.h SET v = 0 WHERE id = 1") == 1222
    rows(second, "ROLLBACK")


def test_workers_take_different_rows_of_a_queue(run: Run, second: pyodbc.Connection) -> None:
    run("INSERT INTO dbo.h VALUES (2, 20), (3, 30)")
    take = "DELETE TOP (1) FROM dbo.h WITH (READPAST, ROWLOCK) OUTPUT deleted.id"
    first = "WITH q AS (SELECT TOP (1) id FROM dbo.h WITH (READPAST, UPDLOCK) ORDER BY id) "
    taken = run(f"BEGIN TRANSACTION; {first} DELETE FROM q OUTPUT deleted.id")
    taken += rows(second, f"BEGIN TRANSACTION; {take}")
    assert taken[0] == (1,)
    assert len(set(taken)) == 2
    run("ROLLBACK")
    rows(second, "COMMIT")
    assert run("SELECT COUNT(*) FROM dbo.h") == [(2,)]


def test_a_prepared_statement_holds_each_time(
    connection: pyodbc.Connection, second: pyodbc.Connection
) -> None:
    with closing(connection.cursor()) as prepared:
        update = "UPDATE dbo.h WITH (SERIALIZABLE) SET v = 1 WHERE id = ?"
        prepared.execute(update, 4)
        rows(connection, "BEGIN TRANSACTION")
        prepared.execute(update, 5)
        with pytest.raises(pyodbc.Error) as raised:
            rows(second, "SET LOCK_TIMEOUT 50; INSERT INTO dbo.h VALUES (5, 2)")
        assert number(raised.value) == 1222
        rows(connection, "ROLLBACK")
