"""`replicator validate`: every row of both ends compared."""

from __future__ import annotations

import typer

from replicator.cli.ends import source_of, state_of, target_of
from replicator.cli.output import DEFAULT_CONFIG, ConfigOption, Format, FormatOption, say, show_json
from replicator.config.file import load_config
from replicator.pairing import captured, paired


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(validate)


def validate(config: ConfigOption = DEFAULT_CONFIG, format: FormatOption = Format.TEXT) -> None:
    """Compare every row, value by value. Example: replicator validate -c m.yaml

    Bounded memory. Exit code 1 when anything differs. While the application writes, differences
    may be changes under way: compare behind the fence or after the switch.
    """
    # DuckDB is only for those who compare.
    from replicator.validation import compare

    read = load_config(config)
    with (
        source_of(read) as source,
        target_of(read) as target,
        state_of(read, target) as state,
    ):
        tracked = state.tables()
        catalog = captured(source, [table.source for table in tracked])
        pairs = paired(catalog, target, tracked)
        report = compare(source, target, [*pairs.values()])
    if format is Format.JSON:
        show_json(report.to_json())
    else:
        for table in report.tables:
            say(f"{table.table}: {table.source_rows} rows, {table.differences} differences")
            for difference in table.listed:
                say(f"  {difference}")
        say(f"{report.differences} differences in {report.rows} rows")
    if report.differences:
        raise typer.Exit(1)
