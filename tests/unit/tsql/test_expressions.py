"""Expressions and conditions, text for text."""

from __future__ import annotations

import pytest

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import queries
from tests.unit.tsql.translating import condition, context, select, statement, value


@pytest.mark.parametrize(
    ("tsql", "postgresql"),
    [
        ("1 + 2 * 3", "1 + 2 * 3"),
        ("(1 + 2) * 3", "(1 + 2) * 3"),
        ("7 & 3 | 8", "((7 & 3) | 8)"),
        ("7 ^ 2", "(7 # 2)"),
        ("-5", "-5"),
        ("3000000000", "3000000000::numeric"),
        ("1.50", "1.50"),
        ("1e3", "1e3::float8"),
        ("$2.5", "2.5::sys.money"),
        ("0xA", "'\\x0A'::sys.varbinary"),
        ("N'it''s'", "'it''s'"),
        ("'a' + 'b'", "'a' + 'b'"),
        ("@n", "$1"),
        ("@n + @n", "$1 + $1"),
        ("@b + 1", "$1::int4 + 1"),
        ("@s + @n", "$1::int4 + $2"),
        ("@@ROWCOUNT", "$1"),
        ("CAST('12' AS int)", "'12'::int4"),
        ("CAST(1.7 AS int)", "trunc(1.7)::int4"),
        ("CAST(@n AS nvarchar(11))", "$1::text::sys.nvarchar(11)"),
        (
            "CAST(@n AS nvarchar(10))",
            "sys.short_number($1::text, 10, true)::sys.nvarchar(10)",
        ),
        ("CAST('x' AS nvarchar(max))", "'x'::sys.nvarchar"),
        ("CAST('2024-01-01' AS datetime2(3))", "'2024-01-01'::sys.datetime2(4)"),
        ("CAST(@s AS varbinary(8))", "sys.bytes_of($1)::sys.varbinary(8)"),
        ("CONVERT(varbinary(4), '0102', 2)", "sys.from_hex('0102', 2)::sys.varbinary(4)"),
        (
            "TRY_CONVERT(int, @s)",
            "sys.attempt($1::sys.nvarchar, 'SELECT $1::int4', NULL::int4)::int4",
        ),
        ("ISNULL(@n, 0)", "coalesce($1, 0)"),
        ("COALESCE(@s, N'x', NULL)", "coalesce($1, 'x', NULL)"),
        ("NULLIF(@n, 1)", "nullif($1, 1)"),
        ("IIF(@n > 1, 'a', 'b')", "CASE WHEN $1 > 1 THEN 'a' ELSE 'b' END"),
        ("CASE @n WHEN 1 THEN 2 ELSE 3 END", "CASE WHEN $1 = 1 THEN 2 ELSE 3 END"),
        ("LEN(@s)", "sys.len($1)"),
        (
            "LEN(@s COLLATE Latin1_General_100_CI_AS_SC)",
            'sys.len_characters($1 COLLATE sys."latin1_general_100_ci_as_sc")',
        ),
        ("DATALENGTH(N'a')", "sys.datalength('a'::sys.nvarchar)"),
        (
            "HASHBYTES('SHA2_256', 'a')",
            "sys.hashbytes('SHA2_256'::sys.\"varchar\", 'a'::sys.\"varchar\")",
        ),
        ("SYSUTCDATETIME()", "sys.sysutcdatetime()"),
        (
            "DATEADD(mi, -5, SYSUTCDATETIME())",
            "sys.dateadd('minute', (-5)::int8, sys.sysutcdatetime())",
        ),
        (
            "CONCAT('a', @n)",
            "sys.concat(ARRAY[('a')::text, ($1::text::sys.nvarchar)::text])::sys.\"varchar\"",
        ),
        ("NEWID()", "gen_random_uuid()"),
        ("SERVERPROPERTY('EngineEdition')", "5::int4"),
        ("NEXT VALUE FOR dbo.Orders", 'sys.next_value(\'"dbo"."orders"\'::regclass)'),
    ],
)
def test_values(tsql: str, postgresql: str) -> None:
    assert value(tsql) == postgresql


@pytest.mark.parametrize(
    ("tsql", "postgresql"),
    [
        ("u.Id = 1 AND NOT Name <> N'x'", '"u"."id" = 1 AND NOT "u"."name" <> \'x\''),
        ("Id IN (1, @n)", '"u"."id" IN (1, $1)'),
        ("Id = @s", '"u"."id" = $1::int8'),
        ("Name = @s", '"u"."name" = $1'),
        # Without a column the database's collation decides, which ignores case.
        ("@s = N'A'", "$1 = 'A'::sys.nvarchar COLLATE sys.\"sql_latin1_general_cp1_ci_as\""),
        (
            "Name = CASE WHEN Id = 1 THEN 'a' END",
            '"u"."name" = CASE WHEN "u"."id" = 1 THEN \'a\' END',
        ),
        (
            "@s BETWEEN 'a' AND N'b'",
            "$1 BETWEEN ('a'::sys.nvarchar COLLATE sys.\"sql_latin1_general_cp1_ci_as\") AND "
            "('b'::sys.nvarchar COLLATE sys.\"sql_latin1_general_cp1_ci_as\")",
        ),
        (
            "Id BETWEEN 1 AND 2 OR Id IS NOT NULL",
            '"u"."id" BETWEEN 1 AND 2 OR "u"."id" IS NOT NULL',
        ),
        ("Name LIKE N'a%'", "\"u\".\"name\" LIKE 'a%' ESCAPE ''"),
        ("Name NOT LIKE N'a\\_%' ESCAPE N'\\'", "\"u\".\"name\" NOT LIKE 'a\\_%' ESCAPE '\\'"),
        ("Name LIKE N'[a-c]%'", "sys.like_match(\"u\".\"name\", '[a-c]%', '', false)"),
        (
            "EXISTS (SELECT 1 FROM #s AS s WHERE s.c0 = u.Id)",
            'EXISTS (SELECT 1 FROM pg_temp."#s" AS "s" WHERE "s"."c0" = "u"."id")',
        ),
        (
            "Name COLLATE Latin1_General_100_BIN2 = N'x'",
            '"u"."name" COLLATE sys."latin1_general_100_bin2" = \'x\'',
        ),
        ("flag = 1", '"u"."flag" = 1'),
        ("Name IS NOT DISTINCT FROM @s", '"u"."name" IS NOT DISTINCT FROM $1'),
    ],
)
def test_conditions(tsql: str, postgresql: str) -> None:
    assert condition(tsql) == postgresql


@pytest.mark.parametrize(
    ("tsql", "number"),
    [
        ("SELECT nix FROM dbo.Users", 207),
        ("SELECT a.Id FROM dbo.Users AS u", 4104),
        ("SELECT Id FROM dbo.Users AS a, dbo.Users AS b", 209),
        ("SELECT 1 FROM dbo.Nix", 208),
        ("SELECT @nix", 137),
        ("SELECT nix(1)", 195),
        ("SELECT dbo.nix(1)", 4121),
        ("SELECT 1 UNION SELECT 1, 2", 205),
        ("SELECT (SELECT 1, 2)", 116),
        ("SELECT 1 FROM dbo.Users WHERE Id", 4145),
        ("SELECT Id FROM (SELECT 1) AS t (Id, x)", 8158),
        ("SELECT * FROM (SELECT 1) AS t", 8155),
        ("SELECT CAST(1 AS nix)", 2715),
        ("SELECT CAST('a' AS nvarchar(4001))", 131),
        ("SELECT 'a' COLLATE Nix_CI_AS", None),
        ("SELECT Id FROM dbo.Users FOR XML EXPLICIT", 40517),
        ("SELECT Id FROM dbo.Users WITH (NOWAITNOW)", 102),
        ("SELECT Id FROM dbo.Users TABLESAMPLE (10 PERCENT)", 40517),
    ],
)
def test_what_has_no_meaning_is_refused_by_number(tsql: str, number: int | None) -> None:
    if number is None:
        select(tsql)
        return
    with pytest.raises(Refused) as refused:
        select(tsql)
    assert refused.value.notice.number == number


def test_a_refusal_names_what_it_met_and_its_line() -> None:
    with pytest.raises(Refused) as refused:
        select("SELECT Id\nFROM dbo.Users\nFOR XML EXPLICIT")
    notice = refused.value.notice
    assert notice.line == 3
    assert "'FOR XML EXPLICIT' (for_clause" in notice.text


def test_names_keep_their_spelling_for_the_client() -> None:
    node = statement("SELECT ID, u.name AS [The Name], 1, balance * 2 AS B FROM dbo.USERS AS u")
    text, outputs = queries.query(node, context(), None)
    assert [output.name for output in outputs] == ["ID", "The Name", "", "B"]
    assert text == (
        'SELECT "u"."id" AS "id", "u"."name" AS "the name", 1, "u"."balance" * 2 AS "b" '
        'FROM "dbo"."users" AS "u"'
    )


def test_the_types_of_results_are_known() -> None:
    node = statement(
        "SELECT COUNT(*), SUM(balance), AVG(balance), balance * balance, 1 / 2 FROM dbo.Users"
    )
    _, outputs = queries.query(node, context(), None)
    shown = [(o.type.name, o.type.precision, o.type.scale) for o in outputs if o.type]
    assert shown == [
        ("int", 0, 0),
        ("decimal", 38, 2),
        ("decimal", 38, 6),
        ("decimal", 25, 4),
        ("int", 0, 0),
    ]
