"""Translating with the session's catalog at hand, and evaluating expressions in PostgreSQL."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypeVar

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import queries, types
from sandbox.azuresql.tsql.expression import cast
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.link import Value
from sandbox.azuresql.tsql.names import ObjectName, fold
from sandbox.azuresql.tsql.scope import Context, Relation, Scope
from sandbox.azuresql.tsql.session_values import SESSION_VALUES, VERSION
from sandbox.azuresql.tsql.sources import table_variable
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import encode, read_bool, read_int

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_T = TypeVar("_T")


async def translate(
    session: TsqlSession, node: Node, frame: Frame, make: Callable[[Context], _T], kind: str
) -> tuple[_T, Context]:
    """Run a translator with everything that it may look up; remembered on the node."""
    names = _variables(node)
    known = frame.types
    relations = await load(session, node, known)
    variables = {name: known[name] for name in names if name in known}
    temporary = tuple(r for r in relations.values() if r.sql.startswith("pg_temp"))
    database = session.state.database
    key = (kind, database.folded, database.epoch, tuple(variables.items()), temporary)
    found: tuple[_T, Context] | None = node.memory.get(key)
    if found is None:
        context = Context(relations, variables)
        found = make(context), context
        if len(node.memory) > 64:
            node.memory.clear()
        node.memory[key] = found
    await ensure_collations(session, found[1].collations)
    await session.link.definitions((database.epoch, session.state.temporary_epoch))
    session.engine.check_rights(session.state, found[1].needs, node.line)
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


async def load(
    session: TsqlSession, node: Node, scalars: Collection[str] = ()
) -> dict[tuple[str, str], Relation]:
    """The tables and views that the node names, as far as they exist.

    Variables that are no `scalars` may be table variables.
    """
    state = session.state
    found: dict[tuple[str, str], Relation] = {}
    missing: list[tuple[str, str]] = []
    tables = [n for n in _variables(node) if n not in scalars]
    variables = [ObjectName("", table_variable(name)) for name in tables]
    for name in (*_references(node), *variables):
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
    if missing:
        for key, relation in (await reader.relations(session.link, missing)).items():
            shelf = state.temporary if key[0] == "pg_temp" else state.database.relations
            shelf[key] = relation
            found[key] = relation
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
        if name.startswith("@@"):
            type = SESSION_VALUES[name]
            data = encode(await session_value(session, name, frame), type)
        else:
            variable = frame.variables[name]
            type, data = variable.type, variable.data
        values.append(Value(session.types.oid(types.bare(type)), data))
    return values


async def session_value(session: TsqlSession, name: str, frame: Frame) -> object:
    """What `@@name` is now, as a Python value."""
    state = session.state
    if name == "@@identity" or (name == "@@scope_identity" and frame.numbered):
        return await _identity(session)
    if name == "@@scope_identity":
        return None
    if name.startswith("@@error_"):
        return _error_value(name, frame)
    simple: dict[str, object] = {
        "@@rowcount": state.rowcount,
        "@@trancount": session.transaction.count,
        "@@error": state.error,
        "@@spid": state.login.session_id,
        "@@version": VERSION,
        "@@servername": "azuresql-standin",
        "@@microsoftversion": 0x0C0007D0,
        "@@max_precision": 38,
        "@@lock_timeout": state.options.lock_timeout,
        "@@options": 5496,
        "@@textsize": 2147483647,
        "@@language": state.options.language,
        "@@langid": 0,
        "@@datefirst": 7,
        "@@fetch_status": -1,
        "@@procid": 0,
        "@@nestlevel": state.nesting,
        "@@xact_state": session.transaction.state,
        "@@db_name": state.database.name,
        "@@db_id": session.engine.database_id(state.database.folded),
        "@@user_name": state.user,
        "@@login_name": state.login.user,
        "@@host_name": state.login.host,
        "@@app_name": state.login.application,
    }
    if name == "@@sessions":
        return state.describe_sessions()
    if name == "@@databases":
        return state.describe_databases()
    return simple[name]


def _error_value(name: str, frame: Frame) -> object:
    if not frame.errors:
        return None
    notice = frame.errors[-1]
    return {
        "@@error_number": notice.number,
        "@@error_severity": notice.severity,
        "@@error_state": notice.state,
        "@@error_line": notice.line,
        "@@error_message": notice.text,
        "@@error_procedure": notice.procedure or None,
    }[name]


async def _identity(session: TsqlSession) -> object:
    state = session.state
    if state.identity is None and state.identity_source is not None:
        relation = state.identity_source
        column = relation.identity
        if column is not None:
            rows, _ = await session.link.fetch(
                "SELECT currval(pg_get_serial_sequence($1, $2))",
                [
                    Value(25, relation.sql.encode()),
                    Value(25, fold(column.name).encode()),
                ],
            )
            state.identity = read_int(rows[0][0])
    return state.identity


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
