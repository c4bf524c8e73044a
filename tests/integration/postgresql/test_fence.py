"""The fence on a real server: what it holds, what it costs, how it closes the source."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from connectors.postgresql.fence import lock_statement
from connectors.postgresql.source import PostgresqlSource
from model.catalog import TableName
from model.errors import Blocked, InDoubt, ReplicatorError, RightMissing
from tests.integration.postgresql.conftest import Connection, MakeSource
from tests.patience import PATIENCE_S, until

T = TableName("public", "t")
Login = Callable[[str], Connection]


@pytest.fixture
def roles(admin: Connection) -> Iterator[dict[str, str]]:
    """An owner, a writer through a group, a stranger; names are this database's own."""
    database = admin.info.dbname
    names = {role: f"{role}_{database}" for role in ("owner", "group", "writer", "stranger")}
    for name in names.values():
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'p'").format(sql.Identifier(name)))
    owner, group, writer = (sql.Identifier(names[n]) for n in ("owner", "group", "writer"))
    admin.execute("CREATE TABLE t (id int PRIMARY KEY, v int, w int)")
    admin.execute("INSERT INTO t VALUES (1, 1, 1)")
    admin.execute(sql.SQL("ALTER TABLE t OWNER TO {}").format(owner))
    admin.execute(sql.SQL("GRANT {} TO {}").format(group, writer))
    admin.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE ON t TO {}").format(group))
    admin.execute(sql.SQL("GRANT UPDATE (v) ON t TO {}").format(writer))
    yield names
    for name in names.values():
        admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def login(source_database: str, roles: dict[str, str]) -> Iterator[Login]:
    """A session of one of the roles."""
    with ExitStack() as stack:

        def connect(role: str) -> Connection:
            dsn = make_conninfo(source_database, user=roles[role], password="p")
            return stack.enter_context(psycopg.connect(dsn, autocommit=True))

        yield connect


def blocked_writers(admin: Connection) -> int:
    [[count]] = admin.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ).fetchall()
    return int(count)


def test_one_statement_locks_everything() -> None:
    tables = [TableName("public", "a"), TableName("we ird", 'q"t')]
    assert lock_statement(tables) == (
        '/* replicator:fence-lock */ LOCK TABLE "public"."a", "we ird"."q""t" IN SHARE MODE'
    )


def test_the_whole_attempt_is_bounded_by_the_pause(
    admin: Connection, source: PostgresqlSource, source_database: str
) -> None:
    """✗ `lock_timeout` counts for each lock: five tables with 200 ms waited 0.9 s. Each table here
    is free before a pause has passed since the fence began to wait for it."""
    names = [TableName("public", f"t{number}") for number in range(12)]
    pause, over = 0.5, threading.Event()
    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        holders = {}
        for name in names:
            admin.execute(sql.SQL("CREATE TABLE {} (id int)").format(sql.Identifier(name.name)))
            holder = stack.enter_context(psycopg.connect(source_database))
            holder.execute(sql.SQL("INSERT INTO {} VALUES (1)").format(sql.Identifier(name.name)))
            holders[name.name] = holder
        fence = source.fence(names, PATIENCE_S)
        freeing = pool.submit(_free_one_after_another, admin, holders, 0.6 * pause, over)
        try:
            held = fence.attempt(pause)
        finally:
            over.set()
        assert freeing.result() < len(names), "every single wait was short, all together was not"
        assert not held
        for holder in holders.values():
            holder.rollback()
        assert fence.attempt(PATIENCE_S)
        assert fence.alive()
        fence.release()


def _free_one_after_another(
    admin: Connection, holders: Mapping[str, Connection], each_s: float, over: threading.Event
) -> int:
    """Free each table so long after the fence has begun to wait for it; how many were freed."""
    freed = 0
    while freed < len(holders) and not over.is_set():
        waited = admin.execute(
            "SELECT relation::regclass::text FROM pg_locks WHERE NOT granted"
            " AND locktype = 'relation' AND relation::regclass::text = ANY (%s)",
            [list(holders)],
        ).fetchone()
        if waited is not None and not over.wait(each_s):
            holders[waited[0]].rollback()
            freed += 1
    return freed


def test_a_held_fence_blocks_writers_and_not_readers(
    source: PostgresqlSource, login: Login, roles: dict[str, str]
) -> None:
    assert not source.write_blocked(roles["owner"], T, PATIENCE_S)
    fence = source.fence([T], PATIENCE_S)
    assert fence.attempt(PATIENCE_S)
    assert login("owner").execute("SELECT count(*) FROM t").fetchall() == [(1,)]
    assert source.write_blocked(roles["owner"], T, 0.2)
    fence.release()
    fence.release()
    assert not source.write_blocked(roles["owner"], T, PATIENCE_S)


def test_a_canary_that_is_slow_is_not_blocked(
    admin: Connection, source: PostgresqlSource, roles: dict[str, str]
) -> None:
    """✗ Bounded as a whole, a slow write looked like one that the fence refuses."""
    admin.execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$"
    )
    admin.execute(
        "CREATE TRIGGER slow BEFORE DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION slow()"
    )
    assert not source.write_blocked(roles["owner"], T, 0.05)


def test_a_canary_needs_the_right_to_act_for_the_application(
    make_source: MakeSource, roles: dict[str, str], source_database: str
) -> None:
    """A refusal to act for the role is no proof that the role is blocked."""
    stranger = make_conninfo(source_database, user=roles["stranger"], password="p")
    source = make_source(fence_dsn=SecretStr(stranger))
    with pytest.raises(RightMissing, match="GRANT"):
        source.write_blocked(roles["owner"], T, 0.2)


def test_closing_refuses_blocked_writers_prepared_statements_and_the_owner(
    admin: Connection, source: PostgresqlSource, login: Login, roles: dict[str, str]
) -> None:
    """✗ Releasing the locks before revoking let blocked writers through."""
    owner, writer = login("owner"), login("writer")
    owner.execute("PREPARE change AS UPDATE t SET v = v + 1")
    application = [roles["owner"], roles["writer"]]
    promised = source.reopening(application, [T])
    fence = source.fence([T], PATIENCE_S)
    assert fence.attempt(PATIENCE_S)
    with ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(owner.execute, "EXECUTE change"),
            pool.submit(writer.execute, "UPDATE t SET w = 2"),
        ]
        until(lambda: blocked_writers(admin) == 2)
        given_back = fence.close_source(application)
        for blocked in waiting:
            with pytest.raises(psycopg.Error):
                blocked.result()

    assert source.closed(application, [T])
    assert given_back == promised
    for role in ("owner", "writer"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login(role).execute("UPDATE t SET v = 9")
    assert source.write_blocked(roles["owner"], T, 0.2)
    assert admin.execute("SELECT v, w FROM t").fetchall() == [(1, 1)]

    source.reopen(given_back)
    assert not source.closed(application, [T])
    login("owner").execute("DELETE FROM t")
    login("writer").execute("INSERT INTO t VALUES (3, 3, 3)")
    login("writer").execute("UPDATE t SET v = 4")


def test_a_writer_that_survives_until_the_commit_is_refused_by_rights_alone(
    admin: Connection, source: PostgresqlSource, login: Login, roles: dict[str, str]
) -> None:
    """Sessions are ended too, but the proof is the REVOKE: this one is not among the roles' own."""
    admin.execute(
        sql.SQL("ALTER ROLE {} SET application_name = 'replicator:like-ours'").format(
            sql.Identifier(roles["owner"])
        )
    )
    owner = login("owner")
    owner.execute("SET application_name = 'replicator:like-ours'")
    fence = source.fence([T], PATIENCE_S)
    assert fence.attempt(PATIENCE_S)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(owner.execute, "UPDATE t SET v = 2")
        until(lambda: blocked_writers(admin) == 1)
        fence.close_source([roles["owner"]])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            waiting.result()


def test_what_was_revoked_is_told_as_statements(
    source: PostgresqlSource, roles: dict[str, str]
) -> None:
    owner, group, writer = (roles[name] for name in ("owner", "group", "writer"))
    assert source.reopening([owner, writer], [T]) == [
        f'GRANT INSERT, UPDATE ON TABLE "public"."t" TO "{group}"',
        f'GRANT DELETE, INSERT, TRUNCATE, UPDATE ON TABLE "public"."t" TO "{owner}"',
        f'GRANT UPDATE ("v") ON TABLE "public"."t" TO "{writer}"',
    ]


def test_rights_of_everybody_and_of_predefined_roles_are_taken_too(
    admin: Connection, source: PostgresqlSource, login: Login, roles: dict[str, str]
) -> None:
    stranger = roles["stranger"]
    admin.execute("GRANT DELETE ON t TO PUBLIC")
    admin.execute(sql.SQL("GRANT pg_write_all_data TO {}").format(sql.Identifier(stranger)))
    fence = source.fence([T], PATIENCE_S)
    assert fence.attempt(PATIENCE_S)
    given_back = fence.close_source([stranger])
    assert source.closed([stranger], [T])
    source.reopen(given_back)
    assert not source.closed([stranger], [T])
    assert f'GRANT "pg_write_all_data" TO "{stranger}"' in given_back


def test_a_superuser_cannot_be_closed_out_and_nothing_is_taken(
    admin: Connection, source: PostgresqlSource, roles: dict[str, str]
) -> None:
    owner = roles["owner"]
    assert source.superusers([owner, "postgres"]) == ["postgres"]
    fence = source.fence([T], PATIENCE_S)
    assert fence.attempt(PATIENCE_S)
    with pytest.raises(Blocked, match="could not be revoked: postgres on"):
        fence.close_source([owner, "postgres"])
    assert not fence.alive()
    assert not source.closed([owner], [T])


def test_writers_are_found_but_not_ourselves(
    source: PostgresqlSource, roles: dict[str, str]
) -> None:
    owner, group, writer = (roles[name] for name in ("owner", "group", "writer"))
    assert source.writers([T]) == sorted([owner, group, writer])


def test_reading_alone_does_not_let_lock(
    admin: Connection, make_source: MakeSource, roles: dict[str, str], source_database: str
) -> None:
    """✗ A role with `SELECT` alone may not lock."""
    stranger = sql.Identifier(roles["stranger"])
    admin.execute(sql.SQL("GRANT SELECT ON t TO {}").format(stranger))
    dsn = make_conninfo(source_database, user=roles["stranger"], password="p")
    fence = make_source(fence_dsn=SecretStr(dsn)).fence([T], PATIENCE_S)
    with pytest.raises(RightMissing) as caught:
        fence.attempt(PATIENCE_S)
    assert caught.value.hint == f'GRANT UPDATE ON "public"."t" TO "{roles["stranger"]}"'
    admin.execute(sql.SQL("GRANT UPDATE ON t TO {}").format(stranger))
    assert fence.attempt(PATIENCE_S)
    fence.release()


def test_a_fence_outlives_the_databases_timeouts_but_not_its_budget(
    admin: Connection, source: PostgresqlSource, roles: dict[str, str]
) -> None:
    """✗ A database's `idle_in_transaction_session_timeout` ended the fence during the drain."""
    database = sql.Identifier(admin.info.dbname)
    for setting in ("idle_in_transaction_session_timeout", "statement_timeout"):
        admin.execute(
            sql.SQL("ALTER DATABASE {} SET {} = '50ms'").format(database, sql.Identifier(setting))
        )
    lasting = source.fence([T], PATIENCE_S)
    assert lasting.attempt(PATIENCE_S)
    time.sleep(0.3)  # several of those timeouts
    assert lasting.alive()
    lasting.release()
    fence = source.fence([T], 1.0)
    assert fence.attempt(PATIENCE_S)
    until(lambda: not fence.alive())
    with pytest.raises(Blocked, match="not held"):
        fence.close_source([roles["owner"]])
    fence.release()


def test_a_killed_fence_is_known_to_be_dead_and_closes_nothing(
    admin: Connection, source: PostgresqlSource, login: Login, roles: dict[str, str]
) -> None:
    """✗ A fence session that died during the drain let writers write after the marker."""
    fence = source.fence([T], PATIENCE_S)
    assert fence.attempt(PATIENCE_S)
    admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'replicator:m:fence'"
    )
    login("owner").execute("UPDATE t SET v = 5")
    with pytest.raises(ReplicatorError):
        fence.close_source([roles["owner"]])
    assert not fence.alive()
    assert not source.closed([roles["owner"]], [T])
    fence.release()


def test_a_commit_without_an_answer_is_in_doubt(
    admin: Connection, source: PostgresqlSource, roles: dict[str, str]
) -> None:
    """The session is ended while its commit waits: only the rights can tell."""
    admin.execute(
        "CREATE FUNCTION end_me() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
    )
    admin.execute("CREATE TABLE log (x int)")
    admin.execute(
        "CREATE CONSTRAINT TRIGGER c AFTER INSERT ON log DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION end_me()"
    )
    fence = source.fence([T], PATIENCE_S)
    assert fence.attempt(PATIENCE_S)
    fence._run("INSERT INTO public.log VALUES (1)")
    with pytest.raises(InDoubt):
        fence.close_source([roles["owner"]])
    assert not source.closed([roles["owner"]], [T])


def test_a_marker_of_the_fences_own_transaction_is_not_decoded_in_time(
    admin: Connection, source: PostgresqlSource, roles: dict[str, str]
) -> None:
    """✗ One written in the fence's own transaction is not decoded until the fence ends."""
    fence = source.fence([T], PATIENCE_S)
    assert fence.attempt(PATIENCE_S)
    admin.execute("SELECT pg_create_logical_replication_slot('peek', 'test_decoding')")
    fence._run("SELECT pg_logical_emit_message(true, 'replicator:m', 'own')")
    source.write_marker("another session's", 1)
    seen = [
        data
        for (data,) in admin.execute(
            "SELECT data FROM pg_logical_slot_peek_changes('peek', NULL, NULL)"
        ).fetchall()
        if "replicator:m" in data
    ]
    admin.execute("SELECT pg_drop_replication_slot('peek')")
    fence.release()
    assert len(seen) == 1
    assert "another session's" in seen[0]
