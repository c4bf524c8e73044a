"""`replicator sandbox up|down|status` as an operator uses them, each in a folder of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pyodbc
import pytest
from confluent_kafka.admin import AdminClient

from tests.patience import PATIENCE_S, until

COMMAND = [sys.executable, "-m", "replicator", "sandbox"]


def sandbox(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments, "--folder", str(folder)],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Path]:
    started = sandbox(tmp_path, "up", "--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    yield tmp_path
    sandbox(tmp_path, "down")


def environment(folder: Path) -> dict[str, str]:
    lines = (folder / ".sandbox" / "env").read_text().splitlines()
    return {
        name: shlex.split(value)[0] for name, _, value in (line.partition("=") for line in lines)
    }


def descendants(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def gone(processes: list[psutil.Process], within_s: float = PATIENCE_S) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=within_s)
    return all(one.status() == psutil.STATUS_ZOMBIE for one in alive if one.is_running())


def test_up_says_where_everything_is_and_a_second_up_repeats_it(standing: Path) -> None:
    variables = environment(standing)
    assert set(variables) == {"SOURCE_DSN", "KAFKA_BOOTSTRAP", "AZURESQL_DSN"}
    assert (standing / ".sandbox" / "env").stat().st_mode & 0o777 == 0o600
    with psycopg.connect(variables["SOURCE_DSN"]) as connection:
        assert connection.execute("SHOW wal_level").fetchone() == ("logical",)
    broker = AdminClient({"bootstrap.servers": variables["KAFKA_BOOTSTRAP"], "log_level": 0})
    assert len(broker.list_topics(timeout=PATIENCE_S).brokers) == 1
    target = pyodbc.connect(variables["AZURESQL_DSN"], autocommit=True)
    assert target.execute("SELECT DB_NAME()").fetchval() == "social"
    target.close()

    again = sandbox(standing, "up")
    assert again.returncode == 0
    assert "already running" in again.stdout
    for value in variables.values():
        assert value in again.stdout
    status = sandbox(standing, "status", "--format", "json")
    assert json.loads(status.stdout)["environment"] == variables


@pytest.mark.slow
def test_down_leaves_nothing(standing: Path) -> None:
    status = json.loads(sandbox(standing, "status", "--format", "json").stdout)
    processes = descendants(status["pid"])
    assert len(processes) > 4
    ended = sandbox(standing, "down")
    assert (ended.returncode, ended.stdout) == (0, "ended\n")
    assert gone(processes)
    assert not (standing / ".sandbox" / "env").exists()
    nothing = sandbox(standing, "status")
    assert (nothing.returncode, nothing.stdout) == (1, "nothing is running here\n")
    assert sandbox(standing, "down").stdout == "nothing is running here\n"


@pytest.mark.slow
def test_a_killed_holder_leaves_nothing(standing: Path) -> None:
    status = json.loads(sandbox(standing, "status", "--format", "json").stdout)
    processes = descendants(status["pid"])
    os.kill(status["pid"], signal.SIGKILL)
    assert gone(processes)
    assert sandbox(standing, "status").returncode == 1


@pytest.mark.slow
def test_an_interrupted_foreground_leaves_nothing(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*COMMAND, "up", "--folder", str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert "running" in running.stdout.readline()
    processes = descendants(running.pid)[1:]
    assert len(processes) > 3
    running.send_signal(signal.SIGINT)
    running.stdout.close()
    assert running.wait(PATIENCE_S) == 130
    assert gone(processes)


@pytest.mark.slow
def test_an_interrupted_start_leaves_nothing(tmp_path: Path) -> None:
    running = subprocess.Popen([*COMMAND, "up", "--folder", str(tmp_path)])
    until(lambda: len(descendants(running.pid)) >= 3)
    processes = descendants(running.pid)[1:]
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE_S) == 143
    assert gone(processes)
