"""A target of each test's own, and a plain connection beside it to arrange and to look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyodbc
import pytest

from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.state import AzureSqlState
from connectors.azuresql.target import AzureSqlTarget

Look = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def settings(target_database: str) -> AzureSqlSettings:
    return AzureSqlSettings.model_validate({"connection": target_database, "patience": "20s"})


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
