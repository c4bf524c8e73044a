"""Tables that capture stops writing, and why: only loading them anew brings them back."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any, Final

from model.catalog import Catalog, Table, TableName
from model.ports import State
from model.position import Position
from model.state import TableState, TrackedTable
from replicator.capture.recording import Dropped
from replicator.dropped import DROPPED, REMOVED, gone, left_out

_LAST: Final = "ffffffff"
_log = logging.getLogger("replicator.capture")


def record_dropped(state: State, dropped: Sequence[Dropped]) -> None:
    """Quarantine these tables, and remember that nothing of them is written from here on."""
    document: dict[str, Any] = state.recall(DROPPED) or {}
    for each in dropped:
        document[str(each.table)] = {"reason": each.reason, "position": each.position.text}
        # A table that begins anew beyond this record has left it behind.
        state.quarantine(each.table, each.reason, each.record, each.position)
    state.remember(DROPPED, document)


def stop_missing(
    state: State, tracked: Sequence[TrackedTable], catalog: Catalog, resume: Position
) -> None:
    """Tables that were dropped or renamed stop before the log is read; the others go on."""
    found, known = {table.name for table in catalog.tables}, state.recall(DROPPED)
    _stop(
        state,
        [
            Dropped(table.source, _end(max(resume, table.since)), gone(table.source), {})
            for table in tracked
            if table.source not in found and not left_out(known, table)
        ],
    )


def stop_uncarried(
    state: State, tracked: Sequence[TrackedTable], carried: Collection[TableName], boundary: str
) -> None:
    """Tables that the log carries no more stop.

    `boundary` and `tracked` were read before `carried` was asked: ✗ a table that joins between the
    two is tracked as one that is carried, and the answer does not name it yet.
    """
    known = state.recall(DROPPED)
    leaving = state.recall(REMOVED) or {}
    end = _end(Position(f"{boundary}/{_LAST}"))
    _stop(
        state,
        [
            Dropped(table.source, end, gone(table.source), {})
            for table in tracked
            if table.source not in carried
            and table.state is not TableState.JOINING
            and table.since < end
            and str(table.source) not in leaving
            and not left_out(known, table)
        ],
    )


def counted(catalog: Catalog, tables: Sequence[TrackedTable]) -> list[Table]:
    """The tables whose records are counted. Of one that is gone only the log knows the columns."""
    found = {table.name for table in catalog.tables}
    lost = [Table(each.source, (), key=each.key) for each in tables if each.source not in found]
    return [*catalog.tables, *lost]


def _stop(state: State, dropped: Sequence[Dropped]) -> None:
    if dropped:
        record_dropped(state, dropped)
    for each in dropped:
        _log.error("%s is quarantined: %s", each.table, each.reason)


def _end(position: Position) -> Position:
    """Behind everything in the transaction of that position."""
    return Position(f"{position.boundary}/{_LAST}")
