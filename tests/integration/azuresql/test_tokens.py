"""Login by access token: every way to the target, and for each connection a token of its own."""

from __future__ import annotations

import pyarrow as pa
import pytest

from connectors.azuresql.apply import AzureSqlApplySession
from connectors.azuresql.bulk import AzureSqlBulkWriter
from connectors.azuresql.connection import Link
from connectors.azuresql.settings import AzureSqlSettings, parse_connection, render_connection
from connectors.azuresql.state import AzureSqlState
from connectors.azuresql.target import AzureSqlTarget
from model.catalog import TableName
from model.errors import LoginRefused
from tests.integration.azuresql.conftest import Look
from tests.servers import ACCESS_TOKEN, AzureSqlAddress

THINGS = TableName("dbo", "things")


class Credential:
    """Gives each token once and then the next: who keeps one has an expired one."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.given = 0

    def get_token(self, *scopes: str) -> Credential:
        assert scopes == ("https://database.windows.net/.default",)
        self.given += 1
        self.token = self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]
        # Of azure.core.credentials.AccessToken, seconds since 1970.
        self.expires_on = 0
        return self


@pytest.fixture
def by_token(azuresql: AzureSqlAddress, target_database: str) -> AzureSqlSettings:
    if not azuresql.control:
        pytest.skip("a real server takes tokens of its tenant only")
    pairs = parse_connection(target_database)
    bare = {key: value for key, value in pairs.items() if key not in ("UID", "PWD")}
    connection = {"connection": render_connection(bare), "credential": "default"}
    return AzureSqlSettings.model_validate({**connection, "patience": "20s"})


def test_a_lost_connection_comes_back_with_a_fresh_token(
    by_token: AzureSqlSettings, sql: Look
) -> None:
    """✗ The token of the first connection has expired by the time of the second."""
    credential = Credential(ACCESS_TOKEN, ACCESS_TOKEN, "expired")
    link = Link(by_token, "replicator:control", identity=credential)
    first = link.value("SELECT @@SPID")
    sql(f"KILL {first}")
    assert link.value("SELECT @@SPID") != first
    assert credential.given == 2
    link.close()


def test_bulk_rows_travel_under_a_token(
    by_token: AzureSqlSettings, target: AzureSqlTarget, sql: Look
) -> None:
    sql("CREATE TABLE dbo.things (id int NOT NULL PRIMARY KEY)")
    table = target.describe(THINGS)
    assert table is not None
    credential = Credential(ACCESS_TOKEN)
    writer = AzureSqlBulkWriter(by_token, "replicator:social:bulk", set(), credential)
    for start in (0, 1000):
        rows = pa.record_batch({"id": pa.array(range(start, start + 1000), pa.int32())})
        given = credential.given
        assert writer.write(table, pa.RecordBatchReader.from_batches(rows.schema, [rows])) == 1000
        assert credential.given > given
    assert sql("SELECT COUNT(*) FROM dbo.things") == [(2000,)]
    suspects = AzureSqlBulkWriter(by_token, "replicator:social:bulk", {THINGS}, credential)
    row = pa.record_batch({"id": pa.array([-1], pa.int32())})
    assert suspects.write(table, pa.RecordBatchReader.from_batches(row.schema, [row])) == 1


def test_appliers_and_their_memory_log_in_by_token(by_token: AzureSqlSettings) -> None:
    credential = Credential(ACCESS_TOKEN)
    state = AzureSqlState(by_token, "social", credential)
    state.install()
    session = AzureSqlApplySession(by_token, "social", credential)
    assert session.checkpoints() == []
    session.close()
    state.close()


def test_an_expired_token_is_a_refused_login(by_token: AzureSqlSettings) -> None:
    with pytest.raises(LoginRefused) as raised:
        AzureSqlApplySession(by_token, "social", Credential("expired"))
    assert "expired" not in str(raised.value)
    assert raised.value.object == by_token.server
