"""The fence: shared locks on all captured tables, and closing the source while they are held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg import pq

from connectors.postgresql.errors import translated
from connectors.postgresql.names import qualified
from connectors.postgresql.rights import lock_right, may_write, write_rights
from connectors.postgresql.sessions import Sessions
from model.catalog import TableName
from model.errors import Blocked, InDoubt, RightMissing

_NOT_NOW: Final = frozenset({"55P03", "57014", "40P01"})
"""Lock not available, statement cancelled by its timeout, deadlock: try again later."""

_SINCE_17: Final = 170000

_TERMINATE: Final = """/* replicator:fence-terminate */
SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
WHERE a.usename = ANY (%s) AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
  AND a.application_name NOT LIKE 'replicator:%%'"""


def lock_statement(tables: Sequence[TableName]) -> str:
    """All locks in one statement."""
    names = ", ".join(qualified(table) for table in tables)
    return f"/* replicator:fence-lock */ LOCK TABLE {names} IN SHARE MODE"


class PostgresqlFence:
    """As `model.ports.Fence` says. One direct session, one transaction from lock to close.

    The server ends that transaction when `budget_s` is over, whatever becomes of us.
    """

    def __init__(self, sessions: Sessions, tables: Sequence[TableName], budget_s: float) -> None:
        self._tables = tuple(tables)
        self._object = sessions.address
        self._held = False
        bound = round(budget_s * 1000)
        self._connection = sessions.connect(
            "fence", tcp_user_timeout=bound, keepalives_idle=2, keepalives_interval=2
        )
        with translated(self._object):
            self._run(f"SET idle_in_transaction_session_timeout = {bound}")
            if self._connection.info.server_version >= _SINCE_17:
                self._run(f"SET transaction_timeout = {bound}")

    def attempt(self, pause_s: float) -> bool:
        """As the port says. `lock_timeout` counts for each lock anew, so that the whole statement
        is bounded too."""
        if self._held:
            return True
        pause = max(1, round(pause_s * 1000))
        try:
            with translated(self._object):
                self._run("BEGIN")
                self._run(f"SET LOCAL lock_timeout = {pause}")
                self._run(f"SET LOCAL statement_timeout = {pause}")
                self._lock()
                self._run("SET LOCAL statement_timeout = 0")
        except BaseException:  # also when cancelled: a lock that is left would shut writers out
            self._roll_back()
            raise
        return self._held

    def _lock(self) -> None:
        try:
            self._run(lock_statement(self._tables))
        except psycopg.Error as error:
            if error.sqlstate == "42501":
                role = self._connection.info.user
                raise RightMissing(
                    "the fence's role may not lock the captured tables",
                    object=role,
                    hint=lock_right(self._tables, role),
                ) from error
            if error.sqlstate not in _NOT_NOW:
                raise
            self._roll_back()
            return
        self._held = True

    def alive(self) -> bool:
        """As the port says."""
        if not self._held:
            return False
        try:
            self._run("SELECT 1")
        except psycopg.Error:
            self._held = False
        status = self._connection.pgconn.transaction_status
        self._held = self._held and status == pq.TransactionStatus.INTRANS
        return self._held

    def close_source(self, roles: Sequence[str]) -> list[str]:
        """As the port says. The locks are held without a break until the commit that closes."""
        if not self._held:
            raise Blocked(
                "the fence is not held, so that the source cannot be closed", object=self._object
            )
        try:
            with translated(self._object):
                rights = write_rights(self._connection, roles, self._tables)
                for right in rights:
                    self._run(right.revoke())
                left = may_write(self._connection, roles, self._tables)
                if left:
                    raise Blocked(
                        f"rights that could not be revoked: {', '.join(left)}",
                        object=self._object,
                        hint="superusers and rights granted by others than the owner stay: "
                        "take them by hand before the cut-over",
                    )
                self._connection.execute(_TERMINATE, [list(roles)])
        except BaseException:  # also when cancelled: what is not closed must be open again
            self.release()
            raise
        self._commit()
        return [right.give_back() for right in rights]

    def _commit(self) -> None:
        self._held = False
        try:
            self._run("COMMIT")
        except psycopg.Error as error:
            if error.sqlstate is None or error.sqlstate.startswith(("08", "57P", "25P")):
                raise InDoubt(
                    "the connection was lost while the source was being closed",
                    object=self._object,
                    hint="read the tables' rights: they tell whether it was",
                ) from error
            with translated(self._object):
                raise
        finally:
            self._connection.close()

    def release(self) -> None:
        """As the port says."""
        self._roll_back()
        self._connection.close()

    def _roll_back(self) -> None:
        """Free the source. A session that cannot even roll back is ended, which frees it too."""
        self._held = False
        if self._connection.closed:
            return
        try:
            self._run("ROLLBACK")
        except psycopg.Error:
            self._connection.close()

    def _run(self, text: str) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._connection.execute(text)
