"""The commands in one place, and the only place that turns errors into exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import click
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
    validating,
)
from replicator.cli.output import show_error

_EPILOG = (
    "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 blocked and waiting for a person, "
    "130/143 stopped by a signal."
)


def build() -> typer.Typer:
    """Every command of this package, and those of others (`replicator.commands`)."""
    app = typer.Typer(
        name="replicator",
        help="Online migration of live databases into Azure SQL Database.",
        epilog=_EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in (checking, preparing, roles, status, deciding, validating, looking):
        module.register(app)
    app.add_typer(configuring.app, name="config")
    for entry in entry_points(group="replicator.commands"):
        app.add_typer(entry.load(), name=entry.name)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Expected errors show no traceback."""
    try:
        result = build()(list(arguments), prog_name="replicator", standalone_mode=False)
    except ReplicatorError as error:
        show_error(error)
        return error.exit_code
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as usage:
        usage.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; nothing may be written to it while Python ends.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return result if isinstance(result, int) else 0
