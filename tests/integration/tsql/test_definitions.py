"""Definitions and what the catalog says of them afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.tsql.conftest import Run


@pytest.fixture(scope="module")
def names() -> dict[str, int]:
    return {"made": 0}


def test_a_table_is_described_as_it_was_written(run: Run) -> None:
    run("CREATE SCHEMA Sales")
    run("CREATE SEQUENCE Sales.Numbers AS int START WITH 7 INCREMENT BY 2")
    run(
        "CREATE TABLE Sales.[Order Lines] (Id bigint IDENTITY(5, 3) NOT NULL, "
        "Name nvarchar(30) COLLATE Latin1_General_100_BIN2 NOT NULL, "
        "amount decimal(12, 2) CONSTRAINT DF_amount DEFAULT (1.5) NOT NULL, "
        "at datetimeoffset(3) NULL CONSTRAINT DF_at DEFAULT (SYSUTCDATETIME()), "
        "number int CONSTRAINT DF_number DEFAULT (NEXT VALUE FOR Sales.Numbers), "
        "twice AS (CAST(amount * 2 AS decimal(14, 2))) PERSISTED, stamp rowversion, "
        "CONSTRAINT PK_lines PRIMARY KEY CLUSTERED (Id), CONSTRAINT UQ_lines UNIQUE (Name), "
        "CONSTRAINT CK_lines CHECK (amount > 0))"
    )
    assert run(
        "SELECT c.name, t.name, c.max_length, c.precision, c.scale, c.is_nullable, c.is_identity, "
        "c.is_computed, c.collation_name FROM sys.columns AS c "
        "JOIN sys.types AS t ON t.user_type_id = c.user_type_id "
        "WHERE c.object_id = OBJECT_ID(N'Sales.[Order Lines]') ORDER BY c.column_id"
    ) == [
        ("Id", "bigint", 8, 19, 0, False, True, False, None),
        ("Name", "nvarchar", 60, 0, 0, False, False, False, "Latin1_General_100_BIN2"),
        ("amount", "decimal", 9, 12, 2, False, False, False, None),
        ("at", "datetimeoffset", 9, 30, 3, True, False, False, None),
        ("number", "int", 4, 10, 0, True, False, False, None),
        ("twice", "decimal", 9, 14, 2, True, False, True, None),
        ("stamp", "timestamp", 8, 0, 0, False, False, False, None),
    ]
    assert run(
        "SELECT k.name, k.type FROM sys.key_constraints AS k "
        "WHERE k.parent_object_id = OBJECT_ID(N'Sales.[Order Lines]') ORDER BY k.name"
    ) == [("PK_lines", "PK"), ("UQ_lines", "UQ")]
    assert run(
        "SELECT d.name, d.definition FROM sys.default_constraints AS d "
        "WHERE d.parent_object_id = OBJECT_ID(N'Sales.[Order Lines]') ORDER BY d.name"
    ) == [
        ("DF_amount", "((1.5))"),
        ("DF_at", "(sysutcdatetime())"),
        ("DF_number", "(NEXT VALUE FOR [Sales].[Numbers])"),
    ]
    assert run(
        "SELECT CAST(seed_value AS int), CAST(increment_value AS int) FROM sys.identity_columns"
    ) == [(5, 3)]
    assert run(
        "INSERT INTO Sales.[Order Lines] (Name) OUTPUT inserted.Id, inserted.number, "
        "inserted.twice "
        "VALUES (N'a'); INSERT INTO Sales.[Order Lines] (Name) OUTPUT inserted.Id, "
        "inserted.number, "
        "CAST(inserted.twice AS int) VALUES (N'b')"
    ) == [(8, 9, 3)]


def test_a_rowversion_changes_with_its_row(run: Run) -> None:
    run("CREATE TABLE dbo.versions (id int PRIMARY KEY, v int, stamp rowversion)")
    run("INSERT INTO dbo.versions (id, v) VALUES (1, 1)")
    (first,) = run("SELECT stamp FROM dbo.versions")[0]
    run("UPDATE dbo.versions SET v = 2")
    (second,) = run("SELECT stamp FROM dbo.versions")[0]
    assert len(first) == 8
    assert second > first


def test_foreign_keys_are_disabled_enabled_and_trusted(
    run: Run, refused: Callable[..., int]
) -> None:
    run(
        "CREATE TABLE dbo.p (id int PRIMARY KEY); CREATE TABLE dbo.c (id int PRIMARY KEY, p int); "
        "ALTER TABLE dbo.c WITH NOCHECK ADD CONSTRAINT fk_c FOREIGN KEY (p) REFERENCES dbo.p (id); "
        "ALTER TABLE dbo.c NOCHECK CONSTRAINT fk_c"
    )
    state = "SELECT is_disabled, is_not_trusted FROM sys.foreign_keys WHERE name = N'fk_c'"
    assert run(state) == [(True, True)]
    run("INSERT INTO dbo.c VALUES (1, 7)")
    run("ALTER TABLE dbo.c CHECK CONSTRAINT fk_c")
    assert run(state) == [(False, True)]
    assert refused("INSERT INTO dbo.c VALUES (2, 8)") == 547
    assert refused("ALTER TABLE dbo.c WITH CHECK CHECK CONSTRAINT fk_c") == 547
    run("INSERT INTO dbo.p VALUES (7); ALTER TABLE dbo.c WITH CHECK CHECK CONSTRAINT fk_c")
    assert run(state) == [(False, False)]
    assert refused("DELETE FROM dbo.p") == 547


def test_checks_keep_their_state_too(run: Run, refused: Callable[..., int]) -> None:
    run(
        "CREATE TABLE dbo.docs (id int, j nvarchar(max)); INSERT INTO dbo.docs VALUES "
        "(1, N'no json'); "
        "ALTER TABLE dbo.docs WITH NOCHECK ADD CONSTRAINT ck_docs CHECK (ISJSON(j) = 1)"
    )
    assert run(
        "SELECT is_disabled, is_not_trusted, definition FROM sys.check_constraints "
        "WHERE name = N'ck_docs'"
    ) == [(False, True, "(isjson([j])=(1))")]
    assert refused("INSERT INTO dbo.docs VALUES (2, N'x')") == 547
    run("ALTER TABLE dbo.docs NOCHECK CONSTRAINT ALL; INSERT INTO dbo.docs VALUES (2, N'x')")


@pytest.mark.parametrize("kind", ["key", "unique", "index"])
def test_two_rows_may_swap_what_must_be_unique(run: Run, kind: str) -> None:
    """✗ Checked row by row, the first of the two collides."""
    unique = {
        "key": "CONSTRAINT pk_swap PRIMARY KEY (n)",
        "unique": "CONSTRAINT uq_swap UNIQUE (n)",
        "index": "INDEX ix CLUSTERED (id)",
    }[kind]
    run("DROP TABLE IF EXISTS dbo.swap")
    if kind == "index":
        run("CREATE TABLE dbo.swap (id int, n int NOT NULL)")
        run("CREATE UNIQUE INDEX ix_swap ON dbo.swap (n) WHERE n IS NOT NULL")
    else:
        run(f"CREATE TABLE dbo.swap (id int, n int NOT NULL, {unique})")
    run("INSERT INTO dbo.swap VALUES (1, 10), (2, 20)")
    run("UPDATE dbo.swap SET n = CASE id WHEN 1 THEN 20 ELSE 10 END")
    assert run("SELECT id, n FROM dbo.swap ORDER BY id") == [(1, 20), (2, 10)]


def test_nulls_are_equal_in_a_unique_constraint(run: Run, refused: Callable[..., int]) -> None:
    run(
        "CREATE TABLE dbo.nulls (n int CONSTRAINT uq_nulls UNIQUE); INSERT INTO "
        "dbo.nulls VALUES (NULL)"
    )
    assert refused("INSERT INTO dbo.nulls VALUES (NULL)") == 2627


def test_indexes_are_described(run: Run) -> None:
    run(
        "CREATE TABLE dbo.ix (id int NOT NULL PRIMARY KEY NONCLUSTERED, a int, b "
        "nvarchar(20), c int); "
        "CREATE CLUSTERED INDEX cx ON dbo.ix (c); "
        "CREATE UNIQUE NONCLUSTERED INDEX ux ON dbo.ix (a, b DESC) INCLUDE (c) WHERE a IS NOT NULL"
    )
    assert run(
        "SELECT name, is_unique, type_desc, has_filter FROM sys.indexes "
        "WHERE object_id = OBJECT_ID(N'dbo.ix') AND name IN (N'ux', N'cx') ORDER BY name"
    ) == [("cx", False, "CLUSTERED", False), ("ux", True, "NONCLUSTERED", True)]
    assert run(
        "SELECT c.name, i.is_descending_key, i.is_included_column FROM sys.index_columns AS i "
        "JOIN sys.columns AS c ON c.object_id = i.object_id AND c.column_id = i.column_id "
        "JOIN sys.indexes AS x ON x.object_id = i.object_id AND x.index_id = i.index_id "
        "WHERE x.name = N'ux' ORDER BY i.index_column_id"
    ) == [("a", False, False), ("b", True, False), ("c", False, True)]
    run("DROP INDEX ux ON dbo.ix; INSERT INTO dbo.ix VALUES (1, 1, N'x', 1), (2, 1, N'x', 1)")


def test_identities_and_sequences_go_on_where_they_are_told(run: Run) -> None:
    run(
        "CREATE TABLE dbo.ids (id int IDENTITY PRIMARY KEY, n int); INSERT INTO "
        "dbo.ids (n) VALUES (1)"
    )
    run(
        "SET IDENTITY_INSERT dbo.ids ON; INSERT INTO dbo.ids (id) VALUES (50); SET "
        "IDENTITY_INSERT dbo.ids OFF"
    )
    assert run("INSERT INTO dbo.ids (n) OUTPUT inserted.id VALUES (2)") == [(51,)]
    run("DBCC CHECKIDENT (N'[dbo].[ids]', RESEED, 100) WITH NO_INFOMSGS")
    assert run("INSERT INTO dbo.ids (n) OUTPUT inserted.id VALUES (3)") == [(101,)]
    run("TRUNCATE TABLE dbo.ids")
    assert run("INSERT INTO dbo.ids (n) OUTPUT inserted.id VALUES (4)") == [(1,)]
    run("CREATE SEQUENCE dbo.seq START WITH 1; ALTER SEQUENCE dbo.seq RESTART WITH 40")
    assert [int(n) for (n,) in run("SELECT NEXT VALUE FOR dbo.seq")] == [40]


def test_tables_are_altered(run: Run, refused: Callable[..., int]) -> None:
    run("CREATE TABLE dbo.alt (id int NOT NULL); INSERT INTO dbo.alt VALUES (1)")
    run(
        "ALTER TABLE dbo.alt ADD note nvarchar(10) NULL, n int NOT NULL CONSTRAINT df_n DEFAULT (7)"
    )
    run("ALTER TABLE dbo.alt ADD CONSTRAINT pk_alt PRIMARY KEY (id)")
    assert run("SELECT * FROM dbo.alt") == [(1, None, 7)]
    run("ALTER TABLE dbo.alt ALTER COLUMN note nvarchar(3) NULL")
    assert refused("UPDATE dbo.alt SET note = N'long'") == 2628
    run("ALTER TABLE dbo.alt DROP CONSTRAINT df_n; ALTER TABLE dbo.alt DROP COLUMN n")
    assert run("SELECT * FROM dbo.alt") == [(1, None)]
    assert refused("SELECT n FROM dbo.alt") == 207


def test_views_keep_their_text(run: Run) -> None:
    run("CREATE TABLE dbo.base (Id int, Name nvarchar(5)); INSERT INTO dbo.base VALUES (1, N'a')")
    text = (
        "CREATE VIEW dbo.Shown AS SELECT b.Id AS Number, b.Name FROM dbo.base AS b WHERE b.Id > 0"
    )
    run(text)
    assert run("SELECT * FROM dbo.shown") == [(1, "a")]
    assert run(
        "SELECT name FROM sys.columns WHERE object_id = OBJECT_ID(N'dbo.Shown') ORDER BY column_id"
    ) == [
        ("Number",),
        ("Name",),
    ]
    assert run(
        "SELECT definition FROM sys.sql_modules WHERE object_id = OBJECT_ID(N'dbo.Shown')"
    ) == [(text,)]


def test_names_are_found_in_any_case_and_kept_as_written(run: Run) -> None:
    run("CREATE TABLE dbo.[Weird ]] Näme] ([A.B] int, [ünï] int)")
    run("INSERT INTO DBO.[weird ]] näme] ([a.b], [ÜNÏ]) VALUES (1, 2)")
    assert run("SELECT [Weird ]] Näme].[A.b] FROM [Weird ]] Näme]") == [(1,)]
    assert run("SELECT name FROM sys.tables WHERE name LIKE N'Weird%'") == [("Weird ] Näme",)]
    long = "x" * 120
    run(f"CREATE TABLE dbo.[{long}1] (id int); CREATE TABLE dbo.[{long}2] (id int)")
    assert run(f"SELECT OBJECT_ID(N'dbo.{long}1') - OBJECT_ID(N'dbo.{long}2')") != [(0,)]


def test_things_are_renamed(run: Run, refused: Callable[..., int]) -> None:
    run("CREATE TABLE dbo.Before (Id int PRIMARY KEY, v nvarchar(5))")
    run("CREATE INDEX i ON dbo.Before (v)")
    run("EXEC sp_rename N'dbo.Before.v', N'Word', N'COLUMN'")
    run("EXEC sp_rename @objname = N'dbo.Before.i', @newname = N'byWord', @objtype = N'INDEX'")
    run("EXEC sys.sp_rename N'dbo.Before', N'After'")
    run("INSERT dbo.After (Id, Word) VALUES (1, N'x')")
    assert run(
        "SELECT t.name, c.name, i.name FROM sys.tables t "
        "JOIN sys.columns c ON c.object_id = t.object_id AND c.column_id = 2 "
        "JOIN sys.indexes i ON i.object_id = t.object_id AND i.is_primary_key = 0 "
        "WHERE t.name = N'After'"
    ) == [("After", "Word", "byWord")]
    assert refused("EXEC sp_rename N'dbo.Before', N'x'") == 15225
    assert refused("EXEC sp_rename N'dbo.After.nix', N'x', N'COLUMN'") == 15248
    run("CREATE TABLE dbo.Other (id int)")
    assert refused("EXEC sp_rename N'dbo.Other', N'After'") == 15335
    run("DROP TABLE dbo.After, dbo.Other")


def test_a_key_that_is_too_long_is_refused_by_its_row(
    run: Run, refused: Callable[..., int]
) -> None:
    run("CREATE TABLE dbo.wide (a nvarchar(1000), b int); CREATE INDEX ix_wide ON dbo.wide (a, b)")
    run("INSERT dbo.wide VALUES (REPLICATE(N'x', 800), 1)")
    assert refused("INSERT dbo.wide VALUES (REPLICATE(N'x', 900), 1)") == 1946
    run("DROP INDEX ix_wide ON dbo.wide; INSERT dbo.wide VALUES (REPLICATE(N'x', 900), 1)")
    assert refused("CREATE INDEX ix_wide ON dbo.wide (a, b)") == 1946
    run("DROP TABLE dbo.wide")


def test_a_table_made_of_a_query_keeps_names_and_nulls(run: Run) -> None:
    run("CREATE TABLE dbo.origin (Id int NOT NULL, Word nvarchar(5))")
    run("SELECT Id, Word AS TheWord, 1.5 AS Half INTO dbo.Copied FROM dbo.origin")
    assert run(
        "SELECT name, is_nullable FROM sys.columns WHERE object_id = OBJECT_ID(N'dbo.Copied') "
        "ORDER BY column_id"
    ) == [("Id", False), ("TheWord", True), ("Half", True)]
    run("DROP TABLE dbo.origin, dbo.Copied")
