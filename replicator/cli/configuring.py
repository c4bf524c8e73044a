"""`replicator config`: is the file right, what does it say, what may it say."""

from __future__ import annotations

import typer
import yaml

from replicator.cli.output import (
    DEFAULT_CONFIG,
    ConfigOption,
    Format,
    FormatOption,
    say,
    show_json,
)
from replicator.config.file import config_schema, load_config

app = typer.Typer(
    help="Check, show or describe the configuration.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Read the file and say whether it is right. Example: replicator config check -c m.yaml"""
    read = load_config(config)
    if format is Format.JSON:
        show_json({"file": str(config), "migration": read.migration, "valid": True})
    else:
        say(f"{config}: the configuration of {read.migration} is valid")


@app.command()
def show(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Show every effective value, secrets masked. Example: replicator config show -c m.yaml"""
    values = load_config(config).shown()
    if format is Format.JSON:
        show_json(values)
    else:
        say(yaml.safe_dump(values, sort_keys=False, allow_unicode=True).rstrip())


@app.command()
def schema() -> None:
    """Print the JSON Schema of the file. Example: replicator config schema > schema.json"""
    show_json(config_schema())
