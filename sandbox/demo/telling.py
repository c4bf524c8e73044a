"""What the demo says on the console: events with the time, and one line of progress."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from replicator.validation import TableReport
from sandbox.demo.application import Application
from sandbox.demo.observed import Observed

_EVERY_S: Final = 5.0

_SHOWN: Final = (
    "rows_loaded",
    "load_rows_per_s",
    "changes_captured",
    "changes_applied",
    "apply_changes_per_s",
    "lag_ms",
    "tables",
    "rows_compared",
    "differences",
    "writes_by_workload",
    "writes_asked",
    "failed_requests",
    "downtime_ms",
    "peak_rss_mib",
)


class Teller:
    """Writes to standard error, so that standard output stays free."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._begin = time.monotonic()
        self._told = 0.0

    def event(self, text: str) -> None:
        """Something happened."""
        self._console.print(f"[bold]{self._elapsed():6.1f} s[/]  {text}", soft_wrap=True)

    def progress(self, observed: Observed, application: Application) -> None:
        """How far it is, every few seconds."""
        if self._elapsed() - self._told < _EVERY_S:
            return
        self._told = self._elapsed()
        counters = application.counters()
        percent = observed.percent_loaded
        lag = observed.lag_ms.get("p99")
        parts = [
            observed.state or "starting",
            "" if percent is None else f"{percent:.0f} % loaded ({observed.rows_loaded:,} rows)",
            "" if lag is None else f"lag p99 {lag:.0f} ms",
            f"application {counters['acknowledged']:,} requests, {counters['refused']} refused",
        ]
        line = " · ".join(part for part in parts if part)
        self._console.print(f"[dim]{self._elapsed():6.1f} s  {line}[/]", soft_wrap=True)

    def compared(self, table: TableReport) -> None:
        """One table was compared."""
        self._console.print(
            f"[dim]{self._elapsed():6.1f} s  {table.table}: {table.source_rows:,} rows,"
            f" {table.differences} differences[/]",
            soft_wrap=True,
        )

    def verdict(self, report: Mapping[str, Any], wrong: Sequence[str], path: Path) -> None:
        """The end: the main figures, what does not hold, where the report is."""
        table = Table("", "", show_header=False)
        for name in _SHOWN:
            table.add_row(name, _plain(report[name]))
        self._console.print(table)
        for text in wrong:
            self._console.print(f"[red]✗ {text}[/]", soft_wrap=True)
        if not wrong:
            self._console.print(
                "[green]✓ every row is equal and every acknowledged write is there[/]"
            )
        self._console.print(f"report: {path}", soft_wrap=True)

    def _elapsed(self) -> float:
        return time.monotonic() - self._begin


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items())
    return "unknown" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
