"""A server whose language is a handful of words, so that the wire is tested without T-SQL.

rows N      N rows of (int, nvarchar(max)), 400 to a piece
hang        runs until an attention comes
fail N      error N
crash       a defect of the language
tran        begins a transaction; `commit` ends it
"""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType
from typing import Self

from sandbox.azuresql.fault_settings import FaultSettings
from sandbox.azuresql.faults import Faults
from sandbox.azuresql.server import Server
from sandbox.azuresql.session import (
    BulkTarget,
    Done,
    Login,
    Notice,
    OutputValue,
    Parameter,
    Refused,
    ResultColumn,
    Results,
    ResultSet,
    ReturnStatus,
    Rows,
    SqlType,
    TransactionChanged,
)
from sandbox.azuresql.tds import certificate, oids
from tests.patience import PATIENCE_S

USER, PASSWORD, TOKEN = "sa", "Pässw0rd😀", "eyJ.token"
TEXT = "text é😀 " * 40

COLUMNS = [
    ResultColumn("n", SqlType("int"), oids.INT4, nullable=False),
    ResultColumn("text", SqlType("nvarchar", -1), oids.TEXT),
]

TYPE_INFO = [
    ResultColumn("TYPE_NAME", SqlType("nvarchar", 128), oids.TEXT),
    ResultColumn("DATA_TYPE", SqlType("smallint"), oids.INT2),
    ResultColumn("PRECISION", SqlType("int"), oids.INT4),
]
"""What pyodbc asks first: how long a text may be before it is bound as nvarchar(max)."""


class ScriptedSession:
    """Understands the words above."""

    def __init__(self, engine: ScriptedEngine, login: Login) -> None:
        self.around_commit: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
        self._engine = engine
        self.login = login
        self._cancelled = asyncio.Event()
        self._bulk = b""
        self._says = False

    async def batch(self, sql: str) -> Results:
        self._engine.heard.append(sql)
        word, _, argument = sql.partition(" ")
        if word == "rows":
            async for result in self._rows(int(argument)):
                yield result
        elif word == "hang":
            self._cancelled.clear()
            await self._cancelled.wait()
            self._engine.heard.append("cancelled")
        elif word == "fail":
            yield Notice(50_000, 0, 1, 1, "first a message")
            raise Refused(int(argument), "on purpose", severity=16, line=3)
        elif word == "crash":
            raise ZeroDivisionError("a defect")
        elif word == "tran":
            yield TransactionChanged("begin")
        elif word == "commit":
            async for result in self.commit(False):
                yield result
        elif word == "who":
            yield ResultSet(COLUMNS)
            said = f"{self.login.user} {self.login.database} {self.login.application}"
            yield Rows([(struct.pack(">i", self.login.session_id), said.encode())])
            yield Done(1, 0xC1)
        else:
            yield Done(0)

    async def _rows(self, count: int) -> Results:
        yield ResultSet(COLUMNS)
        self._engine.rows_left = count
        for first in range(0, count, 400):
            numbers = range(first, min(first + 400, count))
            yield Rows([(struct.pack(">i", n), None if n % 7 == 6 else _text(n)) for n in numbers])
            self._engine.rows_left = count - numbers.stop
            await asyncio.sleep(0)
        yield Done(count, 0xC1)

    async def repeat(self, name: str, parameters: Sequence[Parameter]) -> Results | None:
        return None

    async def rpc(self, name: str, parameters: Sequence[Parameter]) -> Results:
        """Hands the last parameter back as a row and the first output parameter as 42."""
        if name == "[sys].sp_datatype_info_100":
            yield ResultSet(TYPE_INFO)
            yield Rows([(b"nvarchar", struct.pack(">h", -9), struct.pack(">i", 4000))])
            yield Done(1, 0xC1)
            return
        self._engine.heard.append(name)
        self._engine.parameters.append(tuple(parameters))
        self._says = self._says or any(p.value == "say @P1" for p in parameters)
        if self._says and name in ("sp_prepexec", "sp_execute"):
            yield ResultSet(COLUMNS)
            yield Rows([(struct.pack(">i", len(parameters)), str(parameters[-1].value).encode())])
            yield Done(1, 0xC1)
        else:
            yield Done(1, 0xC3)
        outputs = [parameter for parameter in parameters if parameter.output]
        for output in outputs[:1]:
            yield OutputValue(output.name, SqlType("int"), oids.INT4, struct.pack(">i", 42))
        yield ReturnStatus(0)

    async def begin(self, isolation: int) -> Results:
        self._engine.heard.append(f"begin {isolation}")
        yield TransactionChanged("begin")
        yield Done()

    async def commit(self, begin_again: bool) -> Results:
        async with self.around_commit():
            self._engine.heard.append("committed")
        yield TransactionChanged("commit")
        if begin_again:
            yield TransactionChanged("begin")
        yield Done()

    async def rollback(self, savepoint: str, begin_again: bool) -> Results:
        self._engine.heard.append(f"rolled back {savepoint}".rstrip())
        yield TransactionChanged("rollback")
        if begin_again:
            yield TransactionChanged("begin")
        yield Done()

    async def save(self, savepoint: str) -> Results:
        self._engine.heard.append(f"saved {savepoint}")
        yield Done()

    async def bulk_begin(self, statement: str) -> BulkTarget:
        self._engine.heard.append(statement)
        self._bulk = b""
        return BulkTarget(COLUMNS)

    async def bulk_data(self, copy_rows: bytes) -> None:
        self._bulk += copy_rows

    async def bulk_end(self, abort: bool) -> Results:
        self._engine.heard.append("bulk aborted" if abort else "bulk stored")
        if not abort:
            self._engine.stored.append(self._bulk)
            yield Done(3, 0xC3)

    async def reset(self, keep_transaction: bool) -> None:
        self._engine.heard.append(f"reset {keep_transaction}")

    async def cancel(self) -> None:
        self._cancelled.set()
        self._engine.cancelled.set()

    async def close(self) -> None:
        self._engine.closed.append(self.login.session_id)


def _text(number: int) -> bytes:
    return f"{number} {TEXT}".encode()


class ScriptedEngine:
    """What was heard, in order, of all sessions."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.parameters: list[tuple[Parameter, ...]] = []
        self.stored: list[bytes] = []
        self.closed: list[int] = []
        self.rows_left = 0
        """Of the `rows` that began last."""
        self.cancelled = threading.Event()

    async def check_login(self, user: str, password: str, database: str) -> bool:
        return (user, password) == (USER, PASSWORD)

    async def open(self, login: Login) -> ScriptedSession:
        if login.database == "nowhere":
            text = 'Cannot open database "nowhere" requested by the login. The login failed.'
            raise Refused(4060, text, severity=11)
        return ScriptedSession(self, login)


class ScriptedServer:
    """The real server over the scripted language, in a thread of its own."""

    def __init__(self) -> None:
        self.engine = ScriptedEngine()
        self.faults = Faults()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.certificate, key = certificate.self_signed()
        context = certificate.server_context(self.certificate, key)
        self.server = Server(
            self.engine, context, self.faults, access_token=TOKEN, token_user="bearer"
        )

    def freeze(self, frozen: bool) -> None:
        """Hold requests up before they run, or let them go on."""
        settings = FaultSettings(frozen=frozen)
        self._loop.call_soon_threadsafe(self.faults.apply, settings)

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result(
            PATIENCE_S
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()
