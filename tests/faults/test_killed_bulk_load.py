"""A bulk load of a gibibyte, killed in its middle, leaves the batches that were committed."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing
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

_VALUE, _BATCH, _BATCHES = 8192, 4096, 32
_ROWS = _BATCH * _BATCHES
assert _ROWS * _VALUE == 1 << 30


@pytest.fixture
def data() -> Iterator[Path]:
    """Where PostgreSQL's user can enter."""
    run = RunDirectory("data")
    yield run.path / "standin"
    run.remove()


def batches() -> Iterator[pa.RecordBatch]:
    """Values that do not compress, so that all of them reach the disk."""
    generator = random.Random(4)
    pool = [generator.randbytes(_VALUE) for _ in range(64)]
    for number in range(_BATCHES):
        keys = range(number * _BATCH, (number + 1) * _BATCH)
        values = [pool[key % 64] for key in keys]
        yield pa.record_batch({"id": pa.array(keys, pa.int64()), "value": pa.array(values)})


def load(target: str) -> None:
    """The whole load, a transaction for each batch."""
    schema = pa.schema([("id", pa.int64()), ("value", pa.binary())])
    with closing(mssql_python.connect(python_words(target))) as client:
        client.cursor().bulkcopy_arrow(
            "dbo.loaded",
            pa.RecordBatchReader.from_batches(schema, batches()),
            batch_size=_BATCH,
            timeout=0,
            use_internal_transaction=True,
        )


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
        loading = multiprocessing.get_context("spawn").Process(target=load, args=[target])
        loading.start()
        while (before := stored(target)[0]) < _ROWS // 2:
            assert loading.is_alive()
            time.sleep(0.05)
        family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        for process in family if whom == "everything" else family[:1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        loading.join(60)
        assert loading.exitcode not in (0, None)
    with AzureSqlStandIn(data=data) as server:
        rows, greatest, size = stored(server.dsn("d"))
    assert rows % _BATCH == 0
    assert before <= rows < _ROWS
    assert (greatest, size) == (rows - 1, rows * _VALUE)
