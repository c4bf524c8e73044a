"""What `@@…` and the functions that read the session give right now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import fold
from sandbox.azuresql.tsql.session_values import VERSION
from sandbox.azuresql.tsql.state import Identity
from sandbox.azuresql.tsql.values import read_int

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession


async def session_value(session: TsqlSession, name: str, frame: Frame) -> object:
    """What `@@name` is now, as a Python value."""
    state = session.state
    if name == "@@identity":
        return await _identity(session, state.identity)
    if name == "@@scope_identity":
        return await _identity(session, frame.identity)
    if name.startswith("@@error_"):
        return _error_value(name, frame)
    simple: dict[str, object] = {
        "@@rowcount": state.rowcount,
        "@@trancount": session.transaction.count,
        "@@error": state.error,
        "@@spid": state.login.session_id,
        "@@version": VERSION,
        "@@servername": "azuresql-standin",
        "@@microsoftversion": 0x0C0007D0,
        "@@max_precision": 38,
        "@@lock_timeout": state.options.lock_timeout,
        "@@options": state.options.bits,
        "@@textsize": 2147483647,
        "@@language": state.options.language,
        "@@langid": 0,
        "@@datefirst": state.options.datefirst,
        "@@fetch_status": state.fetch_status,
        "@@cursor_rows": state.cursor_rows,
        "@@procid": frame.procedure_id,
        "@@nestlevel": state.nesting,
        "@@xact_state": session.transaction.state,
        "@@db_name": state.database.name,
        "@@db_id": session.engine.database_id(state.database.folded),
        "@@user_name": state.user,
        "@@login_name": state.login.user,
        "@@host_name": state.login.host,
        "@@app_name": state.login.application,
        "@@columns_updated": frame.updated,
    }
    if name == "@@cursors":
        return json.dumps(_cursors(session, frame))
    if name == "@@sessions":
        return state.describe_sessions()
    if name == "@@databases":
        return state.describe_databases()
    return simple[name]


def _cursors(session: TsqlSession, frame: Frame) -> dict[str, dict[str, int]]:
    """The status of every cursor, by scope and name; -2 is a variable without one."""
    found: dict[str, dict[str, int]] = {"local": {}, "global": {}, "variable": {}}
    for name, cursor in frame.cursors.items():
        if name.startswith("@"):
            found["variable"][name] = -2 if cursor is None else cursor.status
        elif cursor is not None:
            found["local"][name] = cursor.status
    for name, cursor in session.state.cursors.items():
        if cursor is not None:
            found["global"][name] = cursor.status
    return found


def _error_value(name: str, frame: Frame) -> object:
    if not frame.errors:
        return None
    notice = frame.errors[-1]
    return {
        "@@error_number": notice.number,
        "@@error_severity": notice.severity,
        "@@error_state": notice.state,
        "@@error_line": notice.line,
        "@@error_message": notice.text,
        "@@error_procedure": notice.procedure or None,
    }[name]


async def _identity(session: TsqlSession, identity: Identity | None) -> object:
    if identity is None:
        return None
    column = identity.source.identity
    if identity.value is None and column is not None:
        rows, _ = await session.link.fetch(
            "SELECT currval(pg_get_serial_sequence($1, $2))",
            [Value(25, identity.source.sql.encode()), Value(25, fold(column.name).encode())],
        )
        identity.value = read_int(rows[0][0])
    return identity.value
