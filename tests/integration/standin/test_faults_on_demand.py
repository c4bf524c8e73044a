"""Faults on demand, seen through Microsoft's driver."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pyodbc
import pytest

from tests.servers import AzureSqlAddress


def faults(azuresql: AzureSqlAddress, **settings: object) -> None:
    request = urllib.request.Request(
        f"{azuresql.control}/faults", json.dumps(settings).encode(), method="PUT"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


@pytest.fixture
def disturbed(azuresql: AzureSqlAddress) -> Iterator[AzureSqlAddress]:
    """The stand-in, whose faults are off again afterwards; a real server has none."""
    if not azuresql.control:
        pytest.skip("a real server takes no faults on demand")
    yield azuresql
    faults(azuresql)


def test_a_login_fails_on_demand(disturbed: AzureSqlAddress, target_database: str) -> None:
    faults(disturbed, logins_40613=1, application="unlucky")
    with pytest.raises(pyodbc.Error, match=r"\(40613\)"):
        pyodbc.connect(f"{target_database};APP=unlucky;ConnectRetryCount=0", timeout=10)
    pyodbc.connect(f"{target_database};APP=unlucky", timeout=10).close()


def test_a_busy_service_says_so_and_hangs_up(
    disturbed: AzureSqlAddress, target_database: str
) -> None:
    text = f"{target_database};APP=unlucky;ConnectRetryCount=0"
    with closing(pyodbc.connect(text, autocommit=True)) as throttled:
        faults(disturbed, requests_40501=1, application="unlucky")
        with pytest.raises(pyodbc.Error, match=r"\(40501\)"):
            throttled.execute("SELECT 1")
        with pytest.raises(pyodbc.Error, match="08S01"):
            throttled.execute("SELECT 1")
    with closing(pyodbc.connect(text, autocommit=True)) as again:
        assert again.execute("SELECT 1").fetchval() == 1


def test_a_frozen_service_answers_when_it_thaws(
    disturbed: AzureSqlAddress, target_database: str
) -> None:
    with (
        closing(pyodbc.connect(f"{target_database};APP=unlucky", autocommit=True)) as waiting,
        ThreadPoolExecutor(1) as pool,
    ):
        faults(disturbed, frozen=True, application="unlucky")
        answer = pool.submit(lambda: waiting.execute("SELECT 1").fetchval())
        with pytest.raises(TimeoutError):
            answer.result(0.3)
        faults(disturbed)
        assert answer.result(10) == 1


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("during", 1), ("after", 1)])
def test_a_connection_drops_around_its_commit(
    disturbed: AzureSqlAddress, target_database: str, when: str, kept: int
) -> None:
    with closing(pyodbc.connect(target_database, autocommit=True)) as watching:
        watching.execute("CREATE TABLE dbo.doubt (n int NOT NULL)")
        with closing(pyodbc.connect(f"{target_database};APP=unlucky")) as losing:
            losing.execute("INSERT INTO dbo.doubt VALUES (1)")
            faults(disturbed, commit=when, application="unlucky")
            with pytest.raises(pyodbc.Error, match="08S01"):
                losing.commit()
        deadline = time.monotonic() + 10
        while (count := _count(watching)) != kept and time.monotonic() < deadline:
            time.sleep(0.02)
        assert count == kept


def _count(connection: pyodbc.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM dbo.doubt").fetchval())


def test_a_deadlock_victim_is_told_and_rolled_back(
    disturbed: AzureSqlAddress, target_database: str
) -> None:
    with closing(pyodbc.connect(f"{target_database};APP=unlucky")) as victim:
        victim.execute("CREATE TABLE dbo.victim (n int NOT NULL)")
        victim.commit()
        victim.execute("INSERT INTO dbo.victim VALUES (1)")
        faults(disturbed, deadlocks=1, application="unlucky")
        with pytest.raises(pyodbc.Error, match=r"\(1205\)"):
            victim.execute("INSERT INTO dbo.victim VALUES (2)")
        assert victim.execute("SELECT COUNT(*) FROM dbo.victim").fetchval() == 0
