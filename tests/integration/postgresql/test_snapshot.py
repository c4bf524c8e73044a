"""Snapshots on a real server: what they contain, how they are cut, what they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from pydantic import SecretStr

from connectors.postgresql import position, selection
from connectors.postgresql.snapshot import ArrowSession
from connectors.postgresql.source import PostgresqlSource
from model.catalog import Table
from model.change import Op
from model.errors import DataRefused, ReplicatorError, Retryable, RightMissing
from model.state import Chunk
from tests.integration.postgresql.conftest import Connection, MakeSource
from tests.integration.postgresql.reading import captured, changes, only_changes
from tests.patience import until


def read(source: PostgresqlSource, table: Table, exported: str | None = None) -> list[Any]:
    """All rows as one snapshot sees them, chunk by chunk."""
    reader = source.snapshot(exported)
    try:
        rows: list[Any] = []
        for chunk in reader.plan(table, 100):
            rows += (
                pa.RecordBatchReader.from_stream(reader.read(table, chunk)).read_all().to_pylist()
            )
        return rows
    finally:
        reader.close()


def only(source: PostgresqlSource, name: str) -> Table:
    """The catalog's table."""
    [table] = source.catalog([f"public.{name}"], []).tables
    return table


async def test_exported_snapshot_and_stream_meet_without_gap_or_overlap(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    admin.execute("INSERT INTO t VALUES (1)")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (2)")

    reader = source.snapshot(anchor.snapshot)
    assert reader.high == anchor.start
    reader.close()
    loaded = [row["id"] for row in read(source, tables[0], anchor.snapshot)]
    anchor.close()
    streamed = [c.key for c in only_changes(await changes(source, anchor, tables))]

    assert loaded == [1]
    assert streamed == [b'{"id":2}']


def test_an_exported_snapshot_is_gone_when_its_anchor_is(
    admin: Connection, source: PostgresqlSource
) -> None:
    anchor = source.anchor()
    anchor.close()
    with pytest.raises(ReplicatorError):
        source.snapshot(anchor.snapshot)


@pytest.fixture
def lazy_writer(admin: Connection) -> Iterator[None]:
    """What is committed without waiting is written to the log a long time later."""
    admin.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    admin.execute("SELECT pg_reload_conf()")
    yield
    admin.execute("ALTER SYSTEM RESET wal_writer_delay")
    admin.execute("SELECT pg_reload_conf()")


@pytest.mark.usefixtures("lazy_writer")
def test_high_is_not_below_what_the_snapshot_saw(
    admin: Connection, source: PostgresqlSource
) -> None:
    """✗ With `synchronous_commit=off` the written position lies below commits that are seen."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    table = only(source, "t")
    admin.execute("SET synchronous_commit = off")
    below = 0
    for number in range(10):
        admin.execute("INSERT INTO t VALUES (%s)", [number])
        [[committed]] = admin.execute("SELECT pg_current_wal_insert_lsn()::text").fetchall()
        reader = source.snapshot(None)
        [[written, inserted]] = admin.execute(
            "SELECT pg_current_wal_lsn()::text, pg_current_wal_insert_lsn()::text"
        ).fetchall()
        [whole] = reader.plan(table, 1000)
        seen = pa.RecordBatchReader.from_stream(reader.read(table, whole)).read_all()
        reader.close()
        assert seen.num_rows == number + 1
        high = position.lsn(reader.high.boundary)
        assert position.parse_lsn(committed) <= high <= position.parse_lsn(inserted)
        below += position.parse_lsn(written) < high
    assert below > 0, "the naive position was never too low: the test shows nothing"


def test_high_is_read_after_the_snapshot_was_taken(
    admin: Connection, source: PostgresqlSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """✗ Read before, it would lie below a commit that the snapshot sees: between the two, here."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    table = only(source, "t")
    begin = ArrowSession.begin

    def late(session: ArrowSession, exported: str | None) -> None:
        admin.execute("INSERT INTO t VALUES (1)")
        begin(session, exported)

    monkeypatch.setattr(ArrowSession, "begin", late)
    reader = source.snapshot(None)
    [[committed]] = admin.execute("SELECT pg_current_wal_insert_lsn()::text").fetchall()
    [whole] = reader.plan(table, 1000)
    seen = pa.RecordBatchReader.from_stream(reader.read(table, whole)).read_all()
    reader.close()
    assert seen.num_rows == 1
    assert position.lsn(reader.high.boundary) >= position.parse_lsn(committed)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t ALTER v TYPE text USING upper(v)",
        "TRUNCATE t",
        "TRUNCATE t1",
    ],
)
@pytest.mark.parametrize("key", [True, False], ids=["keyed", "keyless"])
async def test_a_table_that_was_emptied_or_rewritten_since_the_snapshot_is_not_read(
    statement: str, key: bool, admin: Connection, source: PostgresqlSource
) -> None:
    """✗ The snapshot sees an empty table, and of a rewrite the log says nothing: every row would
    be lost, and both counts would be 0."""
    admin.execute("CREATE TABLE t (id int, v text) PARTITION BY RANGE (id)")
    admin.execute("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)")
    admin.execute("CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20)")
    admin.execute(
        "ALTER TABLE t ADD PRIMARY KEY (id)" if key else "ALTER TABLE t REPLICA IDENTITY FULL"
    )
    admin.execute("INSERT INTO t VALUES (1, 'a'), (11, 'b')")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute(statement)

    reader = source.snapshot(anchor.snapshot)
    [chunk] = reader.plan(tables[0], 1000)
    for ask in (reader.first_key, reader.read):
        if key or ask == reader.read:
            with pytest.raises(Retryable, match="truncated or rewritten"):
                ask(tables[0], chunk)
    reader.close()
    anchor.close()

    [[there]] = admin.execute("SELECT count(*) FROM t").fetchall()
    assert len(read(source, tables[0])) == there
    streamed = [change.op for change in only_changes(await changes(source, anchor, tables))]
    assert Op.CREATE not in streamed


def test_a_table_that_is_read_cannot_be_emptied_or_rewritten_meanwhile(
    admin: Connection, source: PostgresqlSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """✗ Between looking at the table's file and reading it there would be room for a truncate."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    admin.execute("INSERT INTO t VALUES (1), (2)")
    admin.execute("SET lock_timeout = '50ms'")
    table = only(source, "t")
    reader = source.snapshot(None)
    chunk = Chunk(table.name, 0, None, None)
    ask = ArrowSession.rows

    def with_a_truncate_behind(session: ArrowSession, text: str) -> list[tuple[Any, ...]]:
        answer = ask(session, text)
        if text == selection.replaced(table.name):
            with pytest.raises(psycopg.errors.LockNotAvailable):
                admin.execute("TRUNCATE t")
        return answer

    monkeypatch.setattr(ArrowSession, "rows", with_a_truncate_behind)
    assert reader.first_key(table, chunk) == '{"id":1}'
    admin.execute("UPDATE t SET id = 3 WHERE id = 2")
    rows = pa.RecordBatchReader.from_stream(reader.read(table, chunk)).read_all()
    reader.close()
    assert sorted(rows["id"].to_pylist()) == [1, 2]


async def test_an_exact_snapshot_waits_for_transactions_that_span_it(
    admin: Connection, source: PostgresqlSource, source_database: str
) -> None:
    """✗ A plain snapshot after `ALTER PUBLICATION ADD` lost the spanning transaction's rows."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    admin.execute("CREATE TABLE added (id int PRIMARY KEY)")
    captured(source, "t")
    anchor = source.anchor()
    with psycopg.connect(source_database) as spanning, ThreadPoolExecutor(1) as pool:
        spanning.execute("INSERT INTO added VALUES (1)")
        tables = captured(source, "t", "added")
        table = only(source, "added")
        naive = [row["id"] for row in read(source, table)]
        waiting = pool.submit(source.exact_snapshot)
        until(lambda: _waiting_for_transactions(admin) > 0)
        assert not waiting.done()
        spanning.commit()
        exact = waiting.result()

    loaded = [row["id"] for row in read(source, table, exact.snapshot)]
    admin.execute("INSERT INTO added VALUES (2)")
    exact.close()
    streamed = [
        change.key
        for change in only_changes(await changes(source, anchor, tables))
        if change.table.name.name == "added"
    ]
    assert naive == []
    assert b'{"id":1}' not in streamed
    assert loaded == [1]
    assert b'{"id":2}' in streamed
    assert exact.start > anchor.start


def _waiting_for_transactions(admin: Connection) -> int:
    [[count]] = admin.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    ).fetchall()
    return int(count)


@pytest.mark.parametrize(
    ("ddl", "rows", "key"),
    [
        ("id int PRIMARY KEY", "SELECT i FROM generate_series(1, 1000) i", ["id"]),
        (
            'a text COLLATE "en-US-x-icu", b uuid, PRIMARY KEY (b, a)',
            "SELECT chr(65 + i %% 50) || i, md5((i / 7)::text)::uuid"
            " FROM generate_series(1, 1000) i",
            ["b", "a"],
        ),
        (
            'id text COLLATE "en-US-x-icu" PRIMARY KEY',
            "SELECT x || i FROM generate_series(1, 200) i,"
            " unnest(ARRAY['a', 'B', 'ä', E'\\\\', '''', '\"', '😀']) x",
            ["id"],
        ),
        (
            "id timestamptz PRIMARY KEY",
            "SELECT now() + i * interval '1 us' FROM generate_series(1, 1000) i",
            ["id"],
        ),
        (
            "id int[] PRIMARY KEY",
            "SELECT ARRAY[i %% 10, i] FROM generate_series(1, 1000) i",
            ["id"],
        ),
    ],
)
def test_chunks_cover_every_row_once(
    ddl: str, rows: str, key: list[str], admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute(f"CREATE TABLE t ({ddl})")
    admin.execute("INSERT INTO t " + rows.replace("%%", "%"))
    admin.execute("ANALYZE t")
    table = only(source, "t")
    [[total]] = admin.execute("SELECT count(*) FROM t").fetchall()
    reader = source.snapshot(None)
    chunks = reader.plan(table, 100)
    counts = []
    probes = []
    for chunk in chunks:
        counts.append(
            pa.RecordBatchReader.from_stream(reader.read(table, chunk)).read_all().num_rows
        )
        probes.append(reader.first_key(table, chunk))
    reader.close()

    assert len(chunks) == total // 100
    assert sum(counts) == total
    assert max(counts) < 200
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert all(probe is not None and list(json.loads(probe)) == key for probe in probes)
    assert len(set(probes)) == len(probes)


def test_a_probe_is_the_records_key(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute(
        'CREATE TABLE t (n numeric, "o""k" text, z timestamptz, PRIMARY KEY (z, n, "o""k"))'
    )
    admin.execute("INSERT INTO t VALUES (1.500, 'é\"', '2024-01-01 00:00:00+02')")
    table = only(source, "t")
    reader = source.snapshot(None)
    [chunk] = reader.plan(table, 10)
    assert reader.first_key(table, chunk) == (
        '{"z":"2023-12-31T22:00:00+00:00","n":"1.5","o\\"k":"é\\""}'
    )
    empty = Chunk(table.name, 1, '["2030-01-01", "0", ""]', None)
    assert reader.first_key(table, empty) is None
    reader.close()


def test_a_keyless_tables_chunk_has_no_probe(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute("CREATE TABLE t (a int)")
    admin.execute("INSERT INTO t SELECT generate_series(1, 1000)")
    table = only(source, "t")
    reader = source.snapshot(None)
    [chunk] = reader.plan(table, 1000)
    assert (chunk.lower, chunk.upper) == (None, None)
    assert reader.first_key(table, chunk) is None
    assert pa.RecordBatchReader.from_stream(reader.read(table, chunk)).read_all().num_rows == 1000
    reader.close()


async def test_an_inheriting_tables_rows_are_its_own(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE parent (id int PRIMARY KEY)")
    admin.execute("CREATE TABLE child () INHERITS (parent)")
    admin.execute("INSERT INTO parent VALUES (1)")
    admin.execute("INSERT INTO child VALUES (2)")
    tables = captured(source, "parent")
    anchor = source.anchor()
    assert [row["id"] for row in read(source, tables[0], anchor.snapshot)] == [1]
    admin.execute("INSERT INTO child VALUES (3)")
    admin.execute("INSERT INTO parent VALUES (4)")
    streamed = only_changes(await changes(source, anchor, tables))
    assert [change.key for change in streamed] == [b'{"id":4}']


def test_a_partitioned_table_is_read_with_its_leaves(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id)")
    admin.execute("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (500)")
    admin.execute("CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (500) TO (1000)")
    admin.execute("INSERT INTO t SELECT generate_series(0, 999)")
    admin.execute("ANALYZE t")
    table = only(source, "t")
    assert table.rows == 1000
    assert sorted(row["id"] for row in read(source, table)) == list(range(1000))


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("d date", "'0044-03-15 BC'", "before the year 1"),
        ("d timestamp", "'10000-01-01'", "after 9999"),
        ("d timestamptz", "'0001-01-01 00:00:00+14'", "before the year 1"),
        ("d numeric(10, 2)", "'NaN'", "NaN or an infinity"),
        ("d numeric", "'Infinity'", "NaN or an infinity"),
        ("d real", "'NaN'", "NaN or an infinity"),
        ("d double precision", "'-Infinity'", "NaN or an infinity"),
        ("d interval", "'infinity'", "NaN or an infinity"),
        ("d time", "'24:00'", "24:00:00"),
        ("d timetz", "'24:00+01'", "24:00:00"),
    ],
)
def test_what_the_target_cannot_hold_is_refused_by_name(
    column: str, value: str, says: str, admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute(f"CREATE TABLE t (id int PRIMARY KEY, {column})")
    admin.execute(f"INSERT INTO t VALUES (1, NULL), (2, {value})")
    table = only(source, "t")
    reader = source.snapshot(None)
    [chunk] = reader.plan(table, 100)
    stream = reader.read(table, chunk)
    with pytest.raises(pa.ArrowInvalid):
        pa.RecordBatchReader.from_stream(stream).read_all()
    reader.close()
    assert isinstance(stream.failure, DataRefused)
    assert stream.failure.object == "public.t"
    assert "column d" in stream.failure.what
    assert says in stream.failure.what


def test_special_values_are_null_when_the_policy_says_so(
    admin: Connection, make_source: MakeSource
) -> None:
    source = make_source(not_a_number="null", midnight_24="null")
    admin.execute(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric(9, 2), f float4, i interval, c time,"
        " z timetz)"
    )
    admin.execute("INSERT INTO t VALUES (1, 'NaN', '-Infinity', 'infinity', '24:00', '24:00+02')")
    admin.execute("INSERT INTO t VALUES (2, 1, 1, '1 day', '23:00', '23:00+02')")
    rows = read(source, only(source, "t"))
    assert rows[0] == {"id": 1, "n": None, "f": None, "i": None, "c": None, "z": None}
    assert None not in rows[1].values()


def test_rows_hidden_by_row_security_are_an_error_not_a_loss(
    admin: Connection, make_source: MakeSource, source_database: str
) -> None:
    role = f"reader_{admin.info.dbname}"
    admin.execute(f"CREATE ROLE {role} LOGIN REPLICATION PASSWORD 'p'")
    try:
        admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
        admin.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
        admin.execute("CREATE POLICY part ON t USING (id > 5)")
        admin.execute(f"GRANT SELECT ON t TO {role}")
        admin.execute("INSERT INTO t SELECT generate_series(1, 10)")
        dsn: Any = psycopg.conninfo.make_conninfo(source_database, user=role, password="p")
        source = make_source(dsn=SecretStr(dsn))
        table = only(source, "t")
        with pytest.raises(RightMissing, match="BYPASSRLS"):
            source.prepare([table])
        with pytest.raises(ReplicatorError):
            read(source, table)
        source.close()
    finally:
        admin.execute(f"DROP OWNED BY {role}")
        admin.execute(f"DROP ROLE {role}")
