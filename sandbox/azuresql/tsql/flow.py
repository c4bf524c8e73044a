"""Control of flow: blocks, IF, WHILE, TRY, RETURN and THROW; GOTO is in `labels`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result, Results
from sandbox.azuresql.tsql import evaluate, failing, labels, messages
from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.frame import Broke, Continued, Frame, Returned
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def begin_end(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`BEGIN … END`."""
    walk = Walk(node)
    walk.need_words("BEGIN")
    walk.kind("statement_terminator")
    body = [child for child in walk.rest if child.word != "END" or child.kind != "keyword"]
    async for result in interpreter.block(body, frame):
        yield result


async def if_(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """IF … ELSE IF … ELSE …: the parser gives the whole chain as one node."""
    walk = Walk(node)
    while True:
        clause = walk.kind("if_clause")
        chosen = clause is None or await _clause(interpreter, clause, frame)
        body: list[Node] = []
        while (child := walk.kind("statement", "statement_terminator")) is not None:
            body.append(child)
        if chosen:
            async for result in interpreter.block(body, frame):
                yield result
            return
        if not walk.words("ELSE"):
            walk.done()
            return


async def _clause(interpreter: Interpreter, node: Node, frame: Frame) -> bool:
    clause = Walk(node)
    clause.need_words("IF")
    found = await _condition(interpreter, clause.skip(), frame)
    clause.done()
    return found


async def while_(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`WHILE condition statement`."""
    walk = Walk(node)
    walk.need_words("WHILE")
    condition = walk.skip()
    body = walk.rest
    while await _condition(interpreter, condition, frame):
        try:
            async for result in interpreter.block(body, frame):
                yield result
        except Broke:
            return
        except Continued:
            continue


async def _condition(interpreter: Interpreter, node: Node, frame: Frame) -> bool:
    try:
        return await evaluate.condition(interpreter.session, node, frame)
    except ServerError as error:
        notice = await failing.failed(interpreter, error, node)
        raise failing.raised(notice) from error


async def break_(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`BREAK`."""
    raise Broke
    yield Done()


async def continue_(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CONTINUE`."""
    raise Continued
    yield Done()


async def return_(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`RETURN [status]`."""
    walk = Walk(node)
    walk.need_words("RETURN")
    value = 0
    if walk.here is not None:
        data = await evaluate.integer(interpreter.session, walk.rest, node, frame)
        value = read_int(data) or 0
    raise Returned(value)
    yield Done()


async def try_(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`BEGIN TRY … END TRY BEGIN CATCH … END CATCH`."""
    body, handler = _halves(node)
    interpreter.tries += 1
    try:
        try:
            async for result in interpreter.block(body, frame):
                yield result
        finally:
            interpreter.tries -= 1
        return
    except Refused as refused:
        if interpreter.unbound == (refused, interpreter.session.state.nesting):
            raise
        notice = refused.notice
    frame.errors.append(notice)
    try:
        async for result in interpreter.block(handler, frame):
            yield result
    finally:
        frame.errors.pop()


async def throw_(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`THROW`."""
    refused = await messages.thrown(interpreter.session, node, frame)
    interpreter.session.state.error = refused.notice.number
    await failing.refused(interpreter, refused)
    raise refused
    yield Done()


def _halves(node: Node) -> tuple[list[Node], list[Node]]:
    """The statements of TRY and of CATCH."""
    halves: tuple[list[Node], list[Node]] = ([], [])
    place = -1
    for child in node.children:
        if child.kind == "keyword":
            if child.word == "BEGIN":
                place += 1
            continue
        halves[place].append(child)
    return halves


Handler = Callable[["Interpreter", Node, Frame], Results]

HANDLERS: Final[dict[str, Handler]] = {
    "begin_end_block": begin_end,
    "if_then_statement": if_,
    "while_statement": while_,
    "break_statement": break_,
    "continue_statement": continue_,
    "return_segment": return_,
    "try_catch": try_,
    "throw_statement": throw_,
    "goto_statement": labels.goto,
    "label_segment": labels.label,
}
FAILING: Final = frozenset({"throw_statement", "if_then_statement", "while_statement"})
"""Control statements whose own condition or message can be an error."""
