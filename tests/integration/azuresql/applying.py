"""Batches of the applier for the table `users`, and what they leave in the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.azuresql.state import AzureSqlState
from model.catalog import TableName
from model.change import Op
from model.ports import Advance, KeyedChange, TableBatch
from model.position import Position
from model.state import TrackedTable

TOPIC = "social.public.users"
USERS = TrackedTable(TableName("public", "users"), TableName("dbo", "users"), TOPIC, 2, ("id",))


def at(expected: int, next: int, partition: int = 0) -> Advance:
    return Advance(TOPIC, partition, expected, next, Position(f"{next:016x}/00000000"))


def row(id: int, name: str = "n", bio: str | None = "b", nick: str = "") -> dict[str, Any]:
    return {"id": id, "name": name, "bio": bio, "nick": nick or f"nick {id}"}


def created(id: int, **more: Any) -> KeyedChange:
    return KeyedChange({"id": id}, row(id, **more), Op.CREATE)


def updated(id: int, **more: Any) -> KeyedChange:
    return KeyedChange({"id": id}, row(id, **more), Op.UPDATE)


def partial(id: int, key_before: int | None = None, **values: Any) -> KeyedChange:
    before = None if key_before is None else {"id": key_before}
    return KeyedChange({"id": id}, {"id": id, **values}, Op.UPDATE, True, before)


def deleted(id: int, first: Op = Op.DELETE) -> KeyedChange:
    return KeyedChange({"id": id}, None, first)


def batch(*changes: KeyedChange, strict: bool = True, table: TrackedTable = USERS) -> TableBatch:
    return TableBatch(table, strict, list(changes))


def users(sql: Callable[..., list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    return sql("SELECT id, name, bio, nick FROM dbo.users ORDER BY id")


def offsets(state: AzureSqlState) -> list[int]:
    return [checkpoint.next_offset for checkpoint in state.checkpoints()]


def tracked(state: AzureSqlState, name: str, *key: str) -> TrackedTable:
    """The table `dbo.name`, with its own name for a topic of one partition; nothing is applied."""
    state.initialise_checkpoints(name, 1)
    return TrackedTable(TableName("public", name), TableName("dbo", name), name, 1, key)
