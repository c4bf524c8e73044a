"""A change that waits for another transaction's row lock goes on with the row as it is then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, rows
from tests.patience import PATIENCE_S, until

Change = Callable[[str, str], int]

JSON = '\'[{"id":1,"v":5}]\''


@pytest.fixture(autouse=True)
def table(run: Run) -> None:
    run(
        "DROP TABLE IF EXISTS dbo.t, dbo.s, dbo.keyless; "
        "CREATE TABLE dbo.t (id int PRIMARY KEY, v int); "
        "CREATE TABLE dbo.s (id int PRIMARY KEY, v int); CREATE TABLE dbo.keyless (id int, v int); "
        "INSERT INTO dbo.t VALUES (1, 1), (2, 2); INSERT INTO dbo.s VALUES (1, 10); "
        "INSERT INTO dbo.keyless VALUES (1, 1), (2, 2)"
    )


@pytest.fixture
def after(run: Run, second: pyodbc.Connection, watch: Run) -> Change:
    """How many rows a change alters that had to wait for another one to commit."""

    def execute(first: str, waiting: str) -> int:
        (spid,) = rows(second, "SELECT @@SPID")[0]
        run(f"BEGIN TRANSACTION; {first}")
        with ThreadPoolExecutor(1) as pool:
            changed = pool.submit(rows, second, f"{waiting}; SELECT @@ROWCOUNT")
            try:
                await_block(watch, spid)
            finally:
                run("COMMIT")
            return int(changed.result(PATIENCE_S)[0][0])

    return execute


@pytest.fixture
def watch(database: str) -> Iterator[Run]:
    """A session that is in no transaction."""
    with closing(pyodbc.connect(database, autocommit=True, timeout=60)) as opened:
        yield partial(rows, opened)


def await_block(run: Run, spid: int) -> None:
    blocked = "SELECT 1 FROM sys.dm_exec_requests WHERE session_id = ? AND blocking_session_id <> 0"
    until(lambda: bool(run(blocked, spid)), "the second session's wait")


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE t SET v = t.v + j.v FROM dbo.t AS t JOIN OPENJSON({JSON}) WITH (id int, v int) "
        "AS j ON j.id = t.id",
        "DECLARE @j nvarchar(max) = " + JSON + "; UPDATE t SET v = t.v + j.v FROM dbo.t AS t "
        "JOIN OPENJSON(@j) WITH (id int, v int) AS j ON j.id = t.id",
        "UPDATE t SET v = t.v + 5 FROM dbo.t AS t LEFT JOIN dbo.s AS s ON s.id = t.id "
        "WHERE s.id = 1",
        "UPDATE t SET v = t.v + s.v / 2 FROM dbo.s AS s LEFT JOIN dbo.t AS t ON s.id = t.id",
        "UPDATE t SET v = t.v + q.v FROM dbo.t AS t CROSS APPLY (SELECT s.v / 2 AS v FROM dbo.s "
        "AS s WHERE s.id = t.id) AS q",
        "UPDATE t SET v = t.v + q.v FROM dbo.t AS t JOIN (SELECT id, MAX(v) / 2 AS v FROM dbo.s "
        "GROUP BY id) AS q ON q.id = t.id",
        "UPDATE TOP (1) dbo.t SET v += 5 WHERE id = 1",
        "UPDATE TOP (1) t SET v = t.v + 5 FROM dbo.t AS t JOIN dbo.s AS s ON s.id = t.id",
        "UPDATE dbo.t SET v += 5 WHERE id = 1",
        "UPDATE q SET v = q.v + 5 FROM (SELECT id, v FROM dbo.t WHERE id = 1) AS q",
        "WITH q AS (SELECT TOP (1) id, v FROM dbo.t ORDER BY id) UPDATE q SET v = v + 5",
        "WITH q AS (SELECT id, v, ROW_NUMBER() OVER (ORDER BY id) AS n FROM dbo.t) "
        "UPDATE q SET v = v + 5 WHERE n = 1",
        "MERGE dbo.t AS t USING dbo.s AS s ON s.id = t.id WHEN MATCHED THEN UPDATE SET "
        "v = t.v + s.v / 2;",
    ],
)
def test_an_update_finds_the_new_version(change: str, after: Change, run: Run) -> None:
    assert after("UPDATE dbo.t SET v = 100 WHERE id = 1", change) == 1
    assert run("SELECT v FROM dbo.t ORDER BY id") == [(105,), (2,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE k SET v = k.v + 5 FROM dbo.keyless AS k LEFT JOIN dbo.s AS s ON s.id = k.id "
        "WHERE k.id = 1",
        "UPDATE TOP (1) dbo.keyless SET v += 5 WHERE id = 1",
    ],
)
def test_a_table_without_a_key_waits_as_a_whole(change: str, after: Change, run: Run) -> None:
    assert after("UPDATE dbo.keyless SET v = 100 WHERE id = 1", change) == 1
    assert run("SELECT v FROM dbo.keyless ORDER BY id") == [(105,), (2,)]


@pytest.mark.parametrize(
    "change",
    [
        f"DELETE t FROM dbo.t AS t JOIN OPENJSON({JSON}) WITH (id int, v int) AS j ON j.id = t.id",
        "DELETE t FROM dbo.t AS t LEFT JOIN dbo.s AS s ON s.id = t.id WHERE s.id = 1",
        "DELETE TOP (1) FROM dbo.t WHERE id = 1",
        "WITH q AS (SELECT TOP (1) id FROM dbo.t ORDER BY id) DELETE FROM q",
        "DELETE TOP (1) t FROM dbo.t AS t LEFT JOIN dbo.s AS s ON s.id = t.id WHERE s.id = 1",
    ],
)
def test_a_delete_finds_the_new_version(change: str, after: Change, run: Run) -> None:
    assert after("UPDATE dbo.t SET v = 100 WHERE id = 1", change) == 1
    assert run("SELECT id FROM dbo.t") == [(2,)]


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE t SET v = 0 FROM dbo.t AS t JOIN OPENJSON({JSON}) WITH (id int, v int) AS j "
        "ON j.id = t.id WHERE t.v = 1",
        "UPDATE t SET v = 0 FROM dbo.t AS t LEFT JOIN dbo.s AS s ON s.id = t.id WHERE t.v = 1",
        "UPDATE TOP (1) dbo.t SET v = 0 WHERE v = 1",
        "UPDATE TOP (1) dbo.keyless SET v = 0 WHERE v = 1",
        "DELETE TOP (1) FROM dbo.t WHERE v = 1",
        "DELETE q FROM (SELECT id FROM dbo.t WHERE v = 1) AS q",
    ],
)
def test_the_condition_is_asked_of_the_new_version(change: str, after: Change, run: Run) -> None:
    first = "UPDATE dbo.t SET v = 100 WHERE id = 1; UPDATE dbo.keyless SET v = 100 WHERE id = 1"
    assert after(first, change) == 0
    assert run("SELECT v FROM dbo.t ORDER BY id") == [(100,), (2,)]


def test_top_takes_another_row_when_the_first_has_gone(after: Change, run: Run) -> None:
    """Two workers that take one row each from a queue."""
    take = "UPDATE TOP (1) dbo.t SET v = 0 WHERE v > 0"
    assert after(take, take) == 1
    assert run("SELECT v FROM dbo.t ORDER BY id") == [(0,), (0,)]
