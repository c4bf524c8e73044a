"""What a target database holds already: the objects that scripts make, by kind and name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from model.ports import TargetObject

_SCHEMAS: Final = """/* replicator:inventory */
SELECT N'schema', s.name, N'' FROM sys.schemas AS s"""

_OBJECTS: Final = """/* replicator:inventory */
SELECT o.type, s.name + N'.' + o.name, CASE WHEN p.object_id IS NULL THEN N''
       ELSE ps.name + N'.' + p.name END
FROM sys.objects AS o
JOIN sys.schemas AS s ON s.schema_id = o.schema_id
LEFT JOIN sys.objects AS p ON p.object_id = o.parent_object_id
LEFT JOIN sys.schemas AS ps ON ps.schema_id = p.schema_id
WHERE o.is_ms_shipped = 0"""

_INDEXES: Final = """/* replicator:inventory */
SELECT N'index', s.name + N'.' + t.name + N'.' + i.name, s.name + N'.' + t.name
FROM sys.indexes AS i
JOIN sys.tables AS t ON t.object_id = i.object_id
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE i.name IS NOT NULL AND i.is_primary_key = 0 AND i.is_unique_constraint = 0"""

_KINDS: Final = {
    "U": "table",
    "V": "view",
    "SO": "sequence",
    "PK": "constraint",
    "UQ": "constraint",
    "F": "constraint",
    "C": "constraint",
    "D": "constraint",
}


def read_objects(rows: Callable[[str], Sequence[Any]]) -> frozenset[TargetObject]:
    """All schemas, tables, views, sequences, constraints and indexes. `rows` runs a query."""
    found = {TargetObject(kind, name, table) for kind, name, table in rows(_SCHEMAS)}
    for type_, name, table in rows(_OBJECTS):
        kind = _KINDS.get(type_.strip())
        if kind is not None:
            found.add(TargetObject(kind, name, table))
    found.update(TargetObject(kind, name, table) for kind, name, table in rows(_INDEXES))
    return frozenset(found)
