"""THROW, RAISERROR and PRINT."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Notice, Refused, Result, SqlType
from sandbox.azuresql.tsql import evaluate, refusal
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.ordering import split
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int, read_text
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter
    from sandbox.azuresql.tsql.session import TsqlSession

_TEXT: Final = SqlType("nvarchar", 2048)
_OPTIONS: Final = frozenset({"NOWAIT", "LOG", "SETERROR"})


async def thrown(session: TsqlSession, node: Node, frame: Frame) -> refusal.Ending:
    """`THROW number, text, state`, or `THROW` alone inside a CATCH. The error to raise."""
    walk = Walk(node)
    walk.need_words("THROW")
    if walk.here is None:
        if not frame.errors:
            raise Refused(
                10704,
                "To rethrow an error, a THROW statement must be used inside a CATCH block. Insert "
                "the THROW statement inside a CATCH block, or add error parameters to the THROW "
                "statement.",
                15,
                line=node.line,
            )
        last = frame.errors[-1]
        refused = refusal.Ending(last.number, last.text, last.severity, last.state, last.line)
        refused.notice.procedure = last.procedure
    else:
        number, text, state = split(walk.rest)
        refused = refusal.Ending(
            read_int(await evaluate.integer(session, number, node, frame)) or 0,
            read_text(await evaluate.value(session, text, node, frame, _TEXT)),
            16,
            read_int(await evaluate.integer(session, state, node, frame)) or 0,
            node.line,
        )
        if refused.notice.number < 50000:
            raise Refused(
                35100,
                f"Error number {refused.notice.number} in the THROW statement is outside the valid "
                "range. Specify an error number in the valid range of 50000 to 2147483647.",
                state=10,
                line=node.line,
            )
    return refused


async def raiserror(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`RAISERROR (text, severity, state, …) WITH NOWAIT`."""
    session = interpreter.session
    walk = Walk(node)
    walk.need_words("RAISERROR")
    bracketed = walk.need("bracketed")
    if walk.words("WITH"):
        for child in walk.rest:
            if child.kind != "comma" and child.word not in _OPTIONS:
                raise refusal.unknown(child)
    else:
        walk.done()
    text_nodes, severity_nodes, state_nodes, *arguments = listed(bracketed)
    text = read_text(await evaluate.value(session, text_nodes, bracketed, frame, _TEXT))
    severity = read_int(await evaluate.integer(session, severity_nodes, bracketed, frame)) or 0
    state = read_int(await evaluate.integer(session, state_nodes, bracketed, frame)) or 0
    values = [
        read_text(await evaluate.value(session, nodes, bracketed, frame, _TEXT))
        for nodes in arguments
    ]
    shown = formatted(text, values)
    if severity <= 10:
        yield Notice(50000 if severity else 0, severity, state, node.line, shown)
        return
    raise refusal.Raised(50000, shown, min(severity, 18), state, node.line)


def formatted(text: str, values: list[str]) -> str:
    """RAISERROR's own printf: `%s %d %i %u %x %%`, with widths."""
    found: list[str] = []
    rest, taken = text, 0
    while rest:
        before, sign, after = rest.partition("%")
        found.append(before)
        if not sign:
            break
        flags = ""
        while after and after[0] in "-+0 #.*123456789":
            width = after[0]
            if width == "*":
                width = values[taken] if taken < len(values) else ""
                taken += 1
            flags, after = flags + width, after[1:]
        letter, rest = after[:1], after[1:]
        if letter == "%":
            found.append("%")
            continue
        value = values[taken] if taken < len(values) else "(null)"
        taken += 1
        if letter in "diu" and value.lstrip("-").isdigit():
            found.append(f"%{flags}d" % int(value))
        elif letter in "xXo" and value.lstrip("-").isdigit():
            found.append(f"%{flags}{letter}" % int(value))
        elif letter == "s":
            found.append(f"%{flags}s" % value)
        else:
            found.append(value)
    return "".join(found)


async def print_(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`PRINT expression`."""
    walk = Walk(node)
    walk.need_words("PRINT")
    text = SqlType("nvarchar", 4000)
    data = await evaluate.value(interpreter.session, walk.rest, node, frame, text)
    yield Notice(0, 0, 1, node.line, read_text(data))
