"""Tables whose changes capture leaves out, and those that it writes from a later position on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from model.catalog import TableName
from model.position import Position
from model.state import TrackedTable

DROPPED: Final = "capture.dropped"
"""The document that names the tables which capture no longer writes: reason and position. Only
capture writes it."""

REMOVED: Final = "removed"
"""The document that names the tables which an operator removed, and what stays of each: `target`,
`topic`, `partitions`, `key`. Only the coordinator writes it."""


def left_out(document: Mapping[str, Any] | None, table: TrackedTable) -> bool:
    """Whether capture leaves the table's changes out for good: it met something that it could not
    go on with, and the table has not begun anew since."""
    met = (document or {}).get(str(table.source))
    return met is not None and table.since <= Position(met["position"])


def gone(name: TableName) -> str:
    """Why a table that the log carries no more is quarantined."""
    return (
        "the source's log carries it no more: it is gone, or it was made again → create it again "
        f"if it is gone, then `replicator table reload {name}`; or let it go: "
        f"`replicator table remove {name}`"
    )


def removal(table: TrackedTable) -> dict[str, Any]:
    """What is remembered of a table that is removed."""
    return {
        "target": str(table.target),
        "topic": table.topic,
        "partitions": table.partitions,
        "key": list(table.key),
    }


def removed(
    document: Mapping[str, Any] | None, tracked: Sequence[TrackedTable]
) -> list[TrackedTable]:
    """The tables that were removed and have not come back.

    The log may still carry them: their records are counted and not written, or a transaction that
    is read again would give the records of others lower positions than they had.
    """
    back = {str(table.source) for table in tracked}
    return [
        TrackedTable(
            TableName.parse(name),
            TableName.parse(kept["target"]),
            kept["topic"],
            kept["partitions"],
            tuple(kept["key"]),
        )
        for name, kept in (document or {}).items()
        if name not in back
    ]


Story = tuple[TableName, str, int, Position]


def stories(tables: Iterable[TrackedTable]) -> frozenset[Story]:
    """What a session of capture is opened for: another set needs another session."""
    return frozenset((each.source, each.topic, each.partitions, each.since) for each in tables)
