"""T-SQL as Microsoft documents it, case by case, on the stand-in or on a real server."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from typing import Final

import pyodbc
import pytest

from sandbox.databases import AZURE_SQL_DATABASE, create_target_database, drop_target_database
from tests.contract.tsql import client
from tests.contract.tsql.cases import Case, Topic, not_yet, topics
from tests.contract.tsql.events import as_told
from tests.servers import AzureSqlAddress

TOPICS: Final = topics()
NOT_YET: Final = not_yet()
ON_THE_STAND_IN: Final = not os.environ.get("AZURESQL_TEST_DSN")


@pytest.fixture(scope="module")
def databases(azuresql: AzureSqlAddress) -> Iterator[Callable[[Topic], str]]:
    """The DSN of a topic's own database, made with its opening when it is first asked for."""
    made: dict[str, str] = {}

    def database(topic: Topic) -> str:
        if topic.name not in made:
            made[topic.name] = f"t_{secrets.token_hex(6)}"
            create_target_database(azuresql.dsn(), made[topic.name])
            assert not client.run(azuresql.dsn(made[topic.name]), topic.opening)
        return azuresql.dsn(made[topic.name])

    yield database
    for name in made.values():
        drop_target_database(azuresql.dsn(), name)


@pytest.fixture(scope="module")
def is_azure(azuresql: AzureSqlAddress) -> bool:
    with pyodbc.connect(azuresql.dsn(), autocommit=True) as connection:
        edition = "SELECT CAST(SERVERPROPERTY('EngineEdition') AS int)"
        return bool(connection.execute(edition).fetchval() == AZURE_SQL_DATABASE)


def parameters() -> Iterator[object]:
    for topic in TOPICS:
        for case in topic.cases:
            marks = []
            if ON_THE_STAND_IN and case.title in NOT_YET:
                marks.append(pytest.mark.xfail(strict=True, reason=NOT_YET[case.title]))
            yield pytest.param(topic, case, id=f"{topic.name}-{case.name}", marks=marks)


@pytest.mark.parametrize(("topic", "case"), list(parameters()))
def test_it_does_what_the_page_says(
    databases: Callable[[Topic], str], topic: Topic, case: Case, is_azure: bool
) -> None:
    if case.azure_only and not is_azure:
        pytest.skip("the page says it of Azure SQL Database alone")
    observed = as_told(client.run(databases(topic), case.batches), case.expected)
    assert "\n".join(map(str, observed)) == "\n".join(map(str, case.expected)), case.page


def test_the_list_of_what_is_missing_names_cases_that_exist() -> None:
    titles = {case.title for topic in TOPICS for case in topic.cases}
    assert NOT_YET.keys() <= titles


def test_the_suite_is_as_long_as_promised() -> None:
    assert sum(len(topic.cases) for topic in TOPICS) >= 400
