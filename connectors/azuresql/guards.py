"""Foreign keys, checks and triggers: recorded, off for the sync, then exactly as they were.

A record in `replicator.switched_off` says how an object is to stand once the target is live. What
was there before us is recorded as it stood; a foreign key without a record is ours, was created
disabled, and is to be enabled and trusted. Checks stay on throughout, but a bulk load leaves them
untrusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from connectors.azuresql.dialect import qualified, quote
from model.catalog import TableName


class Kind(StrEnum):
    """SQL Server's own letters."""

    FOREIGN_KEY = "F"
    CHECK = "C"
    TRIGGER = "TR"


@dataclass(frozen=True, slots=True)
class Guard:
    """A foreign key, check or trigger of a table and how it stands, or is to stand."""

    table: TableName
    kind: Kind
    name: str
    is_disabled: bool
    is_not_trusted: bool

    @property
    def place(self) -> tuple[TableName, Kind, str]:
        return self.table, self.kind, self.name


def _select(kind: Kind, view: str, parent: str, trusted: str, where: str = "") -> str:
    return (
        f"/* replicator:guards */ SELECT s.name AS table_schema, t.name AS table_name, "
        f"N'{kind.value}' AS kind, k.name, k.is_disabled, {trusted} AS is_not_trusted "
        f"FROM {view} AS k INNER JOIN sys.tables AS t ON t.object_id = k.{parent} "
        f"INNER JOIN sys.schemas AS s ON s.schema_id = t.schema_id{where} ORDER BY 1, 2, 4"
    )


PRESENT: Final = (
    _select(Kind.FOREIGN_KEY, "sys.foreign_keys", "parent_object_id", "k.is_not_trusted"),
    _select(Kind.CHECK, "sys.check_constraints", "parent_object_id", "k.is_not_trusted"),
    _select(
        Kind.TRIGGER, "sys.triggers", "parent_id", "CAST(0 AS bit)", " WHERE k.parent_class = 1"
    ),
)
RECORDED: Final = (
    "/* replicator:guards-recorded */ SELECT [table_schema], [table_name], [kind], [name], "
    "[is_disabled], [is_not_trusted] FROM [replicator].[switched_off]"
)
RECORD: Final = (
    "/* replicator:guards-record */ DECLARE @schema nvarchar(128) = ?, @table nvarchar(128) = ?, "
    "@kind nvarchar(2) = ?, @name nvarchar(128) = ?, @disabled bit = ?, @untrusted bit = ?; "
    "INSERT INTO [replicator].[switched_off] ([migration], [table_schema], [table_name], [kind], "
    "[name], [is_disabled], [is_not_trusted]) SELECT COALESCE((SELECT MAX(m.[migration]) "
    "FROM [replicator].[tracked] AS m WHERE m.[target_schema] = @schema "
    "AND m.[target_name] = @table), N''), @schema, @table, @kind, @name, @disabled, @untrusted "
    "WHERE NOT EXISTS (SELECT 1 FROM [replicator].[switched_off] AS r "
    "WHERE r.[table_schema] = @schema AND r.[table_name] = @table AND r.[kind] = @kind "
    "AND r.[name] = @name);"
)


def read(rows: Iterable[Any], tables: Sequence[TableName]) -> list[Guard]:
    """Guards of these tables, from rows of `PRESENT` or `RECORDED`."""
    wanted = set(tables)
    return [
        Guard(table, Kind(kind), name, bool(disabled), bool(untrusted))
        for schema, of, kind, name, disabled, untrusted in rows
        if (table := TableName(schema, of)) in wanted
    ]


def to_record_off(present: Iterable[Guard], recorded: Iterable[Guard]) -> list[Guard]:
    """What must be recorded before the sync switches things off: all that has no record yet."""
    known = {guard.place for guard in recorded}
    return [guard for guard in present if guard.place not in known]


def to_record_on(present: Iterable[Guard], recorded: Iterable[Guard]) -> list[Guard]:
    """What finalise adds: foreign keys and checks that we created are to be on and trusted."""
    return [
        replace(guard, is_disabled=False, is_not_trusted=False)
        for guard in to_record_off(present, recorded)
        if guard.kind is not Kind.TRIGGER
    ]


def off(present: Iterable[Guard]) -> list[tuple[Guard, str]]:
    """Statements that switch off what would stand in the applier's way."""
    return [
        (guard, statement)
        for guard in present
        if not guard.is_disabled and (statement := _off(guard)) is not None
    ]


def on(present: Iterable[Guard], recorded: Iterable[Guard]) -> list[tuple[Guard, str]]:
    """Statements that enforce again, for new rows at once, what is recorded as enabled."""
    enabled = {guard.place for guard in recorded if not guard.is_disabled}
    return [
        (guard, _on(guard)) for guard in present if guard.is_disabled and guard.place in enabled
    ]


def trusted(present: Iterable[Guard], recorded: Iterable[Guard]) -> list[tuple[Guard, str]]:
    """Statements that check every row and restore trust where it is recorded."""
    wanted = {guard.place for guard in recorded if not (guard.is_disabled or guard.is_not_trusted)}
    return [
        (guard, f"{_alter(guard)} WITH CHECK CHECK CONSTRAINT {quote(guard.name)}")
        for guard in present
        if guard.is_not_trusted and not guard.is_disabled and guard.place in wanted
    ]


def line(guard: Guard) -> str:
    """One object's state, for people."""
    word = {Kind.FOREIGN_KEY: "foreign key", Kind.CHECK: "check", Kind.TRIGGER: "trigger"}
    state = "disabled" if guard.is_disabled else "enabled"
    if guard.kind is not Kind.TRIGGER and not guard.is_disabled:
        state += ", not trusted" if guard.is_not_trusted else ", trusted"
    return f"{guard.table} {word[guard.kind]} {guard.name}: {state}"


def _alter(guard: Guard) -> str:
    return f"ALTER TABLE {qualified(guard.table)}"


def _off(guard: Guard) -> str | None:
    match guard.kind:
        case Kind.FOREIGN_KEY:
            return f"{_alter(guard)} NOCHECK CONSTRAINT {quote(guard.name)}"
        case Kind.TRIGGER:
            return f"{_alter(guard)} DISABLE TRIGGER {quote(guard.name)}"
        case Kind.CHECK:
            return None


def _on(guard: Guard) -> str:
    if guard.kind is Kind.TRIGGER:
        return f"{_alter(guard)} ENABLE TRIGGER {quote(guard.name)}"
    return f"{_alter(guard)} CHECK CONSTRAINT {quote(guard.name)}"
