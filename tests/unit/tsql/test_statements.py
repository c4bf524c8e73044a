"""Queries and changes, text for text."""

from __future__ import annotations

import pytest

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import accumulation
from tests.unit.tsql.translating import change, context, select, statement


@pytest.mark.parametrize(
    ("tsql", "postgresql"),
    [
        (
            "SELECT DISTINCT TOP (5) Name FROM dbo.Users WITH (NOLOCK) ORDER BY Name DESC",
            'SELECT DISTINCT "users"."name" AS "name" FROM "dbo"."users" AS "users" '
            'ORDER BY "name" DESC NULLS LAST LIMIT (5)',
        ),
        (
            "SELECT Id FROM dbo.Users ORDER BY Id OFFSET 5 ROWS FETCH NEXT @n ROWS ONLY",
            'SELECT "users"."id" AS "id" FROM "dbo"."users" AS "users" '
            'ORDER BY "id" OFFSET 5 LIMIT sys.fetched($1::int8)',
        ),
        (
            "SELECT a FROM (SELECT Id, Name FROM dbo.Users) AS s PIVOT (MAX(Id) FOR Name IN (a)) "
            "AS p",
            'SELECT "p"."a" AS "a" FROM LATERAL (SELECT max(CASE WHEN "s"."name" = \'a\' THEN '
            '"s"."id" END) FROM LATERAL (SELECT "users"."id" AS "id", "users"."name" AS "name" '
            'FROM "dbo"."users" AS "users") AS "s" ("id", "name")) AS "p" ("a")',
        ),
        (
            "SELECT Id AS [@id], Name FROM dbo.Users FOR XML PATH(N'u')",
            "SELECT (string_agg('<u' || concat(' id=\"' || sys.xml_attribute(\"c0\"::text) || '\"')"
            " || CASE WHEN concat('<Name>' || (sys.xml_text(\"c1\"::text)) || '</Name>') = '' THEN "
            "'/>' ELSE '>' || concat('<Name>' || (sys.xml_text(\"c1\"::text)) || '</Name>') || "
            '\'</u>\' END, \'\'))::sys.nvarchar AS "json" FROM (SELECT "users"."id" AS "@id", '
            '"users"."name" AS "name" FROM "dbo"."users" AS "users") AS "~xml" ("c0", "c1")',
        ),
        (
            "SELECT n, v FROM #s UNPIVOT (v FOR n IN (c0)) AS u",
            'SELECT "u"."n" AS "n", "u"."v" AS "v" FROM LATERAL (SELECT "#s"."op", "#s"."c1", '
            '"~u"."value", "~u"."name" FROM pg_temp."#s" AS "#s" CROSS JOIN LATERAL (VALUES '
            '("#s"."c0", \'c0\'::sys.nvarchar)) AS "~u" ("value", "name") WHERE "~u"."value" '
            'IS NOT NULL) AS "u" ("op", "c1", "v", "n")',
        ),
        (
            "SELECT SUM(Id) OVER (w ORDER BY Id) FROM dbo.Users WINDOW w AS (PARTITION BY Name)",
            'SELECT (sum("users"."id") OVER (PARTITION BY "users"."name" ORDER BY "users"."id"))'
            '::int8 FROM "dbo"."users" AS "users"',
        ),
        (
            "SELECT s.* FROM dbo.Users AS u LEFT JOIN #s AS s ON s.c0 = u.Id",
            'SELECT "s"."op" AS "op", "s"."c0" AS "c0", "s"."c1" AS "c1" FROM "dbo"."users" AS "u" '
            'LEFT JOIN pg_temp."#s" AS "s" ON "s"."c0" = "u"."id"',
        ),
        (
            "WITH q (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM q WHERE x < 3) SELECT x FROM q",
            'WITH RECURSIVE "q" ("x", "~round") AS ('
            'SELECT "~anchor".*, 0 FROM (SELECT 1) AS "~anchor" UNION ALL '
            'SELECT "0", store.round("1", 100) FROM (SELECT "q"."x" + 1, "q"."~round" AS "~round" '
            'FROM "q" AS "q" WHERE "q"."x" < 3) AS "~member" ("0", "1")) '
            'SELECT "q"."x" AS "x" FROM "q" AS "q"',
        ),
        (
            "SELECT ROW_NUMBER() OVER (PARTITION BY Name ORDER BY Id DESC) FROM dbo.Users",
            'SELECT (row_number() OVER (PARTITION BY "users"."name" ORDER BY "users"."id" '
            'DESC))::int8 FROM "dbo"."users" AS "users"',
        ),
        (
            "SELECT a, b FROM OPENJSON(@j) WITH (a int '$.a', b nvarchar(9) '$.x.\"y z\"', "
            "c datetime2(6) '$[2]', d nvarchar(max) '$.d' AS JSON) AS o",
            'SELECT "o"."a" AS "a", "o"."b" AS "b" FROM LATERAL '
            "(SELECT (v ->> 'a')::int4 AS \"a\", "
            "(CASE WHEN json_typeof(v #> ARRAY['x', 'y z']) NOT IN ('object', 'array') "
            "THEN v #>> ARRAY['x', 'y z'] END)::sys.nvarchar(9) AS \"b\", "
            'sys.json_datetime2(v ->> 2)::sys.datetime2(7) AS "c", '
            "(CASE WHEN json_typeof(v -> 'd') IN ('object', 'array') THEN v ->> 'd' END)"
            "::sys.nvarchar "
            'AS "d" FROM json_array_elements(sys.json_rows_written($1)) AS r(v) OFFSET 0) AS "o"',
        ),
        (
            "SELECT v.a FROM (VALUES (1, N'x'), (2, NULL)) AS v (a, b)",
            'SELECT "v"."a" AS "a" FROM (VALUES (1, \'x\'::sys.nvarchar), (2, NULL::sys.nvarchar)) '
            'AS "v" ("a", "b")',
        ),
        (
            "SELECT Id FROM dbo.Users AS u CROSS APPLY (SELECT u.Id + 1 AS x) AS n",
            'SELECT "u"."id" AS "id" FROM "dbo"."users" AS "u" CROSS JOIN LATERAL '
            '(SELECT "u"."id" + 1 AS "x") AS "n" ("x")',
        ),
    ],
)
def test_queries(tsql: str, postgresql: str) -> None:
    assert select(tsql) == postgresql


@pytest.mark.parametrize(
    ("tsql", "postgresql"),
    [
        (
            "INSERT INTO dbo.Users (Name, balance, flag) VALUES (N'a', @n, DEFAULT)",
            'INSERT INTO "dbo"."users" ("name", "balance", "flag") VALUES (\'a\', $1, DEFAULT)',
        ),
        (
            "INSERT dbo.Users (Name) OUTPUT inserted.Id SELECT c1 FROM #s",
            'INSERT INTO "dbo"."users" ("name") SELECT "#s"."c1" AS "c1" FROM pg_temp."#s" AS "#s" '
            'RETURNING WITH (OLD AS "deleted", NEW AS "inserted") "inserted"."id" AS "id"',
        ),
        (
            "UPDATE t SET t.Name = s.c1, balance += 1 FROM dbo.Users AS t "
            "INNER JOIN #s AS s ON s.c0 = t.Id WHERE s.op = 1",
            'UPDATE "dbo"."users" AS "t" SET "name" = "s"."c1", "balance" = "t"."balance" + 1 '
            'FROM pg_temp."#s" AS "s" WHERE ("s"."c0" = "t"."id") AND ("s"."op" = 1)',
        ),
        (
            "UPDATE dbo.Users SET Name = DEFAULT WHERE Id = 1",
            'UPDATE "dbo"."users" AS "users" SET "name" = DEFAULT WHERE "users"."id" = 1',
        ),
        (
            "UPDATE t SET Name = s.c1 FROM dbo.Users AS t LEFT JOIN #s AS s ON s.c0 = t.Id",
            'WITH "~rows" AS MATERIALIZED (SELECT "t"."id" AS "~key0", "~0" '
            'FROM "dbo"."users" AS "t" LEFT JOIN pg_temp."#s" AS "s" ON "s"."c0" = "t"."id", '
            'LATERAL (SELECT "s".*) AS "~0" WHERE "t"."id" IS NOT NULL FOR UPDATE OF "t") '
            'UPDATE "dbo"."users" AS "t" SET "name" = ("~rows"."~0")."c1" FROM "~rows" '
            'WHERE "t"."id" = "~rows"."~key0"',
        ),
        (
            "UPDATE t SET Name = j.n FROM dbo.Users AS t "
            "JOIN OPENJSON(@j) WITH (k bigint, n nvarchar(50)) AS j ON j.k = t.Id",
            'UPDATE "dbo"."users" AS "t" SET "name" = "j"."n" FROM LATERAL (SELECT '
            "(v ->> 'k')::int8 AS \"k\", (CASE WHEN jsonb_typeof(v -> 'n') NOT IN "
            "('object', 'array') THEN v ->> 'n' END)::sys.nvarchar(50) AS \"n\" "
            'FROM jsonb_array_elements(sys.json_rows($1)) AS r(v) OFFSET 0) AS "j" '
            'WHERE "j"."k" = "t"."id"',
        ),
        (
            "UPDATE q SET flag = 1 FROM (SELECT TOP (1) Id, flag FROM dbo.Users ORDER BY Id) AS q",
            'WITH "~found" AS MATERIALIZED (SELECT * FROM LATERAL (SELECT "users"."id" '
            'AS "id", "users"."flag" AS "flag", "users"."id" AS "~key0" FROM "dbo"."users" AS '
            '"users" ORDER BY "id" LIMIT (1) FOR UPDATE OF "users") AS "q" ("id", "flag", "~key0"))'
            ' UPDATE "dbo"."users" AS "~target" SET "flag" = 1 FROM "~found" AS "q" '
            'WHERE "~target"."id" = "q"."~key0"',
        ),
        (
            "UPDATE TOP (1) dbo.Users WITH (READPAST, UPDLOCK) SET flag = 1 WHERE flag = 0",
            'WITH "~rows" AS MATERIALIZED (SELECT "users"."id" AS "~key0" '
            'FROM "dbo"."users" AS "users" WHERE "users"."flag" = 0 LIMIT (1) '
            'FOR UPDATE OF "users" SKIP LOCKED) '
            'UPDATE "dbo"."users" AS "users" SET "flag" = 1 FROM "~rows" '
            'WHERE "users"."id" = "~rows"."~key0"',
        ),
        (
            "UPDATE dbo.Users WITH (READPAST) SET flag = 1",
            'WITH "~rows" AS MATERIALIZED (SELECT "users"."id" AS "~key0" '
            'FROM "dbo"."users" AS "users" FOR UPDATE OF "users" SKIP LOCKED) '
            'UPDATE "dbo"."users" AS "users" SET "flag" = 1 FROM "~rows" '
            'WHERE "users"."id" = "~rows"."~key0"',
        ),
        (
            "DELETE t FROM dbo.Users AS t JOIN #s AS s ON s.c0 = t.Id WHERE s.op IN (1, 2)",
            'DELETE FROM "dbo"."users" AS "t" USING pg_temp."#s" AS "s" '
            'WHERE ("s"."c0" = "t"."id") AND ("s"."op" IN (1, 2))',
        ),
        (
            "DELETE TOP (1) FROM dbo.Users WHERE Name = N'x'",
            'WITH "~rows" AS MATERIALIZED (SELECT "users"."id" AS "~key0" '
            'FROM "dbo"."users" AS "users" WHERE "users"."name" = \'x\' LIMIT (1) '
            'FOR UPDATE OF "users") DELETE FROM "dbo"."users" AS "users" USING "~rows" '
            'WHERE "users"."id" = "~rows"."~key0"',
        ),
        (
            "DELETE TOP (1) FROM #s",
            'WITH "~rows" AS MATERIALIZED (SELECT "#s".ctid AS "~key0" FROM pg_temp."#s" AS "#s" '
            'LIMIT (1)) DELETE FROM pg_temp."#s" AS "#s" USING "~rows" '
            'WHERE "#s".ctid = "~rows"."~key0"',
        ),
        (
            "DELETE FROM dbo.Users OUTPUT deleted.Id INTO #s (c0)",
            'WITH "output" AS (DELETE FROM "dbo"."users" AS "users" RETURNING WITH '
            '(OLD AS "deleted", NEW AS "inserted") "deleted"."id" AS "id") '
            'INSERT INTO pg_temp."#s" ("c0") '
            'SELECT * FROM "output"',
        ),
        (
            "MERGE dbo.Users WITH (HOLDLOCK) AS t USING #s AS s ON s.c0 = t.Id "
            "WHEN MATCHED AND s.op = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET Name = s.c1 "
            "WHEN NOT MATCHED THEN INSERT (Name) VALUES (s.c1);",
            'MERGE INTO "dbo"."users" AS "t" USING pg_temp."#s" AS "s" ON "s"."c0" = "t"."id" '
            'WHEN MATCHED AND "s"."op" = 1 THEN DELETE '
            'WHEN MATCHED THEN UPDATE SET "name" = "s"."c1" '
            'WHEN NOT MATCHED THEN INSERT ("name") VALUES ("s"."c1")',
        ),
    ],
)
def test_changes(tsql: str, postgresql: str) -> None:
    assert change(tsql).sql == postgresql


@pytest.mark.parametrize(
    ("tsql", "number"),
    [
        ("INSERT INTO dbo.Users (twice) VALUES (1)", 271),
        ("INSERT INTO dbo.Users (Name) VALUES (1, 2)", 110),
        ("INSERT INTO dbo.Users (Name) SELECT 1, 2", 121),
        ("INSERT INTO dbo.Users (Name, flag) SELECT 1", 120),
        ("INSERT INTO dbo.Users (raw) VALUES (@s)", 257),
        ("UPDATE dbo.Users SET Id = 1", 8102),
        ("UPDATE dbo.Users SET nix = 1", 207),
        ("DELETE FROM dbo.Nix", 208),
        ("INSERT INTO dbo.Users (Name) VALUES " + ", ".join(["(N'x')"] * 1001), 10738),
    ],
)
def test_what_cannot_be_changed_is_refused_by_number(tsql: str, number: int) -> None:
    with pytest.raises(Refused) as refused:
        change(tsql)
    assert refused.value.notice.number == number


def test_a_value_that_grows_row_by_row_is_a_recursion() -> None:
    node = statement("SELECT @s = COALESCE(@s + N', ', N'') + Name FROM dbo.Users ORDER BY Id DESC")
    found = accumulation.assignment(node, context(), ["@s"])
    assert found.counted
    assert found.text == (
        'WITH RECURSIVE "r" AS (SELECT row_number() OVER (ORDER BY "users"."id" DESC) AS n, '
        '"users"."name" AS c0 FROM "dbo"."users" AS "users"), "a" (n, v0) AS ('
        'SELECT 0::int8, ($1::sys.nvarchar(20)) COLLATE "C" UNION ALL '
        'SELECT "r".n, ((coalesce("a".v0 + \', \', \'\') + "r".c0)::sys.nvarchar(20)) COLLATE "C" '
        'FROM "a" JOIN "r" ON "r".n = "a".n + 1) SELECT v0, n FROM "a" ORDER BY n DESC LIMIT 1'
    )


def test_a_plain_assignment_takes_the_last_row() -> None:
    node = statement("SELECT @n = op, @s = c1 FROM #s")
    found = accumulation.assignment(node, context(), ["@n", "@s"])
    assert not found.counted
    assert found.text == (
        'SELECT "#s"."op"::int4, "#s"."c1"::sys.nvarchar(20) FROM pg_temp."#s" AS "#s"'
    )
