"""A target of each test's own, and a plain connection beside it to arrange and to look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pyodbc
import pytest

from connectors.azuresql.apply import AzureSqlApplySession
from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.state import AzureSqlState
from connectors.azuresql.target import AzureSqlTarget
from tests.integration.azuresql.applying import TOPIC
from tests.patience import until

Look = Callable[..., list[tuple[Any, ...]]]


def until_blocked(sql: Look, work: Future[Any]) -> None:
    """Wait until a session of this database waits for another's lock. Fails when `work`, which
    should wait, ends instead."""
    blocked = (
        "SELECT 1 FROM sys.dm_exec_requests WHERE blocking_session_id <> 0 "
        "AND database_id = DB_ID()"
    )
    until(lambda: work.done() or bool(sql(blocked)), "a session that waits")
    assert not work.done(), f"it did not wait: {work}"


@pytest.fixture
def settings(target_database: str) -> AzureSqlSettings:
    return AzureSqlSettings.model_validate({"connection": target_database, "patience": "2m"})


@pytest.fixture
def target(settings: AzureSqlSettings) -> Iterator[AzureSqlTarget]:
    target = AzureSqlTarget(settings)
    yield target
    target.close()


@pytest.fixture
def state(target: AzureSqlTarget) -> Iterator[AzureSqlState]:
    """The state of migration `social`, installed."""
    state = target.state("social")
    state.install()
    yield state
    state.close()


@pytest.fixture
def sql(target_database: str) -> Iterator[Look]:
    """Run a batch on a session of another application; rows of its last result."""
    connection = pyodbc.connect(target_database, autocommit=True)

    def run(text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        cursor = connection.cursor()
        cursor.execute(text, *parameters)
        rows: list[tuple[Any, ...]] = []
        while True:
            if cursor.description is not None:
                rows = [tuple(row) for row in cursor.fetchall()]
            if not cursor.nextset():
                return rows

    yield run
    connection.close()


@pytest.fixture
def session(
    target: AzureSqlTarget, state: AzureSqlState, sql: Look
) -> Iterator[AzureSqlApplySession]:
    """An applier's connection, and `dbo.users` in two partitions."""
    sql(
        "CREATE TABLE dbo.users (id bigint NOT NULL PRIMARY KEY, "
        "name nvarchar(20) COLLATE Latin1_General_100_BIN2 NULL, bio nvarchar(max) NULL, "
        "nick nvarchar(20) COLLATE Latin1_General_100_BIN2 NOT NULL UNIQUE)"
    )
    state.initialise_checkpoints(TOPIC, 2)
    session = target.apply_session("social")
    yield session
    session.close()
