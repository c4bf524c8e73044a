"""The comparison form of both ends, to the letter."""

from __future__ import annotations

import pytest

from connectors.azuresql import comparison as azuresql
from connectors.postgresql import comparison as postgresql
from model.catalog import Column, Table, TableName
from model.ports import TargetTable
from model.types import Kind, LogicalType

MOMENT = "YYYY-MM-DD HH24:MI:SS.US"
FORMS: dict[Kind, tuple[str, str]] = {
    Kind.INT16: ('"c"::text', "CONVERT(varchar(20), [c])"),
    Kind.INT32: ('"c"::text', "CONVERT(varchar(20), [c])"),
    Kind.INT64: ('"c"::text', "CONVERT(varchar(20), [c])"),
    Kind.DECIMAL: ('"c"::text', "CONVERT(varchar(200), [c])"),
    Kind.MONEY: ('"c"::numeric::text', "CONVERT(varchar(41), [c])"),
    Kind.FLOAT32: ('"c"::text', "CONVERT(varchar(32), [c], 3)"),
    Kind.FLOAT64: ('"c"::text', "CONVERT(varchar(32), [c], 3)"),
    Kind.BOOLEAN: ('"c"::int::text', "CONVERT(varchar(1), [c])"),
    Kind.CHAR: ('"c"::text', "RTRIM([c])"),
    Kind.VARCHAR: ('"c"::text', "[c]"),
    Kind.TEXT: ('"c"::text', "[c]"),
    Kind.BYTES: ("upper(encode(\"c\", 'hex'))", "CONVERT(varchar(max), [c], 2)"),
    Kind.DATE: (
        'CASE WHEN isfinite("c") THEN to_char("c", \'YYYY-MM-DD\') '
        "WHEN \"c\" = 'infinity' THEN '9999-12-31' WHEN \"c\" = '-infinity' THEN '0001-01-01' END",
        "CONVERT(varchar(10), [c], 23)",
    ),
    Kind.TIMESTAMP: (
        f"CASE WHEN isfinite(\"c\") THEN to_char(\"c\", '{MOMENT}') || '0' "
        "WHEN \"c\" = 'infinity' THEN '9999-12-31 00:00:00.0000000' "
        "WHEN \"c\" = '-infinity' THEN '0001-01-01 00:00:00.0000000' END",
        "CONVERT(varchar(27), CONVERT(datetime2(7), [c]), 121)",
    ),
    Kind.TIMESTAMPTZ: (
        f"CASE WHEN isfinite(\"c\") THEN to_char(\"c\" AT TIME ZONE 'UTC', '{MOMENT}') "
        "|| '0 +00:00' WHEN \"c\" = 'infinity' THEN '9999-12-31 00:00:00.0000000 +00:00' "
        "WHEN \"c\" = '-infinity' THEN '0001-01-01 00:00:00.0000000 +00:00' END",
        "CONVERT(varchar(34), CONVERT(datetimeoffset(7), [c]), 121)",
    ),
    Kind.TIME: (
        "to_char(\"c\", 'HH24:MI:SS.US') || '0'",
        "CONVERT(varchar(16), CONVERT(time(7), [c]), 121)",
    ),
    Kind.TIMETZ: (
        "\"c\"::text || CASE WHEN \"c\"::text ~ '[+-]\\d\\d$' THEN ':00' ELSE '' END",
        "[c]",
    ),
    Kind.INTERVAL: ('"c"::text', "[c]"),
    Kind.UUID: ('"c"::text', "LOWER(CONVERT(varchar(36), [c]))"),
    Kind.JSON: ('"c"::text', "[c]"),
    Kind.XML: ('CASE WHEN "c" IS NOT NULL THEN format(\'%s\', "c") END', "[c]"),
    Kind.KEYVALUE: ('"c"::json::text', "[c]"),
    Kind.ARRAY: ('to_json("c")::text', "[c]"),
    Kind.COMPOSITE: ('to_json("c")::text', "[c]"),
    Kind.RANGE: ('to_json("c")::text', "[c]"),
    Kind.ENUM: ('"c"::text', "[c]"),
    Kind.NETWORK: ('CASE WHEN "c" IS NOT NULL THEN format(\'%s\', "c") END', "[c]"),
    Kind.BITSTRING: ('"c"::text', "[c]"),
    Kind.GEOMETRIC: ('CASE WHEN "c" IS NOT NULL THEN format(\'%s\', "c") END', "[c]"),
    Kind.SPATIAL: ('CASE WHEN "c" IS NOT NULL THEN format(\'%s\', "c") END', "[c]"),
    Kind.UNKNOWN: ('CASE WHEN "c" IS NOT NULL THEN format(\'%s\', "c") END', "[c]"),
}
TARGET = TargetTable(TableName("dbo", "t"), ())


def one(kind: Kind, rows: int | None = None, bytes: int | None = None) -> Table:
    column = Column("c", LogicalType(kind), True, str(kind))
    return Table(TableName("public", "t"), (column,), rows=rows, bytes=bytes)


@pytest.mark.parametrize("kind", FORMS)
def test_both_ends_print_a_kind_alike(kind: Kind) -> None:
    source, target = FORMS[kind]
    assert postgresql.select(one(kind)) == (
        f'/* replicator:compare */ SELECT {source} AS "c" FROM ONLY "public"."t"'
    )
    assert azuresql.select(TARGET, one(kind)) == (
        f"/* replicator:compare */ SELECT {target} AS [c] FROM [dbo].[t]"
    )


def test_no_kind_is_forgotten() -> None:
    assert set(FORMS) | {Kind.TSVECTOR} == set(Kind)


def test_the_roots_of_partitions_are_read_with_their_leaves() -> None:
    assert postgresql.select(one(Kind.TEXT), partitioned=True).endswith('FROM "public"."t"')


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        (Kind.DECIMAL, "\"c\" IN ('NaN', 'Infinity', '-Infinity')"),
        (Kind.FLOAT64, "\"c\" IN ('NaN', 'Infinity', '-Infinity')"),
        (Kind.INTERVAL, 'NOT isfinite("c")'),
        (Kind.TIME, "\"c\" = '24:00:00'"),
        (Kind.TIMETZ, "\"c\"::time = '24:00:00'"),
    ],
)
def test_the_policy_null_prints_what_was_carried(kind: Kind, condition: str) -> None:
    text = postgresql.select(one(kind), not_a_number="null", midnight_24="null")
    assert f"SELECT CASE WHEN {condition} THEN NULL ELSE " in text


def test_quotes_and_brackets_in_names_are_doubled() -> None:
    column = Column('a"b]c', LogicalType(Kind.TEXT), True, "text")
    table = Table(TableName("public", 'x"]y'), (column,))
    assert postgresql.select(table).endswith(
        'SELECT "a""b]c"::text AS "a""b]c" FROM ONLY "public"."x""]y"'
    )
    target = TargetTable(TableName("dbo", 'x"]y'), ())
    assert azuresql.select(target, table).endswith('SELECT [a"b]]c] AS [a"b]]c] FROM [dbo].[x"]]y]')


def test_wide_rows_are_fetched_in_small_batches() -> None:
    assert azuresql.batch_rows(one(Kind.TEXT)) == 16_384
    assert azuresql.batch_rows(one(Kind.TEXT, rows=1000, bytes=100_000)) == 16_384
    assert azuresql.batch_rows(one(Kind.TEXT, rows=1000, bytes=2_000_000)) == 1048
    assert azuresql.batch_rows(one(Kind.TEXT, rows=10, bytes=10**9)) == 64
    assert azuresql.batch_rows(one(Kind.TEXT, rows=0, bytes=0)) == 1024
