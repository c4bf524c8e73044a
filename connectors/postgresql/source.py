"""PostgreSQL as a source: the rooms of this folder behind one door (`model.ports.Source`)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from connectors.postgresql import checks, comparison, position, publication, rights, selection, slot
from connectors.postgresql.catalog import read_catalog, read_sequences
from connectors.postgresql.changes import PostgresqlLogReader
from connectors.postgresql.errors import translated
from connectors.postgresql.fence import PostgresqlFence
from connectors.postgresql.names import qualified, quote
from connectors.postgresql.profile import read_profiles
from connectors.postgresql.relation import RelationCatalog
from connectors.postgresql.sessions import Sessions, SharedSession, command
from connectors.postgresql.settings import PostgresqlSettings
from connectors.postgresql.snapshot import ArrowSession, PostgresqlSnapshotReader, named
from connectors.postgresql.transaction import marker_content
from connectors.postgresql.types import TypeCatalog
from connectors.postgresql.values import Policies
from model.catalog import Catalog, Table, TableName
from model.errors import Blocked, RightMissing
from model.ports import ArrowStream, CheckResult
from model.position import Position, SourceIdentity
from model.profile import TableProfile

_REFUSED: Final = frozenset({"55P03", "42501"})

_CANARY_MS: Final = 10_000
"""A write that no lock holds up may be slow (a trigger, a busy server), but not for ever."""


class PostgresqlSource:
    """One PostgreSQL database, captured by one migration."""

    kind = "postgresql"

    def __init__(self, settings: PostgresqlSettings, migration: str) -> None:
        self._settings = settings
        self._slot = settings.slot_name(migration)
        self._publication = settings.publication_name(migration)
        self._prefix = f"replicator:{migration}"
        waits = settings.connect_timeout, settings.silent_after
        self._sessions = Sessions(settings.dsn, self._prefix, *waits)
        self._fence_sessions = Sessions(settings.fence_dsn or settings.dsn, self._prefix, *waits)
        self._policies = Policies(
            not_a_number_is_null=settings.not_a_number == "null",
            midnight_24_is_null=settings.midnight_24 == "null",
        )
        self._schemas: set[str] | None = None
        """Those of the chosen tables; None until the catalog was read."""
        self._control = SharedSession(self._sessions, "control")
        self._marker = SharedSession(
            self._sessions, "marker", "SET synchronous_commit = local /* replicator:marker */"
        )

    # --- what the source is -------------------------------------------------------------------

    def check(self) -> list[CheckResult]:
        """As the port says; an unreachable source raises."""
        with self._control.use() as connection:
            results = checks.check_server(connection, self._slot)
        self._fence_sessions.connect("check").close()
        return [*results, CheckResult("source.fence", passed=True, detail="the fence may log in")]

    def catalog(self, include: Sequence[str], exclude: Sequence[str]) -> Catalog:
        """As the port says."""
        with self._control.use() as connection:
            catalog = read_catalog(
                connection, TypeCatalog(), self._settings.partitions, include, exclude
            )
        self._schemas = {table.name.schema for table in catalog.tables}
        return catalog

    def profile(self, tables: Sequence[Table]) -> dict[TableName, TableProfile]:
        """What the data of these tables needs of the target's types: one scan for each."""
        with self._session("profile") as connection:
            return read_profiles(connection, tables)

    def identity(self) -> SourceIdentity:
        """System identifier and timeline."""
        walsender = self._sessions.replicate("identity")
        try:
            return slot.read_identity(walsender, self._sessions.address)[0]
        finally:
            walsender.close()

    def sequences(self) -> dict[TableName, int]:
        """As the port says; sequences that were never used are left out."""
        with self._control.use() as connection:
            found = read_sequences(connection, self._schemas)
        return {sequence.name: sequence.last for sequence in found if sequence.last is not None}

    def count(self, table: TableName) -> int:
        """Rows now."""
        with self._session("count") as connection:
            [[_, partitioned]] = connection.execute(selection.size(table)).fetchall()
            text = selection.count(table, partitioned=partitioned)
            [[rows]] = connection.execute(text).fetchall()
        return int(rows)

    def comparable(self, table: Table) -> ArrowStream:
        """As the port says, in one transaction that ends with the stream."""
        session = ArrowSession(self._sessions, "compare", self._settings.batch_bytes)
        session.begin(None)
        [[_, partitioned]] = session.rows(selection.size(table.name))
        text = comparison.select(
            table,
            partitioned=partitioned,
            not_a_number=self._settings.not_a_number,
            midnight_24=self._settings.midnight_24,
        )
        stream: ArrowStream = session.stream(text)
        return stream

    # --- the log ------------------------------------------------------------------------------

    def prepare(self, tables: Sequence[Table]) -> None:
        """As the port says."""
        publication_ = f"publication {self._publication}"
        with self._control.use(publication_, patient=True) as connection:
            self._require_capable(connection)
            kinds = publication.capturable(connection, tables)
            publication.bring_in_step(
                connection,
                self._publication,
                kinds,
                via_root=self._settings.partitions == "root",
            )

    def require_capturable(self, tables: Sequence[Table]) -> None:
        """As the port says."""
        with self._control.use(f"publication {self._publication}") as connection:
            publication.capturable(connection, tables)

    def carried(self) -> set[TableName]:
        """As the port says."""
        with self._control.use(f"publication {self._publication}") as connection:
            return publication.members(connection, self._publication)

    def _require_capable(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        failed = [
            result for result in checks.check_server(connection, self._slot) if not result.passed
        ]
        blocking = ("source.version", "source.wal_level", "source.primary")
        for result in failed:
            if result.name in blocking:
                raise Blocked(result.detail, object=self._sessions.address, hint=result.fix)

    def anchor(self) -> slot.SlotAnchor:
        """As the port says; `snapshot` carries its consistent point to `snapshot()`."""
        if self.slot_exists():
            raise Blocked(
                "the slot exists already",
                object=f"slot {self._slot}",
                hint="another migration uses it, or an earlier one left it: finish or drop that",
            )
        return self._anchor(self._slot, temporary=False, failover=self._settings.failover_slot)

    def exact_snapshot(self) -> slot.SlotAnchor:
        """As the port says; the temporary slot lives until `close`."""
        name = f"{self._slot[:50]}_{secrets.token_hex(6)}"
        return self._anchor(name, temporary=True, failover=False)

    def _anchor(self, name: str, *, temporary: bool, failover: bool) -> slot.SlotAnchor:
        anchor = slot.SlotAnchor(self._sessions, name, temporary=temporary, failover=failover)
        anchor.snapshot = named(anchor.snapshot, anchor.start)
        return anchor

    def slot_exists(self) -> bool:
        """Whether a slot of our name is there."""
        with self._control.use() as connection:
            return slot.read_slot(connection, self._slot) is not None

    @contextmanager
    def log_reader(
        self, start: Position, identity: SourceIdentity, tables: Sequence[Table]
    ) -> Iterator[PostgresqlLogReader]:
        """As the port says."""
        object = f"slot {self._slot}"
        with self._control.use() as connection:
            slot.end_reader(connection, self._slot, self._sessions.application("log"))
            state = slot.read_slot(connection, self._slot)
            slot.usable(self._slot, state, connection.info.dbname, start)
        walsender = self._sessions.replicate("log")
        try:
            found = slot.same_log(walsender, self._sessions.address, identity, start)
            text = slot.start_replication(self._slot, self._publication, start)
            command(walsender.pgconn, text, object)
            relations = RelationCatalog(
                self._sessions, tables, self._policies, self._settings.partitions
            )
            reader = PostgresqlLogReader(
                *(walsender, object, found, relations, self._prefix),
                silent_after=self._settings.silent_after,
            )
            try:
                yield reader
            finally:
                reader.end()
        finally:
            walsender.close()

    def write_marker(self, id: str, written_ts: int) -> Position:
        """As the port says: flushed at once, whatever the database's `synchronous_commit`."""
        with self._marker.use() as connection:
            [[lsn]] = connection.execute(
                "/* replicator:marker */ SELECT pg_logical_emit_message(true, %s, %s)::text",
                [self._prefix, marker_content(id, written_ts)],
            ).fetchall()
        return position.at(position.parse_lsn(lsn))

    def lag_bytes(self) -> int | None:
        """As the port says."""
        with self._control.use() as connection:
            state = slot.read_slot(connection, self._slot)
        return None if state is None else state.retained

    def snapshot(self, exported: str | None) -> PostgresqlSnapshotReader:
        """As the port says."""
        return PostgresqlSnapshotReader(
            self._sessions, exported, self._policies, self._settings.batch_bytes
        )

    def drop(self) -> None:
        """As the port says."""
        with self._control.use(f"slot {self._slot}") as connection:
            slot.drop_slot(connection, self._slot)
            connection.execute(
                "/* replicator:drop-publication */ "
                f"DROP PUBLICATION IF EXISTS {quote(self._publication)}"
            )

    # --- closing the source -------------------------------------------------------------------

    def fence(self, tables: Sequence[TableName], budget_s: float) -> PostgresqlFence:
        """As the port says."""
        return PostgresqlFence(self._fence_sessions, tables, budget_s)

    def reopening(self, roles: Sequence[str], tables: Sequence[TableName]) -> list[str]:
        """As the port says."""
        with self._control.use() as connection:
            held = rights.write_rights(connection, roles, tables)
        return [right.give_back() for right in held]

    def closed(self, roles: Sequence[str], tables: Sequence[TableName]) -> bool:
        """As the port says."""
        with self._control.use() as connection:
            return not rights.may_write(connection, roles, tables)

    def reopen(self, statements: Sequence[str]) -> None:
        """As the port says, all or nothing."""
        connection = self._fence_sessions.connect("reopen")
        try:
            with translated(self._fence_sessions.address), connection.transaction():
                for statement in statements:
                    connection.execute(statement)
        finally:
            connection.close()

    def writers(self, tables: Sequence[TableName]) -> list[str]:
        """As the port says; superusers are told by `superusers`."""
        with self._control.use() as connection:
            ours = [connection.info.user, self._settings.fence_user or connection.info.user]
            return rights.writers(connection, tables, ours)

    def superusers(self, roles: Sequence[str]) -> list[str]:
        """As the port says."""
        with self._control.use() as connection:
            return rights.superusers(connection, roles)

    def write_blocked(self, role: str, table: TableName, wait_s: float) -> bool:
        """As the port says. Raises RightMissing when our role may not take the other's."""
        wait = max(1, round(wait_s * 1000))
        connection = self._fence_sessions.connect("canary")
        try:
            connection.execute("BEGIN")
            try:
                connection.execute(f"SET LOCAL ROLE {quote(role)}")
            except psycopg.errors.InsufficientPrivilege as error:
                raise RightMissing(
                    "our role may not act for the application's",
                    object=role,
                    hint=f"GRANT {quote(role)} TO {quote(connection.info.user)}",
                ) from error
            with translated(str(table)):
                connection.execute(f"SET LOCAL lock_timeout = {wait}")
                connection.execute(f"SET LOCAL statement_timeout = {wait + _CANARY_MS}")
                return _refused(connection, table)
        finally:
            connection.close()

    def close(self) -> None:
        """End the sessions of small statements. Idempotent."""
        self._control.close()
        self._marker.close()

    @contextmanager
    def _session(self, purpose: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A session of its own, for statements that take long."""
        connection = self._sessions.connect(purpose)
        try:
            with translated(self._sessions.address):
                yield connection
        finally:
            connection.close()


def _refused(connection: psycopg.Connection[tuple[Any, ...]], table: TableName) -> bool:
    text = f"/* replicator:canary */ DELETE FROM {qualified(table)} WHERE false"
    try:
        connection.execute(text)
    except psycopg.Error as error:
        if error.sqlstate not in _REFUSED:
            raise
        return True
    return False
