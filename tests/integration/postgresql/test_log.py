"""The log reader against a real server: what it hands over, and what it refuses."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from pydantic import SecretStr

from connectors.postgresql import changes as log_reading
from connectors.postgresql import position
from connectors.postgresql.sessions import Sessions, command
from connectors.postgresql.slot import start_replication
from connectors.postgresql.source import PostgresqlSource
from model.change import Begin, Change, Commit, MarkerSeen, Op, SchemaChanged, Undecodable
from model.errors import Blocked, Gap, Retryable
from model.position import Position, SourceIdentity
from model.types import Kind
from tests.integration.postgresql.conftest import Connection, MakeSource
from tests.integration.postgresql.reading import (
    captured,
    changes,
    only_changes,
    to_marker,
    until_free,
)
from tests.patience import until


async def test_a_transaction_is_begun_told_and_committed(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    tables = captured(source, "t")
    anchor = source.anchor()
    with admin.transaction():
        admin.execute("INSERT INTO t VALUES (1, 'a'), (2, NULL)")
        admin.execute("UPDATE t SET v = 'b' WHERE id = 1")
        admin.execute("DELETE FROM t WHERE id = 2")

    begin, *found, commit, marker = await changes(source, anchor, tables)

    assert isinstance(begin, Begin)
    assert isinstance(commit, Commit)
    assert isinstance(marker, MarkerSeen)
    assert begin.boundary == commit.boundary > anchor.start.boundary
    assert begin.source_ts == commit.source_ts
    assert marker.boundary > commit.boundary
    told = [(c.op, c.key, c.after) for c in found if isinstance(c, Change)]
    assert told == [
        (Op.CREATE, (b"1",), (b"1", b'"a"')),
        (Op.CREATE, (b"2",), (b"2", b"null")),
        (Op.UPDATE, (b"1",), (b"1", b'"b"')),
        (Op.DELETE, (b"2",), None),
    ]


async def test_the_first_commit_after_the_slot_is_not_skipped(
    admin: Connection, source: PostgresqlSource
) -> None:
    """A commit may stand exactly at the consistent point: resuming after it would lose it."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    consistent = position.resume_at(anchor.start)
    with admin.cursor() as cursor:
        cursor.execute("SELECT confirmed_flush_lsn::text FROM pg_replication_slots")
        [[confirmed]] = cursor.fetchall()
    assert position.parse_lsn(confirmed) == consistent
    admin.execute("INSERT INTO t VALUES (1)")
    assert len(only_changes(await changes(source, anchor, tables))) == 1


async def test_a_restart_resumes_after_what_was_acknowledged(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    for number in range(4):
        admin.execute("INSERT INTO t VALUES (%s)", [number])
    source.write_marker("first", 0)
    with source.log_reader(anchor.start, source.identity(), tables) as reader:
        events = await to_marker(reader, "first")
        commits = [event for event in events if isinstance(event, Commit)]
        reader.acknowledge(commits[1].boundary)
    source.write_marker("second", 0)
    until_free(admin)

    again = Position(f"{commits[1].boundary}/00000000")
    with source.log_reader(again, source.identity(), tables) as reader:
        events = await to_marker(reader, "second")

    assert [change.key for change in only_changes(events)] == [(b"2",), (b"3",)]


async def test_equal_canonical_keys_are_no_key_change(
    admin: Connection, source: PostgresqlSource
) -> None:
    """✗ `1.0 → 1.00` arrives as a key change."""
    admin.execute("CREATE TABLE t (id numeric, f float8, v int, PRIMARY KEY (id, f))")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1.0, '-0', 1)")
    admin.execute("UPDATE t SET id = 1.00, f = 0")
    admin.execute("UPDATE t SET id = 2.50")

    _, same, moved = only_changes(await changes(source, anchor, tables))

    assert same.key == (b'"1"', b"0")
    assert same.key_before is None
    assert same.after == (b'"1.00"', b"0", b"1")
    assert moved.key == (b'"2.5"', b"0")
    assert moved.key_before == (b'"1"', b"0")


async def test_unchanged_toasted_values_are_absent(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, n int, big text)")
    admin.execute("ALTER TABLE t ALTER big SET STORAGE EXTERNAL")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1, 1, repeat('x', 10000))")
    admin.execute("UPDATE t SET n = 2")
    admin.execute("UPDATE t SET id = 5")

    _, updated, moved = only_changes(await changes(source, anchor, tables))

    assert updated.after == (b"1", b"2", None)
    assert moved.after == (b"5", b"2", None)
    assert moved.key_before == (b"1",)


async def test_full_identity_fills_unchanged_values_from_the_old_row(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, n int, big text)")
    admin.execute("ALTER TABLE t ALTER big SET STORAGE EXTERNAL")
    admin.execute("ALTER TABLE t REPLICA IDENTITY FULL")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1, 1, repeat('x', 10000))")
    admin.execute("UPDATE t SET n = 2")
    admin.execute("DELETE FROM t")
    big = b'"' + b"x" * 10000 + b'"'

    _, updated, deleted = only_changes(await changes(source, anchor, tables))

    assert updated.before == (b"1", b"1", big)
    assert updated.after == (b"1", b"2", big)
    assert (updated.key, updated.key_before) == ((b"1",), None)
    assert deleted.before == (b"1", b"2", big)
    assert deleted.key == (b"1",)


async def test_a_keyless_table_has_whole_rows_and_no_key(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (a int, b text)")
    admin.execute("ALTER TABLE t REPLICA IDENTITY FULL")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1, NULL)")
    admin.execute("UPDATE t SET b = 'x'")

    inserted, updated = only_changes(await changes(source, anchor, tables))

    assert (inserted.key, updated.key) == (None, None)
    assert updated.before == (b"1", b"null")
    assert updated.after == (b"1", b'"x"')


async def test_the_identity_index_names_the_key_in_its_own_order(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL)")
    admin.execute("CREATE UNIQUE INDEX t_b_a ON t (b, a)")
    admin.execute("ALTER TABLE t REPLICA IDENTITY USING INDEX t_b_a")
    tables = captured(source, "t")
    assert tables[0].key == ("b", "a")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1, 2, 3)")
    admin.execute("DELETE FROM t")

    _, deleted = only_changes(await changes(source, anchor, tables))

    assert deleted.key == (b"3", b"2")


async def test_a_truncate_names_every_captured_table(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE a (id int PRIMARY KEY)")
    admin.execute("CREATE TABLE b (id int PRIMARY KEY)")
    admin.execute("CREATE TABLE other (id int PRIMARY KEY)")
    tables = captured(source, "a", "b")
    anchor = source.anchor()
    admin.execute("TRUNCATE a, b, other")

    found = only_changes(await changes(source, anchor, tables))

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
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1, 1), (11, 2)")
    admin.execute("UPDATE t SET id = 12 WHERE id = 1")

    found = only_changes(await changes(source, anchor, tables))

    assert {str(change.table.name) for change in found} == {"public.t"}
    assert [(c.op, c.key) for c in found] == [
        (Op.CREATE, (b"1",)),
        (Op.CREATE, (b"11",)),
        (Op.DELETE, (b"1",)),
        (Op.CREATE, (b"12",)),
    ]


async def test_markers_of_others_and_empty_transactions_leave_no_trace(
    admin: Connection, make_source: MakeSource
) -> None:
    source = make_source("one")
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    admin.execute("CREATE TABLE other (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    make_source("two").write_marker("theirs", 1)
    admin.execute("INSERT INTO other VALUES (1)")
    admin.execute("SELECT pg_logical_emit_message(false, 'replicator:one', 'not ours')")
    written = source.write_marker("ours", 77)

    source.write_marker("end", 0)
    with source.log_reader(anchor.start, source.identity(), tables) as reader:
        marker, _ = await to_marker(reader, "end")

    assert isinstance(marker, MarkerSeen)
    assert (marker.id, marker.written_ts) == ("ours", 77)
    assert marker.boundary >= written.boundary
    assert marker.source_ts > 1_700_000_000_000


async def test_a_large_transaction_comes_in_several_reads(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t SELECT i, repeat('v', 100) FROM generate_series(1, 20000) i")
    reads: list[int] = []
    rows = 0
    with source.log_reader(anchor.start, source.identity(), tables) as reader:
        while rows < 20000:
            events = await reader.read(64 * 1024)
            reads.append(len(events))
            rows += len(only_changes(events))

    assert rows == 20000
    assert max(reads) < 1000


async def test_a_cancelled_read_loses_nothing(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    with source.log_reader(anchor.start, source.identity(), tables) as reader:
        waiting = asyncio.create_task(reader.read(1024))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        admin.execute("INSERT INTO t VALUES (1)")
        source.write_marker("end", 0)
        assert len(only_changes(await to_marker(reader, "end"))) == 1


async def test_a_terminated_session_is_worth_another_try(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    with source.log_reader(anchor.start, source.identity(), tables) as reader:
        waiting = asyncio.create_task(reader.read(1024))
        await asyncio.sleep(0)
        admin.execute(
            "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots"
            " WHERE slot_name = 'replicator_m'"
        )
        with pytest.raises(Retryable):
            await waiting


async def test_one_slot_serves_one_reader(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    identity = source.identity()
    with (
        source.log_reader(anchor.start, identity, tables),
        pytest.raises(Retryable, match="another session reads"),
        source.log_reader(anchor.start, identity, tables),
    ):
        pass


async def test_what_the_target_cannot_hold_stops_its_table_alone(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, n numeric, d date, c time)")
    tables = captured(source, "t")
    anchor = source.anchor()
    with admin.transaction():
        admin.execute("INSERT INTO t VALUES (1, 1, NULL, NULL)")
        admin.execute("INSERT INTO t VALUES (2, 'NaN', NULL, NULL)")
        admin.execute("INSERT INTO t VALUES (3, 1, '0044-03-15 BC', NULL)")
        admin.execute("INSERT INTO t VALUES (4, 1, NULL, '24:00')")
        admin.execute("INSERT INTO t VALUES (5, 1, '10000-01-01', NULL)")
        admin.execute("INSERT INTO t VALUES (6, 6, NULL, NULL)")

    begin, *found, _, _ = await changes(source, anchor, tables)

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
    assert [change.key for change in only_changes(found)] == [(b"1",), (b"6",)]


async def test_special_values_are_null_when_the_policy_says_so(
    admin: Connection, make_source: MakeSource
) -> None:
    source = make_source(not_a_number="null", midnight_24="null")
    admin.execute(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric, f float4, i interval, c time, z timetz)"
    )
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1, 'NaN', '-Infinity', 'infinity', '24:00', '24:00+02')")
    [change] = only_changes(await changes(source, anchor, tables))
    assert change.after == (b"1", *[b"null"] * 5)


async def test_an_added_column_starts_a_new_version(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1)")
    admin.execute("ALTER TABLE t ADD COLUMN note text, ADD COLUMN n int NOT NULL DEFAULT 5")
    admin.execute("INSERT INTO t VALUES (2, 'x')")

    events = await changes(source, anchor, tables)

    [changed] = [event for event in events if isinstance(event, SchemaChanged)]
    assert changed.old == tables[0]
    assert changed.new.version == 2
    note, number = changed.new.columns[1:]
    assert (note.name, note.type.kind, note.nullable, note.default) == (
        "note",
        Kind.TEXT,
        True,
        None,
    )
    assert (number.nullable, number.default) == (False, "5")
    first, second = only_changes(events)
    assert (first.table, first.after) == (changed.old, (b"1",))
    assert (second.table, second.after) == (changed.new, (b"2", b'"x"', b"5"))


async def test_a_default_that_filled_old_rows_and_went_is_still_seen(
    admin: Connection, source: PostgresqlSource
) -> None:
    """✗ A default fills old rows without a trace in the log."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1)")
    admin.execute("ALTER TABLE t ADD COLUMN n int DEFAULT 5")
    admin.execute("ALTER TABLE t ALTER COLUMN n DROP DEFAULT")
    admin.execute("INSERT INTO t VALUES (2)")

    events = await changes(source, anchor, tables)

    [changed] = [event for event in events if isinstance(event, SchemaChanged)]
    assert changed.new.column("n").default is not None


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        ("ALTER TABLE t DROP COLUMN v", ["id", "w"]),
        ("ALTER TABLE t RENAME COLUMN v TO u", ["id", "u", "w"]),
        ("ALTER TABLE t ALTER COLUMN v TYPE bigint", ["id", "v", "w"]),
    ],
)
async def test_other_changes_of_shape_are_told(
    change: str, columns: list[str], admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v int, w int)")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute(change)
    admin.execute("DELETE FROM t")
    admin.execute("INSERT INTO t (id) VALUES (1)")

    events = await changes(source, anchor, tables)

    [changed] = [event for event in events if isinstance(event, SchemaChanged)]
    assert [column.name for column in changed.new.columns] == columns


async def test_a_column_that_is_gone_from_the_catalog_cannot_be_followed(
    admin: Connection, source: PostgresqlSource
) -> None:
    """The log lags behind: what it shows was added and dropped before we read of it."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("ALTER TABLE t ADD COLUMN n int")
    admin.execute("INSERT INTO t VALUES (1, 5)")
    admin.execute("ALTER TABLE t DROP COLUMN n")

    events = await changes(source, anchor, tables)

    [changed] = [event for event in events if isinstance(event, SchemaChanged)]
    assert changed.new.column("n").nullable is False


async def test_a_position_beyond_the_log_is_refused(
    admin: Connection, source: PostgresqlSource, make_source: MakeSource
) -> None:
    """✗ `START_REPLICATION` beyond the end gives no error and no changes."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    source.anchor().close()
    beyond = position.at(1 << 60)
    with (
        pytest.raises(Blocked, match="beyond the server's log"),
        source.log_reader(beyond, source.identity(), tables),
    ):
        pass


async def test_the_server_itself_does_not_refuse_a_position_beyond_its_log(
    admin: Connection, source: PostgresqlSource, source_database: str
) -> None:
    """Why `same_log` has to."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    captured(source, "t")
    source.anchor().close()
    walsender = Sessions(SecretStr(source_database), "replicator:test", 5.0).replicate("log")
    text = start_replication("replicator_m", "replicator_m", position.at(1 << 60))
    assert command(walsender.pgconn, text, "slot") == []
    walsender.close()


async def test_another_system_or_an_earlier_timeline_is_refused(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    ours = source.identity()
    for other in (SourceIdentity("1", ours.timeline), SourceIdentity(ours.system, 99)):
        with pytest.raises(Blocked), source.log_reader(anchor.start, other, tables):
            pass


async def test_a_recreated_slot_is_not_ours(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    anchor.close()
    admin.execute("SELECT pg_drop_replication_slot('replicator_m')")
    admin.execute("INSERT INTO t VALUES (1)")
    source.anchor().close()
    with (
        pytest.raises(Gap, match="created anew"),
        source.log_reader(anchor.start, source.identity(), tables),
    ):
        pass


async def test_a_slot_that_is_gone_is_a_gap(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    with (
        pytest.raises(Gap, match="slot is gone"),
        source.log_reader(position.at(1), source.identity(), tables),
    ):
        pass


async def test_an_anchor_does_not_take_over_a_slot(
    admin: Connection, source: PostgresqlSource
) -> None:
    source.anchor().close()
    assert source.slot_exists()
    with pytest.raises(Blocked, match="exists already"):
        source.anchor()


async def test_only_acknowledged_log_is_given_up(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    source.write_marker("one", 0)
    source.write_marker("two", 0)

    def confirmed() -> int:
        [[text]] = admin.execute(
            "SELECT confirmed_flush_lsn::text FROM pg_replication_slots"
            " WHERE slot_name = 'replicator_m'"
        ).fetchall()
        return position.parse_lsn(text)

    with source.log_reader(anchor.start, source.identity(), tables) as reader:
        first, second = await to_marker(reader, "two")
        assert isinstance(first, MarkerSeen)
        assert isinstance(second, MarkerSeen)
        before = confirmed()
        reader.acknowledge(first.boundary)
        until(lambda: confirmed() != before)
        assert position.lsn(first.boundary) < confirmed() <= position.lsn(second.boundary)


async def test_a_session_stays_alive_while_reading_is_held_back(
    admin: Connection, source: PostgresqlSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Backpressure: nobody reads, and the server, which ends silent clients, hears of us."""
    monkeypatch.setattr(log_reading, "_TELL_EVERY_S", 0.1)
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    admin.execute("INSERT INTO t VALUES (1)")
    with source.log_reader(anchor.start, source.identity(), tables) as reader:
        await reader.read(1 << 20)
        words = set[datetime | None]()
        while len(words) < 4:
            words.add(await asyncio.to_thread(_last_word, admin))
        source.write_marker("end", 0)
        await to_marker(reader, "end")


def _last_word(admin: Connection) -> datetime | None:
    """When the server heard of the reader last; None when it never has. Fails when it is gone."""
    [[at]] = admin.execute(
        "SELECT reply_time FROM pg_stat_replication WHERE application_name = 'replicator:m:log'"
    ).fetchall()
    assert at is None or isinstance(at, datetime)
    return at
