"""The migration's own row, its journal, and the installation of the `replicator` schema."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

import orjson
import pyodbc

from connectors.azuresql import ddl
from connectors.azuresql.connection import Link, run
from model.errors import Blocked, Overtaken, Retryable
from model.position import Position, SourceIdentity
from model.state import JournalEntry, Migration, MigrationState

_JOURNAL: Final = (
    "INSERT INTO [replicator].[journal] "
    "([migration], [event], [phase], [actor], [inverse], [detail], [attempt]) "
    "VALUES (@migration, @event, @phase, @actor, @inverse, @detail, @attempt);"
)
_ENTRY: Final = (
    "DECLARE @migration nvarchar(128) = ?, @event nvarchar(128) = ?, @phase nvarchar(64) = ?, "
    "@actor nvarchar(256) = ?, @inverse nvarchar(256) = ?, @detail nvarchar(max) = ?, "
    "@attempt uniqueidentifier = ?;"
)
_WRITTEN: Final = (
    "EXISTS (SELECT 1 FROM [replicator].[journal] "
    "WHERE [migration] = @migration AND [attempt] = @attempt)"
)

LOCK: Final = (
    "/* replicator:install-lock */ BEGIN TRANSACTION; DECLARE @taken int; "
    "EXEC @taken = sp_getapplock @Resource = N'replicator.install', @LockMode = N'Exclusive', "
    "@LockOwner = N'Transaction', @LockTimeout = 20000; SELECT @taken;"
)
SCHEMA: Final = "/* replicator:install-schema */ SELECT SCHEMA_ID(N'replicator')"
TABLES: Final = (
    "/* replicator:install-tables */ SELECT t.name FROM sys.tables AS t "
    "WHERE t.schema_id = SCHEMA_ID(N'replicator')"
)
INSTALLED: Final = "/* replicator:version */ SELECT MAX([version]) FROM [replicator].[version]"
RECORD_VERSION: Final = (
    "/* replicator:install-version */ INSERT INTO [replicator].[version] "
    "([version], [migration]) VALUES (?, ?)"
)
CREATE: Final = (
    f"/* replicator:migration-create */ {_ENTRY} "
    "DECLARE @state nvarchar(32) = ?, @identity nvarchar(200) = ?; BEGIN TRANSACTION; "
    "INSERT INTO [replicator].[migration] "
    "([migration], [state], [epoch], [identity], [start], [detail]) "
    "SELECT @migration, @state, 0, @identity, N'', N'{}' WHERE NOT EXISTS "
    "(SELECT 1 FROM [replicator].[migration] WITH (UPDLOCK, HOLDLOCK) "
    "WHERE [migration] = @migration); "
    f"IF @@ROWCOUNT = 1 BEGIN {_JOURNAL} END; COMMIT TRANSACTION;"
)
SELECT: Final = (
    "/* replicator:migration */ SELECT [migration], [state], [epoch], [identity], [start], "
    "[detail] FROM [replicator].[migration] WHERE [migration] = ?"
)
# The update comes before the look for our own line: it waits for a first attempt of the same call
# whose answer was lost and which commits only now, and a look alone would not (row versioning).
TRANSITION: Final = (
    f"/* replicator:transition */ {_ENTRY} DECLARE @to nvarchar(32) = ?, "
    "@state nvarchar(32) = ?, @epoch int = ?, @kept nvarchar(max) = ?, @won int = 0; "
    "BEGIN TRANSACTION; "
    "UPDATE [replicator].[migration] SET [state] = @to, [epoch] = [epoch] + 1, "
    "[detail] = @kept, [at] = SYSUTCDATETIME() "
    "WHERE [migration] = @migration AND [state] = @state AND [epoch] = @epoch; "
    f"SET @won = @@ROWCOUNT; IF @won = 1 BEGIN {_JOURNAL} END "
    f"ELSE IF {_WRITTEN} SET @won = 1; COMMIT TRANSACTION; SELECT @won;"
)
SET_START: Final = (
    "/* replicator:start */ UPDATE [replicator].[migration] SET [start] = ? "
    "WHERE [migration] = ? AND [start] IN (N'', ?); SELECT @@ROWCOUNT;"
)
RENEW: Final = (
    "/* replicator:renew */ UPDATE [replicator].[migration] SET [identity] = ?, [start] = ? "
    "WHERE [migration] = ?"
)
JOURNAL: Final = (
    f"/* replicator:journal */ {_ENTRY} IF NOT {_WRITTEN} BEGIN {_JOURNAL} END; "
    "SELECT [sequence] FROM [replicator].[journal] "
    "WHERE [migration] = @migration AND [attempt] = @attempt;"
)
ENTRIES: Final = (
    "/* replicator:journal-read */ SELECT [event], [phase], [actor], [detail], [inverse], "
    "[sequence], [at] FROM [replicator].[journal] WHERE [migration] = ? AND [sequence] > ? "
    "ORDER BY [sequence]"
)


class MigrationRows:
    """The part of `model.ports.State` that concerns the migration as a whole."""

    def __init__(self, link: Link, migration: str) -> None:
        self._link = link
        self._migration = migration
        self._installed = False

    def install(self) -> None:
        if self._installed_version() != ddl.VERSION:
            self._link.work(self._install)

    def create(self, identity: SourceIdentity, entry: JournalEntry) -> Migration:
        extra = (MigrationState.CREATED.value, str(identity))
        self._link.put(CREATE, (*self._entry(entry), *extra), object=self._migration)
        made = self.migration()
        assert made is not None
        return made

    def migration(self) -> Migration | None:
        if not self._installed:
            # Before the first deployment nobody has begun: that is an answer, not an error.
            self._installed = self._installed_version() > 0
            if not self._installed:
                return None
        rows = self._link.rows(SELECT, (self._migration,))
        if not rows:
            return None
        name, state, epoch, identity, start, detail = rows[0]
        return Migration(
            name, MigrationState(state), epoch, identity, Position(start), orjson.loads(detail)
        )

    def transition(self, expected: Migration, to: MigrationState, entry: JournalEntry) -> Migration:
        extra = (to.value, expected.state.value, expected.epoch, _json(expected.detail))
        won = self._link.value(TRANSITION, (*self._entry(entry), *extra), object=self._migration)
        if won != 1:
            raise Overtaken(
                f"the migration is no longer {expected.state.value} at epoch {expected.epoch}",
                object=self._migration,
                hint="read its state again before acting",
            )
        return Migration(
            expected.name,
            to,
            expected.epoch + 1,
            expected.identity,
            expected.start,
            expected.detail,
        )

    def set_start(self, start: Position) -> None:
        if self._link.value(SET_START, (start.text, self._migration, start.text)) != 1:
            raise Overtaken("another start position is recorded already", object=self._migration)

    def renew(self, identity: SourceIdentity, start: Position) -> None:
        self._link.rows(RENEW, (str(identity), start.text, self._migration))

    def journal(self, entry: JournalEntry) -> int:
        return int(self._link.put(JOURNAL, self._entry(entry), object=self._migration)[0][0])

    def entries(self, after: int = 0) -> list[JournalEntry]:
        return [
            JournalEntry(
                event,
                phase,
                actor,
                orjson.loads(detail),
                inverse,
                sequence,
                at.isoformat(timespec="milliseconds") + "Z",
            )
            for event, phase, actor, detail, inverse, sequence, at in self._link.rows(
                ENTRIES, (self._migration, after)
            )
        ]

    def _entry(self, entry: JournalEntry) -> tuple[str, ...]:
        """`_ENTRY`'s parameters; the attempt makes a repeated call write one line only."""
        return (
            self._migration,
            entry.event,
            entry.phase,
            entry.actor,
            entry.inverse,
            _json(entry.detail),
            str(uuid.uuid4()),
        )

    def _installed_version(self) -> int:
        return self._link.work(_version)

    def _install(self, cursor: pyodbc.Cursor) -> None:
        if run(cursor, LOCK)[0][0] < 0:
            run(cursor, "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION")
            raise Retryable("another role is installing the replicator schema", wait=1.0)
        found = _version(cursor)
        if found > ddl.VERSION:
            run(cursor, "ROLLBACK TRANSACTION")
            raise Blocked(
                f"the replicator schema has version {found}, this program knows {ddl.VERSION}",
                object="replicator",
                hint="use the release that installed it, or a later one",
            )
        for statement in _steps(found, cursor):
            run(cursor, f"/* replicator:install */ {statement}")
        if found < ddl.VERSION:
            run(cursor, RECORD_VERSION, (ddl.VERSION, self._migration))
        run(cursor, "COMMIT TRANSACTION")


def _version(cursor: pyodbc.Cursor) -> int:
    """0 when nothing is installed."""
    if "version" not in {row[0] for row in run(cursor, TABLES)}:
        return 0
    return int(run(cursor, INSTALLED)[0][0] or 0)


def _steps(found: int, cursor: pyodbc.Cursor) -> Sequence[str]:
    if found:
        later = range(found + 1, ddl.VERSION + 1)
        return [step for version in later for step in ddl.UPGRADES[version]]
    there = {row[0] for row in run(cursor, TABLES)}
    schema = [] if run(cursor, SCHEMA)[0][0] else [ddl.create_schema()]
    return schema + [ddl.create_table(name) for name in ddl.TABLES if name not in there]


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()
