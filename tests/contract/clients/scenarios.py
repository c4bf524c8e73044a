"""What every client has to be able to do, described once; a file for each client says how.

A client is a class `TestX(Scenarios)` with `connect` and the few things in which it differs. The
first scenario runs always, the others when slow tests do.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.contract.clients.edges import EDGES, Edge
from tests.patience import PATIENCE_S

MANY_STATEMENTS = 1_000
MANY_CONNECTIONS = 50
BIG = 64 << 20
APPLICATION = "client contract"


@dataclass(frozen=True)
class Place:
    """A server and a database; `words` are those of an ODBC connection string to it."""

    host: str
    port: int
    database: str
    user: str
    password: str
    words: dict[str, str]

    def certificate(self) -> str:
        """The server's certificate as PEM: TLS from the first byte is what TDS 8.0 begins with."""
        return ssl.get_server_certificate((self.host, self.port))


class Scenarios:
    """The scenarios for clients of Python's DB-API."""

    mark = "?"
    """How a statement names its parameters."""

    application = APPLICATION
    """The name under which it logs in."""

    no_database = 4060
    """The error that it shows for a database that is not there."""

    encryptions: Sequence[bool] = (True, False)
    """Whether logins can ask for encryption, and for none."""

    def connect(self, place: Place, *, encrypt: bool = True, limit_s: int = 0) -> Any:
        """A connection whose statements may run for `limit_s` seconds (0: as long as they want).

        Transactions are the client's own.
        """
        raise NotImplementedError

    def number(self, error: Exception) -> int:
        """SQL Server's error number."""
        raise NotImplementedError

    def check_number(self, error: Exception, number: int) -> None:
        """That the error has this number, or what the client makes of it."""
        assert self.number(error) == number

    def sent(self, edge: Edge) -> Any:
        """The parameter for an edge value, where the client wants another one than Python's."""
        return edge.value

    def seen(self, edge: Edge) -> Any:
        """What the client makes of a value, where that is not Python's own."""
        return edge.value

    # --- tools ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def opened(self, place: Place, **options: Any) -> Iterator[Any]:
        with contextlib.closing(self.connect(place, **options)) as connection:
            yield connection

    def rows(self, connection: Any, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement, whose parameters are `{}`."""
        cursor = connection.cursor()
        self.run(cursor, statement, *values)
        found = [tuple(row) for row in cursor.fetchall()]
        cursor.close()
        return found

    def run(self, cursor: Any, statement: str, *values: Any) -> None:
        marked = statement.replace("{}", self.mark)
        if values:
            cursor.execute(marked, values)
        else:
            cursor.execute(marked)

    def write(self, connection: Any, statement: str, *values: Any) -> None:
        cursor = connection.cursor()
        self.run(cursor, statement, *values)
        connection.commit()
        cursor.close()

    def write_large(self, connection: Any, value: bytes) -> None:
        """Into the table `large`, by one parameter."""
        self.write(connection, "INSERT INTO dbo.large VALUES ({})", value)

    # --- scenarios ------------------------------------------------------------------------------

    def test_a_migration_in_small(self, place: Place) -> None:
        """Log in, create, write with parameters, roll back, read, be refused, go on."""
        with self.opened(place) as connection:
            self.write(
                connection,
                "CREATE TABLE dbo.small (n int NOT NULL PRIMARY KEY, t nvarchar(50) NULL)",
            )
            for n, t in ((1, "one é"), (2, None)):
                self.write(connection, "INSERT INTO dbo.small VALUES ({}, {})", n, t)
            self.run(connection.cursor(), "DELETE FROM dbo.small WHERE n = 1")
            connection.rollback()
            read = "SELECT n, t FROM dbo.small ORDER BY n"
            assert self.rows(connection, read) == [(1, "one é"), (2, None)]
            with pytest.raises(Exception, match="small") as caught:
                self.run(connection.cursor(), "INSERT INTO dbo.small VALUES ({}, {})", 2, "again")
            self.check_number(caught.value, 2627)
            connection.rollback()
            assert self.rows(connection, read) == [(1, "one é"), (2, None)]

    @pytest.mark.slow
    def test_a_login_is_seen(self, place: Place) -> None:
        for encrypt in self.encryptions:
            with self.opened(place, encrypt=encrypt) as connection:
                (row,) = self.rows(
                    connection,
                    "SELECT login_name, program_name, DB_NAME(), host_name"
                    " FROM sys.dm_exec_sessions WHERE session_id = @@SPID",
                )
                assert row[:3] == (place.user, self.application, place.database)
                assert row[3]

    @pytest.mark.slow
    @pytest.mark.parametrize("changed", ["user", "password", "database"])
    def test_a_login_is_refused_by_number(self, place: Place, changed: str) -> None:
        """For a database two errors come, 4060 and 18456, and clients show the one or the other."""
        number = self.no_database if changed == "database" else 18456
        nobody: dict[str, Any] = {changed: "nobody"}
        with pytest.raises(Exception, match=r".") as caught:
            self.connect(replace(place, **nobody))
        self.check_number(caught.value, number)

    @pytest.mark.slow
    @pytest.mark.parametrize("edge", EDGES, ids=str)
    def test_a_value_goes_in(self, place: Place, edge: Edge) -> None:
        with self.opened(place) as connection:
            shown = f"CONVERT(nvarchar(max), CAST({{}} AS {edge.type}), {edge.style})"
            (row,) = self.rows(connection, f"SELECT {shown}", self.sent(edge))
            assert row[0] == edge.text

    @pytest.mark.slow
    @pytest.mark.parametrize("edge", EDGES, ids=str)
    def test_a_value_comes_out(self, place: Place, edge: Edge) -> None:
        style = f", {edge.style}" if edge.style else ""
        text = f"CONVERT({edge.type}, N'{edge.text}'{style})"
        with self.opened(place) as connection:
            (row,) = self.rows(connection, f"SELECT {text}, CAST(NULL AS {edge.type})")
            assert row == (self.seen(edge), None)
            assert type(row[0]) is type(self.seen(edge))

    @pytest.mark.slow
    def test_a_batch_has_several_results(self, place: Place) -> None:
        with self.opened(place) as connection:
            cursor = connection.cursor()
            self.run(cursor, "SELECT 1 AS a; PRINT N'said'; SELECT N'x' AS b, 2 AS c WHERE 1 = 1")
            assert [tuple(row) for row in cursor.fetchall()] == [(1,)]
            assert cursor.nextset()
            while cursor.description is None:
                assert cursor.nextset()
            assert [tuple(row) for row in cursor.fetchall()] == [("x", 2)]
            assert [column[0] for column in cursor.description] == ["b", "c"]
            assert not cursor.nextset()

    @pytest.mark.slow
    def test_transactions_are_seen_when_they_are_committed(self, place: Place) -> None:
        with self.opened(place) as one, self.opened(place) as other:
            self.write(one, "CREATE TABLE dbo.kept (n int NOT NULL)")
            self.run(one.cursor(), "INSERT INTO dbo.kept VALUES ({})", 1)
            assert self.rows(other, "SELECT n FROM dbo.kept") == []
            one.commit()
            other.rollback()
            assert self.rows(other, "SELECT n FROM dbo.kept") == [(1,)]

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("statement", "number"),
        [
            ("INSERT INTO dbo.errors VALUES (1, 1, NULL)", 2627),
            ("INSERT INTO dbo.errors VALUES (2, -1, NULL)", 547),
            ("INSERT INTO dbo.errors VALUES (2, NULL, NULL)", 515),
            ("INSERT INTO dbo.errors VALUES (2, 1, N'too long')", 2628),
            ("SELECT * FROM dbo.nowhere", 208),
            ("SELECT CAST(N'x' AS int)", 245),
            ("SELECT 1 / 0", 8134),
            ("SELECT FROM", 102),
            ("THROW 50001, N'thrown', 1", 50001),
        ],
    )
    def test_errors_have_their_numbers(self, place: Place, statement: str, number: int) -> None:
        with self.opened(place) as connection:
            self.write(
                connection,
                "IF OBJECT_ID(N'dbo.errors') IS NULL BEGIN"
                " CREATE TABLE dbo.errors (id int NOT NULL PRIMARY KEY,"
                " n int NOT NULL CHECK (n > 0), t nvarchar(3) NULL);"
                " INSERT INTO dbo.errors VALUES (1, 1, NULL) END",
            )
            with pytest.raises(Exception, match=r".") as caught:
                self.rows(connection, statement)
            self.check_number(caught.value, number)
            connection.rollback()
            assert self.rows(connection, "SELECT 1") == [(1,)]

    @pytest.mark.slow
    def test_a_statement_that_runs_too_long_is_cancelled(self, place: Place) -> None:
        with self.opened(place, limit_s=2) as connection:
            for _ in range(2):
                with pytest.raises(Exception, match=r"(?i)time"):
                    self.rows(connection, "WAITFOR DELAY '00:02:00'; SELECT 1")
                assert self.rows(connection, "SELECT {}", 5) == [(5,)]

    @pytest.mark.slow
    def test_a_large_value_goes_in_and_comes_out(self, place: Place) -> None:
        value = bytes(range(256)) * (BIG >> 8)
        with self.opened(place) as connection:
            self.write(connection, "CREATE TABLE dbo.large (raw varbinary(max) NULL)")
            self.write_large(connection, value)
            assert self.rows(connection, "SELECT DATALENGTH(raw) FROM dbo.large") == [(BIG,)]
            ((came,),) = self.rows(connection, "SELECT raw FROM dbo.large")
            assert len(came) == BIG
            assert came == value

    @pytest.mark.slow
    def test_many_statements_run_on_one_connection(self, place: Place) -> None:
        with self.opened(place) as connection:
            for n in range(MANY_STATEMENTS):
                assert self.rows(connection, "SELECT {} + 1", n) == [(n + 1,)]

    @pytest.mark.slow
    def test_many_connections_are_open_at_once(self, place: Place) -> None:
        together = threading.Barrier(MANY_CONNECTIONS, timeout=PATIENCE_S)

        def one(_: int) -> int:
            with self.opened(place) as connection:
                ((number,),) = self.rows(connection, "SELECT @@SPID")
                together.wait()
                return int(number)

        with ThreadPoolExecutor(MANY_CONNECTIONS) as pool:
            assert len(set(pool.map(one, range(MANY_CONNECTIONS)))) == MANY_CONNECTIONS
