"""A source on a database of the test's own, and its log read to a marker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.source import PostgresqlSource

Connection = psycopg.Connection[tuple[Any, ...]]
MakeSource = Callable[..., PostgresqlSource]


@pytest.fixture
def admin(source_database: str) -> Iterator[Connection]:
    """The superuser's autocommitting session."""
    with psycopg.connect(source_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def make_source(source_database: str) -> Iterator[MakeSource]:
    """Sources of the test's database, with settings of one's own; closed at the end."""
    made: list[PostgresqlSource] = []

    def make(migration: str = "m", **settings: Any) -> PostgresqlSource:
        settings.setdefault("dsn", SecretStr(source_database))
        source = PostgresqlSource(PostgresqlSettings(**settings), migration)
        made.append(source)
        return source

    yield make
    for source in made:
        source.close()


@pytest.fixture
def source(make_source: MakeSource) -> PostgresqlSource:
    """The source that most tests need."""
    return make_source()
