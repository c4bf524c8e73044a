"""The data profile on a real PostgreSQL."""

from __future__ import annotations

import psycopg
from pydantic import SecretStr

from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from model.catalog import TableName
from model.profile import ColumnProfile, TableProfile

SCHEMA = """
CREATE TABLE measured (
    id integer PRIMARY KEY,
    free numeric, tight numeric(8,2), ratio double precision, cash money, span interval,
    short varchar(10), padded char(4), note text, code text NOT NULL UNIQUE, digest bytea UNIQUE,
    day date, at timestamp, zoned timestamptz, clock time, zoned_clock timetz, bits varbit
);
INSERT INTO measured VALUES
    (1, 123.4500, 1, 'NaN', 12345678901234567.89, 'infinity',
     '😀😀', '😀', repeat('n', 5000), 'a', '\\x010203',
     '0044-03-15 BC', '10000-01-01', 'infinity', '24:00:00', '12:00:00+05:30:15', B'101'),
    (2, -0.000001, 'NaN', '-Infinity', 0, '1 day', 'żółw', 'ab', '', 'a ', '\\x0102',
     '-infinity', '2020-01-01', '0001-01-01 00:00:00+00', '23:59:59', '24:00:00+00', NULL),
    (3, 'Infinity', NULL, 1, NULL, NULL, NULL, NULL, NULL, 'b', NULL,
     '9999-12-31', '9999-12-31 23:59:59.999999', NULL, NULL, NULL, NULL);
"""


def _profile(database: str, name: str) -> TableProfile:
    settings = PostgresqlSettings(kind="postgresql", dsn=SecretStr(database))
    source = PostgresqlSource(settings, "test")
    try:
        catalog = source.catalog(["*"], [])
        return source.profile(catalog.tables)[TableName("public", name)]
    finally:
        source.close()


def test_every_fact_is_measured(source_database: str) -> None:
    with psycopg.connect(source_database, autocommit=True) as connection:
        connection.execute(SCHEMA)
    profile = _profile(source_database, "measured")
    assert profile.columns == {
        "free": ColumnProfile(integer_digits=3, scale=6, not_numbers=1),
        "tight": ColumnProfile(not_numbers=1),
        "ratio": ColumnProfile(not_numbers=2),
        "cash": ColumnProfile(integer_digits=17),
        "span": ColumnProfile(not_numbers=1),
        "short": ColumnProfile(units=4),
        "padded": ColumnProfile(units=5),
        "code": ColumnProfile(units=2, trailing_spaces=1),
        "digest": ColumnProfile(units=3),
        "day": ColumnProfile(out_of_range=1, infinite=1),
        "at": ColumnProfile(out_of_range=1),
        "zoned": ColumnProfile(infinite=1),
        "clock": ColumnProfile(midnights=1),
        "zoned_clock": ColumnProfile(midnights=1, odd_offsets=1),
    }
    assert profile.collisions == {"measured_code_key": 1}


def test_an_empty_table_needs_nothing(source_database: str) -> None:
    with psycopg.connect(source_database, autocommit=True) as connection:
        connection.execute("CREATE TABLE empty (id int PRIMARY KEY, n numeric, t text UNIQUE)")
    assert _profile(source_database, "empty") == TableProfile(
        {"n": ColumnProfile(), "t": ColumnProfile()}, {}
    )


def test_heirs_are_not_measured_and_partitions_are(source_database: str) -> None:
    with psycopg.connect(source_database, autocommit=True) as connection:
        connection.execute(
            """
            CREATE TABLE parent (n numeric);
            CREATE TABLE child () INHERITS (parent);
            INSERT INTO child VALUES (1234567);
            CREATE TABLE whole (n numeric) PARTITION BY RANGE (n);
            CREATE TABLE part PARTITION OF whole DEFAULT;
            INSERT INTO whole VALUES (1234567);
            """
        )
    assert _profile(source_database, "parent").columns["n"].integer_digits == 0
    assert _profile(source_database, "whole").columns["n"].integer_digits == 7
