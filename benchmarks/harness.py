"""What every benchmark reports, and the servers that it runs against.

A benchmark is a module `benchmarks/NAME.py` with `run(report, servers)`. It gives figures
(absolute, and as ratios to the raw path) and never decides by time what passes.
"""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sandbox.servers import Servers

__all__ = ["Figure", "Report", "Servers", "machine"]

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
