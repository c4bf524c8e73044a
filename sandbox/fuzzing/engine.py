"""A language that agrees to everything, so that only the wire can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from sandbox.azuresql.session import (
    BulkTarget,
    Done,
    Login,
    OutputValue,
    Parameter,
    Results,
    ReturnStatus,
    TransactionChanged,
)
from sandbox.azuresql.tds import oids
from sandbox.fuzzing.readers import COLUMNS


class AgreeingSession:
    def __init__(self) -> None:
        self.around_commit: Callable[[], AbstractAsyncContextManager[None]] = nullcontext

    async def batch(self, sql: str) -> Results:
        yield Done(len(sql))

    async def repeat(self, name: str, parameters: Sequence[Parameter]) -> None:
        return None

    async def rpc(self, name: str, parameters: Sequence[Parameter]) -> Results:
        """Gives NULL back for each output parameter, in the type that was sent."""
        yield Done(1)
        for given in parameters:
            if given.output:
                yield OutputValue(given.name, given.type, oids.TEXT, None)
        yield ReturnStatus(0)

    async def begin(self, isolation: int) -> Results:
        yield TransactionChanged("begin")
        yield Done()

    async def commit(self, begin_again: bool) -> Results:
        yield TransactionChanged("commit")
        yield Done()

    async def rollback(self, savepoint: str, begin_again: bool) -> Results:
        yield TransactionChanged("rollback")
        yield Done()

    async def save(self, savepoint: str) -> Results:
        yield Done()

    async def bulk_begin(self, statement: str) -> BulkTarget:
        return BulkTarget(COLUMNS)

    async def bulk_data(self, copy_rows: bytes) -> None:
        pass

    async def bulk_end(self, abort: bool) -> Results:
        yield Done(0)

    async def reset(self, keep_transaction: bool) -> None:
        pass

    async def cancel(self) -> None:
        pass

    async def close(self) -> None:
        pass


class AgreeingEngine:
    async def check_login(self, user: str, password: str, database: str) -> bool:
        return True

    async def open(self, login: Login) -> AgreeingSession:
        return AgreeingSession()
