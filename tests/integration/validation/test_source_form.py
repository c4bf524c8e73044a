"""The source's comparison form, printed by a real PostgreSQL."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pyarrow as pa
from pydantic import SecretStr

from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from tests.golden import HOSTILE_DEFAULTS, POSTGRESQL_ROWS, POSTGRESQL_SCHEMA

VALUES = """
CREATE EXTENSION hstore;
CREATE TABLE forms (
    id int PRIMARY KEY, n numeric, m money, f double precision, r real, b boolean, c char(5),
    v varchar(9), bin bytea, d date, ts timestamp, tz timestamptz(3), t time, tt timetz, i interval,
    u uuid, j jsonb, x xml, h hstore, a int[], ip inet, bits bit(4)
);
INSERT INTO forms VALUES
    (1, 1.50, -1234.5, 0.1, 0.1, true, 'ab', 'ab ', '\\x00ff', '0044-01-02',
     '2026-01-02 03:04:05.1', '2026-01-02 03:04:05.5+02', '03:04:05', '03:04:05+02',
     '1 day 2 hours', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{"b":1}', '<a/>', 'k=>v', '{1,2}',
     '10.0.0.1', B'0101'),
    (2, 'NaN', NULL, 'Infinity', '-Infinity', false, '', '', '', 'infinity',
     '-infinity', 'infinity', '24:00:00', '24:00:00+05:30',
     NULL, NULL, 'null', NULL, NULL, '{}', '::1/64', NULL);
"""


def _forms(database: str, table: str) -> list[dict[str, str | None]]:
    settings = PostgresqlSettings(dsn=SecretStr(database), not_a_number="null", midnight_24="null")
    with closing(PostgresqlSource(settings, "forms")) as source:
        [found] = source.catalog([f"public.{table}"], []).tables
        rows = pa.RecordBatchReader.from_stream(source.comparable(found)).read_all().to_pylist()
    return sorted(rows, key=lambda row: int(row["id"]))


def test_values_are_printed_in_comparison_form(source_database: str) -> None:
    with psycopg.connect(source_database, autocommit=True) as connection:
        connection.execute(VALUES.encode())
    one, two = _forms(source_database, "forms")
    assert one == {
        "id": "1", "n": "1.50", "m": "-1234.50", "f": "0.1", "r": "0.1", "b": "1", "c": "ab",
        "v": "ab ", "bin": "00FF", "d": "0044-01-02", "ts": "2026-01-02 03:04:05.1000000",
        "tz": "2026-01-02 01:04:05.5000000 +00:00", "t": "03:04:05.0000000", "tt": "03:04:05+02:00",
        "i": "P1DT2H", "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "j": '{"b": 1}', "x": "<a/>",
        "h": '{"k": "v"}', "a": "[1,2]", "ip": "10.0.0.1", "bits": "0101",
    }  # fmt: skip
    assert two == {
        "id": "2", "n": None, "m": None, "f": None, "r": None, "b": "0", "c": "", "v": "",
        "bin": "", "d": "9999-12-31", "ts": "0001-01-01 00:00:00.0000000",
        "tz": "9999-12-31 00:00:00.0000000 +00:00", "t": None, "tt": None, "i": None, "u": None,
        "j": "null", "x": None, "h": None, "a": "[]", "ip": "::1/64", "bits": None,
    }  # fmt: skip


def test_hostile_defaults_of_a_database_change_no_text(source_database: str) -> None:
    with psycopg.connect(source_database, autocommit=True) as connection:
        connection.execute(POSTGRESQL_SCHEMA.encode())
        connection.execute(POSTGRESQL_ROWS.encode())
        before = _forms(source_database, "golden")
        name = psycopg.sql.Identifier(connection.info.dbname).as_string(connection)
        connection.execute(HOSTILE_DEFAULTS.replace(":database", name).encode())
    assert len(before) == 5
    assert _forms(source_database, "golden") == before
