"""PostgreSQL's errors in our vocabulary, by SQLSTATE and never by text."""

from __future__ import annotations

import re
import select
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import pq

from model import ways_out
from model.errors import (
    Blocked,
    ConfigurationError,
    Gap,
    LoginRefused,
    ReplicatorError,
    Retryable,
    RightMissing,
    Unreachable,
    Unsupported,
)

_CODE: Final = re.compile(rb'ErrorResponse\s+S "[^"]*" V "[A-Z]+" C "([0-9A-Z]{5})"')
_DIAGNOSIS_S: Final = 5.0


@contextmanager
def translated(object: str, *, hint: str = "", conninfo: str = "") -> Iterator[None]:
    """The boundary: what a driver raises inside leaves as a `ReplicatorError`.

    `conninfo` is given where a connection is opened: libpq keeps the SQLSTATE of a refused
    start-up to itself, so it is learnt by a second, traced attempt.
    """
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate
        if conninfo and not isinstance(error, psycopg.errors.ConnectionTimeout):
            state = state or connect_sqlstate(conninfo)
        raise by_sqlstate(state, _primary(error), object, hint) from error


def by_sqlstate(state: str | None, message: str, object: str, hint: str = "") -> ReplicatorError:
    """The error for a SQLSTATE; None stands for a connection that broke or never was."""
    if state is None or state[:2] == "08":
        return Unreachable(
            "the server does not answer or the connection was lost",
            object=object,
            hint=hint or "check host, port, firewall and that the server runs",
        )
    text = f"{message} ({state})"
    if state[:2] == "28":
        return LoginRefused(
            f"the server refused the login: {text}",
            object=object,
            hint=hint or "check user and password of source.dsn, and pg_hba.conf",
        )
    if state == "3D000":
        return ConfigurationError(text, object=object, hint=hint or "check the database's name")
    if state == "42501":
        return RightMissing(text, object=object, hint=hint or "grant the right to our role")
    if state in _GONE:
        return Gap(text, object=object, hint=hint or _GONE[state])
    if state in _SETTINGS:
        return Blocked(text, object=object, hint=hint or _SETTINGS[state])
    if state[:2] in _RETRY or state in _RETRY:
        return Retryable(text, object=object, hint=hint)
    if state[:2] in ("0A", "22"):
        return Unsupported(text, object=object, hint=hint)
    return ReplicatorError(text, object=object, hint=hint)


_GONE: Final = {
    "58P01": f"log that we need was removed: {ways_out.ANEW}",
    "42704": f"slot, publication or role is gone: {ways_out.ANEW}",
}
_SETTINGS: Final = {
    "53400": "raise max_replication_slots or max_wal_senders and restart the server",
    "0B000": "set wal_level = logical and restart the server",
}
_RETRY: Final = frozenset({"40", "53", "57", "55006", "55P03", "58000", "58030", "25P03", "25P04"})
"""Serialisation and deadlock, resources, operator's intervention (shutdown, cancel, start-up),
object in use, lock not available, input/output, ended by a session timeout."""


def _primary(error: psycopg.Error) -> str:
    """The server's own sentence, without the statement and its values."""
    return error.diag.message_primary or type(error).__name__


def connect_sqlstate(conninfo: str) -> str | None:
    """The SQLSTATE with which the server refuses to open a session; None when it never answers.

    Read from libpq's protocol trace of one more attempt, in memory.
    """
    if sys.platform != "linux":
        return None
    pgconn = pq.PGconn.connect_start(conninfo.encode())
    with tempfile.TemporaryFile() as trace:
        if pgconn.status == pq.ConnStatus.BAD:
            return None
        pgconn.trace(trace.fileno())
        pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        deadline = time.monotonic() + _DIAGNOSIS_S
        status: int = pq.PollingStatus.WRITING
        while status in (pq.PollingStatus.READING, pq.PollingStatus.WRITING):
            wants_read = status == pq.PollingStatus.READING
            sockets = [pgconn.socket]
            ready = select.select(
                sockets if wants_read else [],
                [] if wants_read else sockets,
                [],
                max(0.0, deadline - time.monotonic()),
            )
            if not (ready[0] or ready[1]):
                break
            status = pgconn.connect_poll()
        pgconn.untrace()
        password_missing = pgconn.needs_password
        pgconn.finish()
        trace.seek(0)
        codes = _CODE.findall(trace.read())
        if not codes and password_missing:
            return "28P01"
    return codes[-1].decode() if codes else None
