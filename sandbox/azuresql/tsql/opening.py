"""What comes before a statement that reads or writes tables."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Result, TransactionChanged

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def start(interpreter: Interpreter) -> AsyncGenerator[Result, None]:
    """The implicit transaction, and the savepoint that a failure goes back to."""
    session = interpreter.session
    options, transaction = session.state.options, session.transaction
    if options.implicit_transactions and transaction.count == 0:
        await transaction.begin()
        yield TransactionChanged("begin")
    await guard(interpreter)


async def guard(interpreter: Interpreter) -> None:
    """The savepoint alone: a statement that reads no table opens no transaction, but can fail."""
    session = interpreter.session
    abandons = session.state.options.xact_abort and not interpreter.tables
    if session.transaction.count and not abandons:
        await session.transaction.guard()
