"""A database for each client."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from sandbox.databases import connection_words, create_target_database, drop_target_database
from tests.contract.clients.scenarios import Place
from tests.servers import AzureSqlAddress


@pytest.fixture(scope="module")
def place(azuresql: AzureSqlAddress) -> Iterator[Place]:
    name = f"t_{secrets.token_hex(6)}"
    create_target_database(azuresql.dsn(), name)
    words = connection_words(azuresql.dsn(name))
    yield Place(
        azuresql.host, azuresql.port, words["database"], azuresql.user, azuresql.password, words
    )
    drop_target_database(azuresql.dsn(), name)
