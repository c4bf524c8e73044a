"""Differences planted in a real target are all found and named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pyodbc
import pytest
from pydantic import SecretStr

from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.target import AzureSqlTarget
from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from model.catalog import Table, TableName
from model.ports import TargetTable
from replicator.schema import PlanOptions, Stage, convert, plan
from replicator.schema.deploy import deploy
from replicator.validation import DifferenceKind, Report, compare

SCHEMA = """
CREATE TABLE people (
    id bigint PRIMARY KEY, amount numeric(20, 8), rate double precision, name varchar(40),
    note text, code char(6), at timestamp(6), zoned timestamptz, day date, clock time,
    public_id uuid, avatar bytea, settings jsonb, tags text[], active boolean
);
INSERT INTO people
SELECT i, i * 1.00000001, i / 7.0, 'Name ' || i,
    CASE WHEN i % 5 = 0 THEN '' ELSE 'note 😀 ' || i END, 'c' || i % 10,
    timestamp '2026-01-02 03:04:05' + i * interval '1.000001 s',
    timestamptz '2026-01-02 03:04:05+02' + i * interval '1.000001 s', date '2026-01-01' + i,
    time '00:00:00' + i * interval '1.000001 s',
    ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid,
    decode(lpad(to_hex(i), 8, '0'), 'hex'), jsonb_build_object('n', i), ARRAY['a', i::text],
    i % 2 = 0
FROM generate_series(1, 200) AS i;
CREATE TABLE events (at timestamptz, what text);
ALTER TABLE events REPLICA IDENTITY FULL;
INSERT INTO events SELECT timestamptz '2026-01-01+00' + i % 3 * interval '1 s', 'seen'
FROM generate_series(1, 9) AS i;
"""
PEOPLE = TableName("public", "people")

PLANTED = {
    "the last digit of a decimal": (
        "UPDATE dbo.people SET amount = 17.00000018 WHERE id = 17",
        "amount",
    ),
    "the last digit of a time": (
        "UPDATE dbo.people SET at = '2026-01-02T03:04:23.000019' WHERE id = 18",
        "at",
    ),
    "a trailing space": ("UPDATE dbo.people SET name = N'Name 19 ' WHERE id = 19", "name"),
    "a changed case": ("UPDATE dbo.people SET name = N'name 20' WHERE id = 20", "name"),
    "null against empty": ("UPDATE dbo.people SET note = NULL WHERE id = 25", "note"),
    "the last bit of a float": (
        "UPDATE dbo.people SET rate = 3.714285714285715e0 WHERE id = 26",
        "rate",
    ),
    "a byte": ("UPDATE dbo.people SET avatar = 0x0000001C WHERE id = 27", "avatar"),
    "a boolean": ("UPDATE dbo.people SET active = 0 WHERE id = 28", "active"),
    "a space in a json text": (
        "UPDATE dbo.people SET settings = N'{\"n\":29}' WHERE id = 29",
        "settings",
    ),
    "a day": ("UPDATE dbo.people SET day = '2026-02-01' WHERE id = 30", "day"),
}


class Ends:
    """Both ends, deployed and loaded."""

    def __init__(self, source: PostgresqlSource, target: AzureSqlTarget, address: str) -> None:
        self.source = source
        self.target = target
        self._address = address
        catalog = source.catalog(["public.*"], [])
        self.tables = {table.name: table for table in catalog.tables}
        planned = plan(catalog, source.profile(catalog.tables), PlanOptions())
        for stage in Stage:
            deploy(stage, convert(planned), planned, target, {}, lambda done: None)
        for table in catalog.tables:
            self._load(table)

    def described(self, table: Table) -> TargetTable:
        found = self.target.describe(TableName("dbo", table.name.name))
        assert found is not None
        return found

    def _load(self, table: Table) -> None:
        with closing(self.source.snapshot(None)) as reader:
            for chunk in reader.plan(table, 1000):
                writer = self.target.bulk("replicator:test")
                writer.write(self.described(table), reader.read(table, chunk))

    def run(self, *statements: str) -> None:
        with closing(pyodbc.connect(self._address, autocommit=True)) as connection:
            for statement in statements:
                connection.execute(statement)

    def compare(self, *names: TableName) -> Report:
        tables = [self.tables[name] for name in names or self.tables]
        pairs = [(table, self.described(table)) for table in tables]
        return compare(self.source, self.target, pairs)


@contextmanager
def _opened(source_database: str, target_database: str) -> Iterator[Ends]:
    with psycopg.connect(source_database, autocommit=True) as connection:
        connection.execute(SCHEMA.encode())
    source = PostgresqlSource(PostgresqlSettings(dsn=SecretStr(source_database)), "planted")
    target = AzureSqlTarget(AzureSqlSettings(connection=SecretStr(target_database)))
    with closing(source), closing(target):
        yield Ends(source, target, target_database)


@pytest.fixture
def ends(source_database: str, target_database: str) -> Iterator[Ends]:
    with _opened(source_database, target_database) as opened:
        yield opened


def test_equal_ends_have_no_difference(ends: Ends) -> None:
    report = ends.compare()
    assert [str(found) for table in report.tables for found in table.listed] == []
    assert (report.rows, report.differences) == (209, 0)


def test_everything_that_is_planted_is_named(ends: Ends) -> None:
    ends.run(
        *(statement for statement, _ in PLANTED.values()),
        "DELETE FROM dbo.people WHERE id = 101",
        "INSERT INTO dbo.people (id, name) VALUES (999, N'extra')",
        "UPDATE dbo.people SET name = N'Name 51' WHERE id = 50",
        "UPDATE dbo.people SET name = N'Name 50' WHERE id = 51",
    )
    report = ends.compare(PEOPLE)
    listed = report.tables[0].listed
    changed = {
        (found.key["id"], found.column)
        for found in listed
        if found.kind is DifferenceKind.DIFFERENT_VALUE
    }
    names = {column for _, column in PLANTED.values()}
    assert {column for _, column in changed} == names
    assert {key for key, _ in changed} == {
        *("17", "18", "19", "20", "25", "26", "27", "28", "29", "30"),
        *("50", "51"),
    }
    rows = {(found.kind, found.key["id"]) for found in listed if found.column is None}
    assert rows == {(DifferenceKind.MISSING_ROW, "101"), (DifferenceKind.EXTRA_ROW, "999")}
    assert report.differences == len(listed)


def test_a_keyless_table_counts_its_equal_rows(ends: Ends) -> None:
    ends.run("DELETE TOP (1) FROM dbo.events", "INSERT INTO dbo.events (what) VALUES (N'Seen')")
    report = ends.compare(TableName("public", "events"))
    assert report.differences == 2
    assert {found.kind for found in report.tables[0].listed} == {
        DifferenceKind.MISSING_ROW,
        DifferenceKind.EXTRA_ROW,
    }


def test_a_frozen_target_does_not_see_what_comes_later(ends: Ends) -> None:
    with ends.target.frozen() as frozen:
        ends.run("DELETE FROM dbo.people WHERE id = 1")
        table = ends.tables[PEOPLE]
        report = compare(ends.source, frozen, [(table, ends.described(table))])
    assert report.differences == 0
    assert ends.compare(PEOPLE).differences == 1


def test_the_report_is_json(ends: Ends) -> None:
    assert json.loads(json.dumps(ends.compare().to_json()))["differences"] == 0
