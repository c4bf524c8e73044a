"""A data folder outlives its server, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pyodbc
import pytest

from model.errors import ConfigurationError
from sandbox.azuresql.engine import ENGINE_SETTINGS
from sandbox.children import StartFailed
from sandbox.databases import create_target_database, drop_target_database
from sandbox.folders import KeptFolder, RunDirectory, service_account
from sandbox.postgres import PostgresServer
from sandbox.standin import AzureSqlStandIn
from tests.patience import PATIENCE_S

_KEPT = "SELECT n FROM dbo.kept ORDER BY n"


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder with database `a`; where PostgreSQL's user can enter."""
    run = RunDirectory("data")
    folder = run.path / "standin"
    with AzureSqlStandIn(data=folder) as server:
        create_target_database(server.dsn(), "a")
        with connected(server) as connection:
            connection.execute("CREATE TABLE dbo.kept (n int NOT NULL PRIMARY KEY)")
            connection.execute("INSERT INTO dbo.kept VALUES (1)")
    yield folder
    run.remove()


@contextlib.contextmanager
def connected(server: AzureSqlStandIn, database: str = "a") -> Iterator[pyodbc.Connection]:
    with closing(pyodbc.connect(server.dsn(database), autocommit=True, timeout=20)) as opened:
        yield opened


def family(server: AzureSqlStandIn) -> list[psutil.Process]:
    process = psutil.Process(server.pid)
    return [process, *process.children(recursive=True)]


def test_databases_ids_logins_and_the_password_are_there_again(data: Path) -> None:
    ids = "SELECT DB_ID(), OBJECT_ID('dbo.kept'), SCHEMA_ID('dbo')"
    with AzureSqlStandIn(data=data) as server:
        password = server.password
        with connected(server, "master") as master:
            master.execute("CREATE LOGIN reader WITH PASSWORD = 'Pa55 word'")
        with connected(server) as connection:
            connection.execute("CREATE USER reader FOR LOGIN reader")
            before = connection.execute(ids).fetchone()
    with AzureSqlStandIn(data=data) as server:
        assert server.password == password
        with connected(server) as connection:
            assert tuple(connection.execute(ids).fetchone()) == tuple(before)
            assert connection.execute(_KEPT).fetchall()[0].n == 1
        pyodbc.connect(server.dsn("a", "reader", "Pa55 word"), timeout=20).close()


@pytest.mark.parametrize("whom", ["server", pytest.param("everything", marks=pytest.mark.slow)])
def test_a_kill_keeps_what_was_committed_and_nothing_else(data: Path, whom: str) -> None:
    """The server alone: the kernel tells its PostgreSQL to end, which the next start awaits."""
    with AzureSqlStandIn(data=data) as server, connected(server) as connection:
        connection.execute("DELETE dbo.kept")
        connection.execute("INSERT INTO dbo.kept VALUES (7)")
        connection.autocommit = False
        connection.execute("INSERT INTO dbo.kept VALUES (8)")
        for process in family(server) if whom == "everything" else family(server)[:1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        with AzureSqlStandIn(data=data) as again, connected(again) as reading:
            assert [row.n for row in reading.execute(_KEPT)] == [7]


@pytest.mark.slow
def test_a_killed_server_that_nobody_waited_for_is_no_running_one(data: Path) -> None:
    """✗ PostgreSQL asks only whether its predecessor's number is taken: a zombie's is."""
    account = service_account()
    dead = subprocess.Popen(["true"], user=None if account is None else account.uid)
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
    lock = data / "postgres" / "postmaster.pid"
    lock.write_text(f"{dead.pid}\n{data / 'postgres'}\n1\n1\n\n127.0.0.1\n\nready   \n")
    with AzureSqlStandIn(data=data) as server, connected(server) as connection:
        assert connection.execute("SELECT 1").fetchval() == 1
    dead.wait()


@pytest.mark.slow
def test_one_server_holds_a_folder_at_a_time(data: Path) -> None:
    with AzureSqlStandIn(data=data):
        with pytest.raises(ConfigurationError, match="another server runs"):
            KeptFolder(data)
        with pytest.raises(StartFailed, match="another server runs"):
            AzureSqlStandIn(data=data).start()


@pytest.mark.slow
def test_a_folder_of_another_version_is_refused(data: Path) -> None:
    note = data / "catalog"
    kept = note.read_text()
    note.write_text("of last year")
    with pytest.raises(StartFailed, match="another version"):
        AzureSqlStandIn(data=data).start()
    note.write_text(kept)


@pytest.mark.slow
def test_a_database_that_a_kill_left_half_made_or_half_dropped_is_gone(data: Path) -> None:
    with AzureSqlStandIn(data=data) as server:
        create_target_database(server.dsn(), "dropped")
    folder = KeptFolder(data)
    with (
        PostgresServer(ENGINE_SETTINGS, kept=folder) as postgres,
        psycopg.connect(postgres.dsn(), autocommit=True) as connection,
    ):
        connection.execute("CREATE DATABASE made TEMPLATE azuresql_template")
        connection.execute("DROP DATABASE dropped")
    folder.close()
    with AzureSqlStandIn(data=data) as server:
        names = "SELECT name FROM sys.databases WHERE name IN ('a', 'made', 'dropped')"
        with connected(server, "master") as master:
            assert [row.name for row in master.execute(names)] == ["a"]
        for name in ("made", "dropped"):
            with pytest.raises(pyodbc.Error, match=r"\(4060\)"):
                pyodbc.connect(server.dsn(name), timeout=20)
            create_target_database(server.dsn(), name)
            drop_target_database(server.dsn(), name)


@pytest.mark.slow
def test_it_tells_people_how_each_client_connects(data: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.azuresql", "--data", str(data)],
        env={**os.environ, "AZURESQL_PASSWORD": "s3cret"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(9)]
        assert str(data) in said[1]
        strings = {line.split(None, 1)[0]: line.split(None, 1)[1].strip() for line in said[2:]}
        assert list(strings) == [
            *("ODBC", "mssql-python", "pymssql", "python-tds", "FreeTDS", "go-mssqldb", "JDBC")
        ]
        with closing(pyodbc.connect(strings["ODBC"], timeout=20)) as connection:
            assert connection.execute("SELECT DB_NAME()").fetchval() == "master"
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
