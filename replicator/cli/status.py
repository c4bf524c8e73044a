"""`replicator status`: one screen that tells the truth or says "unknown"."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from model.errors import Retryable, Unreachable
from model.ports import State
from replicator.cli.ends import state_of, target_of
from replicator.cli.output import (
    DEFAULT_CONFIG,
    ConfigOption,
    Format,
    FormatOption,
    console,
    show_json,
)
from replicator.config.file import Config, load_config
from replicator.standing import Document, standing

_EVERY_S = 1.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every second.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show where the migration stands. Example: replicator status --watch -c m.yaml

    With `--watch --format json`: one JSON object a line.
    """
    read = load_config(config)
    if watch:
        _watch(read, format)
    document = _once(read)
    if format is Format.JSON:
        show_json(document)
    else:
        console().print(screen(document))


def _once(config: Config) -> Document:
    with target_of(config) as target, state_of(config, target) as state:
        return standing(state, config.migration)


def _watch(config: Config, format: Format) -> None:
    """For ever; a target that is away for a moment does not end it."""
    live = Live(console=console(), auto_refresh=False) if format is Format.TEXT else None
    if live is not None:
        live.start()
    while True:
        try:
            with target_of(config) as target, state_of(config, target) as state:
                _follow(state, config.migration, live)
        except (Retryable, Unreachable) as error:
            _show({"migration": config.migration, "state": None, "reason": str(error)}, live)
            time.sleep(_EVERY_S)  # before it asks a target that was away again


def _follow(state: State, name: str, live: Live | None) -> None:
    while True:
        _show(standing(state, name), live)
        time.sleep(_EVERY_S)  # the next screen


def _show(document: Document, live: Live | None) -> None:
    if live is None:
        show_json(document, line=True)
    else:
        live.update(screen(document), refresh=True)


def screen(document: Document) -> Group:
    """The document as text for people."""
    head = Text.assemble(
        (document["migration"], "bold"), ": ", document["state"] or "not started yet"
    )
    if reason := document.get("reason"):
        head.append(f" ({reason})")
    if "tables" not in document:
        return Group(head)
    rows = document["rows"]
    lines = [
        Text(f"rows    {rows['loaded']} loaded, {_known(rows['percent'], '%')}"),
        Text(f"lag     {_lag(document['lag_ms'])}"),
        Text(f"roles   {_roles(document['roles'])}"),
    ]
    if document["quarantined"]:
        lines.append(Text(f"quarantined  {', '.join(document['quarantined'])}", style="red"))
    if document["joining"]:
        lines.append(Text(f"joining  {', '.join(document['joining'])}", style="yellow"))
    if document["anew"]:
        lines.append(Text(f"loaded anew  {', '.join(document['anew'])}", style="yellow"))
    for name, kept in document["removed"].items():
        lines.append(Text(f"removed  {name} (kept: {kept['target']}, topic {kept['topic']})"))
    if attempt := document["cutover"]:
        lines.append(Text(f"cut-over  {_attempt(attempt)}"))
    return Group(head, *lines, _table(document["tables"]))


def _table(tables: list[Document]) -> Table:
    table = Table("table", "state", "rows", "%", "reason", box=None, pad_edge=False)
    for line in tables:
        table.add_row(
            line["source"],
            line["state"],
            str(line["rows_loaded"]),
            _known(line["percent"]),
            line["reason"],
        )
    return table


def _known(value: Any, unit: str = "") -> str:
    return "unknown" if value is None else f"{value}{unit}"


def _lag(stages: Document) -> str:
    """Each stage's lag now, and the total's percentiles."""
    total = stages.get("total") or {}
    words = [f"{name.replace('_', ' ')} {_stage(value)}" for name, value in stages.items()]
    if total.get("p99") is not None:
        words.append(f"p50 {total['p50']:.0f} ms, p95 {total['p95']:.0f}, p99 {total['p99']:.0f}")
    return "; ".join(words)


def _stage(value: Document | None) -> str:
    now = (value or {}).get("now")
    return "unknown" if now is None else f"{now:.0f} ms"


def _roles(roles: dict[str, Document]) -> str:
    words = []
    for name, role in sorted(roles.items()):
        age = role.get("age_s", 0.0)
        words.append(f"{name} {role.get('phase', '')}" + (f" ({age:.0f} s ago)" if age > 5 else ""))
    return ", ".join(words) or "none has reported"


def _attempt(attempt: Document) -> str:
    if attempt["downtime_ms"] is not None:
        return f"{attempt['attempt']}: switched, {attempt['downtime_ms']} ms without writes"
    return f"{attempt['attempt']}: {attempt['aborted'] or 'under way'}"
