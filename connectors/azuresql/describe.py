"""A table as the target's catalog has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from model.catalog import TableName
from model.ports import TargetColumn, TargetTable

COLUMNS: Final = (
    "/* replicator:describe-columns */ SELECT c.name, y.name AS type_name, c.max_length, "
    "c.[precision], c.[scale], c.is_nullable, c.is_identity, c.is_computed, "
    "c.generated_always_type, c.collation_name FROM sys.columns AS c "
    "INNER JOIN sys.types AS y ON y.user_type_id = "
    "CASE WHEN c.system_type_id = 240 THEN c.user_type_id ELSE c.system_type_id END "
    "WHERE c.object_id = OBJECT_ID(?, N'U') ORDER BY c.column_id"
)
"""One row a column, of the base type behind an alias (240: CLR types have no other name)."""

KEY: Final = (
    "/* replicator:describe-key */ SELECT c.name FROM sys.indexes AS i "
    "INNER JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id "
    "INNER JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id "
    "WHERE i.object_id = OBJECT_ID(?, N'U') AND i.is_primary_key = 1 AND x.key_ordinal > 0 "
    "ORDER BY x.key_ordinal"
)

_CHARACTERS: Final = frozenset({"nvarchar", "nchar"})
_OCTETS: Final = frozenset({"varchar", "char", "varbinary", "binary"})


def read(name: TableName, columns: Sequence[Any], key: Sequence[Any]) -> TargetTable | None:
    """The table of the rows of `COLUMNS` and `KEY`; None when there are none."""
    if not columns:
        return None
    return TargetTable(
        name=name,
        columns=tuple(
            TargetColumn(
                name=row.name,
                type=type_text(row.type_name, row.max_length, row.precision, row.scale),
                nullable=bool(row.is_nullable),
                identity=bool(row.is_identity),
                computed=bool(row.is_computed)
                or bool(row.generated_always_type)
                or row.type_name == "timestamp",
                collation=row.collation_name,
            )
            for row in columns
        ),
        key=tuple(row[0] for row in key),
    )


def type_text(name: str, max_length: int, precision: int, scale: int) -> str:
    """T-SQL's text of a type from the catalog's figures; `max_length` counts bytes, −1 is max."""
    if name in _CHARACTERS:
        return f"{name}({'max' if max_length < 0 else max_length // 2})"
    if name in _OCTETS:
        return f"{name}({'max' if max_length < 0 else max_length})"
    if name in ("decimal", "numeric"):
        return f"{name}({precision},{scale})"
    if name in ("datetime2", "datetimeoffset", "time"):
        return f"{name}({scale})"
    if name == "float" and precision != 53:
        return f"float({precision})"
    return name
