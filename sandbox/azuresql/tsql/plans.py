"""Calls that repeat: what a text with parameters needs, once nothing about it is to be found out.

A single SELECT, INSERT, UPDATE, DELETE or MERGE that ran before with the same declarations, and
whose PostgreSQL statement is prepared, runs from its plan: values, one round trip, the same
columns. Whatever a plan was made from is in `Ground`; a change of it ends the plan, and the text
runs as if it were new. What a plan does not cover (variables that it sets, triggers, table locks,
SET ROWCOUNT …) has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Parameter, ResultSet, SqlType
from sandbox.azuresql.tsql import changing, evaluate, modules, statements
from sandbox.azuresql.tsql.changes import Change
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame, Variable
from sandbox.azuresql.tsql.parameters import TABLE, Declared
from sandbox.azuresql.tsql.scope import Output, Relation
from sandbox.azuresql.tsql.tree import Node, parsed
from sandbox.azuresql.tsql.types import bare
from sandbox.azuresql.tsql.values import encode

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_QUERIES: Final = frozenset({"select_statement", "set_expression"})

Ground = tuple[int, int, int, str, tuple[str, str] | None]
"""What a plan stands on."""


@dataclass(slots=True)
class Plan:
    """A statement ready to run again, in one session."""

    node: Node
    ground: Ground
    names: tuple[str, ...]
    """The parameters' names as the client gave them, "" where it gave none."""
    types: tuple[SqlType, ...]
    """The declared types, in order."""
    order: tuple[int, ...]
    """For each of the statement's values the place of its parameter."""
    oids: tuple[int, ...]
    """PostgreSQL's types of the values."""
    prepared: bytes
    """The name of PostgreSQL's statement."""
    command: int
    inserts: bool
    outputs: Sequence[Output] | None = None
    target: Relation | None = None
    """The table that it changes; None for a query."""
    result: ResultSet | None = None
    """The columns, once a result has shown them."""

    def values(self, given: Sequence[Parameter]) -> list[Value] | None:
        """The statement's values; None when they are not those that the plan was made for."""
        if len(given) != len(self.types):
            return None
        encoded: list[bytes | None] = []
        for parameter, name, type in zip(given, self.names, self.types, strict=True):
            if parameter.name != name or parameter.output:
                return None
            encoded.append(encode(parameter.value, type))
        return [Value(oid, encoded[n]) for oid, n in zip(self.oids, self.order, strict=True)]


def holds(plan: Plan, session: TsqlSession) -> bool:
    """Whether nothing that the plan was made from has changed, and no option wants more."""
    return plan.ground == ground(session) and _plain(session)


def ground(session: TsqlSession) -> Ground:
    """Definitions and rights, temporary tables, prepared statements, the user, IDENTITY_INSERT."""
    state = session.state
    epochs = state.database.epoch, state.temporary_epoch, session.link.forgotten
    return *epochs, state.user, state.identity_insert


def _plain(session: TsqlSession) -> bool:
    options = session.state.options
    asked = options.rowcount or options.format_only or options.implicit_transactions
    return not asked and not session.transaction.doomed


async def make(
    session: TsqlSession, text: str, declarations: Sequence[Declared], given: Sequence[Parameter]
) -> Plan | Ground | None:
    """The plan of a text that has just run with these parameters.

    The ground on which it has none, where only a change of that can give it one; None where the
    next call may. Raises Refused.
    """
    if not _plain(session) or len(given) != len(declarations):
        return None
    here = ground(session)
    types = tuple(declared.type for declared in declarations)
    places = {declared.name.lower(): place for place, declared in enumerate(declarations)}
    names = tuple(parameter.name for parameter in given)
    misplaced = any(name and places.get(name.lower()) != n for n, name in enumerate(names))
    if misplaced or TABLE in types or any(parameter.output for parameter in given):
        return None
    node = _alone(await parsed(text))
    frame = Frame({name: Variable(types[place]) for name, place in places.items()})
    statement = None if node is None else await _statement(session, node, frame)
    if node is None or statement is None or not places.keys() >= set(statement.parameters):
        return here
    order = tuple(places[name] for name in statement.parameters)
    oids = tuple(session.types.oid(bare(types[place])) for place in order)
    prepared = session.link.prepared(statement.sql, oids)
    if prepared is None or here != ground(session):
        return None
    return Plan(
        node,
        here,
        names,
        types,
        order,
        oids,
        prepared,
        statement.command,
        node.kind == "insert_statement",
        statement.outputs,
        statement.target,
    )


def _alone(root: Node) -> Node | None:
    """The statement of a text that has just one."""
    listed = [node for batch in root.children for node in batch.children]
    listed = [node for node in listed if node.kind != "statement_terminator"]
    if len(listed) != 1 or len(listed[0].children) != 1:
        return None
    return listed[0].children[0]


@dataclass(slots=True)
class _Statement:
    """A translated statement that a plan can run."""

    sql: str
    parameters: Sequence[str]
    command: int
    outputs: Sequence[Output] | None = None
    target: Relation | None = None


async def _statement(session: TsqlSession, node: Node, frame: Frame) -> _Statement | None:
    await session.engine.rights(session.state.database, session.link)
    if node.kind in _QUERIES:
        (sql, outputs, parts), context = await evaluate.translate(
            session, node, frame, lambda context: statements.translated(node, context), "query"
        )
        special = parts is not None and (
            parts.into is not None or parts.assignments or parts.locks or parts.document is not None
        )
        if special or context.table_locks or context.held:
            return None
        return _Statement(sql, context.parameters, statements.SELECT, outputs)
    if node.kind not in changing.CHANGES or node.find("execute_script_statement") is not None:
        return None
    return await _change(session, node, frame)


async def _change(session: TsqlSession, node: Node, frame: Frame) -> _Statement | None:
    found, context = await evaluate.translate(
        session, node, frame, lambda context: changing.CHANGES[node.kind](node, context), "change"
    )
    if found.outputs is not None or found.variables or context.table_locks or context.held:
        return None
    if _numbers(session, found) or (await modules.load(session)).triggers:
        return None
    command = changing.COMMANDS[node.kind.partition("_")[0].upper()]
    return _Statement(found.sql, context.parameters, command, None, found.target)


def _numbers(session: TsqlSession, found: Change) -> bool:
    """IDENTITY_INSERT has a say, or an identity's counter is to follow a given value."""
    given = found.identity_given or session.state.identity_insert is not None
    return found.target.identity is not None and given
