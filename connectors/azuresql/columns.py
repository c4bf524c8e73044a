"""How the wire form of a value (`model.types`) becomes a typed column at the server.

Texts are read as `nvarchar(max)` and narrowed by the insert into the typed stage, which refuses
what is too long (2628): `OPENJSON … WITH (c nvarchar(10) …)` would cut it in silence. Everything
else is typed at once with the target's own type; `OPENJSON` decodes base64 into `varbinary`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from model.catalog import TableName
from model.errors import DataRefused, Unsupported
from model.ports import TargetColumn, TargetTable

_TEXTS: Final = frozenset({"nvarchar", "nchar", "varchar", "char", "ntext", "text", "sysname"})
_BYTES: Final = frozenset({"varbinary", "binary", "image"})
_TIMES: Final = frozenset({"datetime2", "datetimeoffset", "time"})
_PLAIN: Final = (
    frozenset(
        {
            "bit",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "real",
            "float",
            "decimal",
            "numeric",
            "money",
        }
        | {"smallmoney", "date", "datetime", "smalldatetime", "uniqueidentifier"}
    )
    | _TIMES
)
_SOURCE_DIGITS: Final = 6
"""Fractional digits of a second that a source's wire form can hold."""

NUMBER_ROUNDED: Final = 8115
"""Number reported for digits that the target's scale would drop (the server rounds silently)."""


def family(column: TargetColumn) -> str:
    """The type's name without its measures."""
    return column.type.partition("(")[0].strip().lower()


def is_text(column: TargetColumn) -> bool:
    return family(column) in _TEXTS


def insertable(table: TargetTable) -> tuple[TargetColumn, ...]:
    """Columns that take values: neither computed nor rowversion."""
    return tuple(
        column
        for column in table.columns
        if not column.computed and family(column) not in ("timestamp", "rowversion")
    )


def stage_type(column: TargetColumn) -> str:
    """The stage's type: the column's own, with its collation (a `#` table has tempdb's)."""
    return f"{column.type} COLLATE {column.collation}" if column.collation else column.type


def wire_type(column: TargetColumn, table: TableName) -> str:
    """The type in `OPENJSON … WITH`. Raises Unsupported for a type without a wire form."""
    kind = family(column)
    if kind in _TEXTS or kind == "xml":
        return "nvarchar(max)"
    if kind in _BYTES:
        return "varbinary(max)"
    if kind in _PLAIN:
        return column.type
    raise Unsupported(
        f"column {column.name} has the type {column.type}, which no change can be applied to",
        object=str(table),
        hint="choose another target type for it",
    )


def collated(expression: str, column: TargetColumn) -> str:
    """An expression that is compared with the column: OPENJSON's texts have the database's
    collation, and two implicit ones that differ are an error (468)."""
    if is_text(column) and column.collation:
        return f"{expression} COLLATE {column.collation}"
    return expression


class Digits:
    """Refuses values with more fractional digits than their column keeps."""

    def __init__(self, table: TableName, columns: Iterable[TargetColumn]) -> None:
        self._table = table
        self.limits = tuple(
            (column.name, limit) for column in columns if (limit := _fraction(column)) is not None
        )

    def check(self, values: dict[str, object]) -> None:
        """Raises DataRefused naming column, value and scale."""
        for name, limit in self.limits:
            value = values.get(name)
            if type(value) is not str or (dot := value.find(".")) < 0:
                continue
            if len(value) - dot - 1 > limit and _fraction_digits(value) > limit:
                raise DataRefused(
                    f"{value} in column {name} has more than {limit} digits after the point",
                    object=str(self._table),
                    hint="give the target column a larger scale",
                    number=NUMBER_ROUNDED,
                )


def _fraction(column: TargetColumn) -> int | None:
    kind = family(column)
    if kind in ("decimal", "numeric"):
        measures = re.findall(r"\d+", column.type)
        return int(measures[1]) if len(measures) > 1 else 0
    if kind in ("money", "smallmoney"):
        return 4
    if kind in _TIMES:
        scale = int((re.findall(r"\((\d+)\)", column.type) or ["7"])[0])
        return scale if scale < _SOURCE_DIGITS else None
    return None


def _fraction_digits(value: str) -> int:
    fraction = re.match(r"\d*", value.rpartition(".")[2])
    return len(fraction[0].rstrip("0")) if fraction else 0
