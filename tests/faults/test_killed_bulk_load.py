"""A bulk load of a gibibyte, killed in its middle, leaves the batches that were committed."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import signal
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.synchronize import Event
from pathlib import Path

import mssql_python
import psutil
import pyarrow as pa
import pyodbc
import pytest

from sandbox.databases import create_target_database
from sandbox.folders import RunDirectory
from sandbox.standin import AzureSqlStandIn
from tests.integration.standin.test_bulk_clients import python_words
from tests.patience import PATIENCE_S, until

_VALUE, _BATCH, _BATCHES = 8192, 4096, 32
_ROWS = _BATCH * _BATCHES
assert _ROWS * _VALUE == 1 << 30


@pytest.fixture
def data() -> Iterator[Path]:
    """Where PostgreSQL's user can enter."""
    run = RunDirectory("data")
    yield run.path / "standin"
    run.remove()


def batches(killed: Event) -> Iterator[pa.RecordBatch]:
    """Values that do not compress, so that all of them reach the disk. The last quarter waits: who
    kills is in the middle, however slow he is."""
    generator = random.Random(4)
    pool = [generator.randbytes(_VALUE) for _ in range(64)]
    for number in range(_BATCHES):
        if number == _BATCHES * 3 // 4:
            killed.wait()
        keys = range(number * _BATCH, (number + 1) * _BATCH)
        values = [pool[key % 64] for key in keys]
        yield pa.record_batch({"id": pa.array(keys, pa.int64()), "value": pa.array(values)})


def load(target: str, killed: Event) -> None:
    """The whole load, a transaction for each batch."""
    schema = pa.schema([("id", pa.int64()), ("value", pa.binary())])
    with closing(mssql_python.connect(python_words(target))) as client:
        client.cursor().bulkcopy_arrow(
            "dbo.loaded",
            pa.RecordBatchReader.from_batches(schema, batches(killed)),
            batch_size=_BATCH,
            timeout=0,
            use_internal_transaction=True,
        )


def rows_of(target: str) -> int:
    """Committed rows."""
    with closing(pyodbc.connect(target, autocommit=True, timeout=20)) as connection:
        return int(connection.execute("SELECT COUNT_BIG(*) FROM dbo.loaded").fetchval())


def stored(target: str) -> tuple[int, int, int]:
    """Committed rows, the greatest key, the bytes of all values."""
    sql = (
        "SELECT COUNT_BIG(*), COALESCE(MAX(id), -1),"
        " COALESCE(SUM(CAST(DATALENGTH(value) AS bigint)), 0) FROM dbo.loaded"
    )
    with closing(pyodbc.connect(target, autocommit=True, timeout=20)) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["server", "everything"])
def test_the_committed_batches_and_no_others_are_there_again(data: Path, whom: str) -> None:
    with AzureSqlStandIn(data=data) as server:
        create_target_database(server.dsn(), "d")
        target = server.dsn("d")
        with closing(pyodbc.connect(target, autocommit=True)) as connection:
            connection.execute(
                "CREATE TABLE dbo.loaded (id bigint NOT NULL PRIMARY KEY,"
                " value varbinary(max) NOT NULL)"
            )
        # In a process of its own: while it loads, it gives no other thread a turn.
        spawning = multiprocessing.get_context("spawn")
        killed = spawning.Event()
        loading = spawning.Process(target=load, args=[target, killed])
        loading.start()
        until(lambda: not loading.is_alive() or rows_of(target) >= _ROWS // 2, "half of the rows")
        assert loading.is_alive()
        before = rows_of(target)
        family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        for process in family if whom == "everything" else family[:1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        killed.set()
        loading.join(PATIENCE_S)
        assert loading.exitcode not in (0, None)
    with AzureSqlStandIn(data=data) as server:
        rows, greatest, size = stored(server.dsn("d"))
    assert rows % _BATCH == 0
    assert before <= rows < _ROWS
    assert (greatest, size) == (rows - 1, rows * _VALUE)
