"""The replication slot: its birth, its health, whether it is still ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import psycopg

from connectors.postgresql import position
from connectors.postgresql.errors import translated
from connectors.postgresql.names import literal, quote
from connectors.postgresql.sessions import Sessions, command
from model import ways_out
from model.errors import Blocked, Gap, Retryable
from model.position import Position, SourceIdentity

Connection = psycopg.Connection[tuple[Any, ...]]

_PLUGIN: Final = "pgoutput"
_SLOT: Final = """/* replicator:slot */
SELECT s.plugin, s.database, s.active, s.wal_status, s.confirmed_flush_lsn::text, s.two_phase,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), s.restart_lsn)::bigint, s.safe_wal_size,
       to_jsonb(s) ->> 'invalidation_reason'
FROM pg_replication_slots s WHERE s.slot_name = %s"""


@dataclass(frozen=True, slots=True)
class SlotState:
    """A row of `pg_replication_slots`. `retained` and `safe` are bytes of log."""

    plugin: str
    database: str
    active: bool
    wal_status: str | None
    confirmed: int | None
    two_phase: bool
    retained: int | None
    safe: int | None
    invalidation: str | None


def read_slot(connection: Connection, name: str) -> SlotState | None:
    """The slot as the server has it now, None when there is none."""
    with translated(f"slot {name}"):
        row = connection.execute(_SLOT, [name]).fetchone()
    if row is None:
        return None
    plugin, database, active, wal_status, confirmed, *rest = row
    lsn = position.parse_lsn(confirmed) if confirmed else None
    return SlotState(plugin, database, active, wal_status, lsn, *rest)


def usable(name: str, state: SlotState | None, database: str, start: Position) -> None:
    """Raises Gap, Blocked or Retryable unless the slot still holds all that follows `start`."""
    slot = f"slot {name}"
    if state is None:
        raise Gap(
            "the slot is gone, and with it the log that we had not read",
            object=slot,
            hint=ways_out.ANEW,
        )
    if state.wal_status == "lost" or state.invalidation:
        reason = state.invalidation or "max_slot_wal_keep_size was exceeded"
        raise Gap(f"the server invalidated the slot ({reason})", object=slot, hint=ways_out.ANEW)
    if state.plugin != _PLUGIN or state.database != database or state.two_phase:
        raise Blocked(
            f"the slot is not ours: plugin {state.plugin}, database {state.database}, "
            f"two-phase {'on' if state.two_phase else 'off'}",
            object=slot,
            hint="name another slot in source.slot, or drop that one",
        )
    resume = position.resume_at(start)
    if state.confirmed is not None and state.confirmed > resume:
        raise Gap(
            f"the slot stands at {position.format_lsn(state.confirmed)}, beyond our progress "
            f"{position.format_lsn(resume)}: it was created anew or somebody moved it",
            object=slot,
            hint=ways_out.ANEW,
        )
    if state.active:
        raise Retryable(
            "another session reads from the slot", object=slot, hint="stop the other capture",
            wait=1.0,
        )  # fmt: skip


def read_identity(walsender: Connection, object: str) -> tuple[SourceIdentity, int]:
    """System identifier and timeline, and the end of the server's log."""
    [[system, timeline, end, *_]] = command(walsender.pgconn, "IDENTIFY_SYSTEM", object)
    return SourceIdentity(str(system), int(timeline or 0)), position.parse_lsn(end or "")


def same_log(
    walsender: Connection, object: str, expected: SourceIdentity, start: Position
) -> SourceIdentity:
    """The server's log, which continues the one that `start` belongs to; else raises Blocked."""
    found, end = read_identity(walsender, object)
    if found.system != expected.system:
        raise Blocked(
            f"another database system answers: {found.system}, not {expected.system}",
            object=object,
            hint="point source.dsn to the server that this migration started from; if that is gone "
            f"for good, {ways_out.ANEW}",
        )
    resume = position.resume_at(start)
    if found.timeline < expected.timeline:
        raise Blocked(
            f"the server is on timeline {found.timeline}, our progress on {expected.timeline}",
            object=object,
            hint=f"the server was restored to an earlier state: {ways_out.ANEW}",
        )
    if found.timeline > expected.timeline:
        history = command(walsender.pgconn, f"TIMELINE_HISTORY {found.timeline}", object)
        branch = branches_at(history[0][1] or "", expected.timeline)
        if branch is None or branch < resume:
            raise Blocked(
                f"timeline {found.timeline} does not contain our progress "
                f"{position.format_lsn(resume)} of timeline {expected.timeline}",
                object=object,
                hint=f"a failover lost what we had read: {ways_out.ANEW}",
            )
    if resume > end + 1:
        raise Blocked(
            f"our progress {position.format_lsn(resume)} lies beyond the server's log, which "
            f"ends at {position.format_lsn(end)}",
            object=object,
            hint=f"a restore or a failover lost what we had read: {ways_out.ANEW}",
        )
    return found


def branches_at(history: str, timeline: int) -> int | None:
    """Where a later timeline left `timeline`, read from a history file; None when it never did."""
    for line in history.splitlines():
        parts = line.split("\t")
        if len(parts) >= 2 and parts[0].strip() == str(timeline):
            return position.parse_lsn(parts[1])
    return None


class SlotAnchor:
    """A new slot whose snapshot can be imported until `close` (`model.ports.Anchor`)."""

    def __init__(self, sessions: Sessions, name: str, *, temporary: bool, failover: bool) -> None:
        self._walsender = sessions.replicate("anchor")
        options = "SNAPSHOT 'export'" + (", FAILOVER true" if failover else "")
        kind = "TEMPORARY LOGICAL" if temporary else "LOGICAL"
        text = f"CREATE_REPLICATION_SLOT {quote(name)} {kind} {_PLUGIN} ({options})"
        try:
            [[_, point, snapshot, _]] = command(self._walsender.pgconn, text, f"slot {name}")
        except BaseException:  # also when cancelled: nothing else will ever close it
            self._walsender.close()
            raise
        self.start = position.before(position.parse_lsn(point or ""))
        self.snapshot = snapshot or ""

    def close(self) -> None:
        """The snapshot can no longer be imported; a temporary slot is gone. Idempotent."""
        self._walsender.close()


def end_reader(connection: Connection, name: str, application: str) -> None:
    """End the session of ours that still reads from the slot, if there is one.

    It belongs to a process that was stopped or cut off: the server would keep the slot for it until
    `wal_sender_timeout`, and for ever while it answers keepalives.
    """
    with translated(f"slot {name}"):
        connection.execute(
            "/* replicator:end-reader */ SELECT pg_terminate_backend(a.pid, 5000)"
            " FROM pg_replication_slots s JOIN pg_stat_activity a ON a.pid = s.active_pid"
            " WHERE s.slot_name = %s AND a.application_name = %s AND a.usename = current_user",
            [name, application],
        )


def drop_slot(connection: Connection, name: str) -> None:
    """Drop the slot if it is there, ending whoever reads from it."""
    with translated(f"slot {name}"):
        connection.execute(
            "/* replicator:drop-slot */ SELECT pg_terminate_backend(active_pid, 5000)"
            " FROM pg_replication_slots WHERE slot_name = %s AND active",
            [name],
        )
        connection.execute(
            "/* replicator:drop-slot */ SELECT pg_drop_replication_slot(slot_name)"
            " FROM pg_replication_slots WHERE slot_name = %s",
            [name],
        )


def start_replication(slot: str, publication: str, start: Position) -> str:
    """The command that starts streaming. Streaming of open transactions and two-phase stay off."""
    publications = literal(quote(publication)).strip()
    return (
        f"START_REPLICATION SLOT {quote(slot)} LOGICAL "
        f"{position.format_lsn(position.resume_at(start))} "
        f"(proto_version '1', publication_names {publications}, messages 'true')"
    )
