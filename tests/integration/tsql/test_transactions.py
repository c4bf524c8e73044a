"""Transactions, errors inside them, TRY and CATCH."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, rows


@pytest.fixture(autouse=True)
def table(run: Run) -> None:
    run("DROP TABLE IF EXISTS dbo.t; CREATE TABLE dbo.t (id int PRIMARY KEY, v nvarchar(5))")


def count(connection: pyodbc.Connection) -> int:
    return int(rows(connection, "SELECT COUNT(*) FROM dbo.t")[0][0])


def test_a_failed_statement_undoes_itself_only(
    run: Run, refused: Callable[..., int], second: pyodbc.Connection
) -> None:
    run("BEGIN TRANSACTION; INSERT INTO dbo.t (id) VALUES (1)")
    assert refused("INSERT INTO dbo.t (id) VALUES (2), (1)") == 2627
    assert run("SELECT @@TRANCOUNT, XACT_STATE(), COUNT(*) FROM dbo.t") == [(1, 1, 1)]
    run("COMMIT")
    assert count(second) == 1


def test_the_batch_goes_on_after_a_statements_error(
    refused: Callable[..., int], connection: pyodbc.Connection
) -> None:
    assert (
        refused("INSERT INTO dbo.t (id) VALUES (1), (1); INSERT INTO dbo.t (id) VALUES (2)") == 2627
    )
    assert rows(connection, "SELECT id FROM dbo.t") == [(2,)]


def test_xact_abort_ends_everything(run: Run, refused: Callable[..., int]) -> None:
    run("SET XACT_ABORT ON; BEGIN TRANSACTION; INSERT INTO dbo.t (id) VALUES (1)")
    assert refused("INSERT INTO dbo.t (id) VALUES (1)") == 2627
    assert run("SELECT @@TRANCOUNT, COUNT(*) FROM dbo.t") == [(0, 0)]


def test_a_catch_finds_a_doomed_transaction(run: Run) -> None:
    assert run(
        "SET XACT_ABORT ON; BEGIN TRY BEGIN TRANSACTION; INSERT INTO dbo.t (id) VALUES (1); "
        "INSERT INTO dbo.t (id) VALUES (1); COMMIT; END TRY BEGIN CATCH "
        "DECLARE @state int = XACT_STATE(); IF XACT_STATE() <> 0 ROLLBACK; "
        "SELECT @state, @@TRANCOUNT, ERROR_NUMBER(); END CATCH"
    ) == [(-1, 0, 2627)]


def test_without_xact_abort_a_catch_may_commit(run: Run) -> None:
    assert run(
        "BEGIN TRANSACTION; BEGIN TRY INSERT INTO dbo.t (id) VALUES (1); "
        "INSERT INTO dbo.t (id) VALUES (1); END TRY BEGIN CATCH "
        "INSERT INTO dbo.t (id, v) VALUES (2, XACT_STATE()); END CATCH; COMMIT; "
        "SELECT id, v FROM dbo.t ORDER BY id"
    ) == [(1, None), (2, "1")]


def test_a_table_that_is_not_there_is_caught_outside_of_its_batch_only(
    run: Run, refused: Callable[..., int]
) -> None:
    caught = "BEGIN TRY {} END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH"
    assert refused(caught.format("SELECT * FROM dbo.nowhere")) == 208
    assert run(caught.format("EXEC (N'SELECT * FROM dbo.nowhere')")) == [(208,)]


def test_throw_in_a_catch_passes_the_error_on(refused: Callable[..., int]) -> None:
    assert (
        refused(
            "BEGIN TRY BEGIN TRY THROW 50001, N'inner', 1; END TRY BEGIN CATCH THROW; END CATCH "
            "END TRY BEGIN CATCH THROW; END CATCH"
        )
        == 50001
    )


def test_savepoints(run: Run) -> None:
    assert run(
        "BEGIN TRAN; INSERT INTO dbo.t (id) VALUES (1); SAVE TRAN s; "
        "INSERT INTO dbo.t (id) VALUES (2); ROLLBACK TRAN s; INSERT INTO dbo.t (id) VALUES (3); "
        "COMMIT; SELECT id FROM dbo.t ORDER BY id"
    ) == [(1,), (3,)]


def test_nested_transactions_count(run: Run) -> None:
    assert run(
        "BEGIN TRAN; BEGIN TRAN; INSERT INTO dbo.t (id) VALUES (1); COMMIT; "
        "DECLARE @inside int = @@TRANCOUNT; ROLLBACK; "
        "SELECT @inside, @@TRANCOUNT, COUNT(*) FROM dbo.t"
    ) == [(1, 0, 0)]


def test_the_drivers_own_transactions(
    connection: pyodbc.Connection, second: pyodbc.Connection
) -> None:
    connection.autocommit = False
    rows(connection, "INSERT INTO dbo.t (id) VALUES (?)", 1)
    assert count(second) == 0
    connection.rollback()
    rows(connection, "INSERT INTO dbo.t (id) VALUES (?)", 2)
    connection.commit()
    assert rows(second, "SELECT id FROM dbo.t") == [(2,)]


def test_a_snapshot_stands_still(run: Run, second: pyodbc.Connection) -> None:
    run("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION; SELECT COUNT(*) FROM dbo.t")
    rows(second, "INSERT INTO dbo.t (id) VALUES (1)")
    assert run("SELECT COUNT(*) FROM dbo.t") == [(0,)]
    run("COMMIT")
    assert run("SELECT COUNT(*) FROM dbo.t") == [(1,)]


def test_control_of_flow(run: Run) -> None:
    assert run(
        "DECLARE @i int = 0, @sum int = 0; WHILE @i < 10 BEGIN SET @i += 1; IF @i = 3 CONTINUE; "
        "IF @i > 5 BREAK; SET @sum = @sum + @i; END; IF @sum = 12 SELECT N'yes' ELSE SELECT N'no'"
    ) == [("yes",)]
    assert run("SELECT 1; RETURN; SELECT 2") == [(1,)]


def test_a_statement_inside_a_statement(run: Run) -> None:
    assert run(
        "DECLARE @out int, @sql nvarchar(max) = "
        "N'SET @o = @i * 2; INSERT INTO dbo.t (id) VALUES (@i)'; "
        "EXEC sp_executesql @sql, N'@i int, @o int OUTPUT', @i = 21, @o = @out OUTPUT; "
        "SELECT @out, id FROM dbo.t"
    ) == [(42, 21)]
    assert run("DECLARE @n nvarchar(5) = N'3'; EXEC (N'SELECT ' + @n + N' + 1')") == [(4,)]


def test_temporary_tables_belong_to_their_session(run: Run, second: pyodbc.Connection) -> None:
    run("CREATE TABLE #s (id int PRIMARY KEY, v nvarchar(9) COLLATE Latin1_General_100_BIN2)")
    run("INSERT INTO #s VALUES (1, N'a')")
    with pytest.raises(pyodbc.ProgrammingError):
        rows(second, "SELECT * FROM #s")
    assert run("TRUNCATE TABLE #s; SELECT COUNT(*) FROM #s") == [(0,)]
    assert run("SELECT OBJECT_ID(N'tempdb..#s') - OBJECT_ID(N'tempdb..#s')") == [(0,)]


def test_application_locks(run: Run, second: pyodbc.Connection) -> None:
    take = (
        "DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'x', @LockMode = N'Exclusive', "
        "@LockOwner = N'Session', @LockTimeout = 50; SELECT @r"
    )
    assert run(take) == [(0,)]
    assert rows(second, take) == [(-1,)]
    run("EXEC sp_releaseapplock @Resource = N'x', @LockOwner = N'Session'")
    assert rows(second, take) == [(0,)]


def test_holdlock_keeps_out_rows_that_are_not_there_yet(
    run: Run, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    rows(second, "BEGIN TRANSACTION; SELECT COUNT(*) FROM dbo.t WITH (UPDLOCK, HOLDLOCK)")
    assert refused("SET LOCK_TIMEOUT 50; INSERT INTO dbo.t (id) VALUES (1)") == 1222
    rows(second, "ROLLBACK")
    run("INSERT INTO dbo.t (id) VALUES (1)")


def test_a_table_lock_is_the_tables(
    run: Run, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    run("INSERT INTO dbo.t (id) VALUES (1)")
    rows(second, "BEGIN TRANSACTION; SELECT TOP (1) id FROM dbo.t WITH (TABLOCKX)")
    assert refused("SET LOCK_TIMEOUT 50; INSERT INTO dbo.t (id) VALUES (2)") == 1222
    rows(second, "ROLLBACK")


def test_readpast_steps_over_locked_rows(run: Run, second: pyodbc.Connection) -> None:
    run("INSERT INTO dbo.t (id) VALUES (1), (2)")
    rows(second, "BEGIN TRANSACTION; UPDATE dbo.t SET v = N'x' WHERE id = 1")
    assert run(
        "BEGIN TRANSACTION; SELECT id FROM dbo.t WITH (UPDLOCK, READPAST) ORDER BY id; COMMIT"
    ) == [(2,)]
    rows(second, "ROLLBACK")


def test_a_change_steps_over_locked_rows(run: Run, second: pyodbc.Connection) -> None:
    run("INSERT INTO dbo.t (id) VALUES (1), (2)")
    rows(second, "BEGIN TRANSACTION; UPDATE dbo.t SET v = N'x' WHERE id = 1")
    assert run(
        "SET LOCK_TIMEOUT 2000; UPDATE dbo.t WITH (READPAST) SET v = N'y'; SELECT @@ROWCOUNT"
    ) == [(1,)]
    rows(second, "COMMIT")
    assert run("SELECT id, v FROM dbo.t ORDER BY id") == [(1, "x"), (2, "y")]


def test_a_failed_query_without_a_table_leaves_the_transaction(run: Run) -> None:
    assert run(
        "BEGIN TRANSACTION; INSERT INTO dbo.t (id) VALUES (1); "
        "BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH SELECT XACT_STATE() END CATCH; COMMIT; "
        "SELECT COUNT(*) FROM dbo.t"
    ) == [(1,)]


def test_reads_between_writes_do_not_undo_them(
    run: Run, refused: Callable[..., int], second: pyodbc.Connection
) -> None:
    run("BEGIN TRANSACTION; INSERT INTO dbo.t (id) VALUES (1)")
    run("SELECT * FROM dbo.t; SELECT id FROM dbo.t WHERE id = 1")
    assert refused("SELECT 1 / (id - 1) FROM dbo.t") == 8134
    run("INSERT INTO dbo.t (id) VALUES (2)")
    assert refused("INSERT INTO dbo.t (id) VALUES (2)") == 2627
    run("COMMIT")
    assert rows(second, "SELECT id FROM dbo.t ORDER BY id") == [(1,), (2,)]


def test_an_update_sets_a_variable(run: Run) -> None:
    run("INSERT INTO dbo.t (id, v) VALUES (1, N'a')")
    assert run(
        "DECLARE @new int, @old nvarchar(5); UPDATE dbo.t SET @new = id = id + 10, @old = v, "
        "v = N'b' WHERE id = 1; SELECT @new, @old, @@ROWCOUNT, v FROM dbo.t"
    ) == [(11, "a", 1, "b")]


def test_rowcount_and_percent_limit_rows(run: Run) -> None:
    run("INSERT INTO dbo.t (id) VALUES (1), (2), (3), (4), (5)")
    assert run("SET ROWCOUNT 2; SELECT id FROM dbo.t ORDER BY id DESC") == [(5,), (4,)]
    assert run("SET ROWCOUNT 0; SELECT TOP (50) PERCENT id FROM dbo.t ORDER BY id") == [
        (1,),
        (2,),
        (3,),
    ]


def test_a_rollback_to_a_name_that_nothing_has_is_told(
    run: Run, refused: Callable[..., int]
) -> None:
    run("BEGIN TRAN outermost; INSERT INTO dbo.t (id) VALUES (1)")
    assert refused("ROLLBACK TRAN nowhere") == 6401
    assert run("SELECT @@TRANCOUNT, COUNT(*) FROM dbo.t") == [(1, 1)]
    assert run("ROLLBACK TRAN outermost; SELECT @@TRANCOUNT, COUNT(*) FROM dbo.t") == [(0, 0)]


@pytest.mark.parametrize("undo", ["ROLLBACK", "ROLLBACK TRAN s; ROLLBACK"])
def test_a_rollback_leaves_the_lock_timeout(
    undo: str, run: Run, second: pyodbc.Connection, refused: Callable[..., int]
) -> None:
    run("INSERT INTO dbo.t (id) VALUES (1)")
    run(f"SET LOCK_TIMEOUT 120000; BEGIN TRAN; SAVE TRAN s; SET LOCK_TIMEOUT 50; {undo}")
    rows(second, "BEGIN TRAN; UPDATE dbo.t SET v = N'x'")
    began = time.monotonic()
    assert refused("UPDATE dbo.t SET v = N'y'") == 1222
    assert time.monotonic() - began < 60
