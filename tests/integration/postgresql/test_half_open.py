"""Connections that stay open and carry nothing: something between both ends has forgotten them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from connectors.postgresql.source import PostgresqlSource
from model.errors import Retryable, Unreachable
from sandbox.soak.proxy import Proxy
from tests.integration.postgresql.conftest import Connection, MakeSource
from tests.integration.postgresql.reading import Log, only_changes, to_marker


@pytest.fixture
def proxy(source_database: str) -> Iterator[Proxy]:
    with Proxy() as proxy:
        proxy.towards(urlsplit(source_database).port or 5432)
        yield proxy


@pytest.fixture
def far(make_source: MakeSource, source_database: str, proxy: Proxy) -> PostgresqlSource:
    """The source behind the proxy; it is given up after a second of silence."""
    dsn = SecretStr(make_conninfo(source_database, host=proxy.host, port=proxy.port))
    return make_source(dsn=dsn, silent_after=1.0)


def test_a_marker_is_not_waited_for_for_ever(far: PostgresqlSource, proxy: Proxy) -> None:
    """✗ Without a limit the statement never ends: no heartbeat, no error."""
    far.write_marker("one", 0)
    assert proxy.deafen() > 0
    with pytest.raises(Unreachable):
        far.write_marker("two", 0)
    far.write_marker("three", 0)


def test_a_catalog_is_not_waited_for_for_ever(
    admin: Connection, far: PostgresqlSource, proxy: Proxy
) -> None:
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    assert len(far.catalog(["public.t"], []).tables) == 1
    proxy.deafen()
    with pytest.raises(Unreachable):
        far.catalog(["public.t"], [])
    assert len(far.catalog(["public.t"], []).tables) == 1


async def test_a_silent_log_is_read_again_on_another_session(
    admin: Connection, far: PostgresqlSource, proxy: Proxy
) -> None:
    """✗ An idle source and a dead connection look the same, unless the server is asked."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(far, "t")
    log.anchor.close()
    with log.reader() as reader:
        far.write_marker("one", 0)
        await to_marker(reader, "one")
        proxy.deafen()
        admin.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(Retryable, match="has said nothing"):
            await to_marker(reader, "never")
    for other in (lambda: far.write_marker("two", 0), far.slot_exists):
        with pytest.raises(Unreachable):
            other()
    far.write_marker("three", 0)
    with log.reader() as again:
        assert len(only_changes(await to_marker(again, "three"))) == 1


async def test_an_idle_log_is_not_given_up(admin: Connection, far: PostgresqlSource) -> None:
    """The server answers when it is asked, though it has nothing to tell."""
    admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = Log(far, "t")
    with log.reader() as reader:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3.0):
                await reader.read(1 << 20)
        far.write_marker("end", 0)
        assert only_changes(await to_marker(reader, "end")) == []
