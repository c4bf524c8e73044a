"""Tables whose story begins anew: emptied, and read in an exact snapshot behind capture's back.

Capture says that it writes the new story before the snapshot is taken. So each commit is either in
the snapshot or in the topic behind the offsets that capture named, and what precedes is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.catalog import TableName
from model.ports import State, Target
from model.state import RoleStatus, TrackedTable
from replicator.snapshot.sessions import table_prefix


def ready(table: TrackedTable, statuses: Sequence[RoleStatus]) -> bool:
    """Whether the table may be loaded now: at once, or when capture writes its new story."""
    return not table.anew or captured_from(table, statuses) is not None


def captured_from(table: TrackedTable, statuses: Sequence[RoleStatus]) -> list[int] | None:
    """Offsets, one for each partition, behind which the topic holds the new story; None until
    capture has said so. What any capture has ever said of this story stays true."""
    for status in statuses:
        told = status.detail.get("anew", {}).get(str(table.source))
        if told is not None and told["since"] == table.since.text:
            return [int(end) for end in told["ends"]]
    return None


def empty(target: Target, state: State, migration: str, table: TrackedTable) -> None:
    """No row of the former story stays, and nobody of ours is about to send one. Idempotent."""
    target.end_bulk_sessions(table_prefix(migration, table.source))
    state.forget_chunks(table.source)
    target.truncate(table.target)


def ends(state: State, tables: Sequence[TrackedTable]) -> dict[TableName, list[int]]:
    """Behind which offsets each table's checkpoints will stand. Asked before the snapshot is taken:

    ✗ a capture that starts again meanwhile names later ones, and what it wrote between is in no
    snapshot.
    """
    statuses = state.statuses()
    told = {table.source: captured_from(table, statuses) for table in tables}
    return {name: behind for name, behind in told.items() if behind is not None}
