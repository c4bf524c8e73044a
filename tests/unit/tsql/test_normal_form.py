"""Expressions as SQL Server's catalog shows them, and what is kept as it was written."""

from __future__ import annotations

import pytest

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql.normal_form import definition
from sandbox.azuresql.tsql.scope import Column
from sandbox.azuresql.tsql.tree import parse

_COLUMNS = [Column(name, SqlType("int")) for name in ("A", "b", "c", "Two Words")]


def _check(text: str) -> str:
    batch = f"CREATE TABLE t (x int, CHECK ({text}))"
    (check,) = parse(batch).all("check_constraint_grammar")
    return definition(check.children[1:], batch, _COLUMNS)


def _default(text: str) -> str:
    batch = f"CREATE TABLE t (x int DEFAULT {text})"
    (segment,) = parse(batch).all("column_constraint_segment")
    return definition(segment.children[1:], batch)


def _filter(text: str) -> str:
    batch = f"CREATE INDEX i ON t (b) WHERE {text}"
    (where,) = parse(batch).all("where_clause")
    return definition(where.children[1:], batch, _COLUMNS, filters=True)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a > 0", "([A]>(0))"),
        ("((a)) > ((0))", "([A]>(0))"),
        ("[Two Words] != -5", "([Two Words]<>(-5))"),
        ("a > 0 and b < 5 or c = 1", "([A]>(0) AND [b]<(5) OR [c]=(1))"),
        ("a > 0 AND (b < 5 OR c = 1)", "([A]>(0) AND ([b]<(5) OR [c]=(1)))"),
        ("(a > 0 AND b < 5) OR c = 1", "([A]>(0) AND [b]<(5) OR [c]=(1))"),
        ("a BETWEEN 1 AND 5", "([A]>=(1) AND [A]<=(5))"),
        ("a IN (1, 2)", "([A]=(2) OR [A]=(1))"),
        ("a > 0 AND a IN (1, 2)", "([A]>(0) AND ([A]=(2) OR [A]=(1)))"),
        ("b in (N'x')", "([b]=N'x')"),
        ("b NOT LIKE N'x%'", "(NOT [b] like N'x%')"),
        ("NOT (a > 0 OR b > 0)", "(NOT ([A]>(0) OR [b]>(0)))"),
        ("NOT a > 0", "(NOT [A]>(0))"),
        ("b Is  Not  Null", "([b] IS NOT NULL)"),
        ("(a + b) * c - (c - b) = 1", "(([A]+[b])*[c]-([c]-[b])=(1))"),
        ("a + (b * c) = 1", "([A]+[b]*[c]=(1))"),
        ("a = -(b + c)", "([A]=-([b]+[c]))"),
        ("ISNULL(a, 0) = LEN(b)", "(isnull([A],(0))=len([b]))"),
        ("dbo.f(a, 'x') = 1", "([dbo].[f]([A],'x')=(1))"),
        ("CAST(a AS decimal(9, 2)) = 1.50", "(CONVERT([decimal](9,2),[A])=(1.50))"),
        ("CONVERT(varchar(10), a, 120) = b", "(CONVERT([varchar](10),[A],(120))=[b])"),
    ],
)
def test_a_check_is_shown_in_its_normal_form(written: str, shown: str) -> None:
    assert _check(written) == shown
    assert _check(shown) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("0", "((0))"),
        ("((0))", "((0))"),
        ("-1", "((-1))"),
        ("N'it''s'", "(N'it''s')"),
        ("NULL", "(NULL)"),
        ("GETDATE()", "(getdate())"),
        ("CURRENT_TIMESTAMP", "(getdate())"),
        ("(SYSUTCDATETIME())", "(sysutcdatetime())"),
        ("NEXT VALUE FOR Sales.Numbers", "(NEXT VALUE FOR [Sales].[Numbers])"),
    ],
)
def test_a_default_is_shown_in_its_normal_form(written: str, shown: str) -> None:
    assert _default(written) == shown
    assert _default(shown) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a IS NOT NULL", "([A] IS NOT NULL)"),
        ("a IN (1, 2) AND b > 0", "([A] IN ((1), (2)) AND [b]>(0))"),
    ],
)
def test_a_filter_is_shown_in_its_normal_form(written: str, shown: str) -> None:
    assert _filter(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "a NOT BETWEEN 1 AND 5",
        "a NOT IN (1, 2)",
        "a = 1e3",
        "b = 'x' COLLATE Latin1_General_BIN2",
        "CASE WHEN a > 0 THEN 1 ELSE 0 END = 1",
    ],
)
def test_what_is_not_known_is_kept_as_it_was_written(written: str) -> None:
    assert _check(written) == f"({written})"
