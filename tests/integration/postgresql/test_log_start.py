"""Where reading of the log begins, and which beginnings are refused."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from connectors.postgresql import position
from connectors.postgresql.sessions import Sessions, command
from connectors.postgresql.slot import start_replication
from connectors.postgresql.source import PostgresqlSource
from model.change import Commit
from model.errors import Blocked, Gap, Retryable
from model.position import Position, SourceIdentity
from tests.integration.postgresql.conftest import Connection, MakeSource
from tests.integration.postgresql.reading import Log, captured, only_changes, to_marker, until_free


async def test_the_first_commit_after_the_slot_is_not_skipped(
    admin: Connection, source: PostgresqlSource
) -> None:
    """A commit may stand exactly at the consistent point: resuming after it would lose it."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    consistent = position.resume_at(log.anchor.start)
    with admin.cursor() as cursor:
        cursor.execute("SELECT confirmed_flush_lsn::text FROM pg_replication_slots")
        [[confirmed]] = cursor.fetchall()
    assert position.parse_lsn(confirmed) == consistent
    admin.execute("INSERT INTO t VALUES (1)")
    assert len(only_changes(await log.changes())) == 1


async def test_a_restart_resumes_after_what_was_acknowledged(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    for number in range(4):
        admin.execute("INSERT INTO t VALUES (%s)", [number])
    source.write_marker("first", 0)
    with log.reader() as reader:
        events = await to_marker(reader, "first")
        commits = [event for event in events if isinstance(event, Commit)]
        reader.acknowledge(commits[1].boundary)
    source.write_marker("second", 0)
    until_free(admin)

    again = Position(f"{commits[1].boundary}/00000000")
    with source.log_reader(again, source.identity(), log.tables) as reader:
        events = await to_marker(reader, "second")

    assert [change.key for change in only_changes(events)] == [b'{"id":2}', b'{"id":3}']


async def test_somebody_elses_reader_keeps_the_slot(
    admin: Connection, source: PostgresqlSource, source_database: str
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    theirs = Sessions(SecretStr(source_database), "somebody else", 5.0).replicate("log")
    command(theirs.pgconn, start_replication("replicator_m", "replicator_m", position.at(0)), "")
    with pytest.raises(Retryable, match="another session reads"), log.reader():
        pass
    theirs.close()


async def test_a_reader_that_lost_its_lease_is_ended_by_the_next(
    admin: Connection, source: PostgresqlSource, make_source: MakeSource
) -> None:
    """✗ A stopped or cut off capture keeps the slot until `wal_sender_timeout`: nobody captures."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    with log.reader() as lost:
        admin.execute("INSERT INTO t VALUES (1)")
        make_source().write_marker("end", 0)
        with log.reader() as reader:
            assert len(only_changes(await to_marker(reader, "end"))) == 1
        with pytest.raises(Retryable):
            await to_marker(lost, "never")


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
    log = Log(source, "t")
    ours = source.identity()
    for other in (SourceIdentity("1", ours.timeline), SourceIdentity(ours.system, 99)):
        with pytest.raises(Blocked), source.log_reader(log.anchor.start, other, log.tables):
            pass


async def test_a_recreated_slot_is_not_ours(admin: Connection, source: PostgresqlSource) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(source, "t")
    log.anchor.close()
    admin.execute("SELECT pg_drop_replication_slot('replicator_m')")
    admin.execute("INSERT INTO t VALUES (1)")
    source.anchor().close()
    with (
        pytest.raises(Gap, match="created anew"),
        log.reader(),
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
