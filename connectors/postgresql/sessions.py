"""Opening sessions whose text forms and timeouts do not depend on the source's defaults."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import pq
from psycopg.abc import RV, PQGen
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from connectors.postgresql.errors import translated
from connectors.postgresql.settings import parse_conninfo
from model.errors import Unreachable

PINNED: Final[dict[str, str]] = {
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "client_encoding": "UTF8",
    "search_path": "pg_catalog",
    "row_security": "off",
    "xmlbinary": "base64",
    "standard_conforming_strings": "on",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read\\ committed",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "client_connection_check_interval": "0",
}
"""Settings of every session (protocol: "Capture"). `row_security=off` turns rows hidden by a policy
into an error instead of a loss; `search_path` keeps foreign functions out of our queries."""

_SINCE_17: Final = "transaction_timeout"
_FROM_OUR_ENVIRONMENT: Final = ("DateStyle", "TimeZone")
"""libpq sends PGDATESTYLE and PGTZ behind the options, so that they would win."""
_WAL_SENDER_TIMEOUT: Final = "60s"
"""A walsender whose client has vanished frees its slot after this; keepalives are answered."""


def conninfo(dsn: SecretStr, application: str, connect_timeout_s: float, **more: str | int) -> str:
    """The connection string with our session options last, so that they win.

    Holds the password: for drivers only, never for a message.
    """
    parts = parse_conninfo(dsn)
    ours = " ".join(f"-c {name}={value}" for name, value in PINNED.items())
    theirs = parts.get("options") or ""
    defaults: dict[str, Any] = {
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        **parts,
        "options": f"{theirs} {ours}".strip(),
        "application_name": application,
        "connect_timeout": max(2, round(connect_timeout_s)),
        "client_encoding": "UTF8",
        **more,
    }
    return make_conninfo("", **defaults)


class Session(psycopg.Connection[tuple[Any, ...]]):
    """A session that can be told when to give up a server from which nothing comes any more.

    A connection that something between both ends has forgotten is open and silent for ever: where
    that something answers for the server, the kernel does not find out.
    """

    silent_after: float | None = None
    """Seconds that one statement may take; None for work whose length nobody knows."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        return super().wait(gen, interval, self.silent_after if timeout is None else timeout)


def address(dsn: SecretStr) -> str:
    """`host:port/database` for messages."""
    parts = parse_conninfo(dsn)
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    return f"{host}:{parts.get('port') or 5432}/{parts.get('dbname') or parts.get('user') or ''}"


class Sessions:
    """Opens connections to one source. Every one has the pinned settings and no timeout.

    `silent_after` is how long small statements wait for a server that says nothing (seconds).
    """

    def __init__(
        self,
        dsn: SecretStr,
        application: str,
        connect_timeout_s: float,
        silent_after: float = 60.0,
    ) -> None:
        self._dsn = dsn
        self._application = application
        self._timeout = connect_timeout_s
        self.silent_after = silent_after

    @property
    def address(self) -> str:
        """`host:port/database`."""
        return address(self._dsn)

    def conninfo(self, purpose: str, **more: str | int) -> str:
        """For drivers other than psycopg; holds the password."""
        return conninfo(self._dsn, self.application(purpose), self._timeout, **more)

    def application(self, purpose: str) -> str:
        """What the server calls our sessions of this purpose."""
        return f"{self._application}:{purpose}"[:63]

    def connect(self, purpose: str, **more: str | int) -> Session:
        """An autocommitting session. Raises Unreachable, LoginRefused, Retryable."""
        text = self.conninfo(purpose, **more)
        with translated(self.address, conninfo=text):
            connection = Session.connect(text, autocommit=True, prepare_threshold=None)
        for name, value in late_settings(connection.info.server_version):
            connection.execute(f"SET {name} = {value} /* replicator:session */")
        return connection

    def replicate(self, purpose: str) -> psycopg.Connection[tuple[Any, ...]]:
        """A walsender's session: its `pgconn` takes replication commands."""
        text = self.conninfo(purpose, replication="database")
        with translated(self.address, conninfo=text):
            connection = psycopg.connect(text, autocommit=True)
        settings = late_settings(connection.info.server_version)
        for name, value in [*settings, ("wal_sender_timeout", f"'{_WAL_SENDER_TIMEOUT}'")]:
            command(connection.pgconn, f"SET {name} = {value}", self.address)
        return connection


def late_settings(server_version: int) -> list[tuple[str, str]]:
    """Names and values of what the connection's options cannot carry: what our own environment
    would override there, and a timeout that older servers would refuse."""
    settings = [(name, f"'{PINNED[name]}'") for name in _FROM_OUR_ENVIRONMENT]
    return [*settings, (_SINCE_17, "0")] if server_version >= 170000 else settings


def command(pgconn: pq.abc.PGconn, text: str, object: str) -> list[list[str | None]]:
    """Run one replication command and return its rows as text.

    The simple protocol is the only one that a walsender speaks.
    """
    with translated(object):
        result = pgconn.exec_(text.encode())
        if result.status not in (
            pq.ExecStatus.TUPLES_OK,
            pq.ExecStatus.COMMAND_OK,
            pq.ExecStatus.COPY_BOTH,
        ):
            raise psycopg.errors.error_from_result(result)
    return [
        [
            None if (value := result.get_value(row, column)) is None else value.decode()
            for column in range(result.nfields)
        ]
        for row in range(result.ntuples)
    ]


class SharedSession:
    """One session for small statements of many threads; replaced when it is broken."""

    def __init__(self, sessions: Sessions, purpose: str, *setup: str) -> None:
        self._sessions = sessions
        self._purpose = purpose
        self._setup = setup
        self._lock = threading.Lock()
        self._connection: Session | None = None

    @contextmanager
    def use(self, object: str = "", *, patient: bool = False) -> Iterator[Session]:
        """The session, for one thread at a time; errors inside leave translated.

        A `patient` caller's statement may wait for locks, however long.
        """
        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = self._sessions.connect(self._purpose)
                for statement in self._setup:
                    self._connection.execute(statement)
            self._connection.silent_after = None if patient else self._sessions.silent_after
            try:
                with translated(object or self._sessions.address):
                    yield self._connection
            except Unreachable:
                self._connection.close()
                raise
            finally:
                if self._connection.closed:
                    self._connection = None

    def close(self) -> None:
        """End the session. Idempotent; a later `use` opens another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
