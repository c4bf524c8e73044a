"""After a failover: what the new timeline contains goes on, what it does not is refused."""

from __future__ import annotations

import psycopg
import pytest
from pydantic import SecretStr

from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource
from model.errors import Blocked
from model.position import SourceIdentity
from sandbox.postgres import PostgresServer
from tests.integration.postgresql.reading import captured, only_changes, to_marker, until_free
from tests.integration.postgresql.timeline import next_timeline


async def test_a_later_timeline_is_followed_only_where_it_contains_our_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """✗ The server itself accepts any position: what lies between is skipped in silence."""
    with PostgresServer() as server:
        source = PostgresqlSource(PostgresqlSettings(dsn=SecretStr(server.dsn())), "m")
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute("CREATE TABLE t (id int PRIMARY KEY)")
            tables = captured(source, "t")
            anchor = source.anchor()
            anchor.close()
            admin.execute("INSERT INTO t VALUES (1)")
        before = source.identity()
        source.close()
        next_timeline(server, monkeypatch)

        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute("INSERT INTO t VALUES (2)")
            source.write_marker("end", 0)
            with source.log_reader(anchor.start, before, tables) as reader:
                found = only_changes(await to_marker(reader, "end"))
            until_free(admin)
        assert reader.identity == SourceIdentity(before.system, before.timeline + 1)
        assert [change.key for change in found] == [b'{"id":1}', b'{"id":2}']

        # What we have read of the old server, and the new one never had.
        lost = source.write_marker("beyond the branch", 0)
        with (
            pytest.raises(Blocked, match="does not contain our progress"),
            source.log_reader(lost, before, tables),
        ):
            pass
        with source.log_reader(lost, reader.identity, tables):
            pass
        source.close()
