"""Shapes in which a table is written, and what became of one, in words that a person can act on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from model.catalog import Column, Table, TableName
from model.errors import Unsupported
from model.position import START, Position
from model.state import TrackedTable

SHAPES: Final = "capture.shapes"
"""The document that remembers the shapes which were accepted. Only capture writes it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the log's records of a table look like, from the position `since` on: carried columns
    in order with the source's spelling of their types, and the record's key."""

    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    since: str = ""

    @classmethod
    def of(cls, table: Table, since: str = "") -> Shape:
        """The shape of a table as the catalog or the log describes it."""
        return cls(tuple((c.name, c.native) for c in table.carried), table.key, since)


@dataclass(frozen=True, slots=True)
class Followed:
    """A table's new shape that can be followed once the target has a place for `added`."""

    table: TableName
    added: tuple[Column, ...]
    position: Position = START
    """Of the first record in the new shape."""


class Shapes:
    """The accepted shapes of every table, oldest first.

    Older ones are kept: a restart reads log again that was written before the newest began.
    """

    def __init__(self, shapes: Mapping[TableName, Sequence[Shape]] | None = None) -> None:
        self._shapes = {name: list(each) for name, each in (shapes or {}).items()}

    def accepted(self, table: TableName, position: str) -> Shape | None:
        """The shape of records at a position; None while the table has none."""
        found = self._shapes.get(table)
        if not found:
            return None
        return found[max(0, bisect_right(found, position, key=lambda shape: shape.since) - 1)]

    def accept(self, table: Table, position: str) -> None:
        """From this position on the table has this shape."""
        kept = [shape for shape in self._shapes.get(table.name, ()) if shape.since < position]
        self._shapes[table.name] = [*kept, Shape.of(table, position)]

    def document(self, tracked: Sequence[TrackedTable]) -> dict[str, Any]:
        """What is remembered of them."""
        return {
            str(table.source): {
                "story": table.since.text,
                "shapes": [[s.since, s.columns, s.key] for s in self._shapes[table.source]],
            }
            for table in tracked
            if table.source in self._shapes
        }


def remembered(
    document: Mapping[str, Any] | None,
    tracked: Sequence[TrackedTable],
    catalog: Mapping[TableName, Table],
) -> Shapes:
    """The shapes that a former session accepted; a story that just begins has today's shape."""
    shapes = {}
    for table in tracked:
        told = (document or {}).get(str(table.source))
        if told is not None and told["story"] == table.since.text:
            shapes[table.source] = [
                Shape(tuple((name, native) for name, native in columns), tuple(key), since)
                for since, columns, key in told["shapes"]
            ]
        elif table.source in catalog:
            shapes[table.source] = [Shape.of(catalog[table.source])]
    return Shapes(shapes)


def judged(old: Shape, table: Table) -> Followed | None:
    """What is new in a table's shape and can be followed: nullable columns without a default at
    its end; None when nothing is. Raises Unsupported saying what else changed.

    Constraints, indexes and comments do not reach the log and concern nobody here. A column with
    a default has filled old rows without a trace in the log.
    """
    new = Shape.of(table)
    added = tuple(c for c in table.carried if c.name not in dict(old.columns))
    differences = [*_columns(old, table), *(_obstacle(column) for column in added)]
    differences = [each for each in differences if each]
    if old.key != new.key:
        differences.append(f"key ({', '.join(old.key)}) became ({', '.join(new.key)})")
    kept = tuple(name for name, _ in new.columns[: len(old.columns)])
    if not differences and kept != tuple(name for name, _ in old.columns):
        differences.append("its columns stand in another order")
    if differences:
        raise Unsupported(f"the table's shape changed: {'; '.join(differences)}")
    return Followed(table.name, added) if added else None


def _columns(old: Shape, table: Table) -> list[str]:
    after = {column.name: column.native for column in table.carried}
    found = []
    for name, native in old.columns:
        if name not in after:
            found.append(f"column {name} is gone")
        elif after[name] != native:
            found.append(f"column {name} {native} became {after[name]}")
    return found


def _obstacle(column: Column) -> str:
    """Why a new column cannot be followed; empty when it can."""
    if column.default is not None:
        return f"column {column.name} {column.native} with default {column.default} is new"
    if not column.nullable or column.identity is not None:
        return f"column {column.name} {column.native} is new and does not take NULL"
    return ""
