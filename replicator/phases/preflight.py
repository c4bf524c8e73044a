"""Read everything, change nothing: will the cut-over succeed?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final

from model.catalog import Catalog, TableName
from model.errors import Blocked
from model.state import TableState, TrackedTable
from replicator.drift import Shape, drift
from replicator.phases.context import Context, Outcome, Phase, names
from replicator.phases.staging import SHAPE

_FIRST_LAG_S: Final = 5.0
"""How long an applier that has just begun may take to know its lag."""


def run(context: Context) -> Outcome:
    """Done when nothing stands in the way. Raises Blocked naming everything that does."""
    problems = [
        *_tables(context),
        *_schema(context),
        *_carried(context),
        *_writers(context),
        *_ends(context),
    ]
    problems = problems or list(_lag(context))
    if problems:
        raise Blocked(
            "the cut-over cannot start: " + "; ".join(problems),
            object=context.config.migration,
            hint="nothing was changed; mend these and ask again",
        )
    return Outcome({"tables": len(context.tracked())})


def _tables(context: Context) -> Iterator[str]:
    for table in context.tracked():
        if table.state is not TableState.CONSISTENT:
            reason = f" ({table.reason})" if table.reason else ""
            yield f"{table.source} is {table.state}{reason}"


def _schema(context: Context) -> Iterator[str]:
    before = context.state.recall(SHAPE)
    catalog = context.catalog()
    context.cutting_over().numbered = numbered(catalog, context.tracked())
    if before is None:
        yield "the source's shape at deploy was not recorded"
    else:
        yield from drift(before, catalog)
        yield from _not_followed(context, before, catalog)


def _carried(context: Context) -> Iterator[str]:
    """Tables that were dropped and made again: nothing of them comes any more."""
    carried = context.source.carried()
    for name in names(context.tracked()):
        if name not in carried:
            yield f"the source's publication has lost {name}: `replicator table reload {name}`"


def _not_followed(context: Context, before: Shape, catalog: Catalog) -> Iterator[str]:
    """New columns that no change has brought to the target yet: the log shows none before."""
    targets = {str(table.source): table.target for table in context.tracked()}
    for table in catalog.tables:
        name = str(table.name)
        known = before.get(name, {"columns": {}})["columns"]
        new = [column.name for column in table.carried if column.name not in known]
        if not new or name not in targets:
            continue
        there = context.target.describe(targets[name])
        has = {column.name for column in there.columns} if there is not None else set()
        for column in new:
            if column not in has:
                yield (
                    f"{name}.{column} is new and not in the target yet: update a row of {name}, "
                    f"or `replicator table reload {name}`"
                )


def numbered(catalog: Catalog, tracked: Sequence[TrackedTable]) -> dict[TableName, str]:
    """Sequence → the target's column that it numbers, `schema.table.column`."""
    target = {table.source: table.target for table in tracked}
    columns = {
        sequence.name: f"{target[sequence.owner[0]]}.{sequence.owner[1]}"
        for sequence in catalog.sequences
        if sequence.owner is not None and sequence.owner[0] in target
    }
    for table in catalog.tables:
        for column in table.columns:
            if column.identity and column.identity.sequence and table.name in target:
                columns[column.identity.sequence] = f"{target[table.name]}.{column.name}"
    return columns


def _writers(context: Context) -> Iterator[str]:
    """Who could write where nobody may."""
    options = context.config.cutover
    if not options.source_roles:
        yield "cutover.source_roles names no role: nobody would be kept from writing in the source"
    for role in context.source.superusers(options.source_roles):
        yield f"the application's role {role} is a superuser of the source: nothing can stop it"
    carried = context.source.carried()  # whoever may write in one that is gone is no matter
    for role in context.source.writers([n for n in names(context.tracked()) if n in carried]):
        if role not in options.source_roles:
            yield f"the role {role} may write in the source but is not in cutover.source_roles"
    for principal in context.target.writers():
        yield f"{principal} may write in the target already"


def _ends(context: Context) -> Iterator[str]:
    context.topics.verify(context.tracked())
    if context.source.lag_bytes() is None:
        yield "how much log the source still holds for us is unknown"


def _lag(context: Context) -> Iterator[str]:
    """Every reading within `stable_for` must be at most `max_lag`; the first may need a moment."""
    options = context.config.cutover
    start = time.monotonic()
    known_since: float | None = None
    while known_since is None or time.monotonic() < known_since + options.stable_for:
        lag = _lag_ms(context)
        if lag is not None and known_since is None:
            known_since = time.monotonic()
        if lag is None and (known_since or time.monotonic() > start + _FIRST_LAG_S):
            yield "the lag is unknown: no heartbeat has come through lately"
            return
        if lag is not None and lag > options.max_lag * 1000:
            yield f"the lag is {lag:.0f} ms, more than cutover.max_lag"
            return
        context.breathe(0.25)


def _lag_ms(context: Context) -> float | None:
    for status in context.state.statuses():
        if status.role == "apply" and status.age_s < 5:
            total = (status.detail.get("lag_ms") or {}).get("total") or {}
            if total.get("now") is not None:
                return float(total["now"])
    return None


PHASE = Phase(run)
