"""Which tables the source's log carries, and where a table's story begins anew in it."""

from __future__ import annotations

import time
from dataclasses import replace
from uuid import uuid4

from model.state import TableState, TrackedTable
from replicator.phases.context import Context


def publish(context: Context, *more: TrackedTable) -> None:
    """Let the log carry exactly the tracked tables that the source has, and these."""
    names = {table.source for table in (*context.tracked(), *more)}
    context.source.prepare([each for each in context.catalog().tables if each.name in names])


def begun(context: Context, table: TrackedTable) -> TrackedTable:
    """The table as its story begins anew here in the source's log."""
    since = context.source.write_marker(f"anew:{uuid4()}", time.time_ns() // 1_000_000)
    return replace(table, state=TableState.PENDING, reason="", since=since)
