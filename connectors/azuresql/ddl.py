"""The `replicator` schema in the target, as text: its tables and its version.

Every table carries the migration's name, so that several migrations feed one target without
seeing each other. Names and positions are compared in a binary collation: the database's own may
hold `users` and `Users` for the same.
"""

from __future__ import annotations

from typing import Final

from connectors.azuresql.dialect import BIN2

VERSION: Final = 2
"""Version of the schema that this code reads and writes; `version` holds those installed."""


def _text(length: int | str) -> str:
    return f"nvarchar({length}) COLLATE {BIN2}"


_MIGRATION: Final = f"[migration] {_text(128)} NOT NULL"
_SOURCE: Final = f"[source_schema] {_text(128)} NOT NULL, [source_name] {_text(128)} NOT NULL"
_SINCE: Final = f"[since] {_text(200)} NOT NULL DEFAULT N''"
_NOW: Final = "datetime2(3) NOT NULL DEFAULT SYSUTCDATETIME()"

TABLES: Final[dict[str, str]] = {
    "version": (f"[version] int NOT NULL, {_MIGRATION}, [at] {_NOW}, PRIMARY KEY ([version])"),
    "migration": (
        f"{_MIGRATION}, [state] {_text(32)} NOT NULL, [epoch] int NOT NULL, "
        f"[identity] {_text(200)} NOT NULL, [start] {_text(200)} NOT NULL, "
        f"[detail] nvarchar(max) NOT NULL, [at] {_NOW}, PRIMARY KEY ([migration])"
    ),
    "journal": (
        f"{_MIGRATION}, [sequence] bigint IDENTITY(1, 1) NOT NULL, [at] {_NOW}, "
        f"[event] {_text(128)} NOT NULL, [phase] {_text(64)} NOT NULL, "
        f"[actor] nvarchar(256) NOT NULL, [inverse] nvarchar(256) NOT NULL, "
        f"[detail] nvarchar(max) NOT NULL, [attempt] uniqueidentifier NOT NULL, "
        "PRIMARY KEY ([migration], [sequence]), UNIQUE ([migration], [attempt])"
    ),
    "tracked": (
        f"{_MIGRATION}, {_SOURCE}, [target_schema] {_text(128)} NOT NULL, "
        f"[target_name] {_text(128)} NOT NULL, [topic] {_text(249)} NOT NULL, "
        f"[partitions] int NOT NULL, [key] nvarchar(max) NOT NULL, [state] {_text(32)} NOT NULL, "
        f"[reason] nvarchar(max) NOT NULL, [high] {_text(200)} NOT NULL, "
        "[rows_estimate] bigint NULL, [rows_loaded] bigint NOT NULL, "
        f"[schema_version] int NOT NULL, {_SINCE}, "
        "PRIMARY KEY ([migration], [source_schema], [source_name])"
    ),
    "quarantine": (
        f"{_MIGRATION}, [id] bigint IDENTITY(1, 1) NOT NULL, [at] {_NOW}, {_SOURCE}, "
        "[reason] nvarchar(max) NOT NULL, [record] nvarchar(max) NOT NULL, "
        "PRIMARY KEY ([migration], [id])"
    ),
    "chunk": (
        f"{_MIGRATION}, {_SOURCE}, [number] int NOT NULL, [lower] nvarchar(max) NULL, "
        f"[upper] nvarchar(max) NULL, [state] {_text(16)} NOT NULL, [probe] nvarchar(max) NULL, "
        f"[high] {_text(200)} NOT NULL, [rows] bigint NOT NULL, [bytes] bigint NOT NULL, "
        f"[owner] {_text(128)} NOT NULL, "
        "PRIMARY KEY ([migration], [source_schema], [source_name], [number])"
    ),
    "checkpoint": (
        f"{_MIGRATION}, [topic] {_text(249)} NOT NULL, [partition] int NOT NULL, "
        f"[next_offset] bigint NOT NULL, [position] {_text(200)} NOT NULL, "
        f"[closed] bit NOT NULL, [waiting_at] bigint NULL, [at] {_NOW}, "
        "PRIMARY KEY ([migration], [topic], [partition])"
    ),
    "lease": (
        f"{_MIGRATION}, [name] {_text(128)} NOT NULL, [holder] {_text(256)} NOT NULL, "
        "[expires] datetime2(3) NOT NULL, PRIMARY KEY ([migration], [name])"
    ),
    "request": (
        f"{_MIGRATION}, [id] bigint IDENTITY(1, 1) NOT NULL, [at] {_NOW}, "
        f"[kind] {_text(64)} NOT NULL, [actor] nvarchar(256) NOT NULL, "
        "[detail] nvarchar(max) NOT NULL, [outcome] nvarchar(max) NULL, "
        "[attempt] uniqueidentifier NOT NULL, PRIMARY KEY ([migration], [id]), "
        "UNIQUE ([migration], [attempt])"
    ),
    "role_status": (
        f"{_MIGRATION}, [role] {_text(64)} NOT NULL, [instance] {_text(256)} NOT NULL, "
        f"[detail] nvarchar(max) NOT NULL, [at] {_NOW}, "
        "PRIMARY KEY ([migration], [role], [instance])"
    ),
    "document": (
        f"{_MIGRATION}, [name] {_text(256)} NOT NULL, [value] nvarchar(max) NOT NULL, "
        f"[at] {_NOW}, PRIMARY KEY ([migration], [name])"
    ),
    "switched_off": (
        f"{_MIGRATION}, [table_schema] {_text(128)} NOT NULL, [table_name] {_text(128)} NOT NULL, "
        f"[kind] {_text(2)} NOT NULL, [name] {_text(128)} NOT NULL, [is_disabled] bit NOT NULL, "
        "[is_not_trusted] bit NOT NULL, [at] datetime2(3) NOT NULL DEFAULT SYSUTCDATETIME(), "
        "PRIMARY KEY ([table_schema], [table_name], [kind], [name])"
    ),
}
"""Columns and key of each table. `switched_off` has one record for each constraint or trigger of a
target table, whichever migration wrote it first: the object exists once."""

UPGRADES: Final[dict[int, tuple[str, ...]]] = {
    2: (f"ALTER TABLE [replicator].[tracked] ADD {_SINCE}",),
}
"""Statements that lead from the version before to each later one."""


def create_schema() -> str:
    """Must be a batch of its own."""
    return "CREATE SCHEMA [replicator]"


def create_table(name: str) -> str:
    """One of `TABLES`."""
    return f"CREATE TABLE [replicator].[{name}] ({TABLES[name]})"


def create_stage(name: str, columns: list[tuple[str, str]]) -> str:
    """A session's own `#` table; `columns` are names and T-SQL types, all nullable.

    Must run as a plain batch: created inside a prepared statement it would end with it.
    """
    return f"CREATE TABLE {name} ({', '.join(f'{column} {type} NULL' for column, type in columns)})"
