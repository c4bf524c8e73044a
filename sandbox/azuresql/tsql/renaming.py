"""sp_rename: tables, views, synonyms, columns, indexes and alias types."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Notice, Refused, Result, ReturnStatus
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.calls import Argument, matched
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.indexes import index_name
from sandbox.azuresql.tsql.ddl.key_length import trigger
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, plain, quote, split_name
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_WORDS = {"U": "TABLE", "V": "VIEW"}


async def rename(
    interpreter: Interpreter, arguments: list[Argument]
) -> AsyncGenerator[Result, None]:
    """`sp_rename name, new name[, kind]`. Raises Refused 15225, 15248 and 15335."""
    given = matched(arguments, ["@objname", "@newname", "@objtype"], "sp_rename")
    old, new, kind = (
        read_text(given[name].data) if name in given else ""
        for name in ("@objname", "@newname", "@objtype")
    )
    parts = [plain(part) for part in split_name(old)]
    node = Node("sp_rename", old, 1)
    kind = kind.upper() or "OBJECT"
    owner = parts if kind in _KEPT else parts[:-1]
    name = ObjectName.from_parts(owner) if owner else None
    relation = None
    if name is not None and kind in _KEPT:
        renamed = await _kept(interpreter, kind, name, new, node)
        if renamed:
            async for result in running.run(interpreter, renamed, node):
                yield result
            yield _CAUTION
            yield ReturnStatus(0)
            return
    if name is not None:
        found = await reader.relations(interpreter.session.link, [name.key])
        relation = found.get(name.key)
    if name is None or relation is None or relation.kind not in _WORDS:
        raise Refused(
            15225 if kind == "OBJECT" else 15248,
            f"No item by the name of '{old}' could be found in the current database "
            f"'{interpreter.session.state.database.name}', given that @itemtype was input as "
            f"'{kind}'.",
            11,
        )
    running.require(interpreter, "ALTER", name, node)
    if kind == "OBJECT":
        statements = await _object(interpreter, relation, name, new)
    elif kind == "COLUMN":
        statements = _column(relation, parts[-1], new)
    elif kind == "INDEX":
        statements = _index(relation, relation.name, parts[-1], new)
        statements += await _guards(interpreter, relation, {parts[-1]: new})
    else:
        raise refusal.unknown(node, kind)
    async for result in running.run(interpreter, statements, node):
        yield result
    yield _CAUTION
    yield ReturnStatus(0)


_CAUTION: Final = Notice(
    15477,
    10,
    1,
    1,
    "Caution: Changing any part of an object name could break scripts and stored procedures.",
)
_KEPT: Final = {
    "OBJECT": ("store.synonyms", "namespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)"),
    "USERDATATYPE": ("store.alias_types", "schema = $1"),
}


async def _kept(
    interpreter: Interpreter, kind: str, name: ObjectName, new: str, node: Node
) -> list[str]:
    """The renaming of a synonym or an alias type; empty where there is none of this name."""
    table, place = _KEPT[kind]
    values = [Value(25, name.folded_schema.encode()), Value(25, fold(name.name).encode())]
    found, _ = await interpreter.session.link.fetch(
        f"SELECT FROM {table} WHERE {place} AND folded = $2", values
    )
    if not found:
        return []
    running.require(interpreter, "ALTER", name, node)
    where = f"{place.replace('$1', literal(name.folded_schema))} AND folded = "
    named = f"name = {literal(new)}, folded = {literal(fold(new))}"
    return [f"UPDATE {table} SET {named} WHERE {where}{literal(fold(name.name))}"]


_INDEXES: Final = """
SELECT i.name::text FROM store.indexes i
WHERE i.indrelid = $1::text::regclass AND i.constraint_id IS NULL
"""


async def _indexes(interpreter: Interpreter, relation: Relation, new: str) -> list[str]:
    """The table's indexes, whose names in PostgreSQL begin with the table's."""
    rows, _ = await interpreter.session.link.fetch(_INDEXES, [Value(25, relation.sql.encode())])
    names = [read_text(row[0]) for row in rows]
    statements = [text for name in names for text in _index(relation, new, name, name)]
    return statements + await _guards(interpreter, relation, {name: name for name in names}, new)


async def _guards(
    interpreter: Interpreter, relation: Relation, names: dict[str, str], table: str = ""
) -> list[str]:
    """The triggers that refuse keys that are too long are named after their indexes."""
    rows, _ = await interpreter.session.link.fetch(
        "SELECT tgname::text FROM pg_trigger WHERE tgrelid = $1::text::regclass",
        [Value(25, relation.sql.encode())],
    )
    there = {read_text(row[0]) for row in rows}
    statements: list[str] = []
    for old, new in names.items():
        before = trigger(index_name(relation.name, old))
        after = trigger(index_name(table or relation.name, new))
        if before in there and before != after:
            moved = f"ALTER TRIGGER {quote(before)} ON {relation.sql} RENAME TO {quote(after)}"
            statements.append(moved)
    return statements


async def _object(
    interpreter: Interpreter, relation: Relation, name: ObjectName, new: str
) -> list[str]:
    target = ObjectName(relation.schema, new)
    if await reader.relations(interpreter.session.link, [target.key]):
        raise _taken(new, "OBJECT")
    word = _WORDS[relation.kind]
    statements = await _indexes(interpreter, relation, new)
    statements += [f"ALTER {word} {relation.sql} RENAME TO {quote(fold(new))}"]
    statements.append(f"CALL store.rename_note({literal(target.sql)}::regclass, {literal(new)})")
    return statements


def _column(relation: Relation, old: str, new: str) -> list[str]:
    column = relation.column(old)
    if column is None:
        raise Refused(
            15248,
            f"Either the parameter @objname is ambiguous or the claimed @objtype (COLUMN) is "
            f"wrong: '{old}'.",
            11,
        )
    if fold(new) != fold(old) and relation.column(new) is not None:
        raise _taken(new, "COLUMN")
    renamed = f"ALTER TABLE {relation.sql} RENAME COLUMN {column.sql} TO {quote(fold(new))}"
    note = (
        f"CALL store.annotate({literal(relation.sql)}::regclass, {literal(fold(new))}, "
        f"jsonb_build_object('name', {literal(new)}))"
    )
    return [note] if fold(new) == fold(old) else [renamed, note]


def _index(relation: Relation, table: str, old: str, new: str) -> list[str]:
    schema = relation.sql.rpartition(".")[0]
    place = f"{schema}.{quote(index_name(relation.name, old))}"
    fresh = index_name(table, new)
    target = f"{schema}.{quote(fresh)}"
    if place == target:
        return [f"CALL store.rename_note({literal(target)}::regclass, {literal(new)})"]
    return [
        f"ALTER INDEX {place} RENAME TO {quote(fresh)}",
        f"CALL store.rename_note({literal(target)}::regclass, {literal(new)})",
    ]


def _taken(new: str, kind: str) -> Refused:
    return Refused(
        15335,
        f"Error: The new name '{new}' is already in use as a {kind} name and would cause a "
        "duplicate that is not permitted.",
        11,
    )
