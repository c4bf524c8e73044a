"""Runs a batch statement by statement: control of flow is in `flow`, the rest in `statements`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Notice, Refused, Result, Results
from sandbox.azuresql.tsql import explain, failing, flow, labels, placing, refusal
from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.frame import BatchEnded, Frame, Jumped, TableVariable
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.statements import HANDLERS
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession


class Interpreter:
    """Executes trees for one session."""

    def __init__(self, session: TsqlSession) -> None:
        self.session = session
        self.tries = 0
        """How many TRY blocks enclose the statement under way."""
        self._stopped = False
        self.unbound: tuple[Refused, int] | None = None
        """The last 208, and how deep in procedures and texts it was raised."""
        self._changed = False
        self.temporary_changed = False
        self.collecting = False
        """An INSERT … EXEC is under way; there is one at a time."""
        self.texts: list[str] = []
        """The texts under way, the innermost last."""
        self.tables: list[TableVariable] = []
        """The table variables in sight, those of outer levels first."""
        self.intercepting: set[int] = set()
        """The INSTEAD OF triggers under way: what they do themselves is done."""
        self.target: Relation | None = None
        """The table that the statement under way changes."""

    @property
    def known(self) -> frozenset[str]:
        """The kinds of statements that can run."""
        return frozenset(HANDLERS) | frozenset(flow.HANDLERS)

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
            self.temporary_changed = within
            self.session.state.forget_temporary()
        else:
            self._changed = within
            self.session.state.database.changed()

    def undone(self) -> None:
        """A part of the transaction was rolled back; its end is still to come."""
        if self._changed:
            self.session.state.database.changed()
        if self.temporary_changed:
            self.session.state.forget_temporary()

    def settled(self) -> None:
        """A transaction ended."""
        if self._changed:
            self._changed = False
            self.session.state.database.changed()
        if self.temporary_changed:
            self.temporary_changed = False
            self.session.state.forget_temporary()

    async def explain(self, error: ServerError, line: int, statement: str = "INSERT") -> Notice:
        """SQL Server's words for what PostgreSQL refused."""
        return await explain.explain(self.session, error, line, statement)

    # --- blocks ---------------------------------------------------------------------------------

    async def run(self, root: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        """A parsed batch."""
        self.tries = 0
        self.texts, self.tables = [root.text], []
        async for result in self.batches(root, frame):
            yield result

    async def batches(self, root: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        for batch in root.children:
            if batch.kind != "batch":
                raise refusal.unknown(batch)
            placing.check(batch)
            async for result in self.block(batch.children, frame):
                yield result

    async def block(self, nodes: Sequence[Node], frame: Frame) -> AsyncGenerator[Result, None]:
        """The statements of one block; a GOTO goes on at its label."""
        at = 0
        while at < len(nodes):
            node = nodes[at]
            at += 1
            if node.kind == "statement_terminator":
                continue
            if node.kind != "statement" or len(node.children) != 1:
                raise refusal.unknown(node)
            try:
                async for result in self.statement(node.children[0], frame):
                    yield result
            except Jumped as jumped:
                place = labels.place(nodes, jumped.label)
                if place is None:
                    raise
                at = place

    async def statement(self, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
        """One statement. Errors become notices here, unless a TRY waits for them."""
        if self._stopped:
            raise BatchEnded
        control = flow.HANDLERS.get(node.kind)
        try:
            if control is not None:
                async for result in control(self, node, frame):
                    yield result
            else:
                async for result in self._simple(node, frame):
                    yield result
        except Refused as refused:
            refused.notice.procedure = refused.notice.procedure or frame.procedure
            if control is not None and node.kind not in flow.FAILING:
                raise
            if self.tries:
                raise
            async for result in failing.report(self, refused, node):
                yield result

    def results(self, node: Node, frame: Frame) -> Results:
        """What a query or a change by itself gives; its errors are the caller's."""
        return HANDLERS[node.kind](self, node, frame)

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
            notice = await failing.failed(self, error, node)
            raise failing.raised(notice) from error
        except Refused as refused:
            if refused.notice.line == 1:
                refused.notice.line = node.line
            known = self.unbound is not None and self.unbound[0] is refused
            if refused.notice.number == _UNBOUND and not known:
                self.unbound = refused, state.nesting
            await failing.refused(self, refused)
            raise
        if node.kind not in _READS:
            transaction.touched()
        if node.kind not in _KEEPS_ERROR:
            state.error = 0
        if node.kind not in _KEEPS_ROWCOUNT:
            state.rowcount = 0
        transaction.doomed = transaction.doomed and transaction.count > 0


_UNBOUND: Final = 208
"""A name that stands for nothing ends its batch: only a TRY of an outer one catches it."""

_READS: Final = frozenset(
    {"select_statement", "set_expression", "declare_segment", "set_local_variable_segment"}
)
"""Statements that leave nothing behind for a later failure to undo (some selects say so)."""

_KEEPS_ERROR: Final = frozenset(
    {"declare_segment", "raiserror_statement", "execute_script_statement"}
)

_KEEPS_ROWCOUNT: Final = _READS | {
    "with_compound_statement",
    "insert_statement",
    "update_statement",
    "delete_statement",
    "merge_statement",
    "execute_script_statement",
    "fetch_cursor_statement",
}
"""Statements that set `@@ROWCOUNT` or leave it alone; others, such as PRINT and SET, make it 0."""
