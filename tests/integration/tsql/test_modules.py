"""Procedures, functions and triggers, written and run through a client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal

import pyodbc
import pytest

from tests.integration.tsql.conftest import Run, rows


@pytest.fixture(autouse=True)
def tables(run: Run) -> None:
    run("DROP TRIGGER IF EXISTS dbo.watch, dbo.guard")
    run("DROP TABLE IF EXISTS dbo.t, dbo.log")
    run(
        "CREATE TABLE dbo.t (id int IDENTITY PRIMARY KEY, v nvarchar(20), "
        "n int NOT NULL DEFAULT 0); "
        "CREATE TABLE dbo.log (id int IDENTITY(100, 1), what nvarchar(100));"
        "INSERT dbo.t (v, n) VALUES (N'a', 1), (N'b', 2), (N'c', 3)"
    )


def logged(run: Run) -> list[str]:
    return [what for (what,) in run("SELECT what FROM dbo.log ORDER BY id")]


# --- procedures ---------------------------------------------------------------------------------

_PROCEDURE = """-- a comment that belongs to the text
CREATE OR ALTER PROCEDURE dbo.store @a int, @b nvarchar(20) = N'x', @c decimal(10, 2) = NULL OUTPUT
AS
BEGIN
  SET NOCOUNT ON;
  SET @c = @a * 1.5;
  IF @a > 5 BEGIN SELECT @b AS b; RETURN 7 END
  ELSE IF @a < 0
    THROW 50001, N'negative', 3;
  INSERT INTO dbo.t (v) VALUES (@b);
  WHILE @a > 0 BEGIN SET @a -= 1; IF @a = 1 BREAK; END
  RETURN @a
END
"""


@pytest.fixture
def procedure(run: Run) -> None:
    run(_PROCEDURE)


@pytest.mark.usefixtures("procedure")
def test_a_procedure_returns_a_status_rows_and_output(run: Run) -> None:
    assert run(
        "DECLARE @r int, @o decimal(10, 2); EXEC @r = dbo.store 3, @c = @o OUTPUT; "
        "SELECT @r, @o, SCOPE_IDENTITY(), @@IDENTITY"
    ) == [(1, Decimal("4.50"), None, 4)]
    assert run("DECLARE @r int; EXEC @r = store @b = N'named', @a = 6; SELECT @r") == [(7,)]
    assert run("EXEC store 6, DEFAULT") == [("x",)]


@pytest.mark.usefixtures("procedure")
def test_a_procedure_is_called_by_the_drivers_own_means(connection: pyodbc.Connection) -> None:
    assert rows(connection, "{CALL dbo.store (?, ?)}", 9, "given") == [("given",)]


@pytest.mark.usefixtures("procedure")
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("EXEC dbo.store", 201),
        ("EXEC dbo.store 1, 2, 3, 4", 8144),
        ("EXEC dbo.store @nix = 1", 8145),
        ("EXEC dbo.store @a = 1, N'x'", 119),
        ("EXEC dbo.store @a = 1, @a = 2", 8143),
        ("EXEC dbo.store -1", 50001),
        ("EXEC dbo.nix", 2812),
        ("CREATE PROCEDURE dbo.store AS SELECT 1", 2714),
        ("ALTER PROCEDURE dbo.nix AS SELECT 1", 208),
        ("CREATE PROCEDURE nix.p AS SELECT 1", 2760),
        ("CREATE PROCEDURE dbo.p AS GOTO somewhere", 133),
        ("SELECT 1; CREATE PROCEDURE dbo.p AS SELECT 1", 111),
        ("DROP PROCEDURE dbo.nix", 3701),
        ("DROP FUNCTION dbo.store", 3701),
        ("DECLARE @o nvarchar(9); EXEC dbo.store 1, @b = @o OUTPUT", 8162),
    ],
)
def test_a_call_that_cannot_be(refused: Callable[..., int], call: str, expected: int) -> None:
    assert refused(call) == expected


@pytest.mark.usefixtures("procedure")
def test_an_error_tells_the_procedure_and_its_line(run: Run) -> None:
    assert run(
        "BEGIN TRY EXEC dbo.store -1 END TRY BEGIN CATCH "
        "SELECT ERROR_NUMBER(), ERROR_PROCEDURE(), ERROR_LINE(), ERROR_STATE() END CATCH"
    ) == [(50001, "store", 9, 3)]


def test_options_and_temporary_tables_end_with_the_procedure(run: Run) -> None:
    run(
        "CREATE OR ALTER PROCEDURE dbo.p AS SET XACT_ABORT ON; SET LOCK_TIMEOUT 7; "
        "CREATE TABLE #own (id int); INSERT #own VALUES (5); SELECT id, @@LOCK_TIMEOUT FROM #own"
    )
    assert run("EXEC dbo.p") == [(5, 7)]
    assert run(
        "BEGIN TRAN; BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH "
        "SELECT XACT_STATE(), @@LOCK_TIMEOUT, OBJECT_ID(N'tempdb..#own') END CATCH; ROLLBACK"
    ) == [(1, -1, None)]


def test_a_transaction_left_open_is_said(run: Run, refused: Callable[..., int]) -> None:
    run("CREATE OR ALTER PROCEDURE dbo.p AS BEGIN TRANSACTION")
    assert refused("EXEC dbo.p") == 266
    run("ROLLBACK")


def test_the_catalog_shows_the_text_as_created(run: Run) -> None:
    run("CREATE PROCEDURE dbo.shown AS SELECT 1")
    run("ALTER PROCEDURE dbo.shown AS SELECT 2")
    assert run("SELECT OBJECT_DEFINITION(OBJECT_ID(N'dbo.shown', N'P'))") == [
        ("CREATE PROCEDURE dbo.shown AS SELECT 2",)
    ]
    run("DROP PROCEDURE dbo.shown")


def test_rows_of_a_procedure_go_into_a_table(run: Run, refused: Callable[..., int]) -> None:
    run("CREATE OR ALTER PROCEDURE dbo.two AS SELECT v, n FROM dbo.t; SELECT N'second', 1.5")
    run("INSERT INTO dbo.t (v, n) EXEC dbo.two")
    assert run("SELECT v, n FROM dbo.t WHERE id > 3 ORDER BY id") == [
        ("a", 1),
        ("b", 2),
        ("c", 3),
        ("second", 1),
    ]
    assert refused("INSERT INTO dbo.t (v) EXEC dbo.two") == 213
    assert run(
        "DECLARE @t TABLE (a nvarchar(20), b int); "
        "INSERT @t EXEC (N'SELECT v, n FROM dbo.t WHERE id = 1'); SELECT * FROM @t"
    ) == [("a", 1)]


# --- functions ----------------------------------------------------------------------------------


def test_a_scalar_function(run: Run) -> None:
    run(
        "CREATE OR ALTER FUNCTION dbo.f (@a int, @b int = 10) RETURNS nvarchar(50) AS BEGIN "
        "DECLARE @x int = @a, @s nvarchar(max) = N'', @none int; "
        "SELECT @s = @s + v FROM dbo.t ORDER BY id; SELECT @none = n FROM dbo.t WHERE id = 99; "
        "IF @x > 1 SET @x += 1 ELSE IF @x = 0 RETURN N'zero' ELSE SET @x = 2; "
        "WHILE @x < @b BEGIN SET @x = @x + 1; IF @x = 7 BREAK END; "
        "RETURN CONCAT(@x, @s, @none) END"
    )
    assert run("SELECT dbo.f(0, 1), dbo.f(1, DEFAULT), dbo.f(8, 9)") == [("zero", "7abc", "9abc")]
    assert run("SELECT v FROM dbo.t WHERE dbo.f(n, 3) = N'3abc' ORDER BY id") == [
        ("a",),
        ("b",),
    ]


def test_an_inline_function_is_a_query(run: Run) -> None:
    run(
        "CREATE OR ALTER FUNCTION dbo.above (@n int) RETURNS TABLE AS RETURN "
        "(SELECT t.id, t.v, @n AS floor FROM dbo.t AS t WHERE t.n > @n)"
    )
    assert run("SELECT * FROM dbo.above(1) AS x ORDER BY id") == [(2, "b", 1), (3, "c", 1)]
    assert run("SELECT t.id, a.v FROM dbo.t AS t OUTER APPLY dbo.above(t.n + 1) AS a") == [
        (1, "c"),
        (2, None),
        (3, None),
    ]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ("CREATE FUNCTION dbo.g () RETURNS int AS BEGIN DELETE dbo.t; RETURN 1 END", 443),
        ("CREATE FUNCTION dbo.g () RETURNS int AS BEGIN SELECT 1; RETURN 1 END", 444),
        ("CREATE FUNCTION dbo.g () RETURNS TABLE AS RETURN SELECT 1", 4514),
        ("CREATE FUNCTION dbo.g () RETURNS @t TABLE (i int) AS BEGIN SELECT 1 END", 455),
        ("SELECT dbo.nix(1)", 4121),
        ("SELECT dbo.one()", 313),
        ("SELECT dbo.one(1, 2)", 8144),
    ],
)
def test_a_function_that_cannot_be(
    run: Run, refused: Callable[..., int], batch: str, expected: int
) -> None:
    run("CREATE OR ALTER FUNCTION dbo.one (@a int) RETURNS int AS BEGIN RETURN @a END")
    assert refused(batch) == expected


# --- triggers -----------------------------------------------------------------------------------

_WATCH = """
CREATE TRIGGER dbo.watch ON dbo.t AFTER INSERT, UPDATE, DELETE AS
BEGIN
  SET NOCOUNT ON;
  INSERT INTO dbo.log SELECT CONCAT('+', v) FROM inserted ORDER BY id;
  INSERT INTO dbo.log SELECT CONCAT('-', v) FROM deleted ORDER BY id;
  IF UPDATE(n) INSERT dbo.log VALUES (CONCAT('n ', @@TRANCOUNT));
END
"""


def test_a_trigger_sees_new_and_old_rows(run: Run) -> None:
    run(_WATCH)
    assert run(
        "INSERT INTO dbo.t (v) VALUES (N'q'); SELECT SCOPE_IDENTITY(), @@IDENTITY, @@ROWCOUNT"
    ) == [(4, 101, 1)]
    assert logged(run) == ["+q", "n 1"]
    run("DELETE dbo.log; UPDATE dbo.t SET v = N'w' WHERE v IN (N'q', N'a')")
    assert logged(run) == ["+w", "+w", "-a", "-q"]
    run("DELETE dbo.log; DELETE dbo.t WHERE v = N'w'")
    assert logged(run) == ["-w", "-w"]
    run(
        "DELETE dbo.log; MERGE dbo.t AS t USING (VALUES (2, N'm'), (9, N'new')) AS s (id, v) "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v "
        "WHEN NOT MATCHED THEN INSERT (v) VALUES (s.v);"
    )
    assert logged(run) == ["+new", "n 1", "+m", "-b"]


def test_a_trigger_is_disabled_and_altered(run: Run) -> None:
    run(_WATCH)
    run("DISABLE TRIGGER watch ON dbo.t; DELETE dbo.t WHERE id = 1")
    assert logged(run) == []
    assert run("SELECT is_disabled FROM sys.triggers WHERE name = N'watch'") == [(True,)]
    run("ENABLE TRIGGER ALL ON dbo.t")
    run("ALTER TRIGGER dbo.watch ON dbo.t AFTER DELETE AS INSERT dbo.log VALUES (N'gone')")
    run("UPDATE dbo.t SET n = 5; DELETE dbo.t WHERE id = 2")
    assert logged(run) == ["gone"]


def test_a_trigger_that_rolls_back_ends_the_batch(
    connection: pyodbc.Connection, run: Run, refused: Callable[..., int]
) -> None:
    run("CREATE TRIGGER dbo.guard ON dbo.t FOR INSERT AS ROLLBACK")
    assert refused("INSERT dbo.t (v) VALUES (N'bad'); INSERT dbo.log VALUES (N'reached')") == 3609
    run("BEGIN TRANSACTION; UPDATE dbo.t SET n = 9")
    assert refused("INSERT dbo.t (v) VALUES (N'bad')") == 3609
    assert run("SELECT @@TRANCOUNT, MAX(n), COUNT(*) FROM dbo.t") == [(0, 3, 3)]
    assert logged(run) == []


def test_an_error_in_a_trigger_undoes_its_statement(run: Run) -> None:
    run("CREATE TRIGGER dbo.guard ON dbo.t FOR UPDATE AS SELECT 1 / (n - n) FROM inserted")
    assert run(
        "BEGIN TRY UPDATE dbo.t SET n = 9 END TRY BEGIN CATCH "
        "SELECT ERROR_NUMBER(), ERROR_PROCEDURE(), XACT_STATE() END CATCH"
    ) == [(8134, "guard", 0)]
    assert run("SELECT MAX(n) FROM dbo.t") == [(3,)]
    assert run(
        "BEGIN TRAN; BEGIN TRY UPDATE dbo.t SET n = 9 END TRY BEGIN CATCH "
        "SELECT XACT_STATE(); ROLLBACK END CATCH"
    ) == [(-1,)]


def test_raiserror_in_a_trigger_undoes_nothing(run: Run, refused: Callable[..., int]) -> None:
    run("CREATE TRIGGER dbo.guard ON dbo.t FOR UPDATE AS RAISERROR(N'only said', 16, 1)")
    assert refused("UPDATE dbo.t SET n = 9") == 50000
    assert run("SELECT MAX(n) FROM dbo.t") == [(9,)]


def test_a_cascade_fires_the_triggers_of_the_other_table(run: Run) -> None:
    run(
        "CREATE TABLE dbo.child (id int PRIMARY KEY, "
        "t int REFERENCES dbo.t (id) ON DELETE CASCADE); "
        "INSERT dbo.child VALUES (1, 1), (2, 1), (3, 2)"
    )
    run(
        "CREATE TRIGGER dbo.guard ON dbo.child AFTER DELETE AS "
        "INSERT dbo.log SELECT COUNT(*) FROM deleted"
    )
    run("DELETE dbo.t WHERE id = 1")
    assert logged(run) == ["2"]
    run("DROP TABLE dbo.child")
    assert run("SELECT COUNT(*) FROM sys.triggers WHERE name = N'guard'") == [(0,)]


def test_what_triggers_wrote_is_rolled_back(run: Run, connection: pyodbc.Connection) -> None:
    run(_WATCH)
    connection.autocommit = False
    with closing(connection.cursor()) as cursor:
        cursor.fast_executemany = True
        cursor.executemany("INSERT INTO dbo.t (v) VALUES (?)", [("x",), ("y",)])
    assert logged(run) == ["+x", "n 1", "+y", "n 1"]
    connection.rollback()
    connection.autocommit = True
    assert logged(run) == []
