"""A text run inside a statement: EXEC (…), sp_executesql, procedures, triggers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from copy import copy
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.tree import parsed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.azuresql.tsql.interpreter import Interpreter


@asynccontextmanager
async def level(
    interpreter: Interpreter, text: str, frame: Frame, *, chained: bool = False
) -> AsyncIterator[None]:
    """One level deeper: SET options come back at its end, its temporary tables go.

    `chained` says that the text is a module's, which needs no rights on its owner's objects.
    """
    session = interpreter.session
    state = session.state
    if state.nesting >= 32:
        raise Refused(
            217,
            "Maximum stored procedure, function, trigger, or view nesting level exceeded "
            "(limit 32).",
        )
    options, outside = copy(state.options), state.chained
    identity_insert, isolation = state.identity_insert, session.transaction.isolation
    state.nesting += 1
    state.chained = chained
    interpreter.texts.append(text)
    outer = len(interpreter.tables)
    try:
        yield
    finally:
        interpreter.texts.pop()
        del interpreter.tables[outer:]
        state.nesting -= 1
        state.chained = outside
        waits = state.options.lock_timeout != options.lock_timeout
        state.options, state.identity_insert = options, identity_insert
        session.transaction.isolation = isolation
        if waits:
            await session.set_lock_timeout(options.lock_timeout)
    for name in frame.temporary:
        await session.link.run(f"DROP TABLE IF EXISTS pg_temp.{name}")
    if frame.temporary:
        state.forget_temporary()


async def nested(interpreter: Interpreter, text: str, frame: Frame) -> AsyncGenerator[Result, None]:
    """Run a text one level deeper."""
    async with level(interpreter, text, frame):
        async for result in interpreter.batches(await parsed(text), frame):
            yield result
