"""The golden row through snapshot and stream: equal, value for value (types.md)."""

from __future__ import annotations

import json
import struct
from typing import Any

import pyarrow as pa
import pytest
from psycopg import sql

from connectors.postgresql.source import PostgresqlSource
from model.catalog import Table
from model.change import Op
from model.types import Kind
from tests.golden import HOSTILE_DEFAULTS, POSTGRESQL_AGAIN, POSTGRESQL_ROWS, POSTGRESQL_SCHEMA
from tests.integration.postgresql.conftest import Connection
from tests.integration.postgresql.reading import captured, changes, only_changes
from tests.integration.postgresql.wire import wire_value


@pytest.fixture(params=["own defaults", "hostile defaults", "hostile environment"])
def golden(
    request: pytest.FixtureRequest, admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The table, with its rows still to come; once in a database that means us harm (✗ with
    `DateStyle = SQL, DMY` day and month change places in silence), and once in an environment whose
    variables libpq puts behind our own options."""
    admin.execute(POSTGRESQL_SCHEMA)
    if request.param == "hostile defaults":
        name = sql.Identifier(admin.info.dbname).as_string(admin)
        admin.execute(HOSTILE_DEFAULTS.replace(":database", name))
    elif request.param == "hostile environment":
        monkeypatch.setenv("PGDATESTYLE", "SQL, DMY")
        monkeypatch.setenv("PGTZ", "Asia/Kolkata")
        monkeypatch.setenv("PGOPTIONS", "-c IntervalStyle=sql_standard -c bytea_output=escape")
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    return str(request.param)


def snapshot_rows(
    source: PostgresqlSource, exported: str | None, table: Table
) -> dict[int, list[Any]]:
    """Wire values of each row by `id`, as the snapshot reads them."""
    reader = source.snapshot(exported)
    try:
        found = {}
        for chunk in reader.plan(table, 1000):
            stream = reader.read(table, chunk)
            for row in pa.RecordBatchReader.from_stream(stream).read_all().to_pylist():
                found[row["id"]] = [
                    wire_value(row[column.name], column.type) for column in table.carried
                ]
        return found
    finally:
        reader.close()


def same(left: Any, right: Any, kind: Kind) -> bool:
    """Equal in value and, for floats, in every bit that their type keeps."""
    if kind in (Kind.FLOAT32, Kind.FLOAT64) and left is not None and right is not None:
        shape = "f" if kind is Kind.FLOAT32 else "d"
        return struct.pack(shape, left) == struct.pack(shape, right)
    return bool(left == right and type(left) is type(right))


async def test_snapshot_and_stream_agree(
    golden: str, admin: Connection, source: PostgresqlSource
) -> None:
    tables = captured(source, "golden")
    [table] = tables
    anchor = source.anchor()
    admin.execute(POSTGRESQL_ROWS)
    admin.execute(POSTGRESQL_AGAIN)
    anchor.close()

    loaded = snapshot_rows(source, None, table)
    streamed = only_changes(await changes(source, anchor, tables))

    assert sorted(loaded) == [1, 2, 3, 4, 5, 101, 102, 103, 104, 105]
    assert [change.op for change in streamed].count(Op.UPDATE) == 5
    assert len(streamed) == 15
    for change in streamed:
        assert change.after is not None
        assert change.unchanged == ()
        told = json.loads(change.after)
        assert list(told) == [column.name for column in table.carried]
        values = list(told.values())
        row = loaded[values[0]]
        for column, from_log, from_table in zip(table.carried, values, row, strict=True):
            assert same(from_log, from_table, column.type.kind), (values[0], column.name)


async def test_values_are_as_documented(
    golden: str, admin: Connection, source: PostgresqlSource
) -> None:
    """What a database with other defaults would have printed otherwise."""
    tables = captured(source, "golden")
    anchor = source.anchor()
    admin.execute(POSTGRESQL_ROWS)
    anchor.close()

    events = only_changes(await changes(source, anchor, tables))
    odd = next(change for change in events if change.key == b'{"id":5}')
    assert odd.after is not None
    members = odd.after[:-1] + b","
    found = {
        name: value
        for name, value in DOCUMENTED.items()
        if b'"%b":%b,' % (name.encode(), value) in members
    }
    assert found == DOCUMENTED
    assert b"c_tsvector" not in members
    assert b"c_generated" not in members


DOCUMENTED = {
    "c_bigint": b"999999999999999",
    "c_numeric_10_2": b'"1.10"',
    "c_numeric": b'"1.2300"',
    "c_double": b"0.1",
    "c_money": b'"1234567.89"',
    "c_char": b'"  x  "',
    "c_varchar": b'"trailing   "',
    "c_bytea": b'"3q2+7w=="',
    "c_date": b'"9999-12-31"',
    "c_timestamp": b'"0001-01-01T00:00:00"',
    "c_timestamp_3": b'"2024-05-06T07:08:09.01"',
    "c_timestamptz": b'"9999-12-31T00:00:00+00:00"',
    "c_time": b'"01:02:03.04"',
    "c_timetz": b'"01:02:03.04-03:30"',
    "c_interval": b'"P1M-2DT3H4M5.006S"',
    "c_uuid": b'"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"',
    "c_inet": b'"::1/64"',
    "c_bool_array": b'"[true,null]"',
    "c_int_array": b'"[1,null,3]"',
    "c_int4range": b'"\\"[1,10)\\""',
}
