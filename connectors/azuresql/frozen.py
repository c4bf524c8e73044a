"""The target as it stood at one moment: every table read in the same SNAPSHOT transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from connectors.azuresql.comparison import SnapshotReading
from connectors.azuresql.connection import Credential, open_mssql
from connectors.azuresql.settings import AzureSqlSettings
from model.catalog import Table, TableName
from model.ports import ArrowStream, TargetTable

FIRST_TABLE = (
    "/* replicator:first-table */ SELECT TOP (1) s.name, t.name FROM sys.tables AS t "
    "INNER JOIN sys.schemas AS s ON s.schema_id = t.schema_id ORDER BY t.object_id"
)
"""Reading a row of any table fixes what the transaction sees; `BEGIN` alone does not."""

Describe = Callable[[TableName], TargetTable | None]


class Frozen:
    """See `model.ports.FrozenTarget`. Threads may take turns."""

    def __init__(self, reading: SnapshotReading, describe: Describe) -> None:
        self._reading = reading
        self._describe = describe

    def describe(self, name: TableName) -> TargetTable | None:
        """The table's columns as they are now: the catalog is not frozen."""
        return self._describe(name)

    def comparable(self, table: TargetTable, source: Table) -> ArrowStream:
        """As `Target.comparable`; read one table to its end before the next."""
        return self._reading.comparable(table, source)


@contextmanager
def frozen(
    settings: AzureSqlSettings,
    identity: Credential | None,
    touching: TableName,
    describe: Describe,
) -> Iterator[Frozen]:
    """Open the transaction, fix its moment, and close its connection at the end."""
    reading = SnapshotReading(open_mssql(settings, identity=identity), settings.server)
    try:
        reading.begin(touching)
        yield Frozen(reading, describe)
    finally:
        reading.close()


def alone(
    settings: AzureSqlSettings, identity: Credential | None, table: TargetTable, source: Table
) -> ArrowStream:
    """One table in a transaction of its own, which ends with the stream."""
    reading = SnapshotReading(open_mssql(settings, identity=identity), settings.server)
    try:
        reading.begin(table.name)
        return reading.comparable(table, source, last=True)
    except BaseException:  # also when cancelled: nothing else will ever close it
        reading.close()
        raise
