"""INSTEAD OF triggers: the rows of a statement are kept and not written, and the trigger runs.

PostgreSQL's own row triggers (`store.instead`) do that where `store.instead` names the table and
the operation. What the trigger itself does to its table is written.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Result
from sandbox.azuresql.tsql import firing, modules, refusal
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.modules import Module
from sandbox.azuresql.tsql.names import quote
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Intercepted:
    """A statement on `relation` that `trigger` does instead."""

    trigger: Module
    relation: Relation
    operation: str
    """insert, update or delete."""

    def place(self, depth: int) -> str:
        """What the names of the tables of new and old rows end with."""
        return f"{self.relation.oid}:{self.operation}:{depth}"


async def intercepted(
    interpreter: Interpreter, relation: Relation, command: str, node: Node
) -> Intercepted | None:
    """The enabled trigger that does this command instead, unless it is the one that runs it."""
    known = await modules.load(interpreter.session)
    for trigger in known.triggers.get(relation.oid, ()):
        if not trigger.instead or trigger.id in interpreter.intercepting:
            continue
        if command == "MERGE":
            raise refusal.unknown(node, "a table with an INSTEAD OF trigger")
        if command.lower() in trigger.instead:
            return Intercepted(trigger, relation, command.lower())
    return None


async def watch(interpreter: Interpreter, found: Intercepted) -> None:
    """The next statement's rows are kept, not written."""
    session = interpreter.session
    place = found.place(session.state.nesting + 1)
    tables = "; ".join(
        f"CREATE TEMPORARY TABLE {quote(f'~{age}:{place}')} ON COMMIT DROP AS "
        f"SELECT * FROM {found.relation.sql} WITH NO DATA"
        for age in ("new", "old")
    )
    await session.link.run(
        f"{tables}; SELECT set_config('store.capture', '', true), "
        f"set_config('store.instead', '{place}', true)"
    )


async def counted(interpreter: Interpreter, found: Intercepted) -> None:
    """After the statement: rows are written again, and `@@ROWCOUNT` is the number of those kept."""
    session = interpreter.session
    place = found.place(session.state.nesting + 1)
    age = "old" if found.operation == "delete" else "new"
    table = f"pg_temp.{quote(f'~{age}:{place}')}"
    await session.link.run("SELECT set_config('store.instead', '', true)")
    rows, _ = await session.link.fetch(f"SELECT count(*)::int4 FROM {table}")
    session.state.rowcount = read_int(rows[0][0]) or 0


async def fire(
    interpreter: Interpreter, found: Intercepted, frame: Frame, assigned: Sequence[str]
) -> AsyncGenerator[Result, None]:
    """The trigger, with the kept rows. An identity column has no number yet: it shows 0."""
    session = interpreter.session
    place = found.place(session.state.nesting + 1)
    identity = found.relation.identity
    if identity is not None and found.operation == "insert":
        new = quote(f"~new:{place}")
        await session.link.run(f"UPDATE pg_temp.{new} SET {identity.sql} = 0")
    kept = await firing.kept(interpreter, place)
    interpreter.intercepting.add(found.trigger.id)
    try:
        async for result in firing.run(
            interpreter, found.trigger, frame, kept, found.operation, assigned
        ):
            yield result
    finally:
        interpreter.intercepting.discard(found.trigger.id)
    if session.transaction.count:
        names = (f"pg_temp.{quote(f'~{age}:{place}')}" for age in ("new", "old"))
        await session.link.run(f"DROP TABLE {', '.join(names)}")
