"""`replicator sandbox up|down|status|demo`."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from model.errors import ReplicatorError
from sandbox.signals import end_on_signals
from sandbox.standing import Standing, hold_up, start_detached

app = typer.Typer(
    help="A whole migration on one machine: PostgreSQL, Kafka and an Azure SQL stand-in.",
    no_args_is_help=True,
)


class Format(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


_Format = Annotated[Format, typer.Option("--format", help="For people, or JSON on stdout.")]
_Folder = Annotated[
    Path, typer.Option(help="Where `.sandbox` is: one sandbox can stand in each folder.")
]


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running.")] = False,
    folder: _Folder = Path(),
    form: _Format = Format.TEXT,
) -> None:
    """Start the servers and write their addresses to .sandbox/env; Ctrl-C ends them.

    Example: replicator sandbox up --detach
    """
    standing = Standing(folder)
    if standing.runs():
        _show(standing, form, "already running")
        return
    with _failures():
        if detach:
            start_detached(standing)
            _show(standing, form, "running; `replicator sandbox down` ends it")
        else:
            end_on_signals()
            hold_up(standing, lambda: _show(standing, form, "running; Ctrl-C ends it"))


@app.command()
def down(folder: _Folder = Path(), form: _Format = Format.TEXT) -> None:
    """End the sandbox of this folder, with its databases and topics.

    Example: replicator sandbox down
    """
    with _failures():
        ended = Standing(folder).end()
    if form is Format.JSON:
        print(json.dumps({"ended": ended}))
    else:
        print("ended" if ended else "nothing is running here")


@app.command()
def status(folder: _Folder = Path(), form: _Format = Format.TEXT) -> None:
    """Show what runs; exit code 1 when nothing does.

    Example: replicator sandbox status --format json
    """
    standing = Standing(folder)
    if not standing.runs():
        print(json.dumps({"running": False}) if form is Format.JSON else "nothing is running here")
        raise typer.Exit(1)
    _show(standing, form, "running")


@app.command()
def demo(
    rows: Annotated[int, typer.Option(envvar="DEMO_ROWS", help="Rows of the network.")] = 200_000,
    writes_per_s: Annotated[
        float, typer.Option(envvar="DEMO_WRITES_PER_S", help="Writes of the application.")
    ] = 300.0,
    seconds: Annotated[
        float, typer.Option(envvar="DEMO_SECONDS", help="Seconds of live sync.")
    ] = 30.0,
    kill: Annotated[
        str, typer.Option(help="Roles to kill in the middle: capture,apply,load.")
    ] = "",
    seed: Annotated[int, typer.Option(envvar="DEMO_SEED", help="Decides rows and writes.")] = 1,
    folder: _Folder = Path(),
) -> None:
    """Migrate the social network while it keeps writing, and compare every row.

    Ends by itself with exit code 0 and .sandbox/demo/report.json when nothing differs.

    Example: replicator sandbox demo --kill capture,apply,load
    """
    # It imports what compares rows and drives both ends: a second that the others need not wait.
    from sandbox.demo import Wishes, run_demo

    end_on_signals()
    with _failures():
        killed = tuple(role.strip() for role in kill.split(",") if role.strip())
        wishes = Wishes(rows, writes_per_s, seconds, killed, seed)
        if not run_demo(wishes, folder / ".sandbox" / "demo"):
            raise typer.Exit(1)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Show an error of ours in its own words and leave with its exit code."""
    try:
        yield
    except ReplicatorError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(error.exit_code) from error


def _show(standing: Standing, form: Format, state: str) -> None:
    known = standing.read()
    if form is Format.JSON:
        print(json.dumps({"running": True, **known.as_json()}), flush=True)
        return
    print(f"sandbox in {standing.folder.resolve()}: {state}")
    for name, pid in known.servers.items():
        print(f"  {name:<20} process {pid}")
    for name, value in known.environment.items():
        print(f"  {name}={value}")
    print(f"  written to {standing.env_file}", flush=True)


if __name__ == "__main__":
    app()
