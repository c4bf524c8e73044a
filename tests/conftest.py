"""Real servers for every test that asks for one: started once, a fresh database for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pyodbc
import pytest
from hypothesis import HealthCheck, settings

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
    AzureSqlAddress,
    GivenAzureSql,
    GivenPostgres,
    PostgresAddress,
    given,
)

# ODBC pools connections by default: a pooled session would outlive its test and hold its database.
pyodbc.pooling = False

# How fast cases are made and run says something of the machine, nothing of the code.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")


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
def kafka_bootstrap() -> Iterator[str]:
    """The address of a broker. It is shared: use topic names of your own."""
    address = given("KAFKA_BOOTSTRAP")
    if address is not None:
        yield address
        return
    with KafkaBroker() as broker:
        yield broker.bootstrap


@pytest.fixture(scope="session")
def azuresql() -> Iterator[AzureSqlAddress]:
    """The stand-in, or the server that `AZURESQL_TEST_DSN` names (an administrator's)."""
    text = given("AZURESQL_TEST_DSN")
    if text is not None:
        yield GivenAzureSql(text)
        return
    with AzureSqlStandIn() as server:
        yield server


@pytest.fixture
def target_database(azuresql: AzureSqlAddress) -> Iterator[str]:
    """The ODBC connection string of a database of this test's own."""
    name = f"t_{secrets.token_hex(6)}"
    create_target_database(azuresql.dsn(), name)
    yield azuresql.dsn(name)
    drop_target_database(azuresql.dsn(), name)
