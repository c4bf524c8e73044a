"""`python -m benchmarks NAME [--json]`: measure, and print figures with ratios to the raw path."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.harness import Figure, Report, Servers, machine

NAMES: Final = ("load", "capture", "apply", "latency", "start", "memory", "standin")


def main(
    names: Annotated[list[str], typer.Argument(help=f"{', '.join(NAMES)}, or all")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object each.")] = False,
    rows: Annotated[int, typer.Option(help="Rows of `load`; 0: as many as its target says.")] = 0,
) -> None:
    """Measure against the sandbox's servers, or those that SOURCE_DSN, KAFKA_BOOTSTRAP and
    AZURESQL_DSN name.

    Example: python -m benchmarks load --json
    """
    chosen = NAMES if names == ["all"] else tuple(names)
    unknown = [name for name in chosen if name not in NAMES]
    if unknown:
        raise typer.BadParameter(f"no benchmark is called {unknown[0]!r}: {', '.join(NAMES)}")
    if rows:
        os.environ["BENCH_ROWS"] = str(rows)
    for name in chosen:
        report = measure(name)
        if as_json:
            print(json.dumps(report.as_json()), flush=True)
        else:
            show(report)


def measure(name: str) -> Report:
    """Run one benchmark with servers of its own."""
    report = Report(name)
    with Servers() as servers:
        import_module(f"benchmarks.{name}").run(report, servers)
    return report


def show(report: Report) -> None:
    """Print a report for people."""
    hardware = machine()
    title = f"{report.benchmark}: {hardware['cpus']} CPUs, {hardware['cpu']}"
    table = Table("figure", "value", "unit", "target", "note", title=title)
    for name, figure in report.figures.items():
        table.add_row(name, f"{figure.value:,.10g}", figure.unit, _verdict(figure), figure.note)
    Console(file=sys.stdout).print(table)


def _verdict(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"{figure.target:,.10g} {'met' if figure.met else 'missed'}"


if __name__ == "__main__":
    typer.run(main)
