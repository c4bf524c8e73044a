"""What a person decides about a quarantined table: try again, drop one record, load it anew.

Each decision can be carried out again after a crash in its middle: it looks at where the table
stands before it acts, and acts in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from model.errors import Blocked, ConfigurationError
from model.ports import State
from model.position import Position
from model.state import ChunkState, MigrationState, Refusal, TableState, TrackedTable
from replicator.config.explain import nearest
from replicator.dropped import DROPPED, left_out
from replicator.journal import Journal

LOAD: Final = "load"
"""The document that says whether the load is paused."""

_EARLY: Final = (MigrationState.LOADING, MigrationState.CATCHING_UP)


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a decision: `state` is the table's now, None when nothing was changed."""

    state: TableState | None
    said: str


def retry(state: State, journal: Journal, name: str) -> Decided:
    """Open the table's gate again.

    What was refused is the next thing that is tried: nothing is skipped. Raises
    ConfigurationError for an unknown table, Blocked when trying again could not help.
    """
    table = tracked(state, name)
    if table.state is not TableState.QUARANTINED:
        return _not_quarantined(name)
    _still_written(state, table)
    to = _before(state, table)
    journal.note("table retry", str(to), {"table": name, "reason": table.reason})
    state.set_table(table.source, to, expected=[TableState.QUARANTINED])
    return _again(name, to)


def skip(state: State, journal: Journal, name: str) -> Decided:
    """Drop exactly the record that was refused, and open the table's gate again.

    The journal names the record. Raises as `retry`, and Blocked when what was refused is no
    record that could be dropped.
    """
    table = tracked(state, name)
    if table.state is not TableState.QUARANTINED:
        return _not_quarantined(name)
    _still_written(state, table)
    refusal = state.refusal(table.source)
    record = refusal.record if refusal else {}
    if "offset" not in record or "position" not in record or record.get("topic") != table.topic:
        raise Blocked(
            "what was refused is no record of its topic: there is nothing to drop",
            object=name,
            hint=f"mend its cause and `replicator table retry {name}`, or "
            f"`replicator table reload {name}`",
        )
    to = _before(state, table)
    place = {key: record[key] for key in ("topic", "partition", "offset", "position", "op")}
    journal.note("table skip", str(to), {"table": name, "reason": table.reason, **place})
    at = Position(record["position"])
    if not state.pass_over(table, to, record["partition"], record["offset"], at):
        raise Blocked(
            f"the record at offset {record['offset']} of partition {record['partition']} is not "
            "the next one any more",
            object=name,
            hint="`replicator table show` says what it stands at now",
        )
    return _again(name, to)


def pause_load(state: State, journal: Journal, *, paused: bool) -> Decided:
    """Hold the load after the chunks under way, or let it go on. Survives every restart."""
    if bool((state.recall(LOAD) or {}).get("paused")) is paused:
        already = "paused already" if paused else "not paused"
        return Decided(None, f"the load is {already}: nothing was changed")
    journal.note("load paused" if paused else "load resumed", "loading")
    state.remember(LOAD, {"paused": paused})
    said = "the load is paused: `replicator resume` lets it go on" if paused else "the load goes on"
    return Decided(None, said)


def tracked(state: State, name: str) -> TrackedTable:
    """The captured table of that name. Raises ConfigurationError."""
    tables = {str(table.source): table for table in state.tables()}
    if name not in tables:
        raise ConfigurationError(
            "no such table is captured",
            object=name,
            hint=f"did you mean {nearest(name, list(tables))!r}?" if tables else "",
        )
    return tables[name]


def masked(refusal: Refusal) -> dict[str, Any]:
    """What was refused, with every value replaced by its kind and length."""
    return {
        key: {name: _mask(each) for name, each in value.items()}
        if isinstance(value, dict)
        else value
        for key, value in refusal.record.items()
    }


def _mask(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return f"a number of {sum(letter.isdigit() for letter in str(value))} digits"
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    return f"a {type(value).__name__} of {len(value)}"


def _not_quarantined(name: str) -> Decided:
    return Decided(None, f"{name} is not quarantined: nothing was changed")


def _again(name: str, to: TableState) -> Decided:
    if to is TableState.LOADING:
        return Decided(to, f"{name}: the load goes on with what is left of it")
    return Decided(to, f"{name} is {to} again")


def _still_written(state: State, table: TrackedTable) -> None:
    if left_out(state.recall(DROPPED), table):
        raise Blocked(
            "capture has left this table's changes out, so they cannot be applied any more",
            object=str(table.source),
            hint=f"load it again: `replicator table reload {table.source}`",
        )


def _before(state: State, table: TrackedTable) -> TableState:
    """The state that its rows justify. Before the first time in sync, replays are tolerated."""
    chunks = state.chunks(table.source)
    if not chunks or any(chunk.state is not ChunkState.DONE for chunk in chunks):
        return TableState.LOADING
    migration = state.migration()
    early = migration is not None and migration.state in _EARLY
    return TableState.OPEN if early else TableState.CONSISTENT
