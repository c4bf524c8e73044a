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
from replicator.journal import Journal
from replicator.pairing import captured
from replicator.phases.context import Context
from replicator.phases.membership import add, remove
from replicator.phases.reshaping import bring_up
from replicator.phases.stories import begun, publish
from replicator.quarantine import Decided
from topics.admin import partitions_for

_log = logging.getLogger("replicator.coordinate")
_LOADING: Final = (
    TableState.JOINING,
    TableState.PENDING,
    TableState.LOADING,
    TableState.LOADED,
)


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
            answer = _answer(context, request)
            if answer is not None:
                context.state.answer(request.id, json.dumps(answer))
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
        ("joining", [t for t in tables if t.state is TableState.JOINING]),
        ("loaded anew", [t for t in tables if t.anew and t.state in _LOADING[1:]]),
    ):
        if chosen:
            said.append(f"{what}: {', '.join(str(table.source) for table in chosen)}")
    return "; ".join(said)


def _answer(context: Context, request: Request) -> dict[str, Any] | None:
    """None while it is under way: the next look goes on with it."""
    name = str(request.detail.get("table", ""))
    try:
        decided = _DECISIONS[request.kind](context, request)
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
    if decided is None:
        return None
    return {"table": name, "state": decided.state, "said": decided.said}


def _retry(context: Context, request: Request) -> Decided:
    return quarantine.retry(context.state, _journal(context, request), request.detail["table"])


def _skip(context: Context, request: Request) -> Decided:
    return quarantine.skip(context.state, _journal(context, request), request.detail["table"])


def _reload(context: Context, request: Request) -> Decided:
    """Begin the table's story anew: capture writes it from now on, the loader empties the target
    table and copies it in an exact snapshot. The other tables go on."""
    name = str(request.detail["table"])
    table = quarantine.tracked(context.state, name)
    migration = context.state.migration()
    made = context.topics.restore([table])  # somebody deleted it: its offsets begin anew too
    if migration is None or not migration.start.text or (table.state in _LOADING and not made):
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
    _journal(context, request).note("table reload", str(anew.state), detail)
    version = table.schema_version + 1
    context.state.begin_anew(
        replace(anew, key=there.key, rows_estimate=there.rows, schema_version=version)
    )
    again = " in its new shape" if reshaped else ""
    said = f"{name} is loaded anew{again}; `replicator status` shows how far"
    return Decided(TableState.PENDING, said)


def _pause(context: Context, request: Request) -> Decided:
    return quarantine.pause_load(context.state, _journal(context, request), paused=True)


def _resume(context: Context, request: Request) -> Decided:
    return quarantine.pause_load(context.state, _journal(context, request), paused=False)


def _journal(context: Context, request: Request) -> Journal:
    """Of who asked, at which host: what follows is their deed, whichever coordinator does it."""
    return Journal(context.state, request.actor)


def _in_source(context: Context, table: TrackedTable) -> Table:
    """The table as the source has it now. Raises Blocked when it cannot be captured as before."""
    found = captured(context.source, [table.source]).tables
    if not found:
        raise Blocked(
            "the table is gone from the source",
            object=str(table.source),
            hint=f"create it again, or let it go: `replicator table remove {table.source}`",
        )
    if partitions_for(found[0], context.config.kafka) != table.partitions:
        raise Blocked(
            f"it needs another number of partitions than the {table.partitions} of its topic, "
            "because its keys are others now",
            object=str(table.source),
            hint="undo that in the source",
        )
    return found[0]


_DECISIONS: Final[Mapping[str, Callable[[Context, Request], Decided | None]]] = {
    "table retry": _retry,
    "table skip": _skip,
    "table reload": _reload,
    "table add": add,
    "table remove": remove,
    "load pause": _pause,
    "load resume": _resume,
}
