"""Azure SQL Database as a target: the rooms of this folder behind one door."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Final

import orjson
import pyodbc

from connectors.azuresql import (
    checks,
    describe,
    finalise,
    frozen,
    governor,
    rights,
    sessions,
    turns,
)
from connectors.azuresql.apply import AzureSqlApplySession, emptied
from connectors.azuresql.bulk import AzureSqlBulkWriter
from connectors.azuresql.columns import collated, is_text, wire_type
from connectors.azuresql.connection import (
    Link,
    close_quietly,
    credential,
    open_pyodbc,
)
from connectors.azuresql.dialect import batches, qualified, quote
from connectors.azuresql.errors import translate
from connectors.azuresql.inventory import read_objects
from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.state import AzureSqlState
from model.catalog import Table, TableName
from model.errors import Blocked, ReplicatorError
from model.ports import (
    ArrowStream,
    CheckResult,
    FrozenTarget,
    LogRate,
    TargetObject,
    TargetTable,
)

_LOG: Final = logging.getLogger("replicator.azuresql")


@cache
def warn_of_certificate(server: str) -> None:
    """Once in a process for each server: a role opens its target many times."""
    _LOG.warning(
        "%s: the target's certificate is not checked (TrustServerCertificate=yes): "
        "whoever sits between could read and change everything",
        server,
    )


class AzureSqlTarget:
    """See `model.ports.Target`. One connection for control work, opened when first needed;
    bulk writers, apply sessions and states have their own."""

    kind = "azuresql"

    def __init__(self, settings: AzureSqlSettings) -> None:
        self._settings = settings
        self._identity = credential(settings)
        self._link = Link(settings, "replicator:control", identity=self._identity)
        self._suspects: set[TableName] = set()
        if settings.trusts_any_certificate:
            warn_of_certificate(settings.server)

    def check(self) -> list[CheckResult]:
        """Reachability, rights and settings; stops after the first line when unreachable."""
        name = f"reachable {self._settings.server}"
        try:
            row = self._link.rows(checks.DATABASE)[0]
        except ReplicatorError as exc:
            return [CheckResult(name, False, exc.what, exc.hint)]
        results = [CheckResult(name, True, f"as {row.ourselves}"), *checks.database_results(row)]
        held = self._link.rows(checks.rights())[0]
        results += checks.right_results(held, row.ourselves)
        if self._settings.trusts_any_certificate:
            results.append(
                CheckResult("certificate", True, "not checked: TrustServerCertificate=yes")
            )
        return results

    def describe(self, name: TableName) -> TargetTable | None:
        place = (qualified(name),)
        columns = self._link.rows(describe.COLUMNS, place, object=str(name))
        return describe.read(name, columns, self._link.rows(describe.KEY, place))

    def count(self, name: TableName) -> int:
        sql = f"/* replicator:count */ SELECT COUNT_BIG(*) FROM {qualified(name)}"
        return int(self._link.value(sql, object=str(name)))

    def objects(self) -> frozenset[TargetObject]:
        return read_objects(self._link.rows)

    def run_script(self, text: str, *, apart_from: str = "") -> Iterator[tuple[str, int]]:
        """Each batch on one connection in autocommit; a batch is never sent twice."""
        connection = open_pyodbc(
            self._settings, application="replicator:deploy", identity=self._identity
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET NOCOUNT OFF; SET LOCK_TIMEOUT -1;")
                if apart_from:
                    turns.alone(cursor, apart_from)
                for batch in batches(text):
                    first = batch.splitlines()[0].strip()
                    yield first, self._run_batch(cursor, batch, first)
        finally:
            close_quietly(connection)

    def bulk(self, application: str) -> AzureSqlBulkWriter:
        return AzureSqlBulkWriter(self._settings, application, self._suspects, self._identity)

    def end_bulk_sessions(self, application_prefix: str) -> int:
        return sessions.end(self._link, application_prefix)

    def log_rate(self) -> LogRate | None:
        return governor.log_rate(self._link)

    def probe(self, table: TargetTable, key: str) -> bool:
        wanted = orjson.loads(key)
        text = orjson.dumps([list(wanted.values())]).decode()
        found = self._link.value(probe_text(table, list(wanted)), (text,), object=str(table.name))
        return bool(found)

    def truncate(self, name: TableName) -> None:
        self._link.rows(f"/* replicator:empty */ {emptied(name)}", object=str(name))

    def apply_session(self, migration: str) -> AzureSqlApplySession:
        return AzureSqlApplySession(self._settings, migration, self._identity)

    def state(self, migration: str) -> AzureSqlState:
        return AzureSqlState(self._settings, migration, self._identity)

    def comparable(self, table: TargetTable, source: Table) -> ArrowStream:
        return frozen.alone(self._settings, self._identity, table, source)

    def frozen(self) -> AbstractContextManager[FrozenTarget]:
        found = self._link.rows(frozen.FIRST_TABLE)
        if not found:
            raise Blocked(
                "the target has no table to read", object=self._settings.server, hint="deploy it"
            )
        touching = TableName(found[0][0], found[0][1])
        return frozen.frozen(self._settings, self._identity, touching, self.describe)

    def finalise(
        self, tables: Sequence[TableName], sequences: dict[str, int], trust: bool = False
    ) -> list[str]:
        return finalise.switch_on(self._link, tables, sequences, trust=trust)

    def update_statistics(self, tables: Sequence[TableName]) -> None:
        finalise.update_statistics(self._link, tables)

    def retrust(self, tables: Sequence[TableName]) -> list[str]:
        return finalise.retrust(self._link, tables)

    def unfinalise(self, tables: Sequence[TableName]) -> list[str]:
        return finalise.switch_off(self._link, tables)

    def deny_writes(self, principals: Sequence[str]) -> None:
        rights.deny(self._link, principals)

    def allow_writes(self, principals: Sequence[str]) -> None:
        rights.allow(self._link, principals)

    def write_allowed(self, principal: str, table: TableName) -> bool:
        return rights.write_allowed(self._link, principal, table)

    def writers(self) -> list[str]:
        return rights.writers(self._link)

    def close(self) -> None:
        self._link.close()

    def _run_batch(self, cursor: pyodbc.Cursor, batch: str, first: str) -> int:
        """Rows affected by all of the batch's statements."""
        try:
            cursor.execute(batch)
            affected: int = max(0, cursor.rowcount)
            while cursor.nextset():
                affected += max(0, cursor.rowcount)
        except pyodbc.Error as exc:
            raise translate(exc, object=first) from exc
        return affected


def probe_text(table: TargetTable, names: Sequence[str]) -> str:
    """How many rows have the key `?`, one row in a JSON array of arrays, in the order of `names`.

    Texts must be identical, not only equal in the collation.
    """
    columns = {column.name: column for column in table.columns}
    typed = ", ".join(
        f"k{at} {wire_type(columns[name], table.name)} '$[{at}]'" for at, name in enumerate(names)
    )
    same = " AND ".join(
        f"t.{quote(name)} = {collated(f'j.k{at}', columns[name])}"
        + (
            f" AND CONVERT(varbinary(8000), t.{quote(name)}) = CONVERT(varbinary(8000), j.k{at})"
            if is_text(columns[name])
            else ""
        )
        for at, name in enumerate(names)
    )
    return (
        "/* replicator:probe */ DECLARE @key nvarchar(max) = ?; "
        f"SELECT COUNT_BIG(*) FROM {qualified(table.name)} AS t "
        f"INNER JOIN OPENJSON(@key) WITH ({typed}) AS j ON {same}"
    )
