"""What only the server knows of its sessions, as the dynamic management views read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_ISOLATION: Final = {
    "READ UNCOMMITTED": 1,
    "READ COMMITTED": 2,
    "REPEATABLE READ": 3,
    "SERIALIZABLE": 4,
    "SNAPSHOT": 5,
}
"""sys.dm_exec_sessions.transaction_isolation_level."""


def sessions(
    live: Mapping[int, TsqlSession], viewer: TsqlSession, databases: Mapping[str, int]
) -> str:
    """JSON for `store.told_sessions`: one's own without VIEW DATABASE STATE."""
    state = viewer.state
    rights = state.database.rights
    everything = state.user.lower() == "dbo" or (
        rights is not None and rights.may(state.user, "VIEW DATABASE STATE")
    )
    return json.dumps(
        [
            _shown(number, session, databases)
            for number, session in live.items()
            if everything or session is viewer
        ]
    )


def _shown(number: int, session: TsqlSession, databases: Mapping[str, int]) -> dict[str, object]:
    state, login = session.state, session.state.login
    rights = state.database.rights
    user = rights.find(state.user) if rights is not None else None
    return {
        "session_id": number,
        "login_name": login.user,
        "program_name": login.application,
        "host_name": login.host,
        "client_interface_name": login.library,
        "client_process": login.process,
        "database_id": databases.get(state.database.folded, 0),
        "user_id": user.id if user is not None else 1,
        "isolation": _ISOLATION.get(session.transaction.isolation, 2),
        "lock_timeout": state.options.lock_timeout,
        "row_count": state.rowcount,
        "prev_error": state.error,
        "nesting": state.nesting,
        "transactions": session.transaction.count,
        "language": state.options.language,
    }
