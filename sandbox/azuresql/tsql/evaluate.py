"""Translating with the session's catalog at hand, and evaluating expressions in PostgreSQL."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import (
    alias_types,
    function_tables,
    locking,
    modules,
    queries,
    readings,
    synonyms,
    types,
)
from sandbox.azuresql.tsql.described import PREFIX
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.expression import cast
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.modules import Module
from sandbox.azuresql.tsql.names import ObjectName, fold
from sandbox.azuresql.tsql.scope import Context, Relation, Scope
from sandbox.azuresql.tsql.session_values import SESSION_VALUES
from sandbox.azuresql.tsql.signatures import definition_of
from sandbox.azuresql.tsql.sources import table_variable
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import encode, read_bool

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_T = TypeVar("_T")


async def translate(
    session: TsqlSession, node: Node, frame: Frame, make: Callable[[Context], _T], kind: str
) -> tuple[_T, Context]:
    """Run a translator with everything that it may look up; remembered on the node."""
    names = _variables(node)
    known = frame.types
    relations = await load(session, node, frame)
    unknown = [name for name in _references(node) if name.key not in relations]
    if unknown:
        relations |= await synonyms.resolve(session, unknown, node.line)
    functions = await _functions(session, node)
    for module in functions.values():
        if module.kind == modules.INLINE:
            relations |= await load(session, definition_of(module))
        elif module.kind == modules.TABLE:
            name = ObjectName(module.schema, module.name)
            relations |= await _known(session, [function_tables.shape(name).key])
    variables = {name: known[name] for name in names if name in known}
    temporary = tuple(r for r in relations.values() if r.temporary)
    database = session.state.database
    key = (kind, database.folded, database.epoch, tuple(variables.items()), temporary)
    found: tuple[_T, Context] | None = node.memory.get(key)
    if found is None:
        sequences = await _sequences(session, node)
        aliases = await alias_types.load(session, node)
        context = Context(
            relations, variables, sequences=sequences, aliases=aliases, functions=functions
        )
        found = make(context), context
        if len(node.memory) > 64:
            node.memory.clear()
        node.memory[key] = found
    await ensure_collations(session, found[1].collations)
    await session.link.definitions((database.epoch, session.state.temporary_epoch))
    if not session.state.chained:
        session.engine.check_rights(session.state, found[1].needs, node.line)
    if session.transaction.count and (found[1].table_locks or found[1].held):
        await locking.take(session, found[1], await bind(session, found[1].parameters, frame))
    return found


def _variables(node: Node) -> tuple[str, ...]:
    names = node.memory.get("variables")
    if names is None:
        names = tuple(dict.fromkeys(n.text.lower() for n in node.all("parameter")))
        node.memory["variables"] = names
    return tuple(names)


def _references(node: Node) -> tuple[ObjectName, ...]:
    found = node.memory.get("references")
    if found is None:
        found = tuple(dict.fromkeys(ObjectName.of(n) for n in node.all("table_reference")))
        node.memory["references"] = found
    return tuple(found)


async def _sequences(session: TsqlSession, node: Node) -> dict[tuple[str, str], SqlType]:
    """The types of the sequences that the node takes numbers of."""
    keys = {ObjectName.of(n.children[-1]).key for n in node.all("sequence_next_value")}
    known = session.state.database.sequences
    known.update(await reader.sequences(session.link, keys - known.keys()))
    return {key: known[key] for key in keys if key in known}


async def _functions(session: TsqlSession, node: Node) -> dict[tuple[str, str], Module]:
    """The functions with a schema that the node calls, those of inline ones too, if they exist."""
    names = _called(node)
    if not names:
        return {}
    known = await modules.load(session)
    found: dict[tuple[str, str], Module] = {}
    waiting = list(names)
    while waiting:
        module = known.find(waiting.pop(), *modules.FUNCTIONS)
        if module is not None and module.key not in found:
            found[module.key] = module
            if module.kind == modules.INLINE:
                waiting += _called(definition_of(module))
    return found


def _called(node: Node) -> tuple[ObjectName, ...]:
    names = node.memory.get("functions")
    if names is None:
        called = (n for n in node.all("function_name") if n.find("dot") is not None)
        names = tuple(dict.fromkeys(ObjectName.of(n) for n in called))
        node.memory["functions"] = names
    return tuple(names)


async def load(
    session: TsqlSession, node: Node, frame: Frame | None = None
) -> dict[tuple[str, str], Relation]:
    """The tables and views that the node names, as far as they exist.

    Variables that the frame has not may be table variables; a trigger's has rows of its own.
    """
    scalars: Collection[str] = frame.variables if frame is not None else ()
    rows = frame.rows if frame is not None else {}
    state = session.state
    found: dict[tuple[str, str], Relation] = {}
    missing: list[tuple[str, str]] = []
    tables = [n for n in _variables(node) if n not in scalars]
    for variable in tables:
        table = frame.tables.get(variable) if frame is not None else None
        if frame is not None and table is not None:
            readonly = variable in frame.readonly
            known = replace(table.relation, readonly=True) if readonly else table.relation
            found[ObjectName("", table_variable(variable)).key] = known
    for name in _references(node):
        if rows and not name.schema and fold(name.name) in rows:
            found[name.key] = rows[fold(name.name)]
            continue
        if name.database and fold(name.database) not in (state.database.folded, "tempdb"):
            raise Refused(
                40515,
                f"Reference to database and/or server name in '{name.database}.{name.schema}."
                f"{name.name}' is not supported in this version of SQL Server.",
                15,
                line=node.line,
            )
        shelf = state.temporary if name.temporary else state.database.relations
        relation = shelf.get(name.key)
        if relation is None:
            missing.append(name.key)
        else:
            found[name.key] = relation
    return found | await _read(session, missing)


async def _known(
    session: TsqlSession, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Relation]:
    """Tables of the database, read when they were not yet."""
    shelf = session.state.database.relations
    missing = [key for key in keys if key not in shelf]
    return {key: shelf[key] for key in keys if key in shelf} | await _read(session, missing)


async def _read(
    session: TsqlSession, missing: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Relation]:
    if not missing:
        return {}
    state = session.state
    found = await reader.relations(session.link, missing)
    for key, relation in found.items():
        shelf = state.temporary if key[0] == "pg_temp" else state.database.relations
        shelf[key] = relation
    return found


async def ensure_collations(session: TsqlSession, names: set[str]) -> None:
    """Make the collations that a statement names. Raises Refused 448."""
    known = session.state.database.collations
    for name in names:
        if fold(name) not in known:
            await session.link.run(session.engine.collation_ddl(name))
            known.add(fold(name))


async def bind(session: TsqlSession, names: Sequence[str], frame: Frame) -> list[Value]:
    """The values of a translation's parameters, by name."""
    values: list[Value] = []
    for name in names:
        if name.startswith(PREFIX):
            type = SqlType("nvarchar", -1)
            data = encode(await session.described(name, frame), type)
        elif name.startswith("@@"):
            type = SESSION_VALUES[name]
            data = encode(await readings.session_value(session, name, frame), type)
        else:
            variable = frame.variables[name]
            type, data = variable.type, variable.data
        values.append(Value(session.types.oid(types.bare(type)), data))
    return values


async def condition(session: TsqlSession, node: Node, frame: Frame) -> bool:
    """IF and WHILE: an expression that is true or not."""

    def make(context: Context) -> str:
        return Expressions(context, Scope(), queries.query).condition(node)

    text, context = await translate(session, node, frame, make, "condition")
    await session.transaction.guard() if session.transaction.count else None
    values = await bind(session, context.parameters, frame)
    rows, _ = await session.link.fetch(f"SELECT {text}", values)
    return read_bool(rows[0][0])


async def value(
    session: TsqlSession, nodes: Sequence[Node], owner: Node, frame: Frame, type: SqlType
) -> bytes | None:
    """An expression as a value of the type, in PostgreSQL's binary format."""

    def make(context: Context) -> str:
        found = Expressions(context, Scope(), queries.query).value(nodes, owner)
        return cast(found, type).text

    kind = f"value {types.postgresql(type)} {nodes[0].start if nodes else 0}"
    text, context = await translate(session, owner, frame, make, kind)
    if session.transaction.count:
        await session.transaction.guard()
    values = await bind(session, context.parameters, frame)
    rows, _ = await session.link.fetch(f"SELECT {text}", values)
    return rows[0][0]


async def integer(
    session: TsqlSession, nodes: Sequence[Node], owner: Node, frame: Frame
) -> bytes | None:
    return await value(session, nodes, owner, frame, SqlType("int"))


def pack_int(number: int) -> bytes:
    return struct.pack(">i", number)
