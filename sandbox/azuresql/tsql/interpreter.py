"""Runs a batch: control flow here, everything that reaches PostgreSQL in `statements` and `ddl`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Notice, Refused, Result, Results, TransactionChanged
from sandbox.azuresql.tsql import errors, evaluate, explain, messages, refusal
from sandbox.azuresql.tsql.frame import BatchEnded, Broke, Continued, Frame, Returned
from sandbox.azuresql.tsql.link import ServerError
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.statements import HANDLERS
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession


class Interpreter:
    """Executes trees for one session."""

    def __init__(self, session: TsqlSession) -> None:
        self.session = session
        self._tries = 0
        self._stopped = False
        self._unbound: tuple[Refused, int] | None = None
        """The last 208, and how deep in procedures and texts it was raised."""
        self._changed = False
        self._temporary_changed = False
        self.collecting = False
        """An INSERT … EXEC is under way; there is one at a time."""
        self.texts: list[str] = []
        """The texts under way, the innermost last."""
        self.target: Relation | None = None
        """The table that the statement under way changes."""

    @property
    def known(self) -> frozenset[str]:
        """The kinds of statements that can run."""
        return frozenset(HANDLERS) | frozenset(_CONTROL)

    def stop(self) -> None:
        """Leave the batch at the next statement (attention)."""
        self._stopped = True

    def resume(self) -> None:
        """What stopped an earlier call does not stop the next one."""
        self._stopped = False

    async def interrupted(self) -> None:
        """After a cancelled statement: undo it where a transaction is open."""
        transaction = self.session.transaction
        if not transaction.count:
            return
        if self.session.state.options.xact_abort:
            await transaction.rollback()
        else:
            await transaction.undo_statement()

    def definition_changed(self, *, temporary: bool) -> None:
        """DDL ran: forget descriptions now, and again when the transaction ends.

        A temporary table concerns no other session: what they have translated stays.
        """
        within = self.session.transaction.count > 0
        if temporary:
            self._temporary_changed = within
            self.session.state.forget_temporary()
        else:
            self._changed = within
            self.session.state.database.changed()

    def undone(self) -> None:
        """A part of the transaction was rolled back; its end is still to come."""
        if self._changed:
            self.session.state.database.changed()
        if self._temporary_changed:
            self.session.state.forget_temporary()

    def settled(self) -> None:
        """A transaction ended."""
        if self._changed:
            self._changed = False
            self.session.state.database.changed()
        if self._temporary_changed:
            self._temporary_changed = False
            self.session.state.forget_temporary()

    async def explain(self, error: ServerError, line: int, statement: str = "INSERT") -> Notice:
        """SQL Server's words for what PostgreSQL refused."""
        return await explain.explain(self.session, error, line, statement)

    # --- blocks ---------------------------------------------------------------------------------

    async def run(self, root: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        """A parsed batch."""
        self._tries = 0
        self.texts = [root.text]
        async for result in self.batches(root, frame):
            yield result

    async def batches(self, root: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        for batch in root.children:
            if batch.kind != "batch":
                raise refusal.unknown(batch)
            _check_place(batch)
            async for result in self.block(batch.children, frame):
                yield result

    async def block(self, nodes: Sequence[Node], frame: Frame) -> AsyncGenerator[Result, None]:
        for node in nodes:
            if node.kind == "statement_terminator":
                continue
            if node.kind != "statement" or len(node.children) != 1:
                raise refusal.unknown(node)
            async for result in self.statement(node.children[0], frame):
                yield result

    async def statement(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        """One statement. Errors become notices here, unless a TRY waits for them."""
        if self._stopped:
            raise BatchEnded
        control = _CONTROL.get(node.kind)
        try:
            if control is not None:
                async for result in control(self, node, frame):
                    yield result
            else:
                async for result in self._simple(node, frame):
                    yield result
        except Refused as refused:
            refused.notice.procedure = refused.notice.procedure or frame.procedure
            if control is not None and node.kind not in _FAILING:
                raise
            if self._tries:
                raise
            async for result in self._report(refused, node):
                yield result

    async def _simple(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        handler = HANDLERS.get(node.kind)
        if handler is None:
            raise refusal.unknown(node)
        state, transaction = self.session.state, self.session.transaction
        try:
            if state.user.lower() != "dbo":
                await self.session.engine.rights(state.database, self.session.link)
            async for result in handler(self, node, frame):
                yield result
        except ServerError as error:
            if self.session.cancelled:
                raise
            notice = await self._failed(error, node)
            raise _raised(notice) from error
        except Refused as refused:
            if refused.notice.line == 1:
                refused.notice.line = node.line
            known = self._unbound is not None and self._unbound[0] is refused
            if refused.notice.number == _UNBOUND and not known:
                self._unbound = refused, state.nesting
            await self._refused(refused)
            raise
        if node.kind not in _READS:
            transaction.touched()
        if node.kind not in _KEEPS_ERROR:
            state.error = 0
        transaction.doomed = transaction.doomed and transaction.count > 0

    async def _failed(self, error: ServerError, node: Node) -> Notice:
        """PostgreSQL refused: bring the transaction to where SQL Server would have it."""
        transaction, options = self.session.transaction, self.session.state.options
        statement = node.kind.partition("_")[0].upper()
        statement = "ALTER TABLE" if statement == "ALTER" else statement
        number = errors.number_of(error)
        if transaction.count and not transaction.doomed:
            if number in errors.ROLLS_BACK and not self._tries:
                await transaction.rollback()
            elif options.xact_abort or number in errors.ROLLS_BACK | errors.DOOMS:
                await transaction.doom()
            else:
                await transaction.undo_statement()
        if self._temporary_changed:
            self.session.state.forget_temporary()
        notice = await self.explain(error, node.line, statement)
        self.session.state.error = notice.number
        self.session.state.rowcount = 0
        return notice

    async def _refused(self, refused: Refused) -> None:
        """The language itself refused before PostgreSQL was asked."""
        self.session.state.error = refused.notice.number
        if self.session.state.options.xact_abort and not isinstance(refused, refusal.Raised):
            await self.session.transaction.doom()

    async def _report(self, refused: Refused, node: Node) -> AsyncGenerator[Result, None]:
        """An error outside of any TRY: say it, and decide whether the batch goes on."""
        notice, transaction = refused.notice, self.session.transaction
        yield notice
        aborts = self.session.state.options.xact_abort and not isinstance(refused, refusal.Raised)
        ends = notice.number in errors.ENDS_BATCH or isinstance(refused, refusal.Ending)
        if transaction.doomed or (aborts and transaction.count):
            await transaction.rollback()
            self.settled()
            yield TransactionChanged("rollback")
            ends = True
        elif notice.number in errors.ROLLS_BACK:
            self.settled()
            yield TransactionChanged("rollback")
        yield Done()
        if ends or aborts or notice.number == 40517:
            raise BatchEnded

    # --- control flow ---------------------------------------------------------------------------

    async def _begin_end(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        walk = Walk(node)
        walk.need_words("BEGIN")
        walk.kind("statement_terminator")
        body = [child for child in walk.rest if child.word != "END" or child.kind != "keyword"]
        async for result in self.block(body, frame):
            yield result

    async def _if(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        """IF … ELSE IF … ELSE …: the parser gives the whole chain as one node."""
        walk = Walk(node)
        while True:
            clause = walk.kind("if_clause")
            chosen = clause is None or await self._clause(clause, frame)
            body: list[Node] = []
            while (child := walk.kind("statement", "statement_terminator")) is not None:
                body.append(child)
            if chosen:
                async for result in self.block(body, frame):
                    yield result
                return
            if not walk.words("ELSE"):
                walk.done()
                return

    async def _clause(self, node: Node, frame: Frame) -> bool:
        clause = Walk(node)
        clause.need_words("IF")
        found = await self._condition(clause.skip(), frame)
        clause.done()
        return found

    async def _while(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        walk = Walk(node)
        walk.need_words("WHILE")
        condition = walk.skip()
        body = walk.rest
        while await self._condition(condition, frame):
            try:
                async for result in self.block(body, frame):
                    yield result
            except Broke:
                return
            except Continued:
                continue

    async def _condition(self, node: Node, frame: Frame) -> bool:
        try:
            return await evaluate.condition(self.session, node, frame)
        except ServerError as error:
            notice = await self._failed(error, node)
            raise _raised(notice) from error

    async def _break(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        raise Broke
        yield Done()

    async def _continue(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        raise Continued
        yield Done()

    async def _return(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        walk = Walk(node)
        walk.need_words("RETURN")
        value = 0
        if walk.here is not None:
            data = await evaluate.integer(self.session, walk.rest, node, frame)
            value = read_int(data) or 0
        raise Returned(value)
        yield Done()

    async def _try(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        body, handler = _halves(node)
        self._tries += 1
        try:
            try:
                async for result in self.block(body, frame):
                    yield result
            finally:
                self._tries -= 1
            return
        except Refused as refused:
            if self._unbound == (refused, self.session.state.nesting):
                raise
            notice = refused.notice
        frame.errors.append(notice)
        try:
            async for result in self.block(handler, frame):
                yield result
        finally:
            frame.errors.pop()

    async def _throw(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        refused = await messages.thrown(self.session, node, frame)
        self.session.state.error = refused.notice.number
        await self._refused(refused)
        raise refused
        yield Done()


def _check_place(batch: Node) -> None:
    """Raises Refused 111 for a definition that must stand alone and does not."""
    misplaced = batch.memory.get("misplaced")
    if misplaced is None:
        first = batch.children[0].children[0] if batch.children[0].children else None
        misplaced = [node for node in batch.all(*_ALONE) if node is not first]
        batch.memory["misplaced"] = misplaced
    if misplaced:
        node = misplaced[0]
        words = " ".join(_ALONE[node.kind])
        text = f"'{words}' must be the first statement in a query batch."
        raise Refused(111, text, 15, line=node.line)


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


def _raised(notice: Notice) -> Refused:
    refused = Refused(notice.number, notice.text, notice.severity, notice.state, notice.line)
    refused.notice.procedure = notice.procedure
    return refused


Handler = Callable[[Interpreter, Node, Frame], Results]

_CONTROL: Final[dict[str, Handler]] = {
    "begin_end_block": Interpreter._begin_end,
    "if_then_statement": Interpreter._if,
    "while_statement": Interpreter._while,
    "break_statement": Interpreter._break,
    "continue_statement": Interpreter._continue,
    "return_segment": Interpreter._return,
    "try_catch": Interpreter._try,
    "throw_statement": Interpreter._throw,
}
_ALONE: Final = {
    "create_procedure_statement": ("CREATE/ALTER", "PROCEDURE"),
    "create_function_statement": ("CREATE", "FUNCTION"),
    "create_view_statement": ("CREATE", "VIEW"),
    "alter_view_statement": ("ALTER", "VIEW"),
    "create_trigger": ("CREATE", "TRIGGER"),
    "create_schema_statement": ("CREATE", "SCHEMA"),
}
_UNBOUND: Final = 208
"""A name that stands for nothing ends its batch: only a TRY of an outer one catches it."""

_FAILING: Final = frozenset({"throw_statement", "if_then_statement", "while_statement"})
"""Control statements whose own condition or message can be an error."""

_READS: Final = frozenset(
    {"select_statement", "set_expression", "declare_segment", "set_local_variable_segment"}
)
"""Statements that leave nothing behind for a later failure to undo (some selects say so)."""

_KEEPS_ERROR: Final = frozenset(
    {"declare_segment", "raiserror_statement", "execute_script_statement"}
)
