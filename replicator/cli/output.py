"""Text for people, JSON for programs, errors for both; colours only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from model.errors import ReplicatorError

FAILED = 1
BLOCKED = 3


class Format(StrEnum):
    """How a command answers on standard output."""

    TEXT = "text"
    JSON = "json"


ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The migration's YAML file.", show_default=True)
]
FormatOption = Annotated[Format, typer.Option("--format", help="Answer as text or as JSON.")]

DEFAULT_CONFIG = Path("replicator.yaml")


def console() -> Console:
    """Standard output; rich drops colours off a terminal and under `NO_COLOR`."""
    return Console(highlight=False)


def say(text: str) -> None:
    """One line on standard output."""
    typer.echo(text)


def show_json(value: Any, *, line: bool = False) -> None:
    """One JSON document; on one line when more will follow."""
    text = json.dumps(value, ensure_ascii=False, default=str, indent=None if line else 2)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns of text, cut to the terminal's width only on a terminal."""
    if not sys.stdout.isatty():
        for row in (heads, *rows):
            say("\t".join(str(cell) for cell in row))
        return
    table = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console().print(table)


def show_error(error: ReplicatorError) -> None:
    """What happened, to which object, what to do now; on standard error."""
    out = Console(stderr=True, highlight=False, soft_wrap=True)
    out.print("error: ", style="bold red", end="", markup=False)
    if error.object:
        out.print(f"{error.object}: ", end="", markup=False)
    out.print(error.what, markup=False)
    if error.hint:
        out.print(f"  → {error.hint}", markup=False)
