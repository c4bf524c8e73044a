"""The application's connections: one logical statement, spoken to either database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

import psycopg
import pyodbc

from connectors.azuresql.errors import native_number, sqlstate

_CONNECT_S: Final = 10


class Side(StrEnum):
    """Which of the two databases a request went to."""

    SOURCE = "source"
    TARGET = "target"


class RequestFailed(Exception):
    """The database refused or dropped a request. `code` is its SQLSTATE or error number."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Statement:
    """The same request in both languages."""

    postgresql: str
    azuresql: str


def statement(template: str) -> Statement:
    """Both spellings of a template.

    `?` stands for a parameter, `{s}` for the schema, `{now}` for the instant, `{local}` for the
    time of day in UTC, `{output}` and `{returning}` for handing back the new row's id, `{top}` and
    `{limit}` for the first twenty rows.
    """
    postgresql = {
        "s": "",
        "now": "now()",
        "local": "now() AT TIME ZONE 'UTC'",
        "output": "",
        "returning": " RETURNING id",
        "top": "",
        "limit": " LIMIT 20",
    }
    azuresql = {
        "s": "dbo.",
        "now": "SYSDATETIMEOFFSET()",
        "local": "SYSUTCDATETIME()",
        "output": " OUTPUT inserted.id",
        "returning": "",
        "top": " TOP (20)",
        "limit": "",
    }
    return Statement(template.format(**postgresql).replace("?", "%s"), template.format(**azuresql))


class Session(Protocol):
    """One connection, in a transaction from its first statement on. Raises RequestFailed."""

    side: Side

    def execute(self, request: Statement, *parameters: Any) -> list[tuple[Any, ...]]: ...

    def commit(self) -> None: ...

    def close(self) -> None: ...


class PostgresSession:
    """The application at the source."""

    side = Side.SOURCE

    def __init__(self, dsn: str) -> None:
        try:
            self._connection = psycopg.connect(
                dsn, connect_timeout=_CONNECT_S, application_name="social"
            )
        except psycopg.Error as error:
            raise _refused(error) from error

    def execute(self, request: Statement, *parameters: Any) -> list[tuple[Any, ...]]:
        try:
            cursor = self._connection.execute(request.postgresql, parameters)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise _refused(error) from error

    def commit(self) -> None:
        try:
            self._connection.commit()
        except psycopg.Error as error:
            raise _refused(error) from error

    def close(self) -> None:
        self._connection.close()


class AzureSqlSession:
    """The application at the target. One cursor a statement keeps what the driver prepared."""

    side = Side.TARGET

    def __init__(self, dsn: str) -> None:
        self._cursors: dict[str, pyodbc.Cursor] = {}
        try:
            self._connection = pyodbc.connect(dsn, autocommit=False, timeout=_CONNECT_S)
        except pyodbc.Error as error:
            raise _refused_by_target(error) from error

    def execute(self, request: Statement, *parameters: Any) -> list[tuple[Any, ...]]:
        try:
            cursor = self._cursors.get(request.azuresql)
            if cursor is None:
                cursor = self._cursors[request.azuresql] = self._connection.cursor()
            cursor.execute(request.azuresql, [_plain(value) for value in parameters])
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        except pyodbc.Error as error:
            raise _refused_by_target(error) from error

    def commit(self) -> None:
        try:
            self._connection.commit()
        except pyodbc.Error as error:
            raise _refused_by_target(error) from error

    def close(self) -> None:
        try:
            self._connection.close()
        except pyodbc.Error as error:
            # A connection that the server dropped cannot say goodbye; nothing is left to do.
            if sqlstate(error) not in ("08S01", "08003", "HY000"):
                raise _refused_by_target(error) from error


def open_session(side: Side, dsn: str) -> Session:
    """Connect to one of the two. Raises RequestFailed."""
    return PostgresSession(dsn) if side is Side.SOURCE else AzureSqlSession(dsn)


def _plain(value: Any) -> Any:
    """Arrays are JSON text in the target."""
    return json.dumps(value) if isinstance(value, list) else value


def _refused(error: psycopg.Error) -> RequestFailed:
    return RequestFailed(error.sqlstate or type(error).__name__, str(error).strip())


def _refused_by_target(error: pyodbc.Error) -> RequestFailed:
    code = native_number(error) or sqlstate(error) or type(error).__name__
    return RequestFailed(str(code), str(error.args[1]) if len(error.args) > 1 else "")
