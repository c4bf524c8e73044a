"""The log reader against a real server: what it hands over, and what it refuses."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from connectors.postgresql import changes as log_reading
from connectors.postgresql import position
from connectors.postgresql.source import PostgresqlSource
from model.change import Begin, Change, Commit, MarkerSeen, Op
from model.errors import Retryable
from tests.integration.postgresql.conftest import Connection, MakeSource
from tests.integration.postgresql.reading import Log, only_changes, to_marker
from tests.patience import until


async def test_a_transaction_is_begun_told_and_committed(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    log = Log(source, "t")
    with admin.transaction():
        admin.execute("INSERT INTO t VALUES (1, 'a'), (2, NULL)")
        admin.execute("UPDATE t SET v = 'b' WHERE id = 1")
        admin.execute("DELETE FROM t WHERE id = 2")

    begin, *found, commit, marker = await log.changes()

    assert isinstance(begin, Begin)
    assert isinstance(commit, Commit)
    assert isinstance(marker, MarkerSeen)
    assert begin.boundary == commit.boundary > log.anchor.start.boundary
    assert begin.source_ts == commit.source_ts
    assert marker.boundary > commit.boundary
    told = [(c.op, c.key, c.after) for c in found if isinstance(c, Change)]
    assert told == [
        (Op.CREATE, b'{"id":1}', b'{"id":1,"v":"a"}'),
        (Op.CREATE, b'{"id":2}', b'{"id":2,"v":null}'),
        (Op.UPDATE, b'{"id":1}', b'{"id":1,"v":"b"}'),
        (Op.DELETE, b'{"id":2}', None),
    ]


async def test_markers_of_others_and_empty_transactions_leave_no_trace(
    admin: Connection, make_source: MakeSource
) -> None:
    source = make_source("one")
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    admin.execute("CREATE TABLE other (id int PRIMARY KEY)")
    log = Log(source, "t")
    make_source("two").write_marker("theirs", 1)
    admin.execute("INSERT INTO other VALUES (1)")
    admin.execute("SELECT pg_logical_emit_message(false, 'replicator:one', 'not ours')")
    written = source.write_marker("ours", 77)

    source.write_marker("end", 0)
    with log.reader() as reader:
        marker, _ = await to_marker(reader, "end")

    assert isinstance(marker, MarkerSeen)
    assert (marker.id, marker.written_ts) == ("ours", 77)
    assert marker.boundary >= written.boundary
    assert marker.source_ts > 1_700_000_000_000


async def test_a_large_transaction_comes_in_several_reads(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
    log = Log(source, "t")
    admin.execute("INSERT INTO t SELECT i, repeat('v', 100) FROM generate_series(1, 20000) i")
    reads: list[int] = []
    rows = 0
    with log.reader() as reader:
        while rows < 20000:
            events = await reader.read(64 * 1024)
            reads.append(len(events))
            rows += len(only_changes(events))

    assert rows == 20000
    assert max(reads) < 1000


async def test_a_cancelled_read_loses_nothing(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    with log.reader() as reader:
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
    log = Log(source, "t")
    with log.reader() as reader:
        waiting = asyncio.create_task(reader.read(1024))
        await asyncio.sleep(0)
        admin.execute(
            "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots"
            " WHERE slot_name = 'replicator_m'"
        )
        with pytest.raises(Retryable):
            await waiting


async def test_only_acknowledged_log_is_given_up(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    source.write_marker("one", 0)
    source.write_marker("two", 0)

    def confirmed() -> int:
        [[text]] = admin.execute(
            "SELECT confirmed_flush_lsn::text FROM pg_replication_slots"
            " WHERE slot_name = 'replicator_m'"
        ).fetchall()
        return position.parse_lsn(text)

    with log.reader() as reader:
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
    log = Log(source, "t")
    admin.execute("INSERT INTO t VALUES (1)")
    with log.reader() as reader:
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
