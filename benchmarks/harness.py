"""What every benchmark reports, and the servers that it runs against.

A benchmark is a module `benchmarks/NAME.py` with `run(report, servers)`. It gives figures
(absolute, and as ratios to the raw path) and never decides by time what passes.
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sandbox.databases import (
    create_source_database,
    create_target_database,
    drop_source_database,
    drop_target_database,
    source_dsn,
    target_dsn,
)
from sandbox.kafka import KafkaBroker
from sandbox.postgres import PostgresServer
from sandbox.standin import AzureSqlStandIn

_LIBRARIES = ("confluent-kafka", "mssql-python", "psycopg", "pyarrow", "pyodbc")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `met` is None when there is no target."""

    value: float
    unit: str
    target: float | None
    met: bool | None
    note: str


@dataclass(slots=True)
class Report:
    """The figures of one benchmark, by their names (`load.rows_per_s`)."""

    benchmark: str
    figures: dict[str, Figure] = field(default_factory=dict)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        at_least: float | None = None,
        below: float | None = None,
        note: str = "",
    ) -> None:
        """Record a value. `at_least` and `below` are targets that this project set itself.

        Raises ValueError when the name is taken: a figure is measured once.
        """
        if name in self.figures:
            raise ValueError(f"{name} is already reported")
        target = at_least if at_least is not None else below
        met = None
        if at_least is not None:
            met = value >= at_least
        elif below is not None:
            met = value < below
        rounded = float(f"{value:.4g}") if abs(value) < 10_000 else float(round(value))
        self.figures[name] = Figure(rounded, unit, target, met, note)

    def as_json(self) -> dict[str, Any]:
        """The object that `python -m benchmarks NAME --json` prints."""
        return {
            "benchmark": self.benchmark,
            "machine": machine(),
            "figures": {name: asdict(figure) for name, figure in self.figures.items()},
        }


def machine() -> dict[str, Any]:
    """What the figures were measured on: hardware, system and the versions that matter."""
    return {
        "cpus": os.cpu_count(),
        "cpu": _first(Path("/proc/cpuinfo"), "model name"),
        "memory_mib": int(_first(Path("/proc/meminfo"), "MemTotal").split()[0]) // 1024,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def _first(path: Path, key: str) -> str:
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "0"


class Servers:
    """The servers of a benchmark: those that the environment names, else the sandbox's own.

    Each is started when it is first asked for and ended with the block. `SOURCE_DSN`,
    `KAFKA_BOOTSTRAP` and `AZURESQL_DSN` name servers; databases are made there and dropped again.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._stack = contextlib.ExitStack()
        self._source = ""
        self._kafka = ""
        self._target = ""

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def kafka(self) -> str:
        """The address of a broker."""
        if not self._kafka:
            given = self._environment.get("KAFKA_BOOTSTRAP")
            self._kafka = given or self._stack.enter_context(KafkaBroker(heap="1g")).bootstrap
        return self._kafka

    @contextlib.contextmanager
    def source_database(self) -> Iterator[str]:
        """The psycopg DSN (a superuser's) of a database that exists for the block."""
        if not self._source:
            given = self._environment.get("SOURCE_DSN")
            server = None if given else self._stack.enter_context(PostgresServer(durable=True))
            self._source = given or (server.dsn() if server else "")
        name = f"bench_{secrets.token_hex(4)}"
        create_source_database(self._source, name)
        try:
            yield source_dsn(self._source, name)
        finally:
            drop_source_database(self._source, name)

    @contextlib.contextmanager
    def target_database(self) -> Iterator[str]:
        """The ODBC connection string (an administrator's) of a database for the block."""
        if not self._target:
            given = self._environment.get("AZURESQL_DSN")
            server = None if given else self._stack.enter_context(AzureSqlStandIn(durable=True))
            self._target = given or (server.dsn() if server else "")
        name = f"bench_{secrets.token_hex(4)}"
        create_target_database(self._target, name)
        try:
            yield target_dsn(self._target, database=name)
        finally:
            drop_target_database(self._target, name)
