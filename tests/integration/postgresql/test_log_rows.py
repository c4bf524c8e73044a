"""How changes of rows come out of the log: keys, absent values, identities, truncates."""

from __future__ import annotations

from connectors.postgresql.source import PostgresqlSource
from model.change import Begin, Op, Undecodable
from model.position import Position
from tests.integration.postgresql.conftest import Connection, MakeSource
from tests.integration.postgresql.reading import Log, only_changes


async def test_equal_canonical_keys_are_no_key_change(
    admin: Connection, source: PostgresqlSource
) -> None:
    """✗ `1.0 → 1.00` arrives as a key change."""
    admin.execute("CREATE TABLE t (id numeric, f float8, v int, PRIMARY KEY (id, f))")
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1.0, '-0', 1)")
    admin.execute("UPDATE t SET id = 1.00, f = 0")
    admin.execute("UPDATE t SET id = 2.50")

    _, same, moved = only_changes(await log.changes())

    assert same.key == b'{"id":"1","f":0}'
    assert same.key_before is None
    assert same.after == b'{"id":"1.00","f":0,"v":1}'
    assert moved.key == b'{"id":"2.5","f":0}'
    assert moved.key_before == b'{"id":"1","f":0}'


async def test_unchanged_toasted_values_are_absent(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, n int, big text)")
    admin.execute("ALTER TABLE t ALTER big SET STORAGE EXTERNAL")
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1, 1, repeat('x', 10000))")
    admin.execute("UPDATE t SET n = 2")
    admin.execute("UPDATE t SET id = 5")

    _, updated, moved = only_changes(await log.changes())

    assert (updated.after, updated.unchanged) == (b'{"id":1,"n":2}', ("big",))
    assert (moved.after, moved.unchanged) == (b'{"id":5,"n":2}', ("big",))
    assert moved.key_before == b'{"id":1}'


async def test_full_identity_fills_unchanged_values_from_the_old_row(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, n int, big text)")
    admin.execute("ALTER TABLE t ALTER big SET STORAGE EXTERNAL")
    admin.execute("ALTER TABLE t REPLICA IDENTITY FULL")
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1, 1, repeat('x', 10000))")
    admin.execute("UPDATE t SET n = 2")
    admin.execute("DELETE FROM t")
    big = b"x" * 10000

    _, updated, deleted = only_changes(await log.changes())

    assert updated.before == b'{"id":1,"n":1,"big":"%b"}' % big
    assert (updated.after, updated.unchanged) == (b'{"id":1,"n":2,"big":"%b"}' % big, ())
    assert (updated.key, updated.key_before) == (b'{"id":1}', None)
    assert (deleted.key, deleted.before) == (b'{"id":1}', updated.after)


async def test_a_keyless_table_has_whole_rows_and_no_key(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (a int, b text)")
    admin.execute("ALTER TABLE t REPLICA IDENTITY FULL")
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1, NULL)")
    admin.execute("UPDATE t SET b = 'x'")

    inserted, updated = only_changes(await log.changes())

    assert (inserted.key, updated.key) == (None, None)
    assert updated.before == inserted.after == b'{"a":1,"b":null}'
    assert updated.after == b'{"a":1,"b":"x"}'


async def test_the_identity_index_names_the_key_in_its_own_order(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL)")
    admin.execute("CREATE UNIQUE INDEX t_b_a ON t (b, a)")
    admin.execute("ALTER TABLE t REPLICA IDENTITY USING INDEX t_b_a")
    log = Log(source, "t")
    assert log.tables[0].key == ("b", "a")
    admin.execute("INSERT INTO t VALUES (1, 2, 3)")
    admin.execute("DELETE FROM t")

    _, deleted = only_changes(await log.changes())

    assert deleted.key == b'{"b":3,"a":2}'


async def test_a_truncate_names_every_captured_table(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE a (id int PRIMARY KEY)")
    admin.execute("CREATE TABLE b (id int PRIMARY KEY)")
    admin.execute("CREATE TABLE other (id int PRIMARY KEY)")
    log = Log(source, "a", "b")
    admin.execute("TRUNCATE a, b, other")

    found = only_changes(await log.changes())

    assert [(str(c.table.name), c.op, c.key, c.after) for c in found] == [
        ("public.a", Op.TRUNCATE, None, None),
        ("public.b", Op.TRUNCATE, None, None),
    ]


async def test_a_partitioned_table_is_one_table(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)")
    admin.execute("CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)")
    admin.execute("CREATE TABLE t2 (v int, junk text, id int NOT NULL)")
    admin.execute("ALTER TABLE t2 DROP COLUMN junk")
    admin.execute("ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (20)")
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1, 1), (11, 2)")
    admin.execute("UPDATE t SET id = 12 WHERE id = 1")

    found = only_changes(await log.changes())

    assert {str(change.table.name) for change in found} == {"public.t"}
    assert [(c.op, c.key) for c in found] == [
        (Op.CREATE, b'{"id":1}'),
        (Op.CREATE, b'{"id":11}'),
        (Op.DELETE, b'{"id":1}'),
        (Op.CREATE, b'{"id":12}'),
    ]


async def test_what_the_target_cannot_hold_stops_its_table_alone(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, n numeric, d date, c time)")
    log = Log(source, "t")
    with admin.transaction():
        admin.execute("INSERT INTO t VALUES (1, 1, NULL, NULL)")
        admin.execute("INSERT INTO t VALUES (2, 'NaN', NULL, NULL)")
        admin.execute("INSERT INTO t VALUES (3, 1, '0044-03-15 BC', NULL)")
        admin.execute("INSERT INTO t VALUES (4, 1, NULL, '24:00')")
        admin.execute("INSERT INTO t VALUES (5, 1, '10000-01-01', NULL)")
        admin.execute("INSERT INTO t VALUES (6, 6, NULL, NULL)")

    begin, *found, _, _ = await log.changes()

    assert isinstance(begin, Begin)
    refused = [event for event in found if isinstance(event, Undecodable)]
    assert [(str(r.table), r.column) for r in refused] == [
        ("public.t", "n"),
        ("public.t", "d"),
        ("public.t", "c"),
        ("public.t", "d"),
    ]
    assert refused[0].position == Position(f"{begin.boundary}/00000001")
    assert "NaN" in refused[0].reason
    assert [change.key for change in only_changes(found)] == [b'{"id":1}', b'{"id":6}']


async def test_special_values_are_null_when_the_policy_says_so(
    admin: Connection, make_source: MakeSource
) -> None:
    source = make_source(not_a_number="null", midnight_24="null")
    admin.execute(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric, f float4, i interval, c time, z timetz)"
    )
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1, 'NaN', '-Infinity', 'infinity', '24:00', '24:00+02')")
    [change] = only_changes(await log.changes())
    assert change.after == b'{"id":1,"n":null,"f":null,"i":null,"c":null,"z":null}'
