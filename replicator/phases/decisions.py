"""Operators' requests about tables and the load, carried out between two looks of a phase."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from model.catalog import Table
from model.errors import Blocked, ReplicatorError, Retryable, Unreachable
from model.state import Request, TableState, TrackedTable
from replicator import quarantine
from replicator.phases.context import Context
from replicator.phases.reshaping import bring_up
from replicator.phases.stories import begun, publish
from replicator.quarantine import Decided
from topics.admin import partitions_for

_log = logging.getLogger("replicator.coordinate")
_LOADING: Final = (TableState.PENDING, TableState.LOADING, TableState.LOADED)


def serve(context: Context) -> list[Request]:
    """Carry out what is asked about tables, and show how the tables stand; returns the other
    requests.

    A request is answered when it is done: a coordinator that dies before leaves it to the next.
    """
    others = []
    for request in context.state.requests():
        if request.kind not in _DECISIONS:
            others.append(request)
            continue
        try:
            context.state.answer(request.id, json.dumps(_answer(context, request)))
        except (Retryable, Unreachable) as error:
            _log.warning(
                "a request waits", extra={"fields": {"what": request.kind, "why": str(error)}}
            )
    tables = context.tracked()
    context.metrics.set_tables(Counter(str(table.state) for table in tables))
    context.metrics.set_stopped(
        {str(t.source): str(t.state) for t in tables if t.state is not TableState.CONSISTENT}
    )
    return others


def standing(tables: list[TrackedTable]) -> str:
    """Why not all tables follow: those that are quarantined, those that are loaded anew."""
    said = []
    for what, chosen in (
        ("quarantined", [t for t in tables if t.state is TableState.QUARANTINED]),
        ("loaded anew", [t for t in tables if t.anew and t.state in _LOADING]),
    ):
        if chosen:
            said.append(f"{what}: {', '.join(str(table.source) for table in chosen)}")
    return "; ".join(said)


def _answer(context: Context, request: Request) -> dict[str, Any]:
    name = str(request.detail.get("table", ""))
    try:
        decided = _DECISIONS[request.kind](context, name)
    except (Retryable, Unreachable):
        raise  # the next look tries again
    except ReplicatorError as error:
        return {
            "table": name,
            "code": error.exit_code,
            "what": error.what,
            "object": error.object,
            "hint": error.hint,
        }
    return {"table": name, "state": decided.state, "said": decided.said}


def _retry(context: Context, name: str) -> Decided:
    return quarantine.retry(context.state, context.journal, name)


def _skip(context: Context, name: str) -> Decided:
    return quarantine.skip(context.state, context.journal, name)


def _reload(context: Context, name: str) -> Decided:
    """Begin the table's story anew: capture writes it from now on, the loader empties the target
    table and copies it in an exact snapshot. The other tables go on."""
    table = quarantine.tracked(context.state, name)
    migration = context.state.migration()
    if migration is None or not migration.start.text or table.state in _LOADING:
        return Decided(None, f"{name} is being loaded already: nothing was changed")
    there = _in_source(context, table)
    publish(context)  # a table that was dropped and created again has left it
    reshaped = bring_up(context, table)
    # Appliers leave it now, so that nobody waits for more than the batches in flight.
    away = "it is about to be loaded anew"
    context.state.set_table(
        table.source, TableState.QUARANTINED, expected=list(TableState), reason=away
    )
    anew = begun(context, table)
    detail = {"table": name, "reason": table.reason, "since": anew.since.text}
    context.journal.note("table reload", str(anew.state), detail)
    version = table.schema_version + 1
    context.state.begin_anew(
        replace(anew, key=there.key, rows_estimate=there.rows, schema_version=version)
    )
    again = " in its new shape" if reshaped else ""
    said = f"{name} is loaded anew{again}; `replicator status` shows how far"
    return Decided(TableState.PENDING, said)


def _pause(context: Context, _: str) -> Decided:
    return quarantine.pause_load(context.state, context.journal, paused=True)


def _resume(context: Context, _: str) -> Decided:
    return quarantine.pause_load(context.state, context.journal, paused=False)


def _in_source(context: Context, table: TrackedTable) -> Table:
    """The table as the source has it now. Raises Blocked when it cannot be captured as before."""
    found = {each.name: each for each in context.catalog().tables}.get(table.source)
    if found is None:
        raise Blocked(
            "the table is gone from the source, or source.tables excludes it",
            object=str(table.source),
            hint="correct source.tables, or create the table again",
        )
    if partitions_for(found, context.config.kafka) != table.partitions:
        raise Blocked(
            f"it needs another number of partitions than the {table.partitions} of its topic, "
            "because its keys are others now",
            object=str(table.source),
            hint="undo that in the source",
        )
    return found


_DECISIONS: Final[Mapping[str, Callable[[Context, str], Decided]]] = {
    "table retry": _retry,
    "table skip": _skip,
    "table reload": _reload,
    "load pause": _pause,
    "load resume": _resume,
}
