"""Tables that join a running migration or leave it. Each is begun again after a crash."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from model.catalog import TableName
from model.errors import Blocked
from model.state import Request, TableState, TrackedTable
from replicator.dropped import REMOVED, removal
from replicator.journal import Journal
from replicator.pairing import captured
from replicator.phases.context import Context, names
from replicator.phases.joining import make, planned_join
from replicator.phases.staging import SHAPE
from replicator.phases.stories import begun, publish
from replicator.quarantine import Decided, tracked
from replicator.snapshot.anew import captured_from
from replicator.snapshot.sessions import table_prefix

_COMING: Final = (TableState.PENDING, TableState.LOADING, TableState.LOADED)


def add(context: Context, request: Request) -> Decided | None:
    """Let a table join; None while capture does not know it yet.

    Its target table is made, its topic created, and it is tracked. Only when capture has said that
    it knows the table, the log is made to carry it: no capture ever reads its changes without
    counting them. Then it is loaded in an exact snapshot, as a reloaded table is.
    Raises ConfigurationError and Blocked before anything is changed.
    """
    name = str(request.detail["table"])
    table = _tracked(context, name) or _joined(context, request, name)
    if table.state is TableState.JOINING:
        if captured_from(table, context.state.statuses()) is None:
            return None
        _without(context, REMOVED, name)
        publish(context)
        expected = [TableState.JOINING]
        context.state.set_table(table.source, TableState.PENDING, expected=expected)
    elif not (table.anew and table.state in _COMING):
        return Decided(None, f"{name} is captured already: nothing was changed")
    return Decided(TableState.PENDING, f"{name} is loaded; `replicator status` shows how far")


def remove(context: Context, request: Request) -> Decided:
    """Let a table go: the log carries it no more, and nobody waits for it. What it has stays.

    Raises ConfigurationError for a table that is not captured; Blocked when it is the only one, or
    when another captured table references it.
    """
    name = str(request.detail["table"])
    known = context.state.recall(REMOVED) or {}
    table = _tracked(context, name)
    if table is not None:
        _refuse_needed(context, table)
        known = {**known, name: removal(table)}
        journal = Journal(context.state, request.actor)
        journal.note("table remove", str(table.state), {"table": name, **known[name]})
        context.state.remember(REMOVED, known)
        publish(context)
        _without(context, SHAPE, name)
        context.state.forget_table(table)
        context.target.end_bulk_sessions(table_prefix(context.config.migration, table.source))
        _withdraw(context, request, name)
    elif name not in known:
        tracked(context.state, name)
    kept = known[name]
    return Decided(
        None,
        f"{name} is not captured any more; {kept['target']} keeps its rows as they are, and the "
        f"topic {kept['topic']} stays until the migration is finished",
    )


def _joined(context: Context, request: Request, name: str) -> TrackedTable:
    """The table, tracked: known to all, and carried by nobody yet."""
    migration = context.state.migration()
    if migration is None or not migration.start.text:
        raise Blocked(
            "the load has not begun yet, and its tables are chosen at its beginning",
            object=name,
            hint="ask again when `replicator status` shows rows loaded",
        )
    join = planned_join(context, name)
    detail: dict[str, Any] = {"table": name, "target": str(join.table.target)}
    journal = Journal(context.state, request.actor)
    journal.note("table add", str(join.table.state), {**detail, "topic": join.table.topic})
    context.topics.create([join.table], may_hold_records=True)
    make(context, join)
    context.state.remember(SHAPE, {**(context.state.recall(SHAPE) or {}), name: join.shape})
    context.state.initialise_checkpoints(join.table.topic, join.table.partitions)
    since = begun(context, join.table).since
    joined = replace(join.table, since=since, reason="capture does not know it yet")
    context.state.save_tables([joined])
    return joined


def _refuse_needed(context: Context, table: TrackedTable) -> None:
    staying = [each for each in names(context.tracked()) if each != table.source]
    if not staying:
        raise Blocked(
            "it is the only table", object=str(table.source), hint="a migration needs one at least"
        )
    if referencing := _referencing(context, table.source, staying):
        raise Blocked(
            f"{', '.join(referencing)} references it: that foreign key would not hold in the "
            "target, where the rows of this table stay as they are",
            object=str(table.source),
            hint="remove the referencing tables first, or drop the foreign key in the source",
        )


def _referencing(context: Context, name: TableName, among: list[TableName]) -> list[str]:
    catalog = captured(context.source, among)
    return [
        str(each.name)
        for each in catalog.tables
        if any(key.referenced == name for key in each.foreign_keys)
    ]


def _tracked(context: Context, name: str) -> TrackedTable | None:
    return next((each for each in context.tracked() if str(each.source) == name), None)


def _without(context: Context, document: str, name: str) -> None:
    """A document that remembers tables by name forgets this one."""
    known = context.state.recall(document) or {}
    if name in known:
        context.state.remember(document, {k: v for k, v in known.items() if k != name})


def _withdraw(context: Context, request: Request, name: str) -> None:
    """Whoever still waits for the table to join is told that it will not."""
    what = f"{request.actor} removed the table before it had joined"
    answer = {"table": name, "code": Blocked.exit_code, "what": what, "object": name, "hint": ""}
    for other in context.state.requests():
        if other.kind == "table add" and other.id < request.id and other.detail["table"] == name:
            context.state.answer(other.id, json.dumps(answer))
