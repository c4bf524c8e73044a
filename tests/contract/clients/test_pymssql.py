"""pymssql, which is FreeTDS: the scenarios and its bulk copy."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pymssql
import pytest

from tests.contract.clients.edges import Edge
from tests.contract.clients.scenarios import APPLICATION, Place, Scenarios


class TestPymssql(Scenarios):
    mark = "%s"
    no_database = 18456

    def connect(self, place: Place, *, encrypt: bool = True, limit_s: int = 0) -> Any:
        return pymssql.connect(
            server=place.host,
            port=str(place.port),
            timeout=limit_s,
            login_timeout=20,
            appname=APPLICATION,
            encryption="require" if encrypt else "off",
            user=place.user,
            password=place.password,
            database=place.database,
        )

    def number(self, error: Exception) -> int:
        """A failed login has its arguments packed once more."""
        first = error.args[0]
        return int(first[0] if isinstance(first, tuple) else first)

    def sent(self, edge: Edge) -> Any:
        """It writes parameters into the statement, moments with milliseconds only."""
        return edge.text if edge.type.startswith("datetime2") else edge.value

    def write_large(self, connection: Any, value: bytes) -> None:
        """A 64th of it, doubled at the server: a literal has two characters for each byte."""
        self.write(connection, "INSERT INTO dbo.large VALUES (%s)", value[: len(value) >> 6])
        for _ in range(6):
            self.write(connection, "UPDATE dbo.large SET raw = raw + raw")

    @pytest.mark.slow
    def test_a_statement_that_runs_too_long_is_cancelled(self, place: Place) -> None:
        """FreeTDS gives the connection up; the server goes on at once with another."""
        with (
            self.opened(place, limit_s=1) as connection,
            pytest.raises(pymssql.OperationalError, match="timed out"),
        ):
            self.rows(connection, "WAITFOR DELAY '00:00:20'; SELECT 1")
        with self.opened(place) as connection:
            assert self.rows(connection, "SELECT %s", 5) == [(5,)]


@pytest.mark.slow
def test_bulk_copy(place: Place) -> None:
    rows = [(n, f"row {n}" if n % 3 else None, n / 8) for n in range(3_000)]
    with closing(TestPymssql().connect(place)) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "CREATE TABLE dbo.loaded (n int NOT NULL, t nvarchar(40) NULL, f float NULL)"
        )
        connection.commit()
        connection.bulk_copy("dbo.loaded", rows)
        connection.commit()
        cursor.execute("SELECT n, t, f FROM dbo.loaded ORDER BY n")
        assert cursor.fetchall() == rows
