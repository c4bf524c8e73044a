"""Each fault as a real client meets it, and what the database holds afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import mssql_python
import pyarrow as pa
import pyodbc
import pytds
import pytest

from model.errors import ConfigurationError
from sandbox.azuresql.fault_client import FaultClient
from sandbox.databases import connection_words
from tests.integration.standin.test_bulk_clients import python_words
from tests.patience import PATIENCE_S, until
from tests.servers import AzureSqlAddress

UNLUCKY = "APP=unlucky;ConnectRetryCount=0"


@pytest.fixture
def faults(azuresql: AzureSqlAddress) -> Iterator[FaultClient]:
    """The stand-in's faults, off again afterwards; a real server has none."""
    if not azuresql.control:
        pytest.skip("a real server takes no faults on demand")
    client = FaultClient(azuresql.control)
    yield client
    client.clear()


@pytest.fixture
def watching(connection: pyodbc.Connection) -> pyodbc.Connection:
    """An undisturbed connection that sees what is committed to dbo.doubt."""
    connection.execute("CREATE TABLE dbo.doubt (n int NOT NULL, t nvarchar(2000) NULL)")
    return connection


def stored(watching: pyodbc.Connection) -> int:
    return int(watching.execute("SELECT COUNT(*) FROM dbo.doubt").fetchval())


# --- logins and requests --------------------------------------------------------------------------


def test_a_login_fails_on_demand(faults: FaultClient, target_database: str) -> None:
    faults.set(logins_40613=1, application="unlucky")
    with pytest.raises(pyodbc.Error, match=r"\(40613\)"):
        pyodbc.connect(f"{target_database};{UNLUCKY}", timeout=10)
    pyodbc.connect(f"{target_database};{UNLUCKY}", timeout=10).close()
    assert faults.read().logins_40613 == 0


def test_a_busy_service_says_so_and_hangs_up(faults: FaultClient, target_database: str) -> None:
    text = f"{target_database};{UNLUCKY}"
    with closing(pyodbc.connect(text, autocommit=True)) as throttled:
        faults.set(requests_40501=1, application="unlucky")
        with pytest.raises(pyodbc.Error, match=r"\(40501\)"):
            throttled.execute("SELECT 1")
        with pytest.raises(pyodbc.Error, match="08S01"):
            throttled.execute("SELECT 1")
    with closing(pyodbc.connect(text, autocommit=True)) as again:
        assert again.execute("SELECT 1").fetchval() == 1


def test_a_frozen_service_answers_when_it_thaws(faults: FaultClient, target_database: str) -> None:
    with (
        closing(pyodbc.connect(f"{target_database};{UNLUCKY}", autocommit=True)) as waiting,
        ThreadPoolExecutor(1) as pool,
    ):
        faults.set(frozen=True, application="unlucky")
        answer = pool.submit(lambda: waiting.execute("SELECT 1").fetchval())
        with pytest.raises(TimeoutError):
            answer.result(0.3)
        faults.clear()
        assert answer.result(PATIENCE_S) == 1


def test_a_request_loses_its_connection_before_it_runs(
    faults: FaultClient, target_database: str, watching: pyodbc.Connection
) -> None:
    with closing(pyodbc.connect(f"{target_database};{UNLUCKY}", autocommit=True)) as losing:
        faults.set(drops=1, application="unlucky")
        with pytest.raises(pyodbc.Error, match="08S01"):
            losing.execute("INSERT INTO dbo.doubt VALUES (1, NULL)")
    assert stored(watching) == 0


def test_every_connection_is_dropped_at_once(faults: FaultClient, target_database: str) -> None:
    with closing(pyodbc.connect(f"{target_database};{UNLUCKY}", autocommit=True)) as losing:
        assert faults.drop_connections() >= 1
        with pytest.raises(pyodbc.Error, match="08S01"):
            losing.execute("SELECT 1")


def test_an_answer_comes_late(faults: FaultClient, target_database: str) -> None:
    with closing(pyodbc.connect(f"{target_database};{UNLUCKY}", autocommit=True)) as slow:
        faults.set(latency_ms=200, application="unlucky")
        begun = time.monotonic()
        assert slow.execute("SELECT 1").fetchval() == 1
        assert time.monotonic() - begun >= 0.2


def test_a_deadlock_victim_is_told_and_rolled_back(
    faults: FaultClient, target_database: str, watching: pyodbc.Connection
) -> None:
    with closing(pyodbc.connect(f"{target_database};{UNLUCKY}")) as victim:
        victim.execute("INSERT INTO dbo.doubt VALUES (1, NULL)")
        faults.set(deadlocks=1, application="unlucky")
        with pytest.raises(pyodbc.Error, match=r"\(1205\)"):
            victim.execute("INSERT INTO dbo.doubt VALUES (2, NULL)")
        assert victim.execute("SELECT @@TRANCOUNT").fetchval() <= 1
        victim.commit()
    assert stored(watching) == 0


def test_a_fault_that_means_nothing_is_refused(faults: FaultClient) -> None:
    with pytest.raises(ConfigurationError, match="only the connection can drop"):
        faults.set(latency_ms=1, point="during_commit")


# --- around COMMIT --------------------------------------------------------------------------------


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("during", 1), ("after", 1)])
def test_a_connection_drops_around_its_commit(
    faults: FaultClient,
    target_database: str,
    watching: pyodbc.Connection,
    when: str,
    kept: int,
) -> None:
    with closing(pyodbc.connect(f"{target_database};{UNLUCKY}")) as losing:
        losing.execute("INSERT INTO dbo.doubt VALUES (1, NULL)")
        faults.set(drops=1, point=f"{when}_commit", application="unlucky")
        with pytest.raises(pyodbc.Error, match="08S01"):
            losing.commit()
    until(lambda: stored(watching) == kept)


@pytest.mark.parametrize(
    ("fault", "when", "number", "kept"),
    [
        ("requests_40501", "before", 40501, 0),
        ("requests_40501", "after", 40501, 1),
        ("deadlocks", "before", 1205, 0),
    ],
)
@pytest.mark.parametrize("written", ["COMMIT", None])
def test_a_commit_fails_by_number(
    faults: FaultClient,
    target_database: str,
    watching: pyodbc.Connection,
    fault: str,
    when: str,
    number: int,
    kept: int,
    written: str | None,
) -> None:
    """As the driver's own request, and as a statement of a batch."""
    with closing(pyodbc.connect(f"{target_database};{UNLUCKY}", autocommit=True)) as losing:
        if written is None:
            losing.autocommit = False
        else:
            losing.execute("BEGIN TRANSACTION")
        losing.execute("INSERT INTO dbo.doubt VALUES (1, NULL)")
        faults.set(point=f"{when}_commit", application="unlucky", **{fault: 1})
        with pytest.raises(pyodbc.Error, match=rf"\({number}\)"):
            losing.commit() if written is None else losing.execute(written)
        if number == 1205:
            assert losing.execute("SELECT XACT_STATE()").fetchval() in (0, 1)
            losing.execute("INSERT INTO dbo.doubt VALUES (2, NULL)")
            if written is None:
                losing.rollback()
    expected = kept + (1 if number == 1205 and written else 0)
    until(lambda: stored(watching) == expected)


@pytest.mark.parametrize(("when", "seen"), [("before", 0), ("after", 1)])
def test_a_commit_freezes(
    faults: FaultClient, target_database: str, watching: pyodbc.Connection, when: str, seen: int
) -> None:
    with (
        closing(pyodbc.connect(f"{target_database};{UNLUCKY}")) as waiting,
        ThreadPoolExecutor(1) as pool,
    ):
        waiting.execute("INSERT INTO dbo.doubt VALUES (1, NULL)")
        faults.set(frozen=True, point=f"{when}_commit", application="unlucky")
        answer = pool.submit(waiting.commit)
        with pytest.raises(TimeoutError):
            answer.result(0.3)
        until(lambda: stored(watching) == seen)
        faults.clear()
        answer.result(PATIENCE_S)
        assert stored(watching) == 1


# --- in the middle of a bulk load -----------------------------------------------------------------

ROWS = 4000
"""About 8 MB: many pieces of the wire's 128 KiB."""


def load(target_database: str, rows: int = ROWS, **options: Any) -> None:
    """One load by mssql-python, of rows of two kilobytes."""
    table = pa.table({"n": pa.array(range(rows), pa.int32()), "t": ["é" * 1000] * rows})
    with closing(mssql_python.connect(python_words(target_database))) as client:
        client.cursor().bulkcopy_arrow("dbo.doubt", table, **options)


@pytest.mark.parametrize("fault", ["drops", "requests_40501", "deadlocks"])
def test_a_load_that_is_struck_in_its_middle_stores_nothing(
    faults: FaultClient, target_database: str, watching: pyodbc.Connection, fault: str
) -> None:
    faults.set(point="bulk", bulk_bytes=1_000_000, **{fault: 1})
    with pytest.raises(RuntimeError):  # its native part knows no numbers
        load(target_database)
    assert getattr(faults.read(), fault) == 0
    watching.execute("SET LOCK_TIMEOUT 60000; ALTER TABLE dbo.doubt ADD no_lock_is_left int NULL")
    assert stored(watching) == 0


def test_a_deadlocked_load_undoes_its_whole_transaction(
    faults: FaultClient,
    azuresql: AzureSqlAddress,
    target_database: str,
    watching: pyodbc.Connection,
) -> None:
    with pytds.connect(
        azuresql.host,
        connection_words(target_database)["database"],
        azuresql.user,
        azuresql.password,
        port=azuresql.port,
    ) as client:
        cursor = client.cursor()
        cursor.execute("INSERT INTO dbo.doubt VALUES (-1, NULL)")
        faults.set(deadlocks=1, point="bulk", bulk_bytes=100_000)
        columns = [
            pytds.Column("n", pytds.tds_types.IntType()),
            pytds.Column("t", pytds.tds_types.NVarCharType(2000)),
        ]
        rows = [(n, "é" * 1000) for n in range(500)]
        with pytest.raises(pytds.Error) as victim:
            cursor.copy_to(data=rows, table_or_view="doubt", schema="dbo", columns=columns)
        assert victim.value.number == 1205
        cursor.execute("INSERT INTO dbo.doubt VALUES (-2, NULL)")
        client.commit()
    assert [row.n for row in watching.execute("SELECT n FROM dbo.doubt")] == [-2]


def test_a_load_freezes_in_its_middle_and_ends_whole(
    faults: FaultClient, target_database: str, watching: pyodbc.Connection
) -> None:
    faults.set(frozen=True, point="bulk", bulk_bytes=1_000_000)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load, target_database)
        with pytest.raises(TimeoutError):
            loading.result(1.5)
        assert stored(watching) == 0
        faults.clear()
        loading.result(PATIENCE_S)
    assert stored(watching) == ROWS


def test_a_load_passes_no_faster_than_the_log(
    faults: FaultClient, target_database: str, watching: pyodbc.Connection
) -> None:
    faults.set(log_bytes_per_s=8_000_000)
    begun = time.monotonic()
    load(target_database)
    assert time.monotonic() - begun >= 1.0
    assert stored(watching) == ROWS


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("during", ROWS), ("after", ROWS)])
def test_a_load_loses_its_connection_around_its_own_commit(
    faults: FaultClient,
    target_database: str,
    watching: pyodbc.Connection,
    when: str,
    kept: int,
) -> None:
    faults.set(drops=1, point=f"{when}_commit")
    with pytest.raises(RuntimeError):
        load(target_database)
    assert faults.read().drops == 0
    until(lambda: stored(watching) == kept)


def test_the_batches_before_the_struck_one_stay(
    faults: FaultClient, target_database: str, watching: pyodbc.Connection
) -> None:
    faults.set(drops=1, point="bulk", bulk_bytes=2_000_000)
    with pytest.raises(RuntimeError):
        load(target_database, batch_size=500)
    assert stored(watching) == 1000
