"""What `replicator check` asks of a source: settings and rights, one line each."""

from __future__ import annotations

from typing import Any, Final

import psycopg

from connectors.postgresql.names import quote
from connectors.postgresql.slot import read_slot
from model.ports import CheckResult

Connection = psycopg.Connection[tuple[Any, ...]]

OLDEST: Final = 140000
"""Before 14 `pgoutput` sends no logical messages, so that no marker could be read."""

_SERVER: Final = """/* replicator:check */
SELECT current_setting('server_version_num')::int, current_setting('server_version'),
       current_setting('wal_level'), pg_is_in_recovery(), r.rolsuper, r.rolreplication,
       has_database_privilege(current_database(), 'CREATE'),
       current_setting('max_replication_slots')::int,
       (SELECT count(*) FROM pg_replication_slots),
       current_setting('max_wal_senders')::int, (SELECT count(*) FROM pg_stat_replication),
       current_setting('max_slot_wal_keep_size')
FROM pg_roles r WHERE r.rolname = current_user"""


def check_server(connection: Connection, slot: str) -> list[CheckResult]:
    """Version, log level, free slots and senders, and the rights of the capturing role."""
    row = connection.execute(_SERVER).fetchone()
    if row is None:
        return [CheckResult("source.role", passed=False, detail="our role is not in pg_roles")]
    version, text, level, standby, superuser, replication, create, *limits = row
    slots, slots_used, senders, senders_used, keep = limits
    role = quote(connection.info.user)
    ours = 1 if read_slot(connection, slot) is not None else 0
    return [
        CheckResult(
            "source.version", version >= OLDEST, f"PostgreSQL {text}", "" if version >= OLDEST
            else "upgrade to PostgreSQL 14 or newer: before, the log carries no markers",
        ),
        CheckResult(
            "source.primary", not standby, "standby" if standby else "primary",
            "point source.dsn to the primary" if standby else "",
        ),
        CheckResult(
            "source.wal_level", level == "logical", f"wal_level is {level}",
            "" if level == "logical"
            else "ALTER SYSTEM SET wal_level = 'logical', then restart the server",
        ),
        CheckResult(
            "source.slots", ours + slots - slots_used > 0, f"{slots_used} of {slots} slots used",
            "" if ours + slots - slots_used > 0 else "raise max_replication_slots and restart",
        ),
        CheckResult(
            "source.senders", senders - senders_used >= 2,
            f"{senders_used} of {senders} senders used",
            "" if senders - senders_used >= 2 else "raise max_wal_senders and restart",
        ),
        CheckResult(
            "source.replication", superuser or replication, f"role {connection.info.user}",
            "" if superuser or replication else f"ALTER ROLE {role} REPLICATION",
        ),
        CheckResult(
            "source.publication", superuser or create, f"role {connection.info.user}",
            "" if superuser or create
            else f"GRANT CREATE ON DATABASE {quote(connection.info.dbname)} TO {role}",
        ),
        CheckResult(
            "source.retention", passed=True,
            detail="the slot keeps log without limit" if keep == "-1"
            else f"the server drops the slot's log beyond {keep}",
        ),
    ]  # fmt: skip
