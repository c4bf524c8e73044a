"""Converted conditions choose the same rows on both ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pyodbc
import pytest
from pydantic import SecretStr

from connectors.azuresql.dialect import batches
from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from replicator.schema import PlanOptions, convert, plan
from replicator.schema.columns import resolver
from replicator.schema.expressions import Converter, parse_expression

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE sample (
    id bigint PRIMARY KEY, n integer, price numeric(12,2), flag boolean, name varchar(40),
    code char(3), status mood, since date, bin bytea
);
INSERT INTO sample VALUES
    (1, 1, 1.50, true, 'x', 'en', 'sad', '2020-01-01', '\\x00'),
    (2, -7, -0.01, false, 'X', 'e', 'ok', '2019-12-31', '\\x'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 10, 0.50, true, '', '', 'ok', '2020-01-02', '\\x0102'),
    (5, 3, 99.99, false, 'a@b', 'en', 'sad', '0001-01-01', NULL),
    (6, 8, 7.00, NULL, '😀😀', 'fr', 'ok', '9999-12-31', '\\xff'),
    (7, 2, 0.00, true, '[x]y', 'EN', 'sad', '2020-01-01', '\\x00'),
    (8, 7, 10.00, false, 'ab ', 'en', NULL, NULL, '\\x00'),
    (9, 0, 1.00, true, '  ', '  ', NULL, NULL, '\\x00');
"""
CONDITIONS = [
    "n > 1", "n BETWEEN 1 AND 8", "NOT flag", "flag", "flag = false", "n % 3 = 1", "n / 2 = 3",
    "price >= 0.50", "price * n > 5", "price + 1 <= 2.50", "name = 'x'", "name <> 'x'",
    "name <> ''", "name = 'ab'", "name NOT IN ('ab', 'x')",
    "name IN ('x', 'a@b')", "name NOT IN ('x', '')", "name LIKE '%@%'", "name LIKE '[x]%'",
    "length(name) = 2", "length(name) > 2", "length(name) = 0",
    "code = 'en'::bpchar", "code <> 'en'::bpchar",
    "status = 'ok'", "status IS NULL", "since > '2020-01-01'::date", "octet_length(bin) = 1",
    "name IS NULL OR n > 5", "NOT (n > 1 AND flag)", "abs(n) = 7", "-n > 0", "COALESCE(n, 0) = 0",
    "name = ANY (ARRAY['x', 'X'])", "(n > 1) = flag", "name || 'z' = 'xz'",
]  # fmt: skip


@pytest.fixture
def ends(
    source_database: str, target_database: str
) -> Iterator[tuple[psycopg.Connection[tuple[int]], pyodbc.Connection, Converter]]:
    """Both ends with the same rows, and a converter for their table."""
    with psycopg.connect(source_database, autocommit=True) as here:
        here.execute(SCHEMA.encode())
        with closing(
            PostgresqlSource(PostgresqlSettings(dsn=SecretStr(source_database)), "s")
        ) as s:
            planned = plan(
                catalog := s.catalog(["*"], []), s.profile(catalog.tables), PlanOptions()
            )
        rows = here.execute("SELECT * FROM sample ORDER BY id").fetchall()
        with closing(pyodbc.connect(target_database, autocommit=True)) as there:
            for batch in batches(convert(planned).files["30_tables.sql"].partition("\n\n")[2]):
                there.execute(batch)
            marks = ", ".join("?" * 9)
            for row in rows:
                there.execute(f"INSERT INTO [dbo].[sample] VALUES ({marks})", *row)
            yield here, there, Converter(resolver(planned.tables[0]), enums=frozenset({"mood"}))


def test_conditions_choose_the_same_rows(
    ends: tuple[psycopg.Connection[tuple[int]], pyodbc.Connection, Converter],
) -> None:
    here, there, converter = ends
    for condition in CONDITIONS:
        wanted = here.execute(
            f"SELECT id FROM sample WHERE {condition} ORDER BY id".encode()
        ).fetchall()
        converted = converter.predicate(parse_expression(condition))
        found = there.execute(
            f"SELECT [id] FROM [dbo].[sample] WHERE {converted} ORDER BY [id]"
        ).fetchall()
        assert [row[0] for row in found] == [row[0] for row in wanted], (condition, converted)
