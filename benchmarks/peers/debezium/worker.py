"""A standalone Kafka Connect worker as a child process."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import psutil

from sandbox.artifacts import jars, program
from sandbox.child_server import ChildServer
from sandbox.children import LOOPBACK, Child, free_port, launched
from sandbox.folders import RunDirectory

_POM: Final = Path(__file__).with_name("pom.xml")
_CONNECTOR: Final = "peer"
_READY_S: Final = 60.0


class ConnectWorker(ChildServer):
    """One worker for one connector; `bootstrap` names the brokers.

    `ParallelGC` and a heap of 3 GiB gave its best throughput.
    """

    title = "Kafka Connect"
    prefix = "connect"

    def __init__(self, bootstrap: str, heap: str = "3g") -> None:
        super().__init__()
        self._bootstrap = bootstrap
        self._heap = heap
        self._port = 0

    def _launch(self, run: RunDirectory) -> Child:
        return launched(lambda number: self._attempt(run.path / f"attempt-{number}"))

    def _attempt(self, home: Path) -> Child:
        home.mkdir()
        self._port = free_port()
        properties = home / "worker.properties"
        properties.write_text(
            "".join(f"{name}={value}\n" for name, value in self._settings(home).items())
        )
        child = Child(
            self.title,
            [
                program("java"),
                *(f"-Xms{self._heap}", f"-Xmx{self._heap}", "-XX:+UseParallelGC"),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                *("-cp", f"{jars(_POM)}/*"),
                *("org.apache.kafka.connect.cli.ConnectStandalone", str(properties)),
            ],
            log=home / "log",
            cwd=home,
            farewell=signal.SIGKILL,
        )
        child.wait_until(self._answers, _READY_S)
        return child

    def _settings(self, home: Path) -> dict[str, str]:
        return {
            "bootstrap.servers": self._bootstrap,
            "listeners": f"http://{LOOPBACK}:{self._port}",
            "offset.storage.file.filename": str(home / "offsets"),
            "offset.flush.interval.ms": "1000",
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "connector.client.config.override.policy": "All",
            # Its jars are on the class path.
            "plugin.discovery": "hybrid_warn",
        }

    def run(self, connector: Mapping[str, str]) -> None:
        """Start the connector, and wait until its task runs."""
        self._send("PUT", f"/connectors/{_CONNECTOR}/config", dict(connector))
        self._wait("RUNNING")

    def rest(self) -> None:
        """Stop the connector's task; the process, and what its compiler learned, stays."""
        self._send("PUT", f"/connectors/{_CONNECTOR}/stop")
        self._wait("STOPPED")

    def go_on(self) -> None:
        """Start the task again where it was."""
        self._send("PUT", f"/connectors/{_CONNECTOR}/resume")
        self._wait("RUNNING")

    @property
    def process(self) -> psutil.Process:
        """For its CPU time and resident memory."""
        return psutil.Process(self.pid)

    def _wait(self, state: str) -> None:
        deadline = time.monotonic() + _READY_S
        while (said := self._states()) != {state}:
            if "FAILED" in said or time.monotonic() > deadline:
                raise TimeoutError(f"the connector is not {state} but {said}")
            time.sleep(0.01)

    def _states(self) -> set[str]:
        """The connector's state, and those of its tasks; empty while it has none."""
        try:
            said = self._send("GET", f"/connectors/{_CONNECTOR}/status")
        except urllib.error.HTTPError:
            return set()
        tasks = {task["state"] for task in said["tasks"]}
        if said["connector"]["state"] == "RUNNING" and not tasks:
            return set()
        return {said["connector"]["state"], *tasks}

    def _answers(self) -> bool:
        try:
            self._send("GET", "/connectors")
        except OSError:
            return False
        return True

    def _send(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{self._port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            said = answer.read()
        return json.loads(said) if said else None
