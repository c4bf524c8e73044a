"""`replicator convert` and `replicator deploy`: the target's schema.

What they run is imported when they run: other commands need none of it.
"""

from __future__ import annotations

import threading
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.errors import Blocked
from model.state import MigrationState
from replicator.cli.ends import existing, source_of
from replicator.cli.output import (
    DEFAULT_CONFIG,
    ConfigOption,
    Format,
    FormatOption,
    say,
    show_json,
)
from replicator.cli.shell import instance
from replicator.config.file import load_config

if TYPE_CHECKING:
    from replicator.phases.context import Context
    from replicator.schema import Stage

_TOO_EARLY = (MigrationState.CREATED, MigrationState.DEPLOYED, MigrationState.LOADING)


class StageName(StrEnum):
    """`replicator.schema.Stage` by its words."""

    PRE_LOAD = "pre-load"
    POST_LOAD = "post-load"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(convert)
    app.command()(deploy)


def convert(
    out: Annotated[Path, typer.Option(help="The folder that gets the scripts.")] = Path("schema"),
    config: ConfigOption = DEFAULT_CONFIG,
    format: FormatOption = Format.TEXT,
) -> None:
    """Write the target's schema as numbered scripts. Example: replicator convert --out schema

    Changes nothing in either database. The same source gives the same bytes.
    """
    from replicator import schema
    from replicator.phases.staging import plan_options

    read = load_config(config)
    with source_of(read) as source:
        tables = read.source.tables
        catalog = source.catalog(tables.include, tables.exclude)
        profiles = source.profile(catalog.tables)
    scripts = schema.convert(schema.plan(catalog, profiles, plan_options(read)))
    written = scripts.write(out)
    if format is Format.JSON:
        show_json({"files": [str(path) for path in written]})
    else:
        for path in written:
            say(str(path))


def deploy(
    stage: Annotated[StageName, typer.Option(help="Which scripts to run.")],
    verify_only: Annotated[
        bool, typer.Option("--verify-only", help="Only prove that the target can receive.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    format: FormatOption = Format.TEXT,
) -> None:
    """Run the scripts of one stage. Example: replicator deploy --stage pre-load

    Journaled and resumable: what is there already and equal is left, what differs stops.
    """
    from replicator.coordination import leading, opened
    from replicator.schema import Stage

    read = load_config(config)
    stop = threading.Event()
    which = Stage(stage)
    with opened(read, stop) as context, leading(read, instance(), stop, context):
        ran = _verified(context, which) if verify_only else _ran(context, which)
    if format is Format.JSON:
        show_json({"stage": stage, "batches": ran, "verify_only": verify_only})
    elif verify_only:
        say(f"{stage}: the target can receive the data")
    else:
        say(f"{stage}: {ran} batches ran" if ran else f"{stage}: everything is there already")


def _verified(context: Context, stage: Stage) -> int:
    from replicator.phases import staging

    planned = staging.planned_schema(context, context.catalog())
    scripts = staging.scripts_of(context, planned)
    return staging.stage(context, stage, scripts, planned, verify_only=True)


def _ran(context: Context, stage: Stage) -> int:
    from replicator.coordinator import Coordinator
    from replicator.phases.staging import post_load

    if stage.value == StageName.PRE_LOAD:
        return Coordinator(context).deploy()
    migration = existing(context.state, context.config.migration)
    if migration.state in _TOO_EARLY:
        raise Blocked(
            f"the migration is {migration.state}: its tables are not consistent yet",
            object=context.config.migration,
            hint="indexes and constraints wait for that; `replicator run` builds them in time",
        )
    return post_load(context)
