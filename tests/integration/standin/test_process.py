"""The stand-in as a process leaves nothing behind, whoever ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import psutil
import pyodbc
import pytest

from sandbox.standin import connection_string
from tests.patience import PATIENCE_S


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_its_postgresql(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.azuresql", "--user", "admin", "--format", "json"],
        env={**os.environ, "AZURESQL_PASSWORD": "s3cret s3cret"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert (said["user"], said["password"]) == ("admin", "s3cret s3cret")
        text = connection_string(said["port"], "admin", "s3cret s3cret")
        connection = pyodbc.connect(text, autocommit=True, timeout=20)
        assert connection.execute("SELECT 1").fetchval() == 1
        family = psutil.Process(process.pid).children(recursive=True)
        assert any("postgres" in member.name() for member in family)
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0
        _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
        assert alive == []
        with pytest.raises(pyodbc.Error):
            connection.execute("SELECT 1")
    finally:
        process.kill()
        process.wait()
