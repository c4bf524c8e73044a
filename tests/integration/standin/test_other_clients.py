"""The wider client matrix: FreeTDS, python-tds, pymssql."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pyodbc
import pytest

from sandbox.databases import connection_words
from tests.servers import AzureSqlAddress

pytestmark = pytest.mark.slow


def test_freetds_tsql(azuresql: AzureSqlAddress, target_database: str) -> None:
    words = connection_words(target_database)
    ran = subprocess.run(
        [
            *("tsql", "-H", azuresql.host, "-p", str(azuresql.port), "-D", words["database"]),
            *("-U", azuresql.user, "-P", azuresql.password),
        ],
        input="SELECT N'é😀' AS t, CAST(1.5 AS decimal(5,2)) AS d\nGO\nEXIT\n",
        capture_output=True,
        text=True,
        timeout=60,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert "é😀\t1.50" in ran.stdout, ran.stdout + ran.stderr


def test_freebcp(
    azuresql: AzureSqlAddress,
    target_database: str,
    connection: pyodbc.Connection,
    tmp_path: Path,
) -> None:
    connection.execute("CREATE TABLE dbo.bcp (n int NOT NULL, t varchar(20) NULL)")
    database = connection_words(target_database)["database"]
    (tmp_path / "rows.txt").write_text("".join(f"{n}\trow {n}\n" for n in range(300)))
    (tmp_path / "freetds.conf").write_text(
        f"[standin]\nhost = {azuresql.host}\nport = {azuresql.port}\ntds version = 7.4\n"
    )
    ran = subprocess.run(
        [
            *("freebcp", f"{database}.dbo.bcp", "in", "rows.txt", "-S", "standin", "-c"),
            *("-U", azuresql.user, "-P", azuresql.password, "-D", database),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={"FREETDSCONF": str(tmp_path / "freetds.conf"), "PATH": "/usr/bin:/bin"},
    )
    assert "300 rows copied" in ran.stdout, ran.stdout + ran.stderr
    assert (
        connection.execute("SELECT COUNT(*) FROM dbo.bcp WHERE t = CONCAT('row ', n)").fetchval()
        == 300
    )


def test_python_tds(azuresql: AzureSqlAddress, target_database: str) -> None:
    import pytds

    database = connection_words(target_database)["database"]
    with pytds.connect(
        azuresql.host, database, azuresql.user, azuresql.password, port=azuresql.port
    ) as client:
        cursor = client.cursor()
        cursor.execute("CREATE TABLE dbo.tds (n int NOT NULL, t nvarchar(max) NULL)")
        cursor.executemany("INSERT INTO dbo.tds VALUES (%s, %s)", [(n, "é" * n) for n in range(50)])
        client.commit()
        cursor.execute("SELECT n, t FROM dbo.tds WHERE n >= %s ORDER BY n", (40,))
        assert cursor.fetchall() == [(n, "é" * n) for n in range(40, 50)]


def test_pymssql(azuresql: AzureSqlAddress, target_database: str) -> None:
    import pymssql

    with pymssql.connect(
        server=azuresql.host,
        port=str(azuresql.port),
        user=azuresql.user,
        password=azuresql.password,
        database=connection_words(target_database)["database"],
    ) as client:
        cursor = client.cursor()
        cursor.execute("CREATE TABLE dbo.freetds (n int NOT NULL, at datetime2(6) NULL)")
        moment = dt.datetime(2024, 2, 29, 1, 2, 3, 456000)  # it sends milliseconds
        cursor.execute("INSERT INTO dbo.freetds VALUES (%s, %s)", (1, moment))
        client.commit()
        cursor.execute("SELECT n, CONVERT(varchar(26), at, 121) FROM dbo.freetds")
        assert cursor.fetchall() == [(1, "2024-02-29 01:02:03.456000")]
