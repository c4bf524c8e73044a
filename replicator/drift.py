"""Whether the source still looks as it did when the target was deployed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from model.catalog import Catalog, Column, Table

Shape = dict[str, dict[str, Any]]
"""Table's name → `columns` (name → digest, and whether a new one may be followed) and `rest`."""


def shape(catalog: Catalog) -> Shape:
    """What must not change, as a small document. Estimates of rows and bytes are no part of it."""
    return {
        str(table.name): {
            "columns": {column.name: _digest(column) for column in table.columns},
            "rest": _digest(_without_columns(table)),
        }
        for table in catalog.tables
    }


def drift(before: Shape, catalog: Catalog) -> list[str]:
    """What changed since, one line each. A column that capture follows is no change.

    Followed is a new nullable column without default (protocol, "Schema change on the source").
    """
    now = shape(catalog)
    lines = [f"{name} is new" for name in now if name not in before]
    lines += [f"{name} is gone" for name in before if name not in now]
    for table in catalog.tables:
        if str(table.name) in before:
            lines += _changed(before[str(table.name)], table)
    return sorted(lines)


def _changed(before: dict[str, Any], table: Table) -> list[str]:
    lines = []
    columns: dict[str, str] = before["columns"]
    for column in table.columns:
        if column.name not in columns:
            if not (column.nullable and column.default is None and column.generated is None):
                lines.append(f"{table.name}.{column.name} is new and cannot be followed")
        elif columns[column.name] != _digest(column):
            lines.append(f"{table.name}.{column.name} changed")
    present = {column.name for column in table.columns}
    lines += [f"{table.name}.{name} is gone" for name in columns if name not in present]
    if before["rest"] != _digest(_without_columns(table)):
        lines.append(f"{table.name}: keys, indexes or constraints changed")
    return lines


def _without_columns(table: Table) -> Table:
    return replace(table, columns=(), rows=None, bytes=None, version=1)


def _digest(value: Table | Column) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
