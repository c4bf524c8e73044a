"""One client's session: what the wire calls (`sandbox.azuresql.session.Session`)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import (
    BulkTarget,
    Done,
    Login,
    Parameter,
    Refused,
    Result,
    Results,
    TransactionChanged,
)
from sandbox.azuresql.tsql import bulk, describe, procedures, repeating
from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.frame import BatchEnded, Frame, Returned
from sandbox.azuresql.tsql.interpreter import Interpreter
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.parameters import read_ahead
from sandbox.azuresql.tsql.results import TypeMap
from sandbox.azuresql.tsql.state import DatabaseState, SessionState
from sandbox.azuresql.tsql.table_variables import surviving
from sandbox.azuresql.tsql.transactions import TDS_LEVELS, Transaction
from sandbox.azuresql.tsql.tree import parsed

if TYPE_CHECKING:
    from sandbox.azuresql.engine import Engine


_AS_NEW: Final = (
    "DISCARD TEMP; SELECT pg_advisory_unlock_all(); RESET lock_timeout; RESET DateStyle; "
    "SET store.datefirst = ''"
)
"""Brings PostgreSQL's session to where it began."""


class TsqlSession:
    """A login's batches and calls, on one PostgreSQL connection."""

    def __init__(
        self, engine: Engine, link: Link, login: Login, database: DatabaseState, types: TypeMap
    ) -> None:
        self.engine = engine
        self.link = link
        self.types = types
        self.state = SessionState(login, database)
        self.state.describe_sessions = lambda: engine.sessions_json(self)
        self.state.describe_databases = engine.databases_json
        self.transaction = Transaction(link)
        self.interpreter = Interpreter(self)
        self.transaction.around_undo = lambda: surviving(self)
        self.prepared: dict[int, procedures.Prepared] = {}
        self.plans = repeating.Plans()
        self.bulk: bulk.BulkLoad | None = None
        self._cancelled = False

    @property
    def around_commit(self) -> Callable[[], AbstractAsyncContextManager[None]]:
        return self.transaction.around_commit

    @around_commit.setter
    def around_commit(self, hook: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self.transaction.around_commit = hook

    # --- batches and calls ----------------------------------------------------------------------

    async def batch(self, sql: str) -> AsyncGenerator[Result, None]:
        async with contextlib.aclosing(self.guarded(self._batch(sql))) as results:
            async for result in results:
                yield result

    async def _batch(self, sql: str) -> AsyncGenerator[Result, None]:
        root, frame = await parsed(sql), Frame()
        if self._cancelled:
            return
        async for result in self.interpreter.run(root, frame):
            yield result

    async def rpc(self, name: str, parameters: Sequence[Parameter]) -> AsyncGenerator[Result, None]:
        calls = self._rpc(name, parameters)
        async with contextlib.aclosing(self.guarded(calls)) as results:
            async for result in results:
                yield result

    async def _rpc(
        self, name: str, parameters: Sequence[Parameter]
    ) -> AsyncGenerator[Result, None]:
        await read_ahead(name, parameters)
        if self._cancelled:
            return
        async for result in procedures.call(self, name, parameters):
            yield result
        if not self._cancelled:
            await repeating.learn(self, name, parameters)

    async def repeat(
        self, name: str, parameters: Sequence[Parameter]
    ) -> Results | Sequence[Result] | None:
        self._begin()
        return await repeating.repeat(self, name, parameters)

    def _begin(self) -> None:
        self._cancelled = False
        self.interpreter.resume()

    async def guarded(self, results: Results) -> AsyncGenerator[Result, None]:
        """A call's results; what ends the call early is settled here."""
        self._begin()
        try:
            async for result in results:
                yield result
        except (BatchEnded, Returned):
            pass
        except Refused as refused:
            yield refused.notice
            yield Done()
        except ServerError as error:
            if self._cancelled:
                await self.interpreter.interrupted()
                return
            await self.transaction.undo_statement()
            yield await self.interpreter.explain(error, 1)
            yield Done()
        if self.transaction.doomed:
            await self.transaction.rollback()
            yield Refused(
                3998,
                "Uncommittable transaction is detected at the end of the batch. The transaction "
                "is rolled back.",
            ).notice
            yield TransactionChanged("rollback")
            yield Done()

    # --- the transaction manager's requests -----------------------------------------------------

    async def begin(self, isolation: int) -> AsyncGenerator[Result, None]:
        if isolation:
            self.transaction.isolation = TDS_LEVELS.get(isolation, self.transaction.isolation)
        if await self.transaction.begin():
            yield TransactionChanged("begin")
        yield Done()

    async def commit(self, begin_again: bool) -> AsyncGenerator[Result, None]:
        open_before = self.transaction.count
        try:
            if await self.transaction.commit():
                self.interpreter.settled()
                yield TransactionChanged("commit")
        except Refused as refused:
            if open_before and not self.transaction.count:
                self.interpreter.settled()
                yield TransactionChanged("rollback")
            yield refused.notice
        except ServerError as error:
            self.interpreter.settled()
            yield TransactionChanged("rollback")
            yield await self.interpreter.explain(error, 1)
        if begin_again and await self.transaction.begin():
            yield TransactionChanged("begin")
        yield Done()

    async def rollback(self, savepoint: str, begin_again: bool) -> AsyncGenerator[Result, None]:
        try:
            if savepoint:
                await self.transaction.rollback_to(savepoint)
            else:
                await self.transaction.rollback()
                yield TransactionChanged("rollback")
            self.interpreter.settled()
        except Refused as refused:
            yield refused.notice
        if begin_again and await self.transaction.begin():
            yield TransactionChanged("begin")
        yield Done()

    async def save(self, savepoint: str) -> AsyncGenerator[Result, None]:
        try:
            await self.transaction.save(savepoint)
        except Refused as refused:
            yield refused.notice
        yield Done()

    # --- bulk load ------------------------------------------------------------------------------

    async def bulk_begin(self, statement: str) -> BulkTarget:
        """Parse `INSERT BULK …`. Raises `Refused` with what is wrong."""
        self._cancelled = False
        self.interpreter.resume()
        await self.transaction.guard()
        try:
            self.bulk = await bulk.begin(self, statement)
        except ServerError as error:
            await self.transaction.undo_statement()
            notice = await self.interpreter.explain(error, 1)
            raise Refused(notice.number, notice.text, notice.severity) from error
        return self.bulk.target

    async def bulk_data(self, copy_rows: bytes) -> None:
        """Feed rows in PostgreSQL's binary COPY format (no header, no trailer)."""
        assert self.bulk is not None
        await self.bulk.feed(copy_rows)

    async def bulk_end(self, abort: bool) -> AsyncGenerator[Result, None]:
        assert self.bulk is not None
        load, self.bulk = self.bulk, None
        async for result in load.end(abort):
            yield result

    # --- life -----------------------------------------------------------------------------------

    async def reset(self, keep_transaction: bool) -> None:
        """RESETCONNECTION: as if just logged in."""
        if self.transaction.count and not keep_transaction:
            await self.transaction.rollback()
        if not self.transaction.count:
            await self._drop_global_tables()
            await self.link.run(_AS_NEW)
            self.transaction.locks.forget()
            self.state.forget_temporary()
        fresh = SessionState(self.state.login, self.state.database, self.engine.user_of(self.state))
        if self.state.user != fresh.user:
            await self.become(fresh.user)
        fresh.describe_sessions = self.state.describe_sessions
        fresh.describe_databases = self.engine.databases_json
        fresh.temporary = self.state.temporary
        fresh.temporary_epoch = self.state.temporary_epoch
        self.state = fresh
        self.transaction.isolation = "READ COMMITTED"
        self.prepared.clear()
        self.plans.clear()

    async def described(self, name: str, frame: Frame) -> str:
        """What a parameter of `described` is to hold."""
        return await describe.described(self, name, frame)

    async def become(self, user: str) -> None:
        """Be this user of the database; the catalog shows what he may see (58_visibility.sql)."""
        viewer = "" if user.lower() == "dbo" else user
        if viewer or self.state.user.lower() != "dbo":
            await self.transaction.set("store.viewer", literal(viewer))
        self.state.user = user

    async def cancel(self) -> None:
        """Attention: end what runs at the server; the running call then ends with no error."""
        self._cancelled = True
        self.interpreter.stop()
        await self.link.cancel()

    async def set_lock_timeout(self, milliseconds: int) -> None:
        """-1 waits for ever and 0 not at all; PostgreSQL's 0 waits for ever."""
        limit = 0 if milliseconds < 0 else max(1, milliseconds)
        await self.transaction.set("lock_timeout", str(limit))
        self.state.options.lock_timeout = milliseconds

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    async def _drop_global_tables(self) -> None:
        """Its global temporary tables go with a session, but for one that another holds on to."""
        if self.state.database.global_tables:
            with contextlib.suppress(ServerError):
                if self.transaction.count:
                    await self.transaction.rollback()
                await self.link.run("SET lock_timeout = '100ms'; CALL store.drop_global_tables()")
            self.state.database.changed()

    async def close(self) -> None:
        try:
            await self._drop_global_tables()
        finally:
            await self.link.close()
        self.engine.closed(self)
