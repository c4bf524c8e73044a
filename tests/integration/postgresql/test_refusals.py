"""Bad sources: each gives a clear error, before anything is changed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from connectors.postgresql import changes as log_reading
from connectors.postgresql.changes import PostgresqlLogReader
from connectors.postgresql.source import PostgresqlSource
from model.change import Commit
from model.errors import (
    Blocked,
    ConfigurationError,
    Gap,
    LoginRefused,
    ReplicatorError,
    Retryable,
    RightMissing,
    Unreachable,
)
from model.ports import Source
from sandbox.children import free_port
from sandbox.postgres import PostgresServer
from tests.integration.postgresql.conftest import Connection, MakeSource
from tests.integration.postgresql.reading import captured
from tests.patience import PATIENCE_S


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "wrong-secret"}, LoginRefused),
        ({"user": "nobody_here", "password": "wrong-secret"}, LoginRefused),
        ({"dbname": "no_such_database"}, ConfigurationError),
        ({"port": "free"}, Unreachable),
        ({"host": "no-such-host.invalid"}, Unreachable),
    ],
)
def test_a_server_that_does_not_let_us_in(
    change: dict[str, str],
    error: type[ReplicatorError],
    make_source: MakeSource,
    source_database: str,
) -> None:
    if "port" in change:
        change = {"port": str(free_port())}
    source: Source = PostgresqlSource(
        make_source()._settings.model_copy(
            update={"dsn": SecretStr(make_conninfo(source_database, **change))}
        ),
        "m",
    )
    for ask in (source.check, source.identity, lambda: source.snapshot(None)):
        with pytest.raises(ReplicatorError) as caught:
            ask()
        assert type(caught.value) is error
        assert caught.value.hint
        assert "wrong-secret" not in f"{caught.value!s} {caught.value!r}"


def test_a_slow_or_silent_server_is_unreachable(make_source: MakeSource) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        source = PostgresqlSource(
            make_source()._settings.model_copy(
                update={
                    "dsn": SecretStr(f"host=127.0.0.1 port={port} user=x dbname=x"),
                    "connect_timeout": 2.0,
                }
            ),
            "m",
        )
        with pytest.raises(Unreachable):
            source.check()


@pytest.fixture
def plain_server() -> Iterator[PostgresServer]:
    """A server as it comes from its package: no logical log."""
    with PostgresServer(settings={"wal_level": "replica"}) as server:
        yield server


def test_a_source_without_a_logical_log(plain_server: PostgresServer) -> None:
    with psycopg.connect(plain_server.dsn(), autocommit=True) as admin:
        admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    source = PostgresqlSource(_settings(plain_server.dsn()), "m")
    failed = [result for result in source.check() if not result.passed]
    assert [result.name for result in failed] == ["source.wal_level"]
    assert "wal_level = 'logical'" in failed[0].fix
    tables = source.catalog(["public.*"], []).tables
    with pytest.raises(Blocked, match="wal_level is replica"):
        source.prepare(tables)
    with psycopg.connect(plain_server.dsn()) as admin:
        assert admin.execute("SELECT count(*) FROM pg_publication").fetchall() == [(0,)]
    source.close()


@pytest.fixture
def forgetful_server() -> Iterator[PostgresServer]:
    """A server that gives up a slot rather than its disk."""
    settings = {"max_slot_wal_keep_size": "1MB", "min_wal_size": "32MB", "max_wal_size": "32MB"}
    with PostgresServer(settings=settings) as server:
        yield server


def test_a_slot_whose_log_was_given_up_is_a_gap(forgetful_server: PostgresServer) -> None:
    source = PostgresqlSource(_settings(forgetful_server.dsn()), "m")
    with psycopg.connect(forgetful_server.dsn(), autocommit=True) as admin:
        admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
        tables = captured(source, "t")
        anchor = source.anchor()
        anchor.close()
        for _ in range(4):
            admin.execute("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))")
            admin.execute("SELECT pg_switch_wal()")
        admin.execute("CHECKPOINT")
        [[status]] = admin.execute("SELECT wal_status FROM pg_replication_slots").fetchall()
    assert status == "lost"
    with (
        pytest.raises(Gap, match="invalidated"),
        source.log_reader(anchor.start, source.identity(), tables),
    ):
        pass
    source.drop()
    source.close()


def _settings(dsn: str) -> Any:
    from connectors.postgresql.settings import PostgresqlSettings

    return PostgresqlSettings(dsn=SecretStr(dsn))


@pytest.mark.parametrize(
    ("ddl", "says"),
    [
        ("CREATE TABLE t (a int)", 'ALTER TABLE "public"."t" REPLICA IDENTITY FULL'),
        (
            "CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING",
            "neither a primary key nor a usable replica identity",
        ),
        ("CREATE UNLOGGED TABLE t (a int PRIMARY KEY)", "unlogged"),
        (
            "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED PRIMARY KEY)",
            "generated column in its key, b",
        ),
    ],
)
def test_tables_that_cannot_be_captured(
    ddl: str, says: str, admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute(ddl)
    admin.execute("CREATE TABLE good (id int PRIMARY KEY)")
    tables = source.catalog(["public.*"], []).tables
    with pytest.raises(Blocked) as caught:
        source.prepare(tables)
    assert says in caught.value.what
    assert "public.good" not in caught.value.what
    assert admin.execute("SELECT count(*) FROM pg_publication").fetchall() == [(0,)]


def test_a_missing_right_comes_with_its_grant(
    admin: Connection, make_source: MakeSource, source_database: str
) -> None:
    role = f"reader_{admin.info.dbname}"
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'p'")
    try:
        source = make_source(dsn=SecretStr(make_conninfo(source_database, user=role, password="p")))
        fixes = {result.name: result.fix for result in source.check() if not result.passed}
        assert fixes == {
            "source.replication": f'ALTER ROLE "{role}" REPLICATION',
            "source.publication": (f'GRANT CREATE ON DATABASE "{admin.info.dbname}" TO "{role}"'),
        }
        tables = source.catalog(["public.*"], []).tables
        with pytest.raises(RightMissing) as caught:
            source.prepare(tables)
        assert caught.value.hint == f'GRANT SELECT ON "public"."t" TO "{role}"'
        with pytest.raises((RightMissing, LoginRefused)):
            source.anchor()
        admin.execute(f"GRANT SELECT ON t TO {role}")
        with pytest.raises(RightMissing):
            source.prepare(tables)
        admin.execute("CREATE PUBLICATION replicator_m FOR TABLE ONLY t")
        admin.execute("ALTER PUBLICATION replicator_m SET (publish_via_partition_root = true)")
        source.prepare(tables)
        source.close()
        admin.execute("DROP PUBLICATION replicator_m")
    finally:
        admin.execute(f"DROP OWNED BY {role}")
        admin.execute(f"DROP ROLE {role}")


def test_the_publication_follows_the_configuration(
    admin: Connection, source: PostgresqlSource
) -> None:
    for name in ("a", "b", "c"):
        admin.execute(f"CREATE TABLE {name} (id int PRIMARY KEY)")

    def published() -> list[str]:
        rows = admin.execute(
            "SELECT tablename FROM pg_publication_tables WHERE pubname = 'replicator_m' ORDER BY 1"
        ).fetchall()
        return [name for (name,) in rows]

    captured(source, "a", "b")
    assert published() == ["a", "b"]
    captured(source, "b", "c")
    assert published() == ["b", "c"]
    admin.execute("ALTER PUBLICATION replicator_m SET (publish = 'insert')")
    admin.execute("ALTER PUBLICATION replicator_m SET TABLE b WHERE (id > 5), c (id)")
    captured(source, "b", "c")
    [row] = admin.execute(
        "SELECT pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_publication"
    ).fetchall()
    assert row == (True, True, True, True)
    narrowed = admin.execute(
        "SELECT count(*) FROM pg_publication_rel WHERE prqual IS NOT NULL OR prattrs IS NOT NULL"
    ).fetchall()
    assert narrowed == [(0,)]


def test_a_publication_for_everything_is_not_ours(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    admin.execute("CREATE PUBLICATION replicator_m FOR ALL TABLES")
    with pytest.raises(Blocked, match="FOR ALL TABLES"):
        captured(source, "t")


def test_drop_leaves_nothing_and_may_be_repeated(
    admin: Connection, source: PostgresqlSource
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    tables = captured(source, "t")
    anchor = source.anchor()
    with source.log_reader(anchor.start, source.identity(), tables):
        source.drop()
    source.drop()
    assert not source.slot_exists()
    assert source.lag_bytes() is None
    assert admin.execute("SELECT count(*) FROM pg_publication").fetchall() == [(0,)]


def test_drivers_errors_do_not_leak(admin: Connection, source: PostgresqlSource) -> None:
    """What a dropped table does to each question that needs one."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v numeric)")
    [table] = source.catalog(["public.t"], []).tables
    admin.execute("DROP TABLE t")
    reader = source.snapshot(None)
    questions: dict[str, Any] = {
        "prepare": lambda: source.prepare([table]),
        "count": lambda: source.count(table.name),
        "comparable": lambda: source.comparable(table),
        "profile": lambda: source.profile([table]),
        "fence": lambda: source.fence([table.name], 5).attempt(0.1),
        "write_blocked": lambda: source.write_blocked("postgres", table.name, 0.1),
        "closed": lambda: source.closed(["postgres"], [table.name]),
        "reopening": lambda: source.reopening(["postgres"], [table.name]),
        "writers": lambda: source.writers([table.name]),
        "reopen": lambda: source.reopen(["GRANT SELECT ON public.t TO postgres"]),
        "plan": lambda: reader.plan(table, 10),
    }
    silent = []
    for name, ask in questions.items():
        try:
            ask()
        except ReplicatorError:
            continue
        silent.append(name)
    assert silent == []
    reader.close()


async def test_a_server_may_shut_down_while_we_hold_back_acknowledgements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """✗ Answered with a flushed position below what it had sent, it waited for ever."""
    # What we say of ourselves now and then would set it free: its questions alone must do.
    monkeypatch.setattr(log_reading, "_TELL_EVERY_S", 600.0)
    with PostgresServer() as server:
        source = PostgresqlSource(_settings(server.dsn()), "m")
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
            tables = captured(source, "t")
            anchor = source.anchor()
            anchor.close()
            admin.execute("INSERT INTO t VALUES (1)")
            identity = source.identity()
            with source.log_reader(anchor.start, identity, tables) as reader:
                commit = await _to_commit(reader)
                reader.acknowledge(commit.boundary)
                admin.execute("INSERT INTO t VALUES (2)")
                await _to_commit(reader)
                source.close()
                assert server.pid is not None
                os.kill(server.pid, signal.SIGINT)
                with pytest.raises(Retryable):
                    await asyncio.wait_for(_to_commit(reader), PATIENCE_S)


async def _to_commit(reader: PostgresqlLogReader) -> Commit:
    while True:
        for event in await reader.read(1 << 20):
            if isinstance(event, Commit):
                return event
