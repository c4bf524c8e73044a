"""AFTER triggers: they run between a statement and its end, in the statement's transaction.

PostgreSQL's own triggers (`store.capture`) keep the new and old rows of every operation that the
statement does, cascades too; this module runs what T-SQL's triggers say about them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Done, Refused, Result, Results, TransactionChanged
from sandbox.azuresql.tsql import instead, modules, refusal
from sandbox.azuresql.tsql.frame import Frame, Returned
from sandbox.azuresql.tsql.modules import Module, events
from sandbox.azuresql.tsql.names import fold
from sandbox.azuresql.tsql.nesting import level
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.signatures import definition_of
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.instead import Intercepted
    from sandbox.azuresql.tsql.interpreter import Interpreter

_ORDER: Final = ("insert", "update", "delete")


async def around(
    interpreter: Interpreter,
    statement: Results,
    frame: Frame,
    assigned: Sequence[str],
    found: Intercepted | None = None,
) -> AsyncGenerator[Result, None]:
    """The statement's results, and those of the triggers that it fires.

    With `found` its rows are not written, and that trigger alone runs. `assigned` are the columns
    that the statement sets, for UPDATE(). The statement and its triggers are one transaction; what
    goes wrong in a trigger ends the batch.
    """
    session = interpreter.session
    transaction = session.transaction
    async for result in start(interpreter):
        yield result
    alone = transaction.count == 0
    if alone:
        await transaction.begin()
    ends: list[Done] = []
    try:
        if found is not None:
            await instead.watch(interpreter, found)
        else:
            await _watch(interpreter, str(session.state.nesting + 1))
        async for result in statement:
            if isinstance(result, Done):
                ends.append(result)
            else:
                yield result
        if found is not None:
            await instead.counted(interpreter, found)
        count = session.state.rowcount
        fired = (
            instead.fire(interpreter, found, frame, assigned)
            if found is not None
            else _fire(interpreter, frame, assigned)
        )
        async for result in fired:
            if not (alone and isinstance(result, TransactionChanged)):
                yield result
        session.state.rowcount = count
    except BaseException:
        if alone and transaction.count:
            await transaction.rollback()
            interpreter.settled()
        raise
    if not transaction.count:
        raise refusal.Ending(
            3609, "The transaction ended in the trigger. The batch has been aborted."
        )
    if alone:
        await transaction.commit()
        interpreter.settled()
    for end in ends:
        yield end if found is None or end.count is None else replace(end, count=count)


async def _watch(interpreter: Interpreter, depth: str) -> None:
    await interpreter.session.link.run(
        f"SELECT set_config('store.capture', '{depth}', true), "
        "set_config('store.captured', '', true)"
    )


async def _fire(
    interpreter: Interpreter, frame: Frame, assigned: Sequence[str]
) -> AsyncGenerator[Result, None]:
    """The triggers of what the statement did; none of them ends the transaction unnoticed."""
    session = interpreter.session
    rows, _ = await session.link.fetch("SELECT current_setting('store.captured', true)")
    places = [tuple(place.split(":")) for place in read_text(rows[0][0]).split()]
    if not places:
        return
    await session.link.run("SELECT set_config('store.capture', '', true)")
    known = await modules.load(session)
    depth = session.state.nesting + 1
    for relation, operation in sorted(places, key=lambda place: _ORDER.index(place[1])):
        for module in known.triggers.get(int(relation), ()):
            if not module.instead and operation in events(definition_of(module)):
                rows_of = await kept(interpreter, f"{relation}:{operation}:{depth}")
                async for result in run(interpreter, module, frame, rows_of, operation, assigned):
                    yield result
                if not session.transaction.count:
                    return
    names = [f'pg_temp."~{age}:{r}:{o}:{depth}"' for r, o in places for age in ("new", "old")]
    await session.link.run(f"DROP TABLE {', '.join(names)}")


async def kept(interpreter: Interpreter, place: str) -> dict[str, Relation]:
    """`inserted` and `deleted` of one operation."""
    keys = {"inserted": ("pg_temp", f"~new:{place}"), "deleted": ("pg_temp", f"~old:{place}")}
    found = await reader.relations(interpreter.session.link, keys.values())
    return {name: found[key] for name, key in keys.items()}


async def run(
    interpreter: Interpreter,
    module: Module,
    outer: Frame,
    rows: dict[str, Relation],
    operation: str,
    assigned: Sequence[str],
) -> AsyncGenerator[Result, None]:
    """One trigger, with XACT_ABORT on, as SQL Server runs it."""
    session = interpreter.session
    columns = [c.name for c in rows["inserted"].columns] if operation == "insert" else assigned
    frame = Frame(
        errors=list(outer.errors), procedure=module.name, procedure_id=module.id, rows=rows
    )
    frame.updated = json.dumps([fold(name) for name in columns])
    node = definition_of(module)
    start = next(n for n, child in enumerate(node.children) if child.word == "AS") + 1
    async with level(interpreter, module.definition, frame, chained=True):
        session.state.options.xact_abort = True
        try:
            async for result in interpreter.block(node.children[start:], frame):
                yield result
        except Returned:
            pass
        except Refused:
            await session.transaction.doom()
            raise
    if session.transaction.doomed:
        raise refusal.Ending(
            3616,
            "An error was raised during trigger execution. The batch has been aborted and the user "
            "transaction, if any, has been rolled back.",
        )
