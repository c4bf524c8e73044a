"""Leases, requests, what roles say of themselves, and small documents. Time is the database's."""

from __future__ import annotations

import uuid
from typing import Any, Final

import orjson

from connectors.azuresql.connection import Link
from model.state import Request, RoleStatus

ACQUIRE: Final = (
    "/* replicator:lease */ DECLARE @migration nvarchar(128) = ?, @name nvarchar(128) = ?, "
    "@holder nvarchar(256) = ?, @ttl int = ?, @taken int = 0; BEGIN TRANSACTION; "
    "UPDATE [replicator].[lease] SET [holder] = @holder, "
    "[expires] = DATEADD(millisecond, @ttl, SYSUTCDATETIME()) "
    "WHERE [migration] = @migration AND [name] = @name "
    "AND ([holder] = @holder OR [expires] <= SYSUTCDATETIME()); SET @taken = @@ROWCOUNT; "
    "IF @taken = 0 BEGIN "
    "INSERT INTO [replicator].[lease] ([migration], [name], [holder], [expires]) "
    "SELECT @migration, @name, @holder, DATEADD(millisecond, @ttl, SYSUTCDATETIME()) "
    "WHERE NOT EXISTS (SELECT 1 FROM [replicator].[lease] WITH (UPDLOCK, HOLDLOCK) "
    "WHERE [migration] = @migration AND [name] = @name); SET @taken = @@ROWCOUNT; END; "
    "COMMIT TRANSACTION; SELECT @taken;"
)
HOLDER: Final = (
    "/* replicator:lease-holder */ SELECT [holder] FROM [replicator].[lease] "
    "WHERE [migration] = ? AND [name] = ?"
)
RELEASE: Final = (
    "/* replicator:lease-release */ DELETE FROM [replicator].[lease] "
    "WHERE [migration] = ? AND [name] = ? AND [holder] = ?"
)
ASK: Final = (
    "/* replicator:ask */ DECLARE @migration nvarchar(128) = ?, @attempt uniqueidentifier = ?; "
    "INSERT INTO [replicator].[request] ([migration], [kind], [actor], [detail], [attempt]) "
    "SELECT @migration, ?, ?, ?, @attempt WHERE NOT EXISTS (SELECT 1 FROM [replicator].[request] "
    "WHERE [migration] = @migration AND [attempt] = @attempt); "
    "SELECT [id] FROM [replicator].[request] "
    "WHERE [migration] = @migration AND [attempt] = @attempt;"
)
REQUESTS: Final = (
    "/* replicator:requests */ SELECT [id], [kind], [actor], [detail], [at] "
    "FROM [replicator].[request] WHERE [migration] = ? AND [outcome] IS NULL ORDER BY [id]"
)
ANSWER: Final = (
    "/* replicator:answer */ UPDATE [replicator].[request] SET [outcome] = ? "
    "WHERE [migration] = ? AND [id] = ?"
)
OUTCOME: Final = (
    "/* replicator:outcome */ SELECT [outcome] FROM [replicator].[request] "
    "WHERE [migration] = ? AND [id] = ?"
)
REPORT: Final = (
    "/* replicator:status */ DECLARE @migration nvarchar(128) = ?, @role nvarchar(64) = ?, "
    "@instance nvarchar(256) = ?, @detail nvarchar(max) = ?; "
    "UPDATE [replicator].[role_status] SET [detail] = @detail, [at] = SYSUTCDATETIME() "
    "WHERE [migration] = @migration AND [role] = @role AND [instance] = @instance; "
    "IF @@ROWCOUNT = 0 INSERT INTO [replicator].[role_status] "
    "([migration], [role], [instance], [detail]) "
    "VALUES (@migration, @role, @instance, @detail);"
)
STATUSES: Final = (
    "/* replicator:statuses */ SELECT [role], [instance], [detail], "
    "DATEDIFF_BIG(millisecond, [at], SYSUTCDATETIME()) AS [age] "
    "FROM [replicator].[role_status] WHERE [migration] = ? ORDER BY [role], [instance]"
)
REMEMBER: Final = (
    "/* replicator:remember */ DECLARE @migration nvarchar(128) = ?, @name nvarchar(256) = ?, "
    "@value nvarchar(max) = ?; "
    "UPDATE [replicator].[document] SET [value] = @value, [at] = SYSUTCDATETIME() "
    "WHERE [migration] = @migration AND [name] = @name; "
    "IF @@ROWCOUNT = 0 INSERT INTO [replicator].[document] ([migration], [name], [value]) "
    "VALUES (@migration, @name, @value);"
)
RECALL: Final = (
    "/* replicator:recall */ SELECT [value] FROM [replicator].[document] "
    "WHERE [migration] = ? AND [name] = ?"
)


class RoleRows:
    """The part of `model.ports.State` that roles and operators talk through."""

    def __init__(self, link: Link, migration: str) -> None:
        self._link = link
        self._migration = migration

    def acquire_lease(self, name: str, holder: str, ttl_s: float) -> bool:
        place = (self._migration, name, holder, round(ttl_s * 1000))
        return bool(self._link.put(ACQUIRE, place, object=name)[0][0] == 1)

    def lease_holder(self, name: str) -> str | None:
        found: str | None = self._link.value(HOLDER, (self._migration, name), object=name)
        return found

    def release_lease(self, name: str, holder: str) -> None:
        self._link.rows(RELEASE, (self._migration, name, holder), object=name)

    def ask(self, kind: str, actor: str, detail: dict[str, Any]) -> int:
        what = (kind, actor, orjson.dumps(detail).decode())
        place = (self._migration, str(uuid.uuid4()))
        return int(self._link.put(ASK, (*place, *what), object=kind)[0][0])

    def requests(self) -> list[Request]:
        return [
            Request(id, kind, actor, orjson.loads(detail), at.isoformat("T", "milliseconds") + "Z")
            for id, kind, actor, detail, at in self._link.rows(REQUESTS, (self._migration,))
        ]

    def answer(self, request: int, outcome: str) -> None:
        self._link.rows(ANSWER, (outcome, self._migration, request))

    def outcome(self, request: int) -> str | None:
        found: str | None = self._link.value(OUTCOME, (self._migration, request))
        return found

    def report_status(self, role: str, instance: str, detail: dict[str, Any]) -> None:
        said = orjson.dumps(detail).decode()
        self._link.put(REPORT, (self._migration, role, instance, said))

    def statuses(self) -> list[RoleStatus]:
        return [
            RoleStatus(role, instance, orjson.loads(detail), age / 1000)
            for role, instance, detail, age in self._link.rows(STATUSES, (self._migration,))
        ]

    def remember(self, name: str, value: dict[str, Any]) -> None:
        self._link.put(REMEMBER, (self._migration, name, orjson.dumps(value).decode()))

    def recall(self, name: str) -> dict[str, Any] | None:
        found = self._link.value(RECALL, (self._migration, name))
        return None if found is None else dict(orjson.loads(found))
