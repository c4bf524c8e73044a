"""What an error leaves: of its statement, of the transaction, of the batch."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Done, Notice, Refused, Result, TransactionChanged
from sandbox.azuresql.tsql import errors, refusal
from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.frame import BatchEnded
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def failed(interpreter: Interpreter, error: ServerError, node: Node) -> Notice:
    """PostgreSQL refused: bring the transaction to where SQL Server would have it."""
    transaction, options = interpreter.session.transaction, interpreter.session.state.options
    statement = node.kind.partition("_")[0].upper()
    statement = "ALTER TABLE" if statement == "ALTER" else statement
    number = errors.number_of(error)
    if transaction.count and not transaction.doomed:
        if number in errors.ROLLS_BACK and not interpreter.tries:
            await transaction.rollback()
        elif options.xact_abort or number in errors.ROLLS_BACK | errors.DOOMS:
            await transaction.doom()
        else:
            await transaction.undo_statement()
    if interpreter.temporary_changed:
        interpreter.session.state.forget_temporary()
    notice = await interpreter.explain(error, node.line, statement)
    interpreter.session.state.error = notice.number
    interpreter.session.state.rowcount = 0
    return notice


async def refused(interpreter: Interpreter, refused: Refused) -> None:
    """The language itself refused before PostgreSQL was asked."""
    interpreter.session.state.error = refused.notice.number
    interpreter.session.state.rowcount = 0
    if interpreter.session.state.options.xact_abort and not isinstance(refused, refusal.Raised):
        await interpreter.session.transaction.doom()


async def report(
    interpreter: Interpreter, refused: Refused, node: Node
) -> AsyncGenerator[Result, None]:
    """An error outside of any TRY: say it, and decide whether the batch goes on."""
    session, notice = interpreter.session, refused.notice
    transaction = session.transaction
    yield notice
    aborts = session.state.options.xact_abort and not isinstance(refused, refusal.Raised)
    ends = notice.number in errors.ENDS_BATCH or isinstance(refused, refusal.Ending)
    if transaction.doomed or (aborts and transaction.count):
        await transaction.rollback()
        interpreter.settled()
        yield TransactionChanged("rollback")
        ends = True
    elif notice.number in errors.ROLLS_BACK:
        interpreter.settled()
        yield TransactionChanged("rollback")
    yield Done()
    if ends or aborts or notice.number == 40517:
        raise BatchEnded


def raised(notice: Notice) -> Refused:
    """The notice as what a TRY catches."""
    refused = Refused(notice.number, notice.text, notice.severity, notice.state, notice.line)
    refused.notice.procedure = notice.procedure
    return refused
