"""A database for each module of tests, a connection for each test; the real server serves too."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pyodbc
import pytest

from sandbox.databases import create_target_database, drop_target_database
from tests.servers import AzureSqlAddress

Rows = list[tuple[Any, ...]]
Run = Callable[..., Rows]


@pytest.fixture(scope="module")
def database(azuresql: AzureSqlAddress) -> Iterator[str]:
    name = f"t_{secrets.token_hex(6)}"
    create_target_database(azuresql.dsn(), name)
    yield azuresql.dsn(name)
    drop_target_database(azuresql.dsn(), name)


@pytest.fixture
def connection(database: str) -> Iterator[pyodbc.Connection]:
    with closing(pyodbc.connect(database, autocommit=True, timeout=60)) as opened:
        yield opened


@pytest.fixture
def second(database: str) -> Iterator[pyodbc.Connection]:
    with closing(pyodbc.connect(database, autocommit=True, timeout=60)) as opened:
        yield opened


def rows(connection: pyodbc.Connection, batch: str, *parameters: Any) -> Rows:
    """The rows of the batch's last result set; raises the first error of any statement."""
    found: Rows = []
    with closing(connection.cursor()) as cursor:
        cursor.execute(batch, *parameters)
        while True:
            if cursor.description is not None:
                found = [tuple(row) for row in cursor.fetchall()]
            if not cursor.nextset():
                return found


def number(error: pyodbc.Error) -> int:
    """SQL Server's number out of ODBC's message: `… (2627) (SQLExecDirectW)`."""
    return int(str(error.args[1]).rsplit(") (", 1)[0].rsplit("(", 1)[1])


@pytest.fixture
def run(connection: pyodbc.Connection) -> Run:
    def execute(batch: str, *parameters: Any) -> Rows:
        return rows(connection, batch, *parameters)

    return execute


@pytest.fixture
def refused(connection: pyodbc.Connection) -> Callable[..., int]:
    """The number of the error that a batch ends with."""

    def execute(batch: str, *parameters: Any) -> int:
        with pytest.raises(pyodbc.Error) as raised:
            rows(connection, batch, *parameters)
        return number(raised.value)

    return execute
