"""The seam between the wire (`tds/`, `server.py`) and the language (`tsql/`, `catalog/`).

The wire knows bytes and tokens; the language knows statements and PostgreSQL. One `Session` stands
for one TDS login and owns one PostgreSQL connection. Results are pulled one by one, so that a large
result streams and an attention stops it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class SqlType:
    """A T-SQL type. `name` is lower case (`nvarchar`, `decimal`, `datetime2` …).

    `length` counts characters (nchar, nvarchar) or bytes (char, varchar, binary, varbinary), -1 is
    `(max)`; `precision` and `scale` as T-SQL means them (datetime2, time, datetimeoffset: `scale`).
    """

    name: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. `oid` is the PostgreSQL type that its raw values have."""

    name: str
    type: SqlType
    oid: int
    nullable: bool = True
    identity: bool = False
    computed: bool = False


@dataclass(slots=True)
class ResultSet:
    """Column metadata; `Rows` of raw values follow, then `Done`."""

    columns: Sequence[ResultColumn]
    memory: Any = field(default=None, compare=False, repr=False)
    """What the wire made of the columns, for a result set that the language gives again."""


@dataclass(slots=True)
class Rows:
    """Some rows; each value is PostgreSQL's *binary* format of `ResultColumn.oid`, None is NULL."""

    rows: Sequence[Sequence[bytes | None]]


@dataclass(slots=True)
class Done:
    """A statement ended. `count` is rows affected or returned, None when it counts nothing."""

    count: int | None = None
    command: int = 0


@dataclass(slots=True)
class Notice:
    """An error (severity above 10) or a message, with SQL Server's numbers."""

    number: int
    severity: int
    state: int
    line: int
    text: str
    procedure: str = ""


@dataclass(slots=True)
class ReturnStatus:
    """The integer that a procedure returned."""

    value: int


@dataclass(slots=True)
class OutputValue:
    """An output parameter; `value` is PostgreSQL's binary format of `oid`."""

    name: str
    type: SqlType
    oid: int
    value: bytes | None


@dataclass(slots=True)
class TransactionChanged:
    """A transaction began, committed or rolled back (for the ENVCHANGE token)."""

    kind: str  # "begin", "commit", "rollback"


@dataclass(slots=True)
class DatabaseChanged:
    """`USE`, or the database of the login."""

    name: str


Result = (
    ResultSet
    | Rows
    | Done
    | Notice
    | ReturnStatus
    | OutputValue
    | TransactionChanged
    | DatabaseChanged
)

Results = AsyncGenerator[Result, None]


@dataclass(frozen=True, slots=True)
class TableValue:
    """A table-valued parameter: the name of its table type, as sent, and its rows.

    `places` are the columns of the type that the rows give, from 0; the others are to take their
    defaults. Values are those of `Parameter`.
    """

    schema: str
    name: str
    types: tuple[SqlType, ...]
    places: tuple[int, ...]
    rows: tuple[tuple[Any, ...], ...]


class Parameter(NamedTuple):
    """An RPC parameter, decoded: `value` is a Python value.

    None, int, bool, float, str, bytes, Decimal, UUID; date and time types as ISO text with all
    seven digits; a TableValue where the type is `table`.
    """

    name: str
    type: SqlType
    value: Any
    output: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in, from where; the password is checked by the server before a session exists."""

    user: str
    database: str
    application: str = ""
    host: str = ""
    library: str = ""
    session_id: int = 0
    process: int = 0
    """The client's process id, as it says."""


@dataclass(slots=True)
class BulkTarget:
    """What `INSERT BULK` announced: the wire decodes rows into `copy_oids`' binary COPY format."""

    columns: Sequence[ResultColumn]
    """The target's columns in the order announced, with the PostgreSQL type that COPY wants."""
    check_nulls: bool = True
    options: dict[str, Any] = field(default_factory=dict)


class Session(Protocol):
    """One client's session. Calls do not overlap, except `cancel`.

    The methods that give `Results` are asynchronous generators; the wire may close one early.
    """

    around_commit: Callable[[], AbstractAsyncContextManager[None]]
    """Set by the server: entered around PostgreSQL's COMMIT of an explicit transaction and of a
    bulk load.

    Entering may raise `Refused` or ConnectionError, and then nothing is committed; leaving may
    raise them too, and then it is. Does nothing at first.
    """

    def batch(self, sql: str) -> Results: ...

    def rpc(self, name: str, parameters: Sequence[Parameter]) -> Results:
        """`name` is lower case: sp_executesql, sp_prepare, sp_prepexec, sp_execute, …"""
        ...

    async def repeat(
        self, name: str, parameters: Sequence[Parameter]
    ) -> Results | Sequence[Result] | None:
        """What `rpc` gives, for a call that the session has seen before, and sooner.

        None when it has not: nothing has happened then, and `rpc` is to run it.
        """
        ...

    def begin(self, isolation: int) -> Results:
        """Transaction manager's begin; isolation as TDS numbers it (0: keep)."""
        ...

    def commit(self, begin_again: bool) -> Results: ...

    def rollback(self, savepoint: str, begin_again: bool) -> Results: ...

    def save(self, savepoint: str) -> Results: ...

    async def bulk_begin(self, statement: str) -> BulkTarget:
        """Parse `INSERT BULK …`. Raises `Refused` with what is wrong."""
        ...

    async def bulk_data(self, copy_rows: bytes) -> None:
        """Feed rows in PostgreSQL's binary COPY format (no header, no trailer)."""
        ...

    def bulk_end(self, abort: bool) -> Results: ...

    async def reset(self, keep_transaction: bool) -> None:
        """RESETCONNECTION: as if just logged in."""
        ...

    async def cancel(self) -> None:
        """Attention: end what runs at the server; the running call then ends with no error."""
        ...

    async def close(self) -> None: ...


class Refused(Exception):
    """Raised inside the language for anything that SQL Server would answer with an error."""

    def __init__(self, number: int, text: str, severity: int = 16, state: int = 1, line: int = 1):
        super().__init__(text)
        self.notice = Notice(number, severity, state, line, text)
