"""Connections to the target: their strings, tokens, session options and their life."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar, cast

import pyodbc

from connectors.azuresql.errors import (
    CHECK_ADDRESS,
    TargetUnreachable,
    connection_lost,
    translate,
)
from connectors.azuresql.retry import Backoff
from connectors.azuresql.settings import AzureSqlSettings, render_connection
from connectors.odbc import driver
from model.errors import ConfigurationError, DataRefused, InDoubt, LoginRefused, Retryable

T = TypeVar("T")
DUPLICATE: Final = (2627, 2601)
_SHORT: Final = 2000
"""A text of so many characters has at most 4,000 UTF-16 units; longer ones travel as (max)."""

pyodbc.pooling = False
"""A pooled connection would come back with its old token and lose `#stage` tables unseen."""

_ACCESS_TOKEN: Final = 1256
"""SQL_COPT_SS_ACCESS_TOKEN: a structure of 4 bytes of length and the token in UTF-16LE."""
_SCOPE: Final = "https://database.windows.net/.default"
_PROBE_S: Final = 5.0
_LOG: Final = logging.getLogger("replicator.azuresql")

WAIT_FOR_LOCKS: Final = "SET LOCK_TIMEOUT 30000;"

SESSION: Final = (
    "/* replicator:session */ SET NOCOUNT ON; SET XACT_ABORT ON; SET QUOTED_IDENTIFIER ON; "
    "SET ANSI_NULLS ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; SET ARITHABORT ON; "
    "SET CONCAT_NULL_YIELDS_NULL ON; SET NUMERIC_ROUNDABORT OFF; "
    f"{WAIT_FOR_LOCKS}"
)
"""Options that filtered indexes and computed columns demand of every writer, and that make an
error roll the whole transaction back. Sent as a batch of its own: options that are set inside a
prepared statement end with it."""


class Token(Protocol):
    @property
    def token(self) -> str: ...


class Credential(Protocol):
    """What azure-identity's credentials offer."""

    def get_token(self, *scopes: str) -> Token: ...


def credential(settings: AzureSqlSettings) -> Credential | None:
    """The credential that the settings name, None when the connection string logs in.

    Raises ConfigurationError when azure-identity is not installed.
    """
    if settings.credential is None:
        return None
    try:
        from azure import identity
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "a credential needs the package azure-identity",
            object="target.credential",
            hint="pip install 'replicator[azure]'",
        ) from exc
    makers: dict[str, Callable[[], Any]] = {
        "default": identity.DefaultAzureCredential,
        "managed_identity": lambda: identity.ManagedIdentityCredential(
            client_id=settings.managed_identity_client_id
        ),
        "workload_identity": identity.WorkloadIdentityCredential,
        "environment": identity.EnvironmentCredential,
        "cli": identity.AzureCliCredential,
    }
    return cast(Credential, makers[settings.credential]())


def token_attribute(token: str) -> dict[int, bytes]:
    """The attribute that hands an access token to the driver before it connects."""
    encoded = token.encode("utf-16-le")
    return {_ACCESS_TOKEN: struct.pack("<I", len(encoded)) + encoded}


def connection_string(settings: AzureSqlSettings, application: str) -> str:
    """For pyodbc; holds the password."""
    pairs = settings.pairs
    named = pairs.pop("Driver", "").strip("{}")
    start = "Driver=" + ("{" + named + "}" if named else driver()) + ";"
    return start + render_connection(pairs | {"APP": application[:128]})


def knock(settings: AzureSqlSettings) -> None:
    """Raise TargetUnreachable when nobody listens at the server's address.

    The driver knocks at a closed port until its login timeout ends, and then cannot say why.
    """
    if settings.address is None:
        return
    try:
        socket.create_connection(settings.address, min(_PROBE_S, settings.connect_timeout)).close()
    except OSError as exc:
        reason = exc.strerror or "no answer in time"
        raise TargetUnreachable(
            f"the server does not answer ({reason})", object=settings.server, hint=CHECK_ADDRESS
        ) from exc


def open_pyodbc(
    settings: AzureSqlSettings, *, application: str, identity: Credential | None = None
) -> pyodbc.Connection:
    """A connection in autocommit, with our session's options; a token is fetched anew for each.

    Raises LoginRefused, TargetUnreachable and whatever else the server answers, translated.
    """
    identity = identity or credential(settings)
    attributes = token_attribute(_fetch(identity, settings)) if identity else {}
    try:
        connection = pyodbc.connect(
            connection_string(settings, application),
            autocommit=True,
            timeout=max(1, round(settings.connect_timeout)),
            attrs_before=attributes,
        )
    except pyodbc.Error as exc:
        raise translate(exc, object=settings.server, connecting=True) from exc
    try:
        connection.timeout = max(1, round(settings.statement_timeout))
        connection.execute(SESSION)
    except pyodbc.Error as exc:
        close_quietly(connection)
        raise translate(exc, object=settings.server, connecting=True) from exc
    return connection


def open_mssql(settings: AzureSqlSettings, *, identity: Credential | None = None) -> Any:
    """A connection of `mssql-python`, in autocommit: for bulk load and for reading Arrow.

    Its own driver is used, so `Driver` is left out; the session's name is the driver's too.
    """
    import mssql_python

    identity = identity or credential(settings)
    pairs = settings.pairs
    for key in ("Driver", "Replication"):
        pairs.pop(key, None)
    options: dict[str, Any] = {"token_provider": identity} if identity else {}
    try:
        return mssql_python.connect(
            render_connection(pairs),
            autocommit=True,
            timeout=max(1, round(settings.connect_timeout)),
            **options,
        )
    except (mssql_python.Error, RuntimeError) as exc:
        _raise_by_number(settings, identity, exc)


def _raise_by_number(
    settings: AzureSqlSettings, identity: Credential | None, exc: BaseException
) -> None:
    """mssql-python's errors carry no number: ask the same server once more through pyodbc."""
    close_quietly(open_pyodbc(settings, application="replicator:ask", identity=identity))
    raise Retryable(
        "mssql-python could not connect, pyodbc can", object=settings.server, hint="try again"
    ) from exc


def _fetch(identity: Credential, settings: AzureSqlSettings) -> str:
    try:
        return identity.get_token(_SCOPE).token
    except Exception as exc:  # a credential of azure-identity may raise whatever its transport does
        raise LoginRefused(
            f"no access token could be had ({type(exc).__name__})",
            object=settings.server,
            hint="check target.credential and the identity that this process runs as",
        ) from exc


def close_quietly(connection: pyodbc.Connection) -> None:
    """Give a connection back whatever state it is in; the server rolls back what was open."""
    try:
        connection.close()
    except pyodbc.Error as exc:
        _LOG.debug("closing a connection that was lost already: %s", type(exc).__name__)


def drain(cursor: pyodbc.Cursor) -> list[Any]:
    """Rows of the last result that has some; errors of later statements surface on the way."""
    rows: list[Any] = []
    while True:
        if cursor.description is not None:
            rows = cursor.fetchall()
        if not cursor.nextset():
            return rows


class Link:
    """One connection for control work, opened when needed and replaced when lost.

    Serves many threads, one after the other. What cannot have committed is tried again for
    `settings.patience`; `close` ends a wait. A server that has never answered is not waited for.
    """

    def __init__(
        self,
        settings: AzureSqlSettings,
        application: str,
        *,
        identity: Credential | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._application = application
        self._identity = identity or credential(settings)
        self._clock = clock
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._connection: pyodbc.Connection | None = None
        self._connected = False

    def rows(
        self, sql: str, parameters: Sequence[Any] = (), *, object: str = "", once: bool = False
    ) -> list[Any]:
        """Run one batch and return the rows of its last result.

        `once` marks work that must not be sent twice: when the connection is lost under it,
        InDoubt is raised instead of trying again.
        """
        return self.work(lambda cursor: run(cursor, sql, parameters), object=object, once=once)

    def value(self, sql: str, parameters: Sequence[Any] = (), *, object: str = "") -> Any:
        """The first column of the first row, None without a row."""
        rows = self.rows(sql, parameters, object=object)
        return rows[0][0] if rows else None

    def put(self, sql: str, parameters: Sequence[Any] = (), *, object: str = "") -> list[Any]:
        """As `rows`, for what updates a row or inserts it: who loses the race for the insert,
        perhaps against its own first attempt that committed late, runs it once more."""
        try:
            return self.rows(sql, parameters, object=object)
        except DataRefused as exc:
            if exc.number not in DUPLICATE:
                raise
            return self.rows(sql, parameters, object=object)

    def work(
        self, work: Callable[[pyodbc.Cursor], T], *, object: str = "", once: bool = False
    ) -> T:
        """Run `work` on a cursor of this connection, with the same rules as `rows`."""
        backoff = Backoff(first_s=0.2, patience_s=self._settings.patience)
        while True:
            try:
                with self._lock:
                    return self._attempt(work, object, once)
            except Retryable as exc:
                if isinstance(exc, TargetUnreachable) and not self._connected:
                    raise
                wait = backoff.failed(self._clock(), exc.wait)
                if isinstance(exc, InDoubt) or wait is None or self._closing.wait(wait):
                    raise

    def _attempt(self, work: Callable[[pyodbc.Cursor], T], object: str, once: bool) -> T:
        if self._connection is None:
            if not self._connected:
                knock(self._settings)
            self._connection = open_pyodbc(
                self._settings, application=self._application, identity=self._identity
            )
            self._connected = True
        cursor = self._connection.cursor()
        try:
            return work(cursor)
        except pyodbc.Error as exc:
            error = translate(exc, object=object or self._settings.server, committing=once)
            if connection_lost(exc):
                self._drop()
            raise error from exc
        finally:
            if self._connection is not None:
                _close_cursor(cursor)

    def _drop(self) -> None:
        if self._connection is not None:
            close_quietly(self._connection)
            self._connection = None

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            self._drop()


def run(cursor: pyodbc.Cursor, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """Run one batch, texts and NULLs bound as nvarchar.

    Unless told, pyodbc asks the server for a NULL's type and sends long texts as ntext.
    """
    if parameters:
        cursor.setinputsizes([_size(value) for value in parameters])
    cursor.execute(sql, *parameters)
    return drain(cursor)


def _size(value: Any) -> tuple[int, int, int] | None:
    if value is None:
        return (pyodbc.SQL_WVARCHAR, 1, 0)
    if isinstance(value, str):
        return (pyodbc.SQL_WVARCHAR, 4000 if len(value) <= _SHORT else 0, 0)
    return None


def _close_cursor(cursor: pyodbc.Cursor) -> None:
    try:
        cursor.close()
    except pyodbc.Error as exc:
        _LOG.debug("closing a cursor whose connection was lost: %s", type(exc).__name__)
