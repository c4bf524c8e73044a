"""The exact text of a batch, of checkpoints, and of the rows of our own schema."""

from __future__ import annotations

from connectors.azuresql import apply, checkpoint, ddl, table_rows
from connectors.azuresql.target import probe_text
from model.ports import Advance
from model.position import Position
from tests.unit.azuresql.tables import TAGS, USERS

ADVANCE = (
    "UPDATE c SET c.[next_offset] = a.[next], c.[position] = a.[position], "
    "c.[at] = SYSUTCDATETIME() FROM [replicator].[checkpoint] AS c INNER JOIN "
    "OPENJSON(@advances) WITH ([topic] nvarchar(249) '$[0]', [partition] int '$[1]', "
    "[expected] bigint '$[2]', [next] bigint '$[3]', [position] nvarchar(200) '$[4]', "
    "[before] nvarchar(200) '$[5]') AS a "
    "ON c.[topic] = a.[topic] COLLATE Latin1_General_100_BIN2 AND c.[partition] = a.[partition] "
    "WHERE c.[migration] = @migration AND (a.[before] IS NULL OR c.[position] = a.[before]) "
    "AND c.[next_offset] = a.[expected] AND c.[closed] = 0; "
    "IF @@ROWCOUNT <> @moved "
    "THROW 50301, N'a checkpoint was moved or closed by someone else', 1;"
)

TURN = (
    "SET @turn = N'replicator.apply.' + @migration; EXEC @taken = sp_getapplock @Resource = @turn, "
    "@LockMode = N'Shared', @LockOwner = N'Transaction'; "
    "IF @taken < 0 THROW 50306, N'the tables are being altered', 1;"
)


def test_a_checkpoint_moves_only_from_where_it_was_read_and_only_while_open() -> None:
    """✗ Without `next_offset = expected` a zombie moves it back; without `closed = 0` a batch
    slips in behind finalise; without the migration one migration moves another's; without
    the position a zombie goes on with a table that was loaded anew at the same offset."""
    assert checkpoint.advance() == ADVANCE


def test_one_statement_stages_then_applies_in_one_transaction() -> None:
    counts = "@deletes = ?, @absent = ?, @updates = ?, @inserts = ?, @moves = ?, @runs = ?"
    declared = "@deletes int, @absent int, @updates int, @inserts int, @moves int, @runs int"
    assert apply.batch(2) == (
        "/* replicator:apply */ DECLARE @at int = 0, @migration nvarchar(128) = ?, "
        "@advances nvarchar(max) = ?, @moved int = ?, @turn nvarchar(255), @taken int; BEGIN TRY "
        "SET @at = 1; EXEC sp_executesql ?, N'@rows nvarchar(max)', @rows = ?; "
        "SET @at = 2; EXEC sp_executesql ?, N'@rows nvarchar(max)', @rows = ?; "
        f"SET @at = 0; BEGIN TRANSACTION; {TURN} {ADVANCE} "
        f"SET @at = 1; EXEC sp_executesql ?, N'{declared}', {counts}; "
        f"SET @at = 2; EXEC sp_executesql ?, N'{declared}', {counts}; "
        "COMMIT TRANSACTION; SELECT 0 AS [at], 0 AS [number], N'' AS [words]; END TRY "
        "BEGIN CATCH IF XACT_STATE() <> 0 ROLLBACK TRANSACTION; "
        "SELECT @at AS [at], ERROR_NUMBER() AS [number], ERROR_MESSAGE() AS [words]; END CATCH;"
    )


def test_a_batch_of_the_most_tables_stays_under_the_limit_of_parameters() -> None:
    assert apply.batch(apply._MOST_TABLES).count("?") <= 2100


def test_a_truncate_moves_only_partitions_that_wait_at_it() -> None:
    text = apply.truncation(USERS)
    assert (
        "WHERE c.[migration] = @migration AND (a.[before] IS NULL OR c.[position] = a.[before]) "
        "AND c.[next_offset] = a.[expected] "
        "AND c.[waiting_at] = a.[expected] AND c.[closed] = 0; IF @@ROWCOUNT <> @moved THROW"
    ) in text
    assert text.index("THROW") < text.index("TRUNCATE TABLE [dbo].[users]")


def test_a_table_that_a_foreign_key_references_is_emptied_row_by_row() -> None:
    """✗ TRUNCATE fails (4712) even while the foreign key is disabled."""
    assert apply.emptied(USERS.name) == (
        "IF EXISTS (SELECT 1 FROM sys.foreign_keys WHERE referenced_object_id = "
        "OBJECT_ID(N'[dbo].[users]')) DELETE FROM [dbo].[users]; "
        "ELSE TRUNCATE TABLE [dbo].[users];"
    )


def test_advances_as_json() -> None:
    begun, known = Position("00/00"), Position("00/01")
    advances = [
        Advance("social.public.users", 2, 10, 15, known, begun),
        Advance("t", 0, 1, 2, known),
    ]
    assert checkpoint.as_json(advances) == (
        '[["social.public.users",2,10,15,"00/01","00/00"],["t",0,1,2,"00/01",null]]'
    )


def test_every_table_of_ours_carries_the_migration_and_compares_names_exactly() -> None:
    for name in ddl.TABLES:
        text = ddl.create_table(name)
        assert "[migration] nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL" in text
        assert text.startswith(f"CREATE TABLE [replicator].[{name}] (")
        assert "PRIMARY KEY (" in text


def test_the_checkpoint_table() -> None:
    assert ddl.create_table("checkpoint") == (
        "CREATE TABLE [replicator].[checkpoint] "
        "([migration] nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL, "
        "[topic] nvarchar(249) COLLATE Latin1_General_100_BIN2 NOT NULL, "
        "[partition] int NOT NULL, [next_offset] bigint NOT NULL, "
        "[position] nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL, "
        "[closed] bit NOT NULL, [waiting_at] bigint NULL, "
        "[at] datetime2(3) NOT NULL DEFAULT SYSUTCDATETIME(), "
        "PRIMARY KEY ([migration], [topic], [partition]))"
    )


def test_saving_rows_updates_and_inserts_within_the_migration() -> None:
    assert table_rows.saving("x", (("k", "nvarchar(9)"), ("v", "int")), 1) == (
        "/* replicator:save-x */ DECLARE @migration nvarchar(128) = ?, @rows nvarchar(max) = ?; "
        "BEGIN TRANSACTION; UPDATE d SET d.[v] = s.[v] FROM [replicator].[x] AS d "
        "INNER JOIN OPENJSON(@rows) WITH ([k] nvarchar(9) '$[0]', [v] int '$[1]') AS s "
        "ON d.[k] = s.[k] COLLATE Latin1_General_100_BIN2 WHERE d.[migration] = @migration; "
        "INSERT INTO [replicator].[x] ([migration], [k], [v]) "
        "SELECT @migration, s.[k], s.[v] "
        "FROM OPENJSON(@rows) WITH ([k] nvarchar(9) '$[0]', [v] int '$[1]') AS s "
        "WHERE NOT EXISTS (SELECT 1 FROM [replicator].[x] AS d WHERE d.[migration] = @migration "
        "AND d.[k] = s.[k] COLLATE Latin1_General_100_BIN2); COMMIT TRANSACTION;"
    )


def test_a_probe_looks_for_the_identical_key() -> None:
    assert probe_text(TAGS, ["tag"]) == (
        "/* replicator:probe */ DECLARE @key nvarchar(max) = ?; "
        "SELECT COUNT_BIG(*) FROM [dbo].[tags] AS t "
        "INNER JOIN OPENJSON(@key) WITH (k0 nvarchar(max) '$[0]') AS j "
        "ON t.[tag] = j.k0 COLLATE Latin1_General_100_BIN2 "
        "AND CONVERT(varbinary(8000), t.[tag]) = CONVERT(varbinary(8000), j.k0)"
    )
