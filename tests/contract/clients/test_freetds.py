"""FreeTDS's own programs: `tsql`, and `freebcp` in both directions."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyodbc
import pytest

from tests.contract.clients.scenarios import Place
from tests.contract.clients.test_pyodbc import odbc_text


@pytest.fixture
def connection(place: Place) -> Iterator[pyodbc.Connection]:
    with closing(pyodbc.connect(odbc_text(place), autocommit=True, timeout=20)) as opened:
        yield opened


def run(place: Path | None, *words: str, said: str = "") -> str:
    """What a program prints; its failure fails the test. `place` holds a freetds.conf."""
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    if place is not None:
        environment["FREETDSCONF"] = str(place / "freetds.conf")
    ran = subprocess.run(
        words, input=said, capture_output=True, text=True, timeout=60, env=environment, cwd=place
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def tsql(place: Place, statements: str) -> str:
    return run(
        None,
        *("tsql", "-H", place.host, "-p", str(place.port), "-D", place.database),
        *("-U", place.user, "-P", place.password),
        said=f"{statements}\nGO\nEXIT\n",
    )


@pytest.fixture(params=["off", "require"])
def configured(request: pytest.FixtureRequest, place: Place, tmp_path: Path) -> Path:
    """A folder with a freetds.conf that names the server, plain and encrypted."""
    (tmp_path / "freetds.conf").write_text(
        f"[standin]\nhost = {place.host}\nport = {place.port}\ntds version = 7.4\n"
        f"client charset = UTF-8\nencryption = {request.param}\n"
    )
    return tmp_path


def bcp(place: Place, folder: Path, table: str, way: str, file: str) -> str:
    return run(
        folder,
        *("freebcp", f"{place.database}.dbo.{table}", way, file, "-S", "standin", "-c"),
        *("-U", place.user, "-P", place.password, "-D", place.database),
    )


def test_tsql(place: Place) -> None:
    said = tsql(place, "SELECT N'é😀' AS t, CAST(1.5 AS decimal(5,2)) AS d, CAST(NULL AS int) AS n")
    assert "é😀\t1.50\tNULL" in said


@pytest.mark.slow
def test_tsql_shows_errors_and_goes_on(place: Place) -> None:
    said = tsql(place, "PRINT N'hello'\nSELECT * FROM dbo.nowhere\nGO\nSELECT 5 AS n")
    assert "hello" in said
    assert "Msg 208 (severity 16, state 1)" in said
    assert "n\n5\n" in said


@pytest.mark.slow
def test_freebcp_in_and_out(place: Place, configured: Path, connection: pyodbc.Connection) -> None:
    table = f"bcp{len((configured / 'freetds.conf').read_text())}"
    connection.execute(
        f"CREATE TABLE dbo.{table} (n int NOT NULL PRIMARY KEY, t varchar(20) NULL,"
        " d decimal(9,2) NULL, at datetime NULL)"
    )
    rows = "".join(f"{n}\trow {n}\t{n}.50\t2024-01-02 03:04:05\n" for n in range(300))
    (configured / "in.txt").write_text(rows)
    assert "300 rows copied" in bcp(place, configured, table, "in", "in.txt")
    told = "SELECT COUNT(*) FROM dbo.{} WHERE t = CONCAT('row ', n) AND d = n + 0.5"
    assert connection.execute(told.format(table)).fetchval() == 300
    assert "300 rows copied" in bcp(place, configured, table, "out", "out.txt")
    out = [line.split("\t")[:3] for line in (configured / "out.txt").read_text().splitlines()]
    assert out == [line.split("\t")[:3] for line in rows.splitlines()]
