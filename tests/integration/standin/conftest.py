"""A connection of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pyodbc
import pytest


@pytest.fixture
def connection(target_database: str) -> Iterator[pyodbc.Connection]:
    with closing(pyodbc.connect(target_database, autocommit=True, timeout=20)) as opened:
        yield opened
