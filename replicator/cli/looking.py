"""`replicator journal` and `replicator topics`: look, never touch."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from replicator.cli.ends import state_of, target_of
from replicator.cli.output import (
    DEFAULT_CONFIG,
    ConfigOption,
    Format,
    FormatOption,
    say,
    show_json,
    show_table,
)
from replicator.config.file import load_config

topics = typer.Typer(
    help="Look at the topics of this migration.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(journal)
    app.add_typer(topics, name="topics")


def journal(
    after: Annotated[int, typer.Option(help="Only entries above this sequence.")] = 0,
    config: ConfigOption = DEFAULT_CONFIG,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show who did what, and when. Example: replicator journal --after 40"""
    read = load_config(config)
    with target_of(read) as target, state_of(read, target) as state:
        entries = state.entries(after)
    if format is Format.JSON:
        keys = ("sequence", "at", "actor", "phase", "event", "detail", "inverse")
        show_json([{key: getattr(entry, key) for key in keys} for entry in entries])
        return
    for entry in entries:
        detail = json.dumps(entry.detail, ensure_ascii=False, default=str)
        say(f"{entry.sequence:5} {entry.at} {entry.actor} {entry.phase}: {entry.event} {detail}")


@topics.command("list")
def list_topics(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Show every topic and what it holds. Example: replicator topics list"""
    from replicator.cli.broker import held

    rows = held(load_config(config))
    _show(rows, format)


@topics.command()
def show(
    topic: Annotated[str, typer.Argument(help="The topic's whole name.")],
    last: Annotated[int, typer.Option(help="How many records of each partition.")] = 5,
    config: ConfigOption = DEFAULT_CONFIG,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show the last records of a topic. Example: replicator topics show social.public.users"""
    from replicator.cli.broker import latest

    records = latest(load_config(config), topic, last)
    if format is Format.JSON:
        show_json(records)
        return
    for record in records:
        say(f"[{record['partition']}]@{record['offset']} {record['key']} {record['value']}")


@topics.command()
def lag(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Show how far each partition has been applied. Example: replicator topics lag"""
    from replicator.cli.broker import ends

    read = load_config(config)
    with target_of(read) as target, state_of(read, target) as state:
        checkpoints = state.checkpoints()
    there = ends(read, sorted({checkpoint.topic for checkpoint in checkpoints}))
    rows: list[dict[str, Any]] = []
    for checkpoint in checkpoints:
        end = there.get((checkpoint.topic, checkpoint.partition))
        rows.append(
            {
                "topic": checkpoint.topic,
                "partition": checkpoint.partition,
                "applied": checkpoint.next_offset,
                "end": end,
                "lag": None if end is None else max(0, end - checkpoint.next_offset),
            }
        )
    _show(rows, format)


def _show(rows: list[dict[str, Any]], format: Format) -> None:
    if format is Format.JSON:
        show_json(rows)
    elif rows:
        cells = [["unknown" if v is None else v for v in row.values()] for row in rows]
        show_table(list(rows[0]), cells)
