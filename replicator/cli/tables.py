"""`replicator table …`, `pause`, `resume`: decisions, left for the coordinator to carry out."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from model.errors import Blocked, ConfigurationError, ReplicatorError
from model.state import MigrationState
from replicator.cli.asking import awaited
from replicator.cli.ends import existing, state_of, target_of
from replicator.cli.output import (
    DEFAULT_CONFIG,
    ConfigOption,
    Format,
    FormatOption,
    say,
    show_json,
)
from replicator.config.file import load_config
from replicator.journal import actor
from replicator.quarantine import masked, tracked

_RESTING = (MigrationState.LOADING, MigrationState.CATCHING_UP, MigrationState.IN_SYNC)

NameArgument = Annotated[str, typer.Argument(help="The source's table, schema.name.")]

app = typer.Typer(help="Decide about one table.", no_args_is_help=True, rich_markup_mode=None)


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    commands.add_typer(app, name="table")
    commands.command()(pause)
    commands.command()(resume)


@app.command()
def show(
    name: NameArgument,
    values: Annotated[bool, typer.Option("--values", help="Show values, unmasked.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show what a table was last quarantined for. Example: replicator table show public.users

    Values are masked: only their kind and length are told.
    """
    read = load_config(config)
    with target_of(read) as target, state_of(read, target) as state:
        existing(state, read.migration)
        table = tracked(state, name)
        refusal = state.refusal(table.source)
    record = None if refusal is None else refusal.record if values else masked(refusal)
    if format is Format.JSON:
        said = None if refusal is None else {"at": refusal.at, "reason": refusal.reason}
        show_json({"table": name, "state": str(table.state), "refused": said, "record": record})
        return
    say(f"{name} is {table.state}")
    if refusal is not None:
        say(f"refused at {refusal.at}: {refusal.reason}")
        for key, value in (record or {}).items():
            say(f"  {key}: {_line(value)}")


@app.command()
def retry(
    name: NameArgument, config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT
) -> None:
    """Try a quarantined table again. Example: replicator table retry public.users

    What was refused is tried first: mend its cause before. Nothing is skipped.
    """
    _decided("table retry", name, config, format)


@app.command()
def skip(
    name: NameArgument, config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT
) -> None:
    """Drop the one record that was refused. Example: replicator table skip public.users

    The target will lack that change: the journal names it. `replicator table show` shows it.
    """
    _decided("table skip", name, config, format)


@app.command()
def reload(
    name: Annotated[str, typer.Argument(help="The source's table, schema.name.")] = "",
    all_tables: Annotated[
        bool, typer.Option("--all", help="Every table, from a new slot: no role may run.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    format: FormatOption = Format.TEXT,
) -> None:
    """Empty the target's table and load it again. Example: replicator table reload public.users

    The other tables go on meanwhile. Ends when it has begun: `replicator status` shows how far.
    With --all the log begins anew too: the way out when the slot or the control topic is lost.
    """
    if all_tables == bool(name):
        raise ConfigurationError(
            "one table must be named, or all of them",
            object="table reload",
            hint="`replicator table reload public.users`, or `replicator table reload --all`",
        )
    if all_tables:
        _all_anew(config, format)
    else:
        _decided("table reload", name, config, format)


@app.command("add")
def add_table(
    name: NameArgument, config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT
) -> None:
    """Let a table join the running migration. Example: replicator table add public.orders

    Its target table is made, or must be empty and fit. Ends when its load may begin: `replicator
    status` shows how far. The other tables go on meanwhile.
    """
    _decided("table add", name, config, format, captured=False)


@app.command("remove")
def remove_table(
    name: NameArgument, config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT
) -> None:
    """Let a table go: it is captured no more. Example: replicator table remove public.orders

    Its rows in the target and its topic stay; the cut-over does not wait for it any more.
    """
    _decided("table remove", name, config, format, captured=False)


def pause(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Hold the load after the chunks under way. Example: replicator pause -c m.yaml

    Changes are captured meanwhile, and applied to the tables that are loaded. Survives a restart.
    """
    _decided("load pause", "", config, format, captured=False)


def resume(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Let a paused load go on. Example: replicator resume -c m.yaml"""
    _decided("load resume", "", config, format, captured=False)


def _decided(
    what: str, name: str, config: ConfigOption, format: Format, *, captured: bool = True
) -> None:
    """Ask the coordinator, wait for its answer and say it. Raises what it raised.

    Where no coordinator runs (a gap has ended `replicator run`), it is carried out here.
    """
    from replicator.coordination import decide_alone

    read = load_config(config)
    with target_of(read) as target, state_of(read, target) as state:
        migration = existing(state, read.migration)
        if captured:
            tracked(state, name)
        if migration.state not in _RESTING:
            raise Blocked(
                f"the migration is {migration.state}: this cannot be decided now",
                object=read.migration,
                hint="`replicator status` says what is under way",
            )
        request = state.ask(what, actor(), {"table": name} if name else {})
        decide_alone(read, state)
        answer = awaited(state, request, read)
    if "code" in answer:
        raise _error(answer)
    if "said" not in answer:
        raise Blocked(str(answer.get("state")), object=name, hint="use one release for all roles")
    if format is Format.JSON:
        show_json({key: answer[key] for key in ("table", "state", "said")})
    else:
        say(str(answer["said"]))


def _all_anew(config: ConfigOption, format: Format) -> None:
    from replicator.coordination import begin_anew

    tables = begin_anew(load_config(config))
    if format is Format.JSON:
        show_json({"tables": tables})
    else:
        say(f"{tables} tables are loaded anew once `replicator run` is started again")


def _error(answer: dict[str, Any]) -> ReplicatorError:
    kinds = {ConfigurationError.exit_code: ConfigurationError, Blocked.exit_code: Blocked}
    kind = kinds.get(int(answer["code"]), ReplicatorError)
    return kind(answer["what"], object=answer["object"], hint=answer["hint"])


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {each}" for key, each in value.items())
    return str(value)
