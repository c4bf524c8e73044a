"""`replicator cutover`, `replicator abort`: decisions, left for the coordinator to act on."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from model.errors import Blocked, ConfigurationError
from model.ports import State
from model.state import MigrationState
from replicator.cli.asking import awaited
from replicator.cli.ends import existing, state_of, target_of
from replicator.cli.output import (
    BLOCKED,
    DEFAULT_CONFIG,
    ConfigOption,
    Format,
    FormatOption,
    say,
    show_json,
)
from replicator.config.file import Config, load_config
from replicator.journal import SWITCH_DONE, actor

_EXITS = {"switched": 0, "aborted": 1, "blocked": BLOCKED}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(cutover)
    app.command()(abort)


def cutover(
    confirm: Annotated[
        str | None, typer.Option("--confirm", help="The migration's name, to go ahead.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    format: FormatOption = Format.TEXT,
) -> None:
    """Move the applications over. Example: replicator cutover --confirm social

    Waits for the end: 0 switched, 1 undone (the source is open again), 3 something stands in the
    way. Asked again after the switch, it says so and changes nothing.
    """
    read = load_config(config)
    with target_of(read) as target, state_of(read, target) as state:
        migration = existing(state, read.migration)
        if migration.state in (MigrationState.SWITCHED, MigrationState.FINISHED):
            _tell({"state": "switched", **_done(state)}, format)
            return
        if migration.state is not MigrationState.IN_SYNC:
            raise Blocked(
                f"the migration is {migration.state}, not in-sync",
                object=read.migration,
                hint="`replicator status` says what it waits for",
            )
        _confirmed(read, confirm)
        request = state.ask("cutover", actor(), {})
        outcome = awaited(state, request, read)
    _tell(outcome, format)
    raise typer.Exit(_EXITS.get(outcome.get("state", ""), 1))


def abort(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Undo a cut-over that is under way. Example: replicator abort -c m.yaml"""
    read = load_config(config)
    with target_of(read) as target, state_of(read, target) as state:
        existing(state, read.migration)
        outcome = awaited(state, state.ask("abort", actor(), {}), read)
    _tell(outcome, format)


def _confirmed(config: Config, confirm: str | None) -> None:
    """The operator says the migration's name. Raises ConfigurationError when it is another."""
    if confirm is None and sys.stdin.isatty():
        confirm = typer.prompt(f"Type the migration's name ({config.migration}) to cut over")
    if confirm != config.migration:
        raise ConfigurationError(
            "the cut-over was not confirmed",
            object=config.migration,
            hint=f"give the migration's name: --confirm {config.migration}",
        )


def _done(state: State) -> dict[str, Any]:
    done = [entry for entry in state.entries() if entry.event == SWITCH_DONE]
    return done[-1].detail if done else {}


def _tell(outcome: dict[str, Any], format: Format) -> None:
    if format is Format.JSON:
        show_json(outcome)
    elif outcome.get("downtime_ms") is not None:
        say(f"switched; the source was closed to writers for {outcome['downtime_ms']} ms")
    else:
        say(": ".join(str(outcome[key]) for key in ("state", "reason") if outcome.get(key)))
