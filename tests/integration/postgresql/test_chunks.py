"""Chunks are of about one size on a real server, whatever keys, pages and statistics look like."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from connectors.postgresql.snapshot import PostgresqlSnapshotReader
from connectors.postgresql.source import PostgresqlSource
from model.catalog import Table
from model.state import Chunk
from tests.integration.postgresql.conftest import Connection

ROWS_PER_CHUNK = 2000


def only(source: PostgresqlSource, name: str = "t") -> Table:
    [table] = source.catalog([f"public.{name}"], []).tables
    return table


def rows(reader: PostgresqlSnapshotReader, table: Table, chunk: Chunk) -> list[dict[str, Any]]:
    stream = pa.RecordBatchReader.from_stream(reader.read(table, chunk))
    return list(stream.read_all().to_pylist())


def sizes(source: PostgresqlSource, name: str = "t", exported: str | None = None) -> list[int]:
    """Rows of each chunk; every row of the table is in exactly one."""
    table = only(source, name)
    reader = source.snapshot(exported)
    try:
        chunks = [rows(reader, table, chunk) for chunk in reader.plan(table, ROWS_PER_CHUNK)]
    finally:
        reader.close()
    keys = [tuple(row[column] for column in table.key) for chunk in chunks for row in chunk]
    if table.key:
        assert len(set(keys)) == len(keys)
    assert len(keys) == source.count(table.name)
    return [len(chunk) for chunk in chunks]


SKEWED = {
    # One tenant has nearly everything: a bound of the leading column alone would not divide it.
    "composite key, one value of its first column": (
        "tenant int, n int, PRIMARY KEY (tenant, n)",
        "SELECT CASE WHEN i % 100 = 0 THEN i ELSE 7 END, i FROM generate_series(1, 20000) i",
    ),
    # Between the cluster and the outlier lie 9 · 10¹⁸ numbers: equal parts of them hold no row.
    "clustered numbers and one far away": (
        "id bigint PRIMARY KEY",
        "SELECT i FROM generate_series(1, 19999) i UNION ALL SELECT 9000000000000000000",
    ),
    "texts with a long common prefix": (
        'id text COLLATE "C" PRIMARY KEY',
        "SELECT repeat('https://example.org/a/very/long/prefix/', 5) || lpad(i::text, 9, '0')"
        " FROM generate_series(1, 20000) i",
    ),
    "keys in an order that the pages do not have": (
        "id uuid PRIMARY KEY",
        "SELECT md5(i::text)::uuid FROM generate_series(1, 20000) i",
    ),
    "wide rows at one end": (
        "id int PRIMARY KEY, body text",
        "SELECT i, CASE WHEN i > 19000 THEN repeat('x', 1500) END FROM generate_series(1, 20000) i",
    ),
    "no key": (
        "n int, body text",
        "SELECT i, CASE WHEN i > 15000 THEN repeat('x', 500) END FROM generate_series(1, 20000) i",
    ),
}


@pytest.mark.parametrize("case", SKEWED)
def test_no_skew_makes_a_giant_chunk(
    case: str, admin: Connection, source: PostgresqlSource
) -> None:
    ddl, content = SKEWED[case]
    admin.execute(f"CREATE TABLE t ({ddl})")
    admin.execute("INSERT INTO t " + content)
    found = sizes(source)
    assert len(found) == 10
    assert max(found) <= 1.25 * ROWS_PER_CHUNK
    assert min(found) >= 0.75 * ROWS_PER_CHUNK


def test_statistics_from_when_the_table_was_small_are_not_believed(
    admin: Connection, source: PostgresqlSource
) -> None:
    """✗ With the catalog's number of rows the whole table would be one chunk."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY) WITH (autovacuum_enabled = off)")
    admin.execute("INSERT INTO t VALUES (0)")
    admin.execute("VACUUM ANALYZE t")
    admin.execute("INSERT INTO t SELECT generate_series(1, 19999)")
    assert admin.execute("SELECT reltuples FROM pg_class WHERE relname = 't'").fetchone() == (1.0,)
    found = sizes(source)
    assert len(found) == 10
    assert max(found) <= 1.25 * ROWS_PER_CHUNK


def test_a_large_table_is_cut_by_samples_alone(admin: Connection, source: PostgresqlSource) -> None:
    """More pages than are sampled to count them: the bounds are estimates, and still near."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, body text)")
    admin.execute(
        "INSERT INTO t SELECT i, repeat('x', 1800) FROM generate_series(1, 20000) i"
        " ORDER BY md5(i::text)"
    )
    [[pages]] = admin.execute("SELECT pg_relation_size('t') / 8192").fetchall()
    assert pages > 4000
    found = sizes(source)
    assert 9 <= len(found) <= 11
    assert max(found) <= 1.5 * ROWS_PER_CHUNK


def test_a_partitioned_table_without_a_key_is_cut_through_all_of_its_parts(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (n int, body text) PARTITION BY RANGE (n)")
    admin.execute("CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (15000)")
    admin.execute("CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (15000) TO (30000)")
    admin.execute("INSERT INTO t SELECT i, 'body ' || i FROM generate_series(1, 20000) i")
    found = sizes(source)
    assert len(found) == 10
    assert max(found) <= 1.25 * ROWS_PER_CHUNK


def test_readers_of_a_keyless_table_share_its_exact_snapshot(
    admin: Connection, source: PostgresqlSource
) -> None:
    """✗ A row that is updated moves to another place: read in two snapshots, it is in two chunks
    or in none."""
    admin.execute("CREATE TABLE t (n int, body text)")
    admin.execute("INSERT INTO t SELECT i, 'old' FROM generate_series(1, 20000) i")
    table = only(source)
    anchor = source.exact_snapshot()
    readers = [source.snapshot(anchor.snapshot) for _ in range(3)]
    anchor.close()
    chunks = readers[0].plan(table, ROWS_PER_CHUNK)
    found: list[dict[str, Any]] = []
    for at, chunk in enumerate(chunks):
        found += rows(readers[at % 3], table, chunk)
        admin.execute("UPDATE t SET body = 'new' WHERE mod(n, 7) = %s", [at % 7])
        admin.execute("DELETE FROM t WHERE mod(n, 1000) = %s", [at])
    for reader in readers:
        reader.close()
    assert len(chunks) == 10
    assert sorted(row["n"] for row in found) == list(range(1, 20001))
    assert {row["body"] for row in found} == {"old"}


@pytest.mark.parametrize("ddl", ["id int PRIMARY KEY", "id int"], ids=["key", "no key"])
def test_a_chunk_is_halved_until_single_rows_are_left(
    ddl: str, admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute(f"CREATE TABLE t ({ddl})")
    values = random.Random(5).sample(range(10**6), 37)
    with admin.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s)", [(value,) for value in values])
    table = only(source)
    reader = source.snapshot(None)
    [whole] = reader.plan(table, 100)
    pieces = [whole]
    for _ in range(6):
        halves = []
        for piece in pieces:
            held = len(rows(reader, table, piece))
            if (bound := reader.middle(table, piece)) is None:
                assert held == 1
                halves.append(piece)
                continue
            two = [
                Chunk(table.name, 0, piece.lower, bound),
                Chunk(table.name, 0, bound, piece.upper),
            ]
            assert [len(rows(reader, table, each)) for each in two] == [held // 2, (held + 1) // 2]
            halves += two
        pieces = halves
    assert len(pieces) == 37
    assert [row["id"] for piece in pieces for row in rows(reader, table, piece)] == (
        sorted(values) if table.key else values
    )
    reader.close()
