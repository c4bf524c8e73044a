"""A source that changed since deploy is noticed; a column that capture follows is no change."""

from __future__ import annotations

from dataclasses import replace

from model.catalog import Catalog, Column, Key, Table, TableName
from model.types import Kind, LogicalType
from replicator.drift import drift, shape

INT = LogicalType(Kind.INT32)
TEXT = LogicalType(Kind.TEXT)
USERS = Table(
    TableName("public", "users"),
    (Column("id", INT, False, "integer"), Column("name", TEXT, True, "text")),
    primary_key=Key("users_pkey", ("id",)),
    key=("id",),
    rows=10,
)


def _changes(before: Table, *after: Table) -> list[str]:
    return drift(shape(Catalog("app", (before,))), Catalog("app", after))


def test_estimates_do_not_matter() -> None:
    assert _changes(USERS, replace(USERS, rows=99, bytes=5, version=3)) == []


def test_a_nullable_column_without_default_is_followed() -> None:
    more = replace(USERS, columns=(*USERS.columns, Column("bio", TEXT, True, "text")))
    assert _changes(USERS, more) == []


def test_a_column_with_a_default_is_not_followed() -> None:
    bio = Column("bio", TEXT, True, "text", default="''")
    assert _changes(USERS, replace(USERS, columns=(*USERS.columns, bio))) == [
        "public.users.bio is new and cannot be followed"
    ]


def test_types_columns_keys_and_tables_are_noticed() -> None:
    other = replace(USERS, name=TableName("public", "other"))
    changed = replace(USERS, columns=(replace(USERS.columns[0], type=TEXT),), key=())
    assert _changes(USERS, changed, other) == [
        "public.other is new",
        "public.users.id changed",
        "public.users.name is gone",
        "public.users: keys, indexes or constraints changed",
    ]
    assert _changes(USERS) == ["public.users is gone"]
