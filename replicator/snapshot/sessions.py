"""Names of bulk sessions, by which they can be found and ended."""

from __future__ import annotations

import hashlib
from typing import Final

from model.catalog import TableName

_LONGEST: Final = 128
"""`program_name` of `sys.dm_exec_sessions` is nvarchar(128)."""


def table_prefix(migration: str, table: TableName) -> str:
    """What the names of all our bulk sessions on this table begin with."""
    name = str(table)
    if len(name) > 48:
        name = f"{name[:31]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return f"replicator:{migration}:{name}:"


def application(migration: str, table: TableName, owner: str) -> str:
    """The name of one worker's bulk session on one table."""
    return (table_prefix(migration, table) + owner)[:_LONGEST]
