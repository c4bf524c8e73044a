"""Which tables the source's log carries, and where a table's story begins anew in it."""

from __future__ import annotations

import time
from dataclasses import replace
from uuid import uuid4

from model.state import TableState, TrackedTable
from replicator.dropped import REMOVED
from replicator.pairing import captured
from replicator.phases.context import Context


def publish(context: Context) -> None:
    """Let the log carry exactly the tracked tables that the source has, but those that leave."""
    leaving = context.state.recall(REMOVED) or {}
    staying = [each.source for each in context.tracked() if str(each.source) not in leaving]
    context.source.prepare(captured(context.source, staying).tables)


def begun(context: Context, table: TrackedTable) -> TrackedTable:
    """The table as its story begins anew here in the source's log."""
    since = context.source.write_marker(f"anew:{uuid4()}", time.time_ns() // 1_000_000)
    return replace(table, state=TableState.PENDING, reason="", since=since)
