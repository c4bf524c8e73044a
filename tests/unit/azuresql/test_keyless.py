"""The exact text for tables without a key."""

from __future__ import annotations

from connectors.azuresql import keyless
from connectors.azuresql.staging import Shape
from tests.unit.azuresql.tables import LOG

SHAPE = Shape(LOG, (), LOG.columns)

SAME = (
    "(t.[at] = s.b0 OR (t.[at] IS NULL AND s.b0 IS NULL)) AND "
    "(CONVERT(varbinary(max), t.[what]) = CONVERT(varbinary(max), s.b1) "
    "OR (t.[what] IS NULL AND s.b1 IS NULL))"
)


def test_the_stage_holds_rows_before_and_after() -> None:
    assert keyless.create(SHAPE, "#s") == (
        "CREATE TABLE #s (run int NULL, op tinyint NULL, c0 datetime2(6) NULL, "
        "c1 nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL, b0 datetime2(6) NULL, "
        "b1 nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL)"
    )
    assert "c0 datetime2(6) '$[2]'" in keyless.fill(SHAPE, "#s")


def test_each_change_finds_exactly_one_row() -> None:
    """✗ DELETE without TOP (1) would remove every copy of a doubled row."""
    assert keyless.apply(SHAPE, "#s") == (
        "/* replicator:apply dbo.log */ DECLARE @run int = 1, @op tinyint, @count int, @rows int; "
        "WHILE @run <= @runs BEGIN "
        "SELECT @op = MIN(s.op), @count = COUNT(*) FROM #s AS s WHERE s.run = @run; "
        f"IF @op = 1 BEGIN DELETE TOP (1) t FROM [dbo].[log] AS t INNER JOIN #s AS s ON {SAME} "
        "WHERE s.run = @run; SET @rows = @@ROWCOUNT; END; "
        "IF @op = 3 BEGIN UPDATE TOP (1) t SET t.[at] = s.c0, t.[what] = s.c1 "
        f"FROM [dbo].[log] AS t INNER JOIN #s AS s ON {SAME} "
        "WHERE s.run = @run; SET @rows = @@ROWCOUNT; END; "
        "IF @op = 4 BEGIN INSERT INTO [dbo].[log] ([at], [what]) "
        "SELECT s.c0, s.c1 FROM #s AS s WHERE s.run = @run; SET @rows = @@ROWCOUNT; END; "
        "IF @rows <> @count THROW 50304, N'a change did not find exactly one row', 1; "
        "SET @run = @run + 1; END;"
    )
