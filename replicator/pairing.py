"""Each captured table as both ends describe it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from model.catalog import Catalog, Table, TableName
from model.errors import Blocked
from model.ports import Source, Target, TargetTable
from model.state import TrackedTable

Pairs = Mapping[TableName, tuple[Table, TargetTable]]
"""The source's name of a table → its shape in the source, its shape in the target."""


def captured(source: Source, names: Iterable[TableName]) -> Catalog:
    """These tables as the source has them now, whatever the configuration chooses."""
    wanted = set(names)
    catalog = source.catalog(patterns(wanted), [])
    return replace(catalog, tables=tuple(t for t in catalog.tables if t.name in wanted))


def patterns(names: Iterable[TableName]) -> list[str]:
    """For each table the pattern (as in `source.tables.include`) that chooses it alone."""
    literal = str.maketrans({letter: f"[{letter}]" for letter in "[*?"})
    return sorted(str(name).translate(literal) for name in names)


def paired(catalog: Catalog, target: Target, tracked: Sequence[TrackedTable]) -> Pairs:
    """Both shapes of every table. Raises Blocked when one of them is missing."""
    found = {table.name: table for table in catalog.tables}
    pairs = {}
    for each in tracked:
        here, there = found.get(each.source), target.describe(each.target)
        if here is None or there is None:
            raise Blocked(
                f"the table is gone from the {'source' if here is None else 'target'}",
                object=str(each.source if here is None else each.target),
                hint="deploy it again, or exclude it in source.tables",
            )
        pairs[each.source] = (here, there)
    return pairs
