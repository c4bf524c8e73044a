"""A text run inside a statement: EXEC (…), sp_executesql, prepared statements."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.tree import parsed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def nested(interpreter: Interpreter, text: str, frame: Frame) -> AsyncGenerator[Result, None]:
    """Run it one level deeper. Its temporary tables end with it."""
    state = interpreter.session.state
    if state.nesting >= 32:
        raise Refused(
            217,
            "Maximum stored procedure, function, trigger, or view nesting level exceeded "
            "(limit 32).",
        )
    state.nesting += 1
    interpreter.texts.append(text)
    try:
        async for result in interpreter.batches(await parsed(text), frame):
            yield result
    finally:
        interpreter.texts.pop()
        state.nesting -= 1
    for name in frame.temporary:
        await interpreter.session.link.run(f"DROP TABLE IF EXISTS pg_temp.{name}")
    if frame.temporary:
        state.forget_temporary()
