"""Transactions, EXECUTE, waiting, impersonation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import (
    Done,
    Refused,
    Result,
    Results,
    SqlType,
    TransactionChanged,
)
from sandbox.azuresql.tsql import evaluate, procedures, refusal, types
from sandbox.azuresql.tsql.calls import Argument
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import fold, parts, plain
from sandbox.azuresql.tsql.nesting import nested
from sandbox.azuresql.tsql.parameters import TABLE
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_text
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_MAX: Final = SqlType("nvarchar", -1)


async def transaction(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """BEGIN, COMMIT, ROLLBACK and SAVE TRANSACTION."""
    walk = Walk(node)
    verb = walk.any_word("BEGIN", "COMMIT", "ROLLBACK", "SAVE")
    walk.any_word("TRANSACTION", "TRAN", "WORK")
    name_node = walk.kind("naked_identifier", "quoted_identifier", "parameter")
    walk.done()
    name = plain(name_node.text) if name_node is not None else ""
    if name.startswith("@"):
        name = read_text(frame.variables[name.lower()].data)
    session = interpreter.session
    if verb == "BEGIN":
        if await session.transaction.begin(name):
            yield TransactionChanged("begin")
    elif verb == "COMMIT":
        if await session.transaction.commit(node.line):
            interpreter.settled()
            yield TransactionChanged("commit")
    elif verb == "SAVE":
        await session.transaction.save(name, node.line)
    elif verb == "ROLLBACK" and session.transaction.count and not session.transaction.ends(name):
        await session.transaction.rollback_to(name, node.line)
        interpreter.undone()
    elif verb == "ROLLBACK":
        await session.transaction.rollback(node.line)
        interpreter.settled()
        yield TransactionChanged("rollback")
    else:
        raise refusal.unknown(node)


async def execute(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`EXEC (text)` and `EXEC [@r =] procedure arguments`."""
    walk = Walk(node)
    walk.any_word("EXECUTE", "EXEC")
    session = interpreter.session
    body = walk.kind("bracketed")
    if body is not None:
        walk.done()
        inner = [c for c in body.children if c.kind not in ("start_bracket", "end_bracket")]
        text = read_text(await evaluate.value(session, inner, body, frame, _MAX))
        async for result in nested(interpreter, text, Frame()):
            yield result
        return
    status: str | None = None
    if walk.here is not None and walk.here.kind == "parameter":
        status = walk.skip().text.lower()
        walk.need("raw_comparison_operator", "comparison_operator", "assignment_operator")
    reference = walk.need("object_reference")
    arguments = await _arguments(interpreter, walk, node, frame)
    name = parts(reference)
    async for result in procedures.execute(interpreter, name, arguments, frame, status, node.line):
        yield result


async def _arguments(
    interpreter: Interpreter, walk: Walk, node: Node, frame: Frame
) -> list[Argument]:
    """The arguments of EXEC, evaluated where they are values."""
    found: list[Argument] = []
    while walk.here is not None:
        name = ""
        first = walk.skip()
        if first.kind == "parameter" and walk.kind(
            "comparison_operator", "raw_comparison_operator", "assignment_operator"
        ):
            name = first.text
            first = walk.skip()
        output = walk.any_word("OUTPUT", "OUT") is not None
        found.append(await _argument(interpreter, name, first, output, node, frame))
        if not walk.kind("comma"):
            break
    walk.done()
    return found


async def _argument(
    interpreter: Interpreter, name: str, node: Node, output: bool, owner: Node, frame: Frame
) -> Argument:
    inner = node
    while inner.kind == "expression" and len(inner.children) == 1:
        inner = inner.children[0]
    if inner.kind == "keyword" and inner.word == "DEFAULT":
        return Argument(name, _MAX, None, default=True)
    if inner.kind == "parameter":
        table = frame.tables.get(inner.text.lower())
        if table is not None:
            return Argument(name, TABLE, None, table=table)
        variable = frame.variables.get(inner.text.lower())
        if variable is None:
            raise refusal.no_variable(inner.text, inner.line)
        return Argument(name, variable.type, variable.data, output, inner.text.lower())
    type = _literal_type(inner)
    data = await evaluate.value(interpreter.session, [inner], owner, frame, type)
    return Argument(name, type, data, output)


def _literal_type(node: Node) -> SqlType:
    text = "".join(token.text for token in node.tokens())
    if node.kind in ("integer_literal", "numeric_literal"):
        if text[:2].lower() == "0x":
            return SqlType("varbinary", -1)
        if text.lstrip("+-").isdigit():
            return types.integer_type(int(text))
        return SqlType("decimal", 0, 38, len(text.partition(".")[2]))
    if node.kind == "binary_literal":
        return SqlType("varbinary", -1)
    return _MAX


async def wait_for(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`WAITFOR DELAY 'hh:mm:ss'`, waited for by PostgreSQL, where an attention ends it."""
    walk = Walk(node)
    walk.need_words("WAITFOR", "DELAY")
    data = await evaluate.value(
        interpreter.session, walk.rest, node, frame, SqlType("time", 0, 0, 7)
    )
    ticks = int.from_bytes(data or b"\0", "big")
    await interpreter.session.link.run(f"SELECT pg_sleep({ticks / 10_000_000})")
    return
    yield Done()


async def use(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`USE name`: only the database that one is in, as in Azure SQL Database."""
    wanted = plain(node.children[-1].text.strip())
    if fold(wanted) != interpreter.session.state.database.folded:
        raise Refused(
            40508,
            "USE statement is not supported to switch between databases. Use a new connection to "
            "connect to a different database.",
            line=node.line,
        )
    return
    yield Done()


async def execute_as(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`EXECUTE AS USER = 'name'`. Raises Refused 15517."""
    session = interpreter.session
    text = node.children[-1].text
    name = text.lstrip("nN")[1:-1].replace("''", "'")
    rights = await session.engine.rights(session.state.database, session.link)
    principal = rights.find(name)
    owner = session.state.user.lower() == "dbo" or rights.owns(session.state.user)
    if principal is None or principal.kind != "S" or not owner:
        raise Refused(
            15517,
            f'Cannot execute as the database principal because the principal "{name}" does not '
            "exist, this type of principal cannot be impersonated, or you do not have permission.",
            line=node.line,
        )
    session.state.impersonated.append(session.state.user)
    await session.become(principal.name)
    return
    yield Done()


async def revert(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`REVERT`."""
    session = interpreter.session
    if session.state.impersonated:
        await session.become(session.state.impersonated.pop())
    return
    yield Done()


HANDLERS: Final[dict[str, Callable[[Interpreter, Node, Frame], Results]]] = {
    "transaction_statement": transaction,
    "execute_script_statement": execute,
    "waitfor_statement": wait_for,
    "use_statement": use,
    "execute_as_statement": execute_as,
    "revert_statement": revert,
}
