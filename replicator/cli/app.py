"""The commands in one place, and the only place that turns errors into exit codes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import typer

from model.errors import ReplicatorError
from replicator.cli import (
    checking,
    configuring,
    deciding,
    looking,
    preparing,
    roles,
    status,
    tables,
    validating,
)
from replicator.cli.output import show_error
from replicator.cli.signals import EXIT_BASE

_EPILOG = (
    "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 blocked and waiting for a person, "
    "130/143 stopped by a signal."
)


def build(arguments: Sequence[str] = ()) -> typer.Typer:
    """Every command of this package, and those of others (`replicator.commands`).

    Another package's are loaded only when `arguments` ask for them or for no command at all: a role
    that runs for days does not carry what it never calls (the sandbox is 50 MiB).
    """
    app = typer.Typer(
        name="replicator",
        help="Online migration of live databases into Azure SQL Database.",
        epilog=_EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in (checking, preparing, roles, status, deciding, tables, validating, looking):
        module.register(app)
    app.add_typer(configuring.app, name="config")
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for entry in entry_points(group="replicator.commands"):
        if asked in (None, entry.name):
            app.add_typer(entry.load(), name=entry.name)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Expected errors show no traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    try:
        build(arguments)(list(arguments), prog_name="replicator")
    except ReplicatorError as error:
        show_error(error)
        return error.exit_code
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def _end(number: int, _: object) -> None:
    """Commands that have nothing to drain end at once; roles set handlers of their own."""
    sys.exit(EXIT_BASE + number)
