"""What expressions and types give, read back through a client."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.tsql.conftest import Run


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7 / 2", 3),
        ("7 % 4", 3),
        ("6 & 3 | 8", 10),
        ("5 ^ 1", 4),
        ("~1", -2),
        ("7.0 / 2", Decimal("3.500000")),
        ("CAST(1.7 AS int)", 1),
        ("CAST('' AS int)", 0),
        ("CAST(5 AS bit)", True),
        ("CAST('true' AS bit)", True),
        ("CAST(200 AS tinyint) + 100", 300),
        ("N'a' + N'b'", "ab"),
        ("N'1' + 1", 2),
        ("N'a' + NULL", None),
        ("CONCAT('a', NULL, 1)", "a1"),
        ("LEN(N'ab  ')", 2),
        ("LEN(N'\U0001d11e')", 2),
        ("DATALENGTH(N'ab')", 4),
        ("DATALENGTH('ab')", 2),
        ("SUBSTRING(N'abcd', 2, 2)", "bc"),
        ("CHARINDEX(N'C', N'abc')", 3),
        ("REPLACE(N'aXbx', N'x', N'-')", "a-b-"),
        ("LEFT(N'abc', 2) + RIGHT(N'abc', 1)", "abc"),
        ("UPPER(N'é')", "É"),
        ("RTRIM(N'a  ') + N'|'", "a|"),
        ("QUOTENAME(N'a]b')", "[a]]b]"),
        ("ISNULL(NULL, N'x')", "x"),
        ("COALESCE(NULL, 2, 3)", 2),
        ("NULLIF(1, 1)", None),
        ("IIF(1 = 2, 'a', 'b')", "b"),
        ("CASE WHEN N'A' = N'a ' THEN 1 ELSE 0 END", 1),
        ("CASE WHEN N'A' = N'a' COLLATE Latin1_General_100_BIN2 THEN 1 ELSE 0 END", 0),
        ("CASE WHEN N'a ' = N'a' COLLATE Latin1_General_100_BIN2 THEN 1 ELSE 0 END", 1),
        ("CASE WHEN N'abc' LIKE N'A[b-d]%' THEN 1 ELSE 0 END", 1),
        ("CASE WHEN N'a_c' LIKE N'a\\_c' ESCAPE N'\\' THEN 1 ELSE 0 END", 1),
        (
            "CONVERT(varchar(30), CAST('2024-01-31 23:59:59.1234567' AS datetime2(7)), 126)",
            "2024-01-31T23:59:59.1234567",
        ),
        (
            "CONVERT(varchar(34), CAST('2024-01-31T23:59:59.5+02:00' AS datetimeoffset(3)), 121)",
            "2024-01-31 23:59:59.500 +02:00",
        ),
        (
            "CONVERT(varchar(34), CAST('2024-01-31T23:59:59.5+02:00' AS datetimeoffset(1)), 127)",
            "2024-01-31T21:59:59.5Z",
        ),
        ("CONVERT(varchar(16), CAST('23:59:59.9999999' AS time(7)), 121)", "23:59:59.9999999"),
        (
            "CONVERT(varchar(30), CAST('2024-01-31 23:59:59.12345' AS datetime2(3)), 121)",
            "2024-01-31 23:59:59.123",
        ),
        ("CAST('2024-01-31' AS date)", "2024-01-31"),
        ("CONVERT(varchar(10), 0x00FF, 2)", "00FF"),
        ("CONVERT(varbinary(2), '00FF', 2)", b"\x00\xff"),
        ("CONVERT(varbinary(8), N'aé')", b"a\x00\xe9\x00"),
        ("CAST(0x0102 AS int)", 258),
        ("CAST(-1.005 AS decimal(10, 2))", Decimal("-1.01")),
        ("TRY_CONVERT(int, N'x')", None),
        ("TRY_CONVERT(int, N'12')", 12),
        ("TRY_CAST(N'2024-13-01' AS date)", None),
        ("ISJSON(N'{\"a\":1}')", 1),
        ("ISJSON(N'x')", 0),
        ("JSON_VALUE(N'{\"a\":{\"b\":5}}', '$.a.b')", "5"),
        (
            "CONVERT(varchar(64), HASHBYTES('SHA2_256', N'a'), 2)",
            "FFE9AAEAA2A2D5048174DF0B80599EF0197EC024C4B051BC9860CFF58EF7F9F3",
        ),
        ("DATEDIFF(day, '2024-01-31', '2024-03-01')", 30),
        ("DATEDIFF_BIG(millisecond, '2024-01-01T00:00:00', '2024-01-01T00:00:01.5')", 1500),
        (
            "CONVERT(varchar(19), DATEADD(month, 1, CAST('2024-01-31' AS datetime2(0))), 120)",
            "2024-02-29 00:00:00",
        ),
        (
            "CASE WHEN CAST('2024-01-01T01:00:00+01:00' AS datetimeoffset) "
            "= CAST('2024-01-01T00:00:00+00:00' AS datetimeoffset) THEN 1 ELSE 0 END",
            1,
        ),
        ("CAST(SERVERPROPERTY('EngineEdition') AS int)", 5),
        ("CONVERT(varchar(10), DATEFROMPARTS(2024, 2, 29), 23)", "2024-02-29"),
        (
            "CONVERT(varchar(27), DATETIME2FROMPARTS(2024, 1, 2, 3, 4, 5, 1234567, 7), 121)",
            "2024-01-02 03:04:05.1234567",
        ),
        ("CONVERT(varchar(10), EOMONTH('2024-01-31', 1), 23)", "2024-02-29"),
        (
            "CONVERT(varchar(19), DATETRUNC(hour, CAST('2024-01-02T03:04:05' AS datetime2)), 126)",
            "2024-01-02T03:00:00",
        ),
        (
            "CONVERT(varchar(26), SWITCHOFFSET(CAST('1998-09-20 7:45:50 -5:00' "
            "AS datetimeoffset(0)), '-08:00'), 121)",
            "1998-09-20 04:45:50 -08:00",
        ),
        ("YEAR('2024-05-06') * 10000 + MONTH('2024-05-06') * 100 + DAY('2024-05-06')", 20240506),
        ("GREATEST(1, NULL, 3) + LEAST(7, 5)", 8),
        ("TRANSLATE('2*[3]', '[]', '()')", "2*(3)"),
        ("TRIM('.! ' FROM ' .a!. ')", "a"),
        ("STRING_ESCAPE('a\"/', 'json')", 'a\\"\\/'),
        ("PARSENAME('[a.b].c', 2)", "a.b"),
        ("STR(123.45, 6, 1)", " 123.5"),
        ("CAST(12345 AS varchar(3))", "*"),
        ("CAST(123456 AS binary(2))", b"\xe2\x40"),
        ("ISNULL(CAST(NULL AS varchar(3)), 'abcdef')", "abc"),
        ("COALESCE(CAST(NULL AS varchar(3)), 'abcdef')", "abcdef"),
        ("(SELECT 1 AS [a.b], N'x\"' AS c, NULL AS d FOR JSON PATH)", '[{"a":{"b":1},"c":"x\\""}]'),
        (
            "(SELECT CAST(1 AS bit) AS t, NULL AS d FOR JSON PATH, INCLUDE_NULL_VALUES, "
            "WITHOUT_ARRAY_WRAPPER)",
            '{"t":true,"d":null}',
        ),
        (
            "(SELECT v FROM (VALUES (1), (2)) AS t (v) FOR JSON AUTO, ROOT('r'))",
            '{"r":[{"v":1},{"v":2}]}',
        ),
        ("DB_NAME() + N''", None),
    ],
)
def test_an_expression_gives_what_sql_server_gives(
    run: Run, expression: str, expected: Any
) -> None:
    (found,) = run(f"SELECT {expression}")[0]
    if expression.startswith("DB_NAME"):
        assert found.startswith("t_")
    elif expression.endswith("AS date)") and not expression.startswith("TRY"):
        assert str(found) == expected
    else:
        assert found == expected


def test_every_type_comes_back_as_it_went_in(run: Run) -> None:
    run(
        "CREATE TABLE dbo.types (i tinyint, j smallint, k int, l bigint, m decimal(38, 10), "
        "n money, b bit, r real, f float, s nvarchar(5), t nchar(4), v varchar(5), x varbinary(4), "
        "y binary(4), u uniqueidentifier, d date, e time(7), g datetime2(7), h datetime, q xml)"
    )
    run(
        "INSERT INTO dbo.types VALUES (255, -32768, -2147483648, 9223372036854775807, "
        "'1234567890123456789012345678.0123456789', 922337203685477.5807, 1, 1.5, 1e300, "
        "N'é\U0001d11e ', N'ab', 'x ', 0x01, 0x01, "
        "'6F9619FF-8B86-D011-B42D-00C04FC964FF', '0001-01-01', "
        "'23:59:59.9999999', '9999-12-31T23:59:59.9999999', '2024-01-31T23:59:59.997', N'<a/>')"
    )
    (row,) = run(
        "SELECT i, j, k, l, CONVERT(varchar(50), m), n, b, r, f, s, t, v, x, y, "
        "LOWER(CONVERT(varchar(36), u)), CONVERT(varchar(10), d, 23), "
        "CONVERT(varchar(16), e, 121), CONVERT(varchar(27), g, 121), "
        "CONVERT(varchar(23), h, 121), q FROM dbo.types"
    )
    assert row == (
        255,
        -32768,
        -(2**31),
        2**63 - 1,
        "1234567890123456789012345678.0123456789",
        Decimal("922337203685477.5807"),
        True,
        1.5,
        1e300,
        "é\U0001d11e ",
        "ab  ",
        "x ",
        b"\x01",
        b"\x01\x00\x00\x00",
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "0001-01-01",
        "23:59:59.9999999",
        "9999-12-31 23:59:59.9999999",
        "2024-01-31 23:59:59.997",
        "<a/>",
    )


def test_openjson_gives_typed_rows(run: Run) -> None:
    document = (
        '[{"a": 1, "b": "x ", "t": "2024-01-31T23:59:59.1234567", "f": true, "o": {"c": [1]}}, '
        '{"a": null, "b": {"no": "string"}, "bin": "AQI="}]'
    )
    found = run(
        "SELECT a, b, CONVERT(varchar(27), t, 121), f, o, bin FROM OPENJSON(?) WITH (a int, "
        "b nvarchar(9) '$.b', t datetime2(7) '$.t', f bit, o nvarchar(max) '$.o' AS JSON, "
        "bin varbinary(8))",
        document,
    )
    assert found[0][:4] == (1, "x ", "2024-01-31 23:59:59.1234567", True)
    assert found[0][4].replace(" ", "") == '{"c":[1]}'
    assert found[1] == (None, None, None, None, None, b"\x01\x02")


def test_a_string_is_built_row_by_row(run: Run) -> None:
    assert run(
        "DECLARE @x nvarchar(max) = NULL; SELECT @x = COALESCE(@x + N',', N'') + name FROM "
        "(VALUES (2, N'b'), (1, N'a'), (3, N'c')) AS v (n, name) ORDER BY n; SELECT @x"
    ) == [("a,b,c",)]


def test_queries_of_an_application(run: Run) -> None:
    run(
        "CREATE TABLE dbo.posts (id int IDENTITY(10, 5) PRIMARY KEY, author int, "
        "body nvarchar(20)); INSERT INTO dbo.posts (author, body) "
        "VALUES (1, N'x'), (2, N'y'), (1, N'z')"
    )
    assert run("SELECT TOP (2) id FROM dbo.posts ORDER BY id DESC") == [(20,), (15,)]
    assert run("SELECT id FROM dbo.posts ORDER BY id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY") == [
        (15,)
    ]
    assert run("SELECT author, COUNT(*) FROM dbo.posts GROUP BY author HAVING COUNT(*) > 1") == [
        (1, 2)
    ]
    assert run(
        "WITH n AS (SELECT id, ROW_NUMBER() OVER (PARTITION BY author ORDER BY id DESC) AS r "
        "FROM dbo.posts) SELECT id FROM n WHERE r = 1 ORDER BY id"
    ) == [(15,), (20,)]
    assert run(
        "INSERT INTO dbo.posts (author, body) OUTPUT inserted.id, inserted.body VALUES (?, ?)",
        3,
        "q",
    ) == [(25, "q")]
    assert run("SELECT CAST(SCOPE_IDENTITY() AS int)") == [(None,)]
    assert run("SELECT CAST(@@IDENTITY AS int)") == [(25,)]
    assert run("DELETE TOP (1) FROM dbo.posts WHERE author = 1; SELECT @@ROWCOUNT") == [(1,)]
    assert run(
        "MERGE dbo.posts AS t USING (VALUES (15, N'new'), (99, N'other')) AS s (id, body) "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET body = s.body "
        "WHEN NOT MATCHED THEN INSERT (author, body) VALUES (9, s.body) "
        "OUTPUT $action, inserted.body;"
    ) == [("UPDATE", "new"), ("INSERT", "other")]
    assert run(
        "UPDATE p SET body = d.body FROM dbo.posts AS p JOIN dbo.posts AS d ON d.author = 9 "
        "WHERE p.author = 3; SELECT body FROM dbo.posts WHERE author = 3"
    ) == [("other",)]


@pytest.mark.parametrize("wider", ["smallint", "bigint", "decimal(9, 2)", "float"])
def test_a_tinyint_meets_a_wider_type_in_a_union(run: Run, wider: str) -> None:
    found = run(
        "SELECT CAST(1 AS tinyint) AS n, 'x' AS t, NULL AS nothing UNION ALL "
        f"SELECT CAST(300 AS {wider}), 'yy', CAST('z' AS varchar(9)) ORDER BY n DESC"
    )
    assert [(float(n), t, nothing) for n, t, nothing in found] == [
        (300.0, "yy", "z"),
        (1.0, "x", None),
    ]


def test_blanks_are_0_beside_a_number(run: Run) -> None:
    statement = (
        "SELECT CASE CAST(3 AS smallint) WHEN '' THEN 1 ELSE 0 END WHERE CAST(0 AS int) = ' '"
    )
    assert run(statement) == [(0,)]


def test_like_passes_over_blanks_at_the_end_of_varchar(run: Run) -> None:
    run(
        "DROP TABLE IF EXISTS dbo.padded; CREATE TABLE dbo.padded (c char(5), n nchar(5)); "
        "INSERT INTO dbo.padded VALUES ('ab', N'ab')"
    )
    assert run(
        "SELECT CASE WHEN c LIKE 'ab' THEN 1 ELSE 0 END, CASE WHEN c LIKE 'a[b]' THEN 1 ELSE 0 "
        "END, CASE WHEN c NOT LIKE 'ab' THEN 1 ELSE 0 END, CASE WHEN n LIKE N'ab' THEN 1 ELSE 0 "
        "END FROM dbo.padded"
    ) == [(1, 1, 0, 0)]
