"""Real servers for every test that asks for one: started once, a fresh database for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pyodbc
import pytest

from sandbox.databases import (
    create_source_database,
    create_target_database,
    drop_source_database,
    drop_target_database,
)
from sandbox.kafka import KafkaBroker
from sandbox.postgres import PostgresServer
from sandbox.standin import AzureSqlStandIn
from tests.servers import (
    ACCESS_TOKEN,
    KAFKA_PASSWORD,
    KAFKA_USER,
    AzureSqlAddress,
    GivenAzureSql,
    GivenPostgres,
    PostgresAddress,
    given,
)

# ODBC pools connections by default: a pooled session would outlive its test and hold its database.
pyodbc.pooling = False


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresAddress]:
    """A PostgreSQL server with `wal_level=logical`, seen by its superuser."""
    uri = given("SOURCE_TEST_DSN")
    if uri is not None:
        yield GivenPostgres(uri)
        return
    with PostgresServer() as server:
        yield server


@pytest.fixture
def source_database(postgres: PostgresAddress) -> Iterator[str]:
    """The DSN of a database of this test's own."""
    name = f"t_{secrets.token_hex(6)}"
    create_source_database(postgres.dsn(), name)
    yield postgres.dsn(name)
    drop_source_database(postgres.dsn(), name)


@pytest.fixture(scope="session")
def own_kafka() -> Iterator[KafkaBroker]:
    """The sandbox's broker, which a user of SCRAM over TLS reaches too. It is shared."""
    with KafkaBroker(users={KAFKA_USER: KAFKA_PASSWORD}) as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_bootstrap(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a broker. It is shared: use topic names of your own."""
    address = given("KAFKA_BOOTSTRAP")
    if address is not None:
        yield address
        return
    broker: KafkaBroker = request.getfixturevalue("own_kafka")
    yield broker.bootstrap


@pytest.fixture(scope="session")
def azuresql() -> Iterator[AzureSqlAddress]:
    """The stand-in, or the server that `AZURESQL_TEST_DSN` names (an administrator's)."""
    text = given("AZURESQL_TEST_DSN")
    if text is not None:
        yield GivenAzureSql(text)
        return
    with AzureSqlStandIn(access_token=ACCESS_TOKEN) as server:
        yield server


@pytest.fixture
def target_database(azuresql: AzureSqlAddress) -> Iterator[str]:
    """The ODBC connection string of a database of this test's own."""
    name = f"t_{secrets.token_hex(6)}"
    create_target_database(azuresql.dsn(), name)
    yield azuresql.dsn(name)
    drop_target_database(azuresql.dsn(), name)
