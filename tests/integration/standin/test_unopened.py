"""Logins that get no database, each told why: by number, and in the log."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from sandbox.azuresql.engine import ENGINE_SETTINGS, Engine
from sandbox.azuresql.session import Login, Refused
from sandbox.postgres import PostgresServer

_ROOM = 6
"""Connections of this PostgreSQL: the engine keeps one."""


@pytest.fixture(scope="module")
def small() -> Iterator[PostgresServer]:
    settings = {"max_connections": str(_ROOM), "superuser_reserved_connections": "0"}
    settings |= {"max_wal_senders": "0", "autovacuum_worker_slots": "1"}
    with PostgresServer({**ENGINE_SETTINGS, **settings}) as server:
        yield server


@pytest.fixture
async def engine(small: PostgresServer) -> AsyncIterator[Engine]:
    engine = Engine(small.dsn(), password="secret")
    await engine.start()
    yield engine
    await engine.stop()


def _login(number: int, database: str = "master", user: str = "sa") -> Login:
    return Login(user, database, session_id=number)


async def _number(engine: Engine, login: Login) -> int:
    with pytest.raises(Refused) as refused:
        await engine.open(login)
    return refused.value.notice.number


async def test_a_database_that_nobody_knows(engine: Engine) -> None:
    assert await _number(engine, _login(51, "nowhere")) == 4060


async def test_a_database_that_went_away_beneath(engine: Engine) -> None:
    await engine.create_database("brief")
    link = (await engine.open(_login(51))).link
    await link.run("DROP DATABASE brief")
    assert await _number(engine, _login(52, "brief")) == 4060
    await engine.drop_database("brief")


async def test_a_login_without_a_user(engine: Engine) -> None:
    await engine.create_database("closed")
    assert await _number(engine, _login(51, "closed", "somebody")) == 916
    await engine.drop_database("closed")


async def test_no_connection_left(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    sessions = [await engine.open(_login(51 + number)) for number in range(_ROOM - 1)]
    with caplog.at_level(logging.WARNING):
        assert await _number(engine, _login(90)) == 10928
    assert "session 90 got no connection" in caplog.text
    await sessions[0].close()
    await (await engine.open(_login(91))).close()


async def test_a_server_that_is_away(engine: Engine, small: PostgresServer) -> None:
    """The last one here: nothing starts this server again."""
    small.stop()
    assert await _number(engine, _login(51)) == 40613
    with pytest.raises(Refused) as refused:
        await engine.check_login("somebody", "secret", "master")
    assert refused.value.notice.number == 40613
