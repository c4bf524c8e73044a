"""sp_rename: tables, views, columns and indexes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Notice, Refused, Result, ReturnStatus
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.calls import Argument, matched
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.indexes import index_name
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
    owner = parts if kind == "OBJECT" else parts[:-1]
    name = ObjectName.from_parts(owner) if owner else None
    relation = None
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
        statements = _index(relation, parts[-1], new)
    else:
        raise refusal.unknown(node, kind)
    async for result in running.run(interpreter, statements, node):
        yield result
    yield Notice(
        15477,
        10,
        1,
        1,
        "Caution: Changing any part of an object name could break scripts and stored procedures.",
    )
    yield ReturnStatus(0)


async def _object(
    interpreter: Interpreter, relation: Relation, name: ObjectName, new: str
) -> list[str]:
    target = ObjectName(relation.schema, new)
    if await reader.relations(interpreter.session.link, [target.key]):
        raise _taken(new, "OBJECT")
    word = _WORDS[relation.kind]
    statements = [f"ALTER {word} {relation.sql} RENAME TO {quote(fold(new))}"]
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


def _index(relation: Relation, old: str, new: str) -> list[str]:
    schema = relation.sql.rpartition(".")[0]
    place = f"{schema}.{quote(index_name(relation.name, old))}"
    fresh = index_name(relation.name, new)
    target = f"{schema}.{quote(fresh)}"
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
