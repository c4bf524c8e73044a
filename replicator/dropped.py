"""Tables whose changes capture leaves out, and those that it writes from a later position on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from model.catalog import TableName
from model.position import Position
from model.state import TrackedTable

DROPPED: Final = "capture.dropped"
"""The document that names the tables which capture no longer writes: reason and position. Only
capture writes it."""


def left_out(document: Mapping[str, Any] | None, table: TrackedTable) -> bool:
    """Whether capture leaves the table's changes out for good: it met something that it could not
    go on with, and the table has not begun anew since."""
    met = (document or {}).get(str(table.source))
    return met is not None and table.since <= Position(met["position"])


Story = tuple[TableName, str, int, Position]


def stories(tables: Iterable[TrackedTable]) -> frozenset[Story]:
    """What a session of capture is opened for: another set needs another session."""
    return frozenset((each.source, each.topic, each.partitions, each.since) for each in tables)
